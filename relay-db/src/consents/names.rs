//! What a connector is told of a consent or a mandate: names that it shares with no other
//! connector, since two who hear the same receipt could lay their pseudonyms side by side.

use data_encoding::HEXLOWER;
use warifu_service::seal::KeyRing;

/// Digits of a name.
const DIGITS: usize = 32;

/// The names of one ground at one connector, the same at every question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// Of the consent or mandate, where it rests on one.
    pub receipt: Option<String>,
    /// Of the proxy, where one reads.
    pub proxy: Option<String>,
}

impl Names {
    /// Of the `receipt` and the `proxy` at `connector`.
    pub fn of(ring: &KeyRing, connector: &str, receipt: Option<&str>, proxy: Option<&str>) -> Self {
        let name = |column: &str, of: &str| {
            let hash = ring.lookup(column, format!("{connector}\n{of}").as_bytes());
            let mut name = HEXLOWER.encode(&hash);
            name.truncate(DIGITS);
            name
        };
        Self {
            receipt: receipt.map(|receipt| name("connector.receipt", receipt)),
            proxy: proxy.map(|proxy| name("connector.proxy", proxy)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::clock::SeededEntropy;

    #[test]
    fn no_two_connectors_hear_the_same() {
        let ring = KeyRing::generate("k", &SeededEntropy::new(1)).unwrap();
        let at = |connector| Names::of(&ring, connector, Some("receipt"), Some("proxy"));
        let (one, other) = (at("a"), at("b"));
        assert_eq!(one, at("a"));
        let all = [&one.receipt, &one.proxy, &other.receipt, &other.proxy].map(Option::as_deref);
        for (place, name) in all.iter().enumerate() {
            assert!(!all[..place].contains(name), "{name:?}");
            assert_eq!(name.map(str::len), Some(DIGITS));
        }
        let oneself = Names { receipt: None, proxy: None };
        assert_eq!(Names::of(&ring, "a", None, None), oneself);
    }
}
