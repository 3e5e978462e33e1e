//! Hostile answers at the assertion consumer: made from good ones, signed again by the identity
//! provider itself where its own word must not be enough. Every one is refused by its code, quickly,
//! without a session, and without a look at what it points to.

#[path = "../../../tests/hostile/documents.rs"]
mod documents;
mod elsewhere;
#[path = "../../../tests/hostile/ordeal.rs"]
mod ordeal;
#[path = "../../../tests/hostile/trap.rs"]
mod trap;

use axum::http::StatusCode;
use data_encoding::BASE64;
use openssl::ecdsa::EcdsaSig;
use openssl::sha::sha256;
use warifu_saml::XmlSigner as _;

use self::documents::{Case, before, behind, edit, lexical, part, signature, signatures, unsigned};
use self::ordeal::{Outcome, TRIES, assert_refused, timed};
use self::trap::Trap;
use super::peers::{NAME, SUBJECT, Saying, signer_of};
use super::pki::{IDP, Identity, STRANGER};
use super::rig::{Answer as _, Browser, Rig};

/// It does not pass the gate.
const UNREADABLE: &str = "saml.unreadable";
/// It is not what was asked for, or not from whom it says.
const REFUSED: &str = "saml.refused";
/// Nobody asked for it.
const UNKNOWN: &str = "saml.request-unknown";
/// The end of an element with text.
const ISSUER: &str = "</saml:Issuer>";

/// How the good answer stands, that a hostile one is made of.
#[derive(Clone, Copy)]
enum Form {
    /// Readable; the response is signed.
    Plain,
    /// Readable; the response is signed, and the assertion in it too.
    Twice,
    /// Encrypted; the response is signed.
    Sealed,
}

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

    /// A browser that waits for an answer, and a good one.
    async fn good(&self, form: Form) -> (Browser<'_>, String) {
        let mut browser = self.rig.browser();
        let request = browser.begin("/login").await;
        let mut saying = Saying::person(&request, self.rig.now(), "resident");
        saying.is_encrypted = matches!(form, Form::Sealed);
        saying.is_signed_twice = matches!(form, Form::Twice);
        let xml = BASE64.decode(saying.post_field().as_bytes()).unwrap();
        (browser, String::from_utf8(xml).unwrap())
    }

    async fn accepts(&self, form: Form, change: impl Fn(&str) -> String) {
        let (mut browser, good) = self.good(form).await;
        let field = BASE64.encode(change(&good).as_bytes());
        let answer = browser.post_assertion(&field).await;
        assert!(answer.location().starts_with("/login/finish?h="));
    }

    /// Every try is another browser's, with an answer of its own.
    async fn refuses(&self, form: Form, code: &str, case: &str, change: impl Fn(&str) -> String) {
        let mut outcomes = Vec::new();
        for _ in 0..TRIES {
            let (mut browser, good) = self.good(form).await;
            let hostile = change(&good);
            assert_ne!(hostile, good, "{case}");
            let request = browser.assertion(&BASE64.encode(hostile.as_bytes()));
            let (answer, taken) = timed(browser.send(request)).await;
            let (status, headers) = (answer.status(), answer.headers().clone());
            outcomes.push(Outcome { status, headers, body: answer.text().await, taken });
            assert_eq!(browser.get_json("/session").await["signed_in"], false, "{case}");
        }
        assert_refused(case, code, &outcomes, &self.trap);
    }

    async fn refuses_all(&self, form: Form, code: &str, make: impl Fn(&str) -> Vec<Case>) {
        let (_, good) = self.good(form).await;
        for (place, (case, _)) in make(&good).into_iter().enumerate() {
            self.refuses(form, code, &case, |good| make(good).swap_remove(place).1).await;
        }
    }
}

