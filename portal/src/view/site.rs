//! The frame of the portal's pages: who is signed in, and where one can go.

use warifu_service::words::Voice;

/// Which menu a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// No menu: nobody is signed in, or the page is a dead end on purpose.
    None,
    /// A resident's.
    Resident,
    /// The clinic desk's.
    Desk,
}

/// One entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Where to.
    pub href: &'static str,
    /// Its words.
    pub label: String,
    /// This is the page shown.
    pub current: bool,
    /// It stands apart, at the far side.
    pub apart: bool,
}

/// What the frame shows.
#[derive(Debug, Clone)]
pub struct Site {
    /// Who is signed in, as the header says it.
    pub who: Option<String>,
    /// The menu; empty for none.
    pub nav: Vec<NavItem>,
}

const RESIDENT: [(&str, &str, bool); 6] = [
    ("/home", "nav-home", false),
    ("/insurance", "nav-insurance", false),
    ("/checkups", "nav-checkups", false),
    ("/pension", "nav-pension", false),
    ("/history", "nav-history", true),
    ("/help", "nav-help", false),
];
const DESK: [(&str, &str, bool); 2] = [("/desk", "nav-desk", false), ("/help", "nav-help", true)];

impl Site {
    /// The frame with `menu`, whose entry for `path` is the current one.
    pub fn new(voice: Voice<'_>, who: Option<String>, menu: Menu, path: &str) -> Self {
        let entries: &[_] = match menu {
            Menu::None => &[],
            Menu::Resident => &RESIDENT,
            Menu::Desk => &DESK,
        };
        let item = |(href, key, apart): &(&'static str, &str, bool)| NavItem {
            href,
            label: voice.say(key),
            current: *href == path,
            apart: *apart,
        };
        Self { who, nav: entries.iter().map(item).collect() }
    }

    /// The frame for somebody who is not signed in.
    pub fn outside() -> Self {
        Self { who: None, nav: Vec::new() }
    }
}
