//! Proxies in the pages: asked for, taken up, confirmed, looked for, and back to one's own.

use axum::http::StatusCode;
use warifu_contract::mandate::InviteCode;

use super::rig::{Answer as _, Browser, Rig};

const HELD: &str = "abababababababababababababababab";
const GIVEN: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

fn asked(rig: &Rig, start: &str) -> Vec<String> {
    let asked = rig.relay.asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with(start)).cloned().collect()
}

/// The value of the hidden field.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn begin_to_look(browser: &mut Browser<'_>) {
    let answer = browser.post(&format!("/proxies/{HELD}/read"), &[]).await;
    assert_eq!(answer.location(), "/home");
}

#[tokio::test]
async fn somebody_is_asked_by_three_questions_a_summary_and_a_code() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let first = browser.get("/proxies/invite").await.text().await;
    assert!(first.contains("何を見てもらいますか") && first.contains("1 / 3"), "{first}");
    assert!(first.contains("name=\"city/infants\"") && first.contains("乳幼児の健診"), "{first}");
    assert!(!first.contains("hospital/care"), "no proxy sees that");
    let next = "/proxies/invite/next";
    let lacking = browser.post(next, &[("question", "what")]).await.text().await;
    assert!(lacking.contains("一つ以上選んでください"), "{lacking}");
    let mut form = vec![("question", "what"), ("pension", "yes"), ("history", "yes")];
    form.push(("city/infants", "yes"));
    let second = browser.post(next, &form).await.text().await;
    assert!(second.contains("何と呼ばれていますか") && hidden(&second, "pension") == "yes");
    assert_eq!(hidden(&second, "city/infants"), "yes");
    form[0] = ("question", "name");
    form.push(("name", "母"));
    let third = browser.post(next, &form).await.text().await;
    assert!(third.contains("いつまで頼みますか") && hidden(&third, "name") == "母");
    form[0] = ("question", "time");
    form.push(("time", "year"));
    let summary = browser.post(next, &form).await.text().await;
    assert!(summary.contains("この内容で頼みますか") && summary.contains("見られた記録"));
    assert!(summary.contains("乳幼児の健診"), "{summary}");
    assert!(asked(&rig, "invite").is_empty(), "nothing is offered before the yes");
    let key = hidden(&summary, "key");
    form.push(("key", &key));
    let code = browser.post("/proxies/invite", &form).await.text().await;
    assert!(code.contains(&InviteCode::new([7; 16]).grouped()), "{code}");
    assert_eq!(asked(&rig, "invite"), [format!("invite {key} 母 city/infants")]);
}

#[tokio::test]
async fn a_code_shows_what_it_offers_before_it_is_taken_up() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let wrong = browser.post("/proxies/enter", &[("code", "1234")]).await.text().await;
    assert!(wrong.contains("番号が違うようです"), "{wrong}");
    let other = InviteCode::new([8; 16]);
    let dead = browser.post("/proxies/enter", &[("code", other.digits())]).await.text().await;
    assert!(dead.contains("この番号では引き受けられません"), "{dead}");
    let code = InviteCode::new([7; 16]).grouped();
    let offer = browser.post("/proxies/enter", &[("code", &code)]).await.text().await;
    assert!(offer.contains("「母」の代理を引き受けますか"), "{offer}");
    assert!(!offer.contains("value=\"上野 太郎\""), "the card's name does not go to the relay");
    let nameless = [("code", code.as_str()), ("name", " ")];
    let nameless = browser.post("/proxies/accept", &nameless).await.text().await;
    assert!(nameless.contains("呼び名を、40文字まで"), "{nameless}");
    assert!(asked(&rig, "/proxies/accept").is_empty());
    let form = [("code", code.as_str()), ("name", "一子")];
    let answer = browser.post("/proxies/accept", &form).await;
    assert_eq!(answer.location(), "/proxies?said=accepted");
}

