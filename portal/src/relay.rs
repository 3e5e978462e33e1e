//! What the portal asks of the relay, over mutual TLS: a token for a ticket (RFC 8693), records
//! as they arrive, eligibility, history.

mod batches;
mod deposits;
mod desks;
mod guardians;
mod links;
mod proxies;
mod services;

use std::time::Duration;

use bytes::BytesMut;
use futures::{Stream, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_contract::consent::{Consent, ConsentList, ConsentRequest, ReadableList};
use warifu_contract::eligibility::{EligibilityAnswer, EligibilityRequest};
use warifu_contract::history::HistoryPage;
use warifu_contract::records::{Basis, Panel, PanelOutcome, RecordsRequest, Service};
use warifu_service::Problem;
use warifu_service::http::{Deadline, deadline};
use warifu_service::tls::{self, TlsError};

use crate::body::{self, BodyError};
use crate::config::RelayConfig;

pub use batches::Steer;
pub use deposits::FilePlace;
pub use links::Move;

/// The longest that any call may take; the relay's own deadlines are shorter.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the portal needs of that time for itself: the page, and the way back.
const OWN: Duration = Duration::from_millis(100);
/// The longest that a whole history may take.
const LONG_PATIENCE: Duration = Duration::from_mins(10);
/// The longest answer that is read, and the longest line of a stream.
const LONGEST: usize = 1024 * 1024;
/// Panels of one answer at most: the relay gives no more.
const PANELS: usize = 32;

/// The relay, as the portal's own client certificate reaches it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay {
    http: reqwest::Client,
    url: String,
}

/// The right to ask the relay on somebody's behalf, bound to the portal's certificate.
#[derive(Clone, Serialize, Deserialize)]
pub struct Access {
    token: String,
    /// When it ends.
    pub until: Timestamp,
    /// Until when whoever asked the portal waits, while a request is under way.
    #[serde(skip)]
    waits: Option<Deadline>,
}

impl Access {
    /// For a request that is waited for until then.
    pub fn set_deadline(&mut self, waits: Deadline) {
        self.waits = Some(waits);
    }

    /// How long the relay may take, `longest` at most.
    fn left(&self, longest: Duration) -> Duration {
        let left = self.waits.map_or(longest, |waits| waits.left().saturating_sub(OWN));
        left.min(longest)
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("until", &self.until).finish_non_exhaustive()
    }
}

/// Why the relay gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// It cannot be reached, or broke off.
    #[error("relay.down: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The token or ticket is not (or no longer) good.
    #[error("relay.refused")]
    Refused,
    /// The token is good, but not for this.
    #[error("relay.forbidden")]
    Forbidden,
    /// It cannot serve just now (503), and says after how many seconds it may.
    #[error("relay.away: again after {0} s")]
    Away(u32),
    /// It answers with a failure of its own.
    #[error("relay.failed: status {0}")]
    Failed(StatusCode),
    /// The answer does not have the agreed shape, or is too long.
    #[error("relay.broken: {0}")]
    Broken(&'static str),
    /// It takes too long.
    #[error("relay.slow")]
    Slow,
}

impl From<BodyError> for RelayError {
    fn from(cause: BodyError) -> Self {
        match cause {
            BodyError::Cut(cause) => Self::Unreachable(cause),
            BodyError::TooLong => Self::Broken("too long"),
        }
    }
}

impl RelayError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "relay.down",
            Self::Refused => "relay.refused",
            Self::Forbidden => "relay.forbidden",
            Self::Away(_) => "relay.away",
            Self::Failed(_) => "relay.failed",
            Self::Broken(_) => "relay.broken",
            Self::Slow => "relay.slow",
        }
    }

    /// The page instead of an answer: the relay's own word that it comes back, or else this.
    pub fn page(&self, status: StatusCode, code: &'static str) -> Problem {
        let problem = match self {
            Self::Away(seconds) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "relay.away").retry_after(*seconds)
            }
            _ => Problem::new(status, code),
        };
        problem.caused_by(self)
    }

    /// What a panel says when this is why it has no answer.
    fn outcome(&self) -> PanelOutcome {
        match self {
            Self::Refused | Self::Forbidden => {
                PanelOutcome::Refused { code: self.code().to_owned() }
            }
            _ => PanelOutcome::Failed { code: self.code().to_owned() },
        }
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u32,
}

