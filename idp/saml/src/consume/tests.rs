//! Everything that must be true of a response, and what happens when it is not.

mod attacks;
mod policy;

use super::*;
use crate::attribute::NameId;
use crate::gate::GateError;
use crate::issue::{Assertion, ErrorResponse, Protection, error_response, response};
use crate::names::{
    AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_PAIRWISE_ID, NAMEID_PERSISTENT,
};
use crate::status::Status;
use crate::testing::*;

#[test]
fn what_we_issue_we_accept_with_every_kind_of_key() {
    let encrypt_to = KEYS.encryption_key();
    for signer in KEYS.signers() {
        for sign_assertion in [false, true] {
            let protection = Protection { signer, encrypt_to: Some(&encrypt_to), sign_assertion };
            let issued = response(&login(), &protection, &mut random).unwrap();
            let login = consume(&issued.xml).unwrap();
            assert_eq!(Some(login.assertion_id), issued.assertion_id);
        }
    }
}

#[test]
fn an_assertion_goes_plain_only_where_there_is_no_key() {
    let protection = Protection { signer: &KEYS.p256, encrypt_to: None, sign_assertion: false };
    let plain = response(&login(), &protection, &mut random).unwrap();
    assert!(plain.xml.contains(">_name</saml:NameID>"));
    assert!(consume(&plain.xml).is_ok());
    let key = KEYS.encryption_key();
    let sealed = Protection { encrypt_to: Some(&key), ..protection };
    let sealed = response(&login(), &sealed, &mut random).unwrap();
    assert!(!sealed.xml.contains("saml:NameID"));
}

#[test]
fn a_name_that_lasts_says_between_whom() {
    let name = NameId::persistent("p4sK", IDP, SP);
    let xml = Assertion { name_id: &name, ..crate::testing::login() }.write("_assertion").unwrap();
    assert!(xml.xml.contains(&format!(
        "<saml:NameID Format=\"{NAMEID_PERSISTENT}\" NameQualifier=\"{IDP}\" \
         SPNameQualifier=\"{SP}\">p4sK</saml:NameID>"
    )));
    let login = consume(&signed_response(&sealed(&xml.xml))).unwrap();
    assert_eq!(login.name_id, Some(name));
}

#[test]
fn what_nobody_asked_for_names_no_request() {
    let assertion = Assertion { in_response_to: None, ..login() };
    let key = KEYS.encryption_key();
    let protection =
        Protection { signer: &KEYS.p256, encrypt_to: Some(&key), sign_assertion: true };
    let issued = response(&assertion, &protection, &mut random).unwrap();
    assert!(!issued.xml.contains("InResponseTo"));
    assert!(!assertion.write("_a").unwrap().xml.contains("InResponseTo"));
    assert_eq!(consume(&issued.xml), Err(Refusal::InResponseTo));
}

#[test]
fn a_login_tells_who_how_and_when() {
    let login = consume(&signed_response(&sealed(&assertion_xml()))).unwrap();
    assert_eq!(login.issuer, IDP);
    assert_eq!(login.assertion_id, "_assertion");
    assert_eq!(login.name_id.as_ref().unwrap().value, "_name");
    assert_eq!(login.session_index.as_deref(), Some("_session"));
    assert_eq!(login.authenticated_at, after(-10));
    assert_eq!(login.session_not_on_or_after, Some(after(3600)));
    assert_eq!(login.context_class, AC_SMARTCARD_PKI);
    assert_eq!(login.value(ATTRIBUTE_PAIRWISE_ID), Some("abc@idp.example"));
    assert_eq!(login.value(ATTRIBUTE_DISPLAY_NAME), Some("上野 <太郎> & \"家族\""));
    assert_eq!(login.value("urn:nothing"), None);
    assert!(!login.one_time_use);
}

#[test]
fn a_replay_is_known_for_as_long_as_it_would_be_accepted() {
    let xml = signed_response(&sealed(&assertion_xml()));
    let login = consume(&xml).unwrap();
    // Five minutes of validity and three of clock skew.
    assert_eq!(login.replay_until, after(480));
    let identity_provider = identity_provider();
    let expected = expectation(&identity_provider);
    let at = |seconds| service_provider().consume(xml.as_bytes(), &expected, after(seconds));
    assert!(at(479).is_ok());
    assert_eq!(at(480), Err(Refusal::Expired));
}

