//! How a file becomes a deposit: received, sorted, compared, written, and live at once.
//!
//! *Receiving*: every record becomes a few bytes under its card's key; as many as fit into memory
//! are sorted and put down as a sealed run. *Checking*: the runs are merged, so that each card's
//! records come together and the cards come in the order of the table; each is compared with what
//! is there, and only what differs is written, under a number that no question sees yet. *Ready*:
//! one update makes it live. What is done is entered with every run and every batch, so that the
//! same file, put again after a crash, goes on where it was.

mod apply;
mod checking;
mod file;
mod lag;
mod ledger;
mod listing;
mod merging;
mod outcome;
mod pieces;
mod receiving;
mod row;
mod runs;
mod status;
mod upload;
mod warnings;

pub use file::{DepositFile, FileError};
pub use lag::Lag;
pub use outcome::IntakeError;
pub use pieces::PieceReader;
pub use row::{Change, Row, Wrong};
pub use status::{Fault, Kind, State, Status};
pub use upload::{Upload, Waiting};
pub use warnings::WarningCount;

use std::sync::Arc;

use crate::deposits::Deposits;
use crate::key::InsurerId;
use ledger::Ledger;
use warifu_contract::card_key::InsurerKey;
use warifu_service::storage::micros;
use warnings::Warnings;

/// Told how far it is.
pub type Progress = dyn Fn(&Status) + Send + Sync;

/// What is deposited.
#[derive(Debug, Clone)]
pub struct Order {
    /// Whose coverage it is.
    pub insurer: InsurerKey,
    /// Everything the insurer has, or what changed.
    pub kind: Kind,
    /// SHA-256 of the file: the same file is never deposited twice in a row.
    pub file: [u8; 32],
    /// Who deposits, as the access log names them.
    pub by: String,
}

impl Deposits {
    /// Takes in a file's records, up to [`State::Ready`], or to [`State::Refused`] where too many
    /// are wrong. `rows` gives every record of the file in its order, the wrong ones too.
    ///
    /// The file of the insurer's newest deposit is gone on with where it is unfinished, and
    /// otherwise left as it is. `rows` is run through on a thread of its own.
    pub async fn put<R>(
        &self,
        order: Order,
        rows: R,
        progress: Arc<Progress>,
    ) -> Result<Status, IntakeError>
    where
        R: Iterator<Item = Result<Row, Wrong>> + Send + 'static,
    {
        let insurer = self.depositor(&order.insurer)?;
        let ledger = Ledger::new(self, insurer);
        let status = ledger.begin(&order).await?;
        self.go_on((insurer, order.insurer), status, (rows, Arc::default()), progress).await
    }

    /// Goes on with what `status` says, from wherever it is.
    async fn go_on<R>(
        &self,
        (insurer, key): (InsurerId, InsurerKey),
        mut status: Status,
        (rows, warnings): (R, Arc<Warnings>),
        progress: Arc<Progress>,
    ) -> Result<Status, IntakeError>
    where
        R: Iterator<Item = Result<Row, Wrong>> + Send + 'static,
    {
        if status.state == State::Receiving {
            let (deposits, at) = (self.clone(), status.clone());
            let tell = Arc::clone(&progress);
            let work = move || {
                let whose = (insurer, &key);
                receiving::receive(&deposits, whose, at, (rows, &warnings), &*tell)
            };
            status = outcome::on_a_thread(work).await?;
        }
        if status.state == State::Checking {
            status = checking::check(self, insurer, status, progress).await?;
        }
        if matches!(status.state, State::Ready | State::Refused | State::Live) {
            runs::forget(self, insurer, status.number);
        }
        Ok(status)
    }

    /// Lets questions see a deposit that is ready: all of it from one instant on. `confirmed` says
    /// that so many cards may go.
    pub async fn go_live(
        &self,
        insurer: &InsurerKey,
        number: i64,
        confirmed: bool,
    ) -> Result<Status, IntakeError> {
        self.approve(insurer, number, confirmed, None).await
    }

    /// The same, and puts down who said so.
    pub async fn approve(
        &self,
        insurer: &InsurerKey,
        number: i64,
        confirmed: bool,
        by: Option<&str>,
    ) -> Result<Status, IntakeError> {
        let id = self.depositor(insurer)?;
        self.may_go_live(insurer, number, confirmed).await?;
        Ledger::new(self, id).go_live(number, micros(self.0.surroundings.now()), by).await
    }

    /// Whether [`go_live`](Self::go_live) would do it; gives what would go live.
    pub async fn may_go_live(
        &self,
        insurer: &InsurerKey,
        number: i64,
        confirmed: bool,
    ) -> Result<Status, IntakeError> {
        let status = self.status(insurer, number).await?;
        if status.state != State::Ready {
            return Err(IntakeError::State(number, status.state));
        }
        if !confirmed && self.is_alarming(&status) {
            return Err(IntakeError::Confirm { ended: status.ended, held: status.held });
        }
        Ok(status)
    }

    /// Whether so many cards would end that somebody has to confirm it.
    pub fn is_alarming(&self, status: &Status) -> bool {
        status.ends_more_than(self.0.confirm_removed_percent)
    }

    /// Gives up a deposit that is not live, and takes away what it wrote.
    pub async fn cancel(&self, insurer: &InsurerKey, number: i64) -> Result<Status, IntakeError> {
        let id = self.depositor(insurer)?;
        let status = Ledger::new(self, id).give_up(number, State::Cancelled).await?;
        runs::forget(self, id, number);
        Ok(status)
    }

    /// How far a deposit is.
    pub async fn status(&self, insurer: &InsurerKey, number: i64) -> Result<Status, IntakeError> {
        let id = self.depositor(insurer)?;
        let status = Ledger::new(self, id).status(number).await?;
        status.ok_or(IntakeError::NoSuchDeposit(number))
    }

    /// The insurer's newest deposits, newest first.
    pub async fn history(
        &self,
        insurer: &InsurerKey,
        limit: u32,
    ) -> Result<Vec<Status>, IntakeError> {
        Ledger::new(self, self.depositor(insurer)?).history(limit).await
    }

    /// What is wrong with the records of a deposit, by line; the first ten thousand are kept.
    pub async fn faults(
        &self,
        insurer: &InsurerKey,
        number: i64,
    ) -> Result<Vec<Fault>, IntakeError> {
        Ledger::new(self, self.depositor(insurer)?).faults(number).await
    }

    fn depositor(&self, insurer: &InsurerKey) -> Result<InsurerId, IntakeError> {
        let id = InsurerId::of(insurer).filter(|id| self.0.insurers.contains_key(id));
        id.ok_or_else(|| IntakeError::NoSuchInsurer(insurer.as_str().to_owned()))
    }
}
