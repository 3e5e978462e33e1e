//! For whom pseudonyms stand, and those that are only offered: every row by a keyed hash, and what
//! it says sealed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_contract::card_key::InsurerKey;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_all, fetch_optional, fetch_over};

use crate::deciding::{Answer, Of};
use crate::deposits::{DepositError, Deposits};
use crate::key::{CardId, InsurerId, PersonId};

/// So long an offer waits for people: those who decide a doubt, and the person.
const OFFERED: i64 = 30 * DAY;
const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// People whose pseudonyms are looked up together.
const AT_A_LOOK: usize = 256;

/// The pseudonyms that stand for these people.
pub(crate) const OF_PEOPLE: &str = "WITH v (place, person) AS (VALUES {rows}) \
    SELECT v.place, p.person, p.body FROM v JOIN deposit_pseudonym p ON p.person = v.person";

/// What came of confirming an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The pseudonym stands for the person, from now on or from before.
    Done,
    /// Nothing like this was offered, or not so lately.
    NotOffered,
    /// Somebody else is linked to the person.
    Taken,
}

/// Whom a pseudonym stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub pseudonym: String,
    pub person: PersonId,
    /// Where the person's cards are listed.
    pub list: CardId,
    /// Those on which the person was found when the link was made.
    pub cards: BTreeSet<CardId>,
    /// Where the person lived then, as far as that was said.
    pub home: Option<[u8; 32]>,
}

