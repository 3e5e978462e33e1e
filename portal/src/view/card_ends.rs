//! That the card somebody signed in with ends soon, and what to do.

use jiff::civil::Date;
use warifu_service::words::Voice;

use super::Link;
use crate::dates::words;

/// Where it is said what to do, and what to bring.
pub const HELP: &str = "/help#card";
/// The key of its words, which are those of the notice.
pub const KEY: &str = "notice-card-ends";

/// On pages without notices.
#[derive(Debug, Clone)]
pub struct CardEnds {
    /// Until when.
    pub title: String,
    /// What to do.
    pub text: String,
    /// To more of it.
    pub link: Link,
}

impl CardEnds {
    /// The card's last day is `until`.
    pub fn new(voice: Voice<'_>, until: Date) -> Self {
        let day = words::day(voice.language, until);
        Self {
            title: voice.tell(KEY, &[("day", day.into())]),
            text: voice.attribute(KEY, "text"),
            link: Link { href: HELP.to_owned(), words: voice.attribute(KEY, "do") },
        }
    }
}
