//! What the identity provider says counts once, unaltered, at the portal it was said to, and in
//! the browser that asked. Everything else is refused with a plain page.

use jiff::SignedDuration;
use reqwest::{StatusCode, Url};
use warifu_saml::names::{
    AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT, ATTRIBUTE_PAIRWISE_ID,
};
use warifu_saml::redirect;
use warifu_saml::{
    AcsChoice, Assertion, Attribute, AuthnRequest, Certificate, EncryptionKey, KeySigner, NameId,
    Protection, RedirectParameter, decode_post, issue, random_id,
};
use warifu_service::Surroundings;

use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};
use crate::walker::{Answer, IDP, Page, Walker};

/// Sees that a page is a refusal, and says how long it took.
fn refused(what: &str, page: &Page) -> String {
    let code = page.code().unwrap_or_else(|| panic!("{what}: no code: {}", page.body));
    assert!(page.status.is_client_error(), "{what}: {} {code}", page.status);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8", "{what}");
    println!("{what:44} {} {code:24} {:4} ms", page.status.as_u16(), page.took.as_millis());
    code
}

/// Posts `answer` in `walker`'s browser, and sees that it is refused and opens nothing.
async fn all_refused(what: &str, walker: &mut Walker, answer: &Answer) -> String {
    let page = walker.deliver(answer).await;
    let code = refused(what, &page);
    assert_eq!(walker.session().await["signed_in"], false, "{what}");
    code
}

#[test]
fn a_response_counts_once_and_only_in_the_browser_that_asked() {
    isolated("saml::a_response_counts_once_and_only_in_the_browser_that_asked", || {
        crate::run(async {
            let rig = Rig::start();
            let _card = rig.insert("ueno-taro", FRONT);
            used_up(&rig).await;
            in_another_browser(&rig).await;
        });
    });
}

async fn used_up(rig: &Rig) {
    let mut taro = Walker::new(&rig.dir());
    let answer = taro.reach_answer().await;
    let accepted = taro.deliver(&answer).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
    let finish = accepted.location().unwrap();
    let home = taro.follow(accepted).await;
    assert_eq!((home.status, home.url.path()), (StatusCode::OK, "/home"));
    assert_eq!(taro.session().await["signed_in"], true);

    refused("posted twice", &taro.deliver(&answer).await);
    refused("the last step taken twice", &taro.get(finish.as_str()).await);
    let mut other = Walker::new(&rig.dir());
    all_refused("replayed in a browser without a request", &mut other, &answer).await;
    let mut other = Walker::new(&rig.dir());
    other.get(&format!("{PORTAL}/login")).await;
    all_refused("replayed in a browser with a request", &mut other, &answer).await;
}

/// A fresh answer, which its own browser has not posted: the other one gets no further than to
/// the last step, and nobody gets any further after that.
async fn in_another_browser(rig: &Rig) {
    for began in [false, true] {
        let mut taro = Walker::new(&rig.dir());
        let answer = taro.reach_answer().await;
        let mut other = Walker::new(&rig.dir());
        if began {
            other.get(&format!("{PORTAL}/login")).await;
        }
        let posted = other.deliver(&answer).await;
        let finish = posted.location();
        let end = other.follow(posted).await;
        refused("posted by another browser", &end);
        assert_eq!(other.session().await["signed_in"], false);
        if let Some(finish) = finish {
            refused("its last step, taken by the right one", &taro.get(finish.as_str()).await);
        }
        assert_eq!(taro.session().await["signed_in"], false);
    }
}

/// Where a character is changed: before it, this text stands for the first or the last time.
const PLACES: [(&str, &str, bool); 13] = [
    ("version", "Version=\"", false),
    ("identifier of the response", " ID=\"_", false),
    ("destination", "Destination=\"https://", false),
    ("request it answers", "InResponseTo=\"_", false),
    ("time of issue", "IssueInstant=\"20", false),
    ("issuer", "SAML:2.0:assertion\">https://", false),
    ("status", "status:", false),
    ("signature algorithm", "xmldsig-more#", false),
    ("signed reference", "URI=\"#_", false),
    ("digest", "DigestValue>", false),
    ("signature", "SignatureValue>", false),
    ("encrypted key", "CipherValue>", false),
    ("encrypted assertion", "CipherValue>", true),
];

fn changed(answer: &Answer, before: &str, last: bool) -> Answer {
    let mut xml = String::from_utf8(decode_post(&answer.response).unwrap()).unwrap();
    let in_end_tag = |at: &usize| xml[..*at].rsplit('<').next().unwrap().starts_with('/');
    let mut places = xml.match_indices(before).map(|(at, _)| at).filter(|at| !in_end_tag(at));
    let place = if last { places.last() } else { places.next() };
    let at = place.unwrap_or_else(|| panic!("there is no {before} in {xml}")) + before.len();
    let new = match xml.as_bytes()[at] {
        b'0'..=b'8' => char::from(xml.as_bytes()[at] + 1).to_string(),
        b'A' => "B".to_owned(),
        _ => "A".to_owned(),
    };
    xml.replace_range(at..=at, &new);
    Answer { response: base64(xml.as_bytes()), ..answer.clone() }
}

fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

#[test]
fn an_altered_response_is_refused_wherever_it_is_altered() {
    isolated("saml::an_altered_response_is_refused_wherever_it_is_altered", || {
        crate::run(async {
            let rig = Rig::start();
            let _card = rig.insert("ueno-taro", FRONT);
            let mut taro = Walker::new(&rig.dir());
            for (what, before, last) in PLACES {
                // A request of its own for each: a refused answer uses its request up.
                let answer = changed(&taro.reach_answer().await, before, last);
                all_refused(what, &mut taro, &answer).await;
            }
            let cut = taro.reach_answer().await;
            let cut = Answer { response: cut.response[..cut.response.len() / 2].to_owned(), ..cut };
            all_refused("cut in half", &mut taro, &cut).await;
            let home = taro.sign_in().await;
            assert_eq!(home.url.path(), "/home", "unaltered, it is taken");
        });
    });
}

/// The identity provider's own keys: what they sign is genuine, whatever it says.
struct Issuer {
    signer: KeySigner,
    portal: EncryptionKey,
    surroundings: Surroundings,
}

impl Issuer {
    fn of(rig: &Rig) -> Self {
        let read = |name: &str| std::fs::read(rig.dir().join(name)).unwrap();
        let key = KeySigner::from_pem(&read("idp/saml-p256.key"), &read("idp/saml-p256.pem"));
        let portal = Certificate::from_pem(&read("portal/saml-decryption.pem")).unwrap();
        Self {
            signer: key.unwrap(),
            portal: EncryptionKey::from_certificate(&portal).unwrap(),
            surroundings: Surroundings::system(),
        }
    }

    /// The answer to `request`, meant for `audience` and for whoever listens at `acs`.
    fn answer(&self, request: &AuthnRequest, audience: &str, acs: &str) -> String {
        let now = self.surroundings.now();
        let mut random = |bytes: &mut [u8]| self.surroundings.entropy.fill(bytes);
        let (name_id, session_index) = (random_id(&mut random), random_id(&mut random));
        let assertion = Assertion {
            issuer: &format!("{IDP}/saml/metadata"),
            audience,
            acs_url: acs,
            in_response_to: Some(&request.id),
            name_id: &NameId::transient(name_id),
            session_index: &session_index,
            context_class: AC_SMARTCARD_PKI,
            issued_at: now,
            authenticated_at: now,
            not_on_or_after: now + SignedDuration::from_mins(5),
            session_not_on_or_after: now + SignedDuration::from_hours(1),
            attributes: &[
                Attribute::new(ATTRIBUTE_PAIRWISE_ID, ["somebody@idp.localhost"]),
                Attribute::new(ATTRIBUTE_DISPLAY_NAME, ["見本 だれか"]),
                Attribute::new(ATTRIBUTE_ENTITLEMENT, ["urn:warifu:role:resident"]),
            ],
        };
        let protection = Protection {
            signer: &self.signer,
            encrypt_to: Some(&self.portal),
            sign_assertion: false,
        };
        issue::response(&assertion, &protection, &mut random).unwrap().post_field()
    }
}

/// Has the portal ask, and reads what it asks.
async fn ask(walker: &mut Walker) -> (AuthnRequest, String) {
    let page = walker.get(&format!("{PORTAL}/login")).await;
    let location: Url = page.location().unwrap();
    let received =
        redirect::receive(location.query().unwrap(), RedirectParameter::Request).unwrap();
    let request = AuthnRequest::parse(&received.xml).unwrap();
    let AcsChoice::Url(acs) = request.acs.clone() else { panic!("no address to answer at") };
    (request, acs)
}

#[test]
fn a_response_meant_for_somebody_else_is_refused() {
    isolated("saml::a_response_meant_for_somebody_else_is_refused", || {
        crate::run(async {
            let rig = Rig::start();
            let issuer = Issuer::of(&rig);
            let mut walker = Walker::new(&rig.dir());
            let elsewhere = "https://other.localhost:9443/saml/acs";
            for (what, audience, recipient) in [
                ("for another audience", Some("https://other.localhost:9443/saml/metadata"), None),
                ("for an audience with a slash more", Some("/"), None),
                ("for another recipient", None, Some(elsewhere)),
                ("for another service provider", Some("https://other.localhost"), Some(elsewhere)),
            ] {
                let (request, acs) = ask(&mut walker).await;
                let audience = match audience {
                    None => request.issuer.clone(),
                    Some("/") => format!("{}/", request.issuer),
                    Some(other) => other.to_owned(),
                };
                let response = issuer.answer(&request, &audience, recipient.unwrap_or(&acs));
                let answer = Answer { acs, response, relay_state: None };
                all_refused(what, &mut walker, &answer).await;
            }
            let (request, acs) = ask(&mut walker).await;
            let response = issuer.answer(&request, &request.issuer, &acs);
            let page = walker.deliver(&Answer { acs, response, relay_state: None }).await;
            let page = walker.follow(page).await;
            assert_eq!(page.status, StatusCode::OK, "meant for the portal, it is taken");
            assert_eq!(walker.session().await["subject"], "somebody@idp.localhost");
        });
    });
}
