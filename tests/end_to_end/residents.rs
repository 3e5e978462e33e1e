//! Every screen of a resident, in both languages, by day and by night, on a telephone and on a desk:
//! with all records, for somebody who has few, with one connector down, and without the relay.

use std::time::Instant;

use crate::browser::Browser;
use crate::parties::{Parties, at_rest};
use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};

/// The screens that hold records, and what each shows when all is well.
const RECORDS: [(&str, &str, &str); 5] = [
    ("home", "/home", "8月分まで届いています"),
    ("insurance", "/insurance", "この割合になるわけ"),
    ("expenses", "/expenses?year=2026", "8月分まで届いています"),
    ("checkups", "/checkups", "腹囲"),
    ("pension", "/pension", "年金の加入記録"),
];
/// The others.
const OTHERS: [(&str, &str, &str); 9] = [
    ("deduction", "/expenses/deduction?year=2026", "領収書を足す"),
    ("history", "/history", "あなた"),
    ("consents", "/consents", "同意"),
    ("proxies-none", "/proxies", "代理"),
    ("links", "/links", "つながり"),
    ("settings", "/settings", "文字の大きさ"),
    ("mydata", "/mydata", "持ち帰る"),
    ("help", "/help", "使い方"),
    ("session", "/session", "ログインの状態"),
];
/// What somebody sees of them who has nothing yet.
const NOTHING: [(&str, &str, &str); 5] = [
    ("deduction", "/expenses/deduction?year=2026", "まだつながっていません"),
    ("history", "/history", "見られた記録"),
    ("consents", "/consents", "まだだれにも見せていません"),
    ("links", "/links", "まだ探していません"),
    ("service", "/services/city/vaccinations", "まだつながっていません"),
];
/// What stands there when the relay is silent.
const WITHOUT_RELAY: [(&str, &str, &str); 7] = [
    ("deduction", "/expenses/deduction?year=2026", NO_RELAY),
    ("history", "/history", NO_RELAY),
    ("links", "/links", NO_RELAY),
    ("proxies", "/proxies", NO_RELAY),
    ("services", "/services", NO_RELAY),
    ("service", "/services/city/notices", "いまは記録を取り出せません"),
    ("consents", "/consents", "いまは同意を扱えません"),
];
/// A connector, whose it is, and the screens on which it is missed, by name and path.
type Down = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const DOWN: [Down; 4] = [
    (
        "connector-insurer",
        "見本保険者連合",
        &[("insurance", "/insurance"), ("expenses", "/expenses?year=2026")],
    ),
    ("connector-checkup", "見本健診センター", &[("checkups", "/checkups")]),
    ("connector-pension", "見本年金センター", &[("home", "/home"), ("pension", "/pension")]),
    ("connector-city", "見本市役所", &[("service", "/services/city/notices")]),
];
const NO_RELAY: &str = "記録の中継に、いまはつながりません";
/// What anybody sees.
const OUTSIDE: [(&str, &str, &str); 6] = [
    ("entrance", "/", "医療・健康・年金の記録"),
    ("help", "/help", "使い方"),
    ("stopped", "/login/stopped", "ログインを終えませんでした"),
    ("signed-out", "/signed-out", "ログアウトしました"),
    ("desk-covered", "/desk/signed-out", "画面を閉じました"),
    ("nowhere", "/nowhere", "ありません"),
];

/// Opens the screen, waits for its words, and looks at it in every way.
async fn look(browser: &Browser, state: &str, (name, path, shown): (&str, &str, &str)) {
    browser.open(&format!("{PORTAL}{path}")).await;
    browser.see(shown).await;
    browser.in_every_look(&format!("resident-{name}-{state}")).await;
}

/// Signs in with that card, in a window of one's own.
pub async fn signed_in(rig: &Rig, name: &str) -> (Browser, warifu_card::vpcd::Inserted) {
    rig.signed_in(name, FRONT).await
}

#[test]
fn every_screen_with_all_records_in_every_look() {
    isolated("residents::every_screen_with_all_records_in_every_look", || {
        crate::run(async {
            let started = Instant::now();
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (taro, _card) = signed_in(&rig, "ueno-taro").await;
            for screen in RECORDS.into_iter().chain(OTHERS) {
                look(&taro, "good", screen).await;
            }
            println!("every screen in every look: {:?}", started.elapsed());
        });
    });
}

#[test]
fn every_screen_of_somebody_who_is_not_linked_in_every_look() {
    isolated("residents::every_screen_of_somebody_who_is_not_linked_in_every_look", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (shiro, _card) = signed_in(&rig, "ueno-shiro").await;
            for (name, path, _) in RECORDS {
                look(&shiro, "empty", (name, path, "まだつながっていません")).await;
            }
            for screen in NOTHING {
                look(&shiro, "empty", screen).await;
            }
        });
    });
}

