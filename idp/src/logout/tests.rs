//! The end of sessions, and who is told.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use warifu_saml::{LogoutRequest, LogoutResponse, Status, random_id, soap};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::TlsConfig;

use crate::IdpConfig;
use crate::notice::deliver_due;
use crate::store::Message;
use crate::testing::{Pki, Rig, Tab, claims, p256, random};

/// Signs staff in and gives the words that the card software was given for the card's removal.
async fn signed_in_at_desk<'a>(rig: &'a Rig, tab: &mut Tab<'a>) -> String {
    let staff = rig.staff().await;
    let request = rig.portal.request(rig.now());
    let page = tab.reach_login_page(&request).await;
    let watch = claims(&page.attribute("data-request"))["watch"].as_str().unwrap().to_owned();
    let answer = tab.answer_with(&page, &staff).await.json();
    tab.get(answer["next"].as_str().unwrap()).await;
    watch
}

async fn is_signed_in(tab: &mut Tab<'_>) -> bool {
    tab.get("/logout").await.body.contains("id=\"logout\"")
}

async fn due(rig: &Rig) -> usize {
    let later = rig.now() + SignedDuration::from_hours(1);
    let due = rig.centre().store.due_notices(later, 99).await.unwrap();
    due.iter().filter(|notice| matches!(notice.message, Message::Logout { .. })).count()
}

#[tokio::test]
async fn pulling_the_card_at_a_desk_ends_the_session() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let watch = signed_in_at_desk(&rig, &mut tab).await;
    assert!(is_signed_in(&mut tab).await);
    let mut agent = rig.tab();
    let answer = agent.post_json("/agent/card-removed", &json!({ "watch": watch })).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(!is_signed_in(&mut tab).await);
    assert_eq!(due(&rig).await, 1);
    let again = agent.post_json("/agent/card-removed", &json!({ "watch": watch })).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
    assert_eq!(due(&rig).await, 1);
}

