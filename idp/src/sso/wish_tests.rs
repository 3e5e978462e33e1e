//! The particulars of a request, each as the standard says.

use warifu_saml::names::{
    ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_SUBJECT_ID, NAMEID_PERSISTENT,
    NAMEID_TRANSIENT, NAMEID_UNSPECIFIED,
};
use warifu_saml::{AcsChoice, AuthnRequest, Login, NameId, NameIdPolicy, RequestedSubject, Status};

use super::tests::{declined, refused, signed_in};
use crate::config::{AttributeName, EncryptionChoice, NameIdChoice, ServiceProviderConfig};
use crate::testing::{Rig, Tab, redirect_signed};

const IDP: &str = "https://idp.example/saml/metadata";

async fn status(rig: &Rig, request: AuthnRequest) -> Status {
    let page = rig.tab().get(&rig.portal.redirect(&request)).await;
    declined(rig, &page, &request)
}

/// The answer from the session of that browser.
async fn told(tab: &mut Tab<'_>, rig: &Rig, request: AuthnRequest) -> Login {
    let page = tab.get(&rig.portal.redirect(&request)).await;
    rig.login(&page, &request)
}

fn named(rig: &Rig, format: Option<&str>, sp: Option<&str>, allow_create: bool) -> AuthnRequest {
    let own = |text: &str| text.to_owned();
    let name_id_policy =
        NameIdPolicy { format: format.map(own), sp_name_qualifier: sp.map(own), allow_create };
    AuthnRequest { name_id_policy, ..rig.portal.request(rig.now()) }
}

fn about(rig: &Rig, name: NameId) -> AuthnRequest {
    let subject = Some(RequestedSubject { name_id: Some(name), is_confirmed: false });
    AuthnRequest { subject, ..rig.portal.request(rig.now()) }
}

fn lasting(provider: &mut ServiceProviderConfig) {
    provider.name_id = NameIdChoice::Persistent;
}

#[tokio::test]
async fn answers_go_by_post_and_an_index_names_an_address_of_the_metadata() {
    let rig = Rig::new().await;
    let artifact = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact".to_owned();
    let by_artifact =
        AuthnRequest { protocol_binding: Some(artifact), ..rig.portal.request(rig.now()) };
    assert_eq!(status(&rig, by_artifact).await, Status::UnsupportedBinding);

    let at = |index| AuthnRequest { acs: AcsChoice::Index(index), ..rig.portal.request(rig.now()) };
    let metadata = std::fs::read_to_string(rig.folder.path().join("portal.xml")).unwrap();
    let (_, after) = metadata.split_once(" index=\"").unwrap();
    let index: u16 = after.split('"').next().unwrap().parse().unwrap();
    let mut tab = signed_in(&rig).await;
    told(&mut tab, &rig, at(index)).await;
    refused(&rig, &rig.portal.redirect(&at(index + 7)), "sso.acs").await;
}

#[tokio::test]
async fn whoever_trusts_others_only_is_told_so() {
    let rig = Rig::new().await;
    let of = |idps: &[&str]| AuthnRequest {
        idp_list: idps.iter().map(|&idp| idp.to_owned()).collect(),
        ..rig.portal.request(rig.now())
    };
    assert_eq!(status(&rig, of(&["https://other.example"])).await, Status::NoSupportedIdp);
    let mut tab = signed_in(&rig).await;
    told(&mut tab, &rig, of(&["https://other.example", IDP])).await;
}

#[tokio::test]
async fn what_an_asker_would_like_to_be_told_changes_nothing() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    let request = rig.portal.request(rig.now());
    let xml = request.to_xml().unwrap();
    let with = xml.replacen(" ID=", " AttributeConsumingServiceIndex=\"3\" ID=", 1);
    assert_eq!(AuthnRequest::parse(with.as_bytes()).unwrap(), request);
    let login = told(&mut tab, &rig, request).await;
    assert!(login.value(ATTRIBUTE_DISPLAY_NAME).is_some());
}