impl Relay {
    /// Prepares the pooled client.
    pub fn new(config: &RelayConfig) -> Result<Self, TlsError> {
        Ok(Self {
            http: tls::client(&config.tls, PATIENCE)?,
            url: config.url.trim_end_matches('/').to_owned(),
        })
    }

    /// Trades a ticket for access (RFC 8693 section 2.1).
    pub async fn exchange(&self, ticket: &str, now: Timestamp) -> Result<Access, RelayError> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", ticket),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ];
        let response = self.request(Method::POST, "token", PATIENCE).form(&form).send().await?;
        let answer: TokenAnswer = read(checked(response)?).await?;
        let until = now + SignedDuration::from_secs(i64::from(answer.expires_in));
        Ok(Access { token: answer.access_token, until, waits: None })
    }

    /// Asks for an eligibility check.
    pub async fn eligibility(
        &self,
        access: &Access,
        request: &EligibilityRequest,
    ) -> Result<EligibilityAnswer, RelayError> {
        let call = self.call(access, Method::POST, "eligibility").json(request);
        read(checked(call.send().await?)?).await
    }

    /// One page of the person's own history, or by a mandate of somebody else's, newest first; of it
    /// what is `sought`: names and values of the relay's query.
    pub async fn history(
        &self,
        access: &Access,
        mandate: Option<&str>,
        before: Option<u64>,
        limit: u16,
        sought: &[(&'static str, &str)],
    ) -> Result<HistoryPage, RelayError> {
        let text = |number: u64| number.to_string();
        let mut query = vec![("limit", text(limit.into()))];
        query.extend(before.map(|before| ("before", text(before))));
        query.extend(sought.iter().map(|(name, value)| (*name, (*value).to_owned())));
        query.extend(mandate.map(|mandate| ("mandate", mandate.to_owned())));
        let call = self.call(access, Method::GET, "history").query(&query);
        read(checked(call.send().await?)?).await
    }

    /// The proof, with the entry in it, of one of the person's own entries.
    pub async fn proof(&self, access: &Access, index: u64) -> Result<String, RelayError> {
        let call = self.call(access, Method::GET, "history/proof");
        text(checked(call.query(&[("index", index)]).send().await?)?).await
    }

    /// The person's whole history with its proofs, as it comes.
    pub async fn export(
        &self,
        access: &Access,
    ) -> Result<impl Stream<Item = reqwest::Result<bytes::Bytes>> + Send + use<>, RelayError> {
        // A long history takes longer than any other call.
        let call = self.long_call(access, Method::GET, "history/export", LONG_PATIENCE);
        Ok(checked(call.send().await?)?.bytes_stream())
    }

    /// Every consent of the person.
    pub async fn consents(&self, access: &Access) -> Result<ConsentList, RelayError> {
        let call = self.call(access, Method::GET, "consents");
        read(checked(call.send().await?)?).await
    }

    /// What the clinic that tapped a card may read of that person.
    pub async fn readable(&self, access: &Access) -> Result<ReadableList, RelayError> {
        let call = self.call(access, Method::GET, "consents/readable");
        read(checked(call.send().await?)?).await
    }

    /// Gives a consent; once, however often it is sent under `key`.
    pub async fn give_consent(
        &self,
        access: &Access,
        key: &str,
        request: &ConsentRequest,
    ) -> Result<Consent, RelayError> {
        let call = self.call(access, Method::POST, "consents");
        let call = call.header("idempotency-key", key).json(request);
        read(checked(call.send().await?)?).await
    }

    /// Takes the consent `id` back.
    pub async fn withdraw_consent(&self, access: &Access, id: &str) -> Result<Consent, RelayError> {
        let at = format!("consents/{id}/withdraw");
        read(checked(self.call(access, Method::POST, &at).send().await?)?).await
    }

    /// The signed receipt of the consent `id`.
    pub async fn consent_receipt(&self, access: &Access, id: &str) -> Result<String, RelayError> {
        let at = format!("consents/{id}/receipt");
        text(checked(self.call(access, Method::GET, &at).send().await?)?).await
    }

    /// The key that verifies the log's heads.
    pub async fn log_key(&self) -> Result<String, RelayError> {
        text(checked(self.request(Method::GET, "log/key", PATIENCE).send().await?)?).await
    }

    /// The panels of `services`, of the person's own or on a `basis`, in order of arrival: one for
    /// each holder, and one for a service that nobody holds. Whatever goes wrong becomes the panel of
    /// the services that it left without an answer; an answer that breaks off leaves all so.
    pub fn panels(
        self,
        access: Access,
        services: Vec<Service>,
        basis: Option<Basis>,
    ) -> impl Stream<Item = Panel> + Send + 'static {
        self.answers(access, RecordsRequest { services, basis, taken: false })
    }

    /// The panels of everything of the person's own, to take home.
    pub fn taken(self, access: Access) -> impl Stream<Item = Panel> + Send + 'static {
        let services = Service::ALL.to_vec();
        self.answers(access, RecordsRequest { services, basis: None, taken: true })
    }

    fn answers(
        self,
        access: Access,
        request: RecordsRequest,
    ) -> impl Stream<Item = Panel> + Send + 'static {
        async_stream::stream! {
            let (services, mut open) = (request.services.clone(), request.services.clone());
            // A proxy may be let see declared services alone.
            if services.is_empty() {
                return;
            }
            let (mut why, mut cut) = (RelayError::Broken("ended early"), false);
            let end = tokio::time::Instant::now() + access.left(PATIENCE);
            match self.records(&access, &request).await {
                Err(error) => why = error,
                Ok(lines) => {
                    let mut lines = std::pin::pin!(lines);
                    for _ in 0..=PANELS {
                        match tokio::time::timeout_at(end, lines.next()).await {
                            Ok(Some(Ok(panel))) if services.contains(&panel.service) => {
                                open.retain(|service| *service != panel.service);
                                yield panel;
                            }
                            Ok(Some(Ok(_))) => {}
                            Ok(Some(Err(error))) => { why = error; cut = true; break }
                            Ok(None) => break,
                            Err(_) => { why = RelayError::Slow; cut = true; break }
                        }
                    }
                }
            }
            if cut {
                // Another holder's panel of a service that has one may have been on its way.
                open = services;
            }
            if !open.is_empty() {
                tracing::warn!(cause = %why, unanswered = open.len(), "panels are missing");
            }
            for service in open {
                yield Panel { service, source: None, outcome: why.outcome(), took_ms: 0 };
            }
        }
    }

    async fn records(
        &self,
        access: &Access,
        request: &RecordsRequest,
    ) -> Result<impl Stream<Item = Result<Panel, RelayError>> + Send + use<>, RelayError> {
        let call = self.call(access, Method::POST, "records");
        let response = call.json(request).send().await?;
        Ok(lines(checked(response)?.bytes_stream()))
    }

    /// A call for whoever has `access`, that says how long it will be waited for: as long as whoever
    /// asked the portal waits, at most.
    fn call(&self, access: &Access, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path, access.left(PATIENCE)).bearer_auth(&access.token)
    }

    /// A call whose body, on the way there or back, takes `longest`: whoever asked waits for the
    /// beginning of the answer only.
    fn long_call(
        &self,
        access: &Access,
        method: Method,
        path: &str,
        longest: Duration,
    ) -> RequestBuilder {
        let call = self.request(method, path, access.left(longest));
        call.timeout(longest).bearer_auth(&access.token)
    }

    fn request(&self, method: Method, path: &str, left: Duration) -> RequestBuilder {
        let (name, millis) = deadline::header(left);
        let request = self.http.request(method, format!("{}/{path}", self.url));
        request.header(name, millis).timeout(left)
    }
}

