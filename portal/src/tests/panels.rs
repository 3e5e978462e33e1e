//! A resident's pages: panels in order of arrival, each with its own fate.

use std::time::Duration;

use futures::StreamExt as _;
use warifu_contract::records::{DisplayName, Service};
use warifu_service::{execute, fetch_one};

use super::peers::{Behaviour, failed};
use super::rig::{Answer as _, Rig};
use crate::samples;

fn ready(service: Service) -> warifu_contract::records::Panel {
    samples::panel(service, samples::ready(service))
}

#[tokio::test]
async fn the_frame_comes_at_once_and_panels_as_they_arrive() {
    let behaviour = Behaviour {
        panels: vec![
            (200, ready(Service::Pension)),
            (200, ready(Service::Insurance)),
            (0, failed(Service::Checkup, "source.down")),
        ],
        ..Behaviour::default()
    };
    let rig = Rig::with(behaviour).await;
    let mut browser = rig.signed_in("resident").await;
    let mut pieces = browser.get("/home").await.into_body().into_data_stream();
    let first = tokio::time::timeout(Duration::from_millis(100), pieces.next()).await;
    let first = String::from_utf8(first.unwrap().unwrap().unwrap().to_vec()).unwrap();
    for text in ["<slot name=\"insurance\">", "年金の記録を待っています", "shadowrootmode=\"open\""]
    {
        assert!(first.contains(text), "{text}");
    }
    assert!(!first.contains("slot=\"pension\""));
    let mut rest = String::new();
    while let Some(piece) = pieces.next().await {
        rest.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
    }
    let place = |text: &str| rest.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place("slot=\"pension\"") < place("slot=\"insurance\""));
    assert!(place("slot=\"insurance\"") < place("slot=\"checkup\""));
    assert!(place("見本保健センターに、いまはつながりません") > place("slot=\"checkup\""));
    assert!(rest.contains("href=\"/checkups\""), "its own address to ask again");
    assert!(rest.contains("slot=\"history\""));
    assert!(rest.trim_end().ends_with("</html>"));
}

