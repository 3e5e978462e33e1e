//! Every route against every kind of visitor.

use axum::http::StatusCode;

use warifu_contract::card_office::Stage;

use super::rig::{Answer as _, Browser, Rig};
use crate::samples::office as samples;

const OK: u16 = 200;
const ELSEWHERE: u16 = 303;
const REFUSED: u16 = 403;

/// Method, path, then what nobody, a resident, and a clinic's clerk get.
const ROUTES: [(&str, &str, [u16; 3]); 62] = [
    ("GET", "/", [OK, OK, OK]),
    ("GET", "/help", [OK, OK, OK]),
    ("GET", "/login", [ELSEWHERE, ELSEWHERE, ELSEWHERE]),
    ("GET", "/session", [OK, OK, OK]),
    ("GET", "/session/events", [401, OK, OK]),
    ("GET", "/login/stopped", [OK, OK, OK]),
    ("GET", "/signed-out", [OK, OK, OK]),
    ("GET", "/desk/signed-out", [OK, OK, OK]),
    ("GET", "/saml/metadata", [OK, OK, OK]),
    ("GET", "/saml/slo", [REFUSED, REFUSED, REFUSED]),
    ("POST", "/saml/slo", [REFUSED, REFUSED, REFUSED]),
    ("GET", "/home", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/insurance", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/insurance/numbers", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/expenses", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/expenses/deduction", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/expenses/deduction", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/mydata", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/mydata/json", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/mydata/csv", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/mydata/print", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/settings", [OK, OK, OK]),
    ("POST", "/settings/display", [ELSEWHERE, ELSEWHERE, ELSEWHERE]),
    ("GET", "/checkups", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/pension", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/links", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/links/0123456789abcdef0123456789abcdef/end", [ELSEWHERE, ELSEWHERE, REFUSED]),
    ("GET", "/staff/links", [ELSEWHERE, REFUSED, REFUSED]),
    ("GET", "/staff/links/0123456789abcdef0123456789abcdef/refuse", [ELSEWHERE, REFUSED, REFUSED]),
    ("POST", "/staff/links/0123456789abcdef0123456789abcdef/stop", [ELSEWHERE, REFUSED, REFUSED]),
    ("GET", "/notices", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/staff/announcements", [ELSEWHERE, REFUSED, REFUSED]),
    ("GET", "/staff/announcements/new", [ELSEWHERE, REFUSED, REFUSED]),
    ("POST", "/staff/announcements/preview", [ELSEWHERE, REFUSED, REFUSED]),
    ("POST", "/staff/announcements", [ELSEWHERE, REFUSED, REFUSED]),
    ("GET", "/staff/applications", [ELSEWHERE, REFUSED, OK]),
    ("GET", "/staff/applications/city/A1B2C3", [ELSEWHERE, REFUSED, 404]),
    ("POST", "/staff/applications/city/A1B2C3/settle", [ELSEWHERE, REFUSED, 404]),
    ("GET", "/consents", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/proxies", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/proxies/invite", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/proxies/invite", [ELSEWHERE, ELSEWHERE, REFUSED]),
    ("GET", "/proxies/enter", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/proxies/own", [ELSEWHERE, ELSEWHERE, REFUSED]),
    ("GET", "/proxies/abababababababababababababababab/end", [ELSEWHERE, OK, REFUSED]),
    ("POST", "/proxies/abababababababababababababababab/read", [ELSEWHERE, ELSEWHERE, REFUSED]),
    ("GET", "/history", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/history/proof?index=4210", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/history/export", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/history/key", [ELSEWHERE, OK, REFUSED]),
    ("GET", "/desk", [ELSEWHERE, REFUSED, OK]),
    ("POST", "/desk/check", [ELSEWHERE, REFUSED, OK]),
    ("POST", "/desk/tap", [ELSEWHERE, REFUSED, ELSEWHERE]),
    ("GET", "/desk/tap/finish?h=x", [ELSEWHERE, REFUSED, 400]),
    ("GET", "/desk/records", [ELSEWHERE, REFUSED, OK]),
    ("POST", "/desk/records/tap", [ELSEWHERE, REFUSED, ELSEWHERE]),
    ("GET", "/desk/records/arrive?h=x", [ELSEWHERE, REFUSED, 400]),
    ("POST", "/desk/records/next", [ELSEWHERE, REFUSED, ELSEWHERE]),
    ("POST", "/desk/records/read", [ELSEWHERE, REFUSED, ELSEWHERE]),
    ("POST", "/desk/records/service", [ELSEWHERE, REFUSED, ELSEWHERE]),
    ("GET", "/login/finish?h=x", [400, 400, 400]),
    ("POST", "/logout", [ELSEWHERE, ELSEWHERE, ELSEWHERE]),
];

/// Method, path, then what nobody, a resident, and the office's clerk, approver and call centre
/// get. A form without a stamp is refused whoever sends it.
const OFFICE: [(&str, &str, [u16; 5]); 26] = [
    ("GET", "/office", [ELSEWHERE, REFUSED, OK, OK, ELSEWHERE]),
    ("GET", "/office/new", [ELSEWHERE, REFUSED, OK, REFUSED, REFUSED]),
    ("POST", "/office/new", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/search", [ELSEWHERE, REFUSED, OK, OK, REFUSED]),
    ("POST", "/office/search", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/cards/A7K2-9QXM", [ELSEWHERE, REFUSED, OK, OK, OK]),
    ("GET", "/office/cards/A7K2-9QXM/history", [ELSEWHERE, REFUSED, OK, OK, OK]),
    ("GET", "/office/cards/A7K2-9QXM/face.pdf", [ELSEWHERE, REFUSED, OK, OK, REFUSED]),
    ("GET", "/office/cards/A7K2-9QXM/cover.pdf", [ELSEWHERE, REFUSED, OK, OK, REFUSED]),
    ("GET", "/office/batches/20261120-3f/faces.pdf", [ELSEWHERE, REFUSED, OK, OK, REFUSED]),
    ("GET", "/office/cards/A7K2-9QXM/letter", [ELSEWHERE, REFUSED, OK, OK, REFUSED]),
    ("POST", "/office/cards/A7K2-9QXM/letter", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/cards/A7K2-9QXM/revoke", [ELSEWHERE, REFUSED, OK, OK, OK]),
    ("POST", "/office/cards/A7K2-9QXM/revoke", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/calls", [ELSEWHERE, REFUSED, REFUSED, REFUSED, OK]),
    ("POST", "/office/calls", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/calls/person", [ELSEWHERE, REFUSED, REFUSED, REFUSED, ELSEWHERE]),
    ("GET", "/office/calls/stop/A7K2-9QXM", [ELSEWHERE, REFUSED, REFUSED, REFUSED, ELSEWHERE]),
    ("POST", "/office/calls/stop/A7K2-9QXM", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/calls/stopped", [ELSEWHERE, REFUSED, REFUSED, REFUSED, ELSEWHERE]),
    ("POST", "/office/calls/end", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/batches", [ELSEWHERE, REFUSED, OK, REFUSED, REFUSED]),
    ("POST", "/office/batches", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
    ("GET", "/office/batches/20261120-3f", [ELSEWHERE, REFUSED, OK, REFUSED, REFUSED]),
    ("GET", "/home", [ELSEWHERE, OK, REFUSED, REFUSED, REFUSED]),
    ("GET", "/desk", [ELSEWHERE, REFUSED, REFUSED, REFUSED, REFUSED]),
];

async fn visit(visitor: &mut Browser<'_>, method: &str, path: &str) -> u16 {
    let response = match method {
        "GET" => visitor.get(path).await,
        _ => visitor.post(path, &[]).await,
    };
    response.status().as_u16()
}

#[tokio::test]
async fn each_route_opens_to_its_own_people_only() {
    let rig = Rig::new().await;
    for (method, path, expected) in ROUTES {
        let visitors =
            [rig.browser(), rig.signed_in("resident").await, rig.signed_in("clinic-desk").await];
        for (mut visitor, expected) in visitors.into_iter().zip(expected) {
            assert_eq!(visit(&mut visitor, method, path).await, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_office_opens_to_its_staff_only() {
    let rig = Rig::new().await;
    rig.office.put(samples::card(Stage::Active));
    rig.office.batch_is(1_000, 0);
    for (place, role) in
        ["", "resident", "card-clerk", "card-approver", "call-centre"].iter().enumerate()
    {
        let mut visitor = if role.is_empty() { rig.browser() } else { rig.signed_in(role).await };
        for (method, path, expected) in OFFICE {
            let got = visit(&mut visitor, method, path).await;
            assert_eq!(got, expected[place], "{role}: {method} {path}");
        }
    }
}

#[tokio::test]
async fn nobody_is_sent_to_the_sign_in_and_back_to_the_page() {
    let rig = Rig::new().await;
    assert_eq!(rig.browser().get("/pension").await.location(), "/login?to=/pension");
    assert_eq!(
        rig.browser().get("/checkups?on=2025-10-08").await.location(),
        "/login?to=/checkups"
    );
}

#[tokio::test]
async fn the_wrong_card_is_told_kindly() {
    let rig = Rig::new().await;
    let response = rig.signed_in("clinic-desk").await.get("/home").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let page = response.text().await;
    assert!(page.contains("この画面は、別のカードで開きます"));
    assert!(page.contains("action=\"/logout\""));
    assert!(page.contains("href=\"/desk\""));
}

#[tokio::test]
async fn somebody_without_a_role_sees_no_records() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("something-else").await;
    for path in ["/home", "/desk"] {
        assert_eq!(browser.get(path).await.status(), StatusCode::FORBIDDEN);
    }
    assert!(!rig.relay.asked.lock().unwrap().iter().any(|line| line.starts_with("eligibility")));
}

#[tokio::test]
async fn a_session_ends_when_the_identity_provider_said() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    rig.pass(8 * 3600);
    assert_eq!(browser.get("/home").await.location(), "/login?to=/home");
}
