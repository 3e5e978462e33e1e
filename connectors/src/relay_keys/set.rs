//! A set of keys (RFC 7517 section 5), of which those for ES256 are taken and others passed over.

use std::collections::BTreeMap;

use josekit::jwk::Jwk;
use josekit::jws::ES256;
use josekit::jws::alg::ecdsa::EcdsaJwsVerifier;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Keys of one set that are looked at.
const MOST: usize = 16;
/// The longest name of a key.
const LONGEST_KID: usize = 64;

/// The keys by their names.
#[derive(Debug)]
pub struct KeySet(BTreeMap<String, EcdsaJwsVerifier>);

/// Not a set of keys, of more than sixteen, or without one that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connector.relay-jwks: not a JWK set with 1 to 16 keys, of which one at least is P-256")]
pub struct KeySetError;

#[derive(Deserialize)]
struct Document {
    keys: Vec<Map<String, Value>>,
}

impl KeySet {
    /// Reads `{"keys":[…]}`.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(text).map_err(|_| KeySetError)?;
        if document.keys.len() > MOST {
            return Err(KeySetError);
        }
        let keys: BTreeMap<_, _> = document.keys.into_iter().filter_map(named).collect();
        if keys.is_empty() { Err(KeySetError) } else { Ok(Self(keys)) }
    }

    /// The key of this name.
    pub fn verifier(&self, kid: &str) -> Option<&EcdsaJwsVerifier> {
        self.0.get(kid)
    }
}

/// A key that verifies ES256, with its name. One without a name serves nobody: tokens name theirs.
fn named(members: Map<String, Value>) -> Option<(String, EcdsaJwsVerifier)> {
    if members.contains_key("d") {
        return None;
    }
    let jwk = Jwk::from_map(members).ok()?;
    let kid = jwk.key_id().filter(|kid| (1..=LONGEST_KID).contains(&kid.len()))?.to_owned();
    let verifier = ES256.verifier_from_jwk(&jwk).ok()?;
    Some((kid, verifier))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use warifu_pki::{FileKey, KeyAlgorithm};

    use super::*;

    fn jwk(algorithm: KeyAlgorithm) -> Value {
        FileKey::generate(algorithm).unwrap().public_key().jwk("sig").unwrap()
    }

    fn parse(keys: &Value) -> Result<KeySet, KeySetError> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn keys_of_another_kind_are_passed_over() {
        let good = jwk(KeyAlgorithm::P256);
        let keys = parse(&json!([jwk(KeyAlgorithm::P384), { "kty": "oct", "k": "AA" }, good]));
        let keys = keys.unwrap();
        assert_eq!(keys.0.len(), 1);
        assert!(keys.verifier(good["kid"].as_str().unwrap()).is_some());
    }

    #[test]
    fn a_set_without_a_usable_key_is_none() {
        let change = |member: &str, value: Value| {
            let mut key = jwk(KeyAlgorithm::P256);
            key[member] = value;
            json!([key])
        };
        for keys in [
            json!([]),
            json!([jwk(KeyAlgorithm::P384)]),
            change("kid", Value::Null),
            change("kid", json!("k".repeat(65))),
            change("use", json!("enc")),
            change("x", json!("AAAA")),
            change("y", json!("A".repeat(43))),
            change("d", json!("A".repeat(43))),
            json!(vec![jwk(KeyAlgorithm::P256); 17]),
        ] {
            assert_eq!(parse(&keys).err(), Some(KeySetError), "{keys}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..300),
            x in ".{0,60}", y in "[A-Za-z0-9_-]{0,90}", kty in "EC|RSA|oct|.{0,5}") {
            prop_assert!(KeySet::parse(&text).is_err());
            let keys = json!([{ "kty": kty, "crv": "P-256", "kid": "k", "x": x, "y": y }]);
            prop_assert!(parse(&keys).is_err());
        }
    }
}
