//! What the desk does beside checking: prints, scans, looks back, questions; and the insurer's side.

use axum::http::StatusCode;
use warifu_contract::eligibility::Verdict;

use super::peers::Behaviour;
use super::rig::{Answer as _, Browser, Rig};
use crate::samples::desks;

fn asked(rig: &Rig, word: &str) -> Vec<String> {
    let asked = rig.relay.asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with(word)).cloned().collect()
}

/// What stands in the hidden field of that name.
fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(mark.as_str()).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn checked(browser: &mut Browser<'_>) -> String {
    let form = [
        ("insurer", "00000001"),
        ("symbol", "東京"),
        ("number", "001"),
        ("birth", "S55.5.5"),
        ("key", "0123456789abcdef"),
    ];
    browser.post("/desk/check", &form).await.text().await
}

#[tokio::test]
async fn a_label_shows_what_may_be_shown() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let page = checked(&mut browser).await;
    let key = hidden(&page, "answer");
    assert!(asked(&rig, "eligibility")[0].contains(&key), "the key of the check itself");
    let response = browser.post("/desk/label", &[("answer", &key)]).await;
    let cookies = response.headers().get_all("set-cookie");
    assert!(!cookies.iter().any(|line| line.to_str().unwrap().starts_with("label-size")));
    let label = response.text().await;
    for text in
        ["label-62x29", "ウエノ タロウ", "上野 太郎", "昭和55年5月5日", "＊01", "class=\"qr\""]
    {
        assert!(label.contains(text), "{text}");
    }
    assert!(!label.contains("東京・") && !label.contains("・001"), "masked");

    // The desk's own size is kept.
    let form = [("answer", key.as_str()), ("size", "90x38")];
    assert!(browser.post("/desk/label", &form).await.text().await.contains("label-90x38"));
    let again = browser.post("/desk/label", &form[..1]).await.text().await;
    assert!(again.contains("label label-90x38"));
}

#[tokio::test]
async fn a_label_may_show_numbers_where_that_is_the_policy() {
    let rig = Rig::opened(|config| config.desk.label_numbers = crate::Numbers::Full).await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let label = browser.post("/desk/label", &[("answer", "0123456789abcdef")]).await.text().await;
    assert!(label.contains("東京・001"));
}

#[tokio::test]
async fn a_slip_has_the_answer_and_its_code() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let form = [("answer", "0123456789abcdef"), ("paper", "a4")];
    let slip = browser.post("/desk/slip", &form).await.text().await;
    for text in ["slip-a4", "有効な保険資格です", "認証番号", "class=\"qr\"", &desks::slip().text]
    {
        assert!(slip.contains(text), "{text}");
    }
    let rig =
        Rig::with(Behaviour { verdict: Verdict::NumberUnknown, ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let slip = browser.post("/desk/slip", &form).await.text().await;
    assert!(slip.contains("QRコードがありません") && !slip.contains("class=\"qr\""));
}

#[tokio::test]
async fn an_answer_that_is_gone_leads_back_to_the_desk() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    for path in ["/desk/label", "/desk/slip", "/desk/dependant"] {
        let form = [("answer", "gone"), ("place", "0")];
        let back = browser.post(path, &form).await.location();
        assert_eq!(back, "/desk?tap=gone", "{path}");
    }
    assert!(
        browser.get("/desk?tap=gone").await.text().await.contains("結果は、もう残っていません")
    );
}

#[tokio::test]
async fn a_scanned_slip_is_a_check() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    assert!(browser.get("/desk").await.text().await.contains("name=\"slip\""));
    let form = [("slip", " a.b.c\r"), ("key", "k")];
    let page = browser.post("/desk/scan", &form).await.text().await;
    assert!(page.contains("有効な保険資格です"));
    assert!(asked(&rig, "eligibility")[0].contains("\"by\":\"slip\",\"text\":\"a.b.c\""));
    let long = "x".repeat(1001);
    for text in ["", "  ", long.as_str()] {
        let page = browser.post("/desk/scan", &[("slip", text)]).await.text().await;
        assert!(page.contains("QRコードを読めませんでした"));
        assert!(page.contains("aria-current=\"step\""));
    }
    assert_eq!(asked(&rig, "eligibility").len(), 1);
}

#[tokio::test]
async fn where_codes_are_stopped_there_is_no_field_and_a_clear_sentence() {
    let rig = Rig::opened(|config| config.desk.scans_stopped = true).await;
    let mut browser = rig.signed_in("clinic-desk").await;
    assert!(!browser.get("/desk").await.text().await.contains("name=\"slip\""));
    let page = browser.post("/desk/scan", &[("slip", "a.b.c")]).await.text().await;
    assert!(page.contains("QRコード停止中") && !page.contains("確認票のQRコードを読む"));
    let slip = browser.post("/desk/slip", &[("answer", "0123456789abcdef")]).await.text().await;
    assert!(!slip.contains("class=\"qr\""));
    assert!(asked(&rig, "eligibility").is_empty());
}

#[tokio::test]
async fn one_press_prepares_the_check_of_a_dependant() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let page = checked(&mut browser).await;
    assert!(page.contains("上野 一子（妻）を確認"));
    let form = [("answer", "0123456789abcdef"), ("place", "1")];
    let page = browser.post("/desk/dependant", &form).await.text().await;
    assert!(page.contains("value=\"00000001\"") && page.contains("value=\"02\""));
    assert!(page.contains("生年月日をたずねて"), "the birth date is asked");
    assert!(page.contains("id=\"birth\" name=\"birth\" value=\"\""));
    let nobody = browser.post("/desk/dependant", &[("answer", "k"), ("place", "9")]).await;
    assert_eq!(nobody.location(), "/desk?tap=gone");
}

