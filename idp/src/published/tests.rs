//! The metadata as peers read it, also while keys are exchanged.

use warifu_pki::{FileKey, KeyAlgorithm};
use warifu_saml::names::BINDING_REDIRECT;
use warifu_saml::{Certificate, Entity, MetadataPolicy, metadata};

use crate::config::SigningChoice;
use crate::metadata_xml;
use crate::testing::{Answer, Rig, days, p256, read_idp, saml_key};

#[tokio::test]
async fn the_metadata_says_what_peers_need() {
    let rig = Rig::with(|config, _| config.contact.email = Some("desk@idp.example".into())).await;
    let entity = rig.idp_metadata();
    assert_eq!(entity.entity_id, "https://idp.example/saml/metadata");
    assert!(entity.valid_until.unwrap() > rig.now());
    assert_eq!(entity.cache_duration.unwrap().as_hours(), 6);
    let role = entity.idp.unwrap();
    assert_eq!(role.signing.len(), 2, "P-256 and RSA");
    let sso = role.sso_at(BINDING_REDIRECT).unwrap();
    assert_eq!(sso.location, "https://idp.example/saml/sso");
    let slo = role.slo_at(BINDING_REDIRECT).unwrap();
    assert_eq!(slo.location, "https://idp.example/saml/slo");
    assert_eq!(role.scopes, ["idp.example"]);
    assert_eq!(role.display_names.len(), 2);
    assert_eq!(role.error_url.unwrap(), "https://idp.example/");
    assert!(!role.want_authn_requests_signed);
    let xml = metadata_xml(&rig.config, &rig.surroundings).unwrap();
    for part in [
        "カードで、健康・医療・年金などのサービス",
        "<mdui:Logo height=\"64\" width=\"64\">https://idp.example/assets/mark.svg<",
        "https://idp.example/?lang=en<",
        "mailto:desk@idp.example",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
}

#[tokio::test]
async fn what_is_served_is_what_is_handed_out() {
    let rig = Rig::new().await;
    let served = rig.tab().get("/saml/metadata").await;
    let entity = read_idp(&served.body, rig.now());
    assert_eq!(entity, rig.idp_metadata());
    assert!(metadata_xml(&rig.config, &rig.surroundings).unwrap().contains("IDPSSODescriptor"));
}

#[tokio::test]
async fn the_public_keys_are_there_and_nothing_private() {
    let rig = Rig::new().await;
    let keys = rig.tab().get("/jwks.json").await.json();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 3);
    for key in keys {
        assert_eq!((&key["kty"], &key["use"]), (&"EC".into(), &"sig".into()));
        assert!(key.get("d").is_none());
    }
}

#[tokio::test]
async fn who_wants_signed_requests_says_so_and_takes_no_other() {
    let rig = Rig::with(|config, _| config.signed_requests_only = true).await;
    assert!(rig.idp_metadata().idp.unwrap().want_authn_requests_signed);
    let request = rig.portal.request(rig.now());
    let unsigned = crate::testing::redirect_signed(&request, None);
    let refused = rig.tab().get(&unsigned).await;
    assert!(refused.body.contains("sso.signature"), "{}", refused.body);
    assert!(rig.tab().get(&rig.portal.redirect(&request)).await.status.is_redirection());
}

/// A sign-in, and what the portal thinks of it that knows the identity provider by each of these.
async fn is_believed(rig: &Rig, known: &[&Entity]) -> bool {
    let request = rig.portal.request(rig.now());
    let page: Answer = rig.tab().sign_in(&request, &rig.card).await;
    known.iter().all(|idp| rig.consume_as(&page, idp, &request).is_ok())
}

/// Metadata that does not say which algorithms the provider takes, and so gets RSA; unsigned.
fn without_methods(text: &str) -> String {
    let cut = |text: &str, from: &str, to: &str| {
        let start = text.find(from).unwrap();
        let end = start + text[start..].find(to).unwrap() + to.len();
        [&text[..start], &text[end..]].concat()
    };
    let bare = cut(text, "<ds:Signature", "</ds:Signature>");
    cut(&bare, "<alg:SigningMethod", "</alg:SigningMethod>")
}

#[tokio::test]
async fn keys_are_exchanged_without_a_pause() {
    for choice in [SigningChoice::P256, SigningChoice::Rsa] {
        let mut rig = Rig::new().await;
        if choice == SigningChoice::Rsa {
            let path = rig.folder.path().join("portal.xml");
            let text = rig.portal.metadata(rig.now() + days(7));
            std::fs::write(path, without_methods(&text)).unwrap();
            rig.reopen().await;
            rig.look().await;
        }
        let before = rig.idp_metadata();
        let next = match choice {
            SigningChoice::P256 => saml_key(rig.folder.path(), &rig.pki, &p256()),
            SigningChoice::Rsa => saml_key(
                rig.folder.path(),
                &rig.pki,
                &FileKey::generate(KeyAlgorithm::Rsa3072).unwrap(),
            ),
        };

        // The next one is announced, and the peers read that in their own time.
        rig.saml(choice).announced = vec![next.certificate.clone()];
        rig.reopen().await;
        rig.look().await;
        let announced = rig.idp_metadata();
        assert_eq!(announced.idp.as_ref().unwrap().signing.len(), 3);
        assert!(is_believed(&rig, &[&before, &announced]).await);

        // It signs, and the last one is announced still.
        let last = std::mem::replace(rig.saml(choice), next).certificate;
        rig.saml(choice).announced = vec![last];
        rig.reopen().await;
        rig.look().await;
        let swapped = rig.idp_metadata();
        assert_eq!(swapped.idp.as_ref().unwrap().signing.len(), 3);
        assert!(is_believed(&rig, &[&announced, &swapped]).await);
        assert!(!is_believed(&rig, &[&before]).await, "who never read the announcement");

        // The last one is dropped.
        rig.saml(choice).announced.clear();
        rig.reopen().await;
        rig.look().await;
        let dropped = rig.idp_metadata();
        assert_eq!(dropped.idp.as_ref().unwrap().signing.len(), 2);
        assert!(is_believed(&rig, &[&announced, &swapped, &dropped]).await);
    }
}

#[tokio::test]
async fn the_metadata_may_have_a_key_of_its_own() {
    let mut rig = Rig::new().await;
    let own = saml_key(rig.folder.path(), &rig.pki, &p256());
    rig.config.keys.metadata = Some(own.clone());
    rig.reopen().await;
    let xml = rig.tab().get("/saml/metadata").await.body;
    let signer =
        |path: &std::path::Path| Certificate::from_pem(&std::fs::read(path).unwrap()).unwrap();
    let read = |trusted: &Certificate| {
        let policy = MetadataPolicy {
            trusted: std::slice::from_ref(trusted),
            require_valid_until: true,
            longest_validity: days(30),
        };
        metadata::parse(xml.as_bytes(), &policy, rig.now())
    };
    let [entity] = read(&signer(&own.certificate)).unwrap().try_into().unwrap();
    assert_eq!(entity.idp.unwrap().signing.len(), 2, "it signs no answers");
    assert!(read(&signer(&rig.config.keys.saml_p256.certificate)).is_err());
}
