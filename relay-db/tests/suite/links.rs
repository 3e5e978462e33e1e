//! Links, and what a stolen copy of the databases tells.

use serde_json::json;
use warifu_contract::records::Service;
use warifu_log::{Action, Series};
use warifu_relay::LinkError;

use crate::bed::{Bed, INSURER_NUMBER, TARO, engines, pseudonym};

#[tokio::test]
async fn a_link_is_made_once_and_stands_in_the_log() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let log = bed.relay.log();
        bed.relay.link(TARO, "insurer", &pseudonym("insurer")).await.unwrap();
        let made = log.history(TARO, Series::Administration, None, 10).await.unwrap();
        assert_eq!(made.len(), 3);
        assert!(made.iter().all(|one| one.entry.as_ref().unwrap().action == Action::LinkMade));
    }
}

#[tokio::test]
async fn a_new_pseudonym_takes_the_place_of_the_old_one() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        bed.relay.link(TARO, "insurer", "new-name").await.unwrap();
        let token = bed.token(&bed.ticket()).await;
        bed.panels(&token, &[Service::Insurance]).await;
        assert_eq!(bed.insurer.heard()[0].sub.as_deref(), Some("new-name"));

        // A typed check that finds the person under the old name enters nobody's history.
        *bed.insurer.state.finds.lock().unwrap() = Some(pseudonym("insurer"));
        let desk = bed.token(&bed.desk_ticket()).await;
        let check = json!({
            "subject": { "by": "number", "insurer_number": INSURER_NUMBER, "symbol": "",
                         "number": "1", "branch": null, "birth_date": "1955-05-05" },
            "target_date": null, "idempotency_key": "0123456789abcdef",
        });
        assert_eq!(bed.post(&bed.portal, "/eligibility", &desk, &check).await.status(), 200);
        let seen = bed.relay.log().history(TARO, Series::Disclosure, None, 10).await.unwrap();
        assert_eq!(seen.len(), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused() {
    let bed = Bed::new().await;
    let refused = bed.relay.link(TARO, "nobody", "name").await;
    assert!(matches!(refused, Err(LinkError::NoConnector(_))));
    for (subject, name) in [("", "name"), (TARO, ""), (TARO, &"x".repeat(65))] {
        let refused = bed.relay.link(subject, "insurer", name).await;
        assert!(matches!(refused, Err(LinkError::Malformed)));
    }
}

#[tokio::test]
async fn a_stolen_copy_names_nobody() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.ticket()).await;
    bed.panels(&token, &[Service::Insurance]).await;
    bed.relay.close().await;
    for file in ["relay.db", "log.db"] {
        let stored = std::fs::read(bed.federation.path(file)).unwrap();
        for word in [TARO, "knows-taro", token.as_str(), "urn:warifu:role", "SmartcardPKI"] {
            let found = stored.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} can be read in {file}");
        }
    }
}
