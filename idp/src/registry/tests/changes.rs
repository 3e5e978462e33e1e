//! Registering, changing and removing while servers run.

use super::{Bed, week};
use crate::config::AttributeName;
use crate::provider::Terms;
use crate::registry::{MetadataOrder, Order, OrderError, Registrar, State, Warning};
use crate::store::Deed;
use crate::store::tests::both;
use crate::testing::{Provider, Rig, days};

fn pasted(text: String) -> Order {
    let metadata = MetadataOrder::Document(text.into_bytes());
    Order { metadata, signer: None, client_certificate: None }
}

fn code<T: std::fmt::Debug>(result: Result<T, OrderError>) -> &'static str {
    result.unwrap_err().code()
}

async fn registered(registry: &super::Registry, bed: &Bed, provider: &Provider) -> String {
    let proposal = registry.propose(pasted(week(bed, provider))).await.unwrap();
    let terms = Terms { attributes: vec![AttributeName::PairwiseId], ..Terms::default() };
    registry.add(&proposal, terms, "somebody").await.unwrap()
}

#[tokio::test]
async fn what_one_node_changes_counts_on_every_node() {
    for rig in both().await {
        let bed = Bed::new().await;
        let (here, there) = (bed.open(&rig.store).await, bed.open(&rig.store).await);
        let provider = bed.provider("sp.example");
        let id = registered(&here, &bed, &provider).await;
        assert!(here.serves(&provider) && !there.serves(&provider));
        there.catch_up().await.unwrap();
        assert!(there.serves(&provider));

        there.enable((&id, None), false, "somebody").await.unwrap();
        here.catch_up().await.unwrap();
        assert_eq!((here.serves(&provider), here.state(0)), (false, State::Disabled));
        here.enable((&id, None), true, "somebody").await.unwrap();
        assert!(here.serves(&provider));
        let give = |it: &mut crate::provider::Registration| {
            it.terms.attributes.push(AttributeName::Roles);
        };
        here.alter((&id, None), Deed::Changed, give, "somebody").await.unwrap();
        there.catch_up().await.unwrap();
        let all = there.picture().providers.clone();
        assert!(all.find(&provider.entity_id).unwrap().may_know(AttributeName::Roles));

        there.remove((&id, None), "somebody").await.unwrap();
        here.catch_up().await.unwrap();
        assert!(here.picture().standings.is_empty());
        let history = here.store.changes_of(&id).await.unwrap();
        assert_eq!(history.len(), 5);
        assert!(history.iter().all(|change| change.who == "somebody"));
        let changed = history.iter().find(|change| change.what == Deed::Changed).unwrap();
        assert_eq!(changed.details, ["attributes: [pairwise-id] → [pairwise-id,roles]"]);
    }
}

#[tokio::test]
async fn what_is_shown_beforehand_names_what_is_not_good() {
    for rig in both().await {
        let bed = Bed::new().await;
        let registry = bed.open(&rig.store).await;
        let provider = bed.provider("sp.example");
        let proposal = registry.propose(pasted(week(&bed, &provider))).await.unwrap();
        let report = proposal.report(bed.now()).unwrap();
        assert_eq!(report.warnings, [Warning::Unsigned, Warning::EndsSoon]);
        assert_eq!(report.names[0].1, "割符ポータル");
        let kinds: Vec<_> = report.keys.iter().map(|key| (key.purpose, &*key.kind)).collect();
        assert_eq!(kinds, [("signing", "P-256"), ("encryption", "RSA 3072")]);
        assert!(report.keys.iter().all(|key| key.fingerprint.len() == 64 && key.ends.is_some()));
        assert!(
            report.addresses.iter().any(|it| it.url == provider.acs && it.binding == "HTTP-POST")
        );
        assert!(!registry.serves(&provider), "it was only shown");
    }
}

