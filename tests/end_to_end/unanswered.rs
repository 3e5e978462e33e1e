//! Pages of staff before anything is on them, and those of staff and residents when the relay does not
//! answer, in every look.

use crate::browser::Browser;
use crate::parties::{Parties, start_agent};
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

/// What staff see before anything is asked for, and without the relay.
const STAFF: [(&str, &str, &str); 2] = [
    ("city-hall", "/staff/services", "同意をもらった記録を見る"),
    ("clerk", "/staff/guardians", "いまは、承認を待つものはありません"),
];
/// What residents see without the relay, beside their records.
const RESIDENTS: [&str; 4] = ["/services", "/links", "/history", "/consents"];

/// Signs in, in a window of one's own; the card leaves the reader again.
async fn signed_in(rig: &Rig, name: &str) -> Browser {
    let _card = rig.insert(name, FRONT);
    let browser = rig.another_browser().await;
    browser.open(PORTAL).await;
    browser.sign_in(PIN).await;
    browser
}

async fn without_relay(browser: &Browser, path: &str) {
    browser.open(&format!("{PORTAL}{path}")).await;
    browser.find("h1").await;
    let text = browser.text().await;
    let said = ["つながりません", "いまは記録を取り出せません", "いまは同意を扱えません"];
    assert!(said.iter().any(|words| text.contains(words)), "{text}");
    browser.in_every_look(&format!("unanswered{}", path.replace('/', "-"))).await;
}

#[test]
fn staff_and_residents_are_told_in_every_look_when_there_is_nothing_and_nobody_answers() {
    let name =
        "staff_and_residents_are_told_in_every_look_when_there_is_nothing_and_nobody_answers";
    isolated(&format!("unanswered::{name}"), || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            rig.kill_demo();
            let mut parties = Parties::of(&rig);
            parties.start_all();
            start_agent(&rig.dir()).await;
            let mut staff = Vec::new();
            for (card, path, nothing) in STAFF {
                let browser = signed_in(&rig, card).await;
                browser.open(&format!("{PORTAL}{path}")).await;
                browser.see(nothing).await;
                browser.in_every_look(&format!("nothing{}", path.replace('/', "-"))).await;
                staff.push((browser, path));
            }
            let taro = signed_in(&rig, "ueno-taro").await;
            parties.kill("relay");
            for (browser, path) in &staff {
                without_relay(browser, path).await;
            }
            for path in RESIDENTS {
                without_relay(&taro, path).await;
            }
        });
    });
}
