//! The card office's pages: the real router, and an office at the other end of the wire.

use axum::body::Body;
use axum::http::{Method, Response, StatusCode, header};
use warifu_contract::card_office::{Card, Possibility, Stage};
use warifu_saml::names::{AC_SMARTCARD, ATTRIBUTE_ENTITLEMENT, ATTRIBUTE_PAIRWISE_ID};

use super::peers::{OFFICE_TICKET, Saying};
use super::rig::{Answer as _, Browser, Rig};
use crate::samples::office::{ID, card};

const CARD: &str = "/office/cards/A7K2-9QXM";

const APPLICATION: [(&str, &str); 8] = [
    ("channel", "paper"),
    ("name", "上野　太郎"),
    ("kana", "うえの たろう"),
    ("birth", "昭和55年5月5日"),
    ("sex", "male"),
    ("address", "香川県高松市見本町1-2-3"),
    ("phone", "087-839-2011"),
    ("consent", "yes"),
];

/// What stands in the hidden field of that name.
fn hidden(page: &str, name: &str) -> String {
    let at = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name).1;
    at.split_once('"').unwrap().0.to_owned()
}

/// The form on `path`, with `fields` filled in, sent.
async fn send(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Response<Body> {
    let page = browser.get(path).await.text().await;
    send_from(browser, &page, path, fields).await
}

/// The same from a page that was shown before.
async fn send_from(
    browser: &mut Browser<'_>,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> Response<Body> {
    let stamp = hidden(page, "stamp");
    let version =
        if page.contains("name=\"version\"") { hidden(page, "version") } else { String::new() };
    let mut form = fields.to_vec();
    form.extend([("stamp", stamp.as_str()), ("version", version.as_str())]);
    browser.post(path, &form).await
}

/// Signs in again in the same browser, as the same person, and follows to the page.
async fn sign_in_again(rig: &Rig, browser: &mut Browser<'_>, role: &str, login: &str) -> String {
    let request = browser.begin(login).await;
    let field = Saying::person(&request, rig.now(), role).post_field();
    let finish = browser.post_assertion(&field).await.location();
    browser.get(&finish).await.location()
}

#[tokio::test]
async fn each_kind_of_staff_begins_where_its_work_is() {
    let rig = Rig::new().await;
    let page = rig.signed_in("card-clerk").await.get("/office").await.text().await;
    assert!(page.contains("受付: 今日の仕事"));
    let page = rig.signed_in("card-approver").await.get("/office").await.text().await;
    assert!(page.contains("本人確認済: 今日の仕事") && !page.contains("/office/new"));
    let mut call = rig.signed_in("call-centre").await;
    assert_eq!(call.get("/office").await.location(), "/office/calls");
    let asked: Vec<_> = rig.office.asked().into_iter().map(|(_, what)| what).collect();
    assert_eq!(asked, [" stage=applied", " stage=proved"]);
}

#[tokio::test]
async fn lists_go_on_by_the_offices_cursor() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.get("/office?stage=sent").await.text().await;
    let next = "/office?stage=sent&#38;cursor=1700000000000000.A7K29QXM";
    assert!(page.contains(next), "{page}");
    browser.get(&next.replace("&#38;", "&")).await;
    assert_eq!(rig.office.asked()[1].1, " stage=sent&cursor=1700000000000000.A7K29QXM");
}

#[tokio::test]
async fn an_application_becomes_a_card() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.get("/office/new").await.text().await;
    let answer = send_from(&mut browser, &page, "/office/new", &APPLICATION).await;
    assert_eq!(answer.location(), CARD);
    let shown = browser.get(CARD).await.text().await;
    assert!(shown.contains("申請を受け付けました") && shown.contains("上野 太郎 さんのカード"));
    assert!(!browser.get(CARD).await.text().await.contains("申請を受け付けました"), "said once");
    send_from(&mut browser, &page, "/office/new", &APPLICATION).await;
    let asked = rig.office.asked();
    let sent: Vec<_> = asked.iter().filter(|(call, _)| call == "POST /cards").collect();
    assert_eq!(sent[0], sent[1], "sent twice, the same application under the same key");
    for text in ["\"ウエノ タロウ\"", "\"1980-05-05\"", "\"consent\":true", "\"male\""] {
        assert!(sent[0].1.contains(text), "{}", sent[0].1);
    }
    let key = sent[0].1.split_once(' ').unwrap().0;
    assert!((16..=64).contains(&key.len()));
}

