//! Where a person and a candidate differ, side by side.

use askama::Template;
use warifu_contract::linking::{Comparison, Item, Piece};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;

/// The page, for one look.
#[derive(Debug, Template)]
#[template(path = "comparison.html")]
pub struct ComparisonScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What differs; empty when all is the same to the letter.
    pub items: Vec<ComparedView>,
}

/// One item.
pub struct ComparedView {
    /// Its name.
    pub label: String,
    /// As the card office proved it.
    pub proved: Vec<Piece>,
    /// As the holder has it.
    pub held: Vec<Piece>,
}

/// Shows nothing of a person.
impl std::fmt::Debug for ComparedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComparedView").field("label", &self.label).finish_non_exhaustive()
    }
}

/// What differs, in words.
pub fn compared(voice: Voice<'_>, comparison: &Comparison) -> Vec<ComparedView> {
    let items = comparison.items.iter();
    let view = |item: &warifu_contract::linking::ComparedItem| ComparedView {
        label: voice.say(match item.item {
            Item::Name => "compare-name",
            Item::Kana => "compare-kana",
            Item::Address => "compare-address",
            Item::BirthDate => "compare-birth-date",
            Item::Sex => "compare-sex",
        }),
        proved: item.proved.clone(),
        held: item.held.clone(),
    };
    items.map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};
    use warifu_contract::identity::MatchLevel;
    use warifu_contract::linking::ComparedItem;

    #[test]
    fn both_sides_stand_beside_each_other_with_what_differs_marked() {
        let piece = |text: &str, differs| Piece { text: text.into(), differs };
        in_both(|words, language| {
            let voice = words.in_(language);
            let item = ComparedItem {
                item: Item::Name,
                level: MatchLevel::Folded,
                proved: vec![piece("斉", true), piece("藤<b>", false)],
                held: vec![piece("斎", true), piece("藤", false)],
            };
            for items in [vec![item], Vec::new()] {
                let is_empty = items.is_empty();
                let screen = ComparisonScreen {
                    page: page(words, language),
                    site: Site::new(voice, None, Menu::Doubts, &[], "/staff/links"),
                    items: compared(voice, &Comparison { items }),
                };
                let html = screen.render().unwrap();
                check("comparison", language, &html, words);
                assert_eq!(html.matches("<mark>").count(), if is_empty { 0 } else { 2 });
                assert!(!html.contains("藤<b>"), "escaped");
            }
        });
    }
}
