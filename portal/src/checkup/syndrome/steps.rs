//! From what is known to what follows.

use super::evidence::{Evidence, Risk};

/// メタボリックシンドローム判定.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Determination {
    /// 基準該当.
    Syndrome,
    /// 予備群該当.
    Near,
    /// 非該当.
    No,
    /// 判定不能.
    Undecided,
}

/// 保健指導レベル.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guidance {
    /// 積極的支援.
    Intensive,
    /// 動機付け支援.
    Motivational,
    /// なし (情報提供).
    Information,
    /// 判定不能.
    Undecided,
    /// Guidance is for those who reach 40 to 74 within the year.
    OutsideAges,
}

/// The ages for which the programme is, both included.
const AGES: std::ops::RangeInclusive<i16> = 40..=74;
/// From this age 積極的支援 becomes 動機付け支援.
const MILDER_FROM: i16 = 65;

/// The syndrome: a waist beyond its limit, and how many of the three risks.
pub fn determination(evidence: &Evidence<'_>) -> Determination {
    let risks = [&evidence.sugar, &evidence.fat, &evidence.pressure].map(Risk::counts);
    let [sugar, fat, pressure] = risks;
    let known = [evidence.waist.map(|waist| waist.met), sugar, fat, pressure];
    agreed(known, |[waist, risks @ ..]| {
        match (waist, risks.into_iter().filter(|risk| *risk).count()) {
            (true, 2..) => Determination::Syndrome,
            (true, 1) => Determination::Near,
            _ => Determination::No,
        }
    })
    .unwrap_or(Determination::Undecided)
}

/// The level of guidance.
pub fn guidance(evidence: &Evidence<'_>) -> Guidance {
    if !AGES.contains(&evidence.age) {
        return Guidance::OutsideAges;
    }
    let risks = [&evidence.sugar_for_guidance, &evidence.fat, &evidence.pressure];
    let drugs = agreed(risks.map(|risk| risk.drug), |drugs| drugs.contains(&true));
    let [sugar, fat, pressure] = risks.map(|risk| risk.met);
    let [waist, bmi] = [evidence.waist, evidence.bmi].map(|one| one.map(|one| one.met));
    let known = [drugs, waist, bmi, evidence.smokes, sugar, fat, pressure];
    agreed(known, |[drugs, waist, bmi, smokes, risks @ ..]| {
        // Whoever is treated already is in a doctor's care.
        if drugs {
            return Guidance::Information;
        }
        let own = risks.into_iter().filter(|risk| *risk).count();
        let risks = own + usize::from(smokes && own > 0);
        milder_with_age(level(waist, bmi, risks), evidence.age)
    })
    .unwrap_or(Guidance::Undecided)
}

fn level(waist: bool, bmi: bool, risks: usize) -> Guidance {
    match (waist, bmi, risks) {
        (true, _, 2..) | (false, true, 3..) => Guidance::Intensive,
        (true, _, 1) | (false, true, 1..) => Guidance::Motivational,
        _ => Guidance::Information,
    }
}

fn milder_with_age(level: Guidance, age: i16) -> Guidance {
    match level {
        Guidance::Intensive if age >= MILDER_FROM => Guidance::Motivational,
        level => level,
    }
}

/// What `outcome` comes to whichever way the unknown parts turn out; none when that differs.
fn agreed<const N: usize, T: PartialEq>(
    known: [Option<bool>; N],
    outcome: impl Fn([bool; N]) -> T,
) -> Option<T> {
    let mut ways = (0_u32..1 << N).filter_map(|way| {
        let mut parts = [false; N];
        for (place, (part, known)) in parts.iter_mut().zip(known).enumerate() {
            *part = way & (1 << place) != 0;
            if known.is_some_and(|known| known != *part) {
                return None;
            }
        }
        Some(outcome(parts))
    });
    let first = ways.next()?;
    ways.all(|other| other == first).then_some(first)
}