#[test]
fn every_screen_without_a_connector_in_every_look() {
    isolated("residents::every_screen_without_a_connector_in_every_look", || {
        crate::run(async {
            let rig = at_rest();
            let mut parties = Parties::all_of(&rig).await;
            let (taro, _card) = signed_in(&rig, "ueno-taro").await;
            for (connector, holder, screens) in DOWN {
                parties.kill(connector);
                // First that it does not answer, later that it is given a rest.
                for (name, path) in screens {
                    look(&taro, "partial", (name, path, holder)).await;
                }
                parties.start(connector);
            }
            papers_without_the_insurer(&taro, &mut parties).await;
        });
    });
}

/// The insurer goes away between the receipt and the papers: they are made for who knows that.
async fn papers_without_the_insurer(taro: &Browser, parties: &mut Parties<'_>) {
    taro.open(&format!("{PORTAL}/expenses/deduction?year=2026")).await;
    taro.see("8月分まで届いています").await;
    taro.fill("#patient", "上野 太郎").await;
    taro.fill("#payee", "見本薬局").await;
    taro.fill("#paid", "1,200").await;
    taro.press("\u{E007}").await;
    taro.see("見本薬局").await;
    parties.kill("connector-insurer");
    taro.click("button[value='csv']").await;
    taro.see("入っていない保険者があります").await;
    let text = taro.text().await;
    assert!(text.contains("見本保険者連合の医療費は、ここに入っていません"), "{text}");
    assert!(text.contains("見本薬局"), "what was typed is still there");
    taro.looked_at("resident-deduction-unsure").await;
    taro.click("input[name='without']").await;
    taro.click("button[value='print']").await;
    taro.see("2026年分 医療費の明細").await;
    assert!(taro.text().await.contains("見本保険者連合の医療費は、ここに入っていません"));
    taro.looked_at("resident-deduction-print-without").await;
    parties.start("connector-insurer");
}

#[test]
fn every_screen_without_the_relay_in_every_look() {
    isolated("residents::every_screen_without_the_relay_in_every_look", || {
        crate::run(async {
            let rig = at_rest();
            let mut parties = Parties::all_of(&rig).await;
            let (taro, _card) = signed_in(&rig, "ueno-taro").await;
            parties.kill("relay");
            for (name, path, _) in RECORDS {
                look(&taro, "error", (name, path, NO_RELAY)).await;
            }
            for screen in WITHOUT_RELAY {
                look(&taro, "error", screen).await;
            }
        });
    });
}

#[test]
fn every_screen_of_somebody_who_is_not_signed_in_in_every_look() {
    isolated("residents::every_screen_of_somebody_who_is_not_signed_in_in_every_look", || {
        crate::run(async {
            let rig = Rig::start();
            let anybody = rig.browser().await;
            for screen in OUTSIDE {
                look(&anybody, "outside", screen).await;
            }
        });
    });
}

#[test]
fn numbers_are_shown_by_keyboard_for_a_minute_and_the_tax_papers_are_made() {
    let name = "numbers_are_shown_by_keyboard_for_a_minute_and_the_tax_papers_are_made";
    isolated(&format!("residents::{name}"), || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (taro, _card) = signed_in(&rig, "ueno-taro").await;
            taro.open(&format!("{PORTAL}/insurance")).await;
            taro.see("番号を表示する").await;
            assert!(!taro.text().await.contains("東京・001"), "covered at first");
            taro.click("form[action='/insurance/numbers'] button").await;
            taro.see("東京・001").await;
            taro.check_accessibility().await;

            taro.open(&format!("{PORTAL}/expenses/deduction?year=2026")).await;
            taro.fill("#patient", "上野 一子").await;
            taro.fill("#payee", "見本薬局").await;
            taro.fill("#paid", "1,200").await;
            taro.press("\u{E007}").await;
            taro.see("見本薬局").await;
            taro.click("button[value='print']").await;
            taro.see("2026年分 医療費の明細").await;
            taro.looked_at("resident-deduction-print").await;
            taro.open(&format!("{PORTAL}/settings")).await;
            taro.click("input[value='150']").await;
            taro.click("form[action='/settings/display'] button").await;
            taro.see("設定を変えました").await;
            taro.open(&format!("{PORTAL}/expenses")).await;
            taro.see("支払った額").await;
            taro.in_every_look("resident-expenses-large").await;
        });
    });
}
