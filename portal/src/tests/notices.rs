//! Notices as a resident meets them, and what the consortium tells everybody.

use warifu_saml::names::{AC_SMARTCARD, AC_SMARTCARD_PKI, ATTRIBUTE_CARD_UNTIL};
use warifu_service::{execute, fetch_one};

use super::peers::Saying;
use super::rig::{Answer as _, Browser, Rig};

const STAFF: &str = "/staff/announcements";
const UNREAD: &str = "まだ見ていません</span>";

const FORM: [(&str, &str); 9] = [
    ("kind", "outage"),
    ("from", "2026-11-20 09:00"),
    ("until", "2026-11-20 18:00"),
    ("sender_ja", "見本協議会"),
    ("sender_en", "Sample Consortium"),
    ("title_ja", "年金の記録が<b>止まっています"),
    ("title_en", "Pension records are away"),
    ("text_ja", "ほかの記録は見られます。"),
    ("text_en", "All other records can be seen."),
];

fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// Writes the announcement, looks at it, publishes it; its id.
async fn announced(admin: &mut Browser<'_>) -> String {
    let preview = admin.post(&format!("{STAFF}/preview"), &FORM).await.text().await;
    let key = hidden(&preview, "key").to_owned();
    let form: Vec<_> = FORM.into_iter().chain([("key", key.as_str())]).collect();
    for _ in 0..2 {
        let answer = admin.post(STAFF, &form).await;
        assert_eq!(answer.location(), "/staff/announcements?said=published");
    }
    key
}

#[tokio::test]
async fn notices_are_new_once() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let home = browser.get("/home").await.text().await;
    assert_eq!(home.matches("notice-one").count(), 3, "{home}");
    let first = browser.get("/notices").await.text().await;
    let count = first.matches("notice-one").count();
    assert!(count > 5 && first.matches(UNREAD).count() == count, "{first}");
    assert!(first.contains("一子&#60;b&#62;さんが、代理人として確認を待っています"));
    rig.portal.finish().await;
    let again = browser.get("/notices").await.text().await;
    assert_eq!(again.matches("notice-one").count(), count);
    assert!(!again.contains(UNREAD));
    let unread = browser.get("/notices?show=unread").await.text().await;
    assert!(unread.contains("まだ見ていないお知らせはありません"));
    let todo = browser.get("/notices?show=todo").await.text().await;
    let info = browser.get("/notices?show=info").await.text().await;
    let both = todo.matches("notice-one").count() + info.matches("notice-one").count();
    assert_eq!(both, count);
    rig.portal.finish().await;
    let database = rig.database().await;
    let (rows,) = fetch_one!(database.read(), (i64,), "SELECT COUNT(*) FROM seen").unwrap();
    assert_eq!(rows, 2, "the visit at home, and the notices");
}

#[tokio::test]
async fn the_page_leads_to_those_who_tell_something_on_pages_of_their_own() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    for path in ["/notices", "/notices?show=info"] {
        let page = browser.get(path).await.text().await;
        assert!(page.contains("href=\"/services/city/letters\""), "{page}");
        assert!(!page.contains("/services/city/infants"), "it tells nothing");
    }
    let todo = browser.get("/notices?show=todo").await.text().await;
    assert!(!todo.contains("/services/city/letters"), "nothing is to be done there");
}

#[tokio::test]
async fn only_what_was_shown_counts_as_seen() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let todo = browser.get("/notices?show=todo").await.text().await;
    let seen = todo.matches("notice-one").count();
    rig.portal.finish().await;
    let all = browser.get("/notices").await.text().await;
    assert_eq!(all.matches(UNREAD).count(), all.matches("notice-one").count() - seen);
}

#[tokio::test]
async fn without_the_relay_the_consortium_is_still_heard() {
    let rig = Rig::new().await;
    let mut admin = rig.signed_in("consortium-admin").await;
    let mut browser = rig.signed_in("resident").await;
    announced(&mut admin).await;
    rig.relay.stop();
    let page = browser.get("/notices").await.text().await;
    assert!(page.contains("年金の記録が&#60;b&#62;止まっています"), "{page}");
    assert!(page.contains(
        "記録のつながり、代理、だれに見せるか、見られた記録、各機関のお知らせは、いま確かめられません"
    ));
    let home = browser.get("/home").await.text().await;
    assert!(!home.contains("今日することはありません"), "nobody knows that");
}

#[tokio::test]
async fn an_outage_is_announced_and_taken_back() {
    let rig = Rig::new().await;
    let mut admin = rig.signed_in("consortium-admin").await;
    let refused = admin.post(&format!("{STAFF}/preview"), &[("kind", "news")]).await.text().await;
    assert!(refused.contains("id=\"problems\""), "{refused}");
    let id = announced(&mut admin).await;
    let mut anybody = rig.browser();
    let top = anybody.get("/").await.text().await;
    assert!(
        top.contains("年金の記録が&#60;b&#62;止まっています") && top.contains("見本協議会から")
    );
    assert!(anybody.get("/?lang=en").await.text().await.contains("Pension records are away"));
    let list = admin.get(STAFF).await.text().await;
    assert_eq!(list.matches("/withdraw\"").count(), 1, "sent twice, published once");
    let ask = admin.get(&format!("{STAFF}/{id}/withdraw")).await.text().await;
    assert!(ask.contains("このお知らせを取り下げますか"));
    let withdrawn = admin.post(&format!("{STAFF}/{id}/withdraw"), &[]).await;
    assert_eq!(withdrawn.location(), "/staff/announcements?said=withdrawn");
    let again = admin.post(&format!("{STAFF}/{id}/withdraw"), &[]).await;
    assert_eq!(again.location(), "/staff/announcements?said=over");
    assert!(!rig.browser().get("/").await.text().await.contains("年金の記録が"));
    assert!(admin.get(STAFF).await.text().await.contains("取り下げました"));
}

