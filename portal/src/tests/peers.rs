//! The two parties at the other end of the wire, as far as the portal can tell: an identity
//! provider that issues real SAML, a relay that speaks its protocol over mutual TLS.

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use warifu_contract::batch::{BatchJob, BatchList, BatchState};
use warifu_contract::consent::{Readable, ReadableList, ReadableService, Standing};
use warifu_contract::deposits::{Deposit, DepositRequest, DepositSoFar, DepositState};
use warifu_contract::eligibility::{EligibilityRequest, Verdict};
use warifu_contract::history::{HistoryPage, Purpose};
use warifu_contract::mandate::guardian::{
    Application, ApplicationRequest, ApplicationState, Proposal, ProposalList, ProposalRequest,
};
use warifu_contract::mandate::{
    Invitation, InviteCode, Mandate, MandateList, MandateRequest, Offer, OfferRequest,
};
use warifu_contract::records::{Basis, DisplayName, Panel, PanelOutcome, RecordsRequest, Service};
use warifu_contract::services::{
    Access, Audience, Catalogue, Declaration, Level, Offered, ServiceAnswer, ServiceOutcome,
    ServiceRequest,
};
use warifu_contract::slip::AnswerRequest;
use warifu_saml::metadata::{About, IdpDescription, LocalizedText};
use warifu_saml::names::{
    AC_PRESENCE, AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT,
    ATTRIBUTE_ORGANIZATION, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET, NAMEID_TRANSIENT,
};
use warifu_saml::redirect::receive;
use warifu_saml::{
    Assertion, Attribute, AuthnRequest, Certificate, EncryptionKey, ErrorResponse, KeySigner,
    LogoutRequest, NameId, Protection, RedirectParameter, Status, issue, random_id, soap,
};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::TlsConfig;

use super::pki::{CA, DECRYPT, IDP, Identity, RELAY, SAML};
use crate::samples::{self, deposits, desks};
use crate::view::batches::tests::{job, preview};
use crate::view::services::tests::declaration;

pub const IDP_ID: &str = "https://idp.example/saml/metadata";
pub const IDP_SSO: &str = "https://idp.example/saml/sso";
pub const IDP_SLO: &str = "https://idp.example/saml/slo";
pub const ORIGIN: &str = "https://portal.example";
pub const SUBJECT: &str = "aeqcaibaeqcaibaeqcaibaeqcaibaeqc@idp.example";
/// Names the sealed ticket to the card office.
pub const OFFICE_TICKET: &str = "urn:warifu:attribute:office-ticket";
pub const NAME: &str = "上野 太郎";

pub fn random(bytes: &mut [u8]) {
    openssl::rand::rand_bytes(bytes).unwrap();
}

/// What an identity provider says, before it is signed; tests change what they try.
#[derive(Clone)]
pub struct Saying {
    pub signer: &'static Identity,
    pub issuer: &'static str,
    pub audience: String,
    pub acs_url: String,
    pub in_response_to: String,
    pub context_class: &'static str,
    pub now: Timestamp,
    pub attributes: BTreeMap<&'static str, Vec<String>>,
    pub session_index: String,
    pub assertion_bytes: Option<u8>,
    /// How the assertion travels: encrypted, or readable.
    pub is_encrypted: bool,
    /// Whether the assertion is signed by itself too.
    pub is_signed_twice: bool,
}

