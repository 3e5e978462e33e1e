//! Asking for everything that notices are read out of, at the same time.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared as SharedFuture};
use warifu_contract::history::HistoryPage;

use super::{Notice, sort, sources};
use crate::access::SignedIn;
use crate::announcements;
use crate::relay::{Access, RelayError};
use crate::shared::App;

/// Entries of the history that are looked through.
const ENTRIES: u16 = 100;

/// What could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// How holders stand to the person.
    Links,
    /// Who looks for whom.
    Proxies,
    /// What others may read.
    Consents,
    /// Who looked.
    History,
    /// What the consortium tells everybody.
    Announcements,
    /// Who else has something to tell.
    Tellers,
}

impl Missing {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Links => "nav-links",
            Self::Proxies => "nav-proxies",
            Self::Consents => "nav-consents",
            Self::History => "nav-history",
            Self::Announcements => "notices-announcements",
            Self::Tellers => "notices-holders",
        }
    }
}

/// All notices, and what is missing of them.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// In the order in which they are shown.
    pub notices: Vec<Notice>,
    /// What did not answer.
    pub missing: Vec<Missing>,
    /// Everything was asked, and answered.
    pub is_whole: bool,
}

/// The newest entries of the history, asked for once for all who wait for them.
pub type History = SharedFuture<BoxFuture<'static, Option<Arc<HistoryPage>>>>;

/// Asks for the history when somebody first waits for it.
pub fn history(app: &App, access: &Access) -> History {
    let (app, access) = (app.clone(), access.clone());
    let asked = async move {
        let page = app.relay.history(&access, None, None, ENTRIES, &[]).await;
        page.inspect_err(|cause| tracing::warn!(%cause, "the history is missing"))
            .ok()
            .map(Arc::new)
    };
    asked.boxed().shared()
}

impl Gathered {
    fn take<T>(
        &mut self,
        missing: Missing,
        answer: Option<T>,
        read: impl FnOnce(T) -> Vec<Notice>,
    ) {
        match answer {
            Some(answer) => self.notices.extend(read(answer)),
            None => self.missing.push(missing),
        }
    }
}

/// Everything there is to tell the person; without `access`, what the sign-in brought and what is
/// told to everybody.
pub async fn gather(
    app: &App,
    me: &SignedIn,
    access: Option<&Access>,
    history: Option<History>,
) -> Gathered {
    let now = app.surroundings.now();
    let mut all = Gathered::default();
    all.notices.extend(me.card_until.map(sources::of_card));
    if let (Some(access), Some(history)) = (access, history) {
        let (links, mandates, consents, history) = futures::join!(
            app.relay.links(access),
            app.relay.mandates(access),
            app.relay.consents(access),
            history,
        );
        all.take(Missing::Links, told(links), |list| sources::of_links(&list, now));
        all.take(Missing::Proxies, told(mandates), |list| sources::of_mandates(&list, now));
        all.take(Missing::Consents, told(consents), |list| sources::of_consents(&list, now));
        all.take(Missing::History, history, |page| sources::of_history(&page, now));
    }
    let announced = announcements::current(app).await;
    let announced =
        announced.inspect_err(|cause| tracing::warn!(%cause, "the announcements are missing")).ok();
    let notices = |all: Vec<_>| all.into_iter().map(announcements::notice).collect();
    all.take(Missing::Announcements, announced, notices);
    sort(&mut all.notices);
    all.is_whole = access.is_some() && all.missing.is_empty();
    all
}

fn told<T>(answer: Result<T, RelayError>) -> Option<T> {
    answer.inspect_err(|cause| tracing::warn!(%cause, "notices are missing")).ok()
}
