//! A Response signed in a token, judged by a service provider. SoftHSM2 reads its configuration from
//! the environment once in a process, so the test runs itself again in a process of its own.

use std::path::Path;
use std::process::Command;

use warifu_pki::{KeyAlgorithm, KeySource, PublicKey, TokenKey};
use warifu_saml::names::ATTRIBUTE_DISPLAY_NAME;

use crate::config::SigningKeyConfig;
use crate::testing::Rig;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const FOLDER: &str = "WARIFU_TEST_TOKEN_FOLDER";
const NAME: &str = "keys::saml::tests::keys_in_a_token_sign_for_saml_and_for_tickets";

fn make_token(folder: &Path) {
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(folder.join("softhsm2.conf"), text).unwrap();
    std::fs::write(folder.join("pin"), "123456\n").unwrap();
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", folder.join("softhsm2.conf"))
        .args(["--init-token", "--free", "--label", "idp", "--pin", "123456", "--so-pin", "654321"])
        .output()
        .expect("the package softhsm2 is needed");
    assert!(made.status.success(), "{made:?}");
}

fn in_token(folder: &Path, key: &str) -> KeySource {
    KeySource::Token(TokenKey {
        module: MODULE.into(),
        token: "idp".into(),
        key: key.into(),
        pin_file: folder.join("pin"),
    })
}

/// A SAML key made in the token, with its certificate.
fn saml(
    folder: &Path,
    pki: &crate::testing::Pki,
    name: &str,
    kind: KeyAlgorithm,
) -> SigningKeyConfig {
    let key = in_token(folder, name);
    let made = key.generate(kind).unwrap();
    let public = PublicKey::from_der(made.public_key_der()).unwrap();
    let certificate = folder.join(format!("{name}.crt"));
    std::fs::write(&certificate, pki.party("idp", &["idp.example"], &public).pem()).unwrap();
    SigningKeyConfig { key, certificate, announced: Vec::new() }
}

#[test]
fn keys_in_a_token_sign_for_saml_and_for_tickets() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(sign_in_with_token(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    make_token(folder.path());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env("SOFTHSM2_CONF", folder.path().join("softhsm2.conf"))
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn sign_in_with_token(folder: &Path) {
    let rig = Rig::with(|config, pki| {
        config.keys.saml_p256 = saml(folder, pki, "saml-p256", KeyAlgorithm::P256);
        config.keys.saml_rsa = saml(folder, pki, "saml-rsa", KeyAlgorithm::Rsa3072);
        for (source, name) in [
            (&mut config.keys.ticket, "ticket"),
            (&mut config.keys.agent_request, "agent-request"),
            (&mut config.keys.events, "events"),
        ] {
            *source = in_token(folder, name);
            source.generate(KeyAlgorithm::P256).unwrap();
        }
    })
    .await;
    let request = rig.portal.request(rig.now());
    let page = rig.tab().sign_in(&request, &rig.card).await;
    let login = rig.login(&page, &request);
    assert_eq!(login.value(ATTRIBUTE_DISPLAY_NAME), Some("上野太郎"));
    let ticket = login.value("urn:warifu:attribute:relay-ticket").unwrap();
    assert_eq!(rig.open_ticket(ticket).sub, rig.idp.relay_subject(&rig.resident));
    let metadata = rig.tab().get("/saml/metadata").await.body;
    assert_eq!(crate::testing::read_idp(&metadata, rig.now()), rig.idp_metadata());
}