impl Saying {
    /// A resident or a member of some staff, as our own identity provider would say it.
    pub fn person(request: &AuthnRequest, now: Timestamp, role: &str) -> Self {
        let organization = (role.starts_with("clinic") || role.starts_with("insurer"))
            .then(|| vec!["春日見本医院".to_owned()]);
        let in_office = ["card-clerk", "card-approver", "call-centre"].contains(&role);
        let office_ticket = in_office.then(|| vec!["ticket-to-the-office".to_owned()]);
        let attributes = [
            (ATTRIBUTE_PAIRWISE_ID, Some(vec![SUBJECT.to_owned()])),
            (ATTRIBUTE_DISPLAY_NAME, Some(vec![NAME.to_owned()])),
            (
                ATTRIBUTE_ENTITLEMENT,
                Some(role.split(' ').map(|role| format!("urn:warifu:role:{role}")).collect()),
            ),
            (ATTRIBUTE_ORGANIZATION, organization),
            (ATTRIBUTE_RELAY_TICKET, Some(vec!["ticket-of-a-person".to_owned()])),
            (OFFICE_TICKET, office_ticket),
        ];
        Self {
            signer: &IDP,
            issuer: IDP_ID,
            audience: format!("{ORIGIN}/saml/metadata"),
            acs_url: format!("{ORIGIN}/saml/acs"),
            in_response_to: request.id.clone(),
            context_class: AC_SMARTCARD_PKI,
            now,
            attributes: attributes
                .into_iter()
                .filter_map(|(name, values)| values.map(|values| (name, values)))
                .collect(),
            session_index: random_id(&mut random),
            assertion_bytes: None,
            is_encrypted: true,
            is_signed_twice: true,
        }
    }

    /// A card tapped at the desk.
    pub fn tap(request: &AuthnRequest, now: Timestamp) -> Self {
        let ticket = (ATTRIBUTE_RELAY_TICKET, vec!["ticket-of-a-tap".to_owned()]);
        Self {
            context_class: AC_PRESENCE,
            attributes: [ticket].into(),
            ..Self::person(request, now, "resident")
        }
    }

    /// The `SAMLResponse` field.
    pub fn post_field(&self) -> String {
        let signer =
            KeySigner::from_pem(&self.signer.key_pem(), &self.signer.certificate_pem()).unwrap();
        let encryption = Certificate::from_pem(&DECRYPT.certificate_pem()).unwrap();
        let attributes: Vec<Attribute> = self
            .attributes
            .iter()
            .map(|(name, values)| Attribute::new(*name, values.clone()))
            .collect();
        let assertion = Assertion {
            issuer: self.issuer,
            audience: &self.audience,
            acs_url: &self.acs_url,
            in_response_to: Some(&self.in_response_to),
            name_id: &NameId::transient("_transient"),
            session_index: &self.session_index,
            context_class: self.context_class,
            issued_at: self.now,
            authenticated_at: self.now,
            not_on_or_after: self.now + SignedDuration::from_mins(5),
            session_not_on_or_after: self.now + SignedDuration::from_hours(8),
            attributes: &attributes,
        };
        let key = EncryptionKey::from_certificate(&encryption).unwrap();
        let protection = Protection {
            signer: &signer,
            encrypt_to: self.is_encrypted.then_some(&key),
            sign_assertion: self.is_signed_twice,
        };
        let mut bytes = |out: &mut [u8]| match self.assertion_bytes {
            Some(byte) => out.fill(byte),
            None => random(out),
        };
        issue::response(&assertion, &protection, &mut bytes).unwrap().post_field()
    }
}

/// The `SAMLResponse` field that says that nobody signed in.
pub fn stopped(request: &AuthnRequest, now: Timestamp) -> String {
    let signer = KeySigner::from_pem(&IDP.key_pem(), &IDP.certificate_pem()).unwrap();
    let response = ErrorResponse {
        issuer: IDP_ID,
        acs_url: &format!("{ORIGIN}/saml/acs"),
        in_response_to: Some(&request.id),
        issued_at: now,
        status: Status::AuthnFailed,
        message: None,
    };
    issue::error_response(&response, &signer, &mut random).unwrap().post_field()
}

/// The AuthnRequest in the address to which the portal sends the browser, its signature checked.
pub fn request_in(location: &str) -> AuthnRequest {
    let (endpoint, query) = location.split_once('?').unwrap();
    assert_eq!(endpoint, IDP_SSO);
    let received = receive(query, RedirectParameter::Request).unwrap();
    let certificate = Certificate::from_pem(&SAML.certificate_pem()).unwrap();
    received.verify(&[certificate]).unwrap();
    AuthnRequest::parse(&received.xml).unwrap()
}

