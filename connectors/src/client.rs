//! The relay's side: asks a connector over mutual TLS, within a deadline, and takes no more
//! from it than an answer can be.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;
use warifu_contract::eligibility::{ConnectorEligibilityAnswer, ConnectorEligibilityRequest};
use warifu_contract::linking::{
    CardMatchAnswer, CardMatchRequest, CompareRequest, Comparison, ConfirmRequest, EndRequest,
    LinkDone, MatchAnswer, MatchRequest,
};
use warifu_contract::manifest::Manifest;
use warifu_contract::records::{ConnectorRecord, ConnectorRecordRequest};
use warifu_contract::services::{
    ConnectorApplication, ConnectorApplicationRequest, ConnectorApplications,
    ConnectorApplicationsRequest, ConnectorContent, ConnectorEntry, ConnectorServiceRequest,
    EntryReceipt,
};
use warifu_service::http::deadline;

/// The largest answer that is read, in bytes.
pub const LARGEST_ANSWER: usize = 256 * 1024;
/// The longest code of a refusal that is passed on.
const LONGEST_CODE: usize = 64;

/// One connector, as the relay reaches it. Cheap to clone: the connections are pooled in the
/// HTTP client.
#[derive(Debug, Clone)]
pub struct ConnectorClient {
    http: reqwest::Client,
    eligibility: Url,
    records: Url,
    manifest: Url,
    services: Url,
    services_read: Url,
    services_enter: Url,
    applications: Url,
    application: Url,
    links_match: Url,
    links_card: Url,
    links_compare: Url,
    links_confirm: Url,
    links_end: Url,
}

/// Why a connector gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not within the deadline.
    #[error("source.slow")]
    Slow,
    /// No connection, or one that broke off before an answer.
    #[error("source.down")]
    Cut,
    /// It says that it cannot serve now.
    #[error("source.down")]
    Down,
    /// Too many calls are waiting for it.
    #[error("source.busy")]
    Busy,
    /// It was not asked, because too many calls before had failed.
    #[error("source.resting")]
    Resting {
        /// Since when it is not asked.
        since: Timestamp,
        /// When it is tried again.
        again: Timestamp,
    },
    /// It answered something that is no answer.
    #[error("source.broken")]
    Broken,
    /// It refuses; the code says why.
    #[error("source.refused: {code}")]
    Refused {
        /// The connector's stable code, e.g. `subject.unknown`.
        code: String,
    },
}

impl SourceError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Slow => "source.slow",
            Self::Cut | Self::Down => "source.down",
            Self::Busy => "source.busy",
            Self::Resting { .. } => "source.resting",
            Self::Broken => "source.broken",
            Self::Refused { .. } => "source.refused",
        }
    }
}

impl From<reqwest::Error> for SourceError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Cut
        } else if error.is_timeout() {
            Self::Slow
        } else if error.is_request() {
            // The connection went away under the request.
            Self::Cut
        } else {
            Self::Broken
        }
    }
}

impl ConnectorClient {
    /// A client of the connector at `base` (e.g. `https://localhost:8448`). `http` shows the
    /// relay's certificate; see [`warifu_service::tls::client`].
    pub fn new(base: &Url, http: reqwest::Client) -> Result<Self, url::ParseError> {
        Ok(Self {
            http,
            eligibility: base.join("/v1/eligibility")?,
            records: base.join("/v1/records")?,
            manifest: base.join("/v1/manifest")?,
            services: base.join("/v1/services")?,
            services_read: base.join("/v1/services/read")?,
            services_enter: base.join("/v1/services/enter")?,
            applications: base.join("/v1/services/applications")?,
            application: base.join("/v1/services/application")?,
            links_match: base.join("/v1/links/match")?,
            links_card: base.join("/v1/links/card")?,
            links_compare: base.join("/v1/links/compare")?,
            links_confirm: base.join("/v1/links/confirm")?,
            links_end: base.join("/v1/links/end")?,
        })
    }

    /// Asks for an eligibility decision. `bearer` is the relay's token for this one question.
    pub async fn eligibility(
        &self,
        bearer: &str,
        question: &ConnectorEligibilityRequest,
        deadline: Duration,
    ) -> Result<ConnectorEligibilityAnswer, SourceError> {
        self.post(&self.eligibility, bearer, question, deadline).await
    }

    /// Asks for a record of the token's subject. `bearer` is the relay's token for this one
    /// question.
    pub async fn record(
        &self,
        bearer: &str,
        question: &ConnectorRecordRequest,
        deadline: Duration,
    ) -> Result<ConnectorRecord, SourceError> {
        self.post(&self.records, bearer, question, deadline).await
    }

    /// Asks what the connector is.
    pub async fn manifest(&self, deadline: Duration) -> Result<Manifest, SourceError> {
        let (left, millis) = deadline::header(deadline);
        let request = self.http.get(self.manifest.clone()).header(left, millis);
        within(deadline, async { read(request.send().await?).await }).await
    }

    /// Asks where a candidate and the person of a voucher differ.
    pub async fn compare(
        &self,
        bearer: &str,
        question: &CompareRequest,
        deadline: Duration,
    ) -> Result<Comparison, SourceError> {
        self.post(&self.links_compare, bearer, question, deadline).await
    }

    /// Asks whose insurance card it is; `deadline` covers the answer to the last byte.
    pub async fn match_card(
        &self,
        bearer: &str,
        question: &CardMatchRequest,
        deadline: Duration,
    ) -> Result<CardMatchAnswer, SourceError> {
        self.post(&self.links_card, bearer, question, deadline).await
    }

