//! What residents are told: by the portal itself and by the consortium, on the first visit, and with
//! readings over the words.

use crate::browser::Browser;
use crate::desk_work::{at_work, looks_good};
use crate::parties::{Parties, at_rest};
use crate::private_stack::isolated;
use crate::residents::signed_in;
use crate::rig::{PORTAL, Rig};

const ENTER: &str = "\u{E007}";
/// An announcement, field by field.
const MAINTENANCE: [(&str, &str); 8] = [
    ("from", "2026-11-25 09:00"),
    ("until", "2027-01-31 18:00"),
    ("sender_ja", "見本広域連携協議会"),
    ("sender_en", "Sample consortium"),
    ("title_ja", "年金の記録は、点検のあいだ見られません"),
    ("text_ja", "ほかの記録は、いつもどおり見られます。"),
    ("title_en", "Pension records rest during maintenance"),
    ("text_en", "All other records can be read as ever."),
];

async fn announce(staff: &Browser) {
    staff.open(&format!("{PORTAL}/staff/announcements")).await;
    staff.see("書いたお知らせは、まだありません").await;
    looks_good(staff, "announcements-none").await;
    staff.open(&format!("{PORTAL}/staff/announcements/new")).await;
    staff.click("main form .primary").await;
    staff.see("入力を確かめてください").await;
    looks_good(staff, "announcement-wrong").await;
    staff.pick("kind", "maintenance").await;
    for (field, text) in MAINTENANCE {
        staff.fill(&format!("[name='{field}']"), text).await;
    }
    staff.click("main form .primary").await;
    staff.see("まだ公開していません").await;
    looks_good(staff, "announcement-preview").await;
    staff.click("form[action='/staff/announcements'] button").await;
    staff.see("公開しました").await;
    staff.in_every_look("announcements").await;
}

/// What was shown is not unread any more, as soon as that is written.
async fn is_remembered(browser: &Browser) {
    for _ in 0..100 {
        browser.open(&format!("{PORTAL}/notices?show=unread")).await;
        if browser.text().await.contains("まだ見ていないお知らせはありません") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it stays unread:\n{}", browser.text().await);
}

#[test]
fn what_the_consortium_tells_everybody_is_read_until_it_is_withdrawn() {
    let name = "what_the_consortium_tells_everybody_is_read_until_it_is_withdrawn";
    isolated(&format!("notices::{name}"), || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (staff, card) = at_work(&rig, "consortium").await;
            announce(&staff).await;
            card.remove();
            let (_, title) = MAINTENANCE[4];
            let guest = rig.another_browser().await;
            guest.open(PORTAL).await;
            guest.see(title).await;
            guest.in_every_look("entrance-announced").await;
            let (taro, own_card) = signed_in(&rig, "ueno-taro").await;
            taro.open(&format!("{PORTAL}/notices?show=unread")).await;
            taro.see(title).await;
            is_remembered(&taro).await;
            taro.open(&format!("{PORTAL}/notices")).await;
            taro.see(title).await;
            taro.find("main a[href='/services/city/notices']").await;
            taro.in_every_look("notices-good").await;
            own_card.remove();

            let (staff, _card) = at_work(&rig, "consortium").await;
            staff.open(&format!("{PORTAL}/staff/announcements")).await;
            staff.click("a[href$='/withdraw']").await;
            staff.see("このお知らせを取り下げますか").await;
            staff.in_every_look("announcement-withdraw").await;
            staff.click("form[action$='/withdraw'] button").await;
            staff.see("取り下げました").await;
            guest.open(PORTAL).await;
            assert!(!guest.text().await.contains(title), "still told to everybody");
        });
    });
}

#[test]
fn the_first_visit_is_led_by_keyboard_and_words_have_their_readings() {
    let name = "the_first_visit_is_led_by_keyboard_and_words_have_their_readings";
    isolated(&format!("notices::{name}"), || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (taro, _card) = signed_in(&rig, "ueno-taro").await;
            for step in ["ここで、あなたの記録が見られます", "だれが見たかが、分かります"]
            {
                taro.see(step).await;
                taro.find("#tour .primary").await.send_keys(ENTER).await.unwrap();
            }
            taro.see("困ったときは").await;
            taro.in_every_look("tour").await;
            taro.find("#tour .primary").await.send_keys(ENTER).await.unwrap();
            taro.open(&format!("{PORTAL}/home")).await;
            taro.see("あなたの記録").await;
            assert!(!taro.text().await.contains("はじめての方へ"), "it comes once by itself");

            taro.open(&format!("{PORTAL}/settings")).await;
            taro.click("input[name='furigana'][value='on']").await;
            taro.click("form[action='/settings/display'] button").await;
            taro.find("ruby rt").await;
            for (page, word) in
                [("home", "きろく"), ("insurance", "ほけんしょう"), ("notices", "ねんきん")]
            {
                taro.open(&format!("{PORTAL}/{page}")).await;
                taro.see(word).await;
                taro.in_every_look(&format!("furigana-{page}")).await;
            }
        });
    });
}

#[test]
fn notices_say_what_cannot_be_asked() {
    isolated("notices::notices_say_what_cannot_be_asked", || {
        crate::run(async {
            let rig = at_rest();
            let mut parties = Parties::all_of(&rig).await;
            let (shiro, _card) = signed_in(&rig, "ueno-shiro").await;
            shiro.open(&format!("{PORTAL}/notices")).await;
            shiro.see("あなたの記録を、カードにつなぎましょう").await;
            parties.kill("relay");
            shiro.open(&format!("{PORTAL}/notices")).await;
            shiro.see("いま確かめられません").await;
            shiro.in_every_look("notices-error").await;
        });
    });
}
