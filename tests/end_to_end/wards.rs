//! A mother opens the school's and the city's records of her daughter, who has no card: they lie under
//! the child's own pseudonyms.

use crate::browser::Browser;
use crate::guardians::{approve, at_the_counter, begin_papers, seen_where_it_stands};
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

const MOTHER: &str = "ueno-tsugiko";
const STRANGER: &str = "ueno-ichiko";
const SCHOOL: &str = "/services/school/measurements";
const VACCINATIONS: &str = "/services/city/vaccinations";
/// Of the same city, and not asked for.
const HANDBOOK: &str = "/services/city/handbook";
/// What the school measured this year.
const HEIGHT: &str = "133.6";
/// The insurance card of 上野 七海, on her mother's.
const CARD: [(&str, &str); 5] = [
    ("#insurer", "22222222"),
    ("#symbol", "21700023"),
    ("#number", "4"),
    ("#branch", "01"),
    ("#birth", "2016-06-10"),
];

async fn sign_in(rig: &Rig, browser: &Browser, card: &str) {
    let card = rig.insert(card, FRONT);
    browser.open(PORTAL).await;
    browser.sign_in(PIN).await;
    card.remove();
}

async fn open(browser: &Browser, path: &str) {
    browser.open(&format!("{PORTAL}{path}")).await;
}

/// The mother asks for what the school and the city's vaccinations are, and gets a code.
async fn applied(mother: &Browser) -> String {
    open(mother, "/proxies/guardian").await;
    mother.see("学校の記録").await;
    mother.in_every_look("ward-apply").await;
    mother.pick("capacity", "parent").await;
    mother.fill("#name", "長女").await;
    mother.fill("#own_name", "上野 次子").await;
    mother.pick("history", "yes").await;
    mother.pick("school/measurements", "yes").await;
    mother.pick("city/vaccinations", "yes").await;
    mother.click("form[action='/proxies/guardian'] button").await;
    mother.see("申し出を受け付けました").await;
    mother.find(".invite-code span[aria-hidden]").await.text().await.unwrap()
}

/// The clerk types whom the papers name, at first not to the letter.
async fn propose(desk: &Browser, code: &str) {
    begin_papers(desk, code).await;
    for (field, value) in CARD {
        desk.fill(field, value).await;
    }
    desk.fill("#name", "上野 七実").await;
    desk.fill("#kana", "ウエノ ナナミ").await;
    desk.pick("sex", "female").await;
    desk.fill("#address", "香川県高松市栗林町2-4-8").await;
    desk.click("form[action='/staff/guardians/propose'] button").await;
    desk.see("この人をひとりに決める記録がありません").await;
    seen_where_it_stands(desk, "ward-unproved").await;
    desk.fill("#name", "上野 七海").await;
    desk.click("form[action='/staff/guardians/propose'] button").await;
    desk.see("承認に回しました").await;
    for holder in ["見本市教育委員会", "見本市役所"] {
        desk.see(holder).await;
    }
    desk.in_every_look("ward-proposed").await;
}

/// What the mother sees for her daughter.
async fn reads_for_her(mother: &Browser) {
    open(mother, "/proxies").await;
    mother.click("form[action$='/read'] button").await;
    mother.see("「長女」の記録を見ています").await;
    open(mother, "/services").await;
    mother.see("学校の記録").await;
    mother.see("予防接種の記録").await;
    mother.in_every_look("ward-services").await;
    mother.click(&format!("a[href='{SCHOOL}']")).await;
    mother.see(HEIGHT).await;
    mother.in_every_look("ward-school").await;
    open(mother, VACCINATIONS).await;
    mother.see("日本脳炎").await;
    mother.check_accessibility().await;
    open(mother, HANDBOOK).await;
    mother.see("この記録は、代理では見られません").await;
    assert!(!mother.text().await.contains("3,020g"), "nobody let her see this");
    mother.check_accessibility().await;
    open(mother, "/history").await;
    mother.see("代理の 上野 次子 さん").await;
    let history = mother.text_of("body").await;
    for seen in ["学校の記録", "予防接種の記録"] {
        assert!(history.contains(seen), "{seen}: {history}");
    }
    mother.in_every_look("ward-history").await;
}

/// Under the own name nothing of the child's is to be seen.
async fn sees_nothing(browser: &Browser) {
    open(browser, SCHOOL).await;
    browser.see("まだつながっていません").await;
    assert!(!browser.text().await.contains(HEIGHT));
    browser.check_accessibility().await;
}

#[test]
fn a_mother_opens_declared_services_of_her_child_and_nobody_else_does() {
    isolated("wards::a_mother_opens_declared_services_of_her_child_and_nobody_else_does", || {
        crate::run(async {
            let rig = Rig::start();
            let (mother, desk) = (rig.browser().await, rig.another_browser().await);
            sign_in(&rig, &mother, MOTHER).await;
            let code = applied(&mother).await;
            at_the_counter(&rig, &desk, "clerk", async |desk: &Browser| propose(desk, &code).await)
                .await;
            at_the_counter(&rig, &desk, "approver", approve).await;
            reads_for_her(&mother).await;
            mother.click("form[action='/proxies/own'] button").await;
            mother.see("さんのホーム").await;
            sees_nothing(&mother).await;
            open(&mother, "/history").await;
            mother.see("あなた自身の閲覧").await;
            assert!(mother.text_of("body").await.contains("「長女」の代理で"));

            sign_in(&rig, &desk, STRANGER).await;
            sees_nothing(&desk).await;
        });
    });
}