#[tokio::test]
async fn a_name_that_lasts_needs_a_registration() {
    let rig = Rig::new().await;
    let persistent = named(&rig, Some(NAMEID_PERSISTENT), None, true);
    assert_eq!(status(&rig, persistent).await, Status::InvalidNameIdPolicy);
    let mut tab = signed_in(&rig).await;
    for format in [None, Some(NAMEID_UNSPECIFIED), Some(NAMEID_TRANSIENT)] {
        let login = told(&mut tab, &rig, named(&rig, format, None, false)).await;
        assert_eq!(login.name_id.unwrap().format.as_deref(), Some(NAMEID_TRANSIENT));
    }
}

#[tokio::test]
async fn a_name_that_lasts_is_the_same_at_every_sign_in_and_this_providers_alone() {
    let rig = Rig::registered(lasting, &[]).await;
    let mut names = Vec::new();
    for allow_create in [true, false] {
        let mut tab = signed_in(&rig).await;
        let request = named(&rig, Some(NAMEID_PERSISTENT), None, allow_create);
        let login = told(&mut tab, &rig, request).await;
        let pairwise = login.value(ATTRIBUTE_PAIRWISE_ID).unwrap().to_owned();
        let name = login.name_id.unwrap();
        assert_eq!(name.name_qualifier.as_deref(), Some(IDP));
        assert_eq!(name.sp_name_qualifier.as_ref(), Some(&rig.portal.entity_id));
        assert!(!pairwise.starts_with(&name.value) && name.value.len() <= 256);
        names.push(name.value);
    }
    assert_eq!(names[0], names[1]);
    let other = rig.centre().keys.pairwise.lasting_name("https://other.example", &rig.resident);
    assert_ne!(names[0], other);
}

#[tokio::test]
async fn where_nothing_is_asked_registration_and_metadata_decide() {
    let format = |one: &str| format!("<md:NameIDFormat>{one}</md:NameIDFormat>");
    let formats = |first: &str, second: &str| format!("{}{}", format(first), format(second));
    let usual = format(NAMEID_TRANSIENT);
    let mail = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    for (described, expected) in [
        (String::new(), NAMEID_PERSISTENT),
        (formats(mail, NAMEID_TRANSIENT), NAMEID_TRANSIENT),
        (formats(NAMEID_PERSISTENT, NAMEID_TRANSIENT), NAMEID_PERSISTENT),
    ] {
        let rig = Rig::registered(lasting, &[(&usual, &described)]).await;
        let mut tab = signed_in(&rig).await;
        let login = told(&mut tab, &rig, named(&rig, None, None, true)).await;
        assert_eq!(login.name_id.unwrap().format.as_deref(), Some(expected));
        let login = told(&mut tab, &rig, named(&rig, Some(NAMEID_TRANSIENT), None, true)).await;
        assert_eq!(login.name_id.unwrap().format.as_deref(), Some(NAMEID_TRANSIENT));
    }
}

#[tokio::test]
async fn a_name_is_given_in_the_askers_own_namespace_alone() {
    let rig = Rig::new().await;
    let other = named(&rig, None, Some("https://affiliation.example"), false);
    assert_eq!(status(&rig, other).await, Status::InvalidNameIdPolicy);
    let mut tab = signed_in(&rig).await;
    told(&mut tab, &rig, named(&rig, None, Some(&rig.portal.entity_id), false)).await;
}

#[tokio::test]
async fn who_asks_about_somebody_gets_them_or_nobody() {
    let rig = Rig::registered(lasting, &[]).await;
    let mut tab = signed_in(&rig).await;
    let lasting = named(&rig, Some(NAMEID_PERSISTENT), None, false);
    let lasting = told(&mut tab, &rig, lasting).await.name_id.unwrap();
    let transient = named(&rig, Some(NAMEID_TRANSIENT), None, false);
    let transient = told(&mut tab, &rig, transient).await.name_id.unwrap();
    for name in [lasting.clone(), transient] {
        told(&mut tab, &rig, about(&rig, name)).await;
    }
    let request = about(&rig, NameId::transient("_stranger"));
    let page = tab.get(&rig.portal.redirect(&request)).await;
    assert_eq!(declined(&rig, &page, &request), Status::UnknownPrincipal);

    let request = about(&rig, lasting);
    let page = rig.tab().sign_in(&request, &rig.card).await;
    rig.login(&page, &request);
    let staff = rig.staff().await;
    let request = AuthnRequest { id: format!("{}x", request.id), ..request };
    let page = rig.tab().sign_in(&request, &staff).await;
    assert_eq!(declined(&rig, &page, &request), Status::UnknownPrincipal, "another person's name");
}

