//! What a verdict is called elsewhere: in today's national system, in FHIR and in X12.
//!
//! Sources: the national codes as clients of オンライン資格確認 quote them (the annexes themselves are
//! not public); FHIR R4, value set `remittance-outcome`, and `CoverageEligibilityResponse.insurance`;
//! X12 271 by its implementation guides 004010X092A1 and 005010X279A1, data elements 1390 (EB01) and
//! 901 (AAA03), whose codes belong to loops: 42 and 79 to the payer's (2100A), 72, 75 and 76 to the
//! subscriber's (2100C), 67 to the dependant's (2100D), 62 to either of these two. 77 (subscriber
//! found, patient not found) would say more than 67, but stands in no dependant's loop.

use super::Verdict;

/// One verdict in three other vocabularies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codes {
    /// 資格有効性 (OQSCD006): 1 有効, 2 無効, 3 無効（新しい資格あり）, 4 該当資格なし, 5 複数該当; none while
    /// there is no result.
    pub national_validity: Option<u8>,
    /// 処理結果区分 (OQSCD003): 1 正常終了, 2 処理中, 9 異常終了.
    pub national_outcome: u8,
    /// `CoverageEligibilityResponse.outcome` (R4).
    pub fhir_outcome: FhirOutcome,
    /// Whether the response says that the insurance is in force; none where no coverage is named.
    pub fhir_in_force: Option<bool>,
    /// 271 EB01: `1` active coverage, `6` inactive; none where a request validation (AAA) answers.
    pub x12_benefit: Option<char>,
    /// 271 AAA03, one for each condition (CAQH CORE 259); none where EB01 answers.
    pub x12_reject: Option<&'static str>,
}

/// `CoverageEligibilityResponse.outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FhirOutcome {
    /// `queued`: an answer is to come.
    Queued,
    /// `complete`.
    Complete,
    /// `error`.
    Error,
}

impl FhirOutcome {
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Complete => "complete",
            Self::Error => "error",
        }
    }
}

/// The verdicts; a coverage to come is invalid for the national system, which knows it, and
/// outside the inquiry period for X12.
const TABLE: [(Verdict, Codes); 11] = [
    (Verdict::Valid, told(1, true, '1')),
    (Verdict::Provisional, told(1, true, '1')),
    (Verdict::Expired, told(2, false, '6')),
    (Verdict::Superseded, told(3, false, '6')),
    (
        Verdict::NotYetStarted,
        Codes { x12_benefit: None, x12_reject: Some("62"), ..told(2, false, '6') },
    ),
    (Verdict::NumberUnknown, refused(4, "75")),
    (Verdict::DependantUnknown, refused(4, "67")),
    (Verdict::InsurerUnknown, refused(4, "79")),
    (Verdict::SeveralHits, refused(5, "76")),
    (Verdict::NotLinked, refused(4, "72")),
    (
        Verdict::InsurerSilent,
        Codes {
            national_validity: None,
            national_outcome: 2,
            fhir_outcome: FhirOutcome::Queued,
            fhir_in_force: None,
            x12_benefit: None,
            x12_reject: Some("42"),
        },
    ),
];

const fn told(validity: u8, in_force: bool, benefit: char) -> Codes {
    Codes {
        national_validity: Some(validity),
        national_outcome: 1,
        fhir_outcome: FhirOutcome::Complete,
        fhir_in_force: Some(in_force),
        x12_benefit: Some(benefit),
        x12_reject: None,
    }
}

const fn refused(validity: u8, reject: &'static str) -> Codes {
    Codes {
        national_validity: Some(validity),
        national_outcome: 1,
        fhir_outcome: FhirOutcome::Error,
        fhir_in_force: None,
        x12_benefit: None,
        x12_reject: Some(reject),
    }
}

impl Verdict {
    /// What it is called elsewhere.
    pub fn codes(self) -> Codes {
        let row = TABLE.iter().find(|(verdict, _)| *verdict == self);
        row.map_or(told(2, false, '6'), |(_, codes)| *codes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_verdict_stands_in_the_table_in_its_order() {
        assert_eq!(TABLE.map(|(verdict, _)| verdict), Verdict::ALL);
    }

    #[test]
    fn the_national_codes_of_each_verdict() {
        let validity = |verdict: Verdict| verdict.codes().national_validity;
        for (verdict, code) in [
            (Verdict::Valid, Some(1)),
            (Verdict::Provisional, Some(1)),
            (Verdict::Expired, Some(2)),
            (Verdict::Superseded, Some(3)),
            (Verdict::NotYetStarted, Some(2)),
            (Verdict::NumberUnknown, Some(4)),
            (Verdict::DependantUnknown, Some(4)),
            (Verdict::InsurerUnknown, Some(4)),
            (Verdict::SeveralHits, Some(5)),
            (Verdict::NotLinked, Some(4)),
            (Verdict::InsurerSilent, None),
        ] {
            assert_eq!(validity(verdict), code, "{verdict:?}");
        }
        assert_eq!(Verdict::InsurerSilent.codes().national_outcome, 2);
    }

    #[test]
    fn fhir_says_in_force_exactly_where_a_coverage_is_shown() {
        for verdict in Verdict::ALL {
            let codes = verdict.codes();
            assert_eq!(codes.fhir_in_force.is_some(), verdict.shows_coverage(), "{verdict:?}");
            assert_eq!(codes.fhir_in_force == Some(true), verdict.covers(), "{verdict:?}");
            let is_complete = codes.fhir_outcome == FhirOutcome::Complete;
            assert_eq!(is_complete, verdict.shows_coverage(), "{verdict:?}");
        }
        assert_eq!(Verdict::InsurerSilent.codes().fhir_outcome.code(), "queued");
    }

    #[test]
    fn x12_answers_or_refuses_and_each_refusal_has_its_own_code() {
        let mut refusals = BTreeSet::new();
        for verdict in Verdict::ALL {
            let codes = verdict.codes();
            assert_ne!(codes.x12_benefit.is_some(), codes.x12_reject.is_some(), "{verdict:?}");
            if let Some(code) = codes.x12_reject {
                assert!(refusals.insert(code), "{code} twice");
            }
            assert_eq!(codes.x12_benefit == Some('1'), verdict.covers(), "{verdict:?}");
        }
    }
}
