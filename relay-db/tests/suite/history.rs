//! `GET /history`, and the evidence behind it.

use serde_json::json;
use warifu_contract::eligibility::Verdict;
use warifu_contract::history::{AccessResult, Asked, HistoryPage, Purpose, Reader};
use warifu_contract::records::Service;
use warifu_log::{Checkpoint, InclusionProof, NoteVerifier};
use warifu_pki::Ticket;

use crate::bed::{Bed, clinic, engines, refusal};

/// 太郎 looks at two records, and a clinic taps the card.
async fn lived_in(bed: &Bed) -> String {
    let token = bed.token(&bed.ticket()).await;
    bed.panels(&token, &[Service::Insurance]).await;
    bed.panels(&token, &[Service::Checkup]).await;
    let presence = bed.token(&bed.presence_ticket()).await;
    let check = json!({ "subject": { "by": "card" }, "target_date": null,
                        "idempotency_key": "0123456789abcdef" });
    let answer = bed.post(&bed.portal, "/eligibility", &presence, &check).await;
    assert_eq!(answer.status(), 200);
    token
}

async fn page(bed: &Bed, token: &str, query: &str) -> HistoryPage {
    let answer = bed.get(&bed.portal, &format!("/history{query}"), Some(token)).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_resident_sees_who_looked_what_for_and_what_came_of_it() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = lived_in(&bed).await;
        let entries = page(&bed, &token, "").await.entries;
        assert_eq!(entries.len(), 3);
        let organization = Reader::Organization { code: clinic().code, name: clinic().name };
        assert_eq!(entries[0].reader, organization);
        assert_eq!(entries[0].purpose, Purpose::Treatment);
        assert_eq!(entries[0].asked, Asked::Eligibility);
        assert_eq!(entries[0].result, AccessResult::Answered(Verdict::Valid));
        assert!(entries[0].check_number.is_some());
        assert_eq!(entries[0].source.as_ref().unwrap().en, "The insurer");
        assert_eq!(entries[1].result, AccessResult::Empty);
        assert_eq!(entries[2].reader, Reader::Oneself);
        assert_eq!(entries[2].asked, Asked::Record(Service::Insurance));
        assert_eq!(entries[2].result, AccessResult::Shown);
        let sequence: Vec<_> = entries.iter().map(|entry| entry.subject_sequence).collect();
        assert_eq!(sequence, [3, 2, 1]);
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let bed = Bed::new().await;
    let token = lived_in(&bed).await;
    let first = page(&bed, &token, "?limit=2").await;
    assert_eq!(first.entries.len(), 2);
    let before = first.before.unwrap();
    assert_eq!(before, first.entries[1].index);
    let rest = page(&bed, &token, &format!("?limit=2&before={before}")).await;
    assert_eq!((rest.entries.len(), rest.before), (1, None));
    let answer = bed.get(&bed.portal, "/history?limit=x", Some(&token)).await;
    assert_eq!(refusal(answer).await, (400, "request.unreadable".into()));
}

#[tokio::test]
async fn a_part_of_it_is_found_by_who_what_and_consent() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = lived_in(&bed).await;
        let count = async |query: &str| page(&bed, &token, query).await.entries.len();
        for (query, expected) in [
            ("?who=oneself", 2),
            ("?who=others", 1),
            ("?who=1310000001", 1),
            ("?who=1310000002", 0),
            ("?service=checkup", 1),
            ("?service=eligibility&who=others", 1),
            ("?who=&service=&consent=", 3),
            ("?consent=00000000000000000000000000000000", 0),
        ] {
            assert_eq!(count(query).await, expected, "{engine:?} {query}");
        }
        let first = page(&bed, &token, "?who=oneself&limit=1").await;
        assert_eq!(first.entries.len(), 1);
        let before = first.before.unwrap();
        let rest = page(&bed, &token, &format!("?who=oneself&limit=1&before={before}")).await;
        assert_eq!(rest.entries[0].asked, Asked::Record(Service::Insurance));
        assert!(rest.entries[0].index < before);
        let long = format!("/history?who={}", "x".repeat(41));
        let answer = bed.get(&bed.portal, &long, Some(&token)).await;
        assert_eq!(refusal(answer).await, (400, "request.unreadable".into()));
    }
}

#[tokio::test]
async fn each_entry_is_proved_offline() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = lived_in(&bed).await;
        let key = bed.get(&bed.portal, "/log/key", None).await.text().await.unwrap();
        let verifier: NoteVerifier = key.parse().unwrap();
        for entry in page(&bed, &token, "").await.entries {
            let path = format!("/history/proof?index={}", entry.index);
            let text = bed.get(&bed.portal, &path, Some(&token)).await.text().await.unwrap();
            let proof: InclusionProof = text.parse().unwrap();
            let proved = proof.verify_entry(&verifier).unwrap();
            assert_eq!(proved.sequence, entry.subject_sequence);

            let path = format!("/log/proof?index={}", entry.index);
            let bare = bed.get(&bed.portal, &path, None).await.text().await.unwrap();
            let bare: InclusionProof = bare.parse().unwrap();
            assert_eq!((bare.index, bare.entry), (entry.index, None));
        }
        let head = bed.get(&bed.portal, "/log/checkpoint", None).await.text().await.unwrap();
        assert!(Checkpoint::open(&head, &verifier).unwrap().size >= 3);
    }
}

#[tokio::test]
async fn nobody_sees_or_proves_what_happened_to_somebody_else() {
    let bed = Bed::new().await;
    let token = lived_in(&bed).await;
    let index = page(&bed, &token, "").await.entries[0].index;
    let hanako = Ticket { sub: "hanako".into(), ..bed.ticket() };
    let hanako = bed.token(&hanako).await;
    assert_eq!(page(&bed, &hanako, "").await.entries, []);
    let path = format!("/history/proof?index={index}");
    let answer = bed.get(&bed.portal, &path, Some(&hanako)).await;
    assert_eq!(refusal(answer).await, (404, "log.no-such-event".into()));
    let answer = bed.get(&bed.portal, "/log/proof?index=99999", None).await;
    assert_eq!(refusal(answer).await, (404, "log.no-such-event".into()));
}

#[tokio::test]
async fn a_clinic_with_a_tapped_card_sees_no_history() {
    let bed = Bed::new().await;
    let presence = bed.token(&bed.presence_ticket()).await;
    let answer = bed.get(&bed.portal, "/history", Some(&presence)).await;
    assert_eq!(refusal(answer).await, (403, "token.purpose".into()));
    let low = Ticket { acr: "urn:other".into(), ..bed.ticket() };
    let low = bed.token(&low).await;
    let answer = bed.get(&bed.portal, "/history", Some(&low)).await;
    assert_eq!(refusal(answer).await, (403, "level.low".into()));
}

#[tokio::test]
async fn the_interface_is_described() {
    let bed = Bed::new().await;
    let answer = bed.get(&bed.portal, "/openapi.json", None).await;
    let document: serde_json::Value = answer.json().await.unwrap();
    for path in [
        "/token",
        "/records",
        "/eligibility",
        "/history",
        "/history/proof",
        "/history/export",
        "/log/checkpoint",
        "/log/cosigned",
        "/log/consistency",
        "/log/tile/{tile}",
        "/log/key",
        "/log/proof",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    assert!(document["components"]["schemas"]["EligibilityAnswer"].is_object());
}