#[tokio::test]
async fn home_asks_to_confirm_and_both_steps_are_asked_once_more() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    assert!(browser.get("/home").await.text().await.contains("代理人として確認を待っています"));
    let list = browser.get("/proxies").await.text().await;
    assert!(list.contains(&format!("href=\"/proxies/{GIVEN}/confirm\"")), "{list}");
    let ask = browser.get(&format!("/proxies/{GIVEN}/confirm")).await.text().await;
    assert!(ask.contains("この人で、まちがいありませんか"), "{ask}");
    assert!(ask.contains(&format!("href=\"/proxies/{GIVEN}/end\"")), "no leads to the end");
    let done = browser.post(&format!("/proxies/{GIVEN}/confirm"), &[]).await.location();
    assert!(browser.get(&done).await.text().await.contains("代理が始まりました"));
    let done = browser.post(&format!("/proxies/{HELD}/end"), &[]).await.location();
    assert_eq!(done, "/proxies?said=ended");
    let strange = browser.get("/proxies/..%2fhistory/end").await;
    assert_eq!(strange.location(), "/proxies");
}

#[tokio::test]
async fn whoever_looks_for_another_sees_whose_records_they_are_and_only_those() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    begin_to_look(&mut browser).await;
    let home = browser.get("/home").await.text().await;
    for part in ["「母」の記録を見ています", "「母」の記録", "slot=\"pension\"", "/proxies/own"]
    {
        assert!(home.contains(part), "{part}: {home}");
    }
    for part in
        ["slot=\"checkup\"", "href=\"/checkups\"", "href=\"/consents\"", "上野 太郎 さんのホーム"]
    {
        assert!(!home.contains(part), "{part}: {home}");
    }
    browser.get("/pension").await.text().await;
    let lines = asked(&rig, "records");
    let basis = format!("{{\"by\":\"mandate\",\"id\":\"{HELD}\"}}");
    assert!(lines.len() == 2 && lines.iter().all(|line| line.ends_with(&basis)), "{lines:?}");
    let history = browser.get("/history").await.text().await;
    assert!(history.contains("「母」の記録を、だれが"), "{history}");
    assert!(history.contains("「母」ご自身"), "{history}");
    assert!(!history.contains("/history/proof"), "what one takes home is for the person");
    let bar = browser.get("/session").await.text().await;
    assert!(bar.contains("「母」の記録を見ています"), "on every page");
}

#[tokio::test]
async fn ones_own_matters_wait_until_one_is_back() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    begin_to_look(&mut browser).await;
    for path in ["/consents", "/links", "/proxies", "/history/export", "/history/proof?index=4210"]
    {
        let page = browser.get(path).await;
        assert_eq!(page.status(), 403, "{path}");
        assert!(page.text().await.contains("いまは、「母」の代理で見ています"), "{path}");
    }
    for path in ["/consents", "/proxies/invite", "/proxies/accept"] {
        assert_eq!(browser.post(path, &[]).await.status(), 403, "{path}");
    }
    assert_eq!(browser.post("/proxies/own", &[]).await.location(), "/home");
    let home = browser.get("/home").await.text().await;
    assert!(home.contains("上野 太郎 さんのホーム") && !home.contains("見ています"));
    assert_eq!(browser.get("/consents").await.status(), 200);
    begin_to_look(&mut browser).await;
    let mut again = rig.signed_in("resident").await;
    assert!(
        !again.get("/home").await.text().await.contains("見ています"),
        "a sign-in is one's own"
    );
}

