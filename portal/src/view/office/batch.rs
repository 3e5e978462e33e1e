//! Batches: making one, and how far it is.

use askama::Template;
use warifu_contract::card_office::Batch;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::{Notice, cards};
use crate::dates::words;
use crate::view::Tone;
use crate::view::site::Site;

/// How a batch is made.
#[derive(Debug, Template)]
#[template(path = "office/batches.html")]
pub struct BatchesScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// For the form.
    pub stamp: String,
    /// How many cards are ordered now, in words.
    pub waiting: String,
    /// There are any.
    pub some: bool,
}

/// A batch; its newest state follows where the page is parted.
#[derive(Debug, Template)]
#[template(path = "office/batch.html")]
pub struct BatchScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Its name.
    pub id: String,
    /// When it was made.
    pub made: String,
}

/// How far it is; each newer one takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/batch.html")]
pub struct BatchView {
    /// How it stands.
    pub tone: Tone,
    /// The same in words.
    pub state: String,
    /// How many are finished or failed.
    pub through: u32,
    /// How many there are.
    pub total: u32,
    /// How many are finished, failed and left, each with its label.
    pub counts: Vec<(String, String)>,
    /// When this was so.
    pub moment: String,
}

impl BatchView {
    /// The batch as it was at `moment`.
    pub fn new(voice: Voice<'_>, batch: &Batch, at: jiff::Timestamp) -> Self {
        let through = batch.done.saturating_add(batch.failed).min(batch.total);
        let left = batch.total - through;
        let (tone, key) = match (left, batch.failed) {
            (0, 0) => (Tone::Ok, "batch-done"),
            (0, _) => (Tone::Warn, "batch-done-but"),
            _ => (Tone::Wait, "batch-running"),
        };
        let count = |key: &str, n: u32| (voice.say(key), cards(voice, "cards", n.into()));
        Self {
            tone,
            state: voice.say(key),
            through,
            total: batch.total,
            counts: vec![
                count("batch-count-done", batch.done),
                count("batch-count-failed", batch.failed),
                count("batch-count-left", left),
            ],
            moment: words::clock_with_seconds(at),
        }
    }

    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        self.through == self.total
    }
}

/// When the batch was made, in words.
pub fn moment_of(voice: Voice<'_>, batch: &Batch) -> String {
    let moment = words::full_moment(voice.language, batch.made_at);
    voice.tell("batch-made", &[("moment", moment.into())])
}
