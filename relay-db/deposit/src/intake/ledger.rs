//! The book of deposits: what became of each, entered as it happens.

use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{Database, execute, fetch_all, fetch_optional};

use super::lag::{self, EventDays, Lag};
use super::outcome::IntakeError;
use super::status::{Fault, Kind, State, Status};
use super::upload::Upload;
use super::{Order, Wrong};
use crate::bulk;
use crate::deposits::{DepositError, Deposits};
use crate::key::{CardId, InsurerId};

/// Faults that are kept of one deposit; all of them are counted.
const FAULTS: i64 = 10_000;
/// Rows that are taken away at a time.
const TAKEN: i64 = 5_000;

/// The book of one insurer.
pub(super) struct Ledger<'a> {
    deposits: &'a Deposits,
    insurer: InsurerId,
}

#[derive(sqlx::FromRow)]
struct DepositRow {
    number: i64,
    state: String,
    kind: String,
    file: Vec<u8>,
    by_whom: String,
    begun_at: i64,
    live_at: Option<i64>,
    runs: i64,
    merged: Vec<u8>,
    lines: i64,
    wrong: i64,
    cards: i64,
    written: i64,
    removed: i64,
    held: i64,
    added: i64,
    ended: i64,
    name: String,
    written_as: String,
    bytes: i64,
    changed_at: i64,
    approved_by: Option<String>,
    taken: i64,
    lag_median: Option<i64>,
    lag_ninety: Option<i64>,
    lag_changes: Option<i64>,
}

/// What is entered at once with how far a deposit is.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub faults: Vec<Wrong>,
    pub cards: Vec<bulk::Row>,
    pub days: EventDays,
}

/// With what a deposit begins.
struct Opening<'a> {
    state: State,
    kind: Kind,
    file: &'a [u8],
    by: &'a str,
    name: &'a str,
}

#[derive(sqlx::FromRow)]
struct LiveRow {
    live: i64,
    live_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    card: Vec<u8>,
}

/// The columns of [`DepositRow`]; a clause follows.
macro_rules! deposits {
    ($clause:literal) => {
        concat!(
            "SELECT number, state, kind, file, by_whom, begun_at, live_at, runs, merged, lines, \
             wrong, cards, written, removed, held, added, ended, name, written_as, bytes, \
             changed_at, approved_by, taken, lag_median, lag_ninety, lag_changes FROM deposit WHERE insurer = $1 ",
            $clause
        )
    };
}

impl<'a> Ledger<'a> {
    pub fn new(deposits: &'a Deposits, insurer: InsurerId) -> Self {
        Self { deposits, insurer }
    }

    pub fn insurer(&self) -> InsurerId {
        self.insurer
    }

    pub fn database(&self) -> &Database {
        self.deposits.database()
    }

    pub fn now(&self) -> i64 {
        micros(self.deposits.0.surroundings.now())
    }

    /// The deposit to go on with: the newest, when it is of the same file and not given up, or else
    /// a new one.
    pub async fn begin(&self, order: &Order) -> Result<Status, IntakeError> {
        let file = self.deposits.0.ring.lookup("deposit.file", &order.file);
        let mut transaction = self.database().begin().await?;
        // Whoever comes second waits here, on either engine.
        let sql = "UPDATE deposit_insurer SET live = live WHERE insurer = $1";
        execute!(transaction.on(), sql, self.insurer.column())?;
        let sql = deposits!("ORDER BY number DESC LIMIT 1");
        let newest = fetch_optional!(transaction.on(), DepositRow, sql, self.insurer.column())?;
        let mut number = 1;
        if let Some(row) = newest {
            number = row.number + 1;
            let same = row.file == file && row.kind == order.kind.word();
            let mut status = Status::try_from(row)?;
            let given_up = matches!(status.state, State::Refused | State::Cancelled);
            if same && !given_up && status.state != State::Leaving {
                // Whoever worked on it before is shut out.
                status.taken += 1;
                let sql = "UPDATE deposit SET taken = $3 WHERE insurer = $1 AND number = $2";
                let (on, taken) = (transaction.on(), status.taken);
                execute!(on, sql, self.insurer.column(), status.number, taken)?;
                transaction.commit().await?;
                return Ok(status);
            }
            if status.state.is_open() {
                return Err(IntakeError::Busy(status.number, status.state));
            }
        }
        let (kind, by) = (order.kind, order.by.as_str());
        let opening = Opening { state: State::Receiving, kind, file: &file, by, name: "" };
        self.open(transaction, number, opening).await
    }

