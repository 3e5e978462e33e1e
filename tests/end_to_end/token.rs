//! The same with every key of the authorities in a PKCS#11 token (SoftHSM2), from the ceremony on:
//! a blank card in a real reader, to its holder's first sign-in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use toml::Value;
use warifu_card::piv::Slot;
use warifu_pki::Certificate;
use warifu_service::tls;

use crate::office::resident;
use crate::papers::{code_in, text_of};
use crate::private_stack::{isolated, reader};
use crate::rig::{FRONT, Rig};
use crate::walker::Walker;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// What the authority publishes.
const AUTHORITY: &str = "http://localhost:8446";
const NEW: &str = "takahashi-wataru";
const CHOSEN: &str = "482913";

#[test]
fn a_card_of_an_authority_in_a_token_signs_in() {
    isolated("token::a_card_of_an_authority_in_a_token_signs_in", || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.kill_demo();
            let home = rig.dir().parent().unwrap().to_owned();
            rig.set("SOFTHSM2_CONF", make_token(&home));
            ceremony(&rig, &home);
            with_new_authority(&rig);
            rig.start_demo();
            rig.register(&resident()).await;

            let id = order(&rig, &home);
            rig.lay_blank(NEW);
            let _card = rig.insert(NEW, FRONT);
            let begun = Instant::now();
            let card = rig.office(&["personalise", &id, "--reader", &reader(FRONT)]);
            println!("personalised with keys in a token in {:?}", begun.elapsed());
            assert_eq!(card["stage"], "personalised");
            let certificate = rig.certificate(NEW, Slot::Authentication);
            openssl_comes_to(&home, &certificate, "certificate revoked").await;

            let code = hand_over(&rig, &home, &id);
            activation(&rig, &code).await;
            Walker::new(&rig.dir()).with_pin(CHOSEN).sign_in().await;
            openssl_comes_to(&home, &certificate, "card.pem: OK").await;
        });
    });
}

fn make_token(folder: &Path) -> PathBuf {
    let configuration = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).unwrap();
    std::fs::write(folder.join("token-pin"), "123456\n").unwrap();
    let arguments = "--init-token --free --label warifu --pin 123456 --so-pin 654321";
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &configuration)
        .args(arguments.split(' '))
        .status()
        .expect("the package softhsm2 is needed");
    assert!(made.success());
    configuration
}

fn ceremony(rig: &Rig, home: &Path) {
    let mut text = format!("name = 'Warifu on a token'\nbase_url = '{AUTHORITY}'\n");
    for (authority, key) in
        [("root", "root"), ("cards", "cards-1"), ("services", "services-1"), ("staff", "staff-1")]
    {
        let pin = home.join("token-pin");
        writeln!(
            text,
            "[{authority}]\nkey = {{ pkcs11 = {{ module = '{MODULE}', token = 'warifu', \
             key = '{key}', pin_file = '{}' }} }}",
            pin.display()
        )
        .unwrap();
    }
    let (plan, folder) = (home.join("ceremony.toml"), home.join("authority"));
    std::fs::write(&plan, text).unwrap();
    let (plan, folder) = (plan.to_str().unwrap(), folder.to_str().unwrap());
    let report = rig.warifu(&["ca", "init", "--folder", folder, "--ceremony", plan]);
    assert!(report.contains("pkcs11:token=warifu;object=cards-1"), "{report}");
    assert!(!Path::new(folder).join("ca.key").exists(), "no key is in a file");
}

/// Has the office issue by the new authority, and the identity provider believe its cards.
fn with_new_authority(rig: &Rig) {
    let folder = rig.dir().with_file_name("authority");
    let file = |name: &str| Value::String(folder.join(name).to_str().unwrap().to_owned());
    edit(&rig.dir().join("ca/config.toml"), |config| {
        config["authority"]["folder"] = file("");
        config["authority"]["database"]["url"] =
            Value::String(format!("sqlite:{}", folder.join("ca.db").display()));
    });
    edit(&rig.dir().join("idp/config.toml"), |config| {
        config["cards"]["root"] = file("ca.pem");
        config["cards"]["issuers"][0]["certificates"] =
            Value::Array(["cards-ca.pem", "staff-ca.pem"].map(file).into());
    });
}

