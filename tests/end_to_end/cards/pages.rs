//! The identity provider's own pages, for who holds cards and for who runs the federation, in every
//! look.

use serde_json::json;

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};
use crate::walker::IDP;

const METADATA: &str = include_str!("../../peers/kmix/metadata.xml");

#[test]
fn a_holders_pages_can_be_read_by_everybody() {
    isolated("cards::pages::a_holders_pages_can_be_read_by_everybody", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            let _own = rig.insert("ueno-taro", FRONT);
            browser.open(&format!("{IDP}/cards")).await;
            browser.enter_pin(PIN).await;
            browser.find("a[href^='/cards/pin']").await;
            browser.in_every_look("cards").await;
            browser.click("a[href^='/cards/pin']").await;
            browser.find("#choose").await;
            browser.in_every_look("cards-pin").await;
            for page in ["sessions", "consents"] {
                browser.open(&format!("{IDP}/{page}")).await;
                browser.in_every_look(page).await;
            }
            let elsewhere = rig.another_browser().await;
            elsewhere.open(&format!("{IDP}/cards")).await;
            elsewhere.enter_pin(PIN).await;
            elsewhere.find("#logout").await;
            browser.open(&format!("{IDP}/sessions")).await;
            browser.click("#end-others").await;
            browser.find("#end").await;
            browser.in_every_look("sessions-end").await;
            drop(elsewhere);

            browser.open(&format!("{PORTAL}/login")).await;
            browser.find("form[action='/logout']").await;
            browser.open(&format!("{IDP}/logout")).await;
            browser.in_every_look("logout").await;
            browser.click("form[action='/logout'] button").await;
            browser.see("ログアウトしました").await;
            browser.in_every_look("logout-services").await;
        });
    });
}

#[test]
fn the_registry_can_be_read_by_everybody() {
    isolated("cards::pages::the_registry_can_be_read_by_everybody", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            let _card = rig.insert("federation", FRONT);
            browser.open(&format!("{IDP}/admin/providers/new")).await;
            browser.enter_pin(PIN).await;
            browser.find("#read").await;
            browser.in_every_look("admin-provider-new").await;
            browser.paste("#document", &metadata(&rig)).await;
            browser.click("#read").await;
            browser.find("#confirm").await;
            browser.in_every_look("admin-provider-draft").await;
            browser.click("#confirm").await;
            browser.find("#save").await;
            browser.in_every_look("admin-provider").await;
            browser.click("a[href$='/disable']").await;
            browser.find("main form").await;
            browser.in_every_look("admin-provider-disable").await;
            for (page, name) in
                [("providers", "admin-providers"), ("refusals", "admin-no-refusals")]
            {
                browser.open(&format!("{IDP}/admin/{page}")).await;
                browser.in_every_look(name).await;
            }
        });
    });
}

/// Of a service provider that nobody runs.
fn metadata(rig: &Rig) -> String {
    let pem = std::fs::read_to_string(rig.dir().join("portal/saml-decryption.pem")).unwrap();
    let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    METADATA.replace("@HOST@", "kmix.localhost:18081").replace("@CERTIFICATE@", &certificate)
}

impl Browser {
    /// Puts a long text into a field at once.
    async fn paste(&self, css: &str, text: &str) {
        self.find(css).await;
        let script = "document.querySelector(arguments[0]).value = arguments[1]";
        self.page.execute(script, vec![json!(css), json!(text)]).await.unwrap();
    }
}
