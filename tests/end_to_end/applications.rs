//! A resident asks the city hall for a certificate; a clerk there decides without a mouse, and the
//! resident reads why.

use crate::browser::Browser;
use crate::keyboard::{ENTER, Hands, sign_in};
use crate::private_stack::isolated;
use crate::residents::signed_in;
use crate::rig::{PORTAL, RECEPTION, Rig};

const SERVICE: &str = "/services/city/certificates";
const WHY: &str = "本人確認の書類が足りません。窓口にお持ちください。";

async fn ask(taro: &Browser) {
    taro.open(&format!("{PORTAL}{SERVICE}")).await;
    taro.pick("certificate", "residence").await;
    taro.fill("[name='copies']", "2").await;
    // A field for dates takes what is typed in the browser's own order of year, month and day.
    let script = "document.querySelector(\"[name='collect']\").value = '2027-01-15'";
    taro.page.execute(script, Vec::new()).await.unwrap();
    taro.click("#enter button.primary").await;
    taro.see("送る前に確かめてください").await;
    taro.click(&format!("form[action='{SERVICE}/send'] button")).await;
    taro.see("受付番号").await;
    taro.in_every_look("service-sent").await;
}

/// From the list to the end, by Tab, Enter and letters alone.
async fn decide(clerk: &Browser) {
    let hands = Hands(clerk);
    sign_in(clerk, "届いた申請").await;
    hands.turn_to("/staff/applications", "これから決めるもの 1件").await;
    clerk.in_every_look("applications-good").await;
    hands.follow("main td a, main th a", "申請の内容").await;
    clerk.in_every_look("application-good").await;
    hands.follow("button[value='making']", "進めました").await;
    hands.reach("details:has(textarea) summary").await;
    hands.key(ENTER).await;
    hands.reach("textarea[name='reason']").await;
    clerk.press(WHY).await;
    hands.follow("button[value='refused']", WHY).await;
    clerk.in_every_look("application-refused").await;
    hands.turn_to("/staff/applications", "いま、ここに出る申請はありません").await;
    hands.follow("a[href='/staff/applications?state=closed']", "終わったもの 1件").await;
    clerk.in_every_look("applications-closed").await;
}

#[test]
fn an_application_is_decided_by_keyboard_and_its_steps_are_told() {
    isolated("applications::an_application_is_decided_by_keyboard_and_its_steps_are_told", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (taro, own) = signed_in(&rig, "ueno-taro").await;
            ask(&taro).await;
            own.remove();

            let _card = rig.insert("city-hall", RECEPTION);
            let clerk = rig.another_browser().await;
            decide(&clerk).await;

            taro.open(&format!("{PORTAL}{SERVICE}")).await;
            taro.see(WHY).await;
            taro.in_every_look("service-refused").await;
        });
    });
}
