//! The clinic's desk: one tap, one typed check, and the desk that closes with the card.

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, RECEPTION, Rig};

async fn open_desk(rig: &Rig) -> (Browser, warifu_card::vpcd::Inserted) {
    rig.warifu(&["demo", "trust"]);
    let (browser, card) = rig.signed_in("reception", RECEPTION).await;
    browser.see("個別認証").await;
    (browser, card)
}

#[test]
fn a_tapped_card_is_answered_with_its_reason() {
    isolated("desk::a_tapped_card_is_answered_with_its_reason", || {
        crate::run(async {
            let rig = Rig::start();
            let (browser, reception) = open_desk(&rig).await;
            browser.check_accessibility().await;
            let patient = rig.insert("ueno-taro", FRONT);
            browser.click("form[action='/desk/tap'] button").await;
            browser.see("有効な保険資格です").await;
            browser.see("認証番号").await;
            browser.see("カードは本物で、使えます").await;
            browser.check_accessibility().await;
            browser.picture("desk-valid").await;
            patient.remove();
            reception.remove();

            // The resident finds the look in the own history, by the clinic's name.
            let (home, _own) = rig.signed_in("ueno-taro", FRONT).await;
            home.open(&format!("{PORTAL}/history")).await;
            home.see("見本医院").await;
            home.picture("history-with-clinic").await;
        });
    });
}

#[test]
fn a_card_whose_insurer_deposits_is_answered_and_its_holder_sees_it() {
    isolated("desk::a_card_whose_insurer_deposits_is_answered_and_its_holder_sees_it", || {
        crate::run(async {
            let rig = Rig::start();
            let (browser, reception) = open_desk(&rig).await;
            let patient = rig.insert("hamabe-nagisa", FRONT);
            browser.click("form[action='/desk/tap'] button").await;
            browser.see("有効な保険資格です").await;
            browser.see("カードは本物で、使えます").await;
            browser.see("仮想浜辺市国民健康保険").await;
            browser.see("届け出はふつう").await;
            let row = browser.row_with("浜辺 空").await;
            assert!(row.contains("長男"), "{row}");
            browser.picture("desk-deposited").await;
            patient.remove();
            reception.remove();

            let (home, _own) = rig.signed_in("hamabe-nagisa", FRONT).await;
            home.open(&format!("{PORTAL}/insurance")).await;
            home.see("仮想浜辺市国民健康保険").await;
            home.see("届け出はふつう").await;
            home.open(&format!("{PORTAL}/history")).await;
            home.see("見本医院").await;
            home.see("仮想浜辺市国民健康保険").await;
            home.picture("history-deposited").await;
        });
    });
}

#[test]
fn a_typed_check_shows_the_family_as_it_was_in_2005() {
    isolated("desk::a_typed_check_shows_the_family_as_it_was_in_2005", || {
        crate::run(async {
            let rig = Rig::start();
            let (browser, _reception) = open_desk(&rig).await;
            browser.check_number(["00000001", "東京", "001", "S30.5.5", "2005-07-08"]).await;
            browser.see("有効な保険資格です").await;
            for text in ["上野 太郎", "50歳", "平成16年4月1日", "平成22年3月31日", "事業所"]
            {
                browser.see(text).await;
            }
            for (name, age, relation) in [
                ("上野 一子", "44", "妻"),
                ("上野 次子", "22", "長女"),
                ("上野 三郎", "19", "長男"),
                ("上野 四郎", "17", "次男"),
                ("上野 五郎", "69", "父"),
            ] {
                let row = browser.row_with(name).await;
                assert!(row.contains(age) && row.contains(relation), "{name}: {row}");
            }
            browser.check_accessibility().await;
            browser.picture("desk-2005").await;

            browser.check_number(["00000001", "東京", "999", "S30.5.5", ""]).await;
            browser.see("該当する記号・番号がありません").await;
            browser.check_number(["00000001", "東京", "001", "S30.13.5", ""]).await;
            browser.see("生年月日").await;
            browser.check_accessibility().await;
        });
    });
}

#[test]
fn the_desk_closes_when_the_receptionists_card_leaves() {
    isolated("desk::the_desk_closes_when_the_receptionists_card_leaves", || {
        crate::run(async {
            let rig = Rig::start();
            let (browser, reception) = open_desk(&rig).await;
            browser.check_number(["00000001", "東京", "001", "S30.5.5", ""]).await;
            browser.see("有効な保険資格です").await;
            reception.remove();
            // By itself: nobody touches the page.
            browser.see("画面を閉じました").await;
            browser.picture("desk-closed").await;
            browser.open(&format!("{PORTAL}/desk")).await;
            assert!(!browser.text().await.contains("見本 受付"));
        });
    });
}
