//! Which people of the insurer's own database are linked, and the pseudonyms that were offered for
//! them: every row by keyed hashes, what it says sealed. Of the people nothing else is kept.

use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{Database, Transaction, micros};
use warifu_service::{Surroundings, execute, fetch_all, fetch_optional};

use super::linking::OFFER;
use super::{Bound, MemberId, Store, StoreError};

/// Microseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// Of a keyed hash, the bytes by which the access log calls a person.
const CALLED: usize = 16;

/// Links to people of a source.
#[derive(Debug, Clone)]
pub struct SealedLinks {
    database: Database,
    ring: Arc<KeyRing>,
    surroundings: Surroundings,
}

/// For whom a pseudonym stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    pseudonym: String,
    /// The source's key of the person.
    person: String,
}

/// For whom a pseudonym was offered, and when.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    person: String,
    made: Timestamp,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    pseudonym: Vec<u8>,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct OfferRow {
    body: Vec<u8>,
}

impl SealedLinks {
    /// The links in the connector's own store, sealed with the ring of keys in that file.
    pub fn open(store: &Store, keys: &Path, surroundings: Surroundings) -> Result<Self, SealError> {
        let ring = Arc::new(KeyRing::load(keys)?);
        Ok(Self { database: store.database.clone(), ring, surroundings })
    }

    /// What the access log calls a person of the source: a keyed hash, with no value in common with
    /// the links.
    pub fn called(&self, person: &str) -> MemberId {
        let hash = self.ring.lookup("source.called", person.as_bytes());
        MemberId(HEXLOWER.encode(hash.get(..CALLED).unwrap_or(&hash)))
    }

    /// Whom `pseudonym` stands for.
    pub async fn person_of(&self, pseudonym: &str) -> Result<Option<String>, StoreError> {
        let key = self.pseudonym_key(pseudonym);
        let sql = "SELECT pseudonym, body FROM source_links WHERE pseudonym = $1";
        let row = fetch_optional!(self.database.read(), LinkRow, sql, key.as_slice())?;
        Ok(row.map(|row| self.link(&row)).transpose()?.map(|link| link.person))
    }

    /// The pseudonym of the person, where the relay has one.
    pub async fn pseudonym_of(&self, person: &str) -> Result<Option<String>, StoreError> {
        let key = self.person_key(person);
        let sql = "SELECT pseudonym, body FROM source_links WHERE person = $1";
        let row = fetch_optional!(self.database.read(), LinkRow, sql, key.as_slice())?;
        Ok(row.map(|row| self.link(&row)).transpose()?.map(|link| link.pseudonym))
    }

