//! The part of the relay's configuration that names the insurers who deposit.

use std::path::PathBuf;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{Insurer, InsurerKind, Validity};
use warifu_contract::register::RegisteredInsurer;
use warifu_service::storage::DatabaseConfig;

/// Digits of a comparable 保険者番号.
const DIGITS: usize = 8;

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
    /// A full deposit that takes away more than so many percent of the cards goes live only when
    /// that is confirmed: the file may have been cut off.
    #[serde(default = "default_removed")]
    pub confirm_removed_percent: u8,
    /// The insurers who deposit.
    pub insurers: Vec<DepositedInsurer>,
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
    /// How long a change usually takes to reach a deposit, in days.
    #[serde(default)]
    pub usual_lag_days: Option<u16>,
}

fn default_wrong() -> u8 {
    5
}

fn default_removed() -> u8 {
    10
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
}

impl DepositConfig {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), DepositConfigError> {
        let percents = [self.refuse_wrong_percent, self.confirm_removed_percent];
        if let Some(odd) = percents.into_iter().find(|percent| *percent > 100) {
            return Err(DepositConfigError::Percent(odd));
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
