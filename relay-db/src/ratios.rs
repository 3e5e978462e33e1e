//! `GET /checks/ratios`: for an insurer, the checks in which it stated a 負担割合 that no rule allows.
//!
//! The desk is told beside its answer; the insurer, whose data are wrong, here: by 認証番号 and by
//! rule, without the person. They are noted after the check is in the log, and a note that fails
//! takes no answer away.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use warifu_contract::CheckNumber;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::checks::{ImpossibleRatio, ImpossibleRatios, RatioCount};
use warifu_contract::copay::{CopayFinding, CopayFit, CopayRule};
use warifu_contract::duty::Duty;
use warifu_contract::eligibility::Decision;
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{instant, micros};
use warifu_service::{Database, Problem, Surroundings, execute, fetch_all};

use crate::caller::Caller;
use crate::check::Found;
use crate::checks::{entry_of, holders_of};
use crate::directory::Answerer;
use crate::events::{meaning, word};
use crate::links::place;
use crate::relay::Relay;

/// Checks of one holder that are kept by number of those that are noted together.
const KEPT: usize = 20;
/// Checks that are listed.
const LISTED: i64 = 100;
/// Days that are counted and listed.
const DAYS: i64 = 92;

/// What is kept of impossible ratios.
#[derive(Debug, Clone)]
pub(crate) struct Ratios {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
}

/// One check with an impossible ratio.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    holder: String,
    number: CheckNumber,
    finding: CopayFinding,
}

/// A doubt as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    number: CheckNumber,
    finding: CopayFinding,
}

#[derive(sqlx::FromRow)]
struct DoubtRow {
    number: Vec<u8>,
    at: i64,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    rule: String,
    count: i64,
}

/// Why doubts cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RatioStoreError {
    #[error("ratio.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("ratio.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("ratio.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<RatioStoreError> for Problem {
    fn from(cause: RatioStoreError) -> Self {
        Self::internal(&cause)
    }
}

impl Doubt {
    /// The doubt about the ratio in `found`, if there is one.
    pub fn of(found: &Found, number: &CheckNumber) -> Option<Self> {
        Self::about(&found.decision, found.source.as_ref(), number)
    }

    /// The doubt about the ratio in what `source` decided, if there is one.
    pub fn about(
        decision: &Decision,
        source: Option<&Answerer>,
        number: &CheckNumber,
    ) -> Option<Self> {
        let finding = decision.copay.as_ref()?;
        let holder = source?.id().to_owned();
        let impossible = finding.fit == CopayFit::Impossible;
        impossible.then(|| Self { holder, number: number.clone(), finding: finding.clone() })
    }
}

impl Ratios {
    /// Notes doubts. What fails is told to the log of the server alone.
    pub async fn note(&self, doubts: &[Doubt]) {
        if let Err(error) = self.try_note(doubts).await {
            tracing::warn!(%error, "impossible ratios were not noted for the insurer");
        }
    }

    async fn try_note(&self, doubts: &[Doubt]) -> Result<(), RatioStoreError> {
        let mut of_holders: BTreeMap<&str, Vec<&Doubt>> = BTreeMap::new();
        for doubt in doubts {
            of_holders.entry(&doubt.holder).or_default().push(doubt);
        }
        for (holder, doubts) in of_holders {
            self.note_for(holder, &doubts).await?;
        }
        Ok(())
    }

    async fn note_for(&self, holder: &str, doubts: &[&Doubt]) -> Result<(), RatioStoreError> {
        let now = self.surroundings.now();
        let (key, day) = (self.holder(holder), number_of(today_in_japan(now)));
        let mut transaction = self.database.begin().await?;
        let mut new: BTreeMap<String, i64> = BTreeMap::new();
        for doubt in doubts {
            *new.entry(word(&doubt.finding.rule)).or_default() += 1;
        }
        let sql = "INSERT INTO relay_ratio_count (holder, day, rule, count) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (holder, day, rule) \
                   DO UPDATE SET count = relay_ratio_count.count + excluded.count";
        for (rule, count) in new {
            execute!(transaction.on(), sql, key.as_slice(), day, rule, count)?;
        }
        let sql = "INSERT INTO relay_ratio (holder, number, at, body) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (holder, number) DO NOTHING";
        for doubt in doubts.iter().take(KEPT) {
            let number = self.ring.lookup("relay_ratio.number", doubt.number.as_str().as_bytes());
            let kept = Kept { number: doubt.number.clone(), finding: doubt.finding.clone() };
            let body = serde_json::to_vec(&kept)?;
            let body = self.ring.seal(&body_place(&number), &body, &*self.surroundings.entropy);
            let (holder, number) = (key.as_slice(), number.as_slice());
            execute!(transaction.on(), sql, holder, number, micros(now), body)?;
        }
        Ok(transaction.commit().await?)
    }