/// The envelope by which the identity provider ends a session.
pub fn logout_envelope(signer: &Identity, now: Timestamp, session_indexes: Vec<String>) -> String {
    let request = logout_request(now, session_indexes);
    soap::wrap(&request.to_signed_xml(&signer_of(signer)).unwrap())
}

/// The request by which the identity provider ends a session.
pub fn logout_request(now: Timestamp, session_indexes: Vec<String>) -> LogoutRequest {
    LogoutRequest {
        id: random_id(&mut random),
        issuer: IDP_ID.to_owned(),
        issue_instant: now,
        destination: Some(format!("{ORIGIN}/saml/slo")),
        not_on_or_after: Some(now + SignedDuration::from_mins(5)),
        name_id: NameId::transient("_transient"),
        session_indexes,
    }
}

/// What signs for that party.
pub fn signer_of(identity: &Identity) -> KeySigner {
    KeySigner::from_pem(&identity.key_pem(), &identity.certificate_pem()).unwrap()
}

/// Writes the identity provider's metadata; `slo` is where it takes logouts through the browser.
pub fn write_metadata(path: &FilePath, now: Timestamp, slo: Option<&str>) {
    let signer = KeySigner::from_pem(&IDP.key_pem(), &IDP.certificate_pem()).unwrap();
    let description = IdpDescription {
        entity_id: IDP_ID.to_owned(),
        valid_until: now + SignedDuration::from_hours(24 * 30),
        cache_duration: None,
        about: About::default(),
        display_names: vec![LocalizedText {
            language: "ja".into(), text: "割符ログイン".into()
        }],
        signing: vec![Certificate::from_pem(&IDP.certificate_pem()).unwrap()],
        name_id_formats: vec![NAMEID_TRANSIENT.to_owned()],
        sso_redirect: IDP_SSO.to_owned(),
        slo_redirect: slo.map(str::to_owned),
        slo_soap: None,
        error_url: None,
        scopes: vec!["idp.example".to_owned()],
        want_authn_requests_signed: true,
        contact: None,
    };
    std::fs::write(path, description.to_xml(&signer, &mut random).unwrap()).unwrap();
}

/// How the relay behaves in one test.
#[derive(Clone)]
pub struct Behaviour {
    /// Panels in the order in which they arrive, each after so many milliseconds.
    pub panels: Vec<(u64, Panel)>,
    pub verdict: Verdict,
    /// Refuses every ticket.
    pub refuses: bool,
    /// Breaks off after its panels.
    pub breaks_off: bool,
    /// The holder of applications does not answer.
    pub holder_is_down: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        let panel = |service| (0, samples::panel(service, samples::ready(service)));
        Self {
            panels: Service::ALL.map(panel).to_vec(),
            verdict: Verdict::Valid,
            refuses: false,
            breaks_off: false,
            holder_is_down: false,
        }
    }
}

/// A relay that listens, and remembers what it was asked.
pub struct RelayPeer {
    pub url: String,
    pub asked: Arc<Mutex<Vec<String>>>,
    panels: Panels,
    stop: CancellationToken,
}

/// Panels in the order in which they arrive, each after so many milliseconds.
type Panels = Arc<Mutex<Vec<(u64, Panel)>>>;

#[derive(Clone)]
struct Desk {
    behaviour: Behaviour,
    asked: Arc<Mutex<Vec<String>>>,
    panels: Panels,
}

impl RelayPeer {
    /// Listens with mutual TLS: the portal must show its certificate.
    pub async fn start(folder: &FilePath, behaviour: Behaviour) -> Self {
        let (key, certificate) = RELAY.write(folder, "relay");
        let (_, ca) = CA.write(folder, "ca");
        let tls = TlsConfig { certificate, key, client_ca: Some(ca) };
        let config = ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: Some(tls) };
        let server = Server::bind(&config).await.unwrap();
        let url = format!("https://localhost:{}", server.address().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let panels = Arc::new(Mutex::new(behaviour.panels.clone()));
        let desk = Desk { behaviour, asked: asked.clone(), panels: panels.clone() };
        let stop = CancellationToken::new();
        tokio::spawn(server.serve(router(desk), stop.clone()));
        Self { url, asked, panels, stop }
    }