fn checked(response: Response) -> Result<Response, RelayError> {
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Err(RelayError::Refused),
        StatusCode::FORBIDDEN => Err(RelayError::Forbidden),
        StatusCode::SERVICE_UNAVAILABLE => Err(RelayError::Away(wait(&response))),
        status => Err(RelayError::Failed(status)),
    }
}

/// The seconds of `Retry-After`, a minute at most.
fn wait(response: &Response) -> u32 {
    const LONGEST: u32 = 60;
    let said =
        response.headers().get(RETRY_AFTER).and_then(|said| said.to_str().ok()?.parse().ok());
    said.unwrap_or(1).clamp(1, LONGEST)
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, RelayError> {
    let body = body::whole(response, LONGEST).await?;
    serde_json::from_slice(&body).map_err(|_| RelayError::Broken("not the agreed shape"))
}

async fn text(response: Response) -> Result<String, RelayError> {
    let body = body::whole(response, LONGEST).await?;
    String::from_utf8(body.to_vec()).map_err(|_| RelayError::Broken("not text"))
}

/// NDJSON, line by line.
fn lines<E>(
    chunks: impl Stream<Item = Result<bytes::Bytes, E>> + Send + 'static,
) -> impl Stream<Item = Result<Panel, RelayError>> + Send + 'static
where
    RelayError: From<E>,
    E: Send + 'static,
{
    async_stream::try_stream! {
        let mut chunks = std::pin::pin!(chunks);
        let mut rest = BytesMut::new();
        while let Some(chunk) = chunks.next().await {
            rest.extend_from_slice(&chunk?);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line = rest.split_to(end + 1);
                yield panel(&line)?;
            }
            if rest.len() > LONGEST {
                Err(RelayError::Broken("a line too long"))?;
            }
        }
        if !rest.trim_ascii().is_empty() {
            yield panel(&rest)?;
        }
    }
}

