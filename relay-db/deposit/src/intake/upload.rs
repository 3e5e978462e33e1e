//! Deposits whose file comes over HTTP: piece by piece, resumable at any byte, taken in by whichever
//! server of the relay finds the time.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use jiff::{SignedDuration, ToSpan as _};
use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN, digest};
use tokio::runtime::Handle;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::deposits::DIGEST_BLOCK;
use warifu_files::{Code, Hint};
use warifu_service::storage::micros;
use warifu_service::{execute, fetch_all};

use super::file::{DepositFile, FileError};
use super::ledger::{Entries, Ledger};
use super::outcome::{IntakeError, on_a_thread};
use super::pieces::{self, PieceReader};
use super::status::{Fault, Kind, State, Status};
use super::warnings::WarningCount;
use super::{Progress, Wrong};
use crate::deposits::Deposits;
use crate::key::InsurerId;

/// Nobody has worked on a deposit that was not heard of for so long.
const SILENCE: SignedDuration = SignedDuration::from_mins(2);
/// A file that stopped coming in is given up after so many hours.
const BROKEN_OFF_HOURS: i64 = 24;

/// What is said of a file before it comes.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Everything the insurer has, or what changed.
    pub kind: Kind,
    /// What the sender calls the file.
    pub name: String,
    /// Who deposits, as the access log names them.
    pub by: String,
}

/// A deposit whose file is here and which nobody works on.
#[derive(Debug)]
pub struct Waiting {
    insurer: InsurerId,
    key: InsurerKey,
    /// How far it is.
    pub status: Status,
}

#[derive(sqlx::FromRow)]
struct PlaceRow {
    insurer: i64,
    number: i64,
}

impl Deposits {
    /// Begins a deposit whose file is to come in.
    ///
    /// # Errors
    /// [`IntakeError::Busy`] while another of the insurer is on its way.
    pub async fn begin_upload(
        &self,
        insurer: &InsurerKey,
        upload: &Upload,
    ) -> Result<Status, IntakeError> {
        Ledger::new(self, self.depositor(insurer)?).begin_upload(upload).await
    }

    /// Keeps a piece of the file that begins at byte `place`; durable when this returns.
    ///
    /// # Errors
    /// [`IntakeError::Offset`] when `place` is not where the file so far ends, which it says;
    /// [`IntakeError::TooLarge`].
    pub async fn append(
        &self,
        insurer: &InsurerKey,
        number: i64,
        place: i64,
        piece: &[u8],
    ) -> Result<i64, IntakeError> {
        let id = self.depositor(insurer)?;
        let end = place.saturating_add(i64::try_from(piece.len()).unwrap_or(i64::MAX));
        if end > self.0.upload.largest_bytes {
            return Err(IntakeError::TooLarge(self.0.upload.largest_bytes));
        }
        if piece.is_empty() {
            return Ok(place);
        }
        let mut transaction = self.database().begin().await?;
        let sql = "UPDATE deposit SET bytes = $4, changed_at = $5 \
                   WHERE insurer = $1 AND number = $2 AND bytes = $3 AND state = $6";
        let (now, arriving) = (micros(self.0.surroundings.now()), State::Arriving.word());
        let on = transaction.on();
        if execute!(on, sql, id.column(), number, place, end, now, arriving)? == 0 {
            drop(transaction);
            return Err(self.misplaced(insurer, number).await?);
        }
        pieces::keep(&mut transaction, self, (id, number, place), piece).await?;
        transaction.commit().await?;
        Ok(end)
    }

    /// What is here of a file that is still coming in: its length, and the SHA-256 over the
    /// SHA-256s of each [`DIGEST_BLOCK`] of it.
    ///
    /// # Errors
    /// [`IntakeError::State`] once the file is whole, or given up.
    pub async fn so_far(
        &self,
        insurer: &InsurerKey,
        number: i64,
    ) -> Result<(i64, [u8; SHA256_OUTPUT_LEN]), IntakeError> {
        let status = self.status(insurer, number).await?;
        if status.state != State::Arriving {
            return Err(IntakeError::State(number, status.state));
        }
        let (deposits, id, length) = (self.clone(), self.depositor(insurer)?, status.bytes);
        on_a_thread(move || {
            let reader = PieceReader::new(&deposits, (id, number), length, Handle::current());
            let digest = digest_of(reader).map_err(FileError::from)?;
            Ok((length, digest))
        })
        .await
    }

