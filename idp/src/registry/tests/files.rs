//! Providers whose metadata stands in files.

use super::{Bed, week};
use crate::config::{AttributeName, EncryptionChoice, MetadataSource, SigningChoice};
use crate::registry::State;
use crate::store::tests::sqlite;
use crate::testing::{Rig, days};
use jiff::Timestamp;
use warifu_service::words::Language;

/// A bed with one provider in a file.
async fn with_file(
    host: &str,
    until: impl Fn(&Bed) -> Timestamp,
) -> (Bed, crate::testing::Provider) {
    let mut bed = Bed::new().await;
    let provider = bed.provider(host);
    let text = provider.metadata(until(&bed));
    let path = bed.file(&format!("{host}.xml"), &text);
    bed.add(MetadataSource::File(path)).attributes = vec![AttributeName::DisplayName];
    (bed, provider)
}

#[tokio::test]
async fn a_provider_is_known_by_its_metadata() {
    let (bed, _) = with_file("portal.example", |bed| bed.now() + days(7)).await;
    let registry = bed.open(&sqlite().await.store).await;
    let all = registry.picture().providers.clone();
    let provider = all.find("https://portal.example/saml/metadata").unwrap();
    assert_eq!(provider.name(Language::Ja), "割符ポータル");
    assert_eq!(provider.name(Language::En), "Warifu portal");
    assert_eq!(provider.origin().unwrap().as_str(), "https://portal.example");
    assert_eq!(provider.logout_address(), Some("https://portal.example/saml/slo"));
    assert_eq!(provider.signing, SigningChoice::P256, "its metadata asks for ECDSA");
    assert!(provider.may_know(AttributeName::DisplayName));
    assert!(!provider.may_know(AttributeName::PairwiseId), "told more than configured");
    assert!(provider.is_current(bed.now()) && !provider.is_current(bed.now() + days(7)));
    assert!(all.find("https://other.example").is_none());
}

#[tokio::test]
async fn one_bad_source_takes_no_other_down() {
    let (mut bed, good) = with_file("portal.example", |bed| bed.now() + days(7)).await;
    let rubbish = bed.file("rubbish.xml", "<a/>");
    let fine = bed.provider("fine.example");
    let fine = bed.file("fine.xml", &week(&bed, &fine));
    bed.add(MetadataSource::File("/nowhere.xml".into()));
    bed.add(MetadataSource::File(rubbish));
    bed.add(MetadataSource::Url { url: "ftp://sp.example".into(), refresh_seconds: 60 });
    bed.add(MetadataSource::Entity { entity: "https://nobody.example".into() });
    bed.add(MetadataSource::File(fine.clone())).metadata_signer = Some("/nowhere.crt".into());
    bed.add(MetadataSource::File(fine)).client_certificate = Some("/nowhere.crt".into());
    let registry = bed.open(&sqlite().await.store).await;
    assert!(registry.serves(&good));
    let faults: Vec<_> = registry.picture().standings[1..]
        .iter()
        .map(|standing| standing.provider.as_ref().err().unwrap().code())
        .collect();
    let expected = [
        "provider.unreachable",
        "provider.unreadable",
        "provider.address",
        "provider.not-in-aggregates",
        "provider.certificate",
        "provider.certificate",
    ];
    assert_eq!(faults, expected);
}

#[tokio::test]
async fn the_first_registration_of_an_entity_counts() {
    let (mut bed, provider) = with_file("portal.example", |bed| bed.now() + days(7)).await;
    let again = bed.file("again.xml", &week(&bed, &provider));
    bed.add(MetadataSource::File(again)).attributes = vec![AttributeName::Roles];
    let registry = bed.open(&sqlite().await.store).await;
    let all = registry.picture().providers.clone();
    assert!(all.find(&provider.entity_id).unwrap().may_know(AttributeName::DisplayName));
    assert_eq!(registry.state(1), State::NotBelieved);
    bed.config.service_providers[0].enabled = false;
    let registry = bed.open(&sqlite().await.store).await;
    assert!(!registry.serves(&provider), "the second is no way around the first");
    assert_eq!(registry.state(0), State::Disabled);
}

