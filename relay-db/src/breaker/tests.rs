//! The breaker under a clock that is moved: single paths by hand, all others by chance.

use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules {
    window: SignedDuration::from_secs(30),
    least: 10,
    percent: 50,
    pause: SignedDuration::from_secs(4),
    longest: SignedDuration::from_secs(60),
};
/// No jitter: a pause of exactly its length.
const EVEN: u8 = 128;

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn later(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

/// One call after another at `now`.
fn calls(breaker: &mut Breaker, now: Timestamp, outcomes: &[Outcome]) -> Option<Change> {
    outcomes.iter().fold(None, |change, outcome| {
        let ticket = breaker.admit(now).unwrap();
        change.or(breaker.settle(ticket, *outcome, now, EVEN))
    })
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(RULES);
    assert_eq!(calls(&mut breaker, start(), &[Outcome::Failed; 10]), Some(Change::Opened));
    breaker
}

#[test]
fn a_few_failures_among_many_answers_change_nothing() {
    let mut breaker = Breaker::new(RULES);
    assert_eq!(calls(&mut breaker, start(), &[Outcome::Failed; 9]), None, "too few to say");
    assert_eq!(calls(&mut breaker, start(), &[Outcome::Answered; 11]), None);
    assert_eq!(calls(&mut breaker, start(), &[Outcome::Failed; 1]), None, "10 of 21");
    assert_eq!(breaker.rest(), None);
    assert_eq!(calls(&mut breaker, start(), &[Outcome::Failed; 1]), Some(Change::Opened));
}

#[test]
fn what_was_long_ago_does_not_count() {
    let mut breaker = Breaker::new(RULES);
    calls(&mut breaker, start(), &[Outcome::Failed; 9]);
    assert_eq!(calls(&mut breaker, later(31), &[Outcome::Failed; 9]), None);
    assert_eq!(calls(&mut breaker, later(40), &[Outcome::Failed]), Some(Change::Opened));
}

#[test]
fn calls_without_a_result_prove_nothing() {
    let mut breaker = Breaker::new(RULES);
    assert_eq!(calls(&mut breaker, start(), &[Outcome::Unknown; 50]), None);
}

#[test]
fn open_nobody_asks_until_one_probe() {
    let mut breaker = opened();
    let rest = Rest { since: start(), again: later(4) };
    assert_eq!(breaker.admit(later(3)), Err(rest));
    assert_eq!(breaker.rest(), Some(rest));
    let probe = breaker.admit(later(5)).unwrap();
    assert_eq!(breaker.admit(later(5)), Err(Rest { again: later(5), ..rest }), "only one");
    assert_eq!(breaker.settle(probe, Outcome::Answered, later(6), EVEN), Some(Change::Closed));
    assert!(breaker.admit(later(6)).is_ok() && breaker.rest().is_none());
    assert_eq!(calls(&mut breaker, later(6), &[Outcome::Failed; 9]), None, "counted from zero");
}

#[test]
fn pauses_grow_and_stay_bounded() {
    let mut breaker = opened();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let now = breaker.rest().unwrap().again;
        let probe = breaker.admit(now).unwrap();
        breaker.settle(probe, Outcome::Failed, now, EVEN);
        let rest = breaker.rest().unwrap();
        assert_eq!(rest.since, start(), "still the same rest");
        pauses.push(rest.again.duration_since(now).as_secs());
    }
    assert_eq!(pauses, [8, 16, 32, 60, 60, 60, 60, 60]);
}

#[test]
fn pauses_are_spread() {
    let pause = |chance| {
        let mut breaker = Breaker::new(RULES);
        calls(&mut breaker, start(), &[Outcome::Failed; 9]);
        let last = breaker.admit(start()).unwrap();
        breaker.settle(last, Outcome::Failed, start(), chance);
        breaker.rest().unwrap().again.duration_since(start()).as_millis()
    };
    assert_eq!(pause(0), 3_000);
    assert!((4_900..=5_000).contains(&pause(255)), "{}", pause(255));
}

#[test]
fn a_probe_that_was_given_up_lets_the_next_one_try() {
    let mut breaker = opened();
    let probe = breaker.admit(later(9)).unwrap();
    assert_eq!(breaker.settle(probe, Outcome::Unknown, later(9), EVEN), Some(Change::StaysOpen));
    assert!(breaker.admit(later(9)).is_ok());
}