    async fn misplaced(
        &self,
        insurer: &InsurerKey,
        number: i64,
    ) -> Result<IntakeError, IntakeError> {
        let status = self.status(insurer, number).await?;
        Ok(match status.state {
            State::Arriving => IntakeError::Offset(status.bytes),
            state => IntakeError::State(number, state),
        })
    }

    /// Says that the file is whole at `length` bytes: it waits to be taken in from then on.
    pub async fn arrived(
        &self,
        insurer: &InsurerKey,
        number: i64,
        length: i64,
    ) -> Result<Status, IntakeError> {
        let id = self.depositor(insurer)?;
        let sql = "UPDATE deposit SET state = $4, changed_at = $5 \
                   WHERE insurer = $1 AND number = $2 AND bytes = $3 AND bytes > 0 AND state = $6";
        let (to, from) = (State::Receiving.word(), State::Arriving.word());
        let (on, now) = (self.database().write(), micros(self.0.surroundings.now()));
        if execute!(on, sql, id.column(), number, length, to, now, from)? == 0 {
            return Err(self.misplaced(insurer, number).await?);
        }
        self.status(insurer, number).await
    }

    /// A deposit to work on: one whose file is here and that nobody has taken up, or whoever did
    /// has been silent for long. It is the caller's then.
    pub async fn take_up(&self) -> Result<Option<Waiting>, IntakeError> {
        let now = self.0.surroundings.now();
        let silent = micros(now.checked_sub(SILENCE).unwrap_or(now));
        let sql = "SELECT insurer, number FROM deposit WHERE bytes > 0 \
                   AND (state = $1 OR state = $2) AND (taken = 0 OR changed_at < $3) \
                   ORDER BY begun_at LIMIT 20";
        let (one, other) = (State::Receiving.word(), State::Checking.word());
        let rows = fetch_all!(self.database().read(), PlaceRow, sql, one, other, silent)?;
        for row in rows {
            let known = self.0.insurers.iter().find(|(id, _)| id.column() == row.insurer);
            let Some((insurer, known)) = known else { continue };
            let ledger = Ledger::new(self, *insurer);
            let Some(status) = ledger.status(row.number).await? else { continue };
            if let Some(status) = ledger.take(status).await? {
                let key = known.registered.key.clone();
                return Ok(Some(Waiting { insurer: *insurer, key, status }));
            }
        }
        Ok(None)
    }

    /// Takes in what was taken up, as far as [`State::Ready`] or [`State::Refused`]. Sorted runs
    /// that are not here, because another server made them, are made again.
    pub async fn take_in(
        &self,
        waiting: Waiting,
        progress: Arc<Progress>,
    ) -> Result<Status, IntakeError> {
        let ledger = Ledger::new(self, waiting.insurer);
        let whose = (waiting.insurer, waiting.key);
        match self.run(&whose, waiting.status.clone(), Arc::clone(&progress)).await {
            Err(IntakeError::Run { .. } | IntakeError::RunBroken(_)) => {
                tracing::warn!("the sorted runs of a deposit are not here: it begins anew");
                let anew = ledger.restart(&waiting.status).await?;
                self.run(&whose, anew, progress).await
            }
            done => done,
        }
    }

    async fn run(
        &self,
        (insurer, key): &(InsurerId, InsurerKey),
        status: Status,
        progress: Arc<Progress>,
    ) -> Result<Status, IntakeError> {
        let ledger = Ledger::new(self, *insurer);
        let file = match self.open_file(*insurer, &status).await {
            Err(IntakeError::File(error)) => {
                let fault = unreadable(error)?;
                return ledger.refuse(status, fault).await;
            }
            opened => opened?,
        };
        let status = Status { written_as: file.written_as(), ..status };
        ledger.written_as(&status).await?;
        let warnings = file.warnings();
        self.go_on((*insurer, key.clone()), status, (file, warnings), progress).await
    }

    async fn open_file(
        &self,
        insurer: InsurerId,
        status: &Status,
    ) -> Result<DepositFile<PieceReader>, IntakeError> {
        let (deposits, kind) = (self.clone(), status.kind);
        let (number, length) = (status.number, status.bytes);
        on_a_thread(move || {
            let reader =
                || PieceReader::new(&deposits, (insurer, number), length, Handle::current());
            Ok(DepositFile::of(reader(), reader(), kind, Hint::default())?)
        })
        .await
    }

