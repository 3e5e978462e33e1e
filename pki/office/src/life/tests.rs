//! Random lives: whatever anybody tries, a card never stands where it must not, and two persons
//! stand behind what takes two.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use warifu_contract::card_office::{Stage, StopReason};
use warifu_contract::identity::Departure;

use super::*;
use crate::event::{Event, Hash};

/// Everything that can be tried, with what it says varied by `seed`.
fn steps(seed: u8) -> Vec<Step> {
    let reason = if seed.is_multiple_of(2) { StopReason::Lost } else { StopReason::Misuse };
    let why = if seed.is_multiple_of(3) { Departure::Deceased } else { Departure::MovedAway };
    vec![
        Step::Apply { consent: !seed.is_multiple_of(5) },
        Step::Prove,
        Step::Doubt { resolvable: !seed.is_multiple_of(3) },
        Step::ResolveDoubt,
        Step::Reject,
        Step::Withdraw,
        Step::Approve,
        Step::Start,
        Step::Finish,
        Step::Spoil,
        Step::PrintLetter,
        Step::ReprintLetter,
        Step::Send,
        Step::Return,
        Step::Deliver,
        Step::Activate,
        Step::Identify,
        Step::Suspend { reason },
        Step::Release,
        Step::Revoke { reason },
        Step::Reissue { reason },
        Step::Renew,
        Step::LoseSuccessor,
        Step::Supersede,
        Step::Vouch,
        Step::Remind { days: 30 * (1 + u32::from(seed % 3)) },
        Step::RegisterFelica { key_version: 1 + u16::from(seed % 3) },
        Step::RotateFelica { key_version: 1 + u16::from(seed % 3) },
        Step::Expire,
        Step::ProposeEnd { why },
        Step::End { why },
        Step::Destroy,
    ]
}

fn actors() -> Vec<Actor> {
    use StaffRole::{Approver, CallCentre, Clerk};
    vec![
        Actor::staff("a", [Clerk]),
        Actor::staff("b", [Clerk, Approver]),
        Actor::staff("c", [Approver]),
        Actor::staff("d", [Approver, CallCentre]),
        Actor::staff("e", [CallCentre]),
        Actor::staff("f", []),
        Actor::system(),
    ]
}

fn start() -> Timestamp {
    "2026-11-20T00:15:00Z".parse().unwrap()
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is thrown by itself")]
struct Try {
    pick: u16,
    actor: usize,
    seed: u8,
    /// Mostly something that the stage allows, so that lives get long.
    sensible: bool,
    /// Mostly nothing that ends a card, for the same reason.
    patient: bool,
    has_other_card: bool,
    is_renewable: bool,
}

prop_compose! {
    fn one_try()(pick: u16, actor in 0_usize..7, seed: u8, sensible in proptest::bool::weighted(0.9),
                 patient in proptest::bool::weighted(0.95),
                 has_other_card in proptest::bool::weighted(0.1),
                 is_renewable in proptest::bool::weighted(0.7)) -> Try {
        Try { pick, actor, seed, sensible, patient, has_other_card, is_renewable }
    }
}

/// A life that was lived, and what the office would have kept of it.
#[derive(Default)]
struct Lived {
    life: Life,
    events: Vec<Event>,
}

impl Lived {
    fn attempt(&mut self, attempt: Try, index: usize) {
        let now = start() + SignedDuration::from_mins(i64::try_from(index).unwrap());
        let all = steps(attempt.seed);
        let allowed: Vec<Step> = all
            .iter()
            .filter(|step| self.life.would_lead(step.kind()).is_some())
            .filter(|step| !attempt.patient || !is_mortal(step.kind()))
            .cloned()
            .collect();
        let from = if attempt.sensible && !allowed.is_empty() { allowed } else { all };
        let step = from[usize::from(attempt.pick) % from.len()].clone();
        let actor = &actors()[attempt.actor];
        let renewable_from = attempt.is_renewable.then_some(now);
        let around = Circumstances { now, renewable_from, has_other_card: attempt.has_other_card };
        let before = self.life.clone();
        match self.life.check(&step, actor, &around) {
            Err(_) => assert_eq!(self.life, before, "a refusal changes nothing"),
            Ok(to) => self.take(step, actor, to, now),
        }
    }

    fn take(&mut self, step: Step, actor: &Actor, to: Stage, at: Timestamp) {
        let event = Event {
            card: "A7K29QXF".into(),
            sequence: u32::try_from(self.events.len()).unwrap() + 1,
            at,
            actor: actor.id.clone(),
            role: role_for(step.kind(), actor),
            from: self.life.stage(),
            to,
            step,
            note: None,
            previous: self.events.last().map_or(Hash::default(), Event::hash),
        };
        self.life.record(&event);
        self.events.push(event);
        assert_eq!(self.life.stage(), Some(to));
        assert_eq!(self.life.version(), u32::try_from(self.events.len()).unwrap());
    }
}

fn is_mortal(kind: StepKind) -> bool {
    use StepKind::{
        Destroy, End, Expire, ProposeEnd, Reissue, Reject, Revoke, Supersede, Withdraw,
    };
    [Destroy, End, Expire, ProposeEnd, Reissue, Reject, Revoke, Supersede, Withdraw].contains(&kind)
}

fn actors_of<'a>(events: &'a [Event], kinds: &[StepKind]) -> BTreeSet<&'a str> {
    let matching = events.iter().filter(|event| kinds.contains(&event.step.kind()));
    matching.map(|event| event.actor.as_str()).collect()
}

