//! A parent reads for a child on papers that two members of staff have seen, until staff end it; and
//! those who decide doubts compare, by keyboard alone.

use serde_json::{Value, json};

use crate::batches::press_button;
use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

const PARENT: &str = "ueno-ichiko";
/// The insurance card of a child without a card to sign in with: 認証 双一郎.
const CARD: [(&str, &str); 5] = [
    ("#insurer", "33333333"),
    ("#symbol", "52"),
    ("#number", "2007"),
    ("#branch", "02"),
    ("#birth", "2015-06-01"),
];

/// Somebody signed in at the counter takes the card along again.
pub async fn at_the_counter(
    rig: &Rig,
    desk: &Browser,
    card: &str,
    work: impl AsyncFnOnce(&Browser),
) {
    let inserted = desk.staff(rig, card).await;
    desk.open(&format!("{PORTAL}/staff/guardians")).await;
    desk.see("親・後見人の登録").await;
    work(desk).await;
    inserted.remove();
    desk.is_signed_out().await;
}

/// The parent's code.
async fn applied(parent: &Browser) -> String {
    parent.open(&format!("{PORTAL}/proxies/guardian")).await;
    parent.see("親・後見人として申し出る").await;
    parent.in_every_look("guardian-apply").await;
    parent.pick("capacity", "parent").await;
    parent.fill("#name", "長男").await;
    parent.fill("#own_name", "上野 一子").await;
    parent.pick("insurance", "yes").await;
    parent.pick("history", "yes").await;
    parent.click("form[action='/proxies/guardian'] button").await;
    parent.see("申し出を受け付けました").await;
    parent.in_every_look("guardian-applied").await;
    let code = parent.find(".invite-code span[aria-hidden]").await.text().await.unwrap();
    assert_eq!(code.len(), 14, "{code}");
    code
}

async fn fill_card(desk: &Browser) {
    for (field, value) in CARD {
        desk.fill(field, value).await;
    }
}

/// The code leads to the form for the papers, on which the paper is filled in.
pub async fn begin_papers(desk: &Browser, code: &str) {
    desk.fill("#code", code).await;
    desk.click("form[action='/staff/guardians'] button").await;
    desk.see("書類と保険証を確かめます").await;
    desk.looked_at("guardians-papers").await;
    desk.pick("paper", "family-register").await;
    let yesterday = "return new Date(Date.now() - 864e5).toISOString().slice(0, 10)";
    let yesterday = desk.page.execute(yesterday, Vec::new()).await.unwrap();
    desk.fill("#dated", yesterday.as_str().unwrap()).await;
}

async fn propose(desk: &Browser, code: &str) {
    desk.in_every_look("guardians-empty").await;
    begin_papers(desk, code).await;
    fill_card(desk).await;
    desk.click("form[action='/staff/guardians/propose'] button").await;
    desk.see("承認に回しました").await;
    desk.see("認○ 双○").await;
    desk.see("承認は別の人に頼んでください").await;
    desk.in_every_look("guardians-proposed").await;
    desk.click("a[href$='/refuse']").await;
    desk.find("form[action$='/refuse']").await;
    desk.in_every_look("guardians-refuse").await;
}

pub async fn approve(desk: &Browser) {
    desk.click("form[action$='/approve'] button").await;
    desk.see("承認しました").await;
    desk.looked_at("guardians-approved").await;
}

async fn stop(desk: &Browser) {
    desk.click("a[href='/staff/guardians/held']").await;
    desk.see("見られている人の保険証").await;
    desk.in_every_look("guardians-held-card").await;
    fill_card(desk).await;
    desk.click("form[action='/staff/guardians/held'] button").await;
    desk.see("上野 一子").await;
    desk.looked_at("guardians-held").await;
    desk.click("a[href$='/stop']").await;
    desk.see("この代理を止めますか").await;
    desk.in_every_look("guardians-stop").await;
    desk.pick("reason", "kept-away").await;
    desk.click("form[action$='/stop'] button").await;
    desk.see("止めました").await;
    desk.see("あなたが止めたものです").await;
    desk.looked_at("guardians-stopped").await;
}

async fn end(desk: &Browser) {
    desk.in_every_look("guardians-to-end").await;
    desk.click("a[href$='/end']").await;
    desk.see("元には戻せません").await;
    desk.looked_at("guardians-end").await;
    desk.click("form[action$='/end'] button").await;
    desk.see("代理を終えました").await;
}

/// The child's record is not there any more, and the parent is told why.
async fn is_closed(parent: &Browser, state: &str) {
    parent.open(&format!("{PORTAL}/insurance")).await;
    parent.see("この記録は、代理では見られません").await;
    assert!(!parent.text().await.contains("認証 双一郎"), "closed at once");
    parent.click("form[action='/proxies/own'] button").await;
    parent.see("さんのホーム").await;
    parent.open(&format!("{PORTAL}/proxies")).await;
    parent.see(state).await;
    parent.see("会わせないでほしいという届けがある").await;
    parent.check_accessibility().await;
}