#[tokio::test]
async fn a_proxy_opens_the_declared_services_of_the_mandate() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let list = browser.get("/proxies").await.text().await;
    assert!(list.contains("乳幼児の健診"), "{list}");
    begin_to_look(&mut browser).await;
    let home = browser.get("/home").await.text().await;
    assert!(home.contains("その他の記録を開く"), "{home}");
    let list = browser.get("/services").await.text().await;
    assert!(list.contains("href=\"/services/city/infants\""), "{list}");
    assert!(
        list.contains("代理で見られるものです") && !list.contains("親や後見人のあなたの名前"),
        "{list}"
    );
    assert_eq!(asked(&rig, "/services?").pop(), Some(format!("/services?mandate={HELD}")));
    let page = browser.get("/services/city/infants").await;
    assert_eq!(page.status(), 200);
    let basis = format!("{{\"by\":\"mandate\",\"id\":\"{HELD}\"}}");
    assert_eq!(asked(&rig, "service "), [format!("service city/infants {basis}")]);
    let check = browser.post("/services/city/infants/check", &[]).await;
    assert_eq!(check.status(), 403, "nothing is entered for another");
}

#[tokio::test]
async fn a_guardian_asks_for_declared_services_too() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let form = browser.get("/proxies/guardian").await.text().await;
    assert!(form.contains("name=\"city/infants\"") && !form.contains("hospital/care"), "{form}");
    let key = hidden(&form, "key");
    let form = [
        ("capacity", "parent"),
        ("name", "長男"),
        ("own_name", "母"),
        ("city/infants", "yes"),
        ("key", &key),
    ];
    assert_eq!(browser.post("/proxies/guardian", &form).await.location(), "/proxies?said=applied");
    assert_eq!(asked(&rig, "apply"), ["apply [] [ServiceId(city/infants)]"]);
}

/// The papers and the card without its number.
const PAPERS: [(&str, &str); 7] = [
    ("paper", "family-register"),
    ("dated", "2026-11-01"),
    ("end", "limit"),
    ("insurer", "33333333"),
    ("symbol", "52"),
    ("branch", "02"),
    ("birth", "2015-06-01"),
];
/// Whom the papers name.
const ITEMS: [(&str, &str); 3] =
    [("name", "認証 双一郎"), ("sex", "male"), ("address", "香川県高松市今里町3-7-15")];

#[tokio::test]
async fn the_office_proves_whom_the_papers_name_before_the_relay_looks() {
    let rig = Rig::new().await;
    let code = InviteCode::new([7; 16]).grouped();
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.post("/staff/guardians", &[("code", &code)]).await.text().await;
    for field in ["name", "kana", "sex", "address"] {
        assert!(page.contains(&format!("name=\"{field}\"")), "{field}: {page}");
    }
    let mut send = async |number: &str, items: &[(&str, &str)]| {
        let form = [&PAPERS[..], &[("code", &code), ("number", number)], items].concat();
        browser.post("/staff/guardians/propose", &form).await
    };
    let proved = "/staff/guardians?said=proposed";
    assert_eq!(send("2007", &ITEMS).await.location(), proved);
    assert_eq!(asked(&rig, "propose"), ["propose Some(\"sealed-by-the-office\")"]);
    let asked_office = rig.office.asked();
    assert_eq!(asked_office.len(), 1, "{asked_office:?}");
    assert!(asked_office[0].1.contains("双一郎") && asked_office[0].1.contains("2015-06-01"));

    assert_eq!(send("2007", &[]).await.location(), proved, "insurers alone");
    assert_eq!(asked(&rig, "propose").last().unwrap(), "propose None");
    let half = send("2007", &ITEMS[..1]).await.text().await;
    assert!(half.contains("id=\"address-error\"") && half.contains("value=\"認証 双一郎\""));
    let another = send("another", &ITEMS).await.text().await;
    assert!(another.contains("書類の人と違います"), "{another}");
    let before = asked(&rig, "propose").len();
    for (status, said) in [
        (StatusCode::UNPROCESSABLE_ENTITY, "この人をひとりに決める記録がありません"),
        (StatusCode::SERVICE_UNAVAILABLE, "住民台帳が答えません"),
        (StatusCode::FORBIDDEN, "カード事務局の職員のカード"),
    ] {
        rig.office.refuse_next(status, "office.register-silent");
        let page = send("2007", &ITEMS).await.text().await;
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(asked(&rig, "propose").len(), before, "the relay was not asked");
}
