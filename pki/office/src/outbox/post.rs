//! One event on its way: signed, and pushed over HTTPS (RFC 8935 section 2).

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use warifu_pki::security_event::{EventIssuer, SecurityEvent};
use warifu_service::tls;

use super::OutboxError;
use crate::config::NotifyConfig;

/// A call that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(3);
const LONGEST_ANSWER: usize = 4 * 1024;
/// Characters of a refusal that are logged.
const LONGEST_WORD: usize = 64;

/// Where events are pushed to.
#[derive(Debug)]
pub(super) struct Post {
    client: reqwest::Client,
    url: Url,
    issuer: EventIssuer,
}

/// Why an event was not taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// The receiver is not there, or says that it cannot serve now.
    Silent(String),
    /// The receiver does not take this event.
    Refused(String),
}

/// RFC 8935 section 2.3.
#[derive(Deserialize)]
struct Refusal {
    err: String,
}

impl Post {
    pub fn open(config: &NotifyConfig) -> Result<Self, OutboxError> {
        Ok(Self {
            client: tls::client(&config.client, PATIENCE)?,
            url: config.address()?,
            issuer: EventIssuer::new(config.events_key.open()?)?,
        })
    }

    pub async fn send(&self, event: &SecurityEvent) -> Result<(), Failure> {
        let token =
            self.issuer.issue(event).map_err(|error| Failure::Refused(error.to_string()))?;
        let request = self.client.post(self.url.clone()).body(token);
        let answer = request
            .header(CONTENT_TYPE, "application/secevent+jwt")
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(|error| Failure::Silent(error.without_url().to_string()))?;
        judge(answer).await
    }
}

async fn judge(answer: Response) -> Result<(), Failure> {
    match answer.status() {
        StatusCode::ACCEPTED | StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
        status @ (StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT) => Err(Failure::Silent(status.to_string())),
        StatusCode::BAD_REQUEST => Err(Failure::Refused(reason(answer).await)),
        status => Err(Failure::Refused(status.to_string())),
    }
}

/// The receiver's word for why, made safe for a log.
async fn reason(mut answer: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    word(&body)
}

fn word(body: &[u8]) -> String {
    let refusal = serde_json::from_slice::<Refusal>(body);
    let err = refusal.map_or_else(|_| "unspecified".to_owned(), |refusal| refusal.err);
    err.chars().filter(char::is_ascii_graphic).take(LONGEST_WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_refusal_says_why() {
        let body = br#"{"err":"invalid_issuer","description":"who are you?"}"#;
        assert_eq!(word(body), "invalid_issuer");
        assert_eq!(word(b"<html>"), "unspecified");
    }

    proptest! {
        #[test]
        fn whatever_is_answered_stays_short_and_plain(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            err in ".{0,100}",
        ) {
            let json = serde_json::json!({ "err": err }).to_string();
            for sent in [body.as_slice(), json.as_bytes()] {
                let word = word(sent);
                prop_assert!(word.len() <= LONGEST_WORD && !word.contains(['\n', ' ']));
            }
        }
    }
}