    /// From now on it answers so.
    pub fn answers(&self, panels: Vec<(u64, Panel)>) {
        *self.panels.lock().unwrap() = panels;
    }

    pub fn stop(&self) {
        self.stop.cancel();
    }
}

fn router(desk: Desk) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/records", post(records))
        .route("/eligibility", post(eligibility))
        .route("/batches", get(batches).post(batch_sent))
        .route("/batches/{id}", get(batch))
        .route("/batches/{id}/result", get(batch_result))
        .route("/batches/{id}/preview", get(async || Json(preview())))
        .route("/batches/{id}/{step}", post(batch_steered))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .route("/eligibility/answer", post(given))
        .route("/slips", post(slip))
        .route("/checks", get(async || Json(desks::checks())))
        .route("/checks/counts", get(async || Json(desks::counts())))
        .route("/checks/{number}", get(check))
        .route("/checks/ratios", get(async || Json(deposits::ratios())))
        .route("/deposits", get(async || Json(deposits::list())))
        .route("/deposits/{insurer}", post(deposit_begun))
        .route("/deposits/{insurer}/{number}", get(deposit))
        .route("/deposits/{insurer}/{number}/faults", get(deposit_faults))
        .route("/deposits/{insurer}/{number}/file", post(deposit_sent).get(deposit_so_far))
        .route("/deposits/{insurer}/{number}/{step}", post(deposit_steered))
        .route("/disputes", get(async || Json(desks::disputes())).post(disputed))
        .route("/disputes/{number}/answer", post(settled))
        .route("/links", get(async || Json(samples::links())))
        .route("/consents", get(consents).post(consented))
        .route("/consents/readable", get(readable))
        .route("/services", get(catalogue))
        .route("/services/read", post(service))
        .route("/services/applications", get(applications))
        .route("/services/applications/{connector}/{reference}", get(applications))
        .route("/proxies", get(mandates).post(invited))
        .route("/proxies/offer", post(offered))
        .route("/proxies/accept", post(stepped))
        .route("/proxies/{id}/confirm", post(stepped))
        .route("/proxies/{id}/end", post(stepped))
        .route("/proxies/{id}/receipt", get(async || "receipt"))
        .route("/guardians", get(async || Json(ProposalList::default())).post(applied))
        .route("/guardians/find", post(found))
        .route("/guardians/propose", post(proposed))
        .route("/history", get(history))
        .route("/history/proof", get(proof))
        .route("/history/export", get(async || "{}\n"))
        .route("/log/key", get(async || "relay.test/log+00000000+AAAA\n"))
        .with_state(desk)
}

async fn token(State(desk): State<Desk>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let ticket = &form["subject_token"];
    desk.asked.lock().unwrap().push(format!("token {ticket}"));
    if desk.behaviour.refuses {
        return StatusCode::BAD_REQUEST.into_response();
    }
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
    let answer = serde_json::json!({
        "access_token": format!("access-for-{ticket}"), "token_type": "Bearer",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "expires_in": 600, "scope": "records",
    });
    Json(answer).into_response()
}

async fn records(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(wanted): Json<RecordsRequest>,
) -> Body {
    let by_tap = matches!(wanted.basis, Some(Basis::Emergency { .. }));
    let who = if by_tap { "tap" } else { "person" };
    assert_eq!(headers["authorization"], format!("Bearer access-for-ticket-of-a-{who}"));
    if let Some(basis) = &wanted.basis {
        let line =
            format!("records {:?} {}", wanted.services, serde_json::to_string(basis).unwrap());
        desk.asked.lock().unwrap().push(line);
    }
    let panels = desk.panels.lock().unwrap().clone().into_iter();
    let panels: Vec<_> =
        panels.filter(|(_, panel)| wanted.services.contains(&panel.service)).collect();
    Body::from_stream(async_stream::stream! {
        for (wait, panel) in panels {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let line = format!("{}\n", serde_json::to_string(&panel).unwrap());
            yield Ok(line);
        }
        if desk.behaviour.breaks_off {
            // What is on its way comes first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            yield Err(std::io::Error::other("broken off"));
        }
    })
}

