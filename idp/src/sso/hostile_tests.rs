//! Hostile requests at the identity provider: made from good ones, and signed by the service
//! provider itself where its own word must not be enough. Every one is a page with its code, quickly,
//! that leads nowhere and looks at nothing that was pointed to.

#[path = "../../../tests/hostile/documents.rs"]
mod documents;
mod metadata;
#[path = "../../../tests/hostile/ordeal.rs"]
mod ordeal;
#[path = "../../../tests/hostile/trap.rs"]
mod trap;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use warifu_saml::{
    AcsChoice, AuthnRequest, LogoutRequest, NameId, RedirectParameter, XmlSigner, redirect,
};

use self::documents::{before, behind, edit, lexical, part, signature, signatures, unsigned};
use self::ordeal::{Outcome, TRIES, assert_refused, timed};
use self::trap::Trap;
use crate::testing::{Provider, Rig, redirect_signed};

/// It does not pass the gate, or the query is not one of the binding.
const UNREADABLE: &str = "sso.unreadable";
/// It is not signed by whom it is from.
const SIGNATURE: &str = "sso.signature";
/// It is from nobody that is registered.
const UNKNOWN: &str = "sso.unknown-provider";
/// The end of an element with text.
const ISSUER: &str = "</saml:Issuer>";

struct Bed {
    rig: Rig,
    trap: Trap,
}

impl Bed {
    async fn new() -> Self {
        Self::of(Rig::new().await)
    }

    fn of(rig: Rig) -> Self {
        Self { rig, trap: Trap::new() }
    }

    fn request(&self) -> AuthnRequest {
        self.rig.portal.request(self.rig.now())
    }

    /// A good request.
    fn good(&self) -> String {
        self.request().to_xml().unwrap()
    }

    /// A good request with a signature in the document too, as over it.
    fn good_signed(&self) -> String {
        let portal = &self.rig.portal;
        let logout = LogoutRequest {
            id: "_other".into(),
            issuer: portal.entity_id.clone(),
            issue_instant: self.rig.now(),
            destination: None,
            not_on_or_after: None,
            name_id: NameId::transient("_name"),
            session_indexes: Vec::new(),
        };
        let logout = logout.to_signed_xml(&portal.signer).unwrap();
        let good = self.good();
        let id = part(&good, " ID=\"", "\"").trim_start_matches(" ID=\"").to_owned();
        let over_it = edit(signature(&logout), "URI=\"#_other\"", &format!("URI=\"#{id}"));
        behind(&good, ISSUER, &over_it)
    }

    /// The address that carries it, signed as the service provider does.
    fn path(&self, xml: &str) -> String {
        path_by(xml, Some(&self.rig.portal.signer))
    }

    async fn accepts(&self, path: &str) {
        let answer = self.rig.tab().get(path).await;
        assert!(answer.status.is_redirection(), "{}", answer.body);
        assert!(answer.location().starts_with("/login"), "{}", answer.location());
        assert!(self.trap.is_untouched());
    }

    async fn refuses(&self, code: &str, case: &str, path: &str) {
        let mut outcomes = Vec::new();
        for _ in 0..TRIES {
            let mut tab = self.rig.tab();
            let (answer, taken) = timed(tab.get(path)).await;
            let (status, headers, body) = (answer.status, answer.headers, answer.body);
            outcomes.push(Outcome { status, headers, body, taken });
            assert!(tab.cookies.is_empty(), "{case}");
        }
        assert_refused(case, code, &outcomes, &self.trap);
    }

    /// Though the service provider signed the query with it.
    async fn refuses_document(&self, case: &str, xml: &str) {
        self.refuses(UNREADABLE, case, &self.path(xml)).await;
    }
}

fn path_by(xml: &str, signer: Option<&dyn XmlSigner>) -> String {
    redirect::url("/saml/sso", RedirectParameter::Request, xml, Some("a b"), signer).unwrap()
}

#[tokio::test]
async fn what_hostile_requests_are_made_of_is_good() {
    let bed = Bed::new().await;
    bed.accepts(&bed.path(&bed.good())).await;
    bed.accepts(&bed.path(&bed.good_signed())).await;
}

/// CVE-2025-25291 and CVE-2025-25292 (ruby-saml): two parsers, two documents in one.
#[tokio::test]
async fn ruby_saml_cve_2025_25291_25292_what_parsers_understand_differently_is_not_read() {
    let bed = Bed::new().await;
    for (case, hostile) in lexical(&bed.good(), ISSUER, &bed.trap) {
        bed.refuses_document(&case, &hostile).await;
    }
}

/// CVE-2025-25293 (ruby-saml): a small query that inflates to more than memory holds.
#[tokio::test]
async fn ruby_saml_cve_2025_25293_a_bomb_is_not_inflated_to_its_end() {
    let bed = Bed::new().await;
    let bomb = " ".repeat(8 << 20);
    bed.refuses_document("behind", &format!("{}{bomb}", bed.good())).await;
    bed.refuses_document("alone", &bomb).await;
}

