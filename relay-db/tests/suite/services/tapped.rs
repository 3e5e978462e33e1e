//! What staff open of declared services after a tap, by consents: told beforehand, decided at each
//! look.

use serde_json::json;
use warifu_contract::consent::{Consent, ReadableList, ReadableService};
use warifu_contract::history::{Asked, HistoryPage, Purpose};
use warifu_pki::{Actor, Ticket};

use super::{ask, bed, clerk, consent, fresh, given, is_ready, refused};
use crate::bed::{Bed, clinic, engines, refusal};

/// Opened to any clinic in an emergency.
async fn ahead(bed: &Bed, service: &str) -> Consent {
    given(bed, json!({ "who": "any-clinic-in-emergency" }), "emergency", service).await
}

/// What the staff who tapped 太郎's card hear that they may open.
async fn opened(bed: &Bed, tap: &Ticket) -> Vec<ReadableService> {
    let token = fresh(bed, tap).await;
    let answer = bed.get(&bed.portal, "/consents/readable", Some(&token)).await;
    assert_eq!(answer.status(), 200);
    answer.json::<ReadableList>().await.unwrap().declared
}

fn named(opened: &[ReadableService]) -> Vec<(&str, Purpose)> {
    opened.iter().map(|one| (one.id.as_str(), one.purpose)).collect()
}

async fn withdraw(bed: &Bed, consent: &Consent) {
    let token = fresh(bed, &bed.ticket()).await;
    let path = format!("/consents/{}/withdraw", consent.id);
    assert_eq!(bed.post(&bed.portal, &path, &token, &json!({})).await.status(), 200);
}

#[tokio::test]
async fn after_a_tap_staff_hear_what_they_may_open_and_open_it_by_that_consent() {
    for engine in engines() {
        let (bed, _declaring) = bed(engine, &["hospital", "society"]).await;
        let (tap, desk, clerk) = (bed.presence_ticket(), bed.desk_ticket(), clerk(&bed));
        assert!(opened(&bed, &tap).await.is_empty(), "nothing was said to anybody");
        let care = consent(&bed, &clinic().code, "care", "hospital/care").await;
        // Not for a clinic, whatever the consent says; and for somebody else.
        consent(&bed, &clinic().code, "care", "society/leavers").await;
        consent(&bed, "1310000002", "care", "hospital/emergency").await;
        let found = opened(&bed, &tap).await;
        assert_eq!(named(&found), [("hospital/care", Purpose::Care)]);
        assert_eq!(
            (found[0].consent.as_str(), found[0].until),
            (care.id.as_str(), care.terms.until)
        );
        assert!(!found[0].name.ja.is_empty());
        let by = |id: &str, purpose: &str| {
            Some(json!({ "by": "consent", "id": id, "purpose": purpose }))
        };
        assert!(is_ready(&ask(&bed, &desk, "hospital/care", by(&found[0].consent, "care")).await));
        let history = fresh(&bed, &bed.ticket()).await;
        let history = bed.get(&bed.portal, "/history", Some(&history)).await;
        let history: HistoryPage = history.json().await.unwrap();
        let entry = &history.entries[0];
        assert_eq!(entry.asked, Asked::Declared("hospital/care".parse().unwrap()));
        assert_eq!(entry.ground, Some(format!("consent:{}", care.id)));

        let procedure = consent(&bed, &clinic().code, "procedure", "society/leavers").await;
        let of_city = Ticket { roles: clerk.roles.clone(), ..tap.clone() };
        let found = opened(&bed, &of_city).await;
        assert_eq!(named(&found), [("society/leavers", Purpose::Procedure)]);
        assert_eq!(named(&opened(&bed, &tap).await), [("hospital/care", Purpose::Care)]);
        let leavers = ask(&bed, &clerk, "society/leavers", by(&procedure.id, "procedure")).await;
        assert!(is_ready(&leavers));
        let no_clerk = ask(&bed, &desk, "society/leavers", by(&procedure.id, "procedure")).await;
        assert_eq!(no_clerk.outcome, refused("role.none"), "the list opens nothing by itself");

        withdraw(&bed, &care).await;
        assert!(opened(&bed, &tap).await.is_empty());
        let late = ask(&bed, &desk, "hospital/care", by(&care.id, "care")).await;
        assert_eq!(late.outcome, refused("consent.withdrawn"));
    }
}

