//! The rows: what is read and written, and nothing about why.

use warifu_service::{Database, execute, fetch_all, fetch_optional, fetch_over};

use crate::deposits::{DepositError, Terms};
use crate::key::{CardId, InsurerId};

/// What questions see now, for many cards at once: each card's newest row up to its insurer's live
/// deposit.
pub(crate) const NOW: &str = "WITH v (place, insurer, card) AS (VALUES {rows}) \
    SELECT v.place, i.live, i.live_at, i.lag, i.known_at, c.deposit, c.body FROM v \
    JOIN deposit_insurer i ON i.insurer = v.insurer \
    LEFT JOIN deposit_card c ON c.card = v.card AND c.deposit = (SELECT MAX(d.deposit) \
    FROM deposit_card d WHERE d.card = v.card AND d.deposit <= i.live)";
/// A card as a deposit left it.
pub(crate) const AT: &str = "SELECT card, deposit, body FROM deposit_card \
    WHERE card = $1 AND deposit <= $2 ORDER BY deposit DESC LIMIT 1";
/// The rows between two keys up to a deposit, newest first for each card.
pub(crate) const BETWEEN: &str = "SELECT card, deposit, body FROM deposit_card \
    WHERE card >= $1 AND card <= $2 AND deposit <= $3 ORDER BY card, deposit DESC LIMIT $4";
/// The rows after a key up to another and up to a deposit, newest first for each card.
pub(crate) const AFTER: &str = "SELECT card, deposit, body FROM deposit_card \
    WHERE card > $1 AND card <= $2 AND deposit <= $3 ORDER BY card, deposit DESC LIMIT $4";
/// The deposit that was live at an instant.
pub(crate) const LIVE_AT: &str = "SELECT number, live_at, lag_median AS lag FROM deposit \
    WHERE insurer = $1 AND live_at <= $2 ORDER BY number DESC LIMIT 1";

/// The deposits' tables.
#[derive(Debug, Clone)]
pub(crate) struct Store(pub Database);

/// What is seen of one card that was asked for.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SeenRow {
    pub place: i64,
    /// Zero before the insurer's first deposit.
    pub live: i64,
    pub live_at: Option<i64>,
    /// The insurer's usual lag in days, where its deposits tell.
    pub lag: Option<i64>,
    pub known_at: i64,
    pub deposit: Option<i64>,
    pub body: Option<Vec<u8>>,
}

/// A card as one deposit left it; without a body it is gone.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CardRow {
    pub card: Vec<u8>,
    pub deposit: i64,
    pub body: Vec<u8>,
}

/// A deposit that was live.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LiveRow {
    pub number: i64,
    pub live_at: i64,
    pub lag: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct TermsRow {
    body: String,
}

impl CardRow {
    pub fn id(&self) -> Result<CardId, DepositError> {
        let unreadable = DepositError::Unreadable { table: "deposit_card", column: "card" };
        CardId::from_column(&self.card).ok_or(unreadable)
    }
}

impl Store {
    /// Enters an insurer, and its terms where they changed.
    pub async fn enter(
        &self,
        insurer: InsurerId,
        terms: &Terms,
        now: i64,
    ) -> Result<(), DepositError> {
        if self.terms(insurer, now).await?.as_ref() == Some(terms) {
            return Ok(());
        }
        let unreadable = |_| DepositError::Unreadable { table: "deposit_terms", column: "body" };
        let body = serde_json::to_string(terms).map_err(unreadable)?;
        let mut transaction = self.0.begin().await?;
        let sql = "INSERT INTO deposit_insurer (insurer, live, known_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (insurer) DO NOTHING";
        execute!(transaction.on(), sql, insurer.column(), 0_i64, now)?;
        let sql = "INSERT INTO deposit_terms (insurer, known_from, body) VALUES ($1, $2, $3) \
                   ON CONFLICT (insurer, known_from) DO NOTHING";
        execute!(transaction.on(), sql, insurer.column(), now, body)?;
        Ok(transaction.commit().await?)
    }

    /// The insurer as the relay knew it at an instant.
    pub async fn terms(
        &self,
        insurer: InsurerId,
        known_at: i64,
    ) -> Result<Option<Terms>, DepositError> {
        let sql = "SELECT body FROM deposit_terms WHERE insurer = $1 AND known_from <= $2 \
                   ORDER BY known_from DESC LIMIT 1";
        let row = fetch_optional!(self.0.read(), TermsRow, sql, insurer.column(), known_at)?;
        let unreadable = |_| DepositError::Unreadable { table: "deposit_terms", column: "body" };
        row.map(|row| serde_json::from_str(&row.body).map_err(unreadable)).transpose()
    }

    /// What questions see now of these cards, in no order; nothing for insurers that do not deposit.
    pub async fn now(&self, asked: &[(InsurerId, CardId)]) -> Result<Vec<SeenRow>, DepositError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<_> = (0_i64..).zip(asked).collect();
        Ok(fetch_over!(
            self.0.read(),
            SeenRow,
            NOW,
            &asked,
            |one| one.map(|one| one.0),
            one.map(|one| one.1.0.column()),
            one.map(|one| one.1.1.0.as_slice()),
        )?)
    }

    /// A card as `deposit` left it.
    pub async fn at(&self, card: &CardId, deposit: i64) -> Result<Option<CardRow>, DepositError> {
        Ok(fetch_optional!(self.0.read(), CardRow, AT, card.0.as_slice(), deposit)?)
    }

    /// Rows between two keys up to `deposit`, newest first for each card.
    pub async fn between(
        &self,
        (low, high): (CardId, CardId),
        deposit: i64,
        limit: i64,
    ) -> Result<Vec<CardRow>, DepositError> {
        let (low, high) = (low.0.as_slice(), high.0.as_slice());
        Ok(fetch_all!(self.0.read(), CardRow, BETWEEN, low, high, deposit, limit)?)
    }

    /// The rows after a key up to another and up to `deposit`, newest first for each card. A page
    /// may end within a card: its newest row was in it.
    pub async fn after(
        &self,
        (after, last): (CardId, CardId),
        deposit: i64,
        limit: i64,
    ) -> Result<Vec<CardRow>, DepositError> {
        let (after, last) = (after.0.as_slice(), last.0.as_slice());
        Ok(fetch_all!(self.0.read(), CardRow, AFTER, after, last, deposit, limit)?)
    }

    /// The deposit that questions see; 0 before the first.
    pub async fn live(&self, insurer: InsurerId) -> Result<i64, DepositError> {
        let sql = "SELECT live FROM deposit_insurer WHERE insurer = $1";
        let row = fetch_optional!(self.0.read(), (i64,), sql, insurer.column())?;
        Ok(row.map_or(0, |(live,)| live))
    }

    /// The deposit that was live at an instant.
    pub async fn live_at(
        &self,
        insurer: InsurerId,
        known_at: i64,
    ) -> Result<Option<LiveRow>, DepositError> {
        Ok(fetch_optional!(self.0.read(), LiveRow, LIVE_AT, insurer.column(), known_at)?)
    }
}
