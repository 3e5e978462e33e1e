//! Several answers made into one, with the reasons of all as a tree.

use warifu_contract::eligibility::{ReasonCheck, ReasonStep, Source, Verdict};

use super::Found;

impl Found {
    /// An insurer's answer, its steps within the one by which the relay reached it, after those
    /// that the relay took `before`.
    pub(super) fn after(mut self, before: &[ReasonCheck]) -> Self {
        let own = std::mem::take(&mut self.decision.reasons);
        let answered = ReasonStep::new(ReasonCheck::InsurerAnswered, true).by(self.names_itself());
        let taken = before.iter().map(|check| ReasonStep::new(*check, true));
        self.decision.reasons = taken.chain([answered.with(own)]).collect();
        self
    }

    fn names_itself(&self) -> Source {
        Source {
            name: self.source.as_ref().map(|source| source.name().ja.clone()),
            as_of: self.as_of,
            usual_lag_days: self.usual_lag_days,
        }
    }

    /// The step of an insurer that was asked too, without its name and without what it knows of
    /// the person beyond whether a coverage is in force.
    fn aside(&self) -> ReasonStep {
        let answered = self.decision.verdict != Verdict::InsurerSilent;
        let in_force = self.decision.verdict.covers();
        let within = answered.then(|| ReasonStep::new(ReasonCheck::CoverageInForce, in_force));
        ReasonStep::new(ReasonCheck::InsurerAnswered, answered)
            .by(Source { name: None, ..self.names_itself() })
            .with(within.into_iter().collect())
    }
}

/// One answer out of those of several insurers: the one valid coverage; several, when more than
/// one is valid; without any, silence counts for more than a no, because it may hide a yes. A
/// coverage that ended is told with a newer one that is to come.
pub(super) fn settle(mut found: Vec<Found>) -> Option<Found> {
    found.sort_by_key(|one| rank(one.decision.verdict));
    let mut rest = found.into_iter();
    let mut first = rest.next()?;
    let rest: Vec<Found> = rest.collect();
    if rest.is_empty() {
        return Some(first);
    }
    let is_among = |verdict| rest.iter().any(|one| one.decision.verdict == verdict);
    let decision = &mut first.decision;
    let several = decision.verdict == Verdict::Valid && is_among(Verdict::Valid);
    let aside = rest.iter().map(Found::aside).collect();
    if decision.verdict == Verdict::Expired && is_among(Verdict::NotYetStarted) {
        decision.verdict = Verdict::Superseded;
        decision.reasons.push(ReasonStep::new(ReasonCheck::NewerKnown, true));
    }
    if several {
        decision.verdict = Verdict::SeveralHits;
        (decision.coverage, decision.copay) = (None, None);
    }
    decision.reasons.push(ReasonStep::new(ReasonCheck::OneCoverage, !several).with(aside));
    Some(first)
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Valid => 0,
        Verdict::SeveralHits => 1,
        Verdict::Provisional => 2,
        Verdict::InsurerSilent => 3,
        Verdict::Superseded => 4,
        Verdict::Expired => 5,
        Verdict::NotYetStarted => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(verdict: Verdict) -> Found {
        Found::alone(verdict, &[(ReasonCheck::Linked, true)], None)
    }

    fn all(verdicts: &[Verdict]) -> Option<Found> {
        settle(verdicts.iter().map(|verdict| found(*verdict)).collect())
    }

    fn settled(verdicts: &[Verdict]) -> Option<Verdict> {
        all(verdicts).map(|one| one.decision.verdict)
    }

    #[test]
    fn the_one_valid_coverage_decides() {
        use Verdict::{Expired, InsurerSilent, NumberUnknown, Provisional, SeveralHits, Valid};
        assert_eq!(settled(&[]), None);
        assert_eq!(settled(&[Expired, Valid, InsurerSilent]), Some(Valid));
        assert_eq!(settled(&[Valid, Valid]), Some(SeveralHits));
        assert_eq!(settled(&[NumberUnknown, Expired]), Some(Expired));
        assert_eq!(settled(&[Provisional, Expired]), Some(Provisional));
        assert_eq!(settled(&[Provisional, Valid]), Some(Valid));
    }

    #[test]
    fn silence_is_not_a_no() {
        use Verdict::{Expired, InsurerSilent};
        assert_eq!(settled(&[Expired, InsurerSilent]), Some(InsurerSilent));
    }

    #[test]
    fn what_ended_is_told_with_what_is_to_come() {
        use Verdict::{Expired, NotYetStarted, Superseded};
        for order in [[Expired, NotYetStarted], [NotYetStarted, Expired]] {
            let one = all(&order).unwrap();
            assert_eq!(one.decision.verdict, Superseded);
            assert!(one.decision.reasons.contains(&ReasonStep::new(ReasonCheck::NewerKnown, true)));
        }
    }

    #[test]
    fn several_coverages_say_so_as_the_last_step() {
        let one = all(&[Verdict::Valid, Verdict::Valid]).unwrap();
        let last = one.decision.reasons.last().unwrap();
        assert_eq!((last.check, last.holds), (ReasonCheck::OneCoverage, false));
        assert_eq!(last.within.len(), 1);
    }

    #[test]
    fn the_others_asked_are_told_without_their_names() {
        let one = all(&[Verdict::Expired, Verdict::Valid, Verdict::InsurerSilent]).unwrap();
        let last = one.decision.reasons.last().unwrap();
        assert!(last.holds);
        let told: Vec<(bool, usize)> =
            last.within.iter().map(|step| (step.holds, step.within.len())).collect();
        assert_eq!(told, [(false, 0), (true, 1)]);
        assert!(last.within.iter().all(|step| step.source.as_ref().unwrap().name.is_none()));
    }
}
