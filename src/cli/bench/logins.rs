//! Full card logins, and answers from a session, at the identity provider over HTTPS.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::browser::Browser;
use super::cryptography;
use super::limits::{self, Echo};
use super::load::{self, Worker};
use super::provider::Provider;
use super::report::Figure;
use super::say;
use super::stage::Stage;
use crate::cli::demo::folder::Member;

/// Browsers at the same time.
const SIDE_BY_SIDE: [usize; 5] = [2, 8, 16, 64, 256];
/// From here on answers from sessions are measured too.
const FOR_ANSWERS: usize = 16;
/// Requests of one login at the identity provider.
const REQUESTS: f64 = 4.0;
/// Logins a second that are prepared for, and answers.
const LOGINS: usize = 1_500;
const ANSWERS: usize = 6_000;
/// Seconds that are prepared for at most: the requests lie in memory until they are sent.
const PREPARED_SECONDS: usize = 10;
/// Tries until the identity provider has its first revocation list, a tenth of a second apart.
const TRIES: u32 = 100;

/// Logins by the number of browsers; then answers from sessions, to a service provider that signs what
/// it asks or does not, and to the portal, which does, and whose answers carry tickets to relay and card
/// office besides.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let fsync = limits::fsync(stage.dir(), lasting / 2).await?;
    let portal = Arc::new(Provider::portal(stage)?);
    wait_until_open(stage, &portal).await?;
    let file = |name| stage.file(Member::Idp, name);
    let echo = Echo::start(file("tls.pem"), file("tls.key"), None).await?;
    let browser = stage.browser();
    let bare = async |browsers| echo.load(&browser, browsers, lasting / 2).await;
    let mut figures = Vec::new();
    for count in SIDE_BY_SIDE {
        say(&format!("full card logins, {count} at once"));
        let browsers = prepared(stage, &portal, count, (LOGINS, lasting)).await?;
        let workers = browsers.into_iter().map(FullLogin).collect();
        let logins = load::run(workers, lasting).await?;
        let figure = Figure::loaded(format!("full card login, HTTPS, {count} at once"), &logins)
            .beside_bare("bare HTTPS echo, 4 a login", &bare(count).await?, REQUESTS)
            .beside("bare fsync", fsync);
        figures.push(figure);
    }
    for (provider, what) in [
        (Provider::unsigned(stage)?, "SSO answer, request not signed"),
        (Provider::other(stage)?, "SSO answer, request signed"),
        (Provider::portal(stage)?, "SSO answer with tickets, to the portal"),
    ] {
        let keys = cryptography::of_an_answer(stage, lasting / 2, &provider).await?;
        let provider = Arc::new(provider);
        for count in SIDE_BY_SIDE.into_iter().filter(|count| *count >= FOR_ANSWERS) {
            say(&format!("{what}, {count} at once"));
            let new = |browser| FromSession { browser, signed_in: false };
            let browsers = prepared(stage, &provider, count, (ANSWERS, lasting)).await?;
            let workers = browsers.into_iter().map(new).collect();
            let answers = load::run(workers, lasting).await?;
            let figure = Figure::loaded(format!("{what}, HTTPS, {count} at once"), &answers)
                .beside_bare("bare HTTPS echo", &bare(count).await?, 1.0)
                .beside("its keys alone, 1 core", keys)
                .beside("bare fsync", fsync);
            figures.push(figure);
        }
    }
    Ok(figures)
}

/// The identity provider lets nobody in before it has a revocation list.
pub async fn wait_until_open(stage: &Stage, portal: &Arc<Provider>) -> anyhow::Result<()> {
    let mut browser = browsers(stage, portal, 1)?.pop().context("no card")?;
    for _ in 0..TRIES {
        browser.forget();
        match browser.sign_in().await {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::debug!(%error, "not yet");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    browser.forget();
    browser.sign_in().await.context("the identity provider does not let a good card in")
}

/// Browsers that send `a_second` requests in all, signed beforehand; when they are used up, the load
/// signs more.
async fn prepared(
    stage: &Stage,
    provider: &Arc<Provider>,
    count: usize,
    (a_second, lasting): (usize, Duration),
) -> anyhow::Result<Vec<Browser>> {
    let seconds = usize::try_from(lasting.as_secs())?.clamp(1, PREPARED_SECONDS);
    let share = a_second * seconds / count.max(1);
    let mut browsers = browsers(stage, provider, count)?;
    tokio::task::spawn_blocking(move || {
        browsers.iter_mut().try_for_each(|browser| browser.prepare(share))?;
        Ok(browsers)
    })
    .await?
}

fn browsers(stage: &Stage, provider: &Arc<Provider>, count: usize) -> anyhow::Result<Vec<Browser>> {
    let cards = stage.cards.iter().cycle().take(count);
    cards.map(|card| Browser::new(stage, provider, card)).collect()
}

/// Each time a new browser: no cookie is kept.
struct FullLogin(Browser);

impl Worker for FullLogin {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.0.forget();
        self.0.sign_in().await
    }
}

/// Always the same browser, signed in at the beginning.
struct FromSession {
    browser: Browser,
    signed_in: bool,
}

impl Worker for FromSession {
    async fn once(&mut self) -> anyhow::Result<()> {
        if self.signed_in {
            return self.browser.answer_again().await;
        }
        self.signed_in = true;
        self.browser.sign_in().await
    }
}
