//! Where a person's items and a member's differ, for the people who decide: of what agrees nothing
//! is said, of what does not, both sides with the characters marked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Attributes, HeldMember};
use crate::identity::{MatchLevel, compare};
use crate::person::Sex;

/// Characters of either side that are compared; what is longer is cut.
const LONGEST: usize = 200;

/// Relay → connector, `POST /v1/links/compare`: where does this candidate differ?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareRequest {
    /// The voucher of the search, sealed to this connector.
    pub voucher: String,
    /// The candidate's pseudonym.
    pub pseudonym: String,
}

/// Connector → relay → staff.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The items that are not the same to the letter.
    pub items: Vec<ComparedItem>,
}

/// Shows nothing of a person.
impl std::fmt::Debug for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Comparison").field("items", &self.items.len()).finish()
    }
}

/// Which item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// 氏名.
    Name,
    /// カナ氏名.
    Kana,
    /// 住所.
    Address,
    /// 生年月日.
    BirthDate,
    /// 性別.
    Sex,
}

/// One item that differs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparedItem {
    /// Which.
    pub item: Item,
    /// How well it agrees.
    pub level: MatchLevel,
    /// As the card office proved it.
    pub proved: Vec<Piece>,
    /// As the holder has it.
    pub held: Vec<Piece>,
}

/// Characters of one side that stand together.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The characters.
    pub text: String,
    /// They have no counterpart on the other side.
    pub differs: bool,
}

/// Where `said` and `held` differ.
pub fn compared(said: &Attributes, held: &HeldMember) -> Comparison {
    let levels = compare(&said.items, &held.person);
    let (items, person) = (&said.items, &held.person);
    let sex = |sex: Sex| format!("{sex:?}").to_lowercase();
    let all = [
        (Item::Name, Some(levels.name), items.name.clone(), person.name.text.clone()),
        (Item::Kana, levels.kana, items.kana.clone().unwrap_or_default(), person.name.kana.clone()),
        (Item::Address, Some(levels.address), items.address.clone(), person.address.clone()),
        (
            Item::BirthDate,
            Some(levels.birth_date),
            items.birth_date.to_string(),
            person.birth_date.to_string(),
        ),
        (Item::Sex, Some(levels.sex), sex(items.sex), sex(person.sex)),
    ];
    let differs = |(item, level, said, held): (Item, Option<MatchLevel>, String, String)| {
        let level = level.filter(|level| *level != MatchLevel::Exact)?;
        let (proved, held) = pieces(&said, &held);
        Some(ComparedItem { item, level, proved, held })
    };
    Comparison { items: all.into_iter().filter_map(differs).collect() }
}

/// Both texts in pieces: what they have in common, in order, and what they do not.
fn pieces(one: &str, other: &str) -> (Vec<Piece>, Vec<Piece>) {
    let one: Vec<char> = one.chars().take(LONGEST).collect();
    let other: Vec<char> = other.chars().take(LONGEST).collect();
    let lengths = common(&one, &other);
    let at =
        |i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or_default();
    let (mut i, mut j) = (0, 0);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        if a == b {
            add(&mut left, *a, false);
            add(&mut right, *b, false);
            (i, j) = (i + 1, j + 1);
        } else if at(i + 1, j) >= at(i, j + 1) {
            add(&mut left, *a, true);
            i += 1;
        } else {
            add(&mut right, *b, true);
            j += 1;
        }
    }
    one.iter().skip(i).for_each(|c| add(&mut left, *c, true));
    other.iter().skip(j).for_each(|c| add(&mut right, *c, true));
    (left, right)
}

/// For each pair of beginnings, how many characters the rests have in common, in order.
fn common(one: &[char], other: &[char]) -> Vec<Vec<usize>> {
    let mut rows = vec![vec![0; other.len() + 1]];
    for a in one.iter().rev() {
        let mut row = vec![0];
        if let Some(below) = rows.last() {
            for (b, pair) in other.iter().rev().zip(below.windows(2).rev()) {
                let (same, longer) = match pair {
                    [here, next] => (next + 1, *here),
                    _ => (0, 0),
                };
                let before = row.last().copied().unwrap_or_default();
                row.push(if a == b { same } else { longer.max(before) });
            }
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    rows
}

fn add(pieces: &mut Vec<Piece>, c: char, differs: bool) {
    match pieces.last_mut().filter(|piece| piece.differs == differs) {
        Some(piece) => piece.text.push(c),
        None => pieces.push(Piece { text: c.to_string(), differs }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        let mark = |piece: &Piece| {
            if piece.differs { format!("[{}]", piece.text) } else { piece.text.clone() }
        };
        pieces.iter().map(mark).collect()
    }

    fn both(one: &str, other: &str) -> (String, String) {
        let (left, right) = pieces(one, other);
        (marked(&left), marked(&right))
    }

    #[test]
    fn characters_that_differ_are_marked_on_both_sides() {
        let of = |one, other| both(one, other);
        assert_eq!(of("斉藤 一子", "斎藤 一子"), ("[斉]藤 一子".into(), "[斎]藤 一子".into()));
        assert_eq!(of("番町2-3", "番町2丁目3"), ("番町2[-]3".into(), "番町2[丁目]3".into()));
        assert_eq!(of("", "上野"), (String::new(), "[上野]".into()));
        assert_eq!(of("同じ", "同じ"), ("同じ".into(), "同じ".into()));
    }

    proptest! {
        #[test]
        fn both_sides_stay_whole_and_what_is_not_marked_is_the_same(
            one in "[あい髙高 ]{0,30}", other in "[あい髙高 ]{0,30}",
        ) {
            let (left, right) = pieces(&one, &other);
            let whole = |pieces: &[Piece]| pieces.iter().map(|p| p.text.as_str()).collect::<String>();
            let same = |pieces: &[Piece]| {
                pieces.iter().filter(|p| !p.differs).map(|p| p.text.as_str()).collect::<String>()
            };
            prop_assert_eq!(whole(&left), one);
            prop_assert_eq!(whole(&right), other);
            prop_assert_eq!(same(&left), same(&right));
        }

        #[test]
        fn any_texts_are_cut_and_never_panic(one in "\\PC{0,300}", other in "\\PC{0,300}") {
            let (left, _) = pieces(&one, &other);
            prop_assert!(left.iter().map(|p| p.text.chars().count()).sum::<usize>() <= LONGEST);
        }
    }
}
