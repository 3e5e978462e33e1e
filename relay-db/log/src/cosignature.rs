//! Cosignatures (C2SP tlog-cosignature, Ed25519): a witness says that at this time this head was
//! the largest it had seen of the log, and that it only ever saw the log grow.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::named_key::{NamedKey, Role};
use crate::note::{NoteError, NoteKey, NoteSigner as _, split};

/// The public half of a witness' key. Its text form is the verifier key (vkey) of type 0x04.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessVerifier(NamedKey);

/// A witness' private key. It must be of no other use: what it signs does not name it.
#[derive(Debug)]
pub struct Cosigner {
    key: NoteKey,
    verifier: WitnessVerifier,
}

/// That a witness has seen a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The witness' name.
    pub by: String,
    /// When it cosigned, in whole seconds.
    pub at: Timestamp,
}

impl WitnessVerifier {
    /// The witness' name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// That this witness cosigned the head in `note`; none if it did not, an error if a line of
    /// its name does not fit. Of several lines the newest counts.
    pub fn witnessed(&self, note: &str) -> Result<Option<Witnessed>, NoteError> {
        let (text, _) = split(note)?;
        let lines = self.0.signatures_on(note)?;
        let times = lines.iter().map(|line| self.time_of(text, line));
        let newest = times.collect::<Result<Vec<_>, _>>()?.into_iter().max();
        Ok(newest.map(|at| Witnessed { by: self.name().to_owned(), at }))
    }

    /// Of a witness' answer, the line by this key that fits the head in `note`.
    pub fn line_for(&self, note: &str, answer: &str) -> Result<String, NoteError> {
        let (text, _) = split(note)?;
        let mut found = answer.lines().take(crate::named_key::MAX_SIGNATURES);
        let carried = found.find_map(|line| self.0.signature(line));
        let carried = carried.ok_or(NoteError::Unsigned)?;
        self.time_of(text, &carried)?;
        Ok(self.0.line(&carried))
    }

    /// The time that `carried` (eight bytes of time, then the signature) says of `text`.
    fn time_of(&self, text: &str, carried: &[u8]) -> Result<Timestamp, NoteError> {
        let (time, signature) = carried.split_first_chunk::<8>().ok_or(NoteError::Malformed)?;
        let seconds = i64::try_from(u64::from_be_bytes(*time)).map_err(|_| NoteError::Malformed)?;
        self.0.verify(&message(text, seconds), signature)?;
        Timestamp::from_second(seconds).map_err(|_| NoteError::Malformed)
    }
}

impl Cosigner {
    /// Cosigns with `key`, under its name.
    pub fn new(key: NoteKey) -> Result<Self, NoteError> {
        let named = NamedKey::new(key.verifier().name(), Role::Cosigns, key.verifier().public())?;
        Ok(Self { key, verifier: WitnessVerifier(named) })
    }

    /// What verifies the cosignatures.
    pub fn verifier(&self) -> &WitnessVerifier {
        &self.verifier
    }

    /// The signature line, with its newline, over the head in `note`.
    pub fn cosign(&self, note: &str, at: Timestamp) -> Result<String, NoteError> {
        let (text, _) = split(note)?;
        let time = u64::try_from(at.as_second()).map_err(|_| NoteError::Malformed)?;
        let signature = self.key.sign(&message(text, at.as_second()))?;
        Ok(self.verifier.0.line(&[time.to_be_bytes().as_slice(), &signature].concat()))
    }
}

/// What is signed: two lines, and the whole text of the checkpoint.
fn message(text: &str, seconds: i64) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