/// A service that tells something, and one that does not.
/// Who looks for the person waits to be confirmed; for whom the person looks has done so.
async fn mandates() -> Json<MandateList> {
    let waiting = Mandate { id: "cd".repeat(16), confirmed: None, ..samples::mandate() };
    Json(MandateList { given: vec![waiting], held: vec![samples::mandate()], applied: vec![] })
}

async fn invited(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(terms): Json<MandateRequest>,
) -> Json<Invitation> {
    let key = headers["idempotency-key"].to_str().unwrap();
    let declared: Vec<_> = terms.declared.iter().map(ToString::to_string).collect();
    let line = format!("invite {key} {} {}", terms.name, declared.join(" "));
    desk.asked.lock().unwrap().push(line);
    let mandate = Mandate { terms, accepted: None, confirmed: None, ..samples::mandate() };
    Json(Invitation { mandate, code: InviteCode::new([7; 16]) })
}

async fn offered(Json(wanted): Json<OfferRequest>) -> Response {
    if wanted.code != InviteCode::new([7; 16]) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Mandate { terms, code_until, .. } = samples::mandate();
    Json(Offer { terms, code_until }).into_response()
}

async fn applied(
    State(desk): State<Desk>,
    Json(request): Json<ApplicationRequest>,
) -> Json<Application> {
    let line = format!("apply {:?} {:?}", request.services, request.declared);
    desk.asked.lock().unwrap().push(line);
    let mandate = samples::mandate();
    Json(Application {
        id: mandate.id,
        request,
        at: mandate.given.at,
        until: mandate.code_until,
        state: ApplicationState::Applied,
        refused: None,
        code: None,
    })
}

/// Whatever the code is, it is of somebody who asks for what the city keeps, too.
async fn found() -> Json<Application> {
    Json(samples::applied())
}

