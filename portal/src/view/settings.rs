//! How pages look, and the ways to one's cards.

use askama::Template;
use warifu_service::web::Page;

use super::Link;
use super::site::Site;

/// One of several.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its name in the form.
    pub value: &'static str,
    /// Its words.
    pub words: String,
    /// It is the present one.
    pub chosen: bool,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub struct SettingsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Something was changed a moment ago.
    pub done: bool,
    /// Sizes of letters.
    pub sizes: Vec<Choice>,
    /// Contrasts.
    pub contrasts: Vec<Choice>,
    /// With readings over 漢字, and without.
    pub furigana: Vec<Choice>,
    /// The ways to cards and sign-ins, of somebody signed in; empty where the identity provider
    /// has no such pages.
    pub cards: Option<Vec<Link>>,
}