impl fmt::Display for WitnessVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for WitnessVerifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NamedKey::parse(text, Role::Cosigns).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use proptest::prelude::*;
    use ring::signature::{ED25519, UnparsedPublicKey};
    use tlog_tiles::record_hash;
    use warifu_service::clock::SeededEntropy;

    fn cosigner(name: &str, seed: u64) -> Cosigner {
        Cosigner::new(NoteKey::generate(name, &SeededEntropy::new(seed)).unwrap()).unwrap()
    }

    fn head() -> String {
        let key = NoteKey::generate("relay.example/log", &SeededEntropy::new(1)).unwrap();
        Checkpoint::sign(42, record_hash(b"x"), &key).unwrap().note
    }

    fn at() -> Timestamp {
        "2026-11-20T01:15:00Z".parse().unwrap()
    }

    #[test]
    fn a_cosignature_is_over_time_and_text_and_reads_back() {
        let witness = cosigner("witness.example/w1", 2);
        let line = witness.cosign(&head(), at()).unwrap();
        let note = head() + &line;
        let found = witness.verifier().witnessed(&note).unwrap().unwrap();
        assert_eq!(found, Witnessed { by: "witness.example/w1".into(), at: at() });
        assert_eq!(witness.verifier().witnessed(&head()).unwrap(), None);
        assert_eq!(witness.verifier().line_for(&head(), &line).unwrap(), line);
    }

    /// By the letter of the specification: key id, eight bytes of time, the signature over two
    /// lines and the text.
    #[test]
    fn the_bytes_are_those_of_the_specification() {
        let witness = cosigner("witness.example/w1", 2);
        let line = witness.cosign(&head(), at()).unwrap();
        let encoded = line.strip_prefix("— witness.example/w1 ").unwrap().trim_end();
        let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
        assert_eq!(bytes.len(), 4 + 8 + 64);
        let seconds = u64::try_from(at().as_second()).unwrap();
        assert_eq!(bytes[4..12], seconds.to_be_bytes());
        let text = head().split_once("\n\n").unwrap().0.to_owned();
        let signed = format!("cosignature/v1\ntime {seconds}\n{text}\n");
        let public = witness.key.verifier().public();
        UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &bytes[12..]).unwrap();
        let id = [b"witness.example/w1\n\x04".as_slice(), &public].concat();
        let id = ring::digest::digest(&ring::digest::SHA256, &id);
        assert_eq!(bytes[..4], id.as_ref()[..4]);
    }

    #[test]
    fn lines_of_other_keys_are_passed_over_also_under_the_same_name() {
        let note = head() + &cosigner("w", 3).cosign(&head(), at()).unwrap();
        let witness = cosigner("w", 2);
        assert_eq!(witness.verifier().witnessed(&note).unwrap(), None);
        let refused = witness.verifier().line_for(&head(), "— other AAAA\n");
        assert!(matches!(refused, Err(NoteError::Unsigned)));
    }

    #[test]
    fn a_cosignature_does_not_fit_another_head_or_another_time() {
        let witness = cosigner("w", 2);
        let line = witness.cosign(&head(), at()).unwrap();
        let other = head().replacen("42", "43", 1) + &line;
        assert!(matches!(witness.verifier().witnessed(&other), Err(NoteError::Signature)));
        let mut carried = witness.verifier().0.signature(line.trim_end()).unwrap();
        carried[7] ^= 1;
        let later = head() + &witness.verifier().0.line(&carried);
        assert!(matches!(witness.verifier().witnessed(&later), Err(NoteError::Signature)));
    }

    #[test]
    fn the_verifier_key_reads_back_and_is_no_verifier_of_notes() {
        let witness = cosigner("witness.example/w1", 2);
        let text = witness.verifier().to_string();
        assert_eq!(&text.parse::<WitnessVerifier>().unwrap(), witness.verifier());
        assert!(text.parse::<crate::NoteVerifier>().is_err());
    }

    proptest! {
        #[test]
        fn any_answer_is_refused_or_read(answer in "(?s).{0,300}", tail in "[A-Za-z0-9+/]{0,120}") {
            let witness = cosigner("w", 2);
            prop_assert!(witness.verifier().line_for(&head(), &answer).is_err());
            let line = format!("— w {tail}\n");
            prop_assert!(witness.verifier().line_for(&head(), &line).is_err());
            let _ = witness.verifier().witnessed(&(head() + &line));
            let _ = answer.parse::<WitnessVerifier>();
        }
    }
}
