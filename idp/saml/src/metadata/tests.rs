//! Metadata, ours there and back, and that of others.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::names::{
    BINDING_POST, BINDING_REDIRECT, BINDING_SOAP, NAMEID_PERSISTENT, NAMEID_TRANSIENT,
};
use crate::request::AcsChoice;
use crate::sign::XmlSigner;
use crate::testing::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn names() -> Vec<LocalizedText> {
    let text = |language: &str, text: &str| LocalizedText {
        language: language.to_owned(),
        text: text.to_owned(),
    };
    vec![text("ja", "わりふ <ポータル>"), text("en", "Warifu & friends")]
}

fn contact() -> Contact {
    Contact { given_name: "Desk".to_owned(), email: "desk@idp.example".to_owned() }
}

fn idp() -> IdpDescription {
    IdpDescription {
        entity_id: IDP.to_owned(),
        valid_until: now() + DAY,
        cache_duration: Some(SignedDuration::from_hours(6)),
        display_names: names(),
        about: About {
            descriptions: names(),
            information_urls: vec![LocalizedText {
                language: "ja".to_owned(),
                text: "https://idp.example/about?a=1&b=2".to_owned(),
            }],
            logo: Some(Logo {
                url: "https://idp.example/mark.svg".to_owned(),
                width: 64,
                height: 32,
            }),
        },
        signing: KEYS.certificates(),
        name_id_formats: vec![NAMEID_TRANSIENT.to_owned(), NAMEID_PERSISTENT.to_owned()],
        sso_redirect: "https://idp.example/saml/sso".to_owned(),
        slo_redirect: Some("https://idp.example/saml/slo".to_owned()),
        slo_soap: Some("https://idp.example/saml/slo/soap".to_owned()),
        error_url: Some("https://idp.example/help".to_owned()),
        scopes: vec!["idp.example".to_owned()],
        want_authn_requests_signed: true,
        contact: Some(contact()),
    }
}

fn sp() -> SpDescription {
    SpDescription {
        entity_id: SP.to_owned(),
        valid_until: now() + DAY,
        display_names: names(),
        signing: vec![KEYS.p256.certificate().clone()],
        encryption: vec![KEYS.sp.clone()],
        acs: vec![ACS.to_owned(), "https://portal.example/saml/acs2".to_owned()],
        slo_redirect: None,
        slo_soap: Some("https://portal.example/saml/slo".to_owned()),
        signing_methods: vec![SignatureAlgorithm::EcdsaSha256, SignatureAlgorithm::RsaSha256],
        contact: Some(contact()),
    }
}

fn policy(trusted: &[Certificate]) -> MetadataPolicy<'_> {
    MetadataPolicy { trusted, require_valid_until: true, longest_validity: DAY }
}

fn read(xml: &str) -> Result<Vec<Entity>, MetadataError> {
    parse(xml.as_bytes(), &policy(&[]), now())
}

