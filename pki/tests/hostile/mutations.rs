//! Any byte changed, anywhere in the chain: never a panic, never believed.

use std::sync::OnceLock;

use proptest::prelude::*;
use warifu_pki::{Certificate, PathValidator};

use crate::forge::*;

struct World {
    root: Maker,
    issuer: Maker,
    leaf: Vec<u8>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let root = Maker::root();
        let issuer = root.below("Cards", |_| ());
        let names = alternatives(vec![dns("card.example.jp"), uri("urn:card")]);
        let leaf = issuer.card(|card| card.replace(ALTERNATIVES, false, &names));
        World { root, issuer, leaf }
    })
}

fn changed(bytes: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    for (position, value) in changes {
        copy[position % bytes.len()] = *value;
    }
    copy
}

fn changes() -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)
}

/// Whether a chain is believed; an authority that cannot be read is left out.
fn is_believed(issuer: &[u8], leaf: &[u8]) -> bool {
    let root = Certificate::from_der(&world().root.der).unwrap();
    let issuer = Certificate::from_der(issuer).ok();
    let validator = PathValidator::new(vec![root], issuer.into_iter().collect()).unwrap();
    let leaf = Certificate::from_der(leaf);
    leaf.is_ok_and(|leaf| validator.validate(&leaf, &required(), now()).is_ok())
}

#[test]
fn unchanged_it_is_believed() {
    let World { issuer, leaf, .. } = world();
    assert!(is_believed(&issuer.der, leaf));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_changed_card_is_refused(changes in changes()) {
        let World { issuer, leaf, .. } = world();
        let other = changed(leaf, &changes);
        prop_assert!(other == *leaf || !is_believed(&issuer.der, &other));
    }

    #[test]
    fn a_changed_authority_certifies_nothing(changes in changes()) {
        let World { issuer, leaf, .. } = world();
        let other = changed(&issuer.der, &changes);
        prop_assert!(other == issuer.der || !is_believed(&other, leaf));
    }

    #[test]
    fn a_shortened_card_is_refused(length in 0_usize..2000) {
        let World { issuer, leaf, .. } = world();
        let shorter = &leaf[..length % leaf.len()];
        prop_assert!(!is_believed(&issuer.der, shorter));
    }

    /// The issuer signs whatever it is given, so that every check meets odd content.
    #[test]
    fn odd_but_rightly_signed_content_never_panics(changes in changes()) {
        let issuer = &world().issuer;
        let content = changed(&issuer.card_draft().content(), &changes);
        let _ = is_believed(&issuer.der, &sealed(&content, &issuer.key));
    }

    #[test]
    fn odd_but_rightly_signed_authorities_never_panic(changes in changes()) {
        let World { root, issuer, leaf } = world();
        let content = changed(&content_of(&issuer.der), &changes);
        let _ = is_believed(&sealed(&content, &root.key), leaf);
    }
}
