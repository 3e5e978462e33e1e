//! Signing in at each peer in a browser: with the card, without it, anew, or not at all.

use crate::rig::PIN;
use crate::walker::IDP;

use super::peer::{KMIX, NOT_TOLD, PHR, known};
use super::stage::Stage;

/// One card opens both, and each learns what it may learn and nothing more.
pub async fn once_for_both(stage: &Stage) {
    let browser = stage.rig.browser().await;
    KMIX.visit(&browser, "/").await;
    browser.see("見本医療ネットワーク").await;
    browser.picture("kmix").await;
    browser.click("a.button").await;
    browser.see("K-MIX 見本医療ネットワーク").await;
    browser.enter_pin(PIN).await;
    let kmix = known(&browser).await;
    browser.picture("kmix-signed-in").await;
    browser.check_accessibility().await;
    assert_eq!((&*kmix.name, &*kmix.organization), ("見本 受付", "見本医院"));
    assert_eq!(kmix.role, "urn:warifu:role:clinic-desk");

    PHR.visit(&browser, "/secure").await;
    let phr = known(&browser).await;
    browser.picture("phr-signed-in").await;
    assert_eq!(phr.name, "見本 受付");
    assert_eq!((&*phr.role, &*phr.organization), (NOT_TOLD, NOT_TOLD));
    for pairwise in [&kmix.pairwise, &phr.pairwise] {
        assert!(pairwise.ends_with("@idp.localhost"), "{pairwise}");
    }
    assert_ne!(kmix.pairwise, phr.pairwise, "they could compare whom they know");
    assert_ne!(kmix.name_id, phr.name_id, "they could compare whom they know");

    // mellon knows no way to ask for a sign-in anew.
    PHR.forget(&browser).await;
    PHR.visit(&browser, "/anew").await;
    browser.enter_pin(PIN).await;
    let anew = known(&browser).await;
    assert_eq!(anew.pairwise, phr.pairwise, "the same person again");
    assert!(anew.authenticated > phr.authenticated, "{anew:?} {phr:?}");
}

/// A resident is asked first, and the peer is told only what the resident lets it be told: nothing;
/// then that, for good.
pub async fn with_consent(stage: &Stage) {
    let browser = stage.rig.browser().await;
    PHR.visit(&browser, "/secure").await;
    browser.enter_pin(PIN).await;
    browser.find("#told").await;
    browser.see("上野 太郎").await;
    browser.picture("phr-consent").await;
    browser.check_accessibility().await;
    browser.click("button[value=never]").await;
    browser.see("status:RequestDenied").await;
    PHR.visit(&browser, "/secure").await;
    browser.click("button[value=always]").await;
    let once = known(&browser).await;
    assert_eq!((&*once.name, &*once.role), ("上野 太郎", NOT_TOLD));

    PHR.forget(&browser).await;
    PHR.visit(&browser, "/secure").await;
    assert_eq!(known(&browser).await.pairwise, once.pairwise, "known again, and not asked");

    browser.open(&format!("{IDP}/consents")).await;
    browser.click("a[href^='/consents/withdraw']").await;
    browser.find("#withdraw").await;
    browser.in_every_look("consents-withdraw").await;
}

/// A peer that asks without a question to the person: answered from a session, else refused.
pub async fn only_if_it_needs_nobody(stage: &Stage) {
    let browser = stage.rig.browser().await;
    let kmix = KMIX.at("/mellon/login?IsPassive=true&ReturnTo=/secure");
    PHR.visit(&browser, "/silent").await;
    browser.see("status:NoPassive").await;
    browser.open(&kmix).await;
    browser.find("#refused").await;

    KMIX.visit(&browser, "/secure").await;
    browser.enter_pin(PIN).await;
    known(&browser).await;
    KMIX.forget(&browser).await;
    for address in [&kmix, &PHR.at("/silent")] {
        browser.open(address).await;
        assert_eq!(known(&browser).await.name, "見本 受付");
    }
}