/// Reads the events as an auditor does, knowing nothing of the machine.
fn audit(events: &[Event]) {
    use StepKind as Kind;
    for (index, event) in events.iter().enumerate() {
        let (past, rest) = events.split_at(index);
        let did = |kinds: &[Kind]| actors_of(past, kinds).contains(event.actor.as_str());
        let happened = |kind| past.iter().any(|earlier| earlier.step.kind() == kind);
        match event.step.kind() {
            Kind::Approve => {
                assert!(!did(&[Kind::Apply, Kind::Prove, Kind::Doubt, Kind::ResolveDoubt]));
                assert!(happened(Kind::Prove) || happened(Kind::ResolveDoubt), "unproved");
                assert!(matches!(past[0].step, Step::Apply { consent: true }), "no consent");
            }
            Kind::ResolveDoubt => {
                assert!(!did(&[Kind::Prove, Kind::Doubt]));
                let last = past.iter().rev().find(|one| one.step.kind() == Kind::Doubt).unwrap();
                assert_eq!(last.step, Step::Doubt { resolvable: true });
            }
            Kind::Release => {
                let begun = past.iter().rposition(|one| one.from != Some(Stage::Suspended));
                let since = &past[begun.unwrap()..];
                let stoppers = actors_of(since, &[Kind::Suspend, Kind::ProposeEnd]);
                assert!(!stoppers.contains(event.actor.as_str()), "released by who stopped");
                assert_eq!(Some(event.to), since[0].from, "released to elsewhere");
            }
            Kind::End => assert!(!did(&[Kind::ProposeEnd]), "one person ended a life"),
            Kind::Activate => {
                assert!(happened(Kind::Approve) && happened(Kind::Finish));
                assert!(happened(Kind::Deliver));
                assert_eq!(event.actor, "system");
            }
            Kind::Suspend => assert_eq!(event.to, Stage::Suspended),
            _ => {}
        }
        if matches!(event.to, Stage::Rejected | Stage::Withdrawn | Stage::Destroyed) {
            assert!(rest.iter().all(|later| later.to == event.to), "it rose again");
        }
        if event.to == Stage::Revoked {
            let dead = [Stage::Revoked, Stage::Destroyed];
            assert!(rest.iter().all(|later| dead.contains(&later.to)), "it rose again");
        }
        assert!(event.role.is_some() != (event.actor == "system"), "a role for everybody else");
        if event.role == Some(StaffRole::CallCentre) {
            assert!(matches!(event.step.kind(), Kind::Suspend | Kind::Identify));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_life_goes_wrong(tries in proptest::collection::vec(one_try(), 1..120)) {
        let mut lived = Lived::default();
        for (index, attempt) in tries.into_iter().enumerate() {
            lived.attempt(attempt, index);
        }
        audit(&lived.events);
        prop_assert_eq!(&Life::of(&lived.events), &lived.life);
    }

    #[test]
    fn what_is_possible_is_what_is_checked(tries in proptest::collection::vec(one_try(), 1..60)) {
        let mut lived = Lived::default();
        for (index, attempt) in tries.into_iter().enumerate() {
            lived.attempt(attempt, index);
        }
        let around =
            Circumstances { now: start(), renewable_from: None, has_other_card: false };
        for actor in actors() {
            for possibility in lived.life.possible(&actor, &around) {
                let (_, step) =
                    ACTIONS.iter().find(|(name, _)| *name == possibility.action).unwrap();
                let refused = lived.life.check(step, &actor, &around).err();
                let code = refused.map(|refusal| refusal.code().to_owned());
                prop_assert_eq!(possibility.refused, code);
            }
        }
    }
}

#[test]
fn random_lives_reach_every_stage_and_every_step() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut stages, mut kinds) = (BTreeMap::new(), BTreeSet::new());
    for _ in 0..6000 {
        let tries = proptest::collection::vec(one_try(), 120).new_tree(&mut runner).unwrap();
        let mut lived = Lived::default();
        for (index, attempt) in tries.current().into_iter().enumerate() {
            lived.attempt(attempt, index);
        }
        for event in &lived.events {
            *stages.entry(event.to).or_insert(0) += 1;
            kinds.insert(event.step.kind());
        }
    }
    for stage in Stage::ALL {
        assert!(stages.contains_key(&stage), "{stage:?} was never reached: {stages:?}");
    }
    for step in steps(1) {
        assert!(kinds.contains(&step.kind()), "{:?} never happened", step.kind());
    }
}

