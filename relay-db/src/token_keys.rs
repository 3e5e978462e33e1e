//! The keys for what the relay signs: tokens for connectors, receipts of consents. Their files are
//! looked at every second, so that a key is announced, exchanged and dropped while the relay runs.
//!
//! A key that only old receipts need is published apart: connectors would take tokens by it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use warifu_pki::jose::{JoseError, JwsSigner, JwsVerifier};
use warifu_pki::{FileKey, KeyError, PublicKey};

use crate::config::RelayConfig;
use crate::opening::RelayError;

/// Between two looks at the files.
const PACE: Duration = Duration::from_secs(1);
/// Files in a folder of keys.
const MOST: usize = 12;

/// The keys as the files say now.
#[derive(Debug)]
pub(crate) struct TokenKeys {
    files: Files,
    present: RwLock<Arc<Present>>,
}

/// One state of the files.
#[derive(Debug)]
pub(crate) struct Present {
    signer: JwsSigner,
    /// JWKs of those that tokens are signed with: the one in use first.
    pub tokens: Vec<Value>,
    /// JWKs of those that receipts are signed with, or were.
    pub receipts: Vec<Value>,
    /// What verifies the codes of slips: the same keys, the one in use first.
    pub verifiers: Vec<JwsVerifier>,
}

/// A public key and its JWK.
type Known = (Value, PublicKey);

#[derive(Debug, Clone)]
struct Files {
    current: PathBuf,
    announced: Option<PathBuf>,
    past: Option<PathBuf>,
}

impl TokenKeys {
    /// Reads what the configuration names.
    pub fn open(config: &RelayConfig) -> Result<Self, RelayError> {
        let files = Files {
            current: config.token_key.clone(),
            announced: config.announced_token_keys.clone(),
            past: config.past_token_keys.clone(),
        };
        let present = RwLock::new(Arc::new(files.read()?));
        Ok(Self { files, present })
    }

    /// The keys as they are now.
    pub fn present(&self) -> Arc<Present> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with the key in use.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, JoseError> {
        self.present().signer.sign(typ, claims)
    }

    /// Looks at the files until `stop`. While one of them cannot be read, nothing changes.
    pub async fn keep(&self, stop: &CancellationToken) {
        let mut broken = false;
        while stop.run_until_cancelled(tokio::time::sleep(PACE)).await.is_some() {
            let files = self.files.clone();
            let read = match tokio::task::spawn_blocking(move || files.read()).await {
                Ok(read) => read,
                Err(error) => {
                    tracing::error!(%error, "the token keys could not be read");
                    continue;
                }
            };
            match read {
                Ok(read) => {
                    broken = false;
                    self.take(read);
                }
                Err(error) if !broken => {
                    broken = true;
                    tracing::error!(%error, "the token keys stay as they were");
                }
                Err(_) => {}
            }
        }
    }

    fn take(&self, read: Present) {
        let before = self.present();
        if before.tokens == read.tokens && before.receipts == read.receipts {
            return;
        }
        let kid = read.signer.kid().to_owned();
        let published = read.tokens.len();
        if before.tokens.iter().any(|jwk| jwk["kid"] == kid) {
            tracing::info!(kid, published, "the token keys have changed");
        } else {
            tracing::warn!(kid, published, "the token key in use was not announced before");
        }
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
    }
}

impl Files {
    fn read(&self) -> Result<Present, RelayError> {
        let key = FileKey::load(&self.current).map_err(failed(&self.current))?;
        let current = key.public_key().jwk("sig").map_err(failed(&self.current))?;
        let mut tokens = vec![(current, key.public_key().clone())];
        add(&mut tokens, self.announced.as_deref())?;
        let mut receipts = tokens.clone();
        add(&mut receipts, self.past.as_deref())?;
        Ok(Present {
            signer: JwsSigner::new(Arc::new(key))?,
            tokens: jwks(&tokens),
            verifiers: verifiers(&receipts)?,
            receipts: jwks(&receipts),
        })
    }
}

fn jwks(keys: &[Known]) -> Vec<Value> {
    keys.iter().map(|(jwk, _)| jwk.clone()).collect()
}

fn verifiers(keys: &[Known]) -> Result<Vec<JwsVerifier>, JoseError> {
    keys.iter().map(|(_, key)| JwsVerifier::new(key.clone())).collect()
}

/// The keys of a folder beside those that are there already.
fn add(keys: &mut Vec<Known>, folder: Option<&Path>) -> Result<(), RelayError> {
    let Some(folder) = folder else { return Ok(()) };
    for path in files_in(folder).map_err(|source| in_folder(folder, source))? {
        let pem = std::fs::read(&path).map_err(|source| in_folder(&path, source))?;
        let key = PublicKey::from_pem(&pem).map_err(failed(&path))?;
        let jwk = key.jwk("sig").map_err(failed(&path))?;
        if !keys.iter().any(|(known, _)| *known == jwk) {
            keys.push((jwk, key));
        }
    }
    Ok(())
}

/// Those that end in `.pub` or `.pem`, by name.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let is_key = |path: &PathBuf| path.extension().is_some_and(|end| end == "pub" || end == "pem");
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(is_key);
    files.sort();
    if files.len() > MOST {
        let text = format!("more than {MOST} keys in a folder");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
    }
    Ok(files)
}

fn failed(path: &Path) -> impl Fn(KeyError) -> RelayError + '_ {
    |cause| RelayError::Key { path: path.to_owned(), cause }
}

fn in_folder(path: &Path, source: std::io::Error) -> RelayError {
    failed(path)(KeyError::File { path: path.display().to_string(), source })
}
