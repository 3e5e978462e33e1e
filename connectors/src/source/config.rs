//! `[source]` of a connector's configuration.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{Insurer, InsurerKind, Validity};
use warifu_contract::register::RegisteredInsurer;

use crate::store::InsurerEntry;

/// An existing database that eligibility is read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// `postgres://…`, `mysql://…` (MySQL, MariaDB) or `sqlite:PATH`, with an account that may
    /// read the query's tables and nothing else.
    pub url: String,
    /// A SELECT that gives one row for each coverage of each person, its columns named as in
    /// files of coverage, in English (`insurer_number`, `symbol`, `number`, `relation`, `name`,
    /// …), and besides `person`: the insurer's own key of the person, the same on all cards.
    pub coverages: String,
    /// A SELECT that gives one row for each bill (医療費): `person` who was cared for,
    /// `insured_person` on whose insurance (both keys as in `coverages`), `insurer_number`,
    /// `month`, `institution`, `care` (入院, 外来, 歯科, 調剤, 訪問看護, 柔整, その他, or in English as in
    /// the protocol), `days`, `total` and `paid` in yen; if there are any, `meals_count`,
    /// `meals_paid`, `public_part`, `refund`, and `settled` (0 while a bill is being checked).
    /// Without it residents read no expenses.
    #[serde(default)]
    pub expenses: Option<String>,
    /// A SELECT that gives one row for each insurer: `insurer_number`, `complete_until`, the last
    /// month of which every bill has come in.
    #[serde(default)]
    pub expense_progress: Option<String>,
    /// A SELECT that gives one row for each 自己負担限度額 of a person: `person`, `class`, `base` in yen
    /// a month, `valid_from`; if there are any, `hundredth_over`, `outpatient`, `valid_until`.
    #[serde(default)]
    pub cost_limits: Option<String>,
    /// A SELECT that gives one row for each 公費 of a person: `person`, `programme`,
    /// `payer_number`, `recipient_number`, `valid_from`; if there are any, `institutions` (parted
    /// by `|`), `monthly_limit`, `copay` in percent, `valid_until`.
    #[serde(default)]
    pub public_aids: Option<String>,
    /// A SELECT that gives one row for each person whom a card can be linked to: `person` (the key
    /// as in `coverages`), `name`, `birth_date`, `sex`; if there are any, `name_kana`, `address` and
    /// `former_names` (parted by `|`). People are looked up by `birth_date`. Linking needs it.
    #[serde(default)]
    pub members: Option<String>,
    /// File (TOML) of the keys that seal which pseudonym stands for which person, made by
    /// `warifu connector new-link-keys`. Linking needs it.
    #[serde(default)]
    pub link_keys: Option<PathBuf>,
    /// How letters and digits of 記号 and 番号 stand in the database.
    #[serde(default)]
    pub writing: Writing,
    /// Connections at most.
    #[serde(default = "default_connections")]
    pub connections: u32,
    /// How long a lookup may take, in milliseconds.
    #[serde(default = "default_patience")]
    pub patience_ms: u64,
    /// For how many days a coverage that is only notified (届出受理) counts.
    #[serde(default = "default_notice")]
    pub notice_days: u16,
    /// The insurers whose coverages these are.
    pub insurers: Vec<SourceInsurer>,
}

/// An insurer of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceInsurer {
    /// 保険者番号 as it stands in the database.
    pub number: String,
    /// 保険者名.
    pub name: String,
    /// 保険者住所.
    pub address: String,
    /// 保険者の種別.
    pub kind: InsurerKind,
    /// A number made for trials.
    #[serde(default)]
    pub r#virtual: bool,
    /// The first day on which the insurer is in force.
    #[schemars(with = "String")]
    pub valid_from: Date,
    /// The last one, if there is one.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub valid_until: Option<Date>,
    /// How long a change usually takes to reach the database, in days.
    #[serde(default)]
    pub usual_lag_days: Option<u16>,
}

/// How letters and digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Writing {
    /// Half width: `A12`.
    #[default]
    Narrow,
    /// Full width: `Ａ１２`.
    Wide,
}

/// Why a source cannot be configured so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceConfigError {
    /// Another engine.
    #[error("source.url: it starts with neither postgres:, mysql: nor sqlite:")]
    Engine,
    /// Only an insurer answers for eligibility.
    #[error("source: only a connector of kind insurer has a source")]
    Kind,
    /// Nobody could be found, or nothing kept.
    #[error("source.members: linking needs the query of members, and link_keys")]
    Linking,
    /// Nobody's coverages.
    #[error("source.insurers: at least one is needed, each with a number of its own")]
    Insurers,
}

fn default_connections() -> u32 {
    4
}

fn default_patience() -> u64 {
    2_000
}

fn default_notice() -> u16 {
    30
}

impl SourceConfig {
    /// Whether people of the source can be linked.
    pub(crate) fn can_link(&self) -> bool {
        self.members.is_some() && self.link_keys.is_some()
    }

    /// The insurers as the decision knows them. What is read is as new as the reading itself,
    /// so no time of change is known.
    pub(super) fn insurers(&self) -> Result<Vec<InsurerEntry>, SourceConfigError> {
        let mut entries: Vec<InsurerEntry> = Vec::with_capacity(self.insurers.len());
        for insurer in &self.insurers {
            let entry = insurer.entry().ok_or(SourceConfigError::Insurers)?;
            if entries.iter().any(|other| other.registered.key == entry.registered.key) {
                return Err(SourceConfigError::Insurers);
            }
            entries.push(entry);
        }
        if entries.is_empty() { Err(SourceConfigError::Insurers) } else { Ok(entries) }
    }
}

impl SourceInsurer {
    fn entry(&self) -> Option<InsurerEntry> {
        let registered = RegisteredInsurer {
            key: InsurerKey::parse(&self.number)?,
            validity: Validity { from: self.valid_from, until: self.valid_until },
            insurer: Insurer {
                number: self.number.clone(),
                name: self.name.clone(),
                address: self.address.clone(),
                kind: self.kind,
                r#virtual: self.r#virtual,
            },
        };
        Some(InsurerEntry {
            registered: Arc::new(registered),
            usual_lag_days: self.usual_lag_days,
            changed_at: Timestamp::UNIX_EPOCH,
        })
    }
}

impl Writing {
    /// Comparable text as it stands in the database.
    pub(super) fn of(self, text: &str) -> String {
        match self {
            Self::Narrow => text.to_owned(),
            Self::Wide => text.chars().map(wide).collect(),
        }
    }
}

/// The full-width twin of ASCII (U+FF01–U+FF5E).
fn wide(c: char) -> char {
    match u32::from(c) {
        code @ 0x21..=0x7e => char::from_u32(code + 0xfee0).unwrap_or(c),
        _ => c,
    }
}
