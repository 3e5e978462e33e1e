//! Which member is meant: the rules, without the members.
//!
//! A link is made without a second pair of eyes only if one single member could be meant and name,
//! birth date and sex are the same to the letter, with the address besides. Everything else that
//! could be meant is a doubt, and a doubt is never decided here.

use crate::coverage::{Relation, Validity};
use crate::identity::{ItemLevels, MatchLevel, Resident, compare, name_level};
use crate::records::DisplayName;

use super::{Attributes, Candidate, MaskedTarget, MatchAnswer, masked};

/// A member as the holder knows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMember {
    /// The items; `reference` is the holder's own, an address that it does not hold is empty.
    pub person: Resident,
    /// Names that the holder knows as former ones.
    pub former_names: Vec<String>,
    /// The pseudonym under which the member is linked already.
    pub held_as: Option<String>,
    /// Since when and until when a member, where the holder says so.
    pub period: Option<Validity>,
}

/// A member who could be meant.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// The member.
    pub member: &'a HeldMember,
    /// How well each item agrees; the name with the former one, where that is what agrees.
    pub items: ItemLevels,
    /// Only a former name agrees.
    pub by_former_name: bool,
}

/// Everybody who could be meant, best first, and whether it is one member beyond doubt. `members`
/// are all who have the birth date or live at the address: nobody else could be meant.
pub fn find<'a>(said: &Attributes, members: &'a [HeldMember]) -> (Vec<Found<'a>>, bool) {
    let mut found: Vec<Found<'a>> =
        members.iter().filter_map(|member| could_be(said, member)).collect();
    found.sort_by_key(|one| (one.by_former_name, one.items.distance()));
    let is_certain = match found.as_slice() {
        [only] => only.is_exact() && only.member.held_as.is_none(),
        _ => false,
    };
    (found, is_certain)
}

impl Found<'_> {
    /// As the relay is told of the member: under a new `pseudonym`, with whose member it is, since
    /// when until when, and how.
    pub fn candidate(
        &self,
        pseudonym: String,
        organization: DisplayName,
        membership: Option<(Validity, Relation)>,
    ) -> Candidate {
        let HeldMember { person, held_as, .. } = self.member;
        Candidate {
            pseudonym,
            target: MaskedTarget {
                name: masked(&person.name.text),
                birth_year: person.birth_date.year(),
                organization,
                relation: membership.map(|(_, relation)| relation),
            },
            level: self.level(),
            items: self.items,
            by_former_name: self.by_former_name,
            held_as: held_as.clone(),
            period: membership.map(|(period, _)| period),
        }
    }

    /// How well the whole agrees: the worst of what makes a person, and of what tells two apart.
    pub fn level(&self) -> MatchLevel {
        if self.is_exact() {
            return MatchLevel::Exact;
        }
        let items = self.items;
        let reading = items.kana.unwrap_or(MatchLevel::Exact);
        let all = [items.name, items.birth_date, items.sex, items.address, reading];
        let worst = all.into_iter().max().unwrap_or(MatchLevel::Different);
        let floor = if self.by_former_name { MatchLevel::Folded } else { MatchLevel::Normalised };
        worst.max(floor)
    }

    /// Name, birth date and sex to the letter. Of the address and the reading, which everybody
    /// writes in a way of their own, the way of writing does not count.
    fn is_exact(&self) -> bool {
        let items = self.items;
        let to_the_letter = [items.name, items.birth_date, items.sex];
        let written = [Some(items.address), items.kana];
        !self.by_former_name
            && to_the_letter.iter().all(|level| *level == MatchLevel::Exact)
            && written.iter().flatten().all(|level| *level <= MatchLevel::Normalised)
    }
}

impl MatchAnswer {
    /// What is said of so many members in all, of whom these are the best.
    pub fn of(mut best: Vec<Candidate>, count: usize, is_certain: bool) -> Self {
        match (best.pop(), best.is_empty()) {
            (None, _) => Self::Unknown,
            (Some(candidate), true) if is_certain => Self::Matched { candidate },
            (Some(last), _) => {
                best.push(last);
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                Self::Doubtful { candidates: best, count }
            }
        }
    }

    /// The word in logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Matched { .. } => "matched",
            Self::Doubtful { .. } => "doubtful",
            Self::Unknown => "unknown",
        }
    }
}

fn could_be<'a>(said: &Attributes, member: &'a HeldMember) -> Option<Found<'a>> {
    let items = compare(&said.items, &member.person);
    let former = former_level(said, member);
    let by_former_name = former < items.name && items.name == MatchLevel::Different;
    let name = if by_former_name { former } else { items.name };
    let items = ItemLevels { name, ..items };
    items.could_be_meant().then_some(Found { member, items, by_former_name })
}

/// How well a former name agrees: one vouched for with the member's, or today's with one that the
/// holder knows as former.
fn former_level(said: &Attributes, member: &HeldMember) -> MatchLevel {
    let held = &member.person.name.text;
    let vouched = said.former_names.iter().map(|name| name_level(name, held));
    let known = member.former_names.iter().map(|name| name_level(&said.items.name, name));
    vouched.chain(known).min().unwrap_or(MatchLevel::Different)
}
