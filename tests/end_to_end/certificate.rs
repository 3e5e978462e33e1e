//! Sign-in with a card's certificate that the browser itself reaches. The key is a copy of the virtual
//! card's in Chromium's own store: nobody could type into the window in which it asks for a token's
//! PIN.

use std::process::Command;

use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde_json::Value;
use warifu_card::piv::Slot;

use crate::private_stack::isolated;
use crate::rig::Rig;

#[test]
fn a_browser_with_a_card_s_certificate_signs_in_without_card_software() {
    isolated(
        "certificate::a_browser_with_a_card_s_certificate_signs_in_without_card_software",
        || {
            crate::run(async {
                let rig = Rig::start();
                let browser = rig.browser().await;
                browser.begin_sign_in().await;
                browser.click("#by-certificate").await;
                browser.find("#again").await;
                browser.see("certificate.none").await;
                browser.check_accessibility().await;
                browser.picture("certificate-none").await;
                browser.click("#again").await;
                browser.see("certificate.none").await;
                browser.click("#back").await;
                browser.find("#login[data-screen]").await;

                // What was chosen is remembered until the browser is closed.
                give_to_browsers(&rig, "ueno-taro");
                let browser = rig.another_browser().await;
                browser.begin_sign_in().await;
                browser.click("#by-certificate").await;
                browser.find("form[action='/logout']").await;
                browser.see("上野 太郎").await;
            });
        },
    );
}

/// Puts a copy of a card's key and certificate into the store of all Chromiums of that home.
fn give_to_browsers(rig: &Rig, name: &str) {
    let home = rig.dir().parent().unwrap().to_owned();
    let file = std::fs::read(rig.dir().join("cards").join(format!("{name}.json"))).unwrap();
    let card: Value = serde_json::from_slice(&file).unwrap();
    let key = card["keys"]["9a"].as_str().expect("the card has a key for signing in");
    let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    let certificate = rig.certificate(name, Slot::Authentication);
    let certificate = X509::from_der(certificate.der()).unwrap();
    let mut bundle = Pkcs12::builder();
    bundle.name(name).pkey(&key).cert(&certificate);
    let path = home.join("card.p12");
    std::fs::write(&path, bundle.build2("copy").unwrap().to_der().unwrap()).unwrap();
    let store = format!("sql:{}", home.join(".pki/nssdb").display());
    let mut import = Command::new("pk12util");
    import.args(["-d", &store, "-W", "copy", "-i"]).arg(&path);
    assert!(import.status().expect("libnss3-tools is installed").success());
}
