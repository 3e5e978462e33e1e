//! Who of the register is meant: the rules, without the register.

use jiff::civil::Date;

use super::{Departure, FourItems, IdentityOutcome, ItemLevels, MatchLevel, writing};
use crate::person::{Name, Sex};

/// A resident as the register holds one.
#[derive(Clone, PartialEq, Eq)]
pub struct Resident {
    /// The register's reference for the office that asks.
    pub reference: String,
    /// 氏名・カナ氏名; the reading may be empty.
    pub name: Name,
    /// 住所.
    pub address: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別.
    pub sex: Sex,
    /// Set once the resident is no longer one.
    pub departed: Option<Departure>,
}

/// Shows nothing of a person.
impl std::fmt::Debug for Resident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resident(…)")
    }
}

/// Under what a name is looked up, so that every way of writing it finds it.
pub fn name_key(name: &str) -> String {
    writing::folded(&writing::normalised(name))
}

/// How well each item of an application agrees with a resident's.
pub fn compare(said: &FourItems, held: &Resident) -> ItemLevels {
    let kana = said.kana.as_deref().filter(|_| !held.name.kana.is_empty());
    ItemLevels {
        name: level(&said.name, &held.name.text, writing::normalised),
        kana: kana.map(|kana| level(kana, &held.name.kana, writing::normalised_kana)),
        address: level(&said.address, &held.address, writing::normalised_address),
        birth_date: equal(said.birth_date == held.birth_date),
        sex: equal(said.sex == held.sex),
    }
}

/// Under what an address is looked up, so that every way of writing it finds it; none of what is
/// no address.
pub fn address_key(address: &str) -> Option<String> {
    Some(writing::folded(&writing::normalised_address(address))).filter(|key| !key.is_empty())
}

/// How well two writings of a name agree.
pub fn name_level(said: &str, held: &str) -> MatchLevel {
    level(said, held, writing::normalised)
}

/// Decides among the residents that could be meant: all with the applicant's name key or birth date.
pub fn decide(said: &FourItems, residents: &[Resident]) -> IdentityOutcome {
    let mut candidates: Vec<(ItemLevels, &Resident)> = residents
        .iter()
        .map(|resident| (compare(said, resident), resident))
        .filter(|(items, _)| items.could_be_meant())
        .collect();
    candidates.sort_by_key(|(items, _)| items.distance());
    let Some((items, best)) = candidates.first() else {
        return IdentityOutcome::Unknown;
    };
    let rivals = candidates.iter().skip(1).filter(|(other, _)| other.worst() <= MatchLevel::Folded);
    let is_alone = rivals.count() == 0;
    match best.departed {
        Some(why) if items.passes() && is_alone => IdentityOutcome::Gone { why },
        None if items.passes() && is_alone => {
            IdentityOutcome::Proved { person: best.reference.clone(), items: *items }
        }
        _ => doubtful(*items, best, candidates.len()),
    }
}

fn doubtful(items: ItemLevels, best: &Resident, count: usize) -> IdentityOutcome {
    let person = (count == 1 && best.departed.is_none()).then(|| best.reference.clone());
    let candidates = u32::try_from(count).unwrap_or(u32::MAX);
    IdentityOutcome::Doubtful { person, items, candidates }
}

impl ItemLevels {
    /// Every item is exact or normalised.
    pub fn passes(self) -> bool {
        self.worst() <= MatchLevel::Normalised
    }

    /// The worst of all items.
    pub fn worst(self) -> MatchLevel {
        self.all().max().unwrap_or(MatchLevel::Different)
    }

    /// Whether this may be the same person with one thing written wrongly or changed: the name and
    /// one of birth date and address agree, or the birth date, address and sex do (a changed name).
    pub(crate) fn could_be_meant(self) -> bool {
        let agrees = |level: MatchLevel| level <= MatchLevel::Folded;
        let (birth, address) = (agrees(self.birth_date), agrees(self.address));
        let by_name = agrees(self.name) && (birth || address);
        by_name || (birth && address && agrees(self.sex))
    }

    pub(crate) fn distance(self) -> u32 {
        self.all().map(|level| level as u32).sum()
    }

    fn all(self) -> impl Iterator<Item = MatchLevel> {
        [self.name, self.address, self.birth_date, self.sex].into_iter().chain(self.kana)
    }
}