#[tokio::test]
async fn what_cannot_be_registered_is_said_why() {
    for rig in both().await {
        let mut bed = Bed::new().await;
        let founding = bed.provider("founding.example");
        let path = bed.file("founding.xml", &week(&bed, &founding));
        bed.add(crate::config::MetadataSource::File(path));
        let registry = bed.open(&rig.store).await;
        let propose = async |text: String| registry.propose(pasted(text)).await;
        assert_eq!(code(propose("<a/>".into()).await), "provider.unreadable");
        let over = founding.metadata(bed.now() - days(1));
        assert_eq!(code(propose(over).await), "provider.expired");
        let twice = propose(week(&bed, &founding)).await.unwrap();
        assert_eq!(code(registry.add(&twice, Terms::default(), "x").await), "provider.twice");
        let order =
            Order { client_certificate: Some("rubbish".into()), ..pasted(week(&bed, &founding)) };
        assert_eq!(code(registry.propose(order).await), "provider.certificate");
        let founding = registry.enable(("config-1", None), false, "x").await;
        assert_eq!(code(founding), "registry.in-configuration");
        assert_eq!(code(registry.remove(("nothing", None), "x").await), "registry.no-such");
        assert_eq!(rig.store.latest_changes().await.unwrap(), []);
    }
}

#[tokio::test]
async fn two_who_change_the_same_do_not_overwrite_each_other() {
    for rig in both().await {
        let bed = Bed::new().await;
        let registry = bed.open(&rig.store).await;
        let id = registered(&registry, &bed, &bed.provider("sp.example")).await;
        let revision = registry.standing(0).entry.revision;
        registry.enable((&id, Some(revision)), false, "one").await.unwrap();
        let late = registry.remove((&id, Some(revision)), "other").await;
        assert_eq!(code(late), "registry.overtaken");
        assert_eq!(registry.state(0), State::Disabled);
    }
}

#[tokio::test]
async fn a_new_document_takes_the_place_of_the_one_before() {
    for rig in both().await {
        let bed = Bed::new().await;
        let registry = bed.open(&rig.store).await;
        let provider = bed.provider("sp.example");
        let id = registered(&registry, &bed, &provider).await;
        let other = registry.propose(pasted(week(&bed, &bed.provider("other.example")))).await;
        let other = registry.replace((&id, 1), &other.unwrap(), "x").await;
        assert_eq!(code(other), "provider.another");
        let renewed = provider.metadata(bed.now() + days(20));
        let renewed = registry.propose(pasted(renewed)).await.unwrap();
        registry.replace((&id, 1), &renewed, "x").await.unwrap();
        let standing = registry.standing(0);
        let found = standing.provider.as_ref().unwrap();
        assert!(found.valid_until() > Some(bed.now() + days(19)));
        assert!(found.may_know(AttributeName::PairwiseId), "the terms stay");
    }
}

#[tokio::test]
async fn the_command_line_does_the_same_to_servers_that_run() {
    let rig = Rig::new().await;
    let registrar = Registrar::open(&rig.config, rig.surroundings.clone()).await.unwrap();
    let provider = Provider::new(&rig.pki, "sp.example");
    let text = provider.metadata(rig.now() + days(60));
    let (offer, report) = registrar.propose(pasted(text)).await.unwrap();
    assert_eq!((offer.entity_id(), report.warnings.len()), (&*provider.entity_id, 1));
    assert!(report.warnings[0].in_english().contains("not signed"));
    let told = vec![AttributeName::DisplayName];
    let id = registrar.add(&offer, |terms| terms.attributes = told).await.unwrap();
    let server = &rig.centre().registry;
    server.catch_up().await.unwrap();
    assert!(server.serves(&provider));

    let which = provider.entity_id.as_str();
    registrar.set(which, |terms| terms.consent = false).await.unwrap();
    registrar.enable(which, false).await.unwrap();
    let shown = registrar.show(&id).unwrap();
    assert_eq!((shown.state, shown.terms.unwrap().consent), (State::Disabled, false));
    let json = serde_json::to_value(registrar.list()).unwrap();
    assert_eq!((&json[1]["state"], &json[1]["id"]), (&"disabled".into(), &id.clone().into()));
    let history = registrar.history(which).await.unwrap();
    assert_eq!(history.len(), 3);
    assert!(history.iter().all(|change| change.who == "command-line"));
    registrar.remove(which).await.unwrap();
    let nobody = registrar.show(which).unwrap_err().to_string();
    assert!(nobody.starts_with("registry.no-such: "), "{nobody}");
}
