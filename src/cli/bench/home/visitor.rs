//! A resident's browser at the portal, as far as time and weight go.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Uri};

use crate::cli::bench::browser::Browser;
use crate::cli::bench::load::Worker;
use crate::cli::bench::tab::{Tab, get, location, text};
use crate::cli::bench::wire::Place;

/// What stands before the answer in the page that posts it.
const ANSWER: &str = "name=\"SAMLResponse\" value=\"";
/// The home's panels, and the end of its page.
const PANELS: [&str; 5] = [
    "slot=\"insurance\"",
    "slot=\"expenses\"",
    "slot=\"checkup\"",
    "slot=\"pension\"",
    "slot=\"history\"",
];
const END: &str = "</html>";

/// Somebody signed in.
pub struct Visitor {
    tab: Tab,
    found: Option<Sender<Visit>>,
}

/// How long one visit took.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// Until the first byte of the page.
    pub first: Duration,
    /// Until its last.
    pub whole: Duration,
}

/// Bytes of a visit with an empty cache.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weight {
    /// The page's own.
    pub page: usize,
    /// Those of the files that it asks for.
    pub files: usize,
    /// All of them as they were sent.
    pub sent: usize,
}

impl Visitor {
    /// Signs in at that portal, with that browser's card.
    pub async fn sign_in(portal: Place, browser: &mut Browser) -> anyhow::Result<Self> {
        let mut tab = Tab::new(portal);
        let request = location(&tab.get(Uri::from_static("/login")).await?)?;
        let request = request.path_and_query().context("no request")?.clone();
        let page = browser.sign_in_with(request.into()).await?;
        let (_, answer) = text(&page)?.split_once(ANSWER).context("no answer")?;
        let answer = answer.split('"').next().unwrap_or_default();
        let next = location(&tab.send(post_answer(answer)).await?)?;
        let home = location(&tab.get(next).await?)?;
        ensure!(home == "/home", "the sign-in leads to {home}");
        Ok(Self { tab, found: None })
    }

    /// The same, telling of every visit.
    pub fn telling(self, found: Sender<Visit>) -> Self {
        Self { found: Some(found), ..self }
    }

    /// What a first visit weighs.
    pub async fn weight(&mut self) -> anyhow::Result<Weight> {
        let page = self.read("/home").await?;
        let mut weight = Weight { page: page.len(), files: 0, sent: page.len() };
        let parts = page.split(['"', '\'']).filter(|part| part.starts_with("/assets/"));
        for file in parts.collect::<BTreeSet<_>>() {
            weight.files += self.read(file).await?.len();
        }
        weight.sent += weight.files;
        Ok(weight)
    }

    /// A file, which comes unpacked although it might come packed.
    async fn read(&mut self, path: &str) -> anyhow::Result<String> {
        let mut call = get(path.parse()?);
        call.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let answer = self.tab.send(call).await?;
        ensure!(answer.status.is_success(), "{path}: {}", answer.status);
        let packed = answer.headers.contains_key(CONTENT_ENCODING);
        ensure!(!packed, "{path} comes packed: unpack it here to weigh it");
        Ok(text(&answer)?.to_owned())
    }

    async fn visit(&mut self) -> anyhow::Result<Visit> {
        let begun = Instant::now();
        let answer = self.tab.get(Uri::from_static("/home")).await?;
        let whole = begun.elapsed();
        ensure!(answer.status.is_success(), "the home: {}", answer.status);
        let page = text(&answer)?;
        ensure!(page.trim_ascii_end().ends_with(END), "the home ends early");
        ensure!(PANELS.iter().all(|panel| page.contains(panel)), "a panel is missing");
        ensure!(!page.contains("source."), "a panel failed");
        Ok(Visit { first: answer.first, whole })
    }
}

impl Worker for Visitor {
    async fn once(&mut self) -> anyhow::Result<()> {
        let visit = self.visit().await?;
        if let Some(found) = &self.found {
            found.send(visit)?;
        }
        Ok(())
    }
}

/// The identity provider's answer, as its page posts it: base64, as forms are written.
fn post_answer(answer: &str) -> Request<String> {
    let written = answer.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let mut call = get(Uri::from_static("/saml/acs"));
    *call.method_mut() = Method::POST;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    call.headers_mut().insert(CONTENT_TYPE, form);
    *call.body_mut() = format!("SAMLResponse={written}");
    call
}