    /// Asks for the signed manifest of declared services. It says nothing until it is verified.
    pub async fn service_manifest(&self, deadline: Duration) -> Result<String, SourceError> {
        let (left, millis) = deadline::header(deadline);
        let request = self.http.get(self.services.clone()).header(left, millis);
        within(deadline, async {
            let response = request.send().await?;
            match response.status() {
                status if status.is_success() => {
                    let text = String::from_utf8(bounded(response).await?);
                    text.map_err(|_| SourceError::Broken)
                }
                StatusCode::NOT_FOUND => {
                    Err(SourceError::Refused { code: "service.unknown".to_owned() })
                }
                _ => Err(SourceError::Down),
            }
        })
        .await
    }

    /// Asks for the records of a declared service of the token's subject.
    pub async fn service(
        &self,
        bearer: &str,
        question: &ConnectorServiceRequest,
        deadline: Duration,
    ) -> Result<ConnectorContent, SourceError> {
        self.post(&self.services_read, bearer, question, deadline).await
    }

    /// Hands on what the token's subject entered. May be repeated under the same key.
    pub async fn enter(
        &self,
        bearer: &str,
        entry: &ConnectorEntry,
        deadline: Duration,
    ) -> Result<EntryReceipt, SourceError> {
        self.post(&self.services_enter, bearer, entry, deadline).await
    }

    /// Asks for the list of applications, for staff of the holder.
    pub async fn applications(
        &self,
        bearer: &str,
        question: &ConnectorApplicationsRequest,
        deadline: Duration,
    ) -> Result<ConnectorApplications, SourceError> {
        self.post(&self.applications, bearer, question, deadline).await
    }

    /// Asks for one application, or hands on what staff decided about it. May be repeated.
    pub async fn application(
        &self,
        bearer: &str,
        question: &ConnectorApplicationRequest,
        deadline: Duration,
    ) -> Result<ConnectorApplication, SourceError> {
        self.post(&self.application, bearer, question, deadline).await
    }

    /// Asks which member a voucher means. The token's subject is the ceremony's errand there.
    pub async fn match_member(
        &self,
        bearer: &str,
        question: &MatchRequest,
        deadline: Duration,
    ) -> Result<MatchAnswer, SourceError> {
        self.post(&self.links_match, bearer, question, deadline).await
    }

    /// Makes an offered pseudonym stand for its member. May be repeated.
    pub async fn confirm_link(
        &self,
        bearer: &str,
        request: &ConfirmRequest,
        deadline: Duration,
    ) -> Result<LinkDone, SourceError> {
        self.post(&self.links_confirm, bearer, request, deadline).await
    }

    /// Ends a ceremony or a link. May be repeated.
    pub async fn end_link(
        &self,
        bearer: &str,
        request: &EndRequest,
        deadline: Duration,
    ) -> Result<LinkDone, SourceError> {
        self.post(&self.links_end, bearer, request, deadline).await
    }

    async fn post<A: DeserializeOwned>(
        &self,
        url: &Url,
        bearer: &str,
        question: &(impl Serialize + Sync),
        deadline: Duration,
    ) -> Result<A, SourceError> {
        let (left, millis) = deadline::header(deadline);
        let request = self.http.post(url.clone()).bearer_auth(bearer).json(question);
        let request = request.header(left, millis);
        within(deadline, async { read(request.send().await?).await }).await
    }
}

async fn within<A>(
    deadline: Duration,
    answer: impl Future<Output = Result<A, SourceError>>,
) -> Result<A, SourceError> {
    tokio::time::timeout(deadline, answer).await.unwrap_or(Err(SourceError::Slow))
}

async fn read<A: DeserializeOwned>(response: Response) -> Result<A, SourceError> {
    let status = response.status();
    match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => Err(SourceError::Down),
        StatusCode::GATEWAY_TIMEOUT => Err(SourceError::Slow),
        StatusCode::TOO_MANY_REQUESTS => Err(SourceError::Busy),
        _ if status.is_success() => {
            serde_json::from_slice(&bounded(response).await?).map_err(|_| SourceError::Broken)
        }
        _ if status.is_client_error() => {
            let code = refusal_code(&bounded(response).await?);
            Err(SourceError::Refused { code })
        }
        _ => Err(SourceError::Broken),
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, SourceError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(SourceError::Broken);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The code of a problem document, if it is one that can be passed on.
fn refusal_code(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Problem {
        code: String,
    }
    let is_code = |code: &str| {
        (1..=LONGEST_CODE).contains(&code.len())
            && code
                .bytes()
                .all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'-' | b'0'..=b'9'))
    };
    serde_json::from_slice::<Problem>(body)
        .ok()
        .map(|problem| problem.code)
        .filter(|code| is_code(code))
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_refusal_passes_on_its_code() {
        assert_eq!(refusal_code(br#"{"code":"subject.unknown","status":404}"#), "subject.unknown");
    }

    proptest! {
        #[test]
        fn whatever_a_connector_sends_its_code_stays_short_and_plain(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            code in ".{0,100}",
        ) {
            let json = serde_json::json!({ "code": code }).to_string();
            for sent in [body.as_slice(), json.as_bytes()] {
                let code = refusal_code(sent);
                prop_assert!(code.len() <= LONGEST_CODE && code.is_ascii());
                prop_assert!(!code.contains(['"', '<', ' ', '\n']));
            }
        }
    }
}