/// For whom a pseudonym was offered, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    pub target: Target,
    pub made: Timestamp,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    place: i64,
    person: Vec<u8>,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct TargetRow {
    person: Vec<u8>,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct OfferRow {
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct OfferedRow {
    errand: Vec<u8>,
    pseudonym: Vec<u8>,
    body: Vec<u8>,
}

impl Deposits {
    /// Under which pseudonyms the people are linked whom answers are about, in the same order.
    pub async fn pseudonyms(
        &self,
        answers: &[Answer],
    ) -> Result<Vec<Option<String>>, DepositError> {
        let of: Vec<Option<Of>> = answers.iter().map(|answer| answer.of).collect();
        let asked: Vec<(usize, Of)> =
            of.iter().enumerate().filter_map(|(place, of)| Some((place, (*of)?))).collect();
        let people: Vec<PersonId> = asked.iter().map(|(_, of)| of.person).collect();
        let mut found = vec![None; answers.len()];
        for (nth, target) in self.targets_of(&people).await? {
            let Some((place, of)) = asked.get(nth) else { continue };
            if self.is_on(&target, of).await?
                && let Some(place) = found.get_mut(*place)
            {
                *place = Some(target.pseudonym);
            }
        }
        Ok(found)
    }

    /// Whether the linked person is the one on this card, and not somebody like them.
    pub(crate) async fn is_on(&self, target: &Target, of: &Of) -> Result<bool, DepositError> {
        if target.cards.contains(&of.card) {
            return Ok(true);
        }
        let card = self.one_card(of.insurer, of.card).await?;
        Ok(card.is_some_and(|card| self.bears(of.insurer, target, &of.card, &card)))
    }

    /// Those of `people` for whom a pseudonym stands, each with their place.
    pub(crate) async fn targets_of(
        &self,
        people: &[PersonId],
    ) -> Result<Vec<(usize, Target)>, DepositError> {
        let mut found = Vec::new();
        let placed: Vec<(i64, &PersonId)> = (0_i64..).zip(people).collect();
        for some in placed.chunks(AT_A_LOOK) {
            let rows = fetch_over!(
                self.database().read(),
                PersonRow,
                OF_PEOPLE,
                some,
                |one| one.map(|one| one.0),
                one.map(|one| one.1.0.as_slice()),
            )?;
            for row in rows {
                let target: Target = self.open_row(&pseudonym_place(&row.person), &row.body)?;
                found.extend(usize::try_from(row.place).ok().map(|place| (place, target)));
            }
        }
        Ok(found)
    }

    pub(crate) async fn target_of(
        &self,
        insurer: InsurerId,
        pseudonym: &str,
    ) -> Result<Option<Target>, DepositError> {
        let key = self.pseudonym_key(insurer, pseudonym);
        let sql = "SELECT person, body FROM deposit_pseudonym WHERE pseudonym = $1";
        let row = fetch_optional!(self.database().read(), TargetRow, sql, key.as_slice())?;
        row.map(|row| self.open_row(&pseudonym_place(&row.person), &row.body)).transpose()
    }

    /// Offers pseudonyms in the ceremony `errand`, in place of what was offered in it before; drops
    /// every offer that is over.
    pub(crate) async fn offer(
        &self,
        insurer: InsurerId,
        errand: &str,
        offers: &[Target],
    ) -> Result<(), DepositError> {
        let errand = self.errand_key(insurer, errand);
        let made = self.0.surroundings.now();
        let now = micros(made);
        // A whole day, so that no two tables tell by the same instant that they belong together.
        let ends = (now + OFFERED).div_euclid(DAY) * DAY + DAY;
        let mut transaction = self.database().begin().await?;
        let sql = "DELETE FROM deposit_offer WHERE ends < $1";
        execute!(transaction.on(), sql, now)?;
        forget(&mut transaction, &errand).await?;
        let sql =
            "INSERT INTO deposit_offer (errand, pseudonym, body, ends) VALUES ($1, $2, $3, $4)";
        for target in offers {
            let key = self.pseudonym_key(insurer, &target.pseudonym);
            let offer = Offer { target: target.clone(), made };
            let body = self.seal_row(&offer_place(&errand, &key), &offer)?;
            execute!(transaction.on(), sql, errand.as_slice(), key.as_slice(), body, ends)?;
        }
        Ok(transaction.commit().await?)
    }

    /// What was offered in the ceremony `errand` under this pseudonym, while it is open.
    pub(crate) async fn offered(
        &self,
        insurer: InsurerId,
        errand: &str,
        pseudonym: &str,
    ) -> Result<Option<Offer>, DepositError> {
        let (errand, key) =
            (self.errand_key(insurer, errand), self.pseudonym_key(insurer, pseudonym));
        let sql = "SELECT body FROM deposit_offer \
                   WHERE errand = $1 AND pseudonym = $2 AND ends >= $3";
        let now = micros(self.0.surroundings.now());
        let (by_errand, by_key) = (errand.as_slice(), key.as_slice());
        let row = fetch_optional!(self.database().read(), OfferRow, sql, by_errand, by_key, now)?;
        row.map(|row| self.open_row(&offer_place(&errand, &key), &row.body)).transpose()
    }

    /// Makes an offered pseudonym stand for its person. Somebody for whom another stands already
    /// keeps that one.
    pub async fn confirm_link(
        &self,
        insurer: &InsurerKey,
        errand: &str,
        pseudonym: &str,
    ) -> Result<Bound, DepositError> {
        let Some(insurer) = InsurerId::of(insurer) else { return Ok(Bound::NotOffered) };
        if self.target_of(insurer, pseudonym).await?.is_some() {
            return Ok(Bound::Done);
        }
        let Some(Offer { target, .. }) = self.offered(insurer, errand, pseudonym).await? else {
            return Ok(Bound::NotOffered);
        };
        let (errand, key) =
            (self.errand_key(insurer, errand), self.pseudonym_key(insurer, pseudonym));
        let mut transaction = self.database().begin().await?;
        let person = target.person.0.as_slice();
        let body = self.seal_row(&pseudonym_place(person), &target)?;
        let sql = "INSERT INTO deposit_pseudonym (pseudonym, person, body) VALUES ($1, $2, $3) \
                   ON CONFLICT DO NOTHING";
        if execute!(transaction.on(), sql, key.as_slice(), person, body)? == 0 {
            return Ok(Bound::Taken);
        }
        forget(&mut transaction, &errand).await?;
        transaction.commit().await?;
        Ok(Bound::Done)
    }

    /// Forgets what was offered in `errand`, and the pseudonym, if one is named. The same again
    /// changes nothing.
    pub async fn end_link(
        &self,
        insurer: &InsurerKey,
        errand: &str,
        pseudonym: Option<&str>,
    ) -> Result<(), DepositError> {
        let Some(insurer) = InsurerId::of(insurer) else { return Ok(()) };
        let mut transaction = self.database().begin().await?;
        forget(&mut transaction, &self.errand_key(insurer, errand)).await?;
        if let Some(pseudonym) = pseudonym {
            let key = self.pseudonym_key(insurer, pseudonym);
            let sql = "DELETE FROM deposit_pseudonym WHERE pseudonym = $1";
            execute!(transaction.on(), sql, key.as_slice())?;
        }
        Ok(transaction.commit().await?)
    }

    /// Seals again what stands under an older key than `current`. How many rows those were.
    pub(crate) async fn reseal_targets(&self, current: &[u8]) -> Result<u64, DepositError> {
        let (mut after, mut count) = (Vec::new(), 0);
        loop {
            let sql = "SELECT person, body FROM deposit_pseudonym WHERE person > $1 \
                       ORDER BY person LIMIT 500";
            let rows = fetch_all!(self.database().read(), TargetRow, sql, after.as_slice())?;
            let Some(last) = rows.last() else {
                return Ok(count + self.reseal_offers(current).await?);
            };
            after.clone_from(&last.person);
            for row in rows.iter().filter(|row| !row.body.starts_with(current)) {
                let place = pseudonym_place(&row.person);
                let target: Target = self.open_row(&place, &row.body)?;
                let again = self.seal_row(&place, &target)?;
                let sql = "UPDATE deposit_pseudonym SET body = $3 WHERE person = $1 AND body = $2";
                let (person, before) = (row.person.as_slice(), row.body.as_slice());
                count += execute!(self.database().write(), sql, person, before, again)?;
            }
        }
    }

    /// The same for what is only offered.
    async fn reseal_offers(&self, current: &[u8]) -> Result<u64, DepositError> {
        let (mut after, mut count) = ((Vec::new(), Vec::new()), 0);
        loop {
            let sql = "SELECT errand, pseudonym, body FROM deposit_offer \
                       WHERE (errand, pseudonym) > ($1, $2) ORDER BY errand, pseudonym LIMIT 500";
            let (errand, pseudonym) = (after.0.as_slice(), after.1.as_slice());
            let rows = fetch_all!(self.database().read(), OfferedRow, sql, errand, pseudonym)?;
            for row in rows.iter().filter(|row| !row.body.starts_with(current)) {
                let place = offer_place(&row.errand, &row.pseudonym);
                let offer: Offer = self.open_row(&place, &row.body)?;
                let again = self.seal_row(&place, &offer)?;
                let sql = "UPDATE deposit_offer SET body = $4 \
                           WHERE errand = $1 AND pseudonym = $2 AND body = $3";
                let (errand, pseudonym) = (row.errand.as_slice(), row.pseudonym.as_slice());
                let before = row.body.as_slice();
                let write = self.database().write();
                count += execute!(write, sql, errand, pseudonym, before, again)?;
            }
            match rows.into_iter().next_back() {
                Some(last) => after = (last.errand, last.pseudonym),
                None => return Ok(count),
            }
        }
    }

    fn seal_row<T: Serialize>(&self, place: &[u8], row: &T) -> Result<Vec<u8>, DepositError> {
        let plain = serde_json::to_vec(row).map_err(|_| unreadable())?;
        Ok(self.0.ring.seal(place, &plain, &*self.0.surroundings.entropy))
    }

    fn open_row<T: DeserializeOwned>(&self, place: &[u8], body: &[u8]) -> Result<T, DepositError> {
        serde_json::from_slice(&self.0.ring.open(place, body)?).map_err(|_| unreadable())
    }

    fn pseudonym_key(&self, insurer: InsurerId, pseudonym: &str) -> [u8; 32] {
        self.0.ring.lookup("deposit.pseudonym", named(insurer, pseudonym).as_bytes())
    }

    fn errand_key(&self, insurer: InsurerId, errand: &str) -> [u8; 32] {
        self.0.ring.lookup("deposit.errand", named(insurer, errand).as_bytes())
    }
}

async fn forget(transaction: &mut Transaction, errand: &[u8]) -> Result<(), DepositError> {
    execute!(transaction.on(), "DELETE FROM deposit_offer WHERE errand = $1", errand)?;
    Ok(())
}

fn named(insurer: InsurerId, name: &str) -> String {
    format!("{}\n{name}", insurer.column())
}

fn pseudonym_place(person: &[u8]) -> Vec<u8> {
    [b"deposit_pseudonym.body/".as_slice(), person].concat()
}

fn offer_place(errand: &[u8], pseudonym: &[u8]) -> Vec<u8> {
    [b"deposit_offer.body/".as_slice(), errand, b"/", pseudonym].concat()
}

fn unreadable() -> DepositError {
    DepositError::Unreadable { table: "deposit_pseudonym", column: "body" }
}