/// Two references that fetch, a stylesheet that never ends, and all the others.
#[tokio::test]
async fn a_signature_leads_nowhere_and_computes_nothing_at_the_attackers_will() {
    let bed = Bed::new().await;
    for (case, hostile) in signatures(&bed.good_signed(), &bed.trap) {
        bed.refuses_document(&case, &hostile).await;
    }
}

/// samlify's issue 634, with CVE-2024-8698 (Keycloak) and authentik's CVE-2026-47201: the signed
/// request moved aside, and a forged one with an address of the attacker's read in its place.
#[tokio::test]
async fn samlify_634_keycloak_cve_2024_8698_a_signed_request_inside_a_forged_one() {
    let bed = Bed::new().await;
    let original = bed.good_signed();
    let own = signature(&original);
    let acs = AcsChoice::Url("https://evil.example/acs".into());
    let evil = AuthnRequest { id: "_forged".into(), acs, ..bed.request() }.to_xml().unwrap();
    let in_extensions = |inside: &str| {
        behind(&evil, ISSUER, &format!("<samlp:Extensions>{inside}</samlp:Extensions>"))
    };
    let in_signature = |more: &str| behind(&evil, ISSUER, &before(own, "</ds:Signature>", more));
    let bare = unsigned(&original);
    let same_id = |xml: &str| edit(xml, " ID=\"_forged\"", part(&original, " ID=\"", "\""));
    for (case, hostile) in [
        ("in the extensions", in_extensions(&original)),
        ("its signature in the extensions", in_extensions(own)),
        ("its signature alone", behind(&evil, ISSUER, own)),
        ("beside its signature", behind(&evil, ISSUER, &format!("{own}{bare}"))),
        ("in its signature", in_signature(&bare)),
        ("in its signature, under one ID", same_id(&in_signature(&bare))),
        ("in an object", same_id(&in_signature(&format!("<ds:Object>{bare}</ds:Object>")))),
        ("in the extensions, under one ID", same_id(&in_extensions(&original))),
        ("around the forged one", behind(&original, own, &evil)),
    ] {
        bed.refuses_document(case, &hostile).await;
    }
    // The forged one alone passes the gate, and gets no further for its address.
    bed.refuses("sso.acs", "the forged one alone", &bed.path(&evil)).await;
}

/// What made samael panic, answer falsely, or take what was not signed.
#[tokio::test]
async fn a_query_is_verified_in_its_own_bytes_or_refused_in_peace() {
    let bed = Bed::new().await;
    let good = bed.path(&bed.good());
    let without = |name: &str| {
        let kept = good.split('&').filter(|pair| !pair.starts_with(&format!("{name}=")));
        kept.collect::<Vec<_>>().join("&")
    };
    let algorithm = good.split('&').find(|pair| pair.starts_with("SigAlg=")).unwrap();
    for (case, path) in [
        ("no SigAlg", without("SigAlg")),
        ("no Signature", without("Signature")),
        ("SHA-1", good.replace("ecdsa-sha256", "ecdsa-sha1")),
        ("a MAC", good.replace("ecdsa-sha256", "hmac-sha256")),
        ("an empty SigAlg", good.replace(algorithm, "SigAlg=")),
        ("two requests", format!("{good}&SAMLRequest=AAAA")),
        ("two relay states", format!("{good}&RelayState=x")),
        ("two signatures", format!("{good}&Signature=AAAA")),
        ("a parameter in disguise", format!("{good}&%53AMLRequest=AAAA")),
        ("another encoding", format!("{good}&SAMLEncoding=gzip")),
        ("an answer", good.replace("SAMLRequest=", "SAMLResponse=")),
        ("not base64", "/saml/sso?SAMLRequest=%25%25".to_owned()),
        ("not deflated", format!("/saml/sso?SAMLRequest={}", STANDARD.encode("<a/>"))),
        ("nothing", "/saml/sso".to_owned()),
    ] {
        bed.refuses(UNREADABLE, case, &path).await;
    }
    for (case, path) in [
        ("unsigned", path_by(&bed.good(), None)),
        ("an empty signature", format!("{}&Signature=", without("Signature"))),
        ("encoded again", good.replace("RelayState=a+b", "RelayState=a%20b")),
        ("another relay state", good.replace("RelayState=a+b", "RelayState=a+c")),
        ("no relay state", without("RelayState")),
        ("another kind of key", good.replace("ecdsa-sha256", "rsa-sha256")),
    ] {
        assert_ne!(path, good, "{case}");
        bed.refuses(SIGNATURE, case, &path).await;
    }
    // The same query, signed as another peer writes it.
    let (_, query) = good.split_once('?').unwrap();
    let (covered, _) = query.split_once("&Signature=").unwrap();
    let covered = covered.replace("RelayState=a+b", "RelayState=a%20b");
    let value = STANDARD.encode(bed.rig.portal.signer.sign(covered.as_bytes()).unwrap());
    let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    bed.accepts(&format!("/saml/sso?{covered}&Signature={value}")).await;
}