    /// Offers pseudonyms for people in the ceremony `errand`, in place of what was offered in it
    /// before; drops every offer that is over.
    pub async fn offer(
        &self,
        errand: &str,
        offers: &[(String, String)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let errand = self.errand_key(errand);
        // A whole day, so that no two tables tell by the same instant that they belong together.
        let ends = micros(now.checked_add(OFFER).unwrap_or(now)).div_euclid(DAY) * DAY + DAY;
        let mut transaction = self.database.begin().await?;
        let sql = "DELETE FROM source_offers WHERE ends < $1";
        execute!(transaction.on(), sql, micros(now))?;
        forget(&mut transaction, &errand).await?;
        let sql =
            "INSERT INTO source_offers (errand, pseudonym, body, ends) VALUES ($1, $2, $3, $4)";
        for (pseudonym, person) in offers {
            let key = self.pseudonym_key(pseudonym);
            let offer = Offer { person: person.clone(), made: now };
            let body = self.seal(&offer_place(&errand, &key), &offer)?;
            execute!(transaction.on(), sql, errand.as_slice(), key.as_slice(), body, ends)?;
        }
        Ok(transaction.commit().await?)
    }

    /// For whom the pseudonym was offered in the ceremony `errand`, and when, while it is open.
    pub async fn offered(
        &self,
        errand: &str,
        pseudonym: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>, StoreError> {
        let (errand, key) = (self.errand_key(errand), self.pseudonym_key(pseudonym));
        let sql = "SELECT body FROM source_offers WHERE errand = $1 AND pseudonym = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, OfferRow, sql, errand.as_slice(), key.as_slice())?;
        let Some(row) = row else { return Ok(None) };
        let Offer { person, made } = self.unseal(&offer_place(&errand, &key), &row.body)?;
        let is_open = made.checked_add(OFFER).is_ok_and(|ends| now <= ends);
        Ok(is_open.then_some((person, made)))
    }

    /// Makes an offered pseudonym stand for its person. Somebody for whom another stands already
    /// keeps that one.
    pub async fn bind_offer(
        &self,
        errand: &str,
        pseudonym: &str,
        now: Timestamp,
    ) -> Result<Bound, StoreError> {
        if let Some(person) = self.person_of(pseudonym).await? {
            return Ok(Bound::Done(self.called(&person)));
        }
        let Some((person, _)) = self.offered(errand, pseudonym, now).await? else {
            return Ok(Bound::NotOffered);
        };
        let member = self.called(&person);
        let (key, of) = (self.pseudonym_key(pseudonym), self.person_key(&person));
        let link = Link { pseudonym: pseudonym.to_owned(), person };
        let body = self.seal(&link_place(&key), &link)?;
        let mut transaction = self.database.begin().await?;
        let sql = "INSERT INTO source_links (pseudonym, person, body) VALUES ($1, $2, $3) \
                   ON CONFLICT DO NOTHING";
        if execute!(transaction.on(), sql, key.as_slice(), of.as_slice(), body)? == 0 {
            return Ok(Bound::Taken(member));
        }
        forget(&mut transaction, &self.errand_key(errand)).await?;
        transaction.commit().await?;
        Ok(Bound::Done(member))
    }

    /// Forgets what was offered in `errand`, and the pseudonym, if one is named. Whom it stood for.
    pub async fn end_link(
        &self,
        errand: &str,
        pseudonym: Option<&str>,
    ) -> Result<Option<MemberId>, StoreError> {
        let mut transaction = self.database.begin().await?;
        forget(&mut transaction, &self.errand_key(errand)).await?;
        let mut ended = None;
        if let Some(pseudonym) = pseudonym {
            let key = self.pseudonym_key(pseudonym);
            let sql = "DELETE FROM source_links WHERE pseudonym = $1 RETURNING pseudonym, body";
            ended = fetch_optional!(transaction.on(), LinkRow, sql, key.as_slice())?;
        }
        transaction.commit().await?;
        let ended = ended.map(|row| self.link(&row)).transpose()?;
        Ok(ended.map(|link| self.called(&link.person)))
    }

    /// Seals again what stands under an older key than the current one. How many links those were.
    /// Offers end by themselves.
    pub async fn reseal(&self) -> Result<u64, StoreError> {
        let (mut after, mut count) = (Vec::new(), 0);
        loop {
            let sql = "SELECT pseudonym, body FROM source_links WHERE pseudonym > $1 \
                       ORDER BY pseudonym LIMIT 500";
            let rows = fetch_all!(self.database.read(), LinkRow, sql, after.as_slice())?;
            let Some(last) = rows.last() else { return Ok(count) };
            after.clone_from(&last.pseudonym);
            for row in rows.iter().filter(|row| !self.ring.is_current(&row.body)) {
                let (key, old) = (row.pseudonym.as_slice(), row.body.as_slice());
                let body = self.seal(&link_place(key), &self.link(row)?)?;
                let sql = "UPDATE source_links SET body = $1 WHERE pseudonym = $2 AND body = $3";
                count += execute!(self.database.write(), sql, body, key, old)?;
            }
        }
    }

    fn link(&self, row: &LinkRow) -> Result<Link, StoreError> {
        self.unseal(&link_place(&row.pseudonym), &row.body)
    }

    fn person_key(&self, person: &str) -> [u8; 32] {
        self.ring.lookup("source.person", person.as_bytes())
    }

    fn pseudonym_key(&self, pseudonym: &str) -> [u8; 32] {
        self.ring.lookup("source.pseudonym", pseudonym.as_bytes())
    }

    fn errand_key(&self, errand: &str) -> [u8; 32] {
        self.ring.lookup("source.errand", errand.as_bytes())
    }

    fn seal<T: Serialize>(&self, place: &[u8], value: &T) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(value).map_err(|_| CORRUPT)?;
        Ok(self.ring.seal(place, &plain, &*self.surroundings.entropy))
    }

    fn unseal<T: DeserializeOwned>(&self, place: &[u8], sealed: &[u8]) -> Result<T, StoreError> {
        let plain = self.ring.open(place, sealed).map_err(|_| CORRUPT)?;
        serde_json::from_slice(&plain).map_err(|_| CORRUPT)
    }
}

const CORRUPT: StoreError = StoreError::Corrupt { table: "source_links", column: "body" };

async fn forget(transaction: &mut Transaction, errand: &[u8]) -> Result<(), StoreError> {
    execute!(transaction.on(), "DELETE FROM source_offers WHERE errand = $1", errand)?;
    Ok(())
}

fn link_place(pseudonym: &[u8]) -> Vec<u8> {
    [b"source_links/".as_slice(), pseudonym].concat()
}

fn offer_place(errand: &[u8], pseudonym: &[u8]) -> Vec<u8> {
    [b"source_offers/".as_slice(), errand, pseudonym].concat()
}
