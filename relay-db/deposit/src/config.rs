//! The part of the relay's configuration that names the insurers who deposit.

use std::path::PathBuf;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{Insurer, InsurerKind, Validity};
use warifu_contract::register::RegisteredInsurer;
use warifu_pki::LinkingConfig;
use warifu_service::storage::DatabaseConfig;

/// Digits of a comparable 保険者番号.
const DIGITS: usize = 8;
/// The most bytes that a file over HTTP may be allowed.
const LARGEST: u64 = 16 << 30;
/// The longest that such a file may be kept, in days.
const LONGEST_KEPT: u8 = 31;

/// Coverage that insurers deposit at the relay (事前蓄積型).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositConfig {
    /// A database of its own: coverage is kept apart from links.
    pub database: DatabaseConfig,
    /// A folder on a disk with room for the largest deposit, where a file is sorted (sealed)
    /// before it is compared with what is there.
    pub folder: PathBuf,
    /// A deposit of which more than so many percent of the records are wrong is refused.
    #[serde(default = "default_wrong")]
    pub refuse_wrong_percent: u8,
    /// A full deposit by which more than so many percent of the cards end, or are gone, goes live
    /// only when that is confirmed: the file may have been cut off.
    #[serde(default = "default_removed")]
    pub confirm_removed_percent: u8,
    /// Who lets a deposit go live that came over HTTP.
    #[serde(default)]
    pub approval: Approval,
    /// The most bytes of a file that comes over HTTP, 1 to 17,179,869,184.
    #[serde(default = "default_largest")]
    pub largest_bytes: u64,
    /// For how many days such a file is kept (sealed) once its deposit is over, so that its faults
    /// can be fetched, 0 to 31.
    #[serde(default = "default_keep_days")]
    pub keep_file_days: u8,
    /// Whose vouchers are believed when a card is to be linked to somebody whom an insurer
    /// deposited. Without it no card is. People are found from the next deposit on that is made
    /// with it.
    #[serde(default)]
    pub linking: Option<LinkingConfig>,
    /// The insurers who deposit.
    pub insurers: Vec<DepositedInsurer>,
}

/// Who lets a deposit go live that came over HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Somebody who may (○), and did not send it (four eyes).
    #[default]
    SecondPerson,
    /// Somebody who may (○), the sender too.
    Anybody,
}

/// A system of an insurer that deposits by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositingSystem {
    /// The name in its certificate (`urn:warifu:party:<name>`); no other party has it.
    pub party: String,
    /// The one certificate that is let in, by its `x5t#S256`; any of the party when absent.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// An insurer whose coverage is deposited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositedInsurer {
    /// Its id within the federation, e.g. `city`; no connector has the same.
    pub id: String,
    /// 保険者番号, as printed.
    pub number: String,
    /// 保険者名.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// 保険者住所.
    pub address: String,
    /// The kind of insurer.
    pub kind: InsurerKind,
    /// A number made for trials: its check digit need not fit (仮想保険者).
    #[serde(default)]
    pub r#virtual: bool,
    /// The first day on which the insurer exists.
    #[schemars(with = "String")]
    pub from: Date,
    /// The last day.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// How long a change usually takes to reach a deposit, in days, as the insurer says: until the
    /// deposits themselves tell.
    #[serde(default)]
    pub usual_lag_days: Option<u16>,
    /// The code of the organisation whose staff deposit, approve, and decide doubts about links to
    /// its members. Without it files come by the command and by systems alone.
    #[serde(default)]
    pub organization: Option<String>,
    /// Its systems that deposit by themselves.
    #[serde(default)]
    pub systems: Vec<DepositingSystem>,
}

fn default_wrong() -> u8 {
    5
}

fn default_removed() -> u8 {
    5
}

fn default_largest() -> u64 {
    4 << 30
}

fn default_keep_days() -> u8 {
    7
}

/// Why deposits cannot be configured so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DepositConfigError {
    /// Not a 保険者番号.
    #[error("deposit.insurer-number: {0} is not an insurer number")]
    Number(String),
    /// More than all.
    #[error("deposit.percent: {0} is not a percentage")]
    Percent(u8),
    /// A bound of files that come over HTTP.
    #[error("deposit.upload: {0} is out of its bounds")]
    Upload(&'static str),
}

impl DepositConfig {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), DepositConfigError> {
        let percents = [self.refuse_wrong_percent, self.confirm_removed_percent];
        if let Some(odd) = percents.into_iter().find(|percent| *percent > 100) {
            return Err(DepositConfigError::Percent(odd));
        }
        if !(1..=LARGEST).contains(&self.largest_bytes) {
            return Err(DepositConfigError::Upload("largest_bytes"));
        }
        if self.keep_file_days > LONGEST_KEPT {
            return Err(DepositConfigError::Upload("keep_file_days"));
        }
        self.insurers.iter().try_for_each(|insurer| insurer.key().map(drop))
    }
}

impl DepositedInsurer {
    /// 保険者番号, comparable: eight digits, or six that are padded to eight.
    pub fn key(&self) -> Result<InsurerKey, DepositConfigError> {
        let plain = |key: &InsurerKey| {
            key.as_str().len() == DIGITS && key.as_str().bytes().all(|byte| byte.is_ascii_digit())
        };
        let key = InsurerKey::parse(&self.number).filter(plain);
        key.ok_or_else(|| DepositConfigError::Number(self.number.clone()))
    }

    /// The insurer as the decision reads it.
    pub(crate) fn registered(&self) -> Result<RegisteredInsurer, DepositConfigError> {
        Ok(RegisteredInsurer {
            key: self.key()?,
            insurer: Insurer {
                number: self.number.clone(),
                name: self.name.clone(),
                address: self.address.clone(),
                kind: self.kind,
                r#virtual: self.r#virtual,
            },
            validity: Validity { from: self.from, until: self.until },
        })
    }
}
