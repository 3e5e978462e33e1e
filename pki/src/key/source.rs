//! Where a configuration says a key is: in a file, perhaps under a passphrase, or in a PKCS#11
//! token.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{FileKey, KeyError, Signer, file_error};
use crate::{KeyAlgorithm, Pkcs11Key};

const MAX_SECRET: usize = 256;

/// Where a private key is: `{ file = "cards.key" }`, the same with a `passphrase_file`, or
/// `{ pkcs11 = { module = "…", token = "…", key = "…", pin_file = "…" } }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
pub enum KeySource {
    /// In a PKCS#8 PEM file.
    File {
        /// The file.
        file: PathBuf,
        /// The file that holds the passphrase of an encrypted key.
        passphrase_file: Option<PathBuf>,
    },
    /// In a token that never gives it out.
    Token(TokenKey),
}

/// A key in a PKCS#11 token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenKey {
    /// The library that speaks to the token, e.g. `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The label (`CKA_LABEL`) of the private key and of the public key beside it.
    pub key: String,
    /// The file that holds the user PIN, on one line.
    pub pin_file: PathBuf,
}

/// A key source as the configuration file spells it.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "KeySource")]
#[serde(deny_unknown_fields)]
struct Written {
    /// The key's PKCS#8 PEM file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    /// The file that holds the passphrase of an encrypted key file, on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase_file: Option<PathBuf>,
    /// The key in a PKCS#11 token, instead of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pkcs11: Option<TokenKey>,
}

/// Neither a file nor a token, or both.
#[derive(Debug, thiserror::Error)]
#[error("a key is either in a `file` (perhaps with a `passphrase_file`) or in `pkcs11`")]
struct Ambiguous;

impl TryFrom<Written> for KeySource {
    type Error = Ambiguous;

    fn try_from(written: Written) -> Result<Self, Ambiguous> {
        match written {
            Written { file: Some(file), passphrase_file, pkcs11: None } => {
                Ok(Self::File { file, passphrase_file })
            }
            Written { file: None, passphrase_file: None, pkcs11: Some(key) } => {
                Ok(Self::Token(key))
            }
            _ => Err(Ambiguous),
        }
    }
}

impl From<KeySource> for Written {
    fn from(source: KeySource) -> Self {
        match source {
            KeySource::File { file, passphrase_file } => {
                Self { file: Some(file), passphrase_file, pkcs11: None }
            }
            KeySource::Token(key) => Self { pkcs11: Some(key), ..Self::default() },
        }
    }
}

impl KeySource {
    /// A file without a passphrase.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { file: path.into(), passphrase_file: None }
    }

    /// The same source with its relative files taken from this folder. A module is left as it is,
    /// for the system finds libraries by name.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::File { file, passphrase_file } => Self::File {
                file: folder.join(file),
                passphrase_file: passphrase_file.map(|path| folder.join(path)),
            },
            Self::Token(key) => {
                Self::Token(TokenKey { pin_file: folder.join(key.pin_file), ..key })
            }
        }
    }

    /// Opens the key that is there. Speaks to the disk or to the token, so it may take a moment.
    pub fn open(&self) -> Result<Arc<dyn Signer>, KeyError> {
        self.try_open().map_err(|cause| self.at(cause))
    }

    /// Makes a new key there and opens it. A key that is there already is left alone and is an
    /// error.
    pub fn generate(&self, algorithm: KeyAlgorithm) -> Result<Arc<dyn Signer>, KeyError> {
        self.try_generate(algorithm).map_err(|cause| self.at(cause))
    }

    fn try_open(&self) -> Result<Arc<dyn Signer>, KeyError> {
        Ok(match self {
            Self::File { file, passphrase_file: None } => Arc::new(FileKey::load(file)?),
            Self::File { file, passphrase_file: Some(secret) } => {
                Arc::new(FileKey::load_encrypted(file, read_secret(secret)?.as_bytes())?)
            }
            Self::Token(key) => Arc::new(Pkcs11Key::open(key)?),
        })
    }

    fn try_generate(&self, algorithm: KeyAlgorithm) -> Result<Arc<dyn Signer>, KeyError> {
        let (file, passphrase_file) = match self {
            Self::Token(key) => return Ok(Arc::new(Pkcs11Key::generate(key, algorithm)?)),
            Self::File { file, passphrase_file } => (file, passphrase_file),
        };
        let key = FileKey::generate(algorithm)?;
        match passphrase_file {
            None => key.save(file)?,
            Some(secret) => key.save_encrypted(file, read_secret(secret)?.as_bytes())?,
        }
        Ok(Arc::new(key))
    }

    fn at(&self, cause: KeyError) -> KeyError {
        KeyError::At { place: self.to_string(), cause: Box::new(cause) }
    }
}