#[tokio::test]
async fn metadata_that_is_over_or_endless_is_not_believed() {
    for (ends_in, fault) in [(-1, "provider.expired"), (500, "provider.endless")] {
        let (bed, provider) = with_file("sp.example", |bed| bed.now() + days(ends_in)).await;
        let registry = bed.open(&sqlite().await.store).await;
        assert!(!registry.serves(&provider));
        assert_eq!(registry.fault(), fault);
    }
}

#[tokio::test]
async fn a_signer_once_named_must_have_signed() {
    let (mut bed, provider) = with_file("sp.example", |bed| bed.now() + days(7)).await;
    let stranger = bed.provider("stranger.example");
    bed.config.service_providers[0].metadata_signer = Some(bed.signer(&stranger));
    let registry = bed.open(&sqlite().await.store).await;
    assert_eq!((registry.fault(), registry.serves(&provider)), ("provider.signature", false));
    bed.config.service_providers[0].metadata_signer = Some(bed.signer(&provider));
    assert!(bed.open(&sqlite().await.store).await.serves(&provider));
}

#[tokio::test]
async fn without_a_key_the_policy_decides() {
    let (mut bed, provider) = with_file("sp.example", |bed| bed.now() + days(7)).await;
    let MetadataSource::File(path) = &bed.config.service_providers[0].metadata else { panic!() };
    let text = std::fs::read_to_string(path).unwrap();
    let encryption = text.find("<md:KeyDescriptor use=\"encryption\"").unwrap();
    let end = encryption + text[encryption..].find("</md:KeyDescriptor>").unwrap();
    let bare = text[..encryption].to_owned() + &text[end + "</md:KeyDescriptor>".len()..];
    std::fs::write(path, bare).unwrap();
    for (policy, fault) in [
        (EncryptionChoice::Required, "provider.no-encryption-key"),
        (EncryptionChoice::IfPossible, ""),
        (EncryptionChoice::Never, ""),
    ] {
        bed.config.service_providers[0].encryption = policy;
        let registry = bed.open(&sqlite().await.store).await;
        assert_eq!(registry.fault(), fault);
        let all = registry.picture().providers.clone();
        assert!(all.find(&provider.entity_id).is_none_or(|it| it.encrypt_to.is_none()));
    }
}

#[tokio::test]
async fn a_file_is_read_again_and_a_bad_one_leaves_what_was_read() {
    let (bed, provider) = with_file("sp.example", |bed| bed.now() + days(7)).await;
    let registry = bed.open(&sqlite().await.store).await;
    let path = bed.rig.folder.path().join("sp.example.xml");
    std::fs::write(&path, "<a/>").unwrap();
    registry.look_later(&bed.clock).await;
    assert!(registry.serves(&provider));
    assert_eq!((registry.state(0), registry.fault()), (State::Trouble, "provider.unreadable"));
    provider.write_metadata(&path, bed.now() + days(9));
    registry.look_later(&bed.clock).await;
    assert_eq!(registry.state(0), State::Good);
    bed.clock.advance(days(10));
    assert_eq!(registry.state(0), State::Expired);
}

#[tokio::test]
async fn readiness_tells_of_providers_that_are_not_believed() {
    let now = "2026-11-20T01:15:00Z".parse().unwrap();
    let rig = Rig::at_with(now, |config, _, _| {
        let nowhere = MetadataSource::File("/nowhere.xml".into());
        config.service_providers.push(crate::config::ServiceProviderConfig::of(nowhere));
    })
    .await;
    let ready = rig.tab().get("/readyz").await;
    assert_eq!(ready.status, axum::http::StatusCode::OK, "the others can be served");
    assert!(ready.body.contains("1 of 2 service providers"), "{}", ready.body);
    assert_eq!(Rig::new().await.tab().get("/readyz").await.body, "ready\n");
}