#[tokio::test]
async fn proofs_and_the_key_are_saved_as_files() {
    let rig = Rig::with(Behaviour::default()).await;
    let mut browser = rig.signed_in("resident").await;
    for (path, name) in [
        ("/history/proof?index=4210", "warifu-4210.tlog-proof"),
        ("/history/export", "warifu-history.jsonl"),
        ("/history/key", "warifu-log.vkey"),
    ] {
        let answer = browser.get(path).await;
        let saved = format!("attachment; filename=\"{name}\"");
        assert_eq!(answer.headers()["content-disposition"], saved.as_str());
    }
    let erased = browser.get("/history/proof?index=12").await;
    assert_eq!(erased.status(), 404);
    let page = browser.get("/history").await.text().await;
    for part in ["href=\"/history/proof?index=4210\"", "あなたの 2件目", "href=\"/history/export\""]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[tokio::test]
async fn what_the_relay_leaves_out_is_said() {
    let behaviour =
        Behaviour { panels: vec![(0, ready(Service::Insurance))], ..Behaviour::default() };
    let rig = Rig::with(behaviour).await;
    let page = rig.signed_in("resident").await.get("/home").await.text().await;
    for slot in ["insurance", "expenses", "checkup", "pension"] {
        assert_eq!(page.matches(&format!("slot=\"{slot}\"")).count(), 1, "{slot}");
    }
    assert_eq!(page.matches("記録の中継に、いまはつながりません").count(), 3);
}

#[tokio::test]
async fn every_holder_of_a_record_is_shown() {
    let mut other = ready(Service::Insurance);
    let name = DisplayName { ja: "別の見本保険者".into(), en: "Another insurer".into() };
    other.source = Some(name);
    let behaviour = Behaviour {
        panels: vec![(0, ready(Service::Insurance)), (0, other)],
        ..Behaviour::default()
    };
    let rig = Rig::with(behaviour).await;
    let mut browser = rig.signed_in("resident").await;
    for path in ["/home", "/insurance"] {
        let page = browser.get(path).await.text().await;
        for name in ["東京見本健康保険組合", "別の見本保険者"] {
            assert!(page.contains(name), "{path} {name}");
        }
    }
    let csv = browser.post("/mydata/csv", &[]).await.text().await;
    assert!(csv.contains("東京見本健康保険組合") && csv.contains("別の見本保険者"), "{csv}");
}

#[tokio::test]
async fn two_holders_on_a_page_have_no_id_in_common() {
    let panels =
        Service::ALL.into_iter().flat_map(|service| [(0, ready(service)), (0, ready(service))]);
    let rig = Rig::with(Behaviour { panels: panels.collect(), ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("resident").await;
    let mut pages = Vec::new();
    for path in ["/home", "/insurance", "/expenses", "/checkups", "/pension", "/expenses/deduction"]
    {
        pages.push((path, browser.get(path).await.text().await));
    }
    let sheet = browser.post("/expenses/deduction", &[("act", "print")]).await.text().await;
    pages.push(("the sheet", sheet));
    pages.push(("all of them", browser.post("/mydata/print", &[]).await.text().await));
    for (path, page) in pages {
        let (_, shadowed) = page.split_once("</template>").unwrap();
        let ids = shadowed.split(" id=\"").skip(1);
        let mut ids: Vec<_> = ids.filter_map(|rest| rest.split('"').next()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{path}: {ids:?}");
    }
}

#[tokio::test]
async fn the_page_ends_before_the_visit_is_remembered() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    browser.get("/home").await.text().await;
    rig.portal.finish().await;
    let database = rig.database().await;
    // Who holds the row lets nobody else write it.
    let mut hold = database.begin().await.unwrap();
    execute!(hold.on(), "UPDATE seen SET expires_at = 0").unwrap();
    let page = browser.get("/home").await.text().await;
    assert!(page.trim_end().ends_with("</html>"), "{page}");
    drop(hold);
    rig.portal.finish().await;
    let sql = "SELECT COUNT(*) FROM seen WHERE expires_at > 0";
    assert_eq!(fetch_one!(database.read(), (i64,), sql).unwrap().0, 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_so_of_every_service() {
    let panels = vec![(0, ready(Service::Insurance))];
    let rig = Rig::with(Behaviour { panels, breaks_off: true, ..Behaviour::default() }).await;
    let page = rig.signed_in("resident").await.get("/insurance").await.text().await;
    assert!(page.contains("東京見本健康保険組合"), "what came is shown");
    assert!(page.contains("記録の中継に、いまはつながりません"), "another may have been to come");
}

#[tokio::test]
async fn a_relay_that_is_down_costs_the_panels_and_nothing_else() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    rig.relay.stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let page = browser.get("/home").await.text().await;
    assert!(page.contains("上野 太郎 さんのホーム"));
    assert_eq!(page.matches("記録の中継に、いまはつながりません").count(), 5);
    assert!(!page.contains("今日することはありません"), "nobody knows");
    assert!(page.contains("のお知らせは、いま確かめられません"), "{page}");
}

#[tokio::test]
async fn a_refused_ticket_leaves_the_person_signed_in() {
    let rig = Rig::with(Behaviour { refuses: true, ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("resident").await;
    assert_eq!(browser.get_json("/session").await["records"], false);
    assert!(browser.get("/home").await.text().await.contains("記録の中継につながりませんでした"));
}

#[tokio::test]
async fn each_record_has_its_own_page() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let insurance = browser.get("/insurance").await.text().await;
    assert!(insurance.contains("東京見本健康保険組合"));
    let checkups = browser.get("/checkups?on=2024-10-08").await.text().await;
    assert!(checkups.contains("2024年10月8日（令和6年）"));
    assert!(checkups.contains("<svg class=\"chart\""));
    let newest = browser.get("/checkups?on=rubbish").await.text().await;
    assert!(newest.contains("2026年10月8日（令和8年）"));
    let pension = browser.get("/pension").await.text().await;
    assert!(pension.contains("見本のデータです"));
    let history = browser.get("/history?before=4100").await.text().await;
    assert!(history.contains("最新にもどる"));
    let english = browser.get("/insurance?lang=en").await.text().await;
    assert!(english.contains("Valid, with no end date"));
}

#[tokio::test]
async fn access_that_has_run_out_asks_for_another_sign_in() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    rig.pass(601);
    let page = browser.get("/insurance").await.text().await;
    assert!(page.contains("記録を見られる時間が終わりました"));
}

#[tokio::test]
async fn a_consent_is_given_after_its_summary() {
    let rig = Rig::with(Behaviour::default()).await;
    let mut browser = rig.signed_in("resident").await;
    let list = browser.get("/consents").await.text().await;
    assert!(list.contains("まだだれにも見せていません"), "{list}");
    let mut form = vec![("whom", "care"), ("time", "half"), ("code", "1310000001")];
    let lacking = browser.post("/consents/check", &form).await.text().await;
    assert!(lacking.contains("一つ以上選んでください"), "{lacking}");
    form.extend([("pension", "yes"), ("name", "第一診療所")]);
    let summary = browser.post("/consents/check", &form).await.text().await;
    let key = summary.split_once("name=\"key\" value=\"").unwrap().1;
    let key = key.split_once('"').unwrap().0.to_owned();
    form.push(("key", &key));
    let given = browser.post("/consents", &form).await;
    assert_eq!(given.location(), "/consents?done=given");
    let done = browser.get("/consents?done=given").await.text().await;
    assert!(done.contains("同意を受け付けました"), "{done}");
    let strange = browser.get("/consents/receipt?id=../history").await;
    assert_eq!(strange.status(), 404);
}