async fn proposed(
    State(desk): State<Desk>,
    Json(request): Json<ProposalRequest>,
) -> Result<Json<Proposal>, StatusCode> {
    desk.asked.lock().unwrap().push(format!("propose {:?}", request.holder));
    if request.ward.number == "another" {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    Ok(Json(samples::proposal(true)))
}

async fn stepped(State(desk): State<Desk>, uri: Uri) -> Json<Mandate> {
    desk.asked.lock().unwrap().push(uri.path().to_owned());
    Json(samples::mandate())
}

async fn eligibility(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(request): Json<EligibilityRequest>,
) -> Json<warifu_contract::eligibility::EligibilityAnswer> {
    let bearer = headers["authorization"].to_str().unwrap();
    let line = format!("eligibility {bearer} {}", serde_json::to_string(&request).unwrap());
    desk.asked.lock().unwrap().push(line);
    Json(samples::answer(desk.behaviour.verdict))
}

async fn deposit_begun(
    State(desk): State<Desk>,
    Path(insurer): Path<String>,
    Json(request): Json<DepositRequest>,
) -> Response {
    if insurer == "busy" {
        return StatusCode::CONFLICT.into_response();
    }
    let line = format!("deposit begin {insurer} {:?} {}", request.kind, request.name);
    desk.asked.lock().unwrap().push(line);
    (StatusCode::CREATED, Json(deposits::deposit(DepositState::Arriving))).into_response()
}

/// By its number, in every state.
async fn deposit(Path((_, number)): Path<(String, usize)>) -> Response {
    match DepositState::ALL.get(number) {
        Some(state) => Json(deposits::detail(*state)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn deposit_sent(
    State(desk): State<Desk>,
    Query(query): Query<BTreeMap<String, String>>,
    file: Bytes,
) -> Json<Deposit> {
    let line = format!("deposit file {} {} {}", query["offset"], query["whole"], file.len());
    desk.asked.lock().unwrap().push(line);
    Json(deposits::deposit(DepositState::Receiving))
}

/// The first is coming in; of the others the files are whole.
async fn deposit_so_far(Path((_, number)): Path<(String, usize)>) -> Response {
    match number {
        0 => Json(DepositSoFar { bytes: 5, digest: "ab".repeat(32) }).into_response(),
        _ => StatusCode::CONFLICT.into_response(),
    }
}

async fn deposit_steered(
    State(desk): State<Desk>,
    Path((_, _, step)): Path<(String, String, String)>,
    body: String,
) -> Response {
    desk.asked.lock().unwrap().push(format!("deposit {step} {body}"));
    if step == "approve" && !body.contains("true") {
        return StatusCode::CONFLICT.into_response();
    }
    Json(deposits::deposit(DepositState::Live)).into_response()
}

async fn deposit_faults() -> Response {
    let headers = [
        ("content-type", "text/csv; charset=Shift_JIS"),
        ("content-disposition", "attachment; filename=\"deposit-3.faults.csv\""),
    ];
    (headers, "faults").into_response()
}

async fn batches() -> Json<BatchList> {
    Json(BatchList { jobs: BatchState::ALL.map(job).to_vec() })
}

/// Whatever ends in `f` is done, in `0` not started.
async fn batch(Path(id): Path<String>) -> Json<BatchJob> {
    Json(job(match id.as_bytes().last() {
        Some(b'f') if id.ends_with("ff") => BatchState::Done,
        Some(b'0') => BatchState::Ready,
        _ => BatchState::Running,
    }))
}

async fn batch_sent(
    State(desk): State<Desk>,
    Query(query): Query<BTreeMap<String, String>>,
    file: Bytes,
) -> (StatusCode, Json<BatchJob>) {
    let named = (&query["target_date"], &query["name"], &query["start"]);
    let line = format!("batch file {} {} start={} {}", named.0, named.1, named.2, file.len());
    desk.asked.lock().unwrap().push(line);
    (StatusCode::ACCEPTED, Json(job(BatchState::Ready)))
}

async fn batch_steered(
    State(desk): State<Desk>,
    Path((_, step)): Path<(String, String)>,
) -> Json<BatchJob> {
    desk.asked.lock().unwrap().push(format!("batch {step}"));
    Json(job(BatchState::Paused))
}

async fn batch_result(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let headers = [
        ("content-type", "text/csv; charset=Shift_JIS"),
        ("content-disposition", "attachment; filename=\"checks.csv\""),
    ];
    (headers, format!("lines: {}", query["only"])).into_response()
}

async fn given(State(desk): State<Desk>, Json(request): Json<AnswerRequest>) -> Response {
    desk.asked.lock().unwrap().push(format!("given {}", request.idempotency_key));
    match request.idempotency_key.as_str() {
        "gone" => StatusCode::NOT_FOUND.into_response(),
        _ => Json(samples::answer(desk.behaviour.verdict)).into_response(),
    }
}

async fn slip(State(desk): State<Desk>) -> Response {
    match desk.behaviour.verdict {
        Verdict::Valid => Json(desks::slip()).into_response(),
        _ => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

async fn check(axum::extract::Path(number): axum::extract::Path<String>) -> Response {
    let found = desks::checks().checks.into_iter().find(|one| one.check_number.as_str() == number);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |one| Json(one).into_response())
}

async fn disputed(State(desk): State<Desk>, body: String) -> Response {
    desk.asked.lock().unwrap().push(format!("dispute {body}"));
    Json(desks::dispute(false)).into_response()
}

async fn settled(
    State(desk): State<Desk>,
    axum::extract::Path(number): axum::extract::Path<String>,
    body: String,
) -> Response {
    desk.asked.lock().unwrap().push(format!("settle {number} {body}"));
    Json(desks::dispute(true)).into_response()
}

async fn proof(Query(query): Query<BTreeMap<String, u64>>) -> Response {
    match query["index"] {
        4210 => "c2sp.org/tlog-proof@v1\n".into_response(),
        _ => StatusCode::GONE.into_response(),
    }
}

async fn readable(headers: HeaderMap) -> Json<ReadableList> {
    assert_eq!(headers["authorization"], "Bearer access-for-ticket-of-a-tap");
    let covered = |digit: &str| Standing::Covered {
        consent: digit.repeat(32),
        until: "2027-05-20".parse().unwrap(),
    };
    let refused = |code: &str| Standing::Refused { code: code.into() };
    let one = |service, purpose, standing| Readable { service, purpose, standing };
    let readable = vec![
        one(Service::Checkup, Purpose::Care, covered("a")),
        one(Service::Pension, Purpose::Care, refused("consent.withdrawn")),
        one(Service::Insurance, Purpose::Emergency, covered("c")),
    ];
    let declared = vec![ReadableService {
        id: "hospital/care".parse().unwrap(),
        name: DisplayName { ja: "診療の記録".into(), en: "Medical records".into() },
        purpose: Purpose::Care,
        consent: "a".repeat(32),
        until: "2027-05-20".parse().unwrap(),
    }];
    Json(ReadableList { readable, declared })
}

/// None is there; the relay says 502 where it cannot ask.
async fn applications(State(desk): State<Desk>) -> StatusCode {
    if desk.behaviour.holder_is_down { StatusCode::BAD_GATEWAY } else { StatusCode::NOT_FOUND }
}

/// Two services, one of which is for proxies too.
async fn catalogue(State(desk): State<Desk>, uri: Uri) -> Json<Catalogue> {
    desk.asked.lock().unwrap().push(uri.to_string());
    let offered = |id: &str, name: &str, who: &[Audience]| {
        let tells = id == "city/letters";
        let name = DisplayName { ja: name.into(), en: name.into() };
        let access = who.iter().map(|who| Access { who: *who, level: Level::High }).collect();
        let declaration = Declaration { name, access, tells, ..declaration() };
        Offered { id: id.parse().unwrap(), declaration, linked: true }
    };
    let services = vec![
        offered("hospital/care", "診療の記録", &[Audience::Resident, Audience::Clinic]),
        offered("city/infants", "乳幼児の健診", &[Audience::Resident, Audience::Guardian]),
        offered("city/letters", "市からのお知らせ", &[Audience::Resident]),
    ];
    Json(Catalogue { services })
}

async fn service(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(request): Json<ServiceRequest>,
) -> Json<ServiceAnswer> {
    let by_tap = matches!(request.basis, Some(Basis::Emergency { .. }));
    let who = if by_tap { "tap" } else { "person" };
    assert_eq!(headers["authorization"], format!("Bearer access-for-ticket-of-a-{who}"));
    let basis = serde_json::to_string(&request.basis).unwrap();
    desk.asked.lock().unwrap().push(format!("service {} {basis}", request.service));
    let source = DisplayName { ja: "見本病院".into(), en: "Sample Hospital".into() };
    Json(ServiceAnswer { declaration: declaration(), source, outcome: ServiceOutcome::Empty })
}

async fn consents() -> Json<warifu_contract::consent::ConsentList> {
    Json(warifu_contract::consent::ConsentList { consents: Vec::new() })
}

/// Writes down whatever has a key.
async fn consented(
    headers: HeaderMap,
    Json(terms): Json<warifu_contract::consent::ConsentRequest>,
) -> Response {
    if headers.get("idempotency-key").is_none_or(|key| key.len() != 32) {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    let at = Timestamp::UNIX_EPOCH;
    let given =
        warifu_contract::consent::Giving { at, level: "high".into(), client: "portal".into() };
    let id = "ab".repeat(16);
    Json(warifu_contract::consent::Consent { id, terms, given, withdrawn: None }).into_response()
}

async fn history() -> Json<HistoryPage> {
    Json(samples::history())
}

/// A panel that says that its source failed.
pub fn failed(service: Service, code: &str) -> Panel {
    samples::panel(service, PanelOutcome::Failed { code: code.into() })
}
