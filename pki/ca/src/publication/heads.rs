//! Which lists are out, as this process last saw it. Everything that is served from memory, lists
//! and OCSP answers, is served on the strength of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use warifu_pki::Crl;
use warifu_service::storage::instant;
use warifu_service::{fetch_all, sqlx};

use crate::folder::{self, Issuing};
use crate::{Branch, Ca, CaError};

/// What was seen longer ago is looked at again before it is relied upon. A running authority looks
/// more often.
const FRESH: SignedDuration = SignedDuration::from_secs(2);

/// Which list: of which authority, and which of its shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ListKey {
    pub(crate) branch: Branch,
    pub(crate) generation: u32,
    pub(crate) shard: u16,
}

/// A list that is out, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) number: i64,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Timestamp,
}

/// The list of the root, which comes from the ceremony.
#[derive(Clone, Debug)]
pub(crate) struct RootList {
    pub(crate) der: Bytes,
    /// `None` if it is not the root's, or was out of date already when it was read.
    pub(crate) head: Option<Head>,
}

/// All lists that are out.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    pub(crate) seen_at: Timestamp,
    pub(crate) lists: BTreeMap<ListKey, Head>,
    /// Lists that do not yet say what the records say.
    silent: BTreeSet<ListKey>,
    pub(crate) root: Option<RootList>,
}

impl ListKey {
    /// The lists of an authority.
    pub(crate) fn of(issuing: &Issuing) -> impl Iterator<Item = Self> + use<> {
        let (branch, generation) = (issuing.branch(), issuing.generation());
        let count = issuing.authority.publication().lists.count();
        (0..count).map(move |shard| Self { branch, generation, shard })
    }

    /// The authority that signs it, if it is in force.
    pub(crate) fn authority(self, all: &[Issuing]) -> Option<&Issuing> {
        all.iter().find(|one| one.branch() == self.branch && one.generation() == self.generation)
    }
}

/// Its file's name without `.crl`.
impl fmt::Display for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:02x}", self.branch, self.generation, self.shard)
    }
}

/// No list has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoList;

impl FromStr for ListKey {
    type Err = NoList;

    fn from_str(name: &str) -> Result<Self, NoList> {
        let mut parts = name.splitn(3, '-');
        let mut next = || parts.next().ok_or(NoList);
        let key = Self {
            branch: next()?.parse().map_err(|_| NoList)?,
            generation: next()?.parse().map_err(|_| NoList)?,
            shard: u16::from_str_radix(next()?, 16).map_err(|_| NoList)?,
        };
        // One list, one name.
        if key.to_string() == name { Ok(key) } else { Err(NoList) }
    }
}

impl Head {
    fn is_half_over(&self, now: Timestamp) -> bool {
        now >= self.this_update + self.next_update.duration_since(self.this_update) / 2
    }
}

impl Heads {
    pub(crate) fn of(&self, key: ListKey) -> Option<Head> {
        self.lists.get(&key).copied()
    }

    pub(crate) fn is_due(&self, key: ListKey, now: Timestamp) -> bool {
        self.is_silent(key) || self.of(key).is_none_or(|head| head.is_half_over(now))
    }

    /// Whether the list does not say yet what the records say.
    pub(crate) fn is_silent(&self, key: ListKey) -> bool {
        self.silent.contains(&key)
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen_at).abs() <= FRESH
    }
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    authority: String,
    generation: i64,
    shard: i64,
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    #[sqlx(flatten)]
    key: KeyRow,
    number: i64,
    this_update: i64,
    next_update: i64,
}

impl KeyRow {
    fn key(&self, table: &'static str) -> Result<ListKey, CaError> {
        let branch = self.authority.parse().ok();
        let generation = u32::try_from(self.generation).ok();
        let shard = u16::try_from(self.shard).ok();
        let (Some(branch), Some(generation), Some(shard)) = (branch, generation, shard) else {
            let key = format!("{}-{}-{}", self.authority, self.generation, self.shard);
            return Err(CaError::Record { table, key });
        };
        Ok(ListKey { branch, generation, shard })
    }
}

