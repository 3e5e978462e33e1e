//! The items of the trials' test sheet that need somebody at a screen, by their numbers.

use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

/// ログイン: 正常にログインできること. Who keeps an insurer's data signs in and is at work.
#[test]
fn item_3_03_01_01() {
    isolated("trials::item_3_03_01_01", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (browser, _card) = rig.signed_in("insurer", FRONT).await;
            browser.open(&format!("{PORTAL}/insurer/answers")).await;
            browser.find("form[action='/insurer/answers']").await;
        });
    });
}

/// ログインNG: ID、パスワードの誤り. The page says that the number was wrong, a card that is none of
/// ours is told so, and neither leads to the insurer's pages.
#[test]
fn item_3_03_01_02() {
    isolated("trials::item_3_03_01_02", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            let card = rig.insert("insurer", FRONT);
            browser.begin_sign_in().await;
            browser.enter_pin("000000").await;
            browser.see("さきほどの番号は、カードの番号と違いました").await;
            card.remove();
            let _foreign = rig.insert("foreign", FRONT);
            browser.begin_sign_in().await;
            browser.enter_pin(PIN).await;
            browser.see_screen("cert-untrusted").await;
            browser.open(&format!("{PORTAL}/insurer/answers")).await;
            assert!(!browser.text().await.contains("認証番号"), "nobody is signed in");
        });
    });
}