/// The file's path, or the key's address in the form of RFC 7512.
impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, .. } => write!(f, "{}", file.display()),
            Self::Token(key) => write!(f, "pkcs11:token={};object={}", key.token, key.key),
        }
    }
}

/// Reads a passphrase or PIN: the one line of a file.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_SECRET + 2));
    File::open(path)
        .and_then(|file| file.take(MAX_SECRET as u64 + 2).read_to_string(&mut text))
        .map_err(|source| file_error(path, source))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.len() > MAX_SECRET || line.contains(['\r', '\n']) {
        return Err(KeyError::NoSecret { path: path.display().to_string() });
    }
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Section {
        key: KeySource,
    }

    const TOKEN: &str =
        r#"key = { pkcs11 = { module = "m.so", token = "t", key = "k", pin_file = "p" } }"#;

    fn parse(text: &str) -> Result<KeySource, toml::de::Error> {
        toml::from_str::<Section>(text).map(|section| section.key)
    }

    #[test]
    fn every_spelling_goes_round() {
        for text in
            [r#"key = { file = "a" }"#, r#"key = { file = "a", passphrase_file = "b" }"#, TOKEN]
        {
            let section = Section { key: parse(text).unwrap() };
            let written = toml::to_string(&section).unwrap();
            assert_eq!(parse(&written).unwrap(), section.key, "{written}");
        }
        assert_eq!(parse(TOKEN).unwrap().to_string(), "pkcs11:token=t;object=k");
    }

    #[test]
    fn neither_nor_and_both_are_refused_with_advice() {
        let both = TOKEN.replace("{ pkcs11", r#"{ file = "a", pkcs11"#);
        for text in ["key = {}", r#"key = { passphrase_file = "b" }"#, &both] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("either in a `file`"), "{error}");
        }
        let error = parse(r#"key = { files = "a" }"#).unwrap_err().to_string();
        assert!(error.contains("files"), "{error}");
    }

    #[test]
    fn relative_files_are_taken_from_the_folder() {
        let source = parse(r#"key = { file = "a", passphrase_file = "/b" }"#).unwrap();
        let KeySource::File { file, passphrase_file } = source.within(Path::new("/ca")) else {
            panic!("a file stays a file");
        };
        assert_eq!((file, passphrase_file), ("/ca/a".into(), Some("/b".into())));
    }

    #[test]
    fn a_key_is_made_once_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "tally\n").unwrap();
        for text in
            [r#"key = { file = "a" }"#, r#"key = { file = "b", passphrase_file = "secret" }"#]
        {
            let source = parse(text).unwrap().within(folder.path());
            let made = source.generate(KeyAlgorithm::P256).unwrap();
            let opened = source.open().unwrap();
            assert_eq!(made.public_key_der(), opened.public_key_der());
            assert!(source.generate(KeyAlgorithm::P256).is_err());
        }
    }

    #[test]
    fn errors_name_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::file("none.key").within(folder.path());
        let error = source.open().err().unwrap().to_string();
        assert!(error.contains("none.key"), "{error}");
        FileKey::generate(KeyAlgorithm::P256).unwrap().save(&folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("secret"), "one\ntwo\n").unwrap();
        let source = parse(r#"key = { file = "a", passphrase_file = "secret" }"#).unwrap();
        let error = source.within(folder.path()).open().err().unwrap().to_string();
        assert!(error.contains("one line"), "{error}");
    }

    #[test]
    fn every_key_is_documented() {
        let schema = schemars::schema_for!(KeySource);
        let properties = schema.as_value()["properties"].as_object().unwrap();
        assert_eq!(properties.len(), 3);
        assert!(properties.values().all(|property| property["description"].is_string()));
    }
}