#[test]
fn one_time_use_is_reported() {
    let xml = assertion_xml().replace("</saml:Conditions>", "<saml:OneTimeUse/></saml:Conditions>");
    assert!(consume(&signed_response(&sealed(&xml))).unwrap().one_time_use);
}

#[test]
fn a_plain_assertion_in_a_signed_response_is_accepted() {
    assert!(consume(&signed_response(&assertion_xml())).is_ok());
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256);
    assert!(consume(&signed_response(&signed)).is_ok());
}

#[test]
fn a_signed_assertion_alone_is_accepted_only_if_the_policy_says_so() {
    let signed = sign_assertion(&assertion_xml(), &KEYS.rsa);
    for content in [signed.clone(), sealed(&signed)] {
        let xml = unsigned_response(&content);
        assert_eq!(consume(&xml), Err(Refusal::Signature(crate::SignatureError::Missing)));
        assert_eq!(consume_lenient(&xml).unwrap().assertion_id, "_assertion");
    }
}

#[test]
fn a_failure_is_reported_as_what_it_is() {
    let error = ErrorResponse {
        issuer: IDP,
        acs_url: ACS,
        in_response_to: Some(REQUEST),
        issued_at: now(),
        status: Status::NoAuthnContext,
        message: Some("not that strong"),
    };
    let issued = error_response(&error, &KEYS.rsa, &mut random).unwrap();
    assert_eq!(issued.assertion_id, None);
    assert_eq!(consume(&issued.xml), Err(Refusal::Status(Status::NoAuthnContext)));
}

#[test]
fn any_of_our_keys_decrypts() {
    let mut provider = service_provider();
    let newer = DecryptionKey::new(rsa_key(2048)).unwrap();
    provider.decryption_keys.insert(0, newer);
    let identity_provider = identity_provider();
    let xml = signed_response(&sealed(&assertion_xml()));
    assert!(provider.consume(xml.as_bytes(), &expectation(&identity_provider), now()).is_ok());
    provider.decryption_keys.truncate(1);
    let refused = provider.consume(xml.as_bytes(), &expectation(&identity_provider), now());
    assert!(matches!(refused, Err(Refusal::Decryption(_))));
}

#[test]
fn what_a_response_claims_can_be_read_before_it_is_verified() {
    let claimed = claimed(unsigned_response("").as_bytes()).unwrap();
    assert_eq!(claimed.issuer.as_deref(), Some(IDP));
    assert_eq!(claimed.in_response_to.as_deref(), Some(REQUEST));
}

#[test]
fn the_form_field_is_bounded_base64() {
    assert_eq!(decode_post("PGEvPg==").unwrap(), b"<a/>");
    assert_eq!(decode_post("PGEvPg"), Err(Refusal::Field));
    assert_eq!(decode_post(&"A".repeat(FIELD_LIMIT + 1)), Err(Refusal::FieldSize));
}

mod damage {
    use proptest::prelude::*;

    use super::*;

    fn change() -> impl Strategy<Value = (prop::sample::Index, u8)> {
        (any::<prop::sample::Index>(), any::<u8>())
    }

    fn damaged(xml: &str, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
        let mut bytes = xml.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// A damaged response is refused, or says what the whole one said.
        #[test]
        fn nobody_else_signs_in(changes in prop::collection::vec(change(), 1..4)) {
            let identity_provider = identity_provider();
            let expected = expectation(&identity_provider);
            for content in [assertion_xml(), sealed(&assertion_xml())] {
                let whole = signed_response(&content);
                let original = consume(&whole).unwrap();
                let bytes = damaged(&whole, &changes);
                if let Ok(login) = service_provider().consume(&bytes, &expected, now()) {
                    prop_assert_eq!(login, original);
                }
            }
        }

        #[test]
        fn any_field_is_answered(field in "[A-Za-z0-9+/= \n]{0,200}|\\PC{0,40}") {
            if let Ok(bytes) = decode_post(&field) {
                prop_assert!(claimed(&bytes).is_err());
            }
        }
    }
}
