//! The other documents that the portal reads: logout requests by SOAP, and its identity providers'
//! metadata.

use axum::http::{Method, header};

use warifu_saml::{RedirectParameter, redirect};

use super::super::peers::{logout_envelope, logout_request};
use super::*;

const LOGOUT: &str = "logout.refused";
/// The longest body that is read, in bytes.
const LONGEST: usize = 64 * 1024;

impl Bed {
    async fn refuses_envelope(&self, code: &str, case: &str, envelope: &str) {
        let mut outcomes = Vec::new();
        for _ in 0..TRIES {
            let mut browser = self.rig.browser();
            let request = browser
                .request(Method::POST, "/saml/slo")
                .header(header::CONTENT_TYPE, "text/xml")
                .body(envelope.to_owned().into());
            let (answer, taken) = timed(browser.send(request.unwrap())).await;
            let (status, headers) = (answer.status(), answer.headers().clone());
            outcomes.push(Outcome { status, headers, body: answer.text().await, taken });
        }
        assert_refused(case, code, &outcomes, &self.trap);
    }
}

/// samlify's issue 634, and CVE-2024-8698 once more: a signed request inside a forged one.
#[tokio::test]
async fn samlify_634_a_logout_request_is_the_one_that_is_signed() {
    let bed = Bed::new().await;
    let mut witness = bed.rig.signed_in("resident").await;
    let good = logout_envelope(&IDP, bed.rig.now(), Vec::new());
    let original = part(&good, "<samlp:LogoutRequest ", "</samlp:LogoutRequest>");
    let evil = edit(&unsigned(original), part(original, " ID=\"", "\""), " ID=\"_forged\"");
    let wrap = |inside: &str| edit(&good, original, &behind(&evil, ISSUER, inside));
    let cases = [
        ("in the extensions", wrap(&format!("<samlp:Extensions>{original}</samlp:Extensions>"))),
        ("beside it", wrap(original)),
        ("with its signature", wrap(signature(original))),
        ("in its signature", wrap(&before(signature(original), "</ds:Signature>", original))),
        ("two in one envelope", edit(&good, original, &format!("{evil}{original}"))),
        ("unsigned", edit(&good, original, &unsigned(original))),
        ("in the header", before(&good, original, &evil)),
    ];
    for (case, envelope) in cases {
        bed.refuses_envelope(LOGOUT, case, &envelope).await;
    }
    assert_eq!(witness.get_json("/session").await["signed_in"], true);
}

#[tokio::test]
async fn hostile_envelopes_end_no_session_and_lead_nowhere() {
    let bed = Bed::new().await;
    let mut witness = bed.rig.signed_in("resident").await;
    let good = logout_envelope(&IDP, bed.rig.now(), Vec::new());
    let mut cases = lexical(&good, ISSUER, &bed.trap);
    cases.extend(signatures(&good, &bed.trap));
    for (case, envelope) in cases {
        let code = if envelope.len() > LONGEST { "request.too-large" } else { LOGOUT };
        bed.refuses_envelope(code, &case, &envelope).await;
    }
    assert_eq!(witness.get_json("/session").await["signed_in"], true);
}

/// The same through the browser, where the query carries it: a bomb too (CVE-2025-25293, ruby-saml).
#[tokio::test]
async fn hostile_queries_end_no_session_and_lead_nowhere() {
    let bed = Bed::of(Rig::with_logout().await);
    let mut witness = bed.rig.signed_in("resident").await;
    let good = logout_request(bed.rig.now(), Vec::new()).to_xml().unwrap();
    let mut cases = lexical(&good, ISSUER, &bed.trap);
    cases.push(("a bomb".to_owned(), format!("{good}{}", " ".repeat(8 << 20))));
    let path = |xml: &str| {
        let parameter = RedirectParameter::Request;
        redirect::url("/saml/slo", parameter, xml, None, Some(&signer_of(&IDP))).unwrap()
    };
    let good = path(&good);
    let mut paths: Vec<_> = cases.iter().map(|(case, xml)| (case.as_str(), path(xml))).collect();
    paths.push(("no SigAlg", edit(&good, "SigAlg=", "Other=")));
    paths.push(("SHA-1", edit(&good, "ecdsa-sha256", "ecdsa-sha1")));
    for (case, path) in paths {
        let mut outcomes = Vec::new();
        for _ in 0..TRIES {
            let mut browser = bed.rig.browser();
            let (answer, taken) = timed(browser.get(&path)).await;
            let (status, headers) = (answer.status(), answer.headers().clone());
            outcomes.push(Outcome { status, headers, body: answer.text().await, taken });
        }
        assert_refused(case, LOGOUT, &outcomes, &bed.trap);
    }
    assert_eq!(witness.get_json("/session").await["signed_in"], true);
}

