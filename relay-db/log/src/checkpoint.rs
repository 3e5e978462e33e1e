//! Tree heads: what the log's owner signs at every commit and others keep (C2SP tlog-checkpoint).

use tlog_tiles::{Checkpoint as Head, Hash};

use crate::note::{self, NoteError, NoteSigner, NoteVerifier};

/// Leaves in the largest tree that is taken: the arithmetic over trees ends at 64 bits.
const LARGEST_TREE: u64 = 1 << 48;

/// A tree head whose signature has been checked, with the note it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Leaves in the tree.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The signed note, as published.
    pub note: String,
}

impl Checkpoint {
    /// Signs the head of the tree with `size` leaves and this `root`. The origin is the signer's
    /// name.
    pub fn sign(size: u64, root: Hash, signer: &dyn NoteSigner) -> Result<Self, NoteError> {
        let head = Head::new(signer.verifier().name(), size, root, "")
            .map_err(|_| NoteError::Malformed)?;
        let text = String::from_utf8(head.to_bytes()).map_err(|_| NoteError::Malformed)?;
        Ok(Self { size, root, note: note::sign(&text, signer)? })
    }

    /// Reads a published head, after its signature by `verifier`.
    pub fn open(note: &str, verifier: &NoteVerifier) -> Result<Self, NoteError> {
        let text = verifier.open(note)?;
        let head = Head::from_bytes(text.as_bytes()).map_err(|_| NoteError::Malformed)?;
        if head.origin() != verifier.name() || head.size() > LARGEST_TREE {
            return Err(NoteError::Malformed);
        }
        Ok(Self { size: head.size(), root: *head.hash(), note: note.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteKey;
    use tlog_tiles::record_hash;
    use warifu_service::clock::SeededEntropy;

    fn key(name: &str) -> NoteKey {
        NoteKey::generate(name, &SeededEntropy::new(1)).unwrap()
    }

    #[test]
    fn a_signed_head_reads_back() {
        let key = key("relay.example/log");
        let head = Checkpoint::sign(42, record_hash(b"x"), &key).unwrap();
        assert!(head.note.starts_with("relay.example/log\n42\n"));
        assert_eq!(Checkpoint::open(&head.note, key.verifier()).unwrap(), head);
    }

    #[test]
    fn a_head_of_another_origin_is_refused() {
        let key = key("relay.example/log");
        let note = note::sign("other\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", &key);
        let opened = Checkpoint::open(&note.unwrap(), key.verifier());
        assert!(matches!(opened, Err(NoteError::Malformed)));
    }

    #[test]
    fn a_signed_text_that_is_no_head_is_refused() {
        let key = key("relay.example/log");
        let note = note::sign("relay.example/log\n01\nAAAA\n", &key).unwrap();
        assert!(matches!(Checkpoint::open(&note, key.verifier()), Err(NoteError::Malformed)));
    }
}
