//! Ceremonies, links that are over, the queue of doubts: every row by the subject's keyed hash or
//! by the connector, everything else sealed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_contract::linking::EndRequest;
use warifu_service::storage::Transaction;
use warifu_service::{execute, fetch_all, fetch_optional};

use super::{Ceremony, Read};
use crate::links::{Link, LinkStoreError, Links, Terms, place};

/// Doubts that are listed of one connector.
const DOUBTS: i64 = 100;
/// Notices that are read at once.
const NOTICES: i64 = 100;

/// A link that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastLink {
    pub pseudonym: String,
    pub terms: Terms,
    pub until: Timestamp,
}

/// What a connector has still to be told.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub connector: String,
    id: Vec<u8>,
    pub told: Told,
}

/// The end of a ceremony or of a link.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub errand: String,
    pub request: EndRequest,
}

/// Whose ceremony a doubt is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DoubtBody {
    subject: String,
    id: String,
}

#[derive(sqlx::FromRow)]
struct CeremonyRow {
    connector: String,
    version: i64,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct BodyRow {
    connector: String,
    id: Vec<u8>,
    body: Vec<u8>,
}

impl Links {
    /// Every ceremony of `subject`: at most one for each connector.
    pub async fn ceremonies(&self, subject: &str) -> Result<Vec<Read>, LinkStoreError> {
        let key = self.subject_key(subject);
        let sql = "SELECT connector, version, body FROM relay_ceremony WHERE subject = $1";
        let rows = fetch_all!(self.database.read(), CeremonyRow, sql, key.as_slice())?;
        let read = |row: CeremonyRow| {
            let ceremony = self.open(&ceremony_place(&key, &row.connector), &row.body)?;
            Ok(Read { connector: row.connector, version: row.version, ceremony })
        };
        rows.into_iter().map(read).collect()
    }

    /// The links of `subject` that are over, by connector, newest first.
    pub async fn past(
        &self,
        subject: &str,
    ) -> Result<BTreeMap<String, Vec<PastLink>>, LinkStoreError> {
        let key = self.subject_key(subject);
        let sql = "SELECT connector, id, body FROM relay_link_past WHERE subject = $1 LIMIT 500";
        let rows = fetch_all!(self.database.read(), BodyRow, sql, key.as_slice())?;
        let mut past: BTreeMap<String, Vec<PastLink>> = BTreeMap::new();
        for row in rows {
            let link = self.open(&past_place(&key, &row.connector, &row.id), &row.body)?;
            past.entry(row.connector).or_default().push(link);
        }
        for links in past.values_mut() {
            links.sort_by_key(|link| std::cmp::Reverse(link.until));
        }
        Ok(past)
    }