fn code(result: Result<Vec<Entity>, MetadataError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn an_identity_provider_comes_back() {
    let keys = KEYS.certificates();
    for signer in KEYS.signers() {
        let xml = idp().to_xml(signer, &mut random).unwrap();
        let entities = parse(xml.as_bytes(), &policy(&keys), now()).unwrap();
        let [entity] = entities.as_slice() else { panic!("one entity") };
        assert_eq!(entity.entity_id, IDP);
        assert_eq!(entity.valid_until, Some(now() + DAY));
        assert_eq!(entity.sp, None);
        let role = entity.idp.as_ref().unwrap();
        assert_eq!(role.display_names, names());
        assert_eq!(role.signing, keys);
        assert_eq!(role.scopes, ["idp.example"]);
        assert_eq!(role.error_url.as_deref(), Some("https://idp.example/help"));
        assert!(role.want_authn_requests_signed);
        let sso = role.sso_at(BINDING_REDIRECT).unwrap();
        assert_eq!(sso.location, "https://idp.example/saml/sso");
        assert_eq!(sso.response_address(), "https://idp.example/saml/sso");
        assert!(role.slo_at(BINDING_SOAP).is_some());
        assert!(role.slo_at(BINDING_POST).is_none());
    }
}

#[test]
fn a_service_provider_comes_back() {
    let xml = sp().to_xml(&KEYS.p256, &mut random).unwrap();
    let entities = parse(xml.as_bytes(), &policy(&KEYS.certificates()), now()).unwrap();
    let role = entities[0].sp.as_ref().unwrap();
    assert_eq!(role.signing_methods, sp().signing_methods);
    assert!(role.authn_requests_signed);
    assert!(!role.want_assertions_signed);
    assert!(role.encryption_key().is_some());
    let locations: Vec<_> = role.acs.iter().map(|acs| acs.location.as_str()).collect();
    assert_eq!(locations, sp().acs);
    assert_eq!(role.acs[0].is_default, Some(true));
}

#[test]
fn an_address_is_one_of_those_listed_letter_by_letter() {
    let xml = sp().to_xml(&KEYS.p256, &mut random).unwrap();
    let role = read(&xml).unwrap().remove(0).sp.unwrap();
    let location = |choice: AcsChoice| role.resolve_acs(&choice).map(|acs| acs.location.clone());
    let url = |url: &str| location(AcsChoice::Url(url.to_owned()));
    assert_eq!(url(ACS).as_deref(), Some(ACS));
    assert_eq!(location(AcsChoice::Default).as_deref(), Some(ACS));
    assert_eq!(location(AcsChoice::Index(1)), Some("https://portal.example/saml/acs2".to_owned()));
    assert_eq!(location(AcsChoice::Index(2)), None);
    for other in
        ["https://evil.example/saml/acs", "https://portal.example/saml/ACS", &format!("{ACS}/"), ""]
    {
        assert_eq!(url(other), None, "{other}");
    }
}

#[test]
fn the_default_address() {
    let acs = |index, is_default, binding: &str| AcsEndpoint {
        binding: binding.to_owned(),
        location: format!("urn:{index}"),
        index,
        is_default,
    };
    let xml = sp().to_xml(&KEYS.p256, &mut random).unwrap();
    let mut role = read(&xml).unwrap().remove(0).sp.unwrap();
    let default = |role: &SpRole| role.resolve_acs(&AcsChoice::Default).map(|acs| acs.index);
    role.acs = vec![acs(1, Some(false), BINDING_POST), acs(2, None, BINDING_POST)];
    assert_eq!(default(&role), Some(2));
    role.acs = vec![acs(1, Some(true), BINDING_SOAP), acs(2, Some(false), BINDING_POST)];
    assert_eq!(default(&role), Some(2));
    role.acs.truncate(1);
    assert_eq!(default(&role), None);
}

#[test]
fn a_signature_that_is_asked_for_must_hold() {
    let xml = idp().to_xml(&KEYS.p256, &mut random).unwrap();
    let trusted = KEYS.certificates();
    let under = |xml: &str| parse(xml.as_bytes(), &policy(&trusted), now());
    assert!(under(&xml).is_ok());
    assert_eq!(code(under(&xml.replace("saml/sso", "saml/evil"))), "saml.signature.invalid");
    assert_eq!(code(under(&without_signature(&xml))), "saml.signature.missing");
    let stranger = idp().to_xml(&KEYS.strangers[0], &mut random).unwrap();
    assert_eq!(code(under(&stranger)), "saml.signature.invalid");
    // Where none is asked for, none is looked at.
    assert!(read(&without_signature(&xml)).is_ok());
}

#[test]
fn validity_is_enforced() {
    let xml = idp().to_xml(&KEYS.p256, &mut random).unwrap();
    let end = now() + DAY;
    let at = |now| parse(xml.as_bytes(), &policy(&[]), now);
    assert!(at(end - SignedDuration::from_secs(1)).is_ok());
    assert_eq!(code(at(end)), "saml.metadata.expired");
    assert_eq!(code(at(now() - SignedDuration::from_secs(1))), "saml.metadata.too-long");
    let until = " validUntil=\"2026-04-02T09:30:00Z\"";
    assert!(xml.contains(until));
    let endless = xml.replace(until, "");
    assert_eq!(code(read(&endless)), "saml.metadata.endless");
    assert!(parse(endless.as_bytes(), &lenient(), now()).is_ok());
    let role = xml.replace(
        "<md:IDPSSODescriptor ",
        "<md:IDPSSODescriptor validUntil=\"2026-04-01T09:30:00Z\" ",
    );
    assert_eq!(code(read(&role)), "saml.metadata.expired");
}

fn group(attributes: &str, content: &str) -> String {
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" {attributes}>\
         {content}</md:EntitiesDescriptor>"
    )
}

