//! Providers that stand in an aggregate.

use super::publisher::Publisher;
use super::{Bed, week};
use crate::config::{AggregateConfig, AggregateSource, MetadataSource};
use crate::registry::State;
use crate::store::tests::{both, sqlite};
use crate::testing::{Provider, days};

/// An aggregate of these entities, unsigned.
fn group(bed: &Bed, documents: &[String]) -> String {
    let until = (bed.now() + days(7)).strftime("%Y-%m-%dT%H:%M:%SZ");
    let all = documents.concat();
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         ID=\"_group\" validUntil=\"{until}\">{all}</md:EntitiesDescriptor>"
    )
}

/// The metadata of a provider without a signature of its own, to stand in a group.
fn unsigned(bed: &Bed, provider: &Provider) -> String {
    let text = week(bed, provider);
    let start = text.find("<ds:Signature").unwrap();
    let end = text.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    [&text[..start], &text[end..]].concat()
}

fn aggregate(bed: &mut Bed, metadata: AggregateSource) -> &mut AggregateConfig {
    bed.config.aggregates.push(AggregateConfig { metadata, signer: None });
    bed.config.aggregates.last_mut().unwrap()
}

async fn with_two() -> (Bed, Provider, Provider) {
    let mut bed = Bed::new().await;
    let (one, two) = (bed.provider("one.example"), bed.provider("two.example"));
    bed.add(MetadataSource::Entity { entity: one.entity_id.clone() });
    (bed, one, two)
}

#[tokio::test]
async fn one_of_many_is_found_by_its_entity_id_and_the_others_may_not_ask() {
    let (mut bed, one, two) = with_two().await;
    let text = group(&bed, &[unsigned(&bed, &one), unsigned(&bed, &two)]);
    let path = bed.file("federation.xml", &text);
    aggregate(&mut bed, AggregateSource::File(path.clone()));
    let registry = bed.open(&sqlite().await.store).await;
    assert!(registry.serves(&one), "{}", registry.fault());
    assert!(!registry.serves(&two), "standing in the aggregate is not being registered");
    let [aggregate] = &registry.picture().aggregates[..] else { panic!("one aggregate") };
    assert_eq!(aggregate.entities.as_ref().unwrap(), &2);

    std::fs::write(&path, group(&bed, &[unsigned(&bed, &two)])).unwrap();
    registry.look_later(&bed.clock).await;
    assert_eq!(registry.fault(), "provider.not-in-aggregates", "it left the federation");
}

#[tokio::test]
async fn an_entity_that_stands_twice_spoils_the_document_and_not_what_was_read() {
    let (mut bed, one, two) = with_two().await;
    let path = bed.file("federation.xml", &group(&bed, &[unsigned(&bed, &one)]));
    aggregate(&mut bed, AggregateSource::File(path.clone()));
    let registry = bed.open(&sqlite().await.store).await;
    let twice = [unsigned(&bed, &two), unsigned(&bed, &one), unsigned(&bed, &one)];
    std::fs::write(&path, group(&bed, &twice)).unwrap();
    registry.look_later(&bed.clock).await;
    assert!(registry.serves(&one));
    assert_eq!((registry.state(0), registry.fault()), (State::Trouble, "provider.described-twice"));
}

#[tokio::test]
async fn a_wrong_member_spoils_no_other() {
    let (mut bed, one, two) = with_two().await;
    bed.add(MetadataSource::Entity { entity: two.entity_id.clone() });
    let wrong = unsigned(&bed, &two).replace("protocolSupportEnumeration", "x");
    let wrong =
        wrong.replace("<md:AssertionConsumerService Binding", "<md:AssertionConsumerService x");
    let over = two.metadata(bed.now() - days(1));
    let start = over.find("<ds:Signature").unwrap();
    let end = over.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let over = [&over[..start], &over[end..]].concat();
    for wrong in [wrong, over] {
        let path = bed.file("federation.xml", &group(&bed, &[wrong, unsigned(&bed, &one)]));
        bed.config.aggregates.clear();
        aggregate(&mut bed, AggregateSource::File(path));
        let registry = bed.open(&sqlite().await.store).await;
        assert!(registry.serves(&one) && !registry.serves(&two));
        assert_eq!((registry.state(0), registry.state(1)), (State::Good, State::NotBelieved));
    }
}

#[tokio::test]
async fn an_aggregate_from_an_address_must_be_signed_by_its_operator() {
    for rig in both().await {
        let (mut bed, one, _) = with_two().await;
        let publisher = Publisher::https(&bed).await;
        let url = AggregateSource::Url { url: publisher.url.clone(), refresh_seconds: 3600 };
        aggregate(&mut bed, url);
        let registry = bed.open(&rig.store).await;
        registry.look_at_due().await;
        let fault = registry.picture().aggregates[0].entities.as_ref().unwrap_err().code();
        assert_eq!(fault, "provider.signer");
        assert_eq!(publisher.says.lock().unwrap().asked, 0);

        let signer = bed.signer(&one);
        bed.config.aggregates[0].signer = Some(signer);
        publisher.say(group(&bed, &[unsigned(&bed, &one)]));
        let registry = bed.open(&rig.store).await;
        registry.look_at_due().await;
        assert!(!registry.serves(&one));
        // A signed entity of its own is a group of one.
        publisher.say(week(&bed, &one));
        registry.look_later(&bed.clock).await;
        assert!(registry.serves(&one), "{}", registry.fault());
        publisher.stop();
        assert!(bed.open(&rig.store).await.serves(&one), "from what was kept");
    }
}