    /// A new deposit whose file is to come.
    pub async fn begin_upload(&self, upload: &Upload) -> Result<Status, IntakeError> {
        let mut transaction = self.database().begin().await?;
        // Whoever comes second waits here, on either engine.
        let sql = "UPDATE deposit_insurer SET live = live WHERE insurer = $1";
        execute!(transaction.on(), sql, self.insurer.column())?;
        let sql = deposits!("ORDER BY number DESC LIMIT 1");
        let newest = fetch_optional!(transaction.on(), DepositRow, sql, self.insurer.column())?;
        let newest = newest.map(Status::try_from).transpose()?;
        if let Some(open) = newest.as_ref().filter(|newest| newest.state.is_open()) {
            return Err(IntakeError::Busy(open.number, open.state));
        }
        let number = newest.map_or(1, |newest| newest.number + 1);
        // No file that the command puts is ever the same.
        let file = self.deposits.0.surroundings.hex(16);
        let Upload { kind, name, by } = upload;
        let state = State::Arriving;
        let opening = Opening { state, kind: *kind, file: file.as_bytes(), by, name };
        self.open(transaction, number, opening).await
    }

    async fn open(
        &self,
        mut transaction: Transaction,
        number: i64,
        opening: Opening<'_>,
    ) -> Result<Status, IntakeError> {
        let sql = "INSERT INTO deposit (insurer, number, state, kind, file, by_whom, begun_at, \
                   changed_at, runs, merged, lines, wrong, cards, written, removed, held, name) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, $8, 0, 0, 0, 0, 0, 0, $9)";
        execute!(
            transaction.on(),
            sql,
            self.insurer.column(),
            number,
            opening.state.word(),
            opening.kind.word(),
            opening.file,
            opening.by,
            self.now(),
            Vec::<u8>::new(),
            opening.name
        )?;
        transaction.commit().await?;
        self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))
    }

    /// The deposit that questions see; none before the first.
    pub async fn live(&self) -> Result<Option<Status>, IntakeError> {
        let sql = "SELECT live FROM deposit_insurer WHERE insurer = $1";
        let on = self.database().read();
        let live = fetch_optional!(on, (i64,), sql, self.insurer.column())?;
        match live {
            Some((number,)) if number > 0 => self.status(number).await,
            _ => Ok(None),
        }
    }

    pub async fn status(&self, number: i64) -> Result<Option<Status>, IntakeError> {
        let sql = deposits!("AND number = $2");
        let on = self.database().read();
        let row = fetch_optional!(on, DepositRow, sql, self.insurer.column(), number)?;
        Ok(row.map(Status::try_from).transpose()?)
    }

    pub async fn history(&self, limit: u32) -> Result<Vec<Status>, IntakeError> {
        let sql = deposits!("ORDER BY number DESC LIMIT $2");
        let on = self.database().read();
        let rows = fetch_all!(on, DepositRow, sql, self.insurer.column(), i64::from(limit))?;
        let all: Result<Vec<_>, DepositError> = rows.into_iter().map(Status::try_from).collect();
        Ok(all?)
    }

    pub async fn faults(&self, number: i64) -> Result<Vec<Fault>, IntakeError> {
        let sql = "SELECT line, field, code FROM deposit_error \
                   WHERE insurer = $1 AND number = $2 ORDER BY line, field, code LIMIT $3";
        let on = self.database().read();
        Ok(fetch_all!(on, Fault, sql, self.insurer.column(), number, FAULTS)?)
    }

    /// Enters how far it is, with the cards and faults that belong to it, all or nothing. The
    /// deposit must still be in `expected`, and nobody else work on it: somebody may have given it
    /// up, or taken it up.
    pub async fn enter(
        &self,
        status: &Status,
        expected: State,
        entries: &Entries,
    ) -> Result<(), IntakeError> {
        let mut transaction = self.database().begin().await?;
        let sql = "UPDATE deposit SET state = $3, runs = $4, merged = $5, lines = $6, \
                   wrong = $7, cards = $8, written = $9, removed = $10, held = $11, \
                   changed_at = $12, added = $13, ended = $14 \
                   WHERE insurer = $1 AND number = $2 AND state = $15 AND taken = $16";
        let entered = execute!(
            transaction.on(),
            sql,
            self.insurer.column(),
            status.number,
            status.state.word(),
            status.runs,
            status.merged.as_slice(),
            status.lines,
            status.wrong,
            status.cards,
            status.written,
            status.removed,
            status.held,
            self.now(),
            status.added,
            status.ended,
            expected.word(),
            status.taken
        )?;
        if entered == 0 {
            return Err(IntakeError::State(status.number, State::Cancelled));
        }
        bulk::insert(&mut transaction, status.number, &entries.cards).await?;
        self.enter_faults(&mut transaction, status, &entries.faults).await?;
        entries.days.enter(&mut transaction, self.insurer, status.number).await?;
        Ok(transaction.commit().await?)
    }

    async fn enter_faults(
        &self,
        transaction: &mut Transaction,
        status: &Status,
        faults: &[Wrong],
    ) -> Result<(), IntakeError> {
        let before = status.wrong - i64::try_from(faults.len()).unwrap_or(i64::MAX);
        let room = usize::try_from(FAULTS - before).unwrap_or_default();
        let sql = "INSERT INTO deposit_error (insurer, number, line, field, code) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        for fault in faults.iter().take(room) {
            let line = i64::try_from(fault.line).unwrap_or(i64::MAX);
            let insurer = self.insurer.column();
            let (field, code) = (fault.field, fault.code);
            execute!(transaction.on(), sql, insurer, status.number, line, field, code)?;
        }
        Ok(())
    }

    /// Makes it live: its number becomes the one that questions look up to.
    pub async fn go_live(
        &self,
        number: i64,
        now: i64,
        by: Option<&str>,
    ) -> Result<Status, IntakeError> {
        let mut transaction = self.database().begin().await?;
        let sql = "SELECT live, live_at FROM deposit_insurer WHERE insurer = $1";
        let row = fetch_optional!(transaction.on(), LiveRow, sql, self.insurer.column())?;
        let row = row.unwrap_or(LiveRow { live: 0, live_at: None });
        // The order of deposits is the order of their instants, whatever clocks say.
        let now = row.live_at.map_or(now, |before| now.max(before + 1));
        let sql = "UPDATE deposit SET state = $3, live_at = $4, changed_at = $4, \
                   approved_by = $6 WHERE insurer = $1 AND number = $2 AND state = $5";
        let (insurer, on) = (self.insurer.column(), transaction.on());
        let (live, ready) = (State::Live.word(), State::Ready.word());
        let entered = execute!(on, sql, insurer, number, live, now, ready, by)?;
        let lag = lag::usual(&mut transaction, self.insurer, now).await?;
        let sql = "UPDATE deposit_insurer SET live = $2, live_at = $3, lag = $5 \
                   WHERE insurer = $1 AND live = $4 AND live < $2";
        let (on, median) = (transaction.on(), lag.map(|lag| i64::from(lag.median_days)));
        let moved = execute!(on, sql, insurer, number, now, row.live, median)?;
        enter_lag(&mut transaction, (self.insurer, number), lag).await?;
        if moved == 0 || entered == 0 {
            return Err(IntakeError::State(number, State::Live));
        }
        transaction.commit().await?;
        self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))
    }

    /// Gives a deposit up that is not live: nobody goes on with it, then its rows are taken away, and
    /// only then another can begin.
    pub async fn give_up(&self, number: i64, last: State) -> Result<Status, IntakeError> {
        let insurer = self.insurer.column();
        let status = self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))?;
        if !status.state.is_open() {
            return Err(IntakeError::State(number, status.state));
        }
        let sql = "UPDATE deposit SET state = $3, changed_at = $4 \
                   WHERE insurer = $1 AND number = $2 AND state = $5";
        let (leaving, was, now) = (State::Leaving.word(), status.state.word(), self.now());
        let entered = execute!(self.database().write(), sql, insurer, number, leaving, now, was)?;
        if entered == 0 {
            return Err(IntakeError::State(number, status.state));
        }
        self.take_away(number).await?;
        if last == State::Cancelled {
            self.forget_file(number).await?;
        }
        let (last, now) = (last.word(), self.now());
        execute!(self.database().write(), sql, insurer, number, last, now, leaving)?;
        self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))
    }

    pub async fn take_away(&self, number: i64) -> Result<(), IntakeError> {
        let (mut low, high) = self.insurer.range();
        loop {
            let sql = "SELECT card FROM deposit_card WHERE card > $1 AND card <= $2 \
                       AND deposit = $3 ORDER BY card LIMIT $4";
            let (from, to) = (low.0.as_slice(), high.0.as_slice());
            let rows = fetch_all!(self.database().read(), KeyRow, sql, from, to, number, TAKEN)?;
            let Some(last) = rows.last().and_then(|row| CardId::from_column(&row.card)) else {
                return Ok(());
            };
            let sql = "DELETE FROM deposit_card WHERE card > $1 AND card <= $2 AND deposit = $3";
            let (from, to) = (low.0.as_slice(), last.0.as_slice());
            execute!(self.database().write(), sql, from, to, number)?;
            low = last;
        }
    }
}