/// The document with its first signature made anew over what it is now: as if that party had said
/// it. It must be its own canonical form.
fn signed_by(identity: &Identity, xml: &str) -> String {
    let key = signer_of(identity);
    let old = signature(xml);
    let digest = BASE64.encode(&sha256(unsigned(xml).as_bytes()));
    let digest = format!("<ds:DigestValue>{digest}</ds:DigestValue>");
    let digested = edit(old, part(old, "<ds:DigestValue>", "</ds:DigestValue>"), &digest);
    let info = part(&digested, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let namespace = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let value = key.sign(behind(info, "<ds:SignedInfo", namespace).as_bytes()).unwrap();
    let value = EcdsaSig::from_der(&value).unwrap();
    let half = |number: &openssl::bn::BigNumRef| number.to_vec_padded(32).unwrap();
    let value = BASE64.encode(&[half(value.r()), half(value.s())].concat());
    let value = format!("<ds:SignatureValue>{value}</ds:SignatureValue>");
    let end = part(old, "<ds:SignatureValue>", "</ds:SignatureValue>");
    edit(xml, old, &edit(&digested, end, &value))
}

fn signed(xml: &str) -> String {
    signed_by(&IDP, xml)
}

#[tokio::test]
async fn what_hostile_answers_are_made_of_is_good() {
    let bed = Bed::new().await;
    for form in [Form::Plain, Form::Twice, Form::Sealed] {
        bed.accepts(form, str::to_owned).await;
        bed.accepts(form, signed).await;
    }
}

/// CVE-2025-25291 and CVE-2025-25292 (ruby-saml): two parsers, two documents in one.
#[tokio::test]
async fn ruby_saml_cve_2025_25291_25292_what_parsers_understand_differently_is_not_read() {
    let bed = Bed::new().await;
    bed.refuses_all(Form::Plain, UNREADABLE, |xml| lexical(xml, ISSUER, &bed.trap)).await;
    // The same said by the identity provider itself.
    let name = "_transient</saml:NameID>";
    let comment = |xml: &str| signed(&edit(xml, name, "admin<!---->.evil</saml:NameID>"));
    bed.refuses(Form::Plain, UNREADABLE, "a comment in a NameID", comment).await;
    let doctype = |xml: &str| format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", signed(xml));
    bed.refuses(Form::Plain, UNREADABLE, "a DOCTYPE before what is signed", doctype).await;
}

/// The way of ruby-saml's CVE-2025-25293: what is posted is not inflated, so a bomb stays one.
#[tokio::test]
async fn ruby_saml_cve_2025_25293_a_bomb_is_not_inflated() {
    let bed = Bed::new().await;
    let bomb = |_: &str| "\u{78}\u{1}".to_owned() + &"\0".repeat(200_000);
    bed.refuses(Form::Plain, UNREADABLE, "a bomb", bomb).await;
}

#[tokio::test]
async fn a_signature_leads_nowhere_and_computes_nothing_at_the_attackers_will() {
    let bed = Bed::new().await;
    for form in [Form::Plain, Form::Twice, Form::Sealed] {
        bed.refuses_all(form, UNREADABLE, |xml| signatures(xml, &bed.trap)).await;
    }
}

/// SAML Raider's eight, as authentik's CVE-2026-47201 had them: the signed original moved aside, a
/// forged one read in its place.
#[tokio::test]
async fn authentik_cve_2026_47201_xsw_one_to_eight() {
    let bed = Bed::new().await;
    bed.refuses_all(Form::Twice, UNREADABLE, wrapped).await;
}

/// Another person, another role, another name of the document.
fn forged(xml: &str) -> String {
    let own = part(xml, " ID=\"", "\"");
    edit(xml, own, " ID=\"_forged\"")
        .replace(SUBJECT, "bdqcaibaeqcaibaeqcaibaeqcaibaeqc@idp.example")
        .replace("role:resident", "role:card-approver")
        .replace(NAME, "偽 太郎")
}

fn wrapped(xml: &str) -> Vec<Case> {
    let case = |name: &str, xml: String| (name.to_owned(), xml);
    let outer = signature(xml);
    let bare = unsigned(xml);
    let original = part(&bare, "<saml:Assertion ", "</saml:Assertion>");
    let (own, naked) = (signature(original), unsigned(original));
    let evil = forged(&naked);
    // A forged response with its own name and nothing signed, and one around some content.
    let response = edit(&forged(&bare), own, "");
    let around = |content: &str| edit(&bare, original, content);
    let into_signature = |signature: &str, more: &str| before(signature, "</ds:Signature>", more);
    let object = format!("<ds:Object>{naked}</ds:Object>");
    let same_name = |xml: &str, of: &str| edit(xml, " ID=\"_forged\"", part(of, " ID=\"", "\""));
    vec![
        case("XSW1", behind(&response, ISSUER, &into_signature(outer, xml))),
        case("XSW1, same ID", {
            same_name(&behind(&response, ISSUER, &into_signature(outer, xml)), xml)
        }),
        case("XSW2", behind(&response, ISSUER, &format!("{bare}{outer}"))),
        case("XSW3", around(&format!("{evil}{original}"))),
        case("XSW3, behind", around(&format!("{original}{evil}"))),
        case("XSW4", around(&before(&evil, "</saml:Assertion>", original))),
        case("XSW5", around(&format!("{}{naked}", behind(&evil, ISSUER, own)))),
        case("XSW6", around(&behind(&evil, ISSUER, &into_signature(own, &naked)))),
        case("XSW6, same ID", {
            let inside = behind(&evil, ISSUER, &into_signature(own, &naked));
            around(&same_name(&inside, original))
        }),
        case("XSW7", {
            let extensions = format!("<samlp:Extensions>{evil}</samlp:Extensions>");
            before(&bare, "<samlp:Status>", &extensions)
        }),
        case("XSW8", around(&behind(&evil, ISSUER, &into_signature(own, &object)))),
        case("XSW8, same ID", {
            let inside = behind(&evil, ISSUER, &into_signature(own, &object));
            around(&same_name(&inside, original))
        }),
        case("the original in the extensions", {
            let extensions = format!("<samlp:Extensions>{original}</samlp:Extensions>");
            before(&around(&evil), "<samlp:Status>", &extensions)
        }),
        case("the original in advice", {
            let advice = format!("<saml:Advice>{original}</saml:Advice>");
            around(&before(&evil, "</saml:Conditions>", &advice))
        }),
        case("one ID for two", around(&same_name(&evil, &bare))),
    ]
}

/// CVE-2024-8698 (Keycloak): where a signature stands said what was signed, not its Reference.
#[tokio::test]
async fn keycloak_cve_2024_8698_a_signature_speaks_for_the_element_it_stands_in() {
    let bed = Bed::new().await;
    let moved_up = |xml: &str| {
        let bare = unsigned(xml);
        let own = signature(&bare).to_owned();
        behind(&unsigned(&bare), ISSUER, &own)
    };
    bed.refuses(Form::Twice, UNREADABLE, "moved up", moved_up).await;
    let moved_down = |xml: &str| {
        let bare = unsigned(xml);
        edit(&bare, signature(&bare), signature(xml))
    };
    bed.refuses(Form::Twice, UNREADABLE, "moved down", moved_down).await;
}

/// CVE-2025-46572 and CVE-2025-46573 (passport-wsfed-saml2): any signature of the identity provider
/// somewhere was enough, for whichever user the attacker wrote.
#[tokio::test]
async fn passport_wsfed_cve_2025_46572_46573_a_signature_elsewhere_is_none() {
    let bed = Bed::new().await;
    let hidden = |xml: &str| {
        let bare = unsigned(xml);
        let original = part(&bare, "<saml:Assertion ", "</saml:Assertion>").to_owned();
        let evil = edit(&bare, &original, &forged(&unsigned(&original)));
        behind(&evil, "<samlp:Status>", &original)
    };
    bed.refuses(Form::Twice, UNREADABLE, "in the status", hidden).await;
    let altered = |xml: &str| xml.replace("role:resident", "role:card-approver");
    bed.refuses(Form::Twice, REFUSED, "altered", altered).await;
    bed.refuses(Form::Twice, REFUSED, "altered, and the inner signature left", |xml| {
        altered(&unsigned(xml))
    })
    .await;
}

/// CVE-2026-2092 (Keycloak): anybody can encrypt to a service provider, so what is only encrypted
/// says nothing.
#[tokio::test]
async fn keycloak_cve_2026_2092_an_encrypted_assertion_without_a_signature_is_nobodys_word() {
    let bed = Bed::new().await;
    bed.refuses(Form::Sealed, REFUSED, "encrypted", unsigned).await;
    bed.refuses(Form::Plain, REFUSED, "readable", unsigned).await;
    bed.refuses(Form::Twice, REFUSED, "the response unsigned", unsigned).await;
    let foreign = |xml: &str| signed_by(&STRANGER, xml);
    bed.refuses(Form::Sealed, REFUSED, "signed by a stranger", foreign).await;
}

/// CVE-2026-16443 (Keycloak): a key described without its use switched the check off.
#[tokio::test]
async fn keycloak_cve_2026_16443_a_key_without_a_use_still_verifies() {
    let bed = Bed::of(Rig::described(|xml| edit(&xml, " use=\"signing\"", "")).await);
    bed.accepts(Form::Plain, str::to_owned).await;
    bed.refuses(Form::Plain, REFUSED, "unsigned", unsigned).await;
    let foreign = |xml: &str| signed_by(&STRANGER, xml);
    bed.refuses(Form::Plain, REFUSED, "signed by a stranger", foreign).await;
}

/// CVE-2026-18967 (Keycloak): an assertion to be used once was taken again.
#[tokio::test]
async fn keycloak_cve_2026_18967_one_time_use_is_once() {
    let bed = Bed::new().await;
    let once = |xml: &str| {
        let start = part(xml, "<saml:Assertion ", ">").to_owned();
        let named = edit(&start, part(&start, " ID=\"", "\""), " ID=\"_once\"");
        let named = edit(xml, &start, &named);
        signed(&before(&named, "</saml:Conditions>", "<saml:OneTimeUse></saml:OneTimeUse>"))
    };
    bed.accepts(Form::Plain, once).await;
    bed.refuses(Form::Plain, "saml.replayed", "again", once).await;
}

/// CVE-2026-3047, CVE-2026-2603 and CVE-2026-16442 (Keycloak): sign-ins that begin at the identity
/// provider, with one that is not, or no longer, trusted.
#[tokio::test]
async fn keycloak_cve_2026_3047_2603_16442_what_nobody_asked_for_is_refused() {
    let bed = Bed::new().await;
    let all = |xml: &str| signed(&xml.replace(part(xml, " InResponseTo=\"", "\""), ""));
    bed.refuses(Form::Plain, UNKNOWN, "unsolicited", all).await;
    let named = |xml: &str| {
        let wanted = part(xml, " InResponseTo=\"", "\"");
        signed(&xml.replace(wanted, " InResponseTo=\"_nobody-asked\""))
    };
    bed.refuses(Form::Plain, UNKNOWN, "for a request that is none", named).await;
    let issuer = |xml: &str| signed(&xml.replace("https://idp.example/saml/metadata", "urn:evil"));
    bed.refuses(Form::Plain, REFUSED, "from another", issuer).await;
}

/// What is wrong though the identity provider itself signed it.
#[tokio::test]
async fn an_answer_that_is_not_for_here_and_now_is_refused_whoever_signed_it() {
    let bed = Bed::new().await;
    bed.refuses_all(Form::Plain, REFUSED, |xml| {
        faults(xml).into_iter().map(|(name, xml)| (name, signed(&xml))).collect()
    })
    .await;
}

fn faults(xml: &str) -> Vec<Case> {
    let case = |name: &str, xml: String| (name.to_owned(), xml);
    let drop = |start: &str, end: &str| edit(xml, part(xml, start, end), "");
    let put = |start: &str, to: &str| edit(xml, part(xml, start, "\""), to);
    let condition = |more: &str| before(xml, "</saml:Conditions>", more);
    let issued = part(xml, " IssueInstant=\"", "\"");
    let (audience, bearer) = ("/saml/metadata</saml:Audience>", "cm:bearer");
    let statement = part(xml, "<saml:AuthnStatement ", "</saml:AuthnStatement>");
    let data = part(xml, "<saml:SubjectConfirmationData ", "</saml:SubjectConfirmationData>");
    let data_without = |start: &str| edit(xml, data, &edit(data, part(data, start, "\""), ""));
    vec![
        case("no audience", drop("<saml:AudienceRestriction>", "</saml:AudienceRestriction>")),
        case("another audience", edit(xml, audience, "/other</saml:Audience>")),
        case("another audience too", condition(OTHER_AUDIENCE)),
        case("no conditions", drop("<saml:Conditions ", "</saml:Conditions>")),
        case("an unknown condition", condition(UNKNOWN_CONDITION)),
        case("from the future", xml.replace(issued, " IssueInstant=\"2026-11-20T02:15:02Z\"")),
        case("the response from the future", put(" IssueInstant=\"", FUTURE)),
        case("the response from long ago", put(" IssueInstant=\"", PAST)),
        case("expired", put(" NotOnOrAfter=\"", " NotOnOrAfter=\"2026-11-20T01:00:00Z\"")),
        case("not yet valid", put(" NotBefore=\"", " NotBefore=\"2026-11-20T02:15:02Z\"")),
        case("another destination", put(" Destination=\"", " Destination=\"https://x.example\"")),
        case("another recipient", put(" Recipient=\"", " Recipient=\"https://x.example\"")),
        case("no recipient", data_without(" Recipient=\"")),
        case("no end", data_without(" NotOnOrAfter=\"")),
        case("no request in the subject", data_without(" InResponseTo=\"")),
        case("no confirmation", drop("<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>")),
        case("another confirmation", edit(xml, bearer, "cm:sender-vouches")),
        case("no authentication", edit(xml, statement, "")),
        case("two authentications", behind(xml, statement, statement)),
        case("a foreign scope", xml.replace(SUBJECT, "someone@evil.example")),
        case("no assertion", drop("<saml:Assertion ", "</saml:Assertion>")),
        case("a failure with an assertion", edit(xml, "status:Success", "status:Responder")),
    ]
}

const FUTURE: &str = " IssueInstant=\"2026-11-20T02:15:02Z\"";
const PAST: &str = " IssueInstant=\"2026-11-20T00:15:02Z\"";
const OTHER_AUDIENCE: &str = "<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience>\
                              </saml:AudienceRestriction>";
const UNKNOWN_CONDITION: &str = "<saml:Condition \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"when\"></saml:Condition>";

#[tokio::test]
async fn a_broken_ciphertext_is_refused_in_peace() {
    let bed = Bed::new().await;
    bed.refuses_all(Form::Sealed, REFUSED, |xml| {
        let (key, content) = ciphers(xml);
        let short = BASE64.encode(&[0; 5]);
        let case = |name: &str, xml: String| (name.to_owned(), signed(&xml));
        vec![
            case("short", edit(xml, content, &short)),
            case("empty", edit(xml, content, "")),
            case("of a nonce alone", edit(xml, content, &BASE64.encode(&[0; 12]))),
            case("altered", edit(xml, content, &format!("AAAA{}", &content[4..]))),
            case("a short key", edit(xml, key, &short)),
            case("an altered key", edit(xml, key, &format!("AAAA{}", &key[4..]))),
            case("short, by AES-128", {
                edit(&edit(xml, content, &short), "aes256-gcm", "aes128-gcm")
            }),
        ]
    })
    .await;
}

/// The values of the two ciphertexts: the key, and what it opens.
fn ciphers(xml: &str) -> (&str, &str) {
    let mut values = xml.split("<xenc:CipherValue>").skip(1);
    let mut next = || values.next().unwrap().split('<').next().unwrap();
    (next(), next())
}

/// `mod_auth_mellon` fetched it before it checked anything.
#[tokio::test]
async fn a_ciphertext_is_never_fetched() {
    let bed = Bed::new().await;
    bed.refuses_all(Form::Sealed, UNREADABLE, |xml| {
        let (_, content) = ciphers(xml);
        let value = format!("<xenc:CipherValue>{content}</xenc:CipherValue>");
        let fetched = |at: String| {
            let reference = format!("<xenc:CipherReference URI=\"{at}\"></xenc:CipherReference>");
            (format!("at {at}"), signed(&edit(xml, &value, &reference)))
        };
        bed.trap.addresses().into_iter().map(fetched).collect()
    })
    .await;
}

#[tokio::test]
async fn what_is_no_answer_at_all_is_refused() {
    let bed = Bed::new().await;
    let mut browser = bed.rig.browser();
    for field in ["", "%%%", "PGE+", "PGEvPg", "////"] {
        let answer = browser.post_assertion(field).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(answer.text().await.contains(UNREADABLE));
    }
    let much = browser.post_assertion(&"A".repeat(2_000_000)).await;
    assert_eq!(much.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let none = browser.post("/saml/acs", &[]).await;
    assert!(none.status().is_client_error(), "{}", none.status());
}