#[tokio::test]
async fn a_mistyped_application_comes_back_whole() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let fields = [("name", "上野 太郎"), ("birth", "5月5日"), ("channel", "paper")];
    let page = send(&mut browser, "/office/new", &fields).await.text().await;
    for text in ["href=\"#birth\"", "href=\"#consent\"", "value=\"5月5日\"", "value=\"上野 太郎\""]
    {
        assert!(page.contains(text), "{text}");
    }
    assert!(rig.office.asked().is_empty());
}

#[tokio::test]
async fn what_the_office_will_not_take_is_said_and_nothing_is_lost() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    rig.office.refuse_next(StatusCode::UNPROCESSABLE_ENTITY, "office.unprintable");
    let answer = send(&mut browser, "/office/new", &APPLICATION).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await;
    for text in ["窓口の言葉", "窓口の助言", "office.unprintable", "value=\"昭和55年5月5日\""]
    {
        assert!(page.contains(text), "{text}");
    }
    rig.office.stop();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let answer = send_from(&mut browser, &page, "/office/new", &APPLICATION).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    let page = answer.text().await;
    assert!(page.contains("office.down") && page.contains("value=\"昭和55年5月5日\""));
}

#[tokio::test]
async fn an_order_goes_with_the_version_that_was_seen() {
    let rig = Rig::new().await;
    rig.office.put(Card {
        possible: vec![Possibility { action: "approve".into(), refused: None }],
        ..card(Stage::Proved)
    });
    let mut browser = rig.signed_in("card-approver").await;
    let page = browser.get(CARD).await.text().await;
    let answer = send_from(&mut browser, &page, &format!("{CARD}/approve"), &[]).await;
    assert_eq!(answer.location(), CARD);
    assert!(browser.get(CARD).await.text().await.contains("発券を指示しました"));
    let asked = rig.office.asked();
    let acted = asked.iter().find(|(call, _)| call == "POST /cards/{id}/actions").unwrap();
    assert_eq!(acted.1, "\"7\" {\"action\":\"approve\"}");
}

#[tokio::test]
async fn whoever_is_slower_sees_who_was_faster() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Active));
    let mut browser = rig.signed_in("card-clerk").await;
    let path = format!("{CARD}/revoke");
    let page = browser.get(&path).await.text().await;
    assert!(page.contains("失効したカードは、二度と使えません"), "what cannot be undone");
    rig.office.put(Card { version: 9, ..card(Stage::Suspended) });
    let answer = send_from(&mut browser, &page, &path, &[("reason", "lost")]).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await;
    assert!(page.contains("ほかの担当者が、先に進めました"));
    assert!(page.contains("name=\"version\" value=\"9\"") || page.contains("一時停止"));
    assert_eq!(rig.office.card(ID).stage, Stage::Suspended, "nothing was done");
}

#[tokio::test]
async fn a_refusal_is_said_where_the_deed_was_asked() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Personalised));
    let mut browser = rig.signed_in("card-clerk").await;
    let path = format!("{CARD}/send");
    let page = browser.get(&path).await.text().await;
    let short = send_from(&mut browser, &page, &path, &[("tracking", "12")]).await.text().await;
    assert!(short.contains("aria-invalid=\"true\" aria-describedby=\"tracking-error\""));
    rig.office.asked();
    rig.office.refuse_next(StatusCode::FORBIDDEN, "office.same-person");
    let fields = [("tracking", "1234-5678-9012")];
    let answer = send_from(&mut browser, &page, &path, &fields).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let page = answer.text().await;
    assert!(page.contains("ご自分が受け付けや確認をした") && page.contains("office.same-person"));
    assert!(page.contains("value=\"1234-5678-9012\""), "what was typed stays");
}