/// Puts down the usual lag as of a deposit.
async fn enter_lag(
    transaction: &mut Transaction,
    (insurer, number): (InsurerId, i64),
    lag: Option<Lag>,
) -> Result<(), IntakeError> {
    let Some(Lag { median_days, ninety_days, changes }) = lag else { return Ok(()) };
    let sql = "UPDATE deposit SET lag_median = $3, lag_ninety = $4, lag_changes = $5 \
               WHERE insurer = $1 AND number = $2";
    let (median, ninety) = (i64::from(median_days), i64::from(ninety_days));
    execute!(transaction.on(), sql, insurer.column(), number, median, ninety, changes)?;
    Ok(())
}

impl TryFrom<DepositRow> for Status {
    type Error = DepositError;

    fn try_from(row: DepositRow) -> Result<Self, DepositError> {
        let unreadable = |column| DepositError::Unreadable { table: "deposit", column };
        let days = |days: Option<i64>| days.and_then(|days| u16::try_from(days).ok());
        let lag = days(row.lag_median).zip(days(row.lag_ninety)).zip(row.lag_changes);
        let lag = lag.map(|((median_days, ninety_days), changes)| Lag {
            median_days,
            ninety_days,
            changes,
        });
        Ok(Self {
            number: row.number,
            state: State::of(&row.state).ok_or_else(|| unreadable("state"))?,
            kind: Kind::of(&row.kind).ok_or_else(|| unreadable("kind"))?,
            by: row.by_whom,
            begun_at: instant(row.begun_at),
            live_at: row.live_at.map(instant),
            lines: row.lines,
            wrong: row.wrong,
            cards: row.cards,
            written: row.written,
            removed: row.removed,
            held: row.held,
            added: row.added,
            ended: row.ended,
            name: row.name,
            written_as: row.written_as,
            bytes: row.bytes,
            changed_at: instant(row.changed_at),
            approved_by: row.approved_by,
            taken: row.taken,
            lag,
            runs: row.runs,
            merged: row.merged,
        })
    }
}