async fn refuses_metadata(trap: &Trap, case: &str, is_signed: bool, hostile: String) {
    let refusal = Rig::refusal(
        |_| hostile,
        |config| {
            let signer = config.saml.identity_providers[0].with_file_name("signer.pem");
            std::fs::write(&signer, IDP.certificate_pem()).unwrap();
            config.saml.metadata_signers.extend(is_signed.then_some(signer));
        },
    )
    .await;
    assert!(refusal.starts_with("saml.metadata: "), "{case}: {refusal}");
    assert!(trap.is_untouched(), "{case}: something was fetched");
}

/// The metadata of the test's identity provider.
async fn metadata() -> String {
    let rig = Rig::new().await;
    std::fs::read_to_string(rig.folder.path().join("idp.xml")).unwrap()
}

#[tokio::test]
async fn hostile_metadata_are_not_believed() {
    let (good, trap) = (metadata().await, Trap::new());
    let mut cases = lexical(&good, "</mdui:DisplayName>", &trap);
    cases.retain(|(case, _)| case != "a comment behind all"); // Registrars write those.
    for (case, hostile) in cases {
        refuses_metadata(&trap, &case, false, hostile).await;
    }
    for (case, hostile) in signatures(&good, &trap) {
        refuses_metadata(&trap, &case, true, hostile).await;
    }
}

/// Without a key nothing could be verified: so there is no such identity provider (the way in of
/// samael's "unsigned accepted", and of Keycloak's CVE-2026-16443).
#[tokio::test]
async fn an_identity_provider_without_a_key_is_none() {
    let (good, trap) = (metadata().await, Trap::new());
    let key = part(&good, "<md:KeyDescriptor ", "</md:KeyDescriptor>");
    refuses_metadata(&trap, "no key", false, edit(&good, key, "")).await;
    let empty = edit(key, part(key, "<ds:KeyInfo", "</ds:KeyInfo>"), "");
    refuses_metadata(&trap, "an empty key", false, edit(&good, key, &empty)).await;
    let encryption = edit(&good, "use=\"signing\"", "use=\"encryption\"");
    refuses_metadata(&trap, "for encryption only", false, encryption).await;
}

#[tokio::test]
async fn metadata_are_the_signers_or_nobodys() {
    let (good, trap) = (metadata().await, Trap::new());
    refuses_metadata(&trap, "unsigned", true, unsigned(&good)).await;
    refuses_metadata(&trap, "a stranger's", true, signed_by(&STRANGER, &good)).await;
    let altered = good.replace("https://idp.example/saml/sso", "https://evil.example/sso");
    refuses_metadata(&trap, "altered", true, altered.clone()).await;
    let around = |inside: &str| {
        let start = "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
                     ID=\"_group\">";
        format!("{start}{inside}</md:EntitiesDescriptor>")
    };
    let forged = edit(&unsigned(&altered), part(&altered, " ID=\"", "\""), " ID=\"_forged\"");
    refuses_metadata(&trap, "in a group", true, around(&good)).await;
    refuses_metadata(&trap, "beside a forged one", true, around(&format!("{forged}{good}"))).await;
    let moved = around(&format!("{}{forged}", signature(&good)));
    refuses_metadata(&trap, "its signature on a group", true, moved).await;
    let over =
        edit(&good, part(&good, " validUntil=\"", "\""), " validUntil=\"2026-11-01T00:00:00Z\"");
    refuses_metadata(&trap, "over", true, signed(&over)).await;
    let endless = part(&good, " validUntil=\"", "\"");
    let endless = edit(&good, endless, " validUntil=\"2126-11-01T00:00:00Z\"");
    refuses_metadata(&trap, "for a century", true, signed(&endless)).await;
}
