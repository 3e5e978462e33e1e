//! What the card office is told, and the secrets it keeps in files of its own.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use ring::hmac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;
use warifu_service::tls::ClientConfig;
use zeroize::Zeroizing;

use crate::{FelicaSettings, OfficeError};

const SEAL_KEYS: &str = "seal.toml";
const CARD_MASTER: &str = "card-master.key";
const MASTER_BYTES: usize = 32;
/// What the diversified keys are for, so that no other key is ever made from the same input.
const MANAGEMENT_KEY: &[u8] = b"warifu piv management key v1";

/// How the card office works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeSettings {
    /// The folder that `warifu card init` filled: the keys that seal the office's records
    /// (`seal.toml`), and the secret from which each card's management key is made
    /// (`card-master.key`).
    pub folder: PathBuf,
    /// The resident register. Without it no applicant can be proved.
    #[serde(default)]
    pub register: Option<RegisterSettings>,
    /// How long cards live.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// What the office and the identity provider call each other in security events.
    #[serde(default)]
    pub names: Names,
    /// FeliCa cards as second tokens.
    #[serde(default)]
    pub felica: FelicaSettings,
}

/// The resident register (住民基本台帳), asked over mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterSettings {
    /// The start of its address, e.g. `https://register.example:8443`.
    pub url: String,
    /// The name in its certificate.
    #[serde(default = "register")]
    pub party: String,
    /// Which CA it is believed by, and our own certificate and key.
    pub tls: ClientConfig,
    /// Seconds after which it is taken to be silent.
    #[serde(default = "five")]
    pub timeout_seconds: u32,
}

/// How long cards live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    /// Days for which a resident's card is valid, at most 1830.
    pub resident_days: u32,
    /// Days for which a staff card is valid, at most 1830.
    pub staff_days: u32,
}

/// What the office and the identity provider call each other in security events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The office, as issuer.
    pub office: String,
    /// The identity provider, as audience.
    pub idp: String,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { resident_days: 1826, staff_days: 1096 }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { office: "urn:warifu:ca".to_owned(), idp: "urn:warifu:idp".to_owned() }
    }
}

impl Lifetimes {
    pub(crate) fn resident(self) -> SignedDuration {
        days(self.resident_days)
    }

    pub(crate) fn staff(self) -> SignedDuration {
        days(self.staff_days)
    }
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}

fn register() -> String {
    "register".to_owned()
}

const fn five() -> u32 {
    5
}

/// The secrets in the office's folder.
pub(crate) struct Secrets {
    pub(crate) ring: KeyRing,
    pub(crate) master: CardMaster,
}

/// The secret from which each card's management key is made. The keys themselves are never stored.
pub(crate) struct CardMaster(hmac::Key);

impl CardMaster {
    /// 32 bytes for the card with that GUID: HMAC-SHA256 over the purpose and the GUID.
    pub(crate) fn management_key(&self, guid: &[u8; 16]) -> Zeroizing<Vec<u8>> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(MANAGEMENT_KEY);
        context.update(&[0]);
        context.update(guid);
        Zeroizing::new(context.sign().as_ref().to_vec())
    }
}

impl Secrets {
    pub(crate) fn load(folder: &Path) -> Result<Self, OfficeError> {
        let ring = KeyRing::load(&folder.join(SEAL_KEYS))?;
        let path = folder.join(CARD_MASTER);
        let text = fs::read_to_string(&path).map(Zeroizing::new).map_err(file(&path))?;
        let bytes = HEXLOWER.decode(text.trim().as_bytes()).map(Zeroizing::new).ok();
        let bytes = bytes.filter(|bytes| bytes.len() == MASTER_BYTES);
        let bytes = bytes.ok_or_else(|| OfficeError::record("files", CARD_MASTER))?;
        Ok(Self { ring, master: CardMaster(hmac::Key::new(hmac::HMAC_SHA256, &bytes)) })
    }
}

/// Makes the secrets in a folder. Nothing that exists is overwritten.
pub fn init(folder: &Path, surroundings: &Surroundings) -> Result<(), OfficeError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file(folder))?;
    let path = folder.join(CARD_MASTER);
    let secret = Zeroizing::new(surroundings.hex(MASTER_BYTES));
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .map_err(file(&path))?;
    let ring = KeyRing::generate(&surroundings.hex(4), surroundings.entropy.as_ref())?;
    Ok(ring.save(&folder.join(SEAL_KEYS))?)
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> OfficeError {
    let path = path.to_owned();
    |cause| OfficeError::File { path, cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("office");
        init(&place, &Surroundings::system()).unwrap();
        for name in [SEAL_KEYS, CARD_MASTER] {
            let mode = fs::metadata(place.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let again = init(&place, &Surroundings::system());
        assert!(matches!(again, Err(OfficeError::File { .. })));
        let one = Secrets::load(&place).unwrap();
        let key = one.master.management_key(&[1; 16]);
        assert_eq!(key.len(), 32);
        assert_eq!(key, Secrets::load(&place).unwrap().master.management_key(&[1; 16]));
        assert_ne!(key, one.master.management_key(&[2; 16]));
    }

    #[test]
    fn a_broken_master_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &Surroundings::system()).unwrap();
        fs::write(folder.path().join(CARD_MASTER), "abcd").unwrap();
        assert!(matches!(Secrets::load(folder.path()), Err(OfficeError::Record { .. })));
    }

    #[test]
    fn every_key_is_documented() {
        let schema = schemars::schema_for!(OfficeSettings);
        let sections = schema.as_value()["$defs"].as_object().unwrap().values();
        for section in sections.chain([schema.as_value()]) {
            for (name, property) in section["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{name}");
            }
        }
    }
}