fn panel(line: &[u8]) -> Result<Panel, RelayError> {
    serde_json::from_slice(line).map_err(|_| RelayError::Broken("not a panel"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use proptest::prelude::*;

    async fn read_in(chunks: Vec<Vec<u8>>) -> Vec<Result<Panel, RelayError>> {
        let chunks = chunks.into_iter().map(|chunk| Ok::<_, RelayError>(bytes::Bytes::from(chunk)));
        lines(futures::stream::iter(chunks)).collect().await
    }

    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        for service in Service::ALL {
            let panel = samples::panel(service, samples::ready(service));
            text.extend(serde_json::to_vec(&panel).unwrap());
            text.push(b'\n');
        }
        text
    }

    #[test]
    fn the_relay_is_given_what_is_left_of_the_request_and_no_more_than_its_longest() {
        let until = Timestamp::UNIX_EPOCH;
        let mut access = Access { token: "t".into(), until, waits: None };
        assert_eq!(access.left(PATIENCE), PATIENCE, "nobody said");
        access.set_deadline(Deadline::after(Duration::from_secs(5)));
        let left = access.left(PATIENCE);
        assert!(left > Duration::from_secs(1) && left < Duration::from_secs(5), "{left:?}");
        access.set_deadline(Deadline::after(Duration::from_mins(5)));
        assert_eq!(access.left(PATIENCE), PATIENCE);
        access.set_deadline(Deadline::after(Duration::from_millis(50)));
        assert_eq!(access.left(PATIENCE), Duration::ZERO, "none is left for others");
        let kept = serde_json::to_string(&access).unwrap();
        assert!(!kept.contains("waits"), "it is of this request only");
    }

    #[tokio::test]
    async fn lines_come_out_whole_however_they_are_cut() {
        for size in [1, 7, 100, 100_000] {
            let chunks = text().chunks(size).map(<[u8]>::to_vec).collect();
            let panels = read_in(chunks).await;
            assert_eq!(panels.len(), Service::ALL.len());
            assert!(panels.iter().all(Result::is_ok));
        }
    }

    #[tokio::test]
    async fn a_line_without_end_is_given_up() {
        let endless = vec![vec![b'x'; 700_000]; 2];
        assert!(matches!(read_in(endless).await.as_slice(), [Err(RelayError::Broken(_))]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_panels_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(read_in(vec![bytes]));
        }
    }
}