#[tokio::test]
async fn how_an_assertion_is_confirmed_is_not_for_the_asker_to_say() {
    let rig = Rig::new().await;
    let provider = rig.centre().providers();
    let provider = provider.find(&rig.portal.entity_id).unwrap();
    let of = |name_id, is_confirmed| AuthnRequest {
        subject: Some(RequestedSubject { name_id, is_confirmed }),
        ..rig.portal.request(rig.now())
    };
    let name = Some(NameId::transient("_name"));
    let read = |request| super::wish::read(&request, provider, (IDP, false)).unwrap_err();
    assert_eq!(read(of(name, true)), Status::Requester);
    assert_eq!(read(of(None, false)), Status::UnknownPrincipal, "an encrypted name");
}

/// What an entity says about the identifier that it needs.
fn needs(identifier: &str) -> String {
    format!(
        "<md:Extensions><mdattr:EntityAttributes \
         xmlns:mdattr=\"urn:oasis:names:tc:SAML:metadata:attribute\">\
         <saml:Attribute xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         Name=\"urn:oasis:names:tc:SAML:profiles:subject-id:req\" \
         NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">\
         <saml:AttributeValue>{identifier}</saml:AttributeValue></saml:Attribute>\
         </mdattr:EntityAttributes></md:Extensions><md:SPSSODescriptor "
    )
}

#[tokio::test]
async fn the_identifier_that_is_the_same_everywhere_needs_registration_and_metadata() {
    let both = |provider: &mut ServiceProviderConfig| {
        provider.attributes = vec![AttributeName::PairwiseId, AttributeName::SubjectId];
    };
    let pairwise = |provider: &mut ServiceProviderConfig| {
        provider.attributes = vec![AttributeName::PairwiseId];
    };
    for (registered, needed, same_for_all) in [
        (true, Some("subject-id"), true),
        (true, Some("any"), false),
        (true, Some("pairwise-id"), false),
        (true, None, false),
        (false, Some("subject-id"), false),
    ] {
        let described = needed.map(needs);
        let changes: Vec<_> =
            described.iter().map(|to| ("<md:SPSSODescriptor ", to.as_str())).collect();
        let rig = if registered {
            Rig::registered(both, &changes).await
        } else {
            Rig::registered(pairwise, &changes).await
        };
        let mut tab = signed_in(&rig).await;
        let login = told(&mut tab, &rig, rig.portal.request(rig.now())).await;
        let (subject, pairwise) =
            (login.value(ATTRIBUTE_SUBJECT_ID), login.value(ATTRIBUTE_PAIRWISE_ID));
        assert_eq!((subject.is_some(), pairwise.is_some()), (same_for_all, !same_for_all));
        let told = subject.or(pairwise).unwrap();
        assert!(told.len() == 44 && told.ends_with("@idp.example"), "{told}");
    }
}

#[tokio::test]
async fn an_assertion_is_readable_only_where_the_registration_says_so() {
    for (choice, readable) in [
        (EncryptionChoice::Required, false),
        (EncryptionChoice::IfPossible, false),
        (EncryptionChoice::Never, true),
    ] {
        let rig = Rig::registered(|provider| provider.encryption = choice, &[]).await;
        let mut tab = signed_in(&rig).await;
        let request = rig.portal.request(rig.now());
        let page = tab.get(&rig.portal.redirect(&request)).await;
        assert_eq!(rig.response(&page).contains("上野太郎"), readable, "{choice:?}");
    }
}

#[tokio::test]
async fn an_unsigned_request_of_who_signs_is_no_way_around() {
    let rig = Rig::new().await;
    let request = named(&rig, Some(NAMEID_TRANSIENT), None, true);
    refused(&rig, &redirect_signed(&request, None), "sso.signature").await;
}
