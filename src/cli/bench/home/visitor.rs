//! A resident's browser at the portal, as far as time and weight go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hyper::Uri;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response, StatusCode};
use warifu_service::tls::{ClientConfig, client};

use crate::cli::bench::browser::{Browser, text};
use crate::cli::bench::load::Worker;
use crate::cli::bench::stage::PATIENCE;

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
const END: &[u8] = b"</html>";

/// Somebody signed in.
pub struct Visitor {
    http: reqwest::Client,
    portal: String,
    cookies: BTreeMap<String, String>,
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
    /// Signs in at the portal at that address, with that browser's card.
    pub async fn sign_in(
        portal: &str,
        config: &ClientConfig,
        browser: &mut Browser,
    ) -> anyhow::Result<Self> {
        let http = client(config, PATIENCE)?;
        let mut visitor =
            Self { http, portal: portal.to_owned(), cookies: BTreeMap::new(), found: None };
        let begun = visitor.send(visitor.at("/login")).await?;
        let request: Uri = location(&begun)?.parse()?;
        let request = request.path_and_query().context("no request")?.clone();
        let page = browser.sign_in_with(request.into()).await?;
        let (_, answer) = text(&page)?.split_once(ANSWER).context("no answer")?;
        let answer = answer.split('"').next().unwrap_or_default();
        let acs = visitor.http.post(format!("{portal}/saml/acs")).form(&[("SAMLResponse", answer)]);
        let next = location(&visitor.send(acs).await?)?;
        let home = location(&visitor.send(visitor.at(&next)).await?)?;
        ensure!(home == "/home", "the sign-in leads to {home}");
        Ok(visitor)
    }

    /// The same, telling of every visit.
    pub fn telling(self, found: Sender<Visit>) -> Self {
        Self { found: Some(found), ..self }
    }

    /// What a first visit weighs.
    pub async fn weight(&self) -> anyhow::Result<Weight> {
        let (page, sent) = self.read("/home").await?;
        let mut weight = Weight { page: page.len(), files: 0, sent };
        let parts = page.split(['"', '\'']).filter(|part| part.starts_with("/assets/"));
        for file in parts.collect::<BTreeSet<_>>() {
            let (text, sent) = self.read(file).await?;
            weight.files += text.len();
            weight.sent += sent;
        }
        Ok(weight)
    }

    /// A file unpacked, and how many bytes it was packed.
    async fn read(&self, path: &str) -> anyhow::Result<(String, usize)> {
        let call = self.at(path).header(COOKIE, self.cookie_line()).header(ACCEPT_ENCODING, "gzip");
        let answer = call.send().await?.error_for_status()?;
        let packed = answer.headers().contains_key(CONTENT_ENCODING);
        ensure!(!packed, "{path} comes packed: unpack it here to weigh it");
        let text = String::from_utf8(answer.bytes().await?.into())?;
        let sent = text.len();
        Ok((text, sent))
    }

    async fn visit(&self) -> anyhow::Result<Visit> {
        let begun = Instant::now();
        let call = self.at("/home").header(COOKIE, self.cookie_line());
        let mut answer = call.send().await?.error_for_status()?;
        let mut page = answer.chunk().await?.context("an empty page")?.to_vec();
        let first = begun.elapsed();
        while let Some(piece) = answer.chunk().await? {
            page.extend_from_slice(&piece);
        }
        let whole = begun.elapsed();
        ensure!(page.trim_ascii_end().ends_with(END), "the home ends early");
        let page = String::from_utf8(page)?;
        ensure!(PANELS.iter().all(|panel| page.contains(panel)), "a panel is missing");
        ensure!(!page.contains("source."), "a panel failed");
        Ok(Visit { first, whole })
    }

    fn at(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.portal)).header(ACCEPT, "text/html")
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    async fn send(&mut self, call: RequestBuilder) -> anyhow::Result<Response> {
        let answer = call.header(COOKIE, self.cookie_line()).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let cookie = line.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').context("not a cookie")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
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

fn location(answer: &Response) -> anyhow::Result<String> {
    ensure!(answer.status() == StatusCode::SEE_OTHER, "no redirect but {}", answer.status());
    Ok(answer.headers().get(LOCATION).context("a redirect to nowhere")?.to_str()?.to_owned())
}