#[tokio::test]
async fn words_that_nobody_was_given_end_nothing() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    signed_in_at_desk(&rig, &mut tab).await;
    for watch in ["", "short", &"a".repeat(43), &"あ".repeat(43)] {
        let answer = rig.tab().post_json("/agent/card-removed", &json!({ "watch": watch })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{watch}");
    }
    assert!(is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn a_resident_may_put_the_card_away() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let watch = claims(&page.attribute("data-request"))["watch"].clone();
    tab.answer_with(&page, &rig.card).await;
    rig.tab().post_json("/agent/card-removed", &json!({ "watch": watch })).await;
    assert!(is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    let on = tab.post_form("/logout", "").await.location();
    let page = tab.get(&on).await;
    assert!(page.body.contains("ログアウトしました") && page.body.contains("伝えています"));
    assert!(!tab.cookies.contains_key("__Host-session"));
    assert!(!is_signed_in(&mut tab).await);
    assert_eq!(due(&rig).await, 1);
}

/// A service provider's end of the back channel.
#[derive(Default)]
struct Told {
    requests: Vec<LogoutRequest>,
    fail_first: usize,
}

pub(super) struct BackChannel {
    pub(super) rig: Arc<Rig>,
    told: Arc<Mutex<Told>>,
    stop: CancellationToken,
}

impl BackChannel {
    /// A rig whose service provider listens, on the machine's own clock, since TLS looks at it.
    async fn open(fail_first: usize, status: Status) -> Self {
        Self::open_with(fail_first, status, |_, _, _| ()).await
    }

    /// The same, with a configuration changed before it starts.
    pub(super) async fn open_with(
        fail_first: usize,
        status: Status,
        change: impl FnOnce(&mut IdpConfig, &Pki, &Path),
    ) -> Self {
        let now = warifu_service::Surroundings::system().now();
        let now = Timestamp::from_second(now.as_second()).unwrap();
        let told = Arc::new(Mutex::new(Told { fail_first, ..Told::default() }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let host = format!("localhost:{}", address.port());
        let rig = Arc::new(Box::pin(Rig::build(now, &host, change)).await);
        let key = p256();
        let certificate = rig.pki.party("portal", &["localhost"], key.public_key());
        let (certificate, key) = rig.pki.files(rig.folder.path(), &certificate, &key);
        let tls = Some(TlsConfig { certificate, key, client_ca: None });
        let server = Server::bind(&ListenConfig { address, tls }).await.unwrap();
        let stop = CancellationToken::new();
        let (state, answers) = (told.clone(), rig.clone());
        let handler = move |body: Bytes| async move { answer(&answers, &state, status, &body) };
        let router = Router::new().route("/saml/slo", post(handler));
        tokio::spawn(server.serve(router, stop.clone()));
        Self { rig, told, stop }
    }

    fn requests(&self) -> Vec<LogoutRequest> {
        self.told.lock().unwrap().requests.clone()
    }
}

impl Drop for BackChannel {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn answer(
    rig: &Rig,
    told: &Mutex<Told>,
    status: Status,
    body: &[u8],
) -> Result<String, StatusCode> {
    let mut told = told.lock().unwrap();
    if told.fail_first > 0 {
        told.fail_first -= 1;
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let idp = rig.idp_metadata();
    let keys = &idp.idp.as_ref().unwrap().signing;
    let request = LogoutRequest::verify(soap::unwrap(body).unwrap(), &idp.entity_id, keys).unwrap();
    request.check(&rig.portal.slo, rig.now()).unwrap();
    let response = LogoutResponse {
        id: random_id(&mut random),
        issuer: rig.portal.entity_id.clone(),
        issue_instant: rig.now(),
        destination: None,
        in_response_to: request.id.clone(),
        status,
    };
    told.requests.push(request);
    Ok(soap::wrap(&response.to_signed_xml(&rig.portal.signer).unwrap()))
}

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("waited in vain");
}

#[tokio::test]
async fn the_provider_is_told_by_the_names_it_was_given() {
    let channel = BackChannel::open(0, Status::Success).await;
    let rig = &channel.rig;
    let mut tab = rig.tab();
    let request = rig.portal.request(rig.now());
    let page = tab.sign_in(&request, &rig.card).await;
    let login = rig.login(&page, &request);

    let (idp, stop) = (rig.idp.clone(), CancellationToken::new());
    let tasks = tokio::spawn({
        let stop = stop.clone();
        async move { idp.tasks(stop).await }
    });
    tab.post_form("/logout", "").await;
    eventually(async || !channel.requests().is_empty() && due(rig).await == 0).await;
    let [told] = channel.requests().try_into().unwrap();
    assert_eq!(told.name_id.value, login.name_id.unwrap().value);
    assert_eq!(told.session_indexes, [login.session_index.unwrap()]);
    stop.cancel();
    tasks.await.unwrap();
}

#[tokio::test]
async fn a_provider_that_fails_is_told_again_later() {
    let channel = BackChannel::open(1, Status::Success).await;
    let rig = &channel.rig;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    tab.post_form("/logout", "").await;
    assert_eq!((channel.requests().len(), due(rig).await), (0, 1));
    deliver_due(rig.centre()).await;
    assert_eq!(channel.requests().len(), 0, "told again at once");
    rig.clock.advance(SignedDuration::from_secs(10));
    deliver_due(rig.centre()).await;
    assert_eq!((channel.requests().len(), due(rig).await), (1, 0));
}

#[tokio::test]
async fn a_provider_that_will_not_is_given_up_after_a_few_attempts() {
    let channel = BackChannel::open(0, Status::RequestDenied).await;
    let rig = &channel.rig;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    tab.post_form("/logout", "").await;
    for _ in 0..10 {
        deliver_due(rig.centre()).await;
        rig.clock.advance(SignedDuration::from_secs(90));
    }
    assert_eq!((channel.requests().len(), due(rig).await), (6, 0));
}