#[test]
fn a_group_of_entities() {
    let idp = without_signature(&idp().to_xml(&KEYS.p256, &mut random).unwrap());
    let sp = without_signature(&sp().to_xml(&KEYS.p256, &mut random).unwrap());
    let entities = read(&group("", &format!("{idp}{}", group("", &sp)))).unwrap();
    let ids: Vec<_> = entities.iter().map(|entity| entity.entity_id.as_str()).collect();
    assert_eq!(ids, [IDP, SP]);

    // The group's end is the end of all that is in it.
    let ended = group("validUntil=\"2026-04-01T09:30:00Z\"", &idp);
    assert_eq!(code(read(&ended)), "saml.metadata.expired");

    let again = idp.replace(" ID=\"_", " ID=\"_again");
    assert_eq!(code(read(&group("", &format!("{idp}{again}")))), "saml.metadata.twice");
}

#[test]
fn an_identity_provider_without_a_key_is_none() {
    let xml = idp().to_xml(&KEYS.p256, &mut random).unwrap();
    let encryption_only = xml.replace("use=\"signing\"", "use=\"encryption\"");
    assert_eq!(code(read(&encryption_only)), "saml.metadata.no-signing-key");
    let mut keyless = idp();
    keyless.signing.clear();
    let xml = keyless.to_xml(&KEYS.p256, &mut random).unwrap();
    assert_eq!(code(read(&xml)), "saml.metadata.no-signing-key");
    let mut many = idp();
    many.signing = vec![KEYS.p256.certificate().clone(); 17];
    let xml = many.to_xml(&KEYS.p256, &mut random).unwrap();
    assert_eq!(code(read(&xml)), "saml.metadata.too-many-keys");
}

#[test]
fn small_keys_do_not_count() {
    let small = certificate_der(1024);
    let xml = idp().to_xml(&KEYS.p256, &mut random).unwrap();
    let mut replaced = xml.clone();
    for key in KEYS.certificates() {
        replaced = replaced.replace(key.base64(), &small);
    }
    assert_eq!(code(read(&replaced)), "saml.metadata.no-signing-key");
}

fn certificate_der(bits: u32) -> String {
    let der = self_signed(&rsa_key(bits)).to_der().unwrap();
    data_encoding::BASE64.encode(&der)
}

#[test]
fn a_handwritten_service_provider_of_mod_auth_mellon() {
    let certificate = KEYS.rsa.certificate().base64();
    let lines: Vec<_> = certificate.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let wrapped = lines.join("\n      ");
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"http://127.0.0.1/mellon/metadata\">\n \
         <SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n  \
         <KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n      {wrapped}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>\n  \
         <SingleLogoutService Binding=\"{BINDING_REDIRECT}\" Location=\"http://127.0.0.1/mellon/logout\"/>\n  \
         <AssertionConsumerService index=\"0\" isDefault=\"true\" Binding=\"{BINDING_POST}\" \
         Location=\"http://127.0.0.1/mellon/postResponse\"/>\n </SPSSODescriptor>\n</EntityDescriptor>\n"
    );
    let role = parse(xml.as_bytes(), &lenient(), now()).unwrap().remove(0).sp.unwrap();
    assert_eq!(role.signing, [KEYS.rsa.certificate().clone()]);
    assert!(role.want_assertions_signed);
    assert!(role.encryption_key().is_none());
    assert!(role.slo_at(BINDING_REDIRECT).is_some());
}

/// Our service provider with this under its role's extensions, under its own, and behind its keys.
fn described(ui: &str, own: &str, formats: &str) -> String {
    let xml = without_signature(&sp().to_xml(&KEYS.p256, &mut random).unwrap());
    let end = xml.find("</mdui:UIInfo>").unwrap();
    let xml = [&xml[..end], ui, &xml[end..]].concat();
    let role = xml.find("<md:SPSSODescriptor").unwrap();
    let xml = [&xml[..role], "<md:Extensions>", own, "</md:Extensions>", &xml[role..]].concat();
    let acs = xml.find("<md:NameIDFormat>").unwrap();
    [&xml[..acs], formats, &xml[acs..]].concat()
}

