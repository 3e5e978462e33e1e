//! Cards: what is sealed in them, how they are found, and the projection of their events.

mod find;
mod write;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_contract::card_office::{CardKind, Channel, Employment, Proxy, Stage, StopReason};
use warifu_contract::identity::{FourItems, IdentityOutcome, name_key};
use warifu_service::fetch_optional;
use warifu_service::storage::instant;
use zeroize::Zeroizing;

use super::Store;
use super::words::value;
use crate::event::Hash;
use crate::{CardId, CardNumber, OfficeError};

const TABLE: &str = "office_cards";
const APPLICATION: &str = "office_cards.application";
const PROOF: &str = "office_cards.proof";
const NUMBER: &str = "office_cards.number";
const HOLDER: &str = "office_cards.holder";
const TRACKING: &str = "office_cards.tracking";
const CODE: &str = "office_cards.code";
const NAME: &str = "office_cards.name";
const KANA: &str = "office_cards.kana";

/// What the applicant wrote.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    pub(crate) applicant: FourItems,
    pub(crate) phone: Option<String>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) employment: Option<Employment>,
}

/// Shows nothing of a person.
impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Application(…)")
    }
}

/// A card as it is kept, opened.
#[derive(Debug, Clone)]
pub(crate) struct CardRow {
    pub(crate) id: CardId,
    pub(crate) projection: Projection,
    pub(crate) kind: CardKind,
    pub(crate) channel: Channel,
    pub(crate) application: Application,
    pub(crate) proof: Option<IdentityOutcome>,
    pub(crate) person: Option<String>,
    pub(crate) number: Option<CardNumber>,
    pub(crate) holder: Option<String>,
    pub(crate) tracking: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) replaces: Option<CardId>,
    pub(crate) replaced_by: Option<CardId>,
}

/// What a card's events say, kept in its row for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Projection {
    pub(crate) version: u32,
    pub(crate) stage: Stage,
    pub(crate) since: Timestamp,
    pub(crate) reason: Option<StopReason>,
    pub(crate) head: Hash,
}

/// A card to be.
pub(crate) struct NewCard<'a> {
    pub(crate) id: &'a CardId,
    pub(crate) channel: Channel,
    pub(crate) application: &'a Application,
    pub(crate) replaces: Option<&'a CardId>,
    pub(crate) person: Option<&'a str>,
}

#[derive(sqlx::FromRow)]
struct Raw {
    id: String,
    version: i64,
    stage: String,
    since: i64,
    reason: Option<String>,
    head: Vec<u8>,
    kind: String,
    channel: String,
    application: Vec<u8>,
    proof: Option<Vec<u8>>,
    person: Option<String>,
    number: Option<Vec<u8>>,
    holder: Option<Vec<u8>>,
    tracking: Option<Vec<u8>>,
    owner: Option<String>,
    expires_at: Option<i64>,
    replaces: Option<String>,
    replaced_by: Option<String>,
}

impl Application {
    pub(crate) fn kind(&self) -> CardKind {
        if self.employment.is_some() { CardKind::Staff } else { CardKind::Resident }
    }
}

impl Raw {
    fn corrupt(&self) -> OfficeError {
        OfficeError::record(TABLE, &self.id)
    }

    fn id(&self, text: &str) -> Result<CardId, OfficeError> {
        text.parse().map_err(|_| self.corrupt())
    }

    fn projection(&self) -> Result<Projection, OfficeError> {
        let reason = self.reason.as_deref().map(|reason| value(TABLE, &self.id, reason));
        Ok(Projection {
            version: u32::try_from(self.version).map_err(|_| self.corrupt())?,
            stage: Stage::named(&self.stage).ok_or_else(|| self.corrupt())?,
            since: instant(self.since),
            reason: reason.transpose()?,
            head: self.head.as_slice().try_into().map_err(|_| self.corrupt())?,
        })
    }
}

impl Store {
    /// The letter's code, while the card lives.
    pub(crate) async fn code(&self, id: &CardId) -> Result<Option<Zeroizing<String>>, OfficeError> {
        let sql = "SELECT code FROM office_cards WHERE id = $1";
        let row = fetch_optional!(self.database.read(), (Option<Vec<u8>>,), sql, id.as_str())?;
        let Some((Some(sealed),)) = row else { return Ok(None) };
        Ok(Some(Zeroizing::new(self.open_text(CODE, id.as_str(), &sealed)?)))
    }

    /// Under which key the calls of whoever says this are counted.
    pub(crate) fn caller_key(&self, items: &FourItems) -> Vec<u8> {
        self.name_keys(items).0
    }

    fn name_keys(&self, items: &FourItems) -> (Vec<u8>, Option<Vec<u8>>) {
        let name = self.key(NAME, &format!("{} {}", name_key(&items.name), items.birth_date));
        (name, items.kana.as_deref().map(|kana| self.kana_key(kana, items)))
    }

    fn kana_key(&self, kana: &str, items: &FourItems) -> Vec<u8> {
        self.key(KANA, &format!("{} {}", name_key(kana), items.birth_date))
    }

    fn all_opened(&self, raws: Vec<Raw>) -> Result<Vec<CardRow>, OfficeError> {
        raws.into_iter().map(|raw| self.opened(raw)).collect()
    }

    fn opened(&self, raw: Raw) -> Result<CardRow, OfficeError> {
        let row = raw.id.as_str();
        let text = |column: &str, sealed: &Option<Vec<u8>>| {
            sealed.as_deref().map(|sealed| self.open_text(column, row, sealed)).transpose()
        };
        let proof = raw.proof.as_deref().map(|sealed| self.open_json(PROOF, row, sealed));
        let number = text(NUMBER, &raw.number)?.map(|number| number.parse());
        Ok(CardRow {
            id: raw.id(row)?,
            projection: raw.projection()?,
            kind: value(TABLE, row, &raw.kind)?,
            channel: value(TABLE, row, &raw.channel)?,
            application: self.open_json(APPLICATION, row, &raw.application)?,
            proof: proof.transpose()?,
            number: number.transpose().map_err(|_| raw.corrupt())?,
            holder: text(HOLDER, &raw.holder)?,
            tracking: text(TRACKING, &raw.tracking)?,
            expires_at: raw.expires_at.map(instant),
            replaces: raw.replaces.as_deref().map(|id| raw.id(id)).transpose()?,
            replaced_by: raw.replaced_by.as_deref().map(|id| raw.id(id)).transpose()?,
            person: raw.person,
            owner: raw.owner,
        })
    }
}