#[tokio::test]
async fn an_announcement_ends_by_itself() {
    let rig = Rig::new().await;
    announced(&mut rig.signed_in("consortium-admin").await).await;
    rig.pass(8 * 3600);
    assert!(!rig.browser().get("/").await.text().await.contains("年金の記録が"));
    rig.pass(401 * 24 * 3600);
    rig.portal.sweep().await.unwrap();
    let database = rig.database().await;
    let sql = "SELECT COUNT(*) FROM announcements";
    assert_eq!(fetch_one!(database.read(), (i64,), sql).unwrap().0, 0);
}

#[tokio::test]
async fn words_that_the_portal_did_not_seal_are_not_shown() {
    let rig = Rig::new().await;
    let id = announced(&mut rig.signed_in("consortium-admin").await).await;
    let database = rig.database().await;
    let sql = "UPDATE announcements SET id = $2 WHERE id = $1";
    execute!(database.write(), sql, id.as_str(), "f".repeat(32)).unwrap();
    let top = rig.browser().get("/").await;
    assert_eq!(top.status(), 200);
    assert!(!top.text().await.contains("年金の記録が"), "moved to another id");
}

#[tokio::test]
async fn nobody_else_announces() {
    let rig = Rig::new().await;
    for role in ["resident", "clinic-desk", "card-clerk", "link-approver", "insurer-operations"] {
        let mut browser = rig.signed_in(role).await;
        assert_eq!(browser.get(STAFF).await.status(), 403, "{role}");
        assert_eq!(browser.post(STAFF, &FORM).await.status(), 403, "{role}");
        let path = format!("{STAFF}/{}/withdraw", "a".repeat(32));
        assert_eq!(browser.post(&path, &[]).await.status(), 403, "{role}");
    }
    assert_eq!(rig.browser().get(STAFF).await.status(), 303, "sign in first");
}

/// Somebody signed in whose identity provider says that of the card.
async fn with_card<'a>(rig: &'a Rig, role: &str, until: &str, class: &'static str) -> Browser<'a> {
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let mut saying = Saying::person(&request, rig.now(), role);
    saying.context_class = class;
    saying.attributes.insert(ATTRIBUTE_CARD_UNTIL, vec![until.to_owned()]);
    let finish = browser.post_assertion(&saying.post_field()).await.location();
    assert_eq!(browser.get(&finish).await.status(), 303);
    browser
}

const ENDS: &str = "カードの電子証明書の期限は、2026年11月20日（令和8年）です";

#[tokio::test]
async fn a_card_that_ends_soon_is_told_before_anything_else_and_until_its_last_day() {
    let rig = Rig::new().await;
    let mut browser = with_card(&rig, "resident", "2026-11-20", AC_SMARTCARD_PKI).await;
    let home = browser.get("/home").await.text().await;
    let first = home.split("class=\"panel notice-one\"").nth(1).unwrap();
    assert!(first.contains(ENDS) && first.contains("href=\"/help#card\""), "{home}");
    assert!(first.contains("していただくこと") && first.contains("本人確認の書類"));
    assert!(browser.get("/notices?show=todo").await.text().await.contains(ENDS));
    assert!(browser.get("/settings").await.text().await.contains(ENDS));
    assert!(!browser.get("/insurance").await.text().await.contains(ENDS), "once is enough");
    let help = browser.get("/help").await.text().await;
    assert!(help.contains("id=\"card\"") && help.contains("お持ちいただくもの"));
    let mut over = with_card(&rig, "resident", "2026-11-19", AC_SMARTCARD_PKI).await;
    assert!(!over.get("/notices").await.text().await.contains("カードの電子証明書の期限は"));
}

#[tokio::test]
async fn whoever_gets_no_records_is_told_all_the_same() {
    let rig = Rig::new().await;
    let mut felica = with_card(&rig, "resident", "2026-11-20", AC_SMARTCARD).await;
    for path in ["/home", "/notices"] {
        let page = felica.get(path).await.text().await;
        assert_eq!(page.matches(ENDS).count(), 1, "{path}: {page}");
    }
}

#[tokio::test]
async fn staff_are_told_where_they_begin() {
    let rig = Rig::new().await;
    for (role, start, other) in [
        ("clinic-desk", "/desk", "/desk/batch"),
        ("insurer-operations", "/insurer", "/insurer/answers"),
        ("card-clerk", "/office", "/office/new"),
        ("call-centre", "/office/calls", "/help"),
        ("consortium-admin", "/staff/links", STAFF),
    ] {
        let mut staff = with_card(&rig, role, "2026-11-20", AC_SMARTCARD_PKI).await;
        let page = staff.get(start).await.text().await;
        assert_eq!(page.matches(ENDS).count(), 1, "{role}: {page}");
        assert!(!staff.get(other).await.text().await.contains(ENDS), "{role}");
    }
}

#[tokio::test]
async fn what_is_no_day_is_no_notice() {
    let rig = Rig::new().await;
    for until in ["", "soon", "2026-11-31", "2026-11-20T00:00:00Z", "20261120", "+002026-11-20"] {
        let mut browser = with_card(&rig, "resident", until, AC_SMARTCARD_PKI).await;
        let page = browser.get("/notices").await.text().await;
        assert!(page.contains("notice-one") && !page.contains("電子証明書の期限は"), "{until}");
    }
}
