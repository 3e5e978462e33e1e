//! Whole pages: the frame around the parts.

use askama::Template;
use warifu_service::web::Page;

use super::announcements::AnnouncementView;
use super::site::Site;
use super::tour::TourStep;
use super::{Fact, Link};

/// Where the streamed panels go into a page; everything before it is sent at once.
pub const PANELS: &str = "<!--panels-->";

/// The entrance.
#[derive(Debug, Template)]
#[template(path = "top.html")]
pub struct TopScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Where somebody already signed in goes on.
    pub onward: Option<&'static str>,
    /// What the consortium tells everybody.
    pub announcements: Vec<AnnouncementView>,
}

/// The choice among several identity providers.
#[derive(Debug, Template)]
#[template(path = "choose.html")]
pub struct ChooseScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Where one can sign in.
    pub choices: Vec<Link>,
}

/// A resident's home; its panels follow at [`PANELS`].
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct HomeScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The heading.
    pub title: String,
    /// When the person signed in; of a proxy, until when there is something to see.
    pub signed_in: String,
    /// How the page is to be read, at the first visit and when asked for.
    pub tour: Option<TourStep>,
    /// When the person last looked, in words.
    pub before: Option<String>,
    /// Key of the reason why records cannot be shown.
    pub no_records: Option<&'static str>,
    /// Each tile's slot and what stands in it until the answer comes.
    pub waiting: Vec<(&'static str, String)>,
    /// A proxy may open declared services besides.
    pub declared: bool,
    /// What stands in the history's slot until then; none for a proxy, who has a page for it and
    /// nothing else to do here.
    pub viewers_waiting: Option<String>,
}

/// One record's page; its panel follows at [`PANELS`].
#[derive(Debug, Template)]
#[template(path = "record.html")]
pub struct RecordScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The heading.
    pub title: String,
    /// What the page is for.
    pub lead: String,
    /// Key of the reason why records cannot be shown.
    pub no_records: Option<&'static str>,
    /// The panel's slot.
    pub slot: &'static str,
    /// What stands in it until the answer comes.
    pub waiting: String,
}

/// What one can do on a page of one message.
#[derive(Debug)]
pub enum Action {
    /// Go somewhere.
    Go(Link),
    /// Go there, the main way on.
    Start(Link),
    /// Sign out, with these words on the button.
    SignOut(String),
}

/// One message on a page of its own.
#[derive(Debug, Template)]
#[template(path = "message.html")]
pub struct MessageScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The icon.
    pub icon: &'static str,
    /// What happened.
    pub title: String,
    /// What it means.
    pub text: String,
    /// What next.
    pub actions: Vec<Action>,
}

/// Who is signed in.
#[derive(Debug, Template)]
#[template(path = "session.html")]
pub struct SessionScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What is known; empty when nobody is signed in.
    pub facts: Vec<Fact>,
}

/// How to use the portal.
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct HelpScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Whoever reads it has a home page to be shown around.
    pub resident: bool,
}
