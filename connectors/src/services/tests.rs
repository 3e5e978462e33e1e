//! Signed manifests: by whom, unaltered, of whom.

use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use warifu_pki::{FileKey, KeyAlgorithm};

use super::*;
use crate::demo::services::Organisation;

fn key() -> FileKey {
    FileKey::generate(KeyAlgorithm::P256).unwrap()
}

fn city() -> ServiceManifest {
    read(Organisation::named("city").unwrap().manifest).unwrap()
}

#[test]
fn what_the_key_of_the_configuration_signed_is_believed_and_nothing_else() {
    let (own, next, foreign) = (key(), key(), key());
    let known = [own.public_key().clone(), next.public_key().clone()];
    let verifier = ManifestVerifier::new("city", &known).unwrap();
    for key in [&own, &next] {
        assert_eq!(verifier.verify(&sign(&city(), key).unwrap()).unwrap(), city());
    }
    let code = |text: &str| verifier.verify(text).unwrap_err().code();
    let signed = sign(&city(), &own).unwrap();
    assert_eq!(code(&sign(&city(), &foreign).unwrap()), "manifest.signature");
    let other = ServiceManifest { connector: "school".into(), ..city() };
    assert_eq!(code(&sign(&other, &own).unwrap()), "manifest.connector");
    let altered = ServiceManifest { version: 99, ..city() };
    let payload = BASE64URL_NOPAD.encode(&serde_json::to_vec(&altered).unwrap());
    let parts: Vec<&str> = signed.split('.').collect();
    assert_eq!(code(&format!("{}.{payload}.{}", parts[0], parts[2])), "manifest.signature");
    let bare = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"service-manifest+jwt"}"#);
    assert_eq!(code(&format!("{bare}.{payload}.")), "manifest.signature");
    assert_eq!(code(&"a".repeat(LARGEST_MANIFEST + 1)), "manifest.large");
}

#[test]
fn a_gateway_takes_its_own_sound_manifest_and_keeps_it_when_the_next_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.jws");
    std::fs::write(&path, sign(&city(), &key()).unwrap()).unwrap();
    assert!(Published::open(path.clone(), "school").is_err());
    let published = Published::open(path.clone(), "city").unwrap();
    let version = city().version;
    let next = ServiceManifest { version: version + 1, ..city() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let signed = sign(&next, &key()).unwrap() + "\n";
    for (text, believed) in [("no manifest".to_owned(), version), (signed, version + 1)] {
        std::fs::write(&path, &text).unwrap();
        runtime.block_on(published.text());
        assert_eq!(published.look(|manifest| manifest.version), believed);
    }
}

proptest! {
    #[test]
    fn no_text_is_believed_and_none_panics(text in ".{0,200}", cut in 0_usize..400) {
        let own = key();
        let verifier = ManifestVerifier::new("city", &[own.public_key().clone()]).unwrap();
        prop_assert!(verifier.verify(&text).is_err());
        let _ = read(&text);
        let _ = danger_unverified(&text, "city");
        let mut signed = sign(&city(), &own).unwrap();
        signed.truncate(cut);
        prop_assert!(verifier.verify(&signed).is_err());
    }
}
