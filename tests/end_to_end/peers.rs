//! Service providers of other makers: Shibboleth SP and mod_auth_mellon as they come from the
//! distribution, behind Apache. One stage for all of it, since they take time to start.

mod stage;

use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, RECEPTION};
use stage::{KMIX, PHR, Stage};

#[test]
fn service_providers_of_other_makers() {
    isolated("peers::service_providers_of_other_makers", || {
        crate::run(async {
            let stage = Stage::start().await;
            let browser = stage.rig.browser().await;
            let _card = stage.rig.insert("reception", FRONT);
            browser.open(&format!("{KMIX}/")).await;
            browser.picture("kmix-start").await;
            browser.click("a.button").await;
            browser.picture("kmix-idp").await;
            browser.enter_pin(PIN).await;
            browser.find("#pairwise").await;
            browser.picture("kmix-known").await;
            println!("{}", browser.text().await);
            browser.open(&format!("{PHR}/secure")).await;
            browser.find("#pairwise").await;
            browser.picture("phr-known").await;
            println!("{}", browser.text().await);
        });
    });
}