    /// How many of a holder since `first`, by rule.
    async fn counts(&self, holder: &str, first: Date) -> Result<Vec<RatioCount>, RatioStoreError> {
        let key = self.holder(holder);
        let sql = "SELECT rule, CAST(SUM(count) AS BIGINT) AS count FROM relay_ratio_count \
                   WHERE holder = $1 AND day >= $2 GROUP BY rule ORDER BY rule";
        let (on, first) = (self.database.read(), number_of(first));
        let rows = fetch_all!(on, CountRow, sql, key.as_slice(), first)?;
        let count = |row: CountRow| {
            let rule: CopayRule = meaning(&row.rule)?;
            Some(RatioCount { rule, count: u64::try_from(row.count).unwrap_or(0) })
        };
        Ok(rows.into_iter().filter_map(count).collect())
    }

    /// The newest of a holder.
    async fn newest(&self, holder: &str) -> Result<Vec<(Timestamp, Kept)>, RatioStoreError> {
        let key = self.holder(holder);
        let sql = "SELECT number, at, body FROM relay_ratio WHERE holder = $1 \
                   ORDER BY at DESC LIMIT $2";
        let rows = fetch_all!(self.database.read(), DoubtRow, sql, key.as_slice(), LISTED)?;
        let open = |row: DoubtRow| {
            let body = self.ring.open(&body_place(&row.number), &row.body)?;
            Ok((instant(row.at), serde_json::from_slice(&body)?))
        };
        rows.into_iter().map(open).collect()
    }

    /// Drops what is older than is listed.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), RatioStoreError> {
        let first = first_day(now);
        let sql = "DELETE FROM relay_ratio_count WHERE day < $1";
        execute!(self.database.write(), sql, number_of(first))?;
        let before = now.checked_sub((DAYS * 24).hours()).unwrap_or(Timestamp::MIN);
        let sql = "DELETE FROM relay_ratio WHERE at < $1";
        execute!(self.database.write(), sql, micros(before))?;
        Ok(())
    }

    fn holder(&self, id: &str) -> [u8; 32] {
        self.ring.lookup("relay_ratio.holder", id.as_bytes())
    }
}

fn body_place(number: &[u8]) -> Vec<u8> {
    place("relay_ratio.body", &[number])
}

fn first_day(now: Timestamp) -> Date {
    let today = today_in_japan(now);
    today.checked_sub(DAYS.days()).unwrap_or(today)
}

/// Days since 1970.
fn number_of(day: Date) -> i64 {
    day.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24
}

/// The checks of the last three months in which the caller's insurer stated an impossible ratio.
#[utoipa::path(
    get,
    path = "/checks/ratios",
    responses(
        (status = 200, body = ImpossibleRatios),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn ratios(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<Json<ImpossibleRatios>, Problem> {
    let none = || Problem::new(StatusCode::FORBIDDEN, "duty.none");
    let (reader, _) = caller.grant.staff(Duty::ReadAnswers).ok_or_else(none)?;
    let (holders, first) = (holders_of(&relay, &reader), first_day(relay.surroundings().now()));
    let mut all = ImpossibleRatios { counts: Vec::new(), checks: Vec::new() };
    for holder in &holders {
        for one in relay.ratios().counts(holder, first).await? {
            match all.counts.iter_mut().find(|kept| kept.rule == one.rule) {
                Some(kept) => kept.count += one.count,
                None => all.counts.push(one),
            }
        }
        for (at, kept) in relay.ratios().newest(holder).await? {
            all.checks.extend(shown(&relay, at, kept).await?);
        }
    }
    if holders.is_empty() { Err(none()) } else { Ok(Json(all)) }
}

/// None for a check that never came into the log, because the server died before.
async fn shown(
    relay: &Relay,
    at: Timestamp,
    kept: Kept,
) -> Result<Option<ImpossibleRatio>, Problem> {
    let entry = entry_of(relay, &kept.number).await?;
    Ok(entry.map(|_| ImpossibleRatio {
        check_number: kept.number,
        at,
        rule: kept.finding.rule,
        stated: kept.finding.stated,
        possible: kept.finding.possible,
    }))
}