    /// Writes the wrong records of a deposit whose file came over HTTP and is still kept, as
    /// [`DepositFile::write_faults`] does.
    pub async fn write_faults<W: Write + Send + 'static>(
        &self,
        insurer: &InsurerKey,
        number: i64,
        sink: W,
    ) -> Result<u64, IntakeError> {
        let status = self.status(insurer, number).await?;
        if !self.keeps_file(&status) {
            return Err(IntakeError::FileGone(number));
        }
        let faults = by_line(self.faults(insurer, number).await?);
        let file = self.open_file(self.depositor(insurer)?, &status).await?;
        let write = move || file.write_faults(sink, &faults);
        on_a_thread(move || write().map_err(|error| FileError::from(error).into())).await
    }

    /// What is odd about the records of a deposit without being wrong.
    pub async fn warnings(
        &self,
        insurer: &InsurerKey,
        number: i64,
    ) -> Result<Vec<WarningCount>, IntakeError> {
        let sql = "SELECT field, code, first_line, count FROM deposit_warning \
                   WHERE insurer = $1 AND number = $2 ORDER BY code, field";
        let (on, id) = (self.database().read(), self.depositor(insurer)?.column());
        Ok(fetch_all!(on, WarningCount, sql, id, number)?)
    }

    /// Whether the file of a deposit is still here.
    pub fn keeps_file(&self, status: &Status) -> bool {
        let days = self.0.upload.keep_file_days;
        let until = status.changed_at.checked_add((days * 24).hours());
        let over =
            !status.state.is_open() && until.is_ok_and(|until| until <= self.0.surroundings.now());
        status.bytes > 0 && !over && !matches!(status.state, State::Cancelled | State::Arriving)
    }

    /// The usual lag of an insurer's deposits, where they tell.
    pub async fn usual_lag(&self, insurer: &InsurerKey) -> Result<Option<super::Lag>, IntakeError> {
        let newest = Ledger::new(self, self.depositor(insurer)?).live().await?;
        Ok(newest.and_then(|status| status.lag))
    }

    /// Drops files of deposits that have been over for long enough, and gives up those that stopped
    /// coming in.
    pub async fn sweep(&self) -> Result<(), IntakeError> {
        for (insurer, known) in &self.0.insurers {
            let ledger = Ledger::new(self, *insurer);
            for number in ledger.with_files().await? {
                let Some(status) = ledger.status(number).await? else { continue };
                if self.has_broken_off(&status) {
                    self.cancel(&known.registered.key, number).await?;
                } else if !status.state.is_open() && !self.keeps_file(&status) {
                    ledger.forget_file(number).await?;
                }
            }
        }
        Ok(())
    }

    fn has_broken_off(&self, status: &Status) -> bool {
        let until = status.changed_at.checked_add(BROKEN_OFF_HOURS.hours());
        let late = until.is_ok_and(|until| until <= self.0.surroundings.now());
        status.state == State::Arriving && late
    }
}

/// SHA-256 over the SHA-256s of each block.
fn digest_of(mut file: impl Read) -> std::io::Result<[u8; SHA256_OUTPUT_LEN]> {
    let (mut whole, mut block) = (Context::new(&SHA256), Vec::with_capacity(DIGEST_BLOCK));
    loop {
        block.clear();
        let most = u64::try_from(DIGEST_BLOCK).unwrap_or(u64::MAX);
        if file.by_ref().take(most).read_to_end(&mut block)? == 0 {
            break;
        }
        whole.update(digest(&SHA256, &block).as_ref());
    }
    let mut sum = [0; SHA256_OUTPUT_LEN];
    sum.iter_mut().zip(whole.finish().as_ref()).for_each(|(to, from)| *to = *from);
    Ok(sum)
}

/// The faults of each line.
fn by_line(faults: Vec<Fault>) -> BTreeMap<u64, Vec<Fault>> {
    let mut lines: BTreeMap<u64, Vec<Fault>> = BTreeMap::new();
    for fault in faults {
        lines.entry(u64::try_from(fault.line).unwrap_or_default()).or_default().push(fault);
    }
    lines
}

/// What is wrong with a file that cannot be begun with; an error when it is not the file's fault.
fn unreadable(error: FileError) -> Result<Wrong, IntakeError> {
    let (code, line, field) = match &error {
        FileError::Io(_) => return Err(IntakeError::File(error)),
        FileError::Shape(sniffed) => (sniffed.code(), 1, ""),
        FileError::Head(head) => (head.code, head.line, head.column.unwrap_or_default()),
    };
    if code == Code::Unreadable {
        return Err(IntakeError::File(error));
    }
    Ok(Wrong { line, field, code: code.as_str(), card: None, fatal: true })
}