    /// Takes a ceremony to its next state, if it is still at `version` (0: there is none). False
    /// when somebody else took a step meanwhile.
    pub async fn step(
        &self,
        subject: &str,
        from: (&str, i64),
        next: &Ceremony,
        told: Option<&Told>,
    ) -> Result<bool, LinkStoreError> {
        let mut transaction = self.database.begin().await?;
        if !self.step_in(&mut transaction, subject, from, next).await? {
            return Ok(false);
        }
        if let Some(told) = told {
            self.notice_in(&mut transaction, from.0, told).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn step_in(
        &self,
        transaction: &mut Transaction,
        subject: &str,
        (connector, version): (&str, i64),
        next: &Ceremony,
    ) -> Result<bool, LinkStoreError> {
        let key = self.subject_key(subject);
        let body = self.seal_as(&ceremony_place(&key, connector), next)?;
        let sql = if version == 0 {
            "INSERT INTO relay_ceremony (subject, connector, version, body) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (subject, connector) DO NOTHING"
        } else {
            "UPDATE relay_ceremony SET version = $3, body = $4 \
             WHERE subject = $1 AND connector = $2 AND version = $3 - 1"
        };
        let (key, next_version) = (key.as_slice(), version + 1);
        if execute!(transaction.on(), sql, key, connector, next_version, body)? == 0 {
            return Ok(false);
        }
        self.queue_in(transaction, subject, connector, next).await?;
        Ok(true)
    }

    /// A ceremony is in the queue exactly while it waits for people.
    async fn queue_in(
        &self,
        transaction: &mut Transaction,
        subject: &str,
        connector: &str,
        next: &Ceremony,
    ) -> Result<(), LinkStoreError> {
        let id = self.doubt_key(&next.id);
        let sql = "DELETE FROM relay_doubt WHERE connector = $1 AND id = $2";
        execute!(transaction.on(), sql, connector, id.as_slice())?;
        if next.waits_for_people() {
            let body = DoubtBody { subject: subject.to_owned(), id: next.id.clone() };
            let body = self.seal_as(&doubt_place(connector, &id), &body)?;
            let sql = "INSERT INTO relay_doubt (connector, id, body) VALUES ($1, $2, $3)";
            execute!(transaction.on(), sql, connector, id.as_slice(), body)?;
        }
        Ok(())
    }

    /// Ends a confirmed ceremony with its link; `moved` are the subject's other links whose terms
    /// change with it. False when somebody else took a step meanwhile.
    pub async fn finish(
        &self,
        subject: &str,
        from: &Read,
        link: &Link,
        moved: &[Link],
    ) -> Result<bool, LinkStoreError> {
        let (key, connector) = (self.subject_key(subject), from.connector.as_str());
        let mut transaction = self.database.begin().await?;
        let sql = "DELETE FROM relay_ceremony \
                   WHERE subject = $1 AND connector = $2 AND version = $3";
        if execute!(transaction.on(), sql, key.as_slice(), connector, from.version)? == 0 {
            return Ok(false);
        }
        self.save_in(&mut transaction, subject, link).await?;
        for other in moved {
            self.change_in(&mut transaction, subject, other).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives a link other terms.
    pub async fn change(&self, subject: &str, link: &Link) -> Result<(), LinkStoreError> {
        let mut transaction = self.database.begin().await?;
        self.change_in(&mut transaction, subject, link).await?;
        Ok(transaction.commit().await?)
    }

    /// Puts a link into the past, leaves `last` in its place, and has the connector told.
    pub async fn retire(
        &self,
        subject: &str,
        link: &Link,
        last: &Ceremony,
        told: &Told,
    ) -> Result<(), LinkStoreError> {
        let (key, connector) = (self.subject_key(subject), link.connector.as_str());
        let past = PastLink {
            pseudonym: link.pseudonym.clone(),
            terms: link.terms.clone(),
            until: last.since,
        };
        let id = self.surroundings.bytes::<16>();
        let body = self.seal_as(&past_place(&key, connector, &id), &past)?;
        let mut transaction = self.database.begin().await?;
        self.drop_in(&mut transaction, subject, link).await?;
        let sql = "INSERT INTO relay_link_past (subject, connector, id, body) \
                   VALUES ($1, $2, $3, $4)";
        execute!(transaction.on(), sql, key.as_slice(), connector, id.as_slice(), body)?;
        self.step_in(&mut transaction, subject, (connector, 0), last).await?;
        self.notice_in(&mut transaction, connector, told).await?;
        Ok(transaction.commit().await?)
    }

    async fn notice_in(
        &self,
        transaction: &mut Transaction,
        connector: &str,
        told: &Told,
    ) -> Result<(), LinkStoreError> {
        let id = self.surroundings.bytes::<16>();
        let body = self.seal_as(&notice_place(connector, &id), told)?;
        let sql = "INSERT INTO relay_notice (connector, id, body) VALUES ($1, $2, $3)";
        execute!(transaction.on(), sql, connector, id.as_slice(), body)?;
        Ok(())
    }

    /// What connectors have still to be told, some of it.
    pub async fn notices(&self) -> Result<Vec<Notice>, LinkStoreError> {
        let sql = "SELECT connector, id, body FROM relay_notice ORDER BY connector, id LIMIT $1";
        let rows = fetch_all!(self.database.read(), BodyRow, sql, NOTICES)?;
        let read = |row: BodyRow| {
            let told = self.open(&notice_place(&row.connector, &row.id), &row.body)?;
            Ok(Notice { connector: row.connector, id: row.id, told })
        };
        rows.into_iter().map(read).collect()
    }

    /// The connector has heard it.
    pub async fn forget_notice(&self, notice: &Notice) -> Result<(), LinkStoreError> {
        let sql = "DELETE FROM relay_notice WHERE connector = $1 AND id = $2";
        let (connector, id) = (notice.connector.as_str(), notice.id.as_slice());
        execute!(self.database.write(), sql, connector, id)?;
        Ok(())
    }

    /// The ceremonies at `connector` that wait for people, each with its subject, and whether
    /// there are more.
    pub async fn doubts(
        &self,
        connector: &str,
    ) -> Result<(Vec<(String, Read)>, bool), LinkStoreError> {
        let sql = "SELECT connector, id, body FROM relay_doubt WHERE connector = $1 \
                   ORDER BY id LIMIT $2";
        let rows = fetch_all!(self.database.read(), BodyRow, sql, connector, DOUBTS)?;
        let more = rows.len() == usize::try_from(DOUBTS).unwrap_or(usize::MAX);
        let mut doubts = Vec::new();
        for row in rows {
            doubts.extend(self.waiting(row).await?);
        }
        Ok((doubts, more))
    }

    /// The ceremony `id` at `connector`, if it waits for people, with its subject.
    pub async fn doubt(
        &self,
        connector: &str,
        id: &str,
    ) -> Result<Option<(String, Read)>, LinkStoreError> {
        let key = self.doubt_key(id);
        let sql = "SELECT connector, id, body FROM relay_doubt WHERE connector = $1 AND id = $2";
        let read = self.database.read();
        match fetch_optional!(read, BodyRow, sql, connector, key.as_slice())? {
            Some(row) => self.waiting(row).await,
            None => Ok(None),
        }
    }

    async fn waiting(&self, row: BodyRow) -> Result<Option<(String, Read)>, LinkStoreError> {
        let context = doubt_place(&row.connector, &row.id);
        let DoubtBody { subject, id } = self.open(&context, &row.body)?;
        let all = self.ceremonies(&subject).await?;
        let found = all.into_iter().find(|read| read.ceremony.id == id);
        Ok(found.map(|read| (subject, read)))
    }

    fn doubt_key(&self, id: &str) -> [u8; 32] {
        self.ring.lookup("relay_doubt.id", id.as_bytes())
    }
}

fn ceremony_place(subject: &[u8], connector: &str) -> Vec<u8> {
    place("relay_ceremony.body", &[subject, connector.as_bytes()])
}

fn past_place(subject: &[u8], connector: &str, id: &[u8]) -> Vec<u8> {
    place("relay_link_past.body", &[subject, connector.as_bytes(), id])
}

fn doubt_place(connector: &str, id: &[u8]) -> Vec<u8> {
    place("relay_doubt.body", &[connector.as_bytes(), id])
}

fn notice_place(connector: &str, id: &[u8]) -> Vec<u8> {
    place("relay_notice.body", &[connector.as_bytes(), id])
}