#[tokio::test]
async fn a_deed_that_is_not_possible_leads_back_to_the_card() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Proved));
    let mut browser = rig.signed_in("card-clerk").await;
    assert_eq!(browser.get(&format!("{CARD}/approve")).await.location(), CARD);
    assert_eq!(browser.get(&format!("{CARD}/levitate")).await.status(), StatusCode::NOT_FOUND);
    let other = browser.get("/office/cards/B3M4-7TRW").await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    assert!(other.text().await.contains("office.none"));
    let odd = browser.get("/office/cards/%2e%2e%2fbatches").await;
    assert_eq!(odd.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_end_of_a_person_is_said_of_every_card_that_is_not_over() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Active));
    let mut browser = rig.signed_in("card-clerk").await;
    let path = format!("{CARD}/person-ended");
    assert!(browser.get(CARD).await.text().await.contains(&path));
    let answer = send(&mut browser, &path, &[("why", "deceased")]).await;
    assert_eq!(answer.location(), CARD);
    let asked = rig.office.asked();
    let ended = asked.iter().find(|(call, _)| call.ends_with("person-ended")).unwrap();
    assert!(ended.1.contains("Deceased"));
    rig.office.put(card(Stage::Destroyed));
    assert!(!browser.get(CARD).await.text().await.contains(&path));
}

#[tokio::test]
async fn papers_are_files_and_the_letter_is_asked_for_first() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Personalised));
    let mut browser = rig.signed_in("card-clerk").await;
    let face = browser.get(&format!("{CARD}/face.pdf")).await;
    assert_eq!(face.headers()[header::CONTENT_TYPE], "application/pdf");
    let name = "attachment; filename=\"face-A7K2-9QXM.pdf\"";
    assert_eq!(face.headers()[header::CONTENT_DISPOSITION], name);
    assert_eq!(face.headers()[header::CACHE_CONTROL], "no-store");
    assert!(face.text().await.starts_with("%PDF-"));
    for other in [format!("{CARD}/cover.pdf"), "/office/batches/20261120-3f/faces.pdf".into()] {
        assert!(browser.get(&other).await.text().await.starts_with("%PDF-"), "{other}");
    }
    let path = format!("{CARD}/letter");
    let page = browser.get(&path).await.text().await;
    assert!(page.contains("1回だけです"));
    let printed =
        |rig: &Rig| rig.office.asked().iter().any(|(_, what)| what.contains("letter.pdf"));
    assert!(!printed(&rig), "looking does not print");
    let letter = send_from(&mut browser, &page, &path, &[]).await;
    assert!(letter.text().await.starts_with("%PDF-"));
    assert!(printed(&rig));
    rig.office.refuse_next(StatusCode::CONFLICT, "office.letter-printed");
    let again = send_from(&mut browser, &page, &path, &[]).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    assert!(again.text().await.contains("刷り直しは、承認者に"));
}

#[tokio::test]
async fn a_search_leaves_nothing_in_an_address() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Active));
    let mut browser = rig.signed_in("card-clerk").await;
    let fields = [("name", "上野 太郎"), ("birth", "S55.5.5")];
    assert_eq!(send(&mut browser, "/office/search", &fields).await.location(), CARD);
    let other = Card { id: "B3M4-7TRW".into(), ..card(Stage::Revoked) };
    rig.office.put(other);
    let page = send(&mut browser, "/office/search", &fields).await.text().await;
    assert!(page.contains(CARD) && page.contains("/office/cards/B3M4-7TRW"));
    assert!(page.contains("value=\"S55.5.5\""));
    let asked = rig.office.asked();
    assert!(asked[0].1.contains("\"birth_date\":\"1980-05-05\""));
    let page = send(&mut browser, "/office/search", &[]).await.text().await;
    assert!(page.contains("番号か、氏名と生年月日を入れてください"));
}

