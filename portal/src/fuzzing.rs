//! For fuzzing, and for what it found: the page that is made of what a connector declares and answers.

use askama::Template as _;
use axum::http::Uri;
use jiff::Timestamp;
use warifu_contract::services::{Content, Declaration, ServiceAnswer, ServiceId, ServiceOutcome};
use warifu_service::web::Page;
use warifu_service::words::{Language, Words, WordsError};

use crate::view::services::{ServiceScreen, ServiceView};
use crate::view::site::{Menu, Site};

/// The portal's pages of declared services.
pub struct ServicePages {
    words: Words,
    now: Timestamp,
}

impl ServicePages {
    /// With the portal's own words, at `now`.
    pub fn new(now: Timestamp) -> Result<Self, WordsError> {
        Ok(Self { words: crate::words::words()?, now })
    }

    /// The page of the service `id` with that content, in both languages.
    pub fn of(&self, id: ServiceId, declaration: &Declaration, content: &Content) -> [String; 2] {
        let (content, as_of) = (Box::new(content.clone()), self.now);
        let answer = ServiceAnswer {
            declaration: declaration.clone(),
            source: declaration.holder.clone(),
            outcome: ServiceOutcome::Ready { content, as_of },
        };
        Language::ALL.map(|language| self.page(language, id, &answer))
    }

    fn page(&self, language: Language, id: ServiceId, answer: &ServiceAnswer) -> String {
        let voice = self.words.in_(language);
        let screen = ServiceScreen {
            page: Page::new(voice).at(&Uri::from_static("/services")),
            site: Site::new(voice, None, Menu::Resident, &[], "/services"),
            view: ServiceView::new(voice, id, answer, self.now, true),
            errors: Vec::new(),
            sent: None,
        };
        screen.render().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use warifu_contract::services::ServiceManifest;

    use super::*;

    /// What fuzzing found: two numbers whose distance is none.
    #[test]
    fn numbers_too_far_apart_to_draw_are_told() {
        let everything = include_str!("../../fuzz/fuzz_targets/everything.json");
        let found = include_str!("../../fuzz/corpus/service/numbers-far-apart");
        let manifest: ServiceManifest = serde_json::from_str(everything).unwrap();
        let content: Content = serde_json::from_str(found).unwrap();
        let pages = ServicePages::new("2026-11-20T01:15:00Z".parse().unwrap()).unwrap();
        for declaration in &manifest.services {
            for page in pages.of("found/all".parse().unwrap(), declaration, &content) {
                assert!(!page.contains("NaN") && !page.contains("inf\""), "{page}");
            }
        }
    }
}
