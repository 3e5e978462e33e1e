//! The book of deposits: what became of each, entered as it happens.

use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{Database, execute, fetch_all, fetch_optional};

use super::outcome::IntakeError;
use super::status::{Fault, Kind, State, Status};
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
             wrong, cards, written, removed, held FROM deposit WHERE insurer = $1 ",
            $clause
        )
    };
}

impl<'a> Ledger<'a> {
    pub fn new(deposits: &'a Deposits, insurer: InsurerId) -> Self {
        Self { deposits, insurer }
    }

    fn database(&self) -> &Database {
        self.deposits.database()
    }

    fn now(&self) -> i64 {
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
            let status = Status::try_from(row)?;
            let given_up = matches!(status.state, State::Refused | State::Cancelled);
            if same && !given_up && status.state != State::Leaving {
                return Ok(status);
            }
            if status.state.is_open() {
                return Err(IntakeError::Busy(status.number, status.state));
            }
        }
        let sql = "INSERT INTO deposit (insurer, number, state, kind, file, by_whom, begun_at, \
                   changed_at, runs, merged, lines, wrong, cards, written, removed, held) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, $8, 0, 0, 0, 0, 0, 0)";
        let (state, kind) = (State::Receiving.word(), order.kind.word());
        let (file, now, merged) = (file.as_slice(), self.now(), Vec::<u8>::new());
        execute!(
            transaction.on(),
            sql,
            self.insurer.column(),
            number,
            state,
            kind,
            file,
            &order.by,
            now,
            merged
        )?;
        transaction.commit().await?;
        self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))
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
    /// deposit must still be in `expected`: somebody may have given it up.
    pub async fn enter(
        &self,
        status: &Status,
        expected: State,
        faults: &[Wrong],
        cards: &[bulk::Row],
    ) -> Result<(), IntakeError> {
        let mut transaction = self.database().begin().await?;
        let sql = "UPDATE deposit SET state = $3, runs = $4, merged = $5, lines = $6, \
                   wrong = $7, cards = $8, written = $9, removed = $10, held = $11, \
                   changed_at = $12 WHERE insurer = $1 AND number = $2 AND state = $13";
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
            expected.word()
        )?;
        if entered == 0 {
            return Err(IntakeError::State(status.number, State::Cancelled));
        }
        bulk::insert(&mut transaction, status.number, cards).await?;
        self.enter_faults(&mut transaction, status, faults).await?;
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
    pub async fn go_live(&self, number: i64, now: i64) -> Result<Status, IntakeError> {
        let mut transaction = self.database().begin().await?;
        let sql = "SELECT live, live_at FROM deposit_insurer WHERE insurer = $1";
        let row = fetch_optional!(transaction.on(), LiveRow, sql, self.insurer.column())?;
        let row = row.unwrap_or(LiveRow { live: 0, live_at: None });
        // The order of deposits is the order of their instants, whatever clocks say.
        let now = row.live_at.map_or(now, |before| now.max(before + 1));
        let sql = "UPDATE deposit_insurer SET live = $2, live_at = $3 \
                   WHERE insurer = $1 AND live = $4 AND live < $2";
        let insurer = self.insurer.column();
        let moved = execute!(transaction.on(), sql, insurer, number, now, row.live)?;
        let sql = "UPDATE deposit SET state = $3, live_at = $4, changed_at = $4 \
                   WHERE insurer = $1 AND number = $2 AND state = $5";
        let (live, ready) = (State::Live.word(), State::Ready.word());
        let entered = execute!(transaction.on(), sql, insurer, number, live, now, ready)?;
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
        let (last, now) = (last.word(), self.now());
        execute!(self.database().write(), sql, insurer, number, last, now, leaving)?;
        self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))
    }

    async fn take_away(&self, number: i64) -> Result<(), IntakeError> {
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

impl TryFrom<DepositRow> for Status {
    type Error = DepositError;

    fn try_from(row: DepositRow) -> Result<Self, DepositError> {
        let unreadable = |column| DepositError::Unreadable { table: "deposit", column };
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
            runs: row.runs,
            merged: row.merged,
        })
    }
}