#[test]
fn a_late_outcome_says_nothing_about_now() {
    let mut breaker = Breaker::new(RULES);
    let late = breaker.admit(start()).unwrap();
    let later_still = breaker.admit(start()).unwrap();
    calls(&mut breaker, start(), &[Outcome::Failed; 10]);
    assert_eq!(breaker.settle(late, Outcome::Answered, later(1), EVEN), None);
    let _probe = breaker.admit(later(9)).unwrap();
    assert_eq!(breaker.settle(later_still, Outcome::Failed, later(9), EVEN), None);
    assert!(breaker.admit(later(9)).is_err(), "the probe is still under way");
}

#[test]
fn a_clock_put_back_does_not_keep_it_open() {
    let mut breaker = opened();
    assert!(breaker.admit(later(-3600)).is_ok());
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes, in milliseconds.
    Pass(u16),
    /// Somebody wants to ask.
    Ask,
    /// The call that is under way at this place ends.
    End(usize, Outcome, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Failed),
        2 => Just(Outcome::Answered),
        1 => Just(Outcome::Unknown),
    ];
    let step = prop_oneof![
        2 => (0..6_000_u16).prop_map(Step::Pass),
        5 => Just(Step::Ask),
        5 => (0..4_usize, outcome, any::<u8>()).prop_map(|(at, how, dice)| Step::End(at, how, dice)),
    ];
    prop::collection::vec(step, 0..300)
}

/// What an observer knows: calls under way, and outcomes since it was closed last.
struct Observer {
    breaker: Breaker,
    now: Timestamp,
    under_way: Vec<Ticket>,
    /// When, and whether it failed.
    seen: Vec<(Timestamp, bool)>,
}

impl Observer {
    fn ask(&mut self) -> Result<(), TestCaseError> {
        let before = self.breaker.rest();
        let was_closed = before.is_none();
        let probing = matches!(self.breaker.state, State::Probing(_));
        match self.breaker.admit(self.now) {
            Ok(ticket) => {
                let due = before.is_none_or(|rest| self.now >= rest.again);
                prop_assert!(was_closed || (due && !probing), "asked in its rest");
                self.under_way.push(ticket);
            }
            Err(rest) => {
                prop_assert!(!was_closed);
                prop_assert!(probing || self.now < rest.again, "stuck: {rest:?}");
                prop_assert!(rest.since <= self.now && rest.again >= self.now);
            }
        }
        Ok(())
    }

    fn end(&mut self, at: usize, outcome: Outcome, chance: u8) -> Result<(), TestCaseError> {
        if at >= self.under_way.len() {
            return Ok(());
        }
        let ticket = self.under_way.swap_remove(at);
        let (counts, was_closed) = (ticket.era == self.breaker.era, self.breaker.rest().is_none());
        if counts && was_closed && outcome != Outcome::Unknown {
            self.seen.push((self.now, outcome == Outcome::Failed));
        }
        match self.breaker.settle(ticket, outcome, self.now, chance) {
            None => prop_assert!(!counts || was_closed),
            Some(Change::Opened) => self.opened_rightly()?,
            Some(Change::StaysOpen) => prop_assert!(outcome != Outcome::Answered),
            Some(Change::Closed) => {
                prop_assert_eq!(outcome, Outcome::Answered);
                self.seen.clear();
            }
        }
        if let Some(rest) = self.breaker.rest() {
            let most = RULES.longest * 5 / 4;
            prop_assert!(rest.again.duration_since(self.now) <= most, "{rest:?}");
        }
        Ok(())
    }

    /// The window is cut into tenths: it reaches back at least nine and at most ten of them.
    fn opened_rightly(&mut self) -> Result<(), TestCaseError> {
        let length = RULES.window.as_secs() / 10;
        let slice = |at: Timestamp| at.as_second() / length;
        let recent = self.seen.iter().filter(|(at, _)| slice(*at) > slice(self.now) - 10);
        let (calls, failed) =
            recent.fold((0, 0), |(calls, failed), (_, bad)| (calls + 1, failed + u32::from(*bad)));
        prop_assert!(calls >= RULES.least && failed * 100 >= calls * RULES.percent);
        Ok(())
    }
}

proptest! {
    #[test]
    fn whatever_happens_it_opens_for_a_reason_and_never_stays_open_for_ever(steps in steps()) {
        let breaker = Breaker::new(RULES);
        let (under_way, seen) = (Vec::new(), Vec::new());
        let mut observer = Observer { breaker, now: start(), under_way, seen };
        for step in steps {
            match step {
                Step::Pass(millis) => observer.now += SignedDuration::from_millis(millis.into()),
                Step::Ask => observer.ask()?,
                Step::End(at, outcome, chance) => observer.end(at, outcome, chance)?,
            }
        }
    }
}