#[tokio::test]
async fn cards_that_are_to_be_renewed_are_a_list_of_their_own() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.get("/office?stage=ending&cursor=A7K2-9QXM").await.text().await;
    assert!(page.contains("<h2 id=\"list-title\">更新が近いカード</h2>"), "{page}");
    let asked = rig.office.asked();
    let (call, query) = asked.last().unwrap();
    assert_eq!((call.as_str(), query.trim()), ("GET /cards/ending", "cursor=A7K2-9QXM"));
}

#[tokio::test]
async fn the_history_is_shown() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Suspended));
    let mut browser = rig.signed_in("card-approver").await;
    let page = browser.get(&format!("{CARD}/history")).await.text().await;
    assert!(page.contains("発券を指示しました") && page.contains("コールセンター"));
}

const ANSWERS: [(&str, &str); 6] = [
    ("name", "上野 太郎"),
    ("birth", "1980-05-05"),
    ("sex", "male"),
    ("address", "高松市見本町1-2-3"),
    ("second", "7746"),
    ("kana", ""),
];

#[tokio::test]
async fn a_caller_who_is_not_known_hears_nothing() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Active));
    let mut browser = rig.signed_in("call-centre").await;
    let page = send(&mut browser, "/office/calls", &ANSWERS).await.text().await;
    assert!(page.contains("本人と確かめられませんでした") && !page.contains(ID));
    assert_eq!(browser.get("/office/calls/person").await.location(), "/office/calls");
    let stop = format!("/office/calls/stop/{ID}");
    assert_eq!(browser.get(&stop).await.location(), "/office/calls");
    let forced = send_from(&mut browser, &page, &stop, &[("reason", "lost")]).await;
    assert_eq!(forced.location(), "/office/calls");
    rig.office.refuse_next(StatusCode::TOO_MANY_REQUESTS, "office.too-many-calls");
    let answer = send(&mut browser, "/office/calls", &ANSWERS).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(rig.office.card(ID).stage, Stage::Active);
}

#[tokio::test]
async fn a_lost_card_is_stopped_at_once_even_while_others_work_on_it() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Active));
    rig.office.know_the_caller();
    let mut browser = rig.signed_in("call-centre").await;
    let next = send(&mut browser, "/office/calls", &ANSWERS).await.location();
    assert_eq!(next, "/office/calls/person");
    let page = browser.get(&next).await.text().await;
    assert!(page.contains("このカードを今すぐ止める"));
    rig.office.asked();
    let stop = format!("/office/calls/stop/{ID}");
    rig.office.put(Card { version: 30, ..card(Stage::Active) });
    let done = send_from(&mut browser, &page, &stop, &[("reason", "lost")]).await.location();
    assert_eq!(done, "/office/calls/stopped");
    assert_eq!(rig.office.card(ID).stage, Stage::Suspended);
    assert!(rig.office.asked().contains(&(
        "POST /cards/{id}/actions".into(),
        "\"30\" {\"action\":\"suspend\",\"reason\":\"lost\"}".into()
    )));
    let page = browser.get(&done).await.text().await;
    for text in ["カードを止めました", "再発行の申し込み", "もどせるのは、承認者だけ"]
    {
        assert!(page.contains(text), "{text}");
    }
    let end = send_from(&mut browser, &page, "/office/calls/end", &[]).await;
    assert_eq!(end.location(), "/office/calls");
    assert_eq!(browser.get(&done).await.location(), "/office/calls", "nothing stays");
}

