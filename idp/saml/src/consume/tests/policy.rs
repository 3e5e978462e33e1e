//! Properly signed responses that say the wrong thing.

use super::*;
use crate::issue::Envelope;

/// A response whose encrypted assertion was changed before anything was signed.
fn with_assertion(change: impl Fn(&str) -> String) -> Result<Login, Refusal> {
    let original = assertion_xml();
    let changed = change(&original);
    assert_ne!(changed, original, "the test changes nothing");
    consume(&signed_response(&sealed(&changed)))
}

fn replaced(from: &str, to: &str) -> Result<Login, Refusal> {
    with_assertion(|xml| xml.replace(from, to))
}

/// Takes out everything from `from` up to and including `to`.
fn cut(xml: &str, from: &str, to: &str) -> String {
    let start = xml.find(from).unwrap();
    let end = start + xml[start..].find(to).unwrap() + to.len();
    [&xml[..start], &xml[end..]].concat()
}

fn with_envelope(change: impl Fn(&mut Envelope<'_>)) -> Result<Login, Refusal> {
    let mut envelope = envelope();
    change(&mut envelope);
    let content = sealed(&assertion_xml());
    consume(&envelope.around(&content, &KEYS.p256, &mut random).unwrap().xml)
}

const NOW: &str = "2026-04-01T09:30:00Z";
const END: &str = "2026-04-01T09:35:00Z";

#[test]
fn another_audience() {
    assert_eq!(replaced(&format!(">{SP}<"), ">https://other.example<"), Err(Refusal::Audience));
}

#[test]
fn an_audience_must_be_in_every_restriction() {
    let other = "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience>\
        </saml:AudienceRestriction></saml:Conditions>";
    assert_eq!(replaced("</saml:Conditions>", other), Err(Refusal::Audience));
}

#[test]
fn an_audience_may_be_one_of_several() {
    let both = format!("<saml:Audience>https://other.example</saml:Audience><saml:Audience>{SP}");
    assert!(replaced(&format!("<saml:Audience>{SP}"), &both).is_ok());
}

#[test]
fn no_audience_restriction() {
    let cut = |xml: &str| cut(xml, "<saml:AudienceRestriction>", "</saml:AudienceRestriction>");
    assert_eq!(with_assertion(cut), Err(Refusal::NoAudience));
}

#[test]
fn no_conditions() {
    let cut = |xml: &str| cut(xml, "<saml:Conditions", "</saml:Conditions>");
    assert!(matches!(with_assertion(cut), Err(Refusal::Shape(_))));
}

#[test]
fn an_unknown_condition() {
    let unknown = "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
        xmlns:x=\"urn:x\" xsi:type=\"x:OnlyOnSundays\"></saml:Condition></saml:Conditions>";
    assert_eq!(replaced("</saml:Conditions>", unknown), Err(Refusal::Condition));
}

#[test]
fn no_end_of_conditions() {
    let conditions = format!("<saml:Conditions NotBefore=\"{NOW}\" NotOnOrAfter=\"{END}\">");
    assert_eq!(replaced(&conditions, "<saml:Conditions>"), Err(Refusal::Endless));
}

#[test]
fn no_end_of_confirmation() {
    let end = format!("NotOnOrAfter=\"{END}\" Recipient");
    assert_eq!(replaced(&end, "Recipient"), Err(Refusal::Endless));
}

#[test]
fn expired() {
    let past = "NotOnOrAfter=\"2026-04-01T09:27:00Z\"";
    assert_eq!(
        replaced(&format!("NotOnOrAfter=\"{END}\" R"), &format!("{past} R")),
        Err(Refusal::Expired)
    );
    assert_eq!(
        replaced(&format!("NotOnOrAfter=\"{END}\">"), &format!("{past}>")),
        Err(Refusal::Expired)
    );
}

#[test]
fn not_yet_valid() {
    let refused = replaced(&format!("NotBefore=\"{NOW}\""), "NotBefore=\"2026-04-01T09:33:01Z\"");
    assert_eq!(refused, Err(Refusal::NotYetValid));
}

#[test]
fn issued_in_the_future() {
    let refused =
        replaced(&format!("IssueInstant=\"{NOW}\""), "IssueInstant=\"2026-04-01T09:33:01Z\"");
    assert_eq!(refused, Err(Refusal::Future));
    assert_eq!(with_envelope(|envelope| envelope.issued_at = after(181)), Err(Refusal::Future));
    assert!(with_envelope(|envelope| envelope.issued_at = after(180)).is_ok());
}

#[test]
fn too_old_whatever_it_says_itself() {
    let old = with_assertion(|xml| {
        xml.replace(&format!("IssueInstant=\"{NOW}\""), "IssueInstant=\"2026-04-01T09:21:59Z\"")
            .replace(END, "2036-04-01T09:35:00Z")
    });
    assert_eq!(old, Err(Refusal::Stale));
    assert_eq!(with_envelope(|envelope| envelope.issued_at = after(-481)), Err(Refusal::Stale));
}

#[test]
fn a_long_validity_does_not_prolong_the_replay_table() {
    let login = replaced(END, "2036-04-01T09:35:00Z").unwrap();
    assert_eq!(login.replay_until, after(480));
}

#[test]
fn another_recipient() {
    let refused =
        replaced(&format!("Recipient=\"{ACS}\""), "Recipient=\"https://evil.example/acs\"");
    assert_eq!(refused, Err(Refusal::Recipient));
    assert_eq!(replaced(&format!(" Recipient=\"{ACS}\""), ""), Err(Refusal::Recipient));
}

#[test]
fn another_destination() {
    let elsewhere = with_envelope(|envelope| envelope.acs_url = "https://evil.example/acs");
    assert_eq!(elsewhere, Err(Refusal::Destination));
}

#[test]
fn another_request() {
    let other = with_envelope(|envelope| envelope.in_response_to = Some("_another"));
    assert_eq!(other, Err(Refusal::InResponseTo));
    let name = format!("InResponseTo=\"{REQUEST}\"");
    assert_eq!(replaced(&name, "InResponseTo=\"_another\""), Err(Refusal::InResponseTo));
    assert_eq!(replaced(&format!("{name} "), ""), Err(Refusal::InResponseTo));
}

#[test]
fn another_issuer() {
    let other = with_envelope(|envelope| envelope.issuer = "https://evil.example");
    assert_eq!(other, Err(Refusal::Issuer));
    assert_eq!(replaced(&format!(">{IDP}<"), ">https://evil.example<"), Err(Refusal::Issuer));
}

#[test]
fn another_version() {
    assert!(matches!(replaced("Version=\"2.0\"", "Version=\"1.1\""), Err(Refusal::Shape(_))));
}

#[test]
fn not_a_bearer() {
    let refused = replaced("cm:bearer", "cm:sender-vouches");
    assert_eq!(refused, Err(Refusal::Confirmation));
    let confirmation =
        |xml: &str| cut(xml, "<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>");
    assert_eq!(with_assertion(confirmation), Err(Refusal::Confirmation));
}

#[test]
fn a_bearer_may_not_be_told_to_wait() {
    let refused = replaced(
        "<saml:SubjectConfirmationData ",
        "<saml:SubjectConfirmationData NotBefore=\"2026-04-01T09:00:00Z\" ",
    );
    assert_eq!(refused, Err(Refusal::Confirmation));
}

#[test]
fn a_name_is_optional_but_not_empty() {
    let without = with_assertion(|xml| cut(xml, "<saml:NameID", "</saml:NameID>")).unwrap();
    assert_eq!(without.name_id, None);
    assert!(matches!(replaced(">_name<", "><"), Err(Refusal::Shape(_))));
}

#[test]
fn authenticated_in_the_future_or_not_anew() {
    let future =
        replaced("AuthnInstant=\"2026-04-01T09:29:50Z\"", "AuthnInstant=\"2026-04-01T09:33:01Z\"");
    assert_eq!(future, Err(Refusal::Future));

    let identity_provider = identity_provider();
    let mut expected = expectation(&identity_provider);
    expected.authenticated_after = Some(after(-5));
    let xml = assertion_xml().replace("09:29:50Z", "09:26:00Z");
    let xml = signed_response(&sealed(&xml));
    let refused = service_provider().consume(xml.as_bytes(), &expected, now());
    assert_eq!(refused, Err(Refusal::NotFresh));
}

#[test]
fn the_session_has_ended() {
    assert_eq!(replaced("2026-04-01T10:30:00Z", NOW), Err(Refusal::SessionEnded));
}

#[test]
fn the_class_will_not_do() {
    let identity_provider = identity_provider();
    let mut expected = expectation(&identity_provider);
    let xml = signed_response(&sealed(&assertion_xml()));
    expected.context_classes = &[crate::names::AC_PRESENCE];
    let refused = service_provider().consume(xml.as_bytes(), &expected, now());
    assert_eq!(refused, Err(Refusal::ContextClass));
    expected.context_classes = &[crate::names::AC_PRESENCE, AC_SMARTCARD_PKI];
    assert!(service_provider().consume(xml.as_bytes(), &expected, now()).is_ok());
}

#[test]
fn a_second_authentication_or_an_unknown_statement() {
    let statement = |xml: &str| {
        let start = xml.find("<saml:AuthnStatement").unwrap();
        let end = xml.find("</saml:AuthnStatement>").unwrap() + "</saml:AuthnStatement>".len();
        [&xml[..end], &xml[start..]].concat()
    };
    assert!(matches!(with_assertion(statement), Err(Refusal::Shape(_))));
    let decision = "<saml:AuthzDecisionStatement></saml:AuthzDecisionStatement></saml:Assertion>";
    assert!(matches!(replaced("</saml:Assertion>", decision), Err(Refusal::Shape(_))));
}

#[test]
fn a_value_that_is_no_plain_text() {
    let nested = "<saml:AttributeValue><saml:NameID>x</saml:NameID></saml:AttributeValue>";
    let refused = with_assertion(|xml| {
        xml.replace("<saml:AttributeValue>abc@idp.example</saml:AttributeValue>", nested)
    });
    assert!(matches!(refused, Err(Refusal::Shape(_))));
}

#[test]
fn an_attribute_named_twice_has_all_values() {
    let twice = format!(
        "<saml:Attribute Name=\"{ATTRIBUTE_PAIRWISE_ID}\"><saml:AttributeValue>\
        admin@idp.example</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
    );
    let login = replaced("</saml:AttributeStatement>", &twice).unwrap();
    assert_eq!(login.values(ATTRIBUTE_PAIRWISE_ID), ["abc@idp.example", "admin@idp.example"]);
    assert_eq!(login.value(ATTRIBUTE_PAIRWISE_ID), None);
}

#[test]
fn a_status_and_its_assertion_must_fit() {
    let failed = with_envelope(|envelope| envelope.status = Status::AuthnFailed);
    assert_eq!(failed, Err(Refusal::NoAssertion));
    assert_eq!(consume(&signed_response("")), Err(Refusal::NoAssertion));
    let partial = with_envelope(|envelope| envelope.status = Status::PartialLogout);
    assert_eq!(partial, Err(Refusal::NoAssertion));
}

#[test]
fn an_identifier_in_the_scope_of_somebody_else() {
    for value in ["abc@other.example", "abc@idp.example@other.example", "abc", "abc@", ""] {
        assert_eq!(replaced("abc@idp.example", value), Err(Refusal::Scope), "{value}");
    }
    assert!(replaced("abc@idp.example", "abc@IDP.example").is_ok());
}
