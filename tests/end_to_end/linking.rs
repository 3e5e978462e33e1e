//! A resident whose card is linked to nothing finds the own records, takes one and declines another.

use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};

// In the order of the holders' ids.
const INSURER: &str = "[slot='holder-5']";
const PENSION: &str = "[slot='holder-6']";

#[test]
fn a_resident_finds_records_confirms_one_and_declines_another() {
    isolated("linking::a_resident_finds_records_confirms_one_and_declines_another", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (browser, _card) = rig.signed_in("ueno-shiro", FRONT).await;
            browser.see("あなたの記録を、カードにつなぎましょう").await;
            browser.check_accessibility().await;
            browser.click("[slot='todo'] a[href='/links']").await;
            browser.see("まだ探していません").await;
            browser.check_accessibility().await;
            browser.picture("links-unlinked").await;

            browser.click("form[action='/links/search'] button").await;
            browser.see("上○ 四○").await;
            browser.find(&format!("{PENSION} a[href$='/decline']")).await;
            assert!(!browser.text().await.contains("栗林町"), "nobody's address is shown");
            browser.in_every_look("links-confirming").await;

            browser.click(&format!("{INSURER} form[action$='/confirm'] button")).await;
            browser.see("つながりました").await;
            browser.check_accessibility().await;
            browser.picture("links-linked").await;
            browser.open(&format!("{PORTAL}/insurance")).await;
            browser.see("記号").await;

            browser.open(&format!("{PORTAL}/links")).await;
            browser.click(&format!("{PENSION} a[href$='/decline']")).await;
            browser.see("この方は、あなたではありませんか").await;
            browser.in_every_look("links-decline").await;
            browser.click("form[action$='/decline'] button").await;
            browser.see("職員が調べています").await;
            browser.open(&format!("{PORTAL}/pension")).await;
            assert!(!browser.text().await.contains("受給資格"), "what was declined stays closed");

            browser.open(&format!("{PORTAL}/links")).await;
            browser.click(&format!("{INSURER} form[action$='/freeze'] button")).await;
            browser.see("あなたが止めています").await;
            browser.open(&format!("{PORTAL}/links?lang=en")).await;
            browser.see("Stopped by you").await;
            browser.in_every_look("links-good").await;
        });
    });
}