#[tokio::test]
async fn a_batch_is_watched_until_it_is_done() {
    use futures::StreamExt as _;
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.get("/office/batches").await.text().await;
    assert!(page.contains("発券を待っているカード 1,204枚"));
    let next = send_from(&mut browser, &page, "/office/batches", &[]).await.location();
    assert_eq!(next, "/office/batches/20261120-3f");
    rig.office.batch_is(412, 3);
    let response = browser.get(&next).await;
    let mut body = response.into_body().into_data_stream();
    let mut heard = String::new();
    while !heard.contains("415 / 1000") {
        heard.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }
    rig.office.batch_is(997, 3);
    let rest = async {
        while let Some(piece) = body.next().await {
            heard.push_str(&String::from_utf8_lossy(&piece.unwrap()));
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), rest).await.expect("comes to its end");
    assert!(heard.contains("1000 / 1000") && heard.ends_with("</html>"));
    assert_eq!(heard.matches("class=\"batch-state\"").count(), 2, "one part for each change");
}

#[tokio::test]
async fn a_form_sent_after_the_ticket_ended_comes_back_filled() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.get("/office/new").await.text().await;
    for _ in 0..5 {
        rig.pass(13 * 60);
        browser.get("/help").await;
    }
    let login = send_from(&mut browser, &page, "/office/new", &APPLICATION).await.location();
    assert_eq!(login, "/login?to=/office/new");
    assert!(rig.office.asked().is_empty());
    let next = sign_in_again(&rig, &mut browser, "card-clerk", &login).await;
    assert_eq!(next, "/office/new");
    let page = browser.get(&next).await.text().await;
    for text in
        ["入力した内容を、とってあります", "value=\"昭和55年5月5日\"", "value=\"上野　太郎\""]
    {
        assert!(page.contains(text), "{text}");
    }
    assert!(!browser.get(&next).await.text().await.contains("昭和55年"), "given back once");
    let answer = send_from(&mut browser, &page, "/office/new", &APPLICATION).await;
    assert_eq!(answer.location(), CARD);
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_comes_back_to_the_same_person_only() {
    let rig = Rig::new().await;
    for same in [true, false] {
        let mut browser = rig.signed_in("card-clerk").await;
        let page = browser.get("/office/new").await.text().await;
        rig.pass(16 * 60);
        let login = send_from(&mut browser, &page, "/office/new", &APPLICATION).await.location();
        let request = browser.begin(&login).await;
        let mut saying = Saying::person(&request, rig.now(), "card-clerk");
        if !same {
            let other = "zzzcaibaeqcaibaeqcaibaeqcaibaeqc@idp.example".to_owned();
            saying.attributes.insert(ATTRIBUTE_PAIRWISE_ID, vec![other]);
        }
        let finish = browser.post_assertion(&saying.post_field()).await.location();
        let next = browser.get(&finish).await.location();
        let page = browser.get(&next).await.text().await;
        assert_eq!(page.contains("value=\"昭和55年5月5日\""), same);
    }
}

#[tokio::test]
async fn a_form_without_a_stamp_of_ours_is_never_kept_nor_taken() {
    let rig = Rig::new().await;
    let mut nobody = rig.browser();
    let login = nobody.post("/office/new", &APPLICATION).await.location();
    assert_eq!(login, "/login?to=/office/new");
    assert!(!nobody.cookies.contains_key("__Host-portal"), "no session for it");
    let mut clerk = rig.signed_in("card-clerk").await;
    for form in [&APPLICATION[..], &[("stamp", "AAAA")], &[]] {
        let answer = clerk.post("/office/new", form).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.text().await.contains("office.form"));
    }
    let request = clerk
        .request(Method::POST, "/office/new")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = clerk.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(rig.office.asked().is_empty());
}

