//! The index of revocation lists, as the card office publishes it. It is a hint where to look: it is
//! not signed, so nothing in it is believed.

use serde::Deserialize;

/// Lists that are read from one index.
const MOST_LISTS: usize = 4096;

#[derive(Deserialize)]
struct Index {
    lists: Vec<Named>,
}

/// A list that is said to be in force.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    /// `x5t#S256` of its issuer.
    pub(super) issuer: String,
    /// Where it is.
    pub(super) url: String,
    /// Its number.
    pub(super) number: u64,
}

/// The index is not one.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    #[error("the index of revocation lists cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the index names more than {MOST_LISTS} lists")]
    TooMany,
}

/// Whether these bytes are an index rather than a list: JSON instead of DER.
pub(super) fn is_index(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

/// The lists that an index names. Members that we do not know are passed over.
pub(super) fn read(json: &[u8]) -> Result<Vec<Named>, IndexError> {
    let index: Index = serde_json::from_slice(json)?;
    if index.lists.len() > MOST_LISTS { Err(IndexError::TooMany) } else { Ok(index.lists) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_index_is_read_and_a_list_is_not_one() {
        let json = br#" {"lists":[{"issuer":"x","url":"http://ca/crl/a.crl","number":7,
            "this_update":"2026-11-20T01:15:00Z","next_update":"2026-11-21T01:15:00Z"}]}"#;
        assert!(is_index(json) && !is_index(b"\x30\x82") && !is_index(b""));
        let [named] = read(json).unwrap().try_into().unwrap();
        assert_eq!((named.url.as_str(), named.number), ("http://ca/crl/a.crl", 7));
    }

    #[test]
    fn an_endless_index_is_refused() {
        let one = r#"{"issuer":"x","url":"y","number":1}"#;
        let many = format!("{{\"lists\":[{}]}}", vec![one; MOST_LISTS + 1].join(","));
        assert!(matches!(read(many.as_bytes()), Err(IndexError::TooMany)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (is_index(&bytes), read(&bytes));
        }
    }
}
