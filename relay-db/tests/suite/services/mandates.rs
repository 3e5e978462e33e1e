//! Declared services that a proxy opens by a mandate: what it names, while it holds, and in the
//! history of both.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use warifu_contract::history::{Asked, HistoryPage, Reader};
use warifu_contract::mandate::{Invitation, MandateList};
use warifu_pki::Ticket;

use super::{SUBSTANTIAL, ask, bed, catalogue, fresh, is_ready, refused};
use crate::bed::{Bed, TARO, engines};
use crate::proxies::ICHIKO;

fn of(bed: &Bed, subject: &str) -> Ticket {
    Ticket { sub: subject.into(), ..bed.ticket() }
}

async fn post(bed: &Bed, subject: &str, path: &str, body: &Value) -> reqwest::Response {
    let token = fresh(bed, &of(bed, subject)).await;
    let call = bed.portal.http.post(bed.url(path)).bearer_auth(token).json(body);
    let answer = call.header("idempotency-key", "mandate-key-00001").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer
}

/// 一子 reads this one service for 太郎 from now on.
async fn paired(bed: &Bed, service: &str) -> String {
    let today = warifu_contract::calendar::today_in_japan(bed.now());
    let terms = json!({
        "services": [], "declared": [service], "history": false, "name": "父",
        "until": today, "text_version": "1",
    });
    let invitation = post(bed, TARO, "/proxies", &terms).await;
    let Invitation { mandate, code } = invitation.json().await.unwrap();
    post(bed, ICHIKO, "/proxies/accept", &json!({ "code": code, "name": "一子" })).await;
    post(bed, TARO, &format!("/proxies/{}/confirm", mandate.id), &json!({})).await;
    mandate.id
}

#[tokio::test]
async fn a_proxy_opens_the_declared_services_of_the_mandate_and_nothing_else() {
    for engine in engines() {
        let (bed, _declaring) = bed(engine, &["city"]).await;
        let id = paired(&bed, "city/vaccinations").await;
        let ichiko = of(&bed, ICHIKO);
        let basis = || Some(json!({ "by": "mandate", "id": id }));
        let listed = catalogue(&bed, &ichiko, &format!("?mandate={id}")).await;
        assert_eq!(listed, ["city/vaccinations"]);
        assert!(is_ready(&ask(&bed, &ichiko, "city/vaccinations", basis()).await));
        for (ticket, service, code) in [
            (ichiko.clone(), "city/infants", "proxy.service"),
            (ichiko.clone(), "city/notices", "service.audience"),
            (of(&bed, "stranger"), "city/vaccinations", "proxy.none"),
            (of(&bed, TARO), "city/vaccinations", "proxy.none"),
            (
                Ticket { acr: SUBSTANTIAL.into(), ..ichiko.clone() },
                "city/vaccinations",
                "level.low",
            ),
            (bed.presence_ticket(), "city/vaccinations", "token.purpose"),
        ] {
            let answer = ask(&bed, &ticket, service, basis()).await;
            assert_eq!(answer.outcome, refused(code), "{} {service}", ticket.sub);
        }
        for (subject, reader) in [
            (TARO, Reader::Proxy { name: "一子".into() }),
            (ICHIKO, Reader::OnBehalf { name: "父".into() }),
        ] {
            let token = fresh(&bed, &of(&bed, subject)).await;
            let page = bed.get(&bed.portal, "/history", Some(&token)).await;
            let page: HistoryPage = page.json().await.unwrap();
            let asked = Asked::Declared("city/vaccinations".parse().unwrap());
            let seen = page.entries.iter().any(|one| one.reader == reader && one.asked == asked);
            assert!(seen, "{subject}: {:?}", page.entries);
        }
        post(&bed, TARO, &format!("/proxies/{id}/end"), &json!({})).await;
        let late = ask(&bed, &ichiko, "city/vaccinations", basis()).await;
        assert_eq!(late.outcome, refused("proxy.ended"));
    }
}

#[tokio::test]
async fn receipts_name_declared_services_and_who_holds_them() {
    let (bed, _declaring) = bed(crate::bed::Engine::Sqlite, &["city", "hospital"]).await;
    let id = paired(&bed, "city/vaccinations").await;
    let list = fresh(&bed, &of(&bed, TARO)).await;
    let list: MandateList =
        bed.get(&bed.portal, "/proxies", Some(&list)).await.json().await.unwrap();
    assert_eq!(list.given[0].terms.declared.len(), 1);
    let consent = super::consent(&bed, "1310000001", "care", "hospital/care").await;
    for (path, service, holder) in [
        (format!("/proxies/{id}/receipt"), "city/vaccinations", "city"),
        (format!("/consents/{}/receipt", consent.id), "hospital/care", "hospital"),
    ] {
        let token = fresh(&bed, &of(&bed, TARO)).await;
        let receipt = bed.get(&bed.portal, &path, Some(&token)).await.text().await.unwrap();
        let claims = receipt.split('.').nth(1).unwrap();
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["processing"][0]["services"], json!([service]), "{claims}");
        assert_eq!(claims["processing"][0]["pii_information"], json!([service]));
        assert_eq!(claims["pii_controllers"][0]["id"], holder, "{claims}");
    }
}