#[test]
fn what_a_service_provider_says_to_people() {
    let xml = described(
        "<mdui:Description xml:lang=\"ja\">健康の記録</mdui:Description>\
         <mdui:InformationURL xml:lang=\"ja\">https://portal.example/about</mdui:InformationURL>\
         <mdui:PrivacyStatementURL xml:lang=\"ja\">javascript:alert(1)</mdui:PrivacyStatementURL>\
         <mdui:PrivacyStatementURL xml:lang=\"en\">https://portal.example/privacy\
         </mdui:PrivacyStatementURL>\
         <mdui:Logo width=\"8\" height=\"8\">http://portal.example/logo</mdui:Logo>\
         <mdui:Logo width=\"80\" height=\"60\">https://portal.example/logo</mdui:Logo>",
        "",
        "",
    );
    let role = read(&xml).unwrap().remove(0).sp.unwrap();
    assert_eq!(role.display_names, names());
    assert_eq!(role.descriptions[0].text, "健康の記録");
    assert_eq!(role.information_urls[0].text, "https://portal.example/about");
    let [privacy] = role.privacy_urls.as_slice() else { panic!("one address of a page") };
    assert_eq!((&*privacy.language, &*privacy.text), ("en", "https://portal.example/privacy"));
    let logo = Logo { url: "https://portal.example/logo".to_owned(), width: 80, height: 60 };
    assert_eq!(role.logo, Some(logo));
}

#[test]
fn a_picture_in_a_logo_is_bounded() {
    let logo = |letters: usize| {
        let data = "A".repeat(letters);
        let logo =
            format!("<mdui:Logo width=\"1\" height=\"1\">data:image/png;base64,{data}</mdui:Logo>");
        read(&described(&logo, "", "")).unwrap().remove(0).sp.unwrap().logo
    };
    assert!(logo(1024).is_some());
    assert!(logo(64 * 1024).is_none());
}

#[test]
fn which_names_a_service_provider_takes() {
    let xml = described("", "", &format!("<md:NameIDFormat>{NAMEID_PERSISTENT}</md:NameIDFormat>"));
    let role = read(&xml).unwrap().remove(0).sp.unwrap();
    assert_eq!(role.name_id_formats, [NAMEID_PERSISTENT, NAMEID_TRANSIENT]);
    let xml = idp().to_xml(&KEYS.p256, &mut random).unwrap();
    let formats = [NAMEID_TRANSIENT, NAMEID_PERSISTENT]
        .map(|format| format!("<md:NameIDFormat>{format}</md:NameIDFormat>"));
    assert!(xml.contains(&formats.concat()), "{xml}");
}

#[test]
fn which_subject_identifier_a_service_provider_needs() {
    let need = |value: &str| {
        let own = format!(
            "<mdattr:EntityAttributes xmlns:mdattr=\"urn:oasis:names:tc:SAML:metadata:attribute\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:Attribute \
             Name=\"urn:oasis:names:tc:SAML:profiles:subject-id:req\"><saml:AttributeValue>{value}\
             </saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes>"
        );
        read(&described("", &own, "")).unwrap().remove(0).sp.unwrap().subject_id_requirement
    };
    assert_eq!(need("pairwise-id"), SubjectIdRequirement::PairwiseId);
    assert_eq!(need("subject-id"), SubjectIdRequirement::SubjectId);
    assert_eq!(need("any"), SubjectIdRequirement::Any);
    assert_eq!(need("none"), SubjectIdRequirement::None);
    assert_eq!(need("mail"), SubjectIdRequirement::None);
}

#[test]
fn how_long_a_copy_may_be_used() {
    let sp = without_signature(&sp().to_xml(&KEYS.p256, &mut random).unwrap());
    let cached = |duration: &str| format!(" cacheDuration=\"{duration}\" entityID=");
    let six = sp.replace(" entityID=", &cached("PT6H"));
    assert_eq!(read(&sp).unwrap()[0].cache_duration, None);
    assert_eq!(read(&six).unwrap()[0].cache_duration, Some(SignedDuration::from_hours(6)));
    let within = |duration: &str| {
        let xml = group(&format!("cacheDuration=\"{duration}\""), &six);
        read(&xml).unwrap()[0].cache_duration.unwrap().as_hours()
    };
    assert_eq!((within("PT1H"), within("P1D")), (1, 6));
    assert_eq!(code(read(&sp.replace(" entityID=", &cached("soon")))), "saml.metadata.shape");
}

