//! The state of the readers: look at it, wait for it to change.

use std::time::Duration;

use pcsc::{Context, Error, PNP_NOTIFICATION, State};

use super::error::translate;
use crate::reader::{ReaderError, ReaderState};

/// More readers than this are not looked at (pcscd itself stops at 16).
const MAX_READERS: usize = 32;

/// The readers as they were at one moment.
pub(super) struct Look {
    states: Vec<pcsc::ReaderState>,
}

impl Look {
    /// The readers and their cards, now.
    pub(super) fn at(context: &Context) -> Result<Self, ReaderError> {
        let names = context.list_readers_owned().map_err(translate)?;
        let unaware = |name| pcsc::ReaderState::new(name, State::UNAWARE);
        let mut states: Vec<_> = names.into_iter().take(MAX_READERS).map(unaware).collect();
        if states.is_empty() {
            return Ok(Self { states });
        }
        match context.get_status_change(Duration::ZERO, &mut states) {
            Ok(()) => Ok(Self { states }),
            // The last reader was unplugged between the two calls.
            Err(Error::UnknownReader) => Ok(Self { states: Vec::new() }),
            Err(error) => Err(translate(error)),
        }
    }

    /// What was seen, in our words.
    pub(super) fn readers(&self) -> Vec<ReaderState> {
        self.states.iter().map(ours).collect()
    }

    /// Waits until something differs from what was seen, or for `timeout`. It may end for what
    /// does not concern us (another program uses a card): look again afterwards.
    pub(super) fn wait(mut self, context: &Context, timeout: Duration) -> Result<(), ReaderError> {
        self.states.iter_mut().for_each(pcsc::ReaderState::sync_current_state);
        self.states.push(pcsc::ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE));
        match context.get_status_change(timeout, &mut self.states) {
            Ok(()) | Err(Error::Timeout | Error::UnknownReader) => Ok(()),
            Err(error) => Err(translate(error)),
        }
    }
}

fn ours(state: &pcsc::ReaderState) -> ReaderState {
    ReaderState {
        name: state.name().to_string_lossy().into_owned(),
        card_present: state.event_state().contains(State::PRESENT),
        event: u64::from(state.event_count()),
    }
}