#[test]
fn no_two_lines_of_the_table_say_something_of_the_same() {
    for (index, rule) in TABLE.iter().enumerate() {
        for other in &TABLE[index + 1..] {
            let overlap = rule.from.iter().any(|stage| other.from.contains(stage));
            assert!(rule.step != other.step || !overlap, "{:?}", rule.step);
        }
    }
}

#[test]
fn actions_are_named_as_on_the_wire() {
    let reason = StopReason::Lost;
    let note = || "0123456789".to_owned();
    let actions = [
        Action::Prove,
        Action::ResolveDoubt { note: note() },
        Action::Reject { note: note() },
        Action::Withdraw,
        Action::Approve,
        Action::Spoil { note: note() },
        Action::Send { tracking: note() },
        Action::Return,
        Action::Deliver,
        Action::Suspend { reason },
        Action::Release,
        Action::Revoke { reason },
        Action::Reissue { reason },
        Action::Renew,
        Action::Destroy,
    ];
    assert_eq!(actions.len(), ACTIONS.len());
    for action in actions {
        let wire = serde_json::to_value(&action).unwrap();
        assert_eq!(wire["action"], action_name(&action));
    }
}

#[test]
fn an_order_without_proof_says_so() {
    let clerk = Actor::staff("a", [StaffRole::Clerk]);
    let mut lived = Lived::default();
    lived.take(Step::Apply { consent: true }, &clerk, Stage::Applied, start());
    let approver = Actor::staff("c", [StaffRole::Approver]);
    let around = Circumstances { now: start(), renewable_from: None, has_other_card: false };
    let refused = lived.life.check(&Step::Approve, &approver, &around);
    assert_eq!(refused, Err(Refusal::ProofNeeded));
    let possible = lived.life.possible(&approver, &around);
    let approve = possible.iter().find(|one| one.action == "approve").unwrap();
    assert_eq!(approve.refused.as_deref(), Some("office.proof-needed"));
}
