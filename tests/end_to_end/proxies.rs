//! An old father lets his daughter-in-law look for him: each with a card of their own, in a browser
//! of their own.

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

const FATHER: &str = "ueno-goro";
const DAUGHTER: &str = "ueno-ichiko";

/// Signs in with that person's card, which leaves the reader again.
async fn sign_in(rig: &Rig, browser: &Browser, card: &str) {
    let _card = rig.insert(card, FRONT);
    browser.open(PORTAL).await;
    browser.sign_in(PIN).await;
}

/// Answers the three questions, and gives the code.
async fn invite(browser: &Browser) -> String {
    browser.open(&format!("{PORTAL}/proxies")).await;
    browser.see("いまは、だれにも頼んでいません").await;
    browser.in_every_look("proxies-empty").await;
    browser.click("a[href='/proxies/invite']").await;
    browser.see("何を見てもらいますか").await;
    browser.pick("insurance", "yes").await;
    browser.pick("history", "yes").await;
    browser.in_every_look("proxies-what").await;
    browser.pick("insurance", "yes").await;
    browser.pick("history", "yes").await;
    browser.pick("care/certificate", "yes").await;
    browser.click("form.one-question button").await;
    browser.fill("#name", "父").await;
    browser.check_accessibility().await;
    browser.click("form.one-question button").await;
    browser.see("いつまで頼みますか").await;
    browser.check_accessibility().await;
    browser.click("form.one-question button").await;
    browser.see("この内容で頼みますか").await;
    browser.check_accessibility().await;
    browser.see("介護保険").await;
    browser.picture("proxies-check").await;
    browser.click("form[action='/proxies/invite'] button").await;
    browser.see("この番号を、相手に渡してください").await;
    browser.check_accessibility().await;
    browser.picture("proxies-code").await;
    let code = browser.find("#code span[aria-hidden]").await.text().await.unwrap();
    assert_eq!(code.len(), 14, "{code}");
    code
}

/// Enters the code and says yes.
async fn accept(browser: &Browser, code: &str) {
    browser.open(&format!("{PORTAL}/proxies/enter")).await;
    browser.in_every_look("proxies-enter").await;
    browser.fill("#code", "1234 5678 9012").await;
    browser.click("form[action='/proxies/enter'] button").await;
    browser.see("番号").await;
    browser.fill("#code", code).await;
    browser.check_accessibility().await;
    browser.click("form[action='/proxies/enter'] button").await;
    browser.see("「父」の代理を引き受けますか").await;
    browser.fill("#name", "一子").await;
    browser.check_accessibility().await;
    browser.picture("proxies-offer").await;
    browser.click("form[action='/proxies/accept'] button").await;
    browser.see("引き受けました").await;
    browser.see("相手の確認を待っています").await;
}

#[test]
fn a_father_lets_his_daughter_look_until_he_ends_it() {
    isolated("proxies::a_father_lets_his_daughter_look_until_he_ends_it", || {
        crate::run(async {
            let rig = Rig::start();
            let (father, daughter) = (rig.browser().await, rig.another_browser().await);
            sign_in(&rig, &father, FATHER).await;
            let code = invite(&father).await;
            sign_in(&rig, &daughter, DAUGHTER).await;
            accept(&daughter, &code).await;

            father.open(&format!("{PORTAL}/home")).await;
            father.see("代理人として確認を待っています").await;
            father.check_accessibility().await;
            father.click("[slot='todo'] a[href='/proxies']").await;
            father.click("a[href$='/confirm']").await;
            father.see("この人で、まちがいありませんか").await;
            father.see("一子").await;
            father.in_every_look("proxies-confirm").await;
            father.click("form[action$='/confirm'] button").await;
            father.see("代理が始まりました").await;
            father.check_accessibility().await;
            father.picture("proxies-active").await;

            daughter.open(&format!("{PORTAL}/proxies")).await;
            daughter.click("form[action$='/read'] button").await;
            daughter.see("「父」の記録を見ています").await;
            daughter.see("「父」の記録").await;
            daughter.in_every_look("acting-home").await;
            assert!(!daughter.text().await.contains("健診"), "only what was let");
            daughter.open(&format!("{PORTAL}/insurance")).await;
            daughter.see("上野 五郎").await;
            daughter.see("「父」の記録を見ています").await;
            daughter.open(&format!("{PORTAL}/home")).await;
            daughter.click("main a[href='/services']").await;
            daughter.see("代理で見られるものです").await;
            daughter.in_every_look("acting-services").await;
            daughter.click("a[href='/services/care/certificate']").await;
            daughter.see("要介護").await;
            daughter.looked_at("acting-service").await;
            daughter.open(&format!("{PORTAL}/history")).await;
            daughter.see("代理の 一子 さん").await;
            daughter.check_accessibility().await;
            daughter.open(&format!("{PORTAL}/consents")).await;
            daughter.see("いまは、「父」の代理で見ています").await;
            daughter.check_accessibility().await;
            daughter.picture("acting-own").await;
            daughter.click("form[action='/proxies/own'] button").await;
            daughter.see("上野 一子 さんのホーム").await;
            daughter.open(&format!("{PORTAL}/history")).await;
            daughter.click("[slot='history'] details.more summary").await;
            daughter.see("「父」の代理で").await;

            father.open(&format!("{PORTAL}/history")).await;
            father.see("代理の 一子 さん").await;
            father.picture("proxies-history").await;
            daughter.open(&format!("{PORTAL}/proxies")).await;
            daughter.click("form[action$='/read'] button").await;
            daughter.see("「父」の記録を見ています").await;
            father.open(&format!("{PORTAL}/proxies")).await;
            father.click("a[href$='/end']").await;
            father.see("この代理を終えますか").await;
            father.in_every_look("proxies-end").await;
            father.click("form[action$='/end'] button").await;
            father.see("代理を終えました").await;
            daughter.open(&format!("{PORTAL}/insurance")).await;
            daughter.see("この記録は、代理では見られません").await;
            assert!(!daughter.text().await.contains("記号"), "over at once");
        });
    });
}