#[test]
fn one_wrong_member_does_not_spoil_a_federation() {
    let good = without_signature(&sp().to_xml(&KEYS.p256, &mut random).unwrap());
    let mut keyless = idp();
    keyless.signing.clear();
    let keyless = without_signature(&keyless.to_xml(&KEYS.p256, &mut random).unwrap());
    let xml = group("", &[keyless, good].concat());
    let found = parse_aggregate(xml.as_bytes(), &policy(&[]), now()).unwrap();
    assert_eq!(found.entities[0].entity_id, SP);
    let [(entity_id, why)] = found.refused.as_slice() else { panic!("one is wrong") };
    assert_eq!((entity_id.as_str(), why.code()), (IDP, "saml.metadata.no-signing-key"));
    assert_eq!(code(read(&xml)), "saml.metadata.no-signing-key");
}

fn lenient() -> MetadataPolicy<'static> {
    MetadataPolicy { require_valid_until: false, ..policy(&[]) }
}

#[test]
fn what_the_shibboleth_service_provider_says_of_itself() {
    let xml = include_str!("tests/shibboleth-sp.xml");
    let entity = parse(xml.as_bytes(), &lenient(), now()).unwrap().remove(0);
    assert_eq!(entity.entity_id, "https://sp.example/shibboleth");
    let role = entity.sp.unwrap();
    assert_eq!((role.signing.len(), role.encryption.len()), (1, 1));
    assert!(role.encryption_key().is_some() && role.authn_requests_signed);
    // It says for the whole entity what it can verify.
    assert_eq!(role.signing_methods[2], SignatureAlgorithm::EcdsaSha256);
    assert_eq!(role.signing_methods.len(), 6);
    let default = role.resolve_acs(&AcsChoice::Default).unwrap();
    assert!(default.location.ends_with("/SAML2/POST"));
    assert!(role.slo_at(BINDING_SOAP).is_some() && role.slo_at(BINDING_REDIRECT).is_some());
}

#[test]
fn what_mod_auth_mellon_says_of_itself() {
    let xml = include_str!("tests/mod-auth-mellon.xml");
    let role = parse(xml.as_bytes(), &lenient(), now()).unwrap().remove(0).sp.unwrap();
    assert!(role.authn_requests_signed && role.want_assertions_signed);
    assert_eq!(role.signing.len(), 1);
    assert!(role.encryption_key().is_some());
    assert_eq!(role.name_id_formats, [NAMEID_TRANSIENT]);
    assert!(role.slo_at(BINDING_REDIRECT).is_some());
    assert!(role.resolve_acs(&AcsChoice::Default).unwrap().location.ends_with("/postResponse"));
}

#[test]
fn what_a_role_says_of_algorithms_goes_before_what_the_entity_says() {
    let method = "<alg:SigningMethod xmlns:alg=\"urn:oasis:names:tc:SAML:metadata:algsupport\" \
        Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512\"/>";
    let role = read(&described("", method, "")).unwrap().remove(0).sp.unwrap();
    assert_eq!(role.signing_methods, sp().signing_methods);
}

#[test]
fn other_protocols_are_no_role() {
    let xml = sp().to_xml(&KEYS.p256, &mut random).unwrap();
    let old = xml.replace("SAML:2.0:protocol\">", "SAML:1.1:protocol\">");
    assert_ne!(old, xml);
    assert_eq!(read(&old).unwrap()[0].sp, None);
}

#[test]
fn an_entity_has_a_name() {
    let xml = sp().to_xml(&KEYS.p256, &mut random).unwrap();
    let name = format!("entityID=\"{SP}\"");
    assert_eq!(code(read(&xml.replace(&name, ""))), "saml.metadata.shape");
    assert_eq!(code(read(&xml.replace(&name, "entityID=\"\""))), "saml.metadata.shape");
}

#[test]
fn regular_expressions_are_no_scopes() {
    let xml = idp().to_xml(&KEYS.p256, &mut random).unwrap();
    let expression = xml.replace("regexp=\"false\"", "regexp=\"true\"");
    assert!(read(&expression).unwrap()[0].idp.as_ref().unwrap().scopes.is_empty());
}

#[test]
fn our_metadata_says_nothing_that_xml_cannot_carry() {
    let mut broken = idp();
    broken.entity_id = "urn:\u{0}".to_owned();
    let signer: &dyn XmlSigner = &KEYS.p256;
    assert_eq!(broken.to_xml(signer, &mut random).unwrap_err().code(), "saml.write.character");
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(parse(&bytes, &policy(&[]), now()).is_err());
    }
}
