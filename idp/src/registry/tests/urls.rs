//! Providers whose metadata stands at an address.

use std::time::Duration;

use axum::http::StatusCode;

use super::publisher::Publisher;
use super::{Bed, week};
use crate::config::MetadataSource;
use crate::registry::State;
use crate::store::tests::{both, sqlite};
use crate::testing::{Provider, days};

fn at(url: &str) -> MetadataSource {
    MetadataSource::Url { url: url.to_owned(), refresh_seconds: 3600 }
}

/// A bed with one provider at an address.
async fn with_address() -> (Bed, Provider, Publisher) {
    let mut bed = Bed::new().await;
    let publisher = Publisher::https(&bed).await;
    let provider = bed.provider("sp.example");
    publisher.say(week(&bed, &provider));
    bed.add(at(&publisher.url));
    (bed, provider, publisher)
}

#[tokio::test]
async fn nobody_waits_for_an_address_and_what_was_read_outlives_a_restart() {
    for rig in both().await {
        let (bed, provider, publisher) = with_address().await;
        let registry = bed.open(&rig.store).await;
        assert_eq!((registry.fault(), registry.serves(&provider)), ("provider.unread", false));
        registry.look_at_due().await;
        assert!(registry.serves(&provider), "{}", registry.fault());
        publisher.stop();
        let again = bed.open(&rig.store).await;
        assert!(again.serves(&provider), "from what was kept");
        again.look_at_due().await;
        assert!(again.serves(&provider));
        assert_eq!((again.state(0), again.fault()), (State::Trouble, "provider.unreachable"));
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    for rig in both().await {
        let (bed, provider, publisher) = with_address().await;
        for (etag, modified) in
            [(Some("\"1\""), None), (None, Some("Fri, 20 Nov 2026 01:15:00 GMT"))]
        {
            publisher.change(|says| {
                (says.etag, says.modified, says.unchanged) = (etag, modified, 0);
                says.body = week(&bed, &provider).into();
            });
            let registry = bed.open(&rig.store).await;
            registry.look_at_due().await;
            registry.look_later(&bed.clock).await;
            let again = bed.open(&rig.store).await;
            again.look_at_due().await;
            assert_eq!(publisher.says.lock().unwrap().unchanged, 2, "also after a restart");
            assert_eq!(registry.state(0), State::Good);
        }
    }
}

#[tokio::test]
async fn it_is_asked_when_it_is_due_and_not_before() {
    let (bed, _, publisher) = with_address().await;
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    bed.clock.advance(jiff::SignedDuration::from_mins(50));
    registry.look_at_due().await;
    assert_eq!(publisher.says.lock().unwrap().asked, 1);
    bed.clock.advance(jiff::SignedDuration::from_mins(20));
    registry.look_at_due().await;
    assert_eq!(publisher.says.lock().unwrap().asked, 2);
}

#[tokio::test]
async fn a_renewal_counts_and_everything_else_leaves_what_was_read() {
    let (bed, provider, publisher) = with_address().await;
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    let cases: [(Vec<u8>, &str); 4] = [
        (b"<a/>".to_vec(), "provider.unreadable"),
        (provider.metadata(bed.now() - days(1)).into(), "provider.expired"),
        (provider.metadata(bed.now() + days(500)).into(), "provider.endless"),
        (vec![b'x'; 2 * 1024 * 1024], "provider.unreachable"),
    ];
    for (body, fault) in cases {
        publisher.say(body);
        registry.look_later(&bed.clock).await;
        assert_eq!((registry.fault(), registry.state(0)), (fault, State::Trouble));
        assert!(registry.serves(&provider));
    }
    publisher.say(provider.metadata(bed.now() + days(8)));
    registry.look_later(&bed.clock).await;
    assert_eq!(registry.state(0), State::Good);
    let until = registry.standing(0).provider.as_ref().unwrap().valid_until().unwrap();
    assert!(until > bed.now() + days(7));
}

#[tokio::test]
async fn without_an_end_it_is_not_believed() {
    let (bed, provider, publisher) = with_address().await;
    let text = week(&bed, &provider);
    let start = text.find(" validUntil=").unwrap();
    let end = start + 1 + text[start + 1..].find(['>', ' ']).unwrap();
    let signature = text.find("<ds:Signature").unwrap();
    let after = text.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let endless = [&text[..start], &text[end..signature], &text[after..]].concat();
    publisher.say(endless);
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    assert_eq!(registry.fault(), "provider.endless");
}

#[tokio::test]
async fn an_older_document_does_not_come_back_unless_somebody_says_so() {
    for rig in both().await {
        let (bed, provider, publisher) = with_address().await;
        let older = provider.metadata(bed.now() + days(6));
        let registry = bed.open(&rig.store).await;
        registry.look_at_due().await;
        publisher.say(older);
        registry.look_later(&bed.clock).await;
        assert_eq!((registry.fault(), registry.state(0)), ("provider.older", State::Trouble));
        let again = bed.open(&rig.store).await;
        again.look_at_due().await;
        assert_eq!(again.fault(), "provider.older", "a restart is no way around it");
        again.refresh("config-1", "somebody").await.unwrap();
        assert_eq!(again.state(0), State::Good);
    }
}

#[tokio::test]
async fn a_signature_by_a_stranger_is_not_believed() {
    let (mut bed, provider, publisher) = with_address().await;
    let stranger = bed.provider("sp.example");
    bed.config.service_providers[0].metadata_signer = Some(bed.signer(&provider));
    publisher.say(week(&bed, &stranger));
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    assert_eq!((registry.fault(), registry.serves(&provider)), ("provider.signature", false));
    publisher.say(week(&bed, &provider));
    registry.look_later(&bed.clock).await;
    assert!(registry.serves(&provider));
}

#[tokio::test]
async fn over_plain_http_only_what_is_signed_is_read() {
    let mut bed = Bed::new().await;
    let publisher = Publisher::http().await;
    let provider = bed.provider("sp.example");
    publisher.say(week(&bed, &provider));
    bed.add(at(&publisher.url));
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    assert_eq!(registry.fault(), "provider.address");
    assert_eq!(publisher.says.lock().unwrap().asked, 0);
    bed.config.service_providers[0].metadata_signer = Some(bed.signer(&provider));
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    assert!(registry.serves(&provider), "{}", registry.fault());
}

#[tokio::test]
async fn a_slow_server_a_redirect_and_a_stranger_s_server_are_given_up() {
    let (bed, provider, publisher) = with_address().await;
    publisher.change(|says| says.delay = Duration::from_secs(5));
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    assert_eq!(registry.fault(), "provider.unreachable");
    publisher.change(|says| {
        (says.delay, says.status) = (Duration::ZERO, Some(StatusCode::FOUND));
    });
    registry.look_later(&bed.clock).await;
    assert!(registry.standing(0).provider.as_ref().err().unwrap().to_string().contains("302"));

    let other = Bed::new().await;
    let stranger = Publisher::https(&other).await;
    stranger.say(week(&bed, &provider));
    let mut bed = bed;
    bed.config.service_providers.clear();
    bed.add(at(&stranger.url));
    let registry = bed.open(&sqlite().await.store).await;
    registry.look_at_due().await;
    assert_eq!(registry.fault(), "provider.unreachable", "its TLS leads to no root of ours");
    assert_eq!(stranger.says.lock().unwrap().asked, 0);
}