/// CVE-2026-16443 (Keycloak): a key described without its use switched the check off.
#[tokio::test]
async fn keycloak_cve_2026_16443_a_key_without_a_use_still_verifies() {
    let one_key = [(" use=\"signing\"", "")];
    let no_key = [("use=\"signing\"", "use=\"encryption\"")];
    for (described, is_good) in [(one_key, true), (no_key, false)] {
        let bed = Bed::of(Rig::registered(|_| (), &described).await);
        let stranger = Provider::new(&bed.rig.pki, "stranger.example");
        let forged = redirect_signed(&bed.request(), Some(&stranger.signer));
        bed.refuses(SIGNATURE, "a stranger's", &forged).await;
        bed.refuses(SIGNATURE, "unsigned", &redirect_signed(&bed.request(), None)).await;
        let good = bed.path(&bed.good());
        if is_good {
            bed.accepts(&good).await;
        } else {
            bed.refuses(SIGNATURE, "no key to verify with", &good).await;
        }
    }
}

/// CVE-2026-3047, CVE-2026-2603 and CVE-2026-16442 (Keycloak): sign-ins that begin at the identity
/// provider, for one that is switched off or never agreed to them.
#[tokio::test]
async fn keycloak_cve_2026_3047_2603_16442_nobody_is_sent_to_who_is_not_registered_for_it() {
    let to = |provider: &str| {
        let provider: String = url::form_urlencoded::byte_serialize(provider.as_bytes()).collect();
        format!("/saml/unsolicited?provider={provider}")
    };
    let bed = Bed::new().await;
    bed.refuses("sso.unsolicited", "not agreed", &to(&bed.rig.portal.entity_id)).await;
    for address in bed.trap.addresses() {
        bed.refuses(UNKNOWN, "an address", &to(&address)).await;
    }
    bed.refuses("request.unreadable", "nobody", "/saml/unsolicited").await;

    let switched_off =
        Rig::registered(|provider| (provider.idp_initiated, provider.enabled) = (true, false), &[]);
    let bed = Bed::of(switched_off.await);
    bed.refuses(UNKNOWN, "switched off", &to(&bed.rig.portal.entity_id)).await;
    bed.refuses(UNKNOWN, "switched off, and asked", &bed.path(&bed.good())).await;

    let agreed = Rig::registered(|provider| provider.idp_initiated = true, &[]).await;
    let bed = Bed::of(agreed);
    let long = format!("{}&RelayState={}", to(&bed.rig.portal.entity_id), "x".repeat(1025));
    bed.refuses(UNREADABLE, "a relay state too long", &long).await;
}

#[tokio::test]
async fn addresses_in_a_request_are_compared_and_never_visited() {
    let bed = Bed::new().await;
    for address in bed.trap.addresses() {
        let acs = AcsChoice::Url(address.clone());
        let request = AuthnRequest { acs, ..bed.request() };
        bed.refuses("sso.acs", &address, &bed.rig.portal.redirect(&request)).await;
        let request = AuthnRequest { destination: Some(address.clone()), ..bed.request() };
        bed.refuses("sso.stale", &address, &bed.rig.portal.redirect(&request)).await;
        let request = AuthnRequest { issuer: address.clone(), ..bed.request() };
        bed.refuses(UNKNOWN, &address, &bed.rig.portal.redirect(&request)).await;
        // A list that goes on elsewhere is passed over.
        let scoping = format!(
            "<samlp:Scoping><samlp:IDPList><samlp:IDPEntry \
             ProviderID=\"https://idp.example/saml/metadata\"></samlp:IDPEntry>\
             <samlp:GetComplete>{address}</samlp:GetComplete></samlp:IDPList></samlp:Scoping>"
        );
        let good = before(&bed.good(), "</samlp:AuthnRequest>", &scoping);
        bed.accepts(&bed.path(&good)).await;
    }
    let request = AuthnRequest { acs: AcsChoice::Index(7), ..bed.request() };
    bed.refuses("sso.acs", "an index", &bed.rig.portal.redirect(&request)).await;
}

/// The address for logouts reads as strictly.
#[tokio::test]
async fn hostile_logouts_are_not_read() {
    let bed = Bed::new().await;
    let good = edit(&bed.good(), "<samlp:AuthnRequest ", "<samlp:LogoutRequest ");
    let good = edit(&good, "</samlp:AuthnRequest>", "</samlp:LogoutRequest>");
    for (case, hostile) in lexical(&good, ISSUER, &bed.trap) {
        let path = bed.path(&hostile).replacen("/saml/sso?", "/saml/slo?", 1);
        bed.refuses("slo.unreadable", &case, &path).await;
    }
}

/// Requests come by redirect alone, as the metadata says.
#[tokio::test]
async fn nothing_is_taken_by_other_bindings() {
    let bed = Bed::new().await;
    let field = STANDARD.encode(bed.good_signed());
    for (path, content_type) in
        [("/saml/sso", "application/x-www-form-urlencoded"), ("/saml/sso", "text/xml")]
    {
        let request = Request::post(path)
            .header("content-type", content_type)
            .header("sec-fetch-site", "cross-site")
            .body(Body::from(format!("SAMLRequest={field}")))
            .unwrap();
        let answer = bed.rig.tab().send(request).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }
}
