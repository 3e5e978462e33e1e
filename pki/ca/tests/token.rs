//! An authority whose keys, the root's and its own, are in a PKCS#11 token (SoftHSM2) from the
//! ceremony on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::SignedDuration;
use warifu_ca::{Branch, Ca, CaConfig, Ceremony, CertificateOrder, Owner, init, root_crl};
use warifu_pki::{FileKey, KeyAlgorithm, KeySource, Profile, Reason, Subject, TokenKey};
use warifu_service::Surroundings;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// SoftHSM2 reads its configuration once from the environment, so the test runs itself again in a
/// process of its own.
const FOLDER: &str = "WARIFU_TEST_TOKEN_FOLDER";

#[test]
fn keys_in_a_token_sign_everything() {
    if let Some(folder) = env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(live(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "keys_in_a_token_sign_everything", "--nocapture"])
        .env("SOFTHSM2_CONF", make_token(folder.path()))
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn make_token(folder: &Path) -> PathBuf {
    let configuration = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).unwrap();
    std::fs::write(folder.join("pin"), "123456\n").unwrap();
    let arguments = "--init-token --free --label warifu --pin 123456 --so-pin 654321";
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &configuration)
        .args(arguments.split(' '))
        .status()
        .expect("the package softhsm2 is needed");
    assert!(made.success());
    configuration
}

fn in_token(folder: &Path, key: &str) -> KeySource {
    KeySource::Token(TokenKey {
        module: MODULE.into(),
        token: "warifu".into(),
        key: key.into(),
        pin_file: folder.join("pin"),
    })
}

async fn live(folder: &Path) {
    let mut ceremony = Ceremony::new("Warifu test", "http://localhost:8446");
    ceremony.root.key = in_token(folder, "root");
    ceremony.cards.key = Some(in_token(folder, "cards-1"));
    let surroundings = Surroundings::system();
    let report = init(&folder.join("ca"), &ceremony, &surroundings).unwrap();
    assert!(report.text.contains("pkcs11:token=warifu;object=cards-1"), "{}", report.text);
    let again = init(&folder.join("other"), &ceremony, &surroundings);
    assert!(again.is_err(), "a key is never made twice");

    let text = format!(
        "folder = '{0}/ca'\n[listen]\naddress = '127.0.0.1:0'\n\
         [database]\nurl = 'sqlite:{0}/ca.db'",
        folder.display()
    );
    let config: CaConfig = toml::from_str(&text).unwrap();
    let ca = Ca::open(config, surroundings.clone()).await.unwrap();
    issue_and_revoke(&ca).await;
    let number = root_crl(&folder.join("ca"), &ceremony.root.key, &surroundings).unwrap();
    assert_eq!(number, 2);
    let verify = "verify -x509_strict -CAfile ca.pem cards-1.pem";
    let verified = Command::new("openssl")
        .current_dir(folder.join("ca"))
        .args(verify.split(' '))
        .status()
        .unwrap();
    assert!(verified.success());
    assert_eq!(ca.issuers().len(), Branch::ALL.len());
}

async fn issue_and_revoke(ca: &Ca) {
    let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let subject = Subject::named("0123456789abcdef0123456789abcdef");
    let order = CertificateOrder {
        profile: &Profile::CARD_AUTHENTICATION,
        subject: &subject,
        key: key.public_key(),
        owner: Owner::Card("4111111111111111"),
        lifetime: SignedDuration::from_hours(24),
        held: true,
    };
    let mut transaction = ca.begin().await.unwrap();
    let card = ca.certify(&mut transaction, &order).await.unwrap();
    transaction.commit().await.unwrap();
    let mut transaction = ca.begin().await.unwrap();
    ca.revoke(&mut transaction, "4111111111111111", Reason::Superseded).await.unwrap();
    transaction.commit().await.unwrap();
    ca.publish_if_due().await.unwrap();
    let owner = ca.owner_of_serial(&card.serial_hex()).await.unwrap();
    assert_eq!(owner.as_deref(), Some("4111111111111111"));
}
