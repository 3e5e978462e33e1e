//! Finding cards.

use jiff::Timestamp;
use warifu_contract::card_office::{Stage, StageCount};
use warifu_contract::identity::FourItems;
use warifu_service::storage::micros;
use warifu_service::{fetch_all, fetch_optional};

use super::{CardRow, HOLDER, NUMBER, Raw, TABLE};
use crate::store::Store;
use crate::{CardId, CardNumber, OfficeError};

/// One page of a list, and one more to know whether there is a next.
const PAGE: i64 = 51;
/// Namesakes born on one day, and all their cards, are fewer.
const MOST_FOUND: i64 = 200;

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, version, stage, since, reason, head, kind, channel, application, proof, \
             person, number, holder, tracking, owner, expires_at, replaces, replaced_by \
             FROM office_cards ",
            $tail
        )
    };
}

impl Store {
    pub(crate) async fn card(&self, id: &CardId) -> Result<Option<CardRow>, OfficeError> {
        let sql = select!("WHERE id = $1");
        let raw = fetch_optional!(self.database.read(), Raw, sql, id.as_str())?;
        raw.map(|raw| self.opened(raw)).transpose()
    }

    pub(crate) async fn card_of_number(
        &self,
        number: &CardNumber,
    ) -> Result<Option<CardRow>, OfficeError> {
        let sql = select!("WHERE number_key = $1");
        let key = self.key(NUMBER, number.as_str());
        let raw = fetch_optional!(self.database.read(), Raw, sql, key)?;
        raw.map(|raw| self.opened(raw)).transpose()
    }

    pub(crate) async fn card_of_holder(
        &self,
        holder: &str,
    ) -> Result<Option<CardRow>, OfficeError> {
        let sql = select!("WHERE holder_key = $1");
        let raw = fetch_optional!(self.database.read(), Raw, sql, self.key(HOLDER, holder))?;
        raw.map(|raw| self.opened(raw)).transpose()
    }

    /// The card whose certificates the authority knows by that owner, in this attempt or another.
    pub(crate) async fn card_of_owner(&self, owner: &str) -> Result<Option<CardRow>, OfficeError> {
        let sql = select!("WHERE id = (SELECT card FROM office_personalisations WHERE owner = $1)");
        let raw = fetch_optional!(self.database.read(), Raw, sql, owner)?;
        raw.map(|raw| self.opened(raw)).transpose()
    }

    /// A page of cards, newest first, at one stage or at all, after `cursor` (since and id).
    pub(crate) async fn page(
        &self,
        stage: Option<Stage>,
        cursor: Option<(i64, &str)>,
    ) -> Result<Vec<CardRow>, OfficeError> {
        let (since, id) = cursor.unwrap_or((i64::MAX, ""));
        let on = self.database.read();
        let raws = if let Some(stage) = stage {
            let sql = select!(
                "WHERE stage = $1 AND (since < $2 OR (since = $2 AND id < $3)) \
                 ORDER BY since DESC, id DESC LIMIT $4"
            );
            fetch_all!(on, Raw, sql, stage.as_str(), since, id, PAGE)?
        } else {
            let sql = select!(
                "WHERE since < $1 OR (since = $1 AND id < $2) \
                 ORDER BY since DESC, id DESC LIMIT $3"
            );
            fetch_all!(on, Raw, sql, since, id, PAGE)?
        };
        self.all_opened(raws)
    }

    /// How many cards stand at each stage.
    pub(crate) async fn counts(&self) -> Result<Vec<StageCount>, OfficeError> {
        let sql = "SELECT stage, count(*) FROM office_cards GROUP BY stage";
        let rows = fetch_all!(self.database.read(), (String, i64), sql)?;
        let mut counts = Vec::with_capacity(rows.len());
        for (stage, count) in rows {
            let stage = Stage::named(&stage).ok_or_else(|| OfficeError::record(TABLE, &stage))?;
            counts.push(StageCount { stage, count: u64::try_from(count).unwrap_or_default() });
        }
        counts.sort_by_key(|count| count.stage);
        Ok(counts)
    }

    /// Cards of people whose name, or reading, and birth date are these, newest first.
    pub(crate) async fn cards_of_name(
        &self,
        items: &FourItems,
    ) -> Result<Vec<CardRow>, OfficeError> {
        let sql = select!("WHERE name_key = $1 OR kana_key = $2 ORDER BY since DESC LIMIT $3");
        let (name, kana) = self.name_keys(items);
        let kana = kana.unwrap_or_else(|| self.kana_key(&items.name, items));
        let raws = fetch_all!(self.database.read(), Raw, sql, name, kana, MOST_FOUND)?;
        self.all_opened(raws)
    }

    /// All cards of a person, oldest first.
    pub(crate) async fn cards_of_person(&self, person: &str) -> Result<Vec<CardRow>, OfficeError> {
        let sql = select!("WHERE person = $1 ORDER BY since, id LIMIT $2");
        let raws = fetch_all!(self.database.read(), Raw, sql, person, MOST_FOUND)?;
        self.all_opened(raws)
    }

    /// All cards of whoever the register means, of every kind.
    pub(crate) async fn cards_of_register(
        &self,
        register: &[u8],
    ) -> Result<Vec<CardRow>, OfficeError> {
        let sql = select!(
            "WHERE person IN (SELECT id FROM office_persons WHERE register = $1) \
             ORDER BY since, id LIMIT $2"
        );
        let raws = fetch_all!(self.database.read(), Raw, sql, register, MOST_FOUND)?;
        self.all_opened(raws)
    }

    /// Some of the cards that have ended by `now`, and are not noted as such.
    pub(crate) async fn ended(&self, now: Timestamp) -> Result<Vec<CardRow>, OfficeError> {
        let sql = select!(
            "WHERE expires_at <= $1 AND stage IN ('personalised', 'sent', 'returned', \
             'delivered', 'active', 'suspended') ORDER BY expires_at LIMIT $2"
        );
        let raws = fetch_all!(self.database.read(), Raw, sql, micros(now), MOST_FOUND)?;
        self.all_opened(raws)
    }

    /// Some of the cards in use that end after `now` and by `until`, after `cursor`.
    pub(crate) async fn ending(
        &self,
        (now, until): (Timestamp, Timestamp),
        cursor: &str,
    ) -> Result<Vec<CardRow>, OfficeError> {
        let sql = select!(
            "WHERE stage = 'active' AND expires_at > $1 AND expires_at <= $2 AND id > $3 \
             ORDER BY id LIMIT $4"
        );
        let (now, until) = (micros(now), micros(until));
        let raws = fetch_all!(self.database.read(), Raw, sql, now, until, cursor, MOST_FOUND)?;
        self.all_opened(raws)
    }

    /// Every card, in the order of ids, after `cursor`.
    pub(crate) async fn after(&self, cursor: &str) -> Result<Vec<CardRow>, OfficeError> {
        let sql = select!("WHERE id > $1 ORDER BY id LIMIT $2");
        let raws = fetch_all!(self.database.read(), Raw, sql, cursor, MOST_FOUND)?;
        self.all_opened(raws)
    }
}
