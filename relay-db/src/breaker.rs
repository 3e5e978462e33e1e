//! A circuit breaker: stops asking a connector of which too many calls fail, and finds out by
//! single probes when it may be asked again. A state machine only: time and chance are passed in.
//!
//! Closed, every call goes through and its outcome is counted in a sliding window. Open, none
//! does. After a pause that grows with each probe that failed, one call goes through as a probe,
//! and its outcome decides. An outcome from an earlier state says nothing about this one.

use jiff::{SignedDuration, Timestamp};

/// Slices of the window: what leaves it leaves by a tenth at a time.
const SLICES: u8 = 10;
/// Pauses grow twofold, this often at most.
const DOUBLINGS: u32 = 6;

/// When to stop asking, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// How far back outcomes count.
    pub window: SignedDuration,
    /// Fewer calls in the window prove nothing.
    pub least: u32,
    /// Of a hundred calls in the window, so many failed.
    pub percent: u32,
    /// The first pause, a quarter more or less.
    pub pause: SignedDuration,
    /// No pause is longer, but for the quarter.
    pub longest: SignedDuration,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The connector answered, be it with a refusal.
    Answered,
    /// It did not, or not with an answer.
    Failed,
    /// Nothing is known: it was not asked after all, or not given its time.
    Unknown,
}

/// The right to make one call, and the duty to say what became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    era: u64,
}

/// No call now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// Since when nobody asks.
    pub since: Timestamp,
    /// When the next probe is made, if somebody asks then.
    pub again: Timestamp,
}

/// What an outcome changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// From now on nobody asks.
    Opened,
    /// The probe failed, or proved nothing: the rest goes on.
    StaysOpen,
    /// Everybody may ask again.
    Closed,
}

/// The state of one connector.
#[derive(Debug)]
pub(crate) struct Breaker {
    rules: Rules,
    /// Counts the changes of state.
    era: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    Open(Pause),
    Probing(Pause),
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    rest: Rest,
    /// Probes that failed.
    failed: u32,
}

impl Breaker {
    /// Closed, nothing counted.
    pub fn new(rules: Rules) -> Self {
        Self { rules, era: 0, state: State::Closed(Window::default()) }
    }

    /// Whether a call may be made now. An open breaker whose pause is over lets this one through
    /// as its probe.
    pub fn admit(&mut self, now: Timestamp) -> Result<Ticket, Rest> {
        match self.state {
            State::Closed(_) => {}
            State::Probing(Pause { rest, .. }) => {
                return Err(Rest { again: rest.again.max(now), ..rest });
            }
            // Before its beginning, the clock was put back: better ask than wait for long.
            State::Open(pause) if now >= pause.rest.again || now < pause.rest.since => {
                self.turn(State::Probing(pause));
            }
            State::Open(pause) => return Err(pause.rest),
        }
        Ok(Ticket { era: self.era })
    }

    /// Takes in what became of a call. `chance` spreads the pauses, so that many relays do not
    /// probe at the same moment.
    pub fn settle(
        &mut self,
        Ticket { era }: Ticket,
        outcome: Outcome,
        now: Timestamp,
        chance: u8,
    ) -> Option<Change> {
        if era != self.era {
            return None;
        }
        match &mut self.state {
            State::Closed(window) => {
                if !window.note(now, &self.rules, outcome) {
                    return None;
                }
                self.open(now, now, 0, chance);
                Some(Change::Opened)
            }
            State::Probing(pause) => {
                let pause = *pause;
                Some(self.probed(pause, outcome, now, chance))
            }
            State::Open(_) => None,
        }
    }

    /// Since when nobody asks, if that is so.
    pub fn rest(&self) -> Option<Rest> {
        match self.state {
            State::Closed(_) => None,
            State::Open(pause) | State::Probing(pause) => Some(pause.rest),
        }
    }

    fn probed(&mut self, pause: Pause, outcome: Outcome, now: Timestamp, chance: u8) -> Change {
        match outcome {
            Outcome::Answered => {
                self.turn(State::Closed(Window::default()));
                return Change::Closed;
            }
            Outcome::Failed => self.open(pause.rest.since, now, pause.failed + 1, chance),
            // The next one who asks is the probe.
            Outcome::Unknown => {
                let rest = Rest { again: now, ..pause.rest };
                self.turn(State::Open(Pause { rest, ..pause }));
            }
        }
        Change::StaysOpen
    }

    fn open(&mut self, since: Timestamp, now: Timestamp, failed: u32, chance: u8) {
        let pause = self.rules.pause * 2_i32.pow(failed.min(DOUBLINGS));
        let pause = pause.min(self.rules.longest);
        // Three quarters to five quarters.
        let pause = pause * (384 + i32::from(chance)) / 512;
        let again = now.checked_add(pause).unwrap_or(now);
        self.turn(State::Open(Pause { rest: Rest { since, again }, failed }));
    }

    fn turn(&mut self, state: State) {
        self.era += 1;
        self.state = state;
    }
}

/// Outcomes of the last while, in slices.
#[derive(Debug, Default)]
struct Window([Slice; SLICES as usize]);

#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    /// Which slice of all time this is.
    number: i64,
    calls: u32,
    failed: u32,
}

impl Window {
    /// Counts the outcome; whether that is one failure too many.
    fn note(&mut self, now: Timestamp, rules: &Rules, outcome: Outcome) -> bool {
        let length = rules.window.as_millis() / i128::from(SLICES);
        let number = now.as_millisecond() / i64::try_from(length.max(1)).unwrap_or(i64::MAX);
        let failed = match outcome {
            Outcome::Unknown => return false,
            Outcome::Answered => 0,
            Outcome::Failed => 1,
        };
        let place = usize::try_from(number.rem_euclid(SLICES.into())).unwrap_or_default();
        if let Some(slice) = self.0.get_mut(place) {
            if slice.number != number {
                *slice = Slice { number, ..Slice::default() };
            }
            slice.calls = slice.calls.saturating_add(1);
            slice.failed = slice.failed.saturating_add(failed);
        }
        failed == 1 && self.is_too_much(number, rules)
    }

    fn is_too_much(&self, number: i64, rules: &Rules) -> bool {
        let recent = number - i64::from(SLICES) + 1..=number;
        let counted = self.0.iter().filter(|slice| recent.contains(&slice.number));
        let (calls, failed) = counted.fold((0_u64, 0_u64), |(calls, failed), slice| {
            (calls + u64::from(slice.calls), failed + u64::from(slice.failed))
        });
        calls >= u64::from(rules.least) && failed * 100 >= calls * u64::from(rules.percent)
    }
}

#[cfg(test)]
mod tests;
