//! A connector under the test's control: a real server over mutual TLS that checks the relay's
//! token and answers what it is told to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use jiff::SignedDuration;
use jiff::civil::date;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use warifu_contract::connector_token::{ConnectorClaims, RELAY_ISSUER, TOKEN_TYPE, audience};
use warifu_contract::coverage::{Coverage, Insurer, InsurerKind, Relation, Validity};
use warifu_contract::eligibility::{
    ConnectorEligibilityAnswer, ConnectorEligibilityRequest, Decision, ReasonCheck, ReasonStep,
    TypedCard, Verdict,
};
use warifu_contract::person::{Name, Sex};
use warifu_contract::records::{
    ConnectorRecord, ConnectorRecordRequest, InsuranceRecord, PensionRecord, Record, Service,
};
use warifu_pki::PublicKey;
use warifu_pki::jose::{Expected, JwsVerifier};
use warifu_service::clock::{Clock as _, FrozenClock};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::PeerCertificate;

use crate::bed::INSURER_NUMBER;
use crate::federation::Federation;

/// What it does when asked.
#[derive(Debug, Clone)]
pub enum Mood {
    /// Answers.
    Well,
    /// Answers after this long.
    Slow(Duration),
    /// Answers when the test says so.
    Held(Arc<Notify>),
    /// Refuses with this code.
    Refuses(&'static str),
    /// Answers with something that is no answer.
    Babbles,
}

/// A running connector.
pub struct Source {
    pub url: String,
    pub state: Arc<Talk>,
    stop: CancellationToken,
}

/// What it was told to say, and what it heard.
pub struct Talk {
    id: String,
    verifier: JwsVerifier,
    clock: Arc<FrozenClock>,
    pub mood: Mutex<Mood>,
    pub verdict: Mutex<Verdict>,
    /// Whom it finds by a typed card.
    pub finds: Mutex<Option<String>>,
    pub heard: Mutex<Vec<ConnectorClaims>>,
    pub questions: Mutex<Vec<ConnectorEligibilityRequest>>,
    /// Calls under way, and the most that ever were.
    under_way: AtomicUsize,
    pub most: AtomicUsize,
    /// How much time each call was given, in milliseconds.
    pub given: Mutex<Vec<u64>>,
}

/// One call under way.
struct UnderWay<'a>(&'a Talk);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Source {
    /// Starts the connector `id`; `relay` is the key that its tokens are signed with.
    pub async fn start(federation: &Federation, id: &str, relay: PublicKey) -> Self {
        federation.party(&format!("connector-{id}"));
        let config = ListenConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: Some(federation.server_tls(&format!("connector-{id}"))),
        };
        let server = Server::bind(&config).await.unwrap();
        let url = format!("https://localhost:{}", server.address().port());
        let state = Arc::new(Talk {
            id: id.to_owned(),
            verifier: JwsVerifier::new(relay).unwrap(),
            clock: federation.clock.clone(),
            mood: Mutex::new(Mood::Well),
            verdict: Mutex::new(Verdict::Valid),
            finds: Mutex::new(None),
            heard: Mutex::new(Vec::new()),
            questions: Mutex::new(Vec::new()),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            given: Mutex::new(Vec::new()),
        });
        let router = Router::new()
            .route("/v1/records", post(record))
            .route("/v1/eligibility", post(eligibility))
            .with_state(state.clone());
        let stop = CancellationToken::new();
        tokio::spawn(server.serve(router, stop.clone()));
        Self { url, state, stop }
    }

    pub fn feels(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// The card of the newest question.
    pub fn typed(&self) -> Option<TypedCard> {
        self.state.questions.lock().unwrap().last()?.typed.clone()
    }

    pub fn heard(&self) -> Vec<ConnectorClaims> {
        self.state.heard.lock().unwrap().clone()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Talk {
    /// Checks the token, and takes down what it says.
    fn hear(&self, headers: &HeaderMap, peer: &PeerCertificate) {
        let header = headers["authorization"].to_str().unwrap();
        let audience = audience(&self.id);
        let expected = Expected {
            typ: TOKEN_TYPE,
            issuer: RELAY_ISSUER,
            audience: &audience,
            longest: SignedDuration::from_secs(60),
        };
        let token = header.strip_prefix("Bearer ").unwrap();
        let claims: ConnectorClaims =
            self.verifier.verify(token, &expected, self.clock.now()).unwrap();
        assert_eq!(claims.cnf.x5t_s256, peer.thumbprint);
        assert_eq!(peer.party.as_deref(), Some("relay"));
        self.heard.lock().unwrap().push(claims);
        let given = headers["warifu-deadline"].to_str().unwrap().parse().unwrap();
        self.given.lock().unwrap().push(given);
    }

    /// What stands in the way of an answer.
    async fn mood(&self) -> Option<Response> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let _under_way = UnderWay(self);
        let mood = self.mood.lock().unwrap().clone();
        match mood {
            Mood::Well => None,
            Mood::Slow(time) => {
                tokio::time::sleep(time).await;
                None
            }
            Mood::Held(release) => {
                release.notified().await;
                None
            }
            Mood::Refuses(code) => {
                let body = Json(serde_json::json!({ "code": code }));
                Some((StatusCode::NOT_FOUND, body).into_response())
            }
            Mood::Babbles => Some("{\"no\": \"answer\"}".into_response()),
        }
    }
}

async fn record(
    State(talk): State<Arc<Talk>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Json(question): Json<ConnectorRecordRequest>,
) -> Response {
    talk.hear(&headers, &peer);
    if let Some(refusal) = talk.mood().await {
        return refusal;
    }
    let record = match question.service {
        Service::Insurance => Some(Record::Insurance(InsuranceRecord::default())),
        Service::Pension => Some(Record::Pension(pension())),
        Service::Expenses | Service::Checkup => None,
    };
    Json(ConnectorRecord { record, as_of: talk.clock.now() }).into_response()
}

async fn eligibility(
    State(talk): State<Arc<Talk>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Json(question): Json<ConnectorEligibilityRequest>,
) -> Response {
    talk.hear(&headers, &peer);
    if let Some(refusal) = talk.mood().await {
        return refusal;
    }
    let typed = question.typed.is_some();
    talk.questions.lock().unwrap().push(question);
    let verdict = *talk.verdict.lock().unwrap();
    let holds = verdict == Verdict::Valid;
    let reasons = vec![ReasonStep::new(ReasonCheck::NotEnded, holds)];
    let answer = ConnectorEligibilityAnswer {
        decision: Decision { coverage: holds.then(coverage), ..Decision::bare(verdict, reasons) },
        pseudonym: talk.finds.lock().unwrap().clone().filter(|_| typed),
        as_of: talk.clock.now(),
        usual_lag_days: Some(3),
    };
    Json(answer).into_response()
}

fn coverage() -> Coverage {
    let name = Name { text: "見本 太郎".into(), kana: "ミホン タロウ".into() };
    let insurer = Insurer {
        number: INSURER_NUMBER.into(),
        name: "見本健康保険組合".into(),
        address: "香川県高松市".into(),
        kind: InsurerKind::Society,
        r#virtual: true,
    };
    Coverage {
        insurer,
        workplace: None,
        symbol: "高12".into(),
        number: "001".into(),
        branch: Some("00".into()),
        relation: Relation::Insured,
        name,
        insured_name: None,
        birth_date: date(1955, 5, 5),
        sex: Sex::Male,
        validity: Validity { from: date(2020, 4, 1), until: None },
        copay_percent: Some(30),
        relationship: None,
        dependants: Vec::new(),
    }
}

fn pension() -> PensionRecord {
    PensionRecord {
        sample: true,
        birth_date: None,
        counted_months: 0,
        history: Vec::new(),
        qualifying_months: 300,
        needed_months: 120,
        schemes: Vec::new(),
        yearly_amount_yen: 780_000,
        estimate: true,
        paid_total_yen: 5_000_000,
        recent: Vec::new(),
    }
}