impl Ledger<'_> {
    /// Makes the work on `status` the caller's, and nobody else's; none when somebody was faster.
    async fn take(&self, status: Status) -> Result<Option<Status>, IntakeError> {
        let sql = "UPDATE deposit SET taken = taken + 1, changed_at = $4 \
                   WHERE insurer = $1 AND number = $2 AND taken = $3";
        let on = self.database().write();
        let taken =
            execute!(on, sql, self.insurer().column(), status.number, status.taken, self.now())?;
        Ok((taken > 0).then(|| Status { taken: status.taken + 1, ..status }))
    }

    /// Begins the intake of a file anew: whatever was written of it is taken away.
    async fn restart(&self, status: &Status) -> Result<Status, IntakeError> {
        self.take_away(status.number).await?;
        let mut transaction = self.database().begin().await?;
        let number = status.number;
        for sql in [
            "DELETE FROM deposit_error WHERE insurer = $1 AND number = $2",
            "DELETE FROM deposit_event_day WHERE insurer = $1 AND number = $2",
        ] {
            execute!(transaction.on(), sql, self.insurer().column(), number)?;
        }
        let sql = "UPDATE deposit SET state = $3, runs = 0, merged = $4, lines = 0, wrong = 0, \
                   cards = 0, written = 0, removed = 0, held = 0, added = 0, ended = 0, \
                   changed_at = $5 WHERE insurer = $1 AND number = $2 AND taken = $6";
        let (state, merged) = (State::Receiving.word(), Vec::<u8>::new());
        let (insurer, now, on) = (self.insurer().column(), self.now(), transaction.on());
        if execute!(on, sql, insurer, number, state, merged, now, status.taken)? == 0 {
            return Err(IntakeError::Stopped);
        }
        transaction.commit().await?;
        let anew = self.status(number).await?.ok_or(IntakeError::NoSuchDeposit(number))?;
        Ok(anew)
    }

    /// Refuses a file that cannot be begun with.
    async fn refuse(&self, mut status: Status, fault: Wrong) -> Result<Status, IntakeError> {
        let before = status.state;
        (status.state, status.wrong) = (State::Refused, 1);
        let entries = Entries { faults: vec![fault], ..Entries::default() };
        self.enter(&status, before, &entries).await?;
        self.status(status.number).await?.ok_or(IntakeError::NoSuchDeposit(status.number))
    }

    async fn written_as(&self, status: &Status) -> Result<(), IntakeError> {
        let sql = "UPDATE deposit SET written_as = $3 WHERE insurer = $1 AND number = $2";
        let on = self.database().write();
        execute!(on, sql, self.insurer().column(), status.number, &status.written_as)?;
        Ok(())
    }

    /// Puts down what a file tells that is worth a look, in place of what it told before.
    pub(super) async fn enter_warnings(
        &self,
        number: i64,
        warnings: &[WarningCount],
    ) -> Result<(), IntakeError> {
        let mut transaction = self.database().begin().await?;
        let sql = "DELETE FROM deposit_warning WHERE insurer = $1 AND number = $2";
        execute!(transaction.on(), sql, self.insurer().column(), number)?;
        let sql = "INSERT INTO deposit_warning (insurer, number, field, code, first_line, count) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        for WarningCount { field, code, first_line, count } in warnings {
            let (on, insurer) = (transaction.on(), self.insurer().column());
            execute!(on, sql, insurer, number, field, code, *first_line, *count)?;
        }
        Ok(transaction.commit().await?)
    }

    /// The deposits whose files are here.
    async fn with_files(&self) -> Result<Vec<i64>, IntakeError> {
        let sql = "SELECT d.number FROM deposit d WHERE d.insurer = $1 AND (d.state = $2 OR EXISTS \
                   (SELECT 1 FROM deposit_piece p \
                   WHERE p.insurer = d.insurer AND p.number = d.number AND p.place = 0))";
        let (on, arriving) = (self.database().read(), State::Arriving.word());
        let rows = fetch_all!(on, (i64,), sql, self.insurer().column(), arriving)?;
        Ok(rows.into_iter().map(|(number,)| number).collect())
    }

    /// Drops the file of a deposit.
    pub(super) async fn forget_file(&self, number: i64) -> Result<(), IntakeError> {
        let sql = "DELETE FROM deposit_piece WHERE insurer = $1 AND number = $2";
        execute!(self.database().write(), sql, self.insurer().column(), number)?;
        Ok(())
    }
}
