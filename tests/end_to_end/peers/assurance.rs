//! How surely a peer wants to know who is there, and what it is told.

use warifu_saml::names::{AC_SMARTCARD, AC_SMARTCARD_PKI};

use crate::browser::Browser;
use crate::rig::PIN;

use super::peer::{KMIX, PHR, known};
use super::stage::Stage;

/// Each asks for a class of its choice; who came in by less is asked for more.
pub async fn as_each_asks(stage: &Stage) {
    let browser = stage.rig.browser().await;
    PHR.visit(&browser, "/card").await;
    browser.enter_pin(PIN).await;
    assert_eq!(known(&browser).await.class, AC_SMARTCARD, "what was asked for, exactly");
    PHR.visit(&browser, "/pki").await;
    assert_eq!(known(&browser).await.class, AC_SMARTCARD_PKI, "asked for more");

    PHR.forget(&browser).await;
    PHR.visit(&browser, "/minimum").await;
    let class = known(&browser).await.class;
    assert!([AC_SMARTCARD, AC_SMARTCARD_PKI].contains(&&*class), "{class}");

    PHR.forget(&browser).await;
    PHR.visit(&browser, "/password").await;
    browser.see("status:NoAuthnContext").await;
    browser.picture("phr-refused").await;
    browser.check_accessibility().await;

    for (asked, granted) in [
        ("class=pki", true),
        ("class=card", true),
        ("class=pki&comparison=minimum", true),
        ("class=card&comparison=better", true),
        ("class=pki&comparison=better", false),
        ("class=password", false),
    ] {
        let shown = at_kmix(&browser, asked).await;
        assert_eq!(shown, if granted { "#pairwise" } else { "#refused" }, "{asked}");
    }
    browser.picture("kmix-refused").await;
    browser.check_accessibility().await;
}

/// What K-MIX shows when it asks that way.
async fn at_kmix(browser: &Browser, asked: &str) -> &'static str {
    KMIX.forget(browser).await;
    KMIX.visit(browser, &format!("/mellon/login?ReturnTo=/secure&{asked}")).await;
    browser.find("#pairwise, #refused").await;
    let text = browser.text().await;
    if text.contains("ログインしました") { "#pairwise" } else { "#refused" }
}