#[tokio::test]
async fn a_city_halls_tap_is_no_check() {
    let bed = Bed::new().await;
    let of_city = Ticket { roles: clerk(&bed).roles, ..bed.presence_ticket() };
    let token = bed.token(&of_city).await;
    let check = json!({ "idempotency_key": "city-hall-check-01", "subject": { "by": "card" } });
    let answer = bed.post(&bed.portal, "/eligibility", &token, &check).await;
    assert_eq!(refusal(answer).await, (403, "role.none".into()));
}

#[tokio::test]
async fn a_tap_tells_nobody_else_and_opens_nothing_without_a_reason() {
    for engine in engines() {
        let (bed, _declaring) = bed(engine, &["hospital"]).await;
        let tap = bed.presence_ticket();
        let own = consent(&bed, &clinic().code, "care", "hospital/care").await;
        let other = warifu_pki::Organization { code: "1310000002".into(), name: "他院".into() };
        let act = Actor { sub: "elsewhere".into(), organization: Some(other.clone()) };
        let elsewhere = Ticket { act: Some(act), ..tap.clone() };
        assert!(opened(&bed, &elsewhere).await.is_empty(), "another clinic");
        let by = json!({ "by": "consent", "id": own.id, "purpose": "care" });
        let strange = Ticket { organization: Some(other), ..bed.desk_ticket() };
        let strange = ask(&bed, &strange, "hospital/care", Some(by.clone())).await;
        assert_eq!(strange.outcome, refused("consent.none"), "who has overheard the number");
        let tapped = ask(&bed, &tap, "hospital/care", Some(by)).await;
        assert_eq!(tapped.outcome, refused("role.none"), "a tap is no sign-in of staff");
        let alone = ask(&bed, &tap, "hospital/care", None).await;
        assert_eq!(alone.outcome, refused("token.purpose"), "a tap alone opens nothing");

        let emergency = |reason: &str| Some(json!({ "by": "emergency", "reason": reason }));
        let reason = "意識がなく搬送された";
        let closed = ask(&bed, &tap, "hospital/emergency", emergency(reason)).await;
        assert_eq!(closed.outcome, refused("consent.none"));
        let ahead = ahead(&bed, "hospital/emergency").await;
        let found = opened(&bed, &elsewhere).await;
        assert_eq!(named(&found), [("hospital/emergency", Purpose::Emergency)], "any clinic");
        let short = ask(&bed, &tap, "hospital/emergency", emergency("急")).await;
        assert_eq!(short.outcome, refused("consent.reason"));
        let of_city = Ticket { roles: clerk(&bed).roles, ..tap.clone() };
        assert!(opened(&bed, &of_city).await.is_empty(), "a city hall is no clinic");
        let city = ask(&bed, &of_city, "hospital/emergency", emergency(reason)).await;
        assert_eq!(city.outcome, refused("role.none"));
        let strange = Ticket { roles: Vec::new(), ..tap.clone() };
        let strange = ask(&bed, &strange, "hospital/emergency", emergency(reason)).await;
        assert_eq!(strange.outcome, refused("role.none"));
        assert!(is_ready(&ask(&bed, &tap, "hospital/emergency", emergency(reason)).await));
        withdraw(&bed, &ahead).await;
        let late = ask(&bed, &tap, "hospital/emergency", emergency(reason)).await;
        assert_eq!(late.outcome, refused("consent.withdrawn"));
    }
}
