//! Single logout: wherever it begins, everybody's session is over afterwards.

use crate::browser::Browser;
use crate::rig::{PIN, PORTAL};
use crate::walker::IDP;

use super::peer::{KMIX, PHR, Peer, known};
use super::stage::Stage;

/// Begun at each peer, at the portal, and at the identity provider.
pub async fn from_everywhere(stage: &Stage) {
    let browser = stage.rig.browser().await;
    for peer in [KMIX, PHR] {
        everywhere_signed_in(&browser).await;
        peer.visit(&browser, "/secure").await;
        browser.click("#logout").await;
        browser.click("#onward").await;
        back_at(&browser, peer).await;
        everywhere_signed_out(&browser).await;
    }

    everywhere_signed_in(&browser).await;
    browser.open(&format!("{IDP}/logout")).await;
    browser.click("form[action='/logout'] button").await;
    ended_one_after_the_other(&browser).await;

    everywhere_signed_in(&browser).await;
    browser.open(&format!("{PORTAL}/home")).await;
    browser.click("form[action='/logout'] button").await;
    ended_one_after_the_other(&browser).await;
}

/// The identity provider's page leads to those that it cannot tell itself.
async fn ended_one_after_the_other(browser: &Browser) {
    browser.click("#onward").await;
    browser.see("ログアウトしました").await;
    browser.picture("logged-out-everywhere").await;
    browser.check_accessibility().await;
    everywhere_signed_out(browser).await;
}

/// One sign-in with the card, and then everywhere with it.
async fn everywhere_signed_in(browser: &Browser) {
    KMIX.visit(browser, "/secure").await;
    browser.enter_pin(PIN).await;
    known(browser).await;
    PHR.visit(browser, "/secure").await;
    known(browser).await;
    browser.open(&format!("{PORTAL}/login")).await;
    browser.find("form[action='/logout']").await;
}

/// Each asks for the card again.
async fn everywhere_signed_out(browser: &Browser) {
    for address in [KMIX.at("/secure"), PHR.at("/secure"), format!("{PORTAL}/login")] {
        browser.open(&address).await;
        browser.find("#login[data-screen]").await;
    }
    // Away from the login page, so that the card software is free for others.
    KMIX.visit(browser, "/").await;
}

/// Whoever asked goes back to its start in the end; Shibboleth only if all others confirmed.
async fn back_at(browser: &Browser, peer: Peer) {
    browser.see("実演のための架空のサービスです").await;
    assert_eq!(browser.page.current_url().await.unwrap().as_str(), peer.at("/"));
}
