//! A proof that the log only grew between two heads (RFC 9162 section 2.1.4; RFC 6962 section
//! 2.1.2), in the form in which C2SP tlog-witness sends it: the old size, the hashes, the new head.

use std::fmt;
use std::str::FromStr;

use tlog_tiles::{Hash, check_tree};

use crate::checkpoint::Checkpoint;
use crate::note::NoteVerifier;
use crate::proof::{ProofError, decimal, hash};

/// Hashes that C2SP tlog-witness lets a client send.
const MAX_HASHES: usize = 63;
/// Bytes of a proof that is read.
const MAX_PROOF: usize = 64 * 1024;

/// A proof that the tree of `checkpoint` begins with the tree of `old` leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsistencyProof {
    /// Leaves of the older tree.
    pub old: u64,
    /// What leads from the older root to the newer one; none when `old` is 0 or nothing grew.
    pub hashes: Vec<Hash>,
    /// The newer signed head.
    pub checkpoint: String,
}

impl ConsistencyProof {
    /// Checks that the tree grew from `old_root`, and gives the newer head.
    pub fn verify(&self, old_root: Hash, log: &NoteVerifier) -> Result<Checkpoint, ProofError> {
        let head = Checkpoint::open(&self.checkpoint, log)?;
        if self.grew_into(&head, old_root) { Ok(head) } else { Err(ProofError::Inconsistent) }
    }

    /// Whether `head`, already opened, begins with the tree of `old` leaves under `old_root`.
    pub(crate) fn grew_into(&self, head: &Checkpoint, old_root: Hash) -> bool {
        if self.old == 0 {
            return self.hashes.is_empty();
        }
        if self.old == head.size {
            return self.hashes.is_empty() && old_root == head.root;
        }
        check_tree(&self.hashes, head.size, head.root, self.old, old_root).is_ok()
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.hashes {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for ConsistencyProof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or(ProofError::Malformed)
    }
}

fn parse(text: &str) -> Option<ConsistencyProof> {
    if text.len() > MAX_PROOF {
        return None;
    }
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    let old = decimal(lines.next()?.strip_prefix("old ")?)?;
    let hashes: Vec<Hash> = lines.map(hash).collect::<Option<_>>()?;
    let bounded = hashes.len() <= MAX_HASHES;
    bounded.then(|| ConsistencyProof { old, hashes, checkpoint: checkpoint.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{NoteKey, NoteSigner as _};
    use proptest::prelude::*;
    use tlog_tiles::{
        Error, HashReader, prove_tree, record_hash, stored_hashes_for_record_hash, tree_hash,
    };
    use warifu_service::clock::SeededEntropy;

    struct Dense(Vec<Hash>);

    impl HashReader for Dense {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
            Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
        }
    }

    fn tree(size: u64) -> Dense {
        let mut dense = Dense(Vec::new());
        for index in 0..size {
            let leaf = record_hash(&index.to_be_bytes());
            let more = stored_hashes_for_record_hash(index, leaf, &dense).unwrap();
            dense.0.extend(more);
        }
        dense
    }

    fn key() -> NoteKey {
        NoteKey::generate("relay.example/log", &SeededEntropy::new(1)).unwrap()
    }

    /// A proof from `old` to `size`, and the old root.
    fn proof(old: u64, size: u64) -> (ConsistencyProof, Hash) {
        let tree = tree(size);
        let root = tree_hash(size, &tree).unwrap();
        let checkpoint = Checkpoint::sign(size, root, &key()).unwrap().note;
        let hashes = if old == 0 { Vec::new() } else { prove_tree(size, old, &tree).unwrap() };
        let old_root = tree_hash(old, &tree).unwrap();
        (ConsistencyProof { old, hashes, checkpoint }, old_root)
    }

    #[test]
    fn nothing_may_follow_from_nothing_but_only_without_hashes() {
        let (mut proof, root) = proof(0, 5);
        proof.verify(root, key().verifier()).unwrap();
        proof.hashes.push(root);
        assert!(matches!(proof.verify(root, key().verifier()), Err(ProofError::Inconsistent)));
    }

    #[test]
    fn forms_that_the_specification_forbids_are_refused() {
        let good = proof(3, 5).0.to_string();
        assert!(good.parse::<ConsistencyProof>().is_ok());
        for (from, to) in [
            ("old 3", "old 03"),
            ("old 3", "old -3"),
            ("old 3", "new 3"),
            ("old 3\n", "old 3\n\r\n"),
        ] {
            let broken = good.replacen(from, to, 1);
            assert!(broken.parse::<ConsistencyProof>().is_err(), "{broken}");
        }
        let line = good.lines().nth(1).unwrap().to_owned() + "\n";
        let long = good.replacen(&line, &line.repeat(64), 1);
        assert!(long.parse::<ConsistencyProof>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_proof_holds_for_its_two_trees_and_no_other(size in 1u64..400, part in 0u64..400, bit in 0usize..256) {
            let old = part % (size + 1);
            let (proof, root) = proof(old, size);
            let read: ConsistencyProof = proof.to_string().parse().unwrap();
            prop_assert_eq!(&read, &proof);
            prop_assert_eq!(read.verify(root, key().verifier()).unwrap().size, size);
            if old > 0 {
                let mut other = root;
                other.0[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(read.verify(other, key().verifier()).is_err());
            }
            if let Some(first) = read.hashes.first().copied() {
                let mut altered = read.clone();
                altered.hashes[0] = Hash(first.0.map(|byte| !byte));
                prop_assert!(altered.verify(root, key().verifier()).is_err());
            }
        }

        #[test]
        fn any_text_is_refused_or_read(text in "(?s).{0,300}") {
            let _ = text.parse::<ConsistencyProof>();
            let proof = format!("old 1\n{text}").parse::<ConsistencyProof>();
            if let Ok(proof) = proof {
                prop_assert!(proof.verify(record_hash(b""), key().verifier()).is_err());
            }
        }
    }
}
