//! What a clinic may read of the person whose card it tapped.

use serde_json::{Value, json};
use warifu_contract::consent::{Consent, ReadableList, Standing};
use warifu_contract::history::Purpose;
use warifu_contract::records::Service;

use crate::bed::{Bed, engines, refusal};

async fn give(bed: &Bed, key: &str, reader: Value, purpose: &str, services: &[&str]) -> Consent {
    let today = warifu_contract::calendar::today_in_japan(bed.now());
    let terms = json!({
        "scope": { "services": services }, "reader": reader, "purpose": purpose,
        "from": today, "until": today, "text_version": "2026-11",
    });
    let token = bed.token(&bed.ticket()).await;
    let request = bed.portal.http.post(bed.url("/consents")).bearer_auth(token);
    let answer = request.header("idempotency-key", key).json(&terms).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn standing(bed: &Bed, service: Service, purpose: Purpose) -> Standing {
    let token = bed.token(&bed.presence_ticket()).await;
    let answer = bed.get(&bed.portal, "/consents/readable", Some(&token)).await;
    assert_eq!(answer.status(), 200);
    let list: ReadableList = answer.json().await.unwrap();
    let found =
        list.readable.into_iter().find(|one| (one.service, one.purpose) == (service, purpose));
    found.unwrap().standing
}

#[tokio::test]
async fn after_a_tap_a_clinic_hears_what_it_may_read_and_why_not() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let none = Standing::Refused { code: "consent.none".into() };
        assert_eq!(standing(&bed, Service::Pension, Purpose::Care).await, none);

        let clinic = json!({ "who": "organization", "code": "1310000001", "name": "第一診療所" });
        let own = give(&bed, "readable-key-0001", clinic, "care", &["pension"]).await;
        let other = json!({ "who": "organization", "code": "1310000002", "name": "第二診療所" });
        give(&bed, "readable-key-0002", other, "care", &["insurance"]).await;
        let any = json!({ "who": "any-clinic-in-emergency" });
        let ahead = give(&bed, "readable-key-0003", any, "emergency", &["checkup"]).await;

        let covered = |consent: &Consent| Standing::Covered {
            consent: consent.id.clone(),
            until: consent.terms.until,
        };
        let refused = |code: &str| Standing::Refused { code: code.into() };
        for (service, purpose, expected) in [
            (Service::Pension, Purpose::Care, covered(&own)),
            (Service::Pension, Purpose::HealthGuidance, refused("consent.other")),
            (Service::Insurance, Purpose::Care, refused("consent.other")),
            (Service::Checkup, Purpose::Emergency, covered(&ahead)),
            (Service::Pension, Purpose::Emergency, refused("consent.other")),
        ] {
            assert_eq!(standing(&bed, service, purpose).await, expected, "{service:?} {purpose:?}");
        }

        let token = bed.token(&bed.ticket()).await;
        let path = format!("/consents/{}/withdraw", own.id);
        bed.post(&bed.portal, &path, &token, &json!({})).await;
        let withdrawn = refused("consent.withdrawn");
        assert_eq!(standing(&bed, Service::Pension, Purpose::Care).await, withdrawn);
    }
}

#[tokio::test]
async fn only_a_tapped_card_asks_for_it() {
    let bed = Bed::new().await;
    for ticket in [bed.ticket(), bed.desk_ticket()] {
        let token = bed.token(&ticket).await;
        let answer = bed.get(&bed.portal, "/consents/readable", Some(&token)).await;
        assert_eq!(refusal(answer).await, (403, "token.purpose".into()));
    }
}
