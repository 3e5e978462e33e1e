//! The desk's day: type, print, scan, look back, question; the insurer answers; the desk sees it.
//! And all of it by keyboard.

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{PORTAL, RECEPTION, Rig};

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const F2: &str = "\u{E032}";
const F4: &str = "\u{E034}";
const F8: &str = "\u{E038}";
const F9: &str = "\u{E039}";
/// 保険者番号, 記号, 番号, 生年月日, 対象年月日 of somebody insured.
const VALID: [&str; 5] = ["00000001", "東京", "001", "S30.5.5", "2005-07-08"];

/// Signs in with the card of that name in the desk's reader.
pub async fn at_work(rig: &Rig, card: &str) -> (Browser, warifu_card::vpcd::Inserted) {
    rig.signed_in(card, RECEPTION).await
}

/// A page that stands for itself: no serious finding, and a picture of it.
pub async fn looks_good(browser: &Browser, name: &str) {
    browser.check_accessibility().await;
    browser.picture(name).await;
}

#[test]
fn a_day_at_the_desk_from_the_typed_number_to_the_insurers_answer() {
    isolated("desk_work::a_day_at_the_desk_from_the_typed_number_to_the_insurers_answer", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (desk, manager) = at_work(&rig, "manager").await;
            desk.see("個別認証").await;
            desk.check_number(VALID).await;
            desk.see("有効な保険資格です").await;
            looks_good(&desk, "desk-acts").await;
            desk.press(F4).await;
            desk.see("画面の大きさが、紙の大きさです").await;
            assert!(!desk.text().await.contains("東京・001"), "the numbers are masked");
            looks_good(&desk, "desk-label").await;

            desk.press(F2).await;
            desk.check_number(VALID).await;
            desk.see("有効な保険資格です").await;
            desk.press(F9).await;
            desk.see("保険資格の確認票").await;
            looks_good(&desk, "desk-slip").await;
            let code = desk.text_of("#slip-text").await;
            assert!(code.split('.').count() == 3 && !code.contains("00000001"), "{code}");

            // A scanner types fast, and ends with Enter.
            desk.press(F2).await;
            desk.click("#scan").await;
            desk.press(&format!("{code}{ENTER}")).await;
            desk.see("有効な保険資格です").await;
            desk.see("上野 太郎").await;
            desk.press(F2).await;
            desk.click("#scan").await;
            desk.press(&format!("not-a-slip{ENTER}")).await;
            desk.see("QRコードを読めませんでした").await;
            looks_good(&desk, "desk-ladder").await;

            let number = question(&desk).await;
            manager.remove();
            desk.see("画面を閉じました").await;
            drop(desk);
            answer(&rig, &number).await;

            let (desk, manager) = at_work(&rig, "manager").await;
            desk.open(&format!("{PORTAL}/desk/disputes")).await;
            desk.see("回答が違っていたので直した").await;
            desk.in_every_look("desk-disputes").await;
            manager.remove();
        });
    });
}

/// Questions the newest answer, from the history. Its number.
async fn question(desk: &Browser) -> String {
    desk.open(&format!("{PORTAL}/desk/history")).await;
    desk.see("確認の履歴").await;
    desk.in_every_look("desk-history").await;
    let number = desk.text_of("tbody .check-number").await;
    desk.fill("#number", &number).await;
    desk.press(ENTER).await;
    desk.see("すべての確認へもどる").await;
    assert_eq!(desk.text_of("tbody .check-number").await, number);
    desk.click("form[action='/desk/dispute'] button").await;
    desk.see("どこがおかしいですか").await;
    desk.pick("kind", "wrong-item").await;
    desk.fill("#text", "住所が古いようです。").await;
    looks_good(desk, "desk-dispute").await;
    desk.click("form[action='/desk/disputes'] button").await;
    desk.see("保険者に送りました").await;
    number
}

/// The insurer's keeper of media proposes, and a member of staff answers.
async fn answer(rig: &Rig, number: &str) {
    let (media, card) = at_work(rig, "insurer-media").await;
    media.see("1件あります").await;
    media.in_every_look("insurer-today").await;
    reply(&media, "案を出しました").await;
    card.remove();
    drop(media);

    let (staff, card) = at_work(rig, "insurer").await;
    staff.open(&format!("{PORTAL}/insurer/answers")).await;
    staff.see(number).await;
    staff.in_every_look("insurer-answers").await;
    reply(&staff, "返事を送りました").await;
    staff.in_every_look("insurer-disputes").await;
    card.remove();
}

async fn reply(browser: &Browser, said: &str) {
    browser.open(&format!("{PORTAL}/insurer/disputes")).await;
    browser.click("form[action='/insurer/dispute'] button").await;
    browser.see("調べた結果").await;
    browser.pick("finding", "corrected").await;
    browser.fill("#text", "直しました。").await;
    looks_good(browser, "insurer-dispute").await;
    browser.click("form[action='/insurer/disputes'] button").await;
    browser.see(said).await;
}

#[test]
fn the_desk_works_by_keyboard_and_leaves_nothing_behind() {
    isolated("desk_work::the_desk_works_by_keyboard_and_leaves_nothing_behind", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (desk, _card) = at_work(&rig, "manager").await;
            desk.see("個別認証").await;
            // The first field has the focus; Tab leads through the row in its order.
            for (field, text) in
                [("insurer", "00000001"), ("symbol", "東京"), ("number", "001"), ("branch", "")]
            {
                assert_eq!(focus(&desk).await, field);
                desk.press(&format!("{text}{TAB}")).await;
            }
            desk.press(&format!("S30.5.5{TAB}")).await;
            assert_eq!(focus(&desk).await, "target");
            desk.press(ENTER).await;
            desk.see("有効な保険資格です").await;
            let reached = tab_through(&desk).await;
            for act in ["next", "label", "slip", "dispute", "print", "scan", "insurer"] {
                assert!(reached.iter().any(|id| id == act), "{act} of {reached:?}");
            }
            desk.press(F8).await;
            desk.see("画面を閉じました").await;
            desk.page.back().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            assert!(!desk.text().await.contains("上野"), "nothing comes back");
        });
    });
}

async fn focus(browser: &Browser) -> String {
    let id = browser.page.execute("return document.activeElement.id", Vec::new()).await.unwrap();
    id.as_str().unwrap_or_default().to_owned()
}

/// The ids that Tab reaches, each with a focus that can be seen.
async fn tab_through(browser: &Browser) -> Vec<String> {
    let script = "document.activeElement.blur(); window.scrollTo(0, 0);";
    browser.page.execute(script, Vec::new()).await.unwrap();
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press(TAB).await;
        let script = "const e = document.activeElement, s = getComputedStyle(e); \
                      return [e.id, s.outlineStyle !== 'none' || s.boxShadow !== 'none', e.tagName]";
        let found = browser.page.execute(script, Vec::new()).await.unwrap();
        if found[2] != "BODY" && found[2] != "HTML" {
            assert_eq!(found[1], true, "no visible focus at {found}");
        }
        reached.push(found[0].as_str().unwrap_or_default().to_owned());
    }
    reached
}
