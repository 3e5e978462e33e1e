//! A name with a public Ed25519 key, as verifier keys write them and signature lines name them
//! (C2SP signed-note): shared by those who sign notes and those who cosign them.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::note::{NoteError, split};

/// Signature lines a note may carry: the log's own and those of witnesses.
pub(crate) const MAX_SIGNATURES: usize = 32;

/// What a key's signatures say: the same key in another role has another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Signs the note's text (signature type 0x01).
    Signs,
    /// Cosigns a checkpoint at a time (signature type 0x04, C2SP tlog-cosignature).
    Cosigns,
}

impl Role {
    fn byte(self) -> u8 {
        match self {
            Self::Signs => 0x01,
            Self::Cosigns => 0x04,
        }
    }
}

/// The public half of a key, its name, and its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedKey {
    name: String,
    role: Role,
    id: [u8; 4],
    public: [u8; 32],
}

impl NamedKey {
    /// The key with these 32 `public` bytes (RFC 8032) under `name`.
    pub fn new(name: &str, role: Role, public: [u8; 32]) -> Result<Self, NoteError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(NoteError::Name(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), role, id: key_id(name, role, &public), public })
    }

    /// Reads a verifier key of this role.
    pub fn parse(text: &str, role: Role) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey);
        };
        let typed = BASE64.decode(key.as_bytes()).map_err(|_| NoteError::VerifierKey)?;
        let public = typed
            .strip_prefix(&[role.byte()])
            .and_then(|public| public.try_into().ok())
            .ok_or(NoteError::VerifierKey)?;
        let key = Self::new(name, role, public)?;
        if HEXLOWER.encode(&key.id) == id { Ok(key) } else { Err(NoteError::VerifierKey) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// What the signature lines of `note` by this key carry, in their order.
    pub fn signatures_on(&self, note: &str) -> Result<Vec<Vec<u8>>, NoteError> {
        let (_, lines) = split(note)?;
        Ok(lines.lines().take(MAX_SIGNATURES).filter_map(|line| self.signature(line)).collect())
    }

    /// What `line` carries, if it is a signature line by this key.
    pub fn signature(&self, line: &str) -> Option<Vec<u8>> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = BASE64.decode(encoded.as_bytes()).ok()?;
        let (id, signature) = bytes.split_at_checked(4)?;
        (name == self.name && id == self.id).then(|| signature.to_vec())
    }

    /// The signature line, with its newline, that carries `signature`.
    pub fn line(&self, signature: &[u8]) -> String {
        let bytes = [self.id.as_slice(), signature].concat();
        format!("— {} {}\n", self.name, BASE64.encode(&bytes))
    }

    /// Whether `signature` by this key fits `text`.
    pub fn verify(&self, text: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(text, signature)
            .map_err(|_| NoteError::Signature)
    }
}

impl fmt::Display for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [[self.role.byte()].as_slice(), &self.public].concat();
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id), BASE64.encode(&typed))
    }
}

/// SHA-256(name || 0x0A || type || public key), the first four bytes.
fn key_id(name: &str, role: Role, public: &[u8; 32]) -> [u8; 4] {
    let input = [name.as_bytes(), &[b'\n', role.byte()], public].concat();
    let mut id = [0; 4];
    for (to, from) in id.iter_mut().zip(digest(&SHA256, &input).as_ref()) {
        *to = *from;
    }
    id
}
