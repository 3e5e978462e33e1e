//! What a connector is told of a mandate: names that it shares with no other connector, since two
//! who hear the same receipt could lay their pseudonyms side by side.

use data_encoding::HEXLOWER;
use warifu_service::seal::KeyRing;

use super::Kept;

/// Digits of a name.
const DIGITS: usize = 32;

/// The names of one mandate at one connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// Of the mandate.
    pub receipt: String,
    /// Of the proxy.
    pub proxy: String,
}

impl Names {
    /// Of `kept` at `connector`: the same at every question.
    pub fn of(ring: &KeyRing, kept: &Kept, connector: &str) -> Self {
        let name = |column: &str, of: &str| {
            let hash = ring.lookup(column, format!("{connector}\n{of}").as_bytes());
            let mut name = HEXLOWER.encode(&hash);
            name.truncate(DIGITS);
            name
        };
        let proxy = kept.proxy.as_deref().unwrap_or_default();
        Self {
            receipt: name("relay_mandate.receipt", &kept.mandate.id),
            proxy: name("relay_mandate.proxy", proxy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::kept;
    use super::*;
    use warifu_service::clock::SeededEntropy;

    #[test]
    fn no_two_connectors_hear_the_same() {
        let ring = KeyRing::generate("k", &SeededEntropy::new(1)).unwrap();
        let (one, other) = (Names::of(&ring, &kept(), "a"), Names::of(&ring, &kept(), "b"));
        assert_eq!(one, Names::of(&ring, &kept(), "a"));
        let all = [&one.receipt, &one.proxy, &other.receipt, &other.proxy, &kept().mandate.id];
        for (place, name) in all.iter().enumerate() {
            assert!(!all[..place].contains(name), "{name}");
            assert_eq!(name.len(), DIGITS);
        }
    }
}
