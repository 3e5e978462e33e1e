//! A proof that an event is in the log, checked offline (C2SP tlog-proof).
//!
//! The proof may carry the canonical entry as its extra data: then the file alone shows what was
//! logged, to whoever trusts the log's verifier key.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use tlog_tiles::{Hash, check_record, record_hash};

use crate::checkpoint::Checkpoint;
use crate::event::Entry;
use crate::note::{NoteError, NoteVerifier};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// Hashes on the longest way from a leaf to a root.
const MAX_HASHES: usize = 64;
/// Bytes of a proof that is read.
const MAX_PROOF: usize = 64 * 1024;

/// A proof that the leaf at `index` is in the tree that `checkpoint` names.
#[derive(Debug, Clone, PartialEq)]
pub struct InclusionProof {
    /// The canonical entry, when the proof is for somebody who may read it.
    pub entry: Option<Vec<u8>>,
    /// Position in the log.
    pub index: u64,
    /// From the leaf's sibling up to the root's child (RFC 6962 §2.1.1).
    pub hashes: Vec<Hash>,
    /// The signed tree head.
    pub checkpoint: String,
}

/// Why a proof does not show what it should.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Not a proof in the expected form.
    #[error("log.proof-malformed: not an inclusion proof")]
    Malformed,
    /// The tree head is not signed by the log.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// The hashes do not lead from the leaf to the root.
    #[error("log.proof-broken: the event is not in this tree")]
    Broken,
    /// The newer tree does not begin with the older one.
    #[error("log.proof-inconsistent: the newer head is not of a log that grew from the older one")]
    Inconsistent,
    /// The proof carries no entry.
    #[error("log.proof-bare: the proof carries no event")]
    Bare,
}

impl InclusionProof {
    /// Checks that `leaf` is in the tree.
    pub fn verify_leaf(&self, leaf: [u8; 32], log: &NoteVerifier) -> Result<(), ProofError> {
        let head = Checkpoint::open(&self.checkpoint, log)?;
        check_record(&self.hashes, head.size, head.root, self.index, Hash(leaf))
            .map_err(|_| ProofError::Broken)
    }

    /// Checks that the entry which the proof carries is in the tree, and gives it.
    pub fn verify_entry(&self, log: &NoteVerifier) -> Result<Entry, ProofError> {
        let bytes = self.entry.as_deref().ok_or(ProofError::Bare)?;
        self.verify_leaf(record_hash(bytes).0, log)?;
        Entry::parse(bytes).map_err(|_| ProofError::Malformed)
    }
}

impl fmt::Display for InclusionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(entry) = &self.entry {
            writeln!(f, "extra {}", BASE64.encode(entry))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for InclusionProof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or(ProofError::Malformed)
    }
}

fn parse(text: &str) -> Option<InclusionProof> {
    if text.len() > MAX_PROOF {
        return None;
    }
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let mut line = lines.next()?;
    let mut entry = None;
    if let Some(extra) = line.strip_prefix("extra ") {
        entry = Some(BASE64.decode(extra.as_bytes()).ok()?);
        line = lines.next()?;
    }
    let index = decimal(line.strip_prefix("index ")?)?;
    let hashes: Vec<Hash> = lines.map(hash).collect::<Option<_>>()?;
    let bounded = hashes.len() <= MAX_HASHES;
    bounded.then(|| InclusionProof { entry, index, hashes, checkpoint: checkpoint.to_owned() })
}

/// A number without leading zeroes.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

pub(crate) fn hash(line: &str) -> Option<Hash> {
    let bytes = BASE64.decode(line.as_bytes()).ok()?;
    bytes.try_into().ok().map(Hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Place, tests::check_of};
    use crate::note::NoteKey;
    use proptest::prelude::*;
    use tlog_tiles::node_hash;
    use warifu_service::clock::SeededEntropy;

    fn key() -> NoteKey {
        NoteKey::generate("relay.example/log", &SeededEntropy::new(1)).unwrap()
    }

    fn entry() -> Entry {
        let place = Place {
            at: "2026-11-20T00:00:00Z".parse().unwrap(),
            sequence: 1,
            previous: None,
            salt: "00".repeat(16),
        };
        Entry::new(check_of(Some("subject")), place)
    }

    /// A tree of two leaves, ours on the right.
    fn proof() -> InclusionProof {
        use crate::note::NoteSigner as _;
        let bytes = entry().canonical().unwrap();
        let left = record_hash(b"left");
        let root = node_hash(left, record_hash(&bytes));
        let checkpoint = Checkpoint::sign(2, root, &key()).unwrap().note;
        assert_eq!(key().verifier().name(), "relay.example/log");
        InclusionProof { entry: Some(bytes), index: 1, hashes: vec![left], checkpoint }
    }

    fn verifier() -> NoteVerifier {
        use crate::note::NoteSigner as _;
        key().verifier().clone()
    }

    #[test]
    fn a_proof_survives_its_text_and_holds() {
        let read: InclusionProof = proof().to_string().parse().unwrap();
        assert_eq!(read, proof());
        assert_eq!(read.verify_entry(&verifier()).unwrap(), entry());
    }

    #[test]
    fn a_bare_proof_shows_a_known_leaf_only() {
        let mut bare = proof();
        let leaf = record_hash(&bare.entry.take().unwrap()).0;
        let read: InclusionProof = bare.to_string().parse().unwrap();
        read.verify_leaf(leaf, &verifier()).unwrap();
        assert!(matches!(read.verify_entry(&verifier()), Err(ProofError::Bare)));
        let other = record_hash(b"other").0;
        assert!(matches!(read.verify_leaf(other, &verifier()), Err(ProofError::Broken)));
    }

    #[test]
    fn an_altered_entry_index_or_path_is_refused() {
        let mut altered = proof();
        altered.entry.as_mut().unwrap()[5] ^= 1;
        let mut moved = proof();
        moved.index = 0;
        let mut cut = proof();
        cut.hashes.clear();
        for broken in [altered, moved, cut] {
            let checked = broken.verify_entry(&verifier());
            assert!(matches!(checked, Err(ProofError::Broken)), "{checked:?}");
        }
    }

    #[test]
    fn a_head_by_another_key_is_refused() {
        use crate::note::NoteSigner as _;
        let other = NoteKey::generate("relay.example/log", &SeededEntropy::new(2)).unwrap();
        let checked = proof().verify_entry(other.verifier());
        assert!(matches!(checked, Err(ProofError::Checkpoint(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in "(?s).{0,300}") {
            let _ = text.parse::<InclusionProof>();
            let _ = format!("{FIRST_LINE}\nindex 1\n{text}").parse::<InclusionProof>();
        }
    }
}