#[tokio::test]
async fn a_refused_ticket_leads_through_the_sign_in_once() {
    let rig = Rig::new().await;
    rig.office.put(card(Stage::Active));
    let mut browser = rig.signed_in("card-clerk").await;
    let path = "/office?stage=sent";
    rig.office.refuse_next(StatusCode::UNAUTHORIZED, "ticket.ended");
    let answer = browser.get(path).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "just signed in: no better by another");
    assert!(answer.text().await.contains("office.ticket"));
    rig.pass(5 * 60);
    rig.office.refuse_next(StatusCode::UNAUTHORIZED, "ticket.ended");
    let login = browser.get(path).await.location();
    assert_eq!(login, "/login?to=/office%3Fstage%3Dsent");
    assert_eq!(sign_in_again(&rig, &mut browser, "card-clerk", &login).await, path);
    rig.pass(5 * 60);
    let page = browser.get(&format!("{CARD}/revoke")).await.text().await;
    rig.office.refuse_next(StatusCode::UNAUTHORIZED, "ticket.ended");
    let revoke = format!("{CARD}/revoke");
    let answer = send_from(&mut browser, &page, &revoke, &[("reason", "stolen")]).await;
    let login = answer.location();
    assert_eq!(sign_in_again(&rig, &mut browser, "card-clerk", &login).await, revoke);
    let page = browser.get(&revoke).await.text().await;
    assert!(page.contains("value=\"stolen\" checked"), "the form has waited");
}

/// What an identity provider says otherwise, and what the page then says.
type Case = (fn(&mut Saying), &'static str);

#[tokio::test]
async fn only_the_highest_level_with_a_ticket_opens_the_office() {
    let rig = Rig::new().await;
    let cases: [Case; 2] = [
        (|one| one.context_class = AC_SMARTCARD, "カードと暗証番号でのログインが要ります"),
        (
            |one| drop(one.attributes.remove(OFFICE_TICKET)),
            "このログインでは、カード発行の仕事はできません",
        ),
    ];
    for (change, expected) in cases {
        let mut browser = rig.browser();
        let request = browser.begin("/login?to=/office").await;
        let mut saying = Saying::person(&request, rig.now(), "card-clerk");
        change(&mut saying);
        let finish = browser.post_assertion(&saying.post_field()).await.location();
        assert_eq!(browser.get(&finish).await.location(), "/office");
        let answer = browser.get("/office").await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.text().await.contains(expected));
    }
    assert!(rig.office.asked().is_empty());
}

#[tokio::test]
async fn a_resident_who_is_staff_too_finds_both() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let mut saying = Saying::person(&request, rig.now(), "card-clerk");
    let roles = ["urn:warifu:role:resident", "urn:warifu:role:card-clerk"];
    saying.attributes.insert(ATTRIBUTE_ENTITLEMENT, roles.map(str::to_owned).into());
    let finish = browser.post_assertion(&saying.post_field()).await.location();
    assert_eq!(browser.get(&finish).await.location(), "/home");
    assert!(browser.get("/help").await.text().await.contains("href=\"/office\""));
    assert!(browser.get("/office").await.text().await.contains("href=\"/home\""));
}

#[tokio::test]
async fn nobody_else_can_stand_in_for_the_office() {
    let rig = Rig::with_office_of(&super::pki::RELAY).await;
    let answer = rig.signed_in("card-clerk").await.get("/office").await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(answer.text().await.contains("office.down"));
    assert!(rig.office.asked().is_empty());
}

#[tokio::test]
async fn a_portal_without_an_office_says_so() {
    let rig = Rig::without_office().await;
    let answer = rig.signed_in("card-clerk").await.get("/office").await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.text().await.contains("このポータルでは、カード発行の仕事はできません"));
}

#[tokio::test]
async fn neither_ticket_nor_form_stands_in_the_database() {
    if std::env::var_os("WARIFU_TEST_POSTGRES").is_some() {
        return; // Its files are not ours to read.
    }
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("card-clerk").await;
    let page = browser.get("/office/new").await.text().await;
    rig.pass(16 * 60);
    send_from(&mut browser, &page, "/office/new", &APPLICATION).await.location();
    let mut bytes = Vec::new();
    for file in ["portal.db", "portal.db-wal"] {
        bytes.extend(std::fs::read(rig.folder.path().join(file)).unwrap_or_default());
    }
    assert!(bytes.len() > 4096);
    for secret in ["ticket-to-the-office", "上野　太郎", "%E4%B8%8A%E9%87%8E", "087-839-2011"]
    {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}