#[test]
fn a_parent_reads_on_papers_until_staff_end_it() {
    isolated("guardians::a_parent_reads_on_papers_until_staff_end_it", || {
        crate::run(async {
            let rig = Rig::start();
            let (parent, desk) = (rig.browser().await, rig.another_browser().await);
            let card = rig.insert(PARENT, FRONT);
            parent.open(PORTAL).await;
            parent.sign_in(PIN).await;
            card.remove();
            let code = applied(&parent).await;
            at_the_counter(&rig, &desk, "clerk", async |desk: &Browser| propose(desk, &code).await)
                .await;
            at_the_counter(&rig, &desk, "approver", approve).await;

            parent.open(&format!("{PORTAL}/proxies")).await;
            parent.click("form[action$='/read'] button").await;
            parent.see("「長男」の記録を見ています").await;
            parent.open(&format!("{PORTAL}/insurance")).await;
            parent.see("認証 双一郎").await;
            parent.in_every_look("guardian-reads").await;

            at_the_counter(&rig, &desk, "clerk", stop).await;
            is_closed(&parent, "職員が止めて、確かめています").await;
            at_the_counter(&rig, &desk, "approver", end).await;
            parent.open(&format!("{PORTAL}/proxies")).await;
            parent.see("職員が終えました").await;
            parent.in_every_look("guardian-ended").await;
        });
    });
}

/// The page that answers a form is seen in both schemes and widths without asking for it again.
pub async fn seen_where_it_stands(desk: &Browser, name: &str) {
    for (scheme, width) in [("dark", 390), ("light", 390), ("dark", 1280), ("light", 1280)] {
        let mobile = width == 390;
        let size = json!({
            "width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": mobile,
        });
        desk.tell("Emulation.setDeviceMetricsOverride", size).await;
        let media = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        desk.tell("Emulation.setEmulatedMedia", json!({ "features": media })).await;
        desk.looked_at(&format!("{name}-{scheme}-{width}")).await;
    }
    desk.tell("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

/// The characters that are marked on the page.
async fn marked(desk: &Browser) -> Vec<String> {
    let script = "return [...document.querySelectorAll('mark')].map(e => e.textContent)";
    let marked: Value = desk.page.execute(script, Vec::new()).await.unwrap();
    serde_json::from_value(marked).unwrap()
}

#[test]
fn whoever_decides_a_doubt_compares_by_keyboard() {
    isolated("guardians::whoever_decides_a_doubt_compares_by_keyboard", || {
        crate::run(async {
            let rig = Rig::start();
            let (child, desk) = (rig.browser().await, rig.another_browser().await);
            let card = rig.insert("ninsho-soichiro", FRONT);
            child.open(PORTAL).await;
            child.sign_in(PIN).await;
            card.remove();
            child.open(&format!("{PORTAL}/links")).await;
            child.click("form[action='/links/search'] button").await;
            child.see("職員が確かめています").await;

            let _links = desk.staff(&rig, "links").await;
            desk.open(&format!("{PORTAL}/staff/links")).await;
            desk.find("a[href$='/refuse']").await;
            desk.in_every_look("doubts").await;
            desk.click("a[href$='/refuse']").await;
            desk.find("form[action$='/refuse']").await;
            desk.in_every_look("doubts-refuse").await;
            for (language, title, compare, back) in [
                ("ja", "どこが違うか", "どこが違うか見る", "一覧へ戻る"),
                ("en", "Where they differ", "See where it differs", "Back to the list"),
            ] {
                desk.open(&format!("{PORTAL}/staff/links?lang={language}")).await;
                desk.find("form[action$='/compare'] button").await;
                desk.check_accessibility().await;
                // The second candidate is the twin, whose name differs in one character.
                let mut seen = Vec::new();
                let count = desk.texts_of("form[action$='/compare'] button").await.len();
                assert_eq!(count, 2, "{compare}");
                for place in 0..count {
                    let nth = format!(
                        "e === document.querySelectorAll(\"form[action$='/compare'] button\")[{place}]"
                    );
                    crate::batches::tab_to(&desk, &nth).await;
                    desk.press("\u{E007}").await;
                    desk.find("h1").await;
                    desk.see(title).await;
                    seen.extend(marked(&desk).await);
                    seen_where_it_stands(&desk, &format!("compare-{language}-{place}")).await;
                    press_button(&desk, back).await;
                    desk.find("form[action$='/compare'] button").await;
                }
                assert!(seen.iter().any(|text| text.contains('二')), "{seen:?}");
                assert!(
                    !seen.iter().any(|text| text.contains("認証")),
                    "what is the same: {seen:?}"
                );
            }
        });
    });
}
