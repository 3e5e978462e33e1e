//! One PC/SC transaction, held by a thread of its own.
//!
//! PC/SC blocks without a limit: while another program holds the card, and while the card thinks.
//! The thread does the blocking; whoever uses the session waits for it for a bounded time only.

use std::{
    ffi::CString,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use pcsc::{Card, Context, Disposition, Error, Protocol, Protocols, ShareMode, State};
use zeroize::Zeroizing;

use super::error::translate;
use crate::{
    apdu::Command,
    reader::{ReaderError, Transaction},
};

/// How long another program may keep the card before we give up.
const BEGIN_LIMIT: Duration = Duration::from_secs(5);
/// How long the card may think about one command …
const ANSWER_LIMIT: Duration = Duration::from_secs(15);
/// … and about a new key: an RSA key takes some cards a minute.
const GENERATE_LIMIT: Duration = Duration::from_mins(2);
/// How long the reset at the end may take before we no longer wait for it.
const END_LIMIT: Duration = Duration::from_secs(2);
/// How often to start over when other programs reset the card while we take it.
const BEGIN_ATTEMPTS: usize = 3;
/// How long pcscd may take to notice that a card is gone (it looks every 0.4 s).
const NOTICE_LIMIT: Duration = Duration::from_secs(1);

type Apdu = Zeroizing<Vec<u8>>;
type Answer = Result<Vec<u8>, ReaderError>;

/// The caller's end: commands go in, answers come out. Dropping it resets the card.
pub(super) struct Session {
    /// Where commands go, or why none can any more.
    commands: Result<SyncSender<Apdu>, ReaderError>,
    answers: Receiver<Answer>,
    /// The first answer of all: what the card said when it got power.
    atr: Vec<u8>,
}

impl Session {
    /// Takes the card in `reader`. The thread keeps its `share` until it ends.
    pub(super) fn begin(reader: &str, share: Arc<()>) -> Result<Self, ReaderError> {
        let reader = CString::new(reader).map_err(|_| ReaderError::NoReader)?;
        let (commands, inbox) = sync_channel(1);
        let (outbox, answers) = sync_channel(1);
        let holder = Holder { inbox, outbox, _share: share };
        thread::Builder::new()
            .name("card".into())
            .spawn(move || holder.run(&reader))
            .map_err(|error| ReaderError::Failed(error.to_string()))?;
        let mut session = Self { commands: Ok(commands), answers, atr: Vec::new() };
        session.atr = session.answer(BEGIN_LIMIT, ReaderError::Busy)?;
        Ok(session)
    }

    fn answer(&self, limit: Duration, too_late: ReaderError) -> Answer {
        self.answers.recv_timeout(limit).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(too_late),
            RecvTimeoutError::Disconnected => Err(ReaderError::Removed),
        })
    }
}

impl Transaction for Session {
    fn atr(&self) -> Option<&[u8]> {
        Some(&self.atr)
    }

    fn transmit(&mut self, apdu: &[u8]) -> Answer {
        let commands = self.commands.as_ref().map_err(Clone::clone)?;
        let sent = commands.send(Zeroizing::new(apdu.to_vec()));
        let answer = match sent {
            Ok(()) => self.answer(limit(apdu), ReaderError::Unresponsive),
            Err(_) => Err(ReaderError::Removed),
        };
        if let Err(error) = &answer {
            self.commands = Err(error.clone());
        }
        answer
    }
}

/// How long the answer to this command may take. GENERATE ASYMMETRIC KEY PAIR is instruction 47.
const fn limit(apdu: &[u8]) -> Duration {
    match apdu {
        [_, 0x47, ..] => GENERATE_LIMIT,
        _ => ANSWER_LIMIT,
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.commands = Err(ReaderError::Removed);
        // The thread hangs up when the card is reset. Late answers may still be on their way.
        while let Ok(_late) = self.answers.recv_timeout(END_LIMIT) {}
    }
}

/// The thread's end.
struct Holder {
    inbox: Receiver<Apdu>,
    outbox: SyncSender<Answer>,
    _share: Arc<()>,
}

impl Holder {
    fn run(&self, reader: &CString) {
        for _ in 0..BEGIN_ATTEMPTS {
            match self.hold(reader) {
                Err(Error::ResetCard) => {}
                Err(error) => {
                    let _ = self.outbox.send(Err(translate(error)));
                    return;
                }
                Ok(()) => return,
            }
        }
        let _ = self.outbox.send(Err(ReaderError::Busy));
    }

    /// Takes the card, serves it, resets it. An error means that it never was taken.
    fn hold(&self, reader: &CString) -> Result<(), Error> {
        let context = Context::establish(pcsc::Scope::User)?;
        let mut card = context.connect(reader, ShareMode::Shared, Protocols::ANY)?;
        let transaction = card.transaction()?;
        let status = transaction.status2_owned()?;
        let protocol = status.protocol2();
        if self.outbox.send(Ok(status.atr().to_vec())).is_ok() {
            self.serve(&context, &transaction, protocol, reader);
        }
        let _ = transaction.end(Disposition::ResetCard);
        let _ = card.disconnect(Disposition::LeaveCard);
        Ok(())
    }

    fn serve(&self, context: &Context, card: &Card, protocol: Option<Protocol>, reader: &CString) {
        for apdu in &self.inbox {
            let answer =
                transmit(card, protocol, &apdu).map_err(|error| explain(context, error, reader));
            let failed = answer.is_err();
            if self.outbox.send(answer).is_err() || failed {
                return;
            }
        }
    }
}

fn transmit(card: &Card, protocol: Option<Protocol>, apdu: &[u8]) -> Result<Vec<u8>, Error> {
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    card.transmit(for_protocol(protocol, apdu), &mut buffer).map(<[u8]>::to_vec)
}

/// T=0 has no place for Le behind data: the card announces its answer with `61xx` instead
/// (ISO/IEC 7816-3, 12.2).
fn for_protocol(protocol: Option<Protocol>, apdu: &[u8]) -> &[u8] {
    let both = Command::parse(apdu)
        .is_some_and(|command| !command.data.is_empty() && command.expected.is_some());
    match (protocol, apdu.split_last()) {
        (Some(Protocol::T0), Some((_, without_le))) if both => without_le,
        _ => apdu,
    }
}

/// A card pulled out in the middle of a command shows up as a failed transmission first.
fn explain(context: &Context, error: Error, reader: &CString) -> ReaderError {
    if !matches!(error, Error::NotTransacted | Error::CommDataLost | Error::UnpoweredCard) {
        return translate(error);
    }
    let mut state = [pcsc::ReaderState::new(reader.clone(), State::PRESENT | State::INUSE)];
    let seen = context.get_status_change(NOTICE_LIMIT, &mut state);
    let [state] = state;
    if seen.is_ok() && state.event_state().contains(State::EMPTY) {
        return ReaderError::Removed;
    }
    translate(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t0_carries_no_le_behind_data() {
        let both = [0x00, 0xA4, 0x04, 0x00, 0x01, 0xAA, 0x00];
        assert_eq!(for_protocol(Some(Protocol::T0), &both), &both[..6]);
        assert_eq!(for_protocol(Some(Protocol::T1), &both), both);
        let asking = [0x00, 0xC0, 0x00, 0x00, 0x10];
        assert_eq!(for_protocol(Some(Protocol::T0), &asking), asking);
    }
}