impl Ca {
    /// The lists that are out, seen two seconds ago at most.
    pub(crate) async fn heads(&self) -> Result<Arc<Heads>, CaError> {
        if let Some(heads) = self.fresh_heads() {
            return Ok(heads);
        }
        let _alone = self.inner.served.looking.lock().await;
        match self.fresh_heads() {
            Some(heads) => Ok(heads),
            None => self.look().await,
        }
    }

    /// Looks now.
    pub(super) async fn refresh(&self) -> Result<Arc<Heads>, CaError> {
        let _alone = self.inner.served.looking.lock().await;
        self.look().await
    }

    fn fresh_heads(&self) -> Option<Arc<Heads>> {
        self.inner.served.heads().filter(|heads| heads.is_fresh(self.now()))
    }

    /// First the lists, then what they leave unsaid: a change that is published between the two is
    /// not published again.
    async fn look(&self) -> Result<Arc<Heads>, CaError> {
        let seen_at = self.now();
        let lists = self.lists_out().await?;
        let silent = self.silent_lists().await?;
        let before = self.inner.served.heads().and_then(|heads| heads.root.clone());
        let root = self.root_list(before, seen_at)?;
        let heads = Arc::new(Heads { seen_at, lists, silent, root });
        self.inner.served.set_heads(Arc::clone(&heads));
        Ok(heads)
    }

    async fn lists_out(&self) -> Result<BTreeMap<ListKey, Head>, CaError> {
        let sql = "SELECT lists.authority, lists.generation, lists.shard, lists.number, \
                   this_update, next_update FROM lists JOIN \
                   (SELECT authority, generation, shard, MAX(number) AS number FROM lists \
                    GROUP BY authority, generation, shard) AS latest \
                   ON lists.authority = latest.authority AND lists.generation = latest.generation \
                   AND lists.shard = latest.shard AND lists.number = latest.number";
        let rows = fetch_all!(self.inner.database.read(), HeadRow, sql)?;
        rows.iter().map(|row| Ok((row.key.key("lists")?, row.head()))).collect()
    }

    async fn silent_lists(&self) -> Result<BTreeSet<ListKey>, CaError> {
        let sql = "SELECT DISTINCT authority, generation, shard FROM certificates \
                   WHERE state <> listed";
        let rows = fetch_all!(self.inner.database.read(), KeyRow, sql)?;
        rows.iter().map(|row| row.key("certificates")).collect()
    }

    /// The root's list, examined only when the file has changed. Nobody stops for a bad one: the
    /// root's key is far away.
    fn root_list(
        &self,
        before: Option<RootList>,
        now: Timestamp,
    ) -> Result<Option<RootList>, CaError> {
        let path = self.inner.config.folder.join(folder::ROOT_LIST);
        let der = match std::fs::read(&path) {
            Ok(der) => der,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(CaError::file(&path, cause)),
        };
        if let Some(before) = before.filter(|before| before.der == der) {
            return Ok(Some(before));
        }
        let list = Crl::verify(&der, self.root(), now);
        let head = list.as_ref().map(head_of);
        let head = head.inspect_err(|error| tracing::error!(%error, "the root's list is no good"));
        Ok(Some(RootList { head: head.ok(), der: der.into() }))
    }
}

impl HeadRow {
    fn head(&self) -> Head {
        Head {
            number: self.number,
            this_update: instant(self.this_update),
            next_update: instant(self.next_update),
        }
    }
}

fn head_of(list: &Crl) -> Head {
    Head {
        number: i64::try_from(list.number()).unwrap_or(i64::MAX),
        this_update: list.this_update(),
        next_update: list.next_update(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_name() {
        let key = ListKey { branch: Branch::Cards, generation: 2, shard: 0x1f };
        assert_eq!(key.to_string(), "cards-2-1f");
        assert_eq!("cards-2-1f".parse(), Ok(key));
        for name in
            ["cards-2-1F", "cards-02-1f", "cards-2-01f", "cards-2", "cards-2-1f-", "root", ""]
        {
            assert_eq!(name.parse::<ListKey>(), Err(NoList), "{name}");
        }
    }

    #[test]
    fn a_list_is_due_when_half_of_it_is_over() {
        let this_update: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        let hours = SignedDuration::from_hours;
        let head = Head { number: 1, this_update, next_update: this_update + hours(24) };
        assert!(!head.is_half_over(this_update + hours(11)));
        assert!(head.is_half_over(this_update + hours(12)));
    }
}