#[tokio::test]
async fn the_second_tap_in_vain_points_to_another_reader() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let current = |page: &str| {
        let (_, rest) = page.split_once("aria-current=\"step\">").unwrap();
        rest.split_once(" <b").unwrap().0.to_owned()
    };
    let page = browser.get("/desk?tap=stopped").await.text().await;
    assert!(current(&page).contains("カードを置き直して"));
    let page = browser.get("/desk?tap=stopped").await.text().await;
    assert!(current(&page).contains("別のリーダー"));
    assert!(!browser.get("/desk").await.text().await.contains("id=\"ladder\""));
}

#[tokio::test]
async fn the_manager_looks_back_and_finds_a_number() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-manager").await;
    let page = browser.get("/desk/history").await.text().await;
    for text in ["確認の履歴", "あなた", "職員 0a1b2c3d", "2件あります", "before=77"]
    {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(page.matches("action=\"/desk/dispute\"").count(), 1, "only what can be questioned");
    let number = desks::number(2).grouped();
    let found = browser.post("/desk/history", &[("number", &number)]).await.text().await;
    assert!(found.contains(&number) && !found.contains(&desks::number(1).grouped()));
    let none = desks::number(99).to_string();
    let none = browser.post("/desk/history", &[("number", &none)]).await.text().await;
    assert!(none.contains("この認証番号の確認はありません"));
    let wrong = browser.post("/desk/history", &[("number", "123")]).await.text().await;
    assert!(wrong.contains("20けたの数字") && wrong.contains("value=\"123\""));
}

#[tokio::test]
async fn an_answer_is_questioned() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let number = desks::number(2).to_string();
    let form = browser.post("/desk/dispute", &[("number", &number)]).await.text().await;
    assert!(form.contains("有効なはずです") && form.contains(&desks::number(2).grouped()));
    let empty = browser.post("/desk/disputes", &[("number", &number)]).await.text().await;
    assert!(empty.contains("どこがおかしいかを選んでください"));
    let with = [
        ("number", number.as_str()),
        ("kind", "should-be-valid"),
        ("text", "番号は1111-1111-1118です"),
    ];
    let refused = browser.post("/desk/disputes", &with).await.text().await;
    assert!(refused.contains("12けたの数字を消してください"));
    assert!(asked(&rig, "dispute").is_empty());
    let with = [("number", number.as_str()), ("kind", "should-be-valid"), ("text", "証は有効")];
    let sent = browser.post("/desk/disputes", &with).await;
    assert_eq!(sent.location(), "/desk/disputes?said=sent");
    assert!(asked(&rig, "dispute")[0].contains("証は有効"));
    let list = browser.get("/desk/disputes?said=sent").await.text().await;
    assert!(list.contains("保険者に送りました") && list.contains("回答は正しい"));
    assert!(!list.contains("返事を書く"), "the answer is the insurer's");
}

#[tokio::test]
async fn the_insurer_answers_or_proposes() {
    let rig = Rig::new().await;
    let number = desks::number(2).to_string();
    for (role, button) in [("insurer-staff", "返事を送る"), ("insurer-media", "案を出す")]
    {
        let mut browser = rig.signed_in(role).await;
        let today = browser.get("/insurer").await.text().await;
        for text in ["1件あります", "1,426", "ふつう 3日おくれ", "春日見本医院"] {
            assert!(today.contains(text), "{text}");
        }
        let list = browser.get("/insurer/disputes").await.text().await;
        assert!(list.contains("案: 回答が違っていたので直した") && list.contains("返事を書く"));
        let form = browser.post("/insurer/dispute", &[("number", &number)]).await.text().await;
        assert!(form.contains(button));
        assert!(form.contains("value=\"corrected\" checked"), "begins with what is proposed");
    }
    let mut browser = rig.signed_in("insurer-staff").await;
    let form = [("number", number.as_str()), ("finding", "confirmed"), ("text", "")];
    let sent = browser.post("/insurer/disputes", &form).await;
    assert_eq!(sent.location(), "/insurer/disputes?said=answered");
    assert!(asked(&rig, "settle")[0].contains("confirmed"));
    let unknown = browser.post("/insurer/dispute", &[("number", desks::number(4).as_str())]).await;
    assert_eq!(unknown.location(), "/insurer/disputes?said=unknown", "it is answered already");
}

#[tokio::test]
async fn staff_learn_whether_their_own_server_is_down_or_the_relay() {
    const PAGES: [&str; 2] = ["/staff/applications", "/staff/applications/city/A1B2C3"];
    let own = "この機関のサーバーに、いまはつながりません";
    let rig = Rig::with(Behaviour { holder_is_down: true, ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("clinic-desk").await;
    for path in PAGES {
        let page = browser.get(path).await.text().await;
        assert!(page.contains(own) && page.contains("システムの担当者"), "{path}: {page}");
        assert!(!page.contains("中継に、いまはつながりません"), "{path}");
    }
    rig.relay.stop();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    for path in PAGES {
        assert!(!browser.get(path).await.text().await.contains(own), "{path}");
    }
}

#[tokio::test]
async fn a_relay_that_is_down_is_said_on_every_page() {
    let rig = Rig::new().await;
    let mut manager = rig.signed_in("clinic-manager").await;
    let mut insurer = rig.signed_in("insurer-staff").await;
    rig.relay.stop();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    for path in ["/desk/history", "/desk/disputes"] {
        let page = manager.get(path).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.text().await.contains("state warn"), "{path}");
    }
    for path in ["/insurer", "/insurer/answers", "/insurer/disputes"] {
        assert!(insurer.get(path).await.text().await.contains("state warn"), "{path}");
    }
}