fn edit(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut config: Value = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(file, toml::to_string(&config).unwrap()).unwrap();
}

/// From the application to the order; the 受付番号.
fn order(rig: &Rig, home: &Path) -> String {
    let resident = resident();
    let text = format!(
        "channel = 'paper'\nconsent = true\n[applicant]\nname = '{}'\nkana = '{}'\n\
         address = '{}'\nbirth_date = '{}'\nsex = 'male'\n",
        resident.name.text, resident.name.kana, resident.address, resident.birth_date
    );
    let file = home.join("application.toml");
    std::fs::write(&file, text).unwrap();
    let card = rig.office(&["apply", file.to_str().unwrap()]);
    let id = card["id"].as_str().unwrap();
    assert_eq!(rig.office(&["prove", id])["stage"], "proved");
    assert_eq!(rig.office_as("approver", &["approve", id])["stage"], "ordered");
    id.to_owned()
}

/// From the letter to the resident's hands; the letter's code.
fn hand_over(rig: &Rig, home: &Path, id: &str) -> String {
    let letter = home.join("letter.pdf");
    let config = rig.dir().join("ca/config.toml");
    let office = ["card", "--config", config.to_str().unwrap(), "letter", id, "--out"];
    rig.warifu(&[office.as_slice(), &[letter.to_str().unwrap()]].concat());
    rig.office(&["send", id, "--tracking", "1234-5678-9012"]);
    assert_eq!(rig.office(&["deliver", id])["stage"], "delivered");
    code_in(&text_of(&letter))
}

/// Puts the card into use, as soon as the identity provider has heard of it.
async fn activation(rig: &Rig, code: &str) {
    let delivered = Instant::now();
    loop {
        match Walker::new(&rig.dir()).activate(code, CHOSEN).await {
            Ok(page) => break assert_eq!(page.status, 200, "{}", page.body),
            Err(refusal) => assert_eq!(refusal, "card.unknown"),
        }
        assert!(delivered.elapsed() < Duration::from_secs(5), "nobody has heard of the card");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    println!("in use {:?} after it was delivered", delivered.elapsed());
}

/// Waits until OpenSSL, with what the authority publishes, says this of the certificate: on hold
/// before it is in use, good after.
async fn openssl_comes_to(home: &Path, certificate: &Certificate, verdict: &str) {
    for _ in 0..25 {
        let said = openssl_says(home, certificate).await;
        if said.contains(verdict) {
            return;
        }
        assert!(said.contains("OK") || said.contains("certificate revoked"), "{said}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("OpenSSL does not come to say {verdict}");
}

async fn openssl_says(home: &Path, certificate: &Certificate) -> String {
    let client = tls::plain_client(Duration::from_secs(5)).unwrap();
    let mut lists = String::new();
    for name in ["root.crl", "cards-1-00.crl"] {
        let list = client.get(format!("{AUTHORITY}/crl/{name}")).send().await.unwrap();
        let list = openssl::x509::X509Crl::from_der(&list.bytes().await.unwrap()).unwrap();
        lists += std::str::from_utf8(&list.to_pem().unwrap()).unwrap();
    }
    std::fs::write(home.join("lists.pem"), lists).unwrap();
    std::fs::write(home.join("card.pem"), certificate.pem()).unwrap();
    let arguments = "verify -x509_strict -crl_check_all -policy_check -CAfile authority/ca.pem \
                     -untrusted authority/cards-ca.pem -CRLfile lists.pem card.pem";
    let run = Command::new("openssl").current_dir(home).args(arguments.split(' ')).output();
    let run = run.unwrap();
    [run.stdout, run.stderr].map(|said| String::from_utf8(said).unwrap()).concat()
}