fn level(said: &str, held: &str, normalise: fn(&str) -> String) -> MatchLevel {
    if said == held {
        return MatchLevel::Exact;
    }
    let (said, held) = (normalise(said), normalise(held));
    if said.is_empty() || held.is_empty() {
        MatchLevel::Different
    } else if said == held {
        MatchLevel::Normalised
    } else if writing::may_be_one(&writing::folded(&said), &writing::folded(&held)) {
        MatchLevel::Folded
    } else {
        MatchLevel::Different
    }
}

fn equal(is_equal: bool) -> MatchLevel {
    if is_equal { MatchLevel::Exact } else { MatchLevel::Different }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn resident(reference: &str, name: &str) -> Resident {
        Resident {
            reference: reference.to_owned(),
            name: Name { text: name.to_owned(), kana: String::new() },
            address: "香川県高松市番町一丁目2番3号".to_owned(),
            birth_date: date(1955, 5, 5),
            sex: Sex::Male,
            departed: None,
        }
    }

    fn said(name: &str) -> FourItems {
        FourItems {
            name: name.to_owned(),
            kana: None,
            address: "高松市番町１－２－３".to_owned(),
            birth_date: date(1955, 5, 5),
            sex: Sex::Male,
        }
    }

    fn proved(outcome: &IdentityOutcome) -> Option<&str> {
        match outcome {
            IdentityOutcome::Proved { person, .. } => Some(person),
            _ => None,
        }
    }

    #[test]
    fn one_resident_written_differently_is_proved() {
        let outcome = decide(&said("見本　太郎"), &[resident("a", "見本 太郎")]);
        assert_eq!(proved(&outcome), Some("a"));
    }

    #[test]
    fn a_folded_match_alone_never_passes() {
        let outcome = decide(&said("高崎 太郎"), &[resident("a", "髙﨑 太郎")]);
        let IdentityOutcome::Doubtful { person, items, candidates } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((person.as_deref(), items.name, candidates), (Some("a"), MatchLevel::Folded, 1));
    }

    #[test]
    fn of_two_who_differ_in_a_variant_only_the_exact_one_is_still_doubtful() {
        let both = [resident("a", "髙橋 太郎"), resident("b", "高橋 太郎")];
        let outcome = decide(&said("高橋 太郎"), &both);
        assert!(matches!(outcome, IdentityOutcome::Doubtful { person: None, candidates: 2, .. }));
    }

    #[test]
    fn a_twin_with_another_name_does_not_disturb() {
        let twins = [resident("a", "見本 太郎"), resident("b", "見本 次郎")];
        assert_eq!(proved(&decide(&said("見本 太郎"), &twins)), Some("a"));
    }

    #[test]
    fn a_wrong_birth_date_or_a_changed_name_is_doubtful_and_a_stranger_unknown() {
        let held = [resident("a", "見本 太郎")];
        let mut wrong = said("見本 太郎");
        wrong.birth_date = date(1955, 5, 6);
        assert!(matches!(decide(&wrong, &held), IdentityOutcome::Doubtful { .. }));
        assert!(matches!(decide(&said("例 太郎"), &held), IdentityOutcome::Doubtful { .. }));
        let mut stranger = said("例 花子");
        stranger.birth_date = date(1980, 1, 1);
        assert_eq!(decide(&stranger, &held), IdentityOutcome::Unknown);
    }

    #[test]
    fn who_died_or_moved_gets_no_card() {
        let mut gone = resident("a", "見本 太郎");
        gone.departed = Some(Departure::Deceased);
        let outcome = decide(&said("見本 太郎"), &[gone]);
        assert_eq!(outcome, IdentityOutcome::Gone { why: Departure::Deceased });
    }

    proptest! {
        /// Whoever is in the register, nobody is proved whose name differs after normalisation.
        #[test]
        fn nobody_is_proved_by_another_name(names in prop::collection::vec("[高髙橋槗斉斎齋藤]{2,3}", 1..6), ours in "[高髙橋槗斉斎齋藤]{2,3}") {
            let residents: Vec<_> =
                names.iter().enumerate().map(|(n, name)| resident(&n.to_string(), name)).collect();
            if let Some(person) = proved(&decide(&said(&ours), &residents)) {
                let place: usize = person.parse().unwrap();
                prop_assert_eq!(&names[place], &ours);
            }
        }
    }
}
