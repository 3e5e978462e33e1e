//! A browser that signs in at the identity provider with a card in software.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Uri};
use serde::Deserialize;
use serde_json::json;

use super::card::SoftwareCard;
use super::provider::Provider;
use super::stage::Stage;
use super::tab::{Tab, location, text};
use super::wire::{Answer, Place};
use crate::cli::demo::folder::Member;

/// Stands in the page that posts the answer to the service provider.
const ANSWER: &str = "name=\"SAMLResponse\"";
/// Requests that were made longer ago are not sent: they are stale after some minutes.
const FRESH: Duration = Duration::from_mins(2);

/// A browser with its person's card.
pub struct Browser {
    tab: Tab,
    idp: String,
    provider: Arc<Provider>,
    card: SoftwareCard,
    prepared: Prepared,
}

/// Requests of the service provider that are signed before the clock starts.
struct Prepared {
    since: Instant,
    requests: Vec<Uri>,
}

/// What the identity provider says to the card's answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum TokenAnswer {
    Next { next: String },
    Refused { code: String },
}

#[derive(Deserialize)]
struct Claims {
    nonce: String,
}

impl Browser {
    /// A new browser, on a connection of its own.
    pub fn new(
        stage: &Stage,
        provider: &Arc<Provider>,
        card: &SoftwareCard,
    ) -> anyhow::Result<Self> {
        let idp = stage.folder.address(Member::Idp);
        Ok(Self {
            tab: Tab::new(Place::new(&idp, &stage.browser())?),
            idp,
            provider: provider.clone(),
            card: card.clone(),
            prepared: Prepared { since: Instant::now(), requests: Vec::new() },
        })
    }

    /// Makes so many requests now, so that none has to be signed while it is measured.
    pub fn prepare(&mut self, requests: usize) -> anyhow::Result<()> {
        let made = (0..requests).map(|_| self.provider.request()).collect::<Result<_, _>>()?;
        self.prepared = Prepared { since: Instant::now(), requests: made };
        Ok(())
    }

    /// Drops every cookie, and so who was signed in.
    pub fn forget(&mut self) {
        self.tab.forget();
    }

    /// From the service provider's request to the page that posts the answer.
    pub async fn sign_in(&mut self) -> anyhow::Result<()> {
        let request = self.request()?;
        self.sign_in_with(request).await.map(drop)
    }

    /// From that request, by its path, to the page that posts the answer.
    pub async fn sign_in_with(&mut self, request: Uri) -> anyhow::Result<Answer> {
        let login = location(&self.tab.get(request).await?)?;
        let page = self.page(login).await?;
        let next = self.answer(text(&page)?).await?;
        let page = self.page(next.parse()?).await?;
        ensure!(text(&page)?.contains(ANSWER), "no answer at the end of the login");
        Ok(page)
    }

    /// Answers a request from the session that there is.
    pub async fn answer_again(&mut self) -> anyhow::Result<()> {
        let request = self.request()?;
        let page = self.page(request).await?;
        ensure!(text(&page)?.contains(ANSWER), "no answer from the session");
        Ok(())
    }

    /// Lets the card sign what the login page asks for; where to go next.
    async fn answer(&mut self, page: &str) -> anyhow::Result<String> {
        let nonce = nonce(attribute(page, "data-request")?)?;
        let token = self.card.token(&self.idp, &nonce)?;
        let body = json!({ "tx": attribute(page, "data-tx")?, "token": token });
        let mut call = Request::new(body.to_string());
        *call.method_mut() = Method::POST;
        *call.uri_mut() = Uri::from_static("/login/token");
        call.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let said = self.tab.send(call).await?;
        match serde_json::from_slice(&said.body)? {
            TokenAnswer::Next { next } => Ok(next),
            TokenAnswer::Refused { code } => bail!("the card is refused: {code}"),
        }
    }

    /// The next request of the service provider.
    fn request(&mut self) -> anyhow::Result<Uri> {
        if self.prepared.since.elapsed() > FRESH {
            self.prepared.requests.clear();
        }
        self.prepared.requests.pop().map_or_else(|| self.provider.request(), Ok)
    }

    async fn page(&mut self, uri: Uri) -> anyhow::Result<Answer> {
        let page = self.tab.get(uri).await?;
        ensure!(page.status.is_success(), "a page: {}", page.status);
        Ok(page)
    }
}

/// The value of an attribute in a page; ours hold nothing that would be escaped.
fn attribute<'a>(page: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = page.split_once(&format!("{name}=\"")).with_context(|| format!("no {name}"))?;
    Ok(rest.split('"').next().unwrap_or_default())
}

/// The nonce in a signed request for the card software.
fn nonce(request: &str) -> anyhow::Result<String> {
    let claims = request.split('.').nth(1).context("not a signed request")?;
    let claims: Claims = serde_json::from_slice(&base64_url(claims)?)?;
    Ok(claims.nonce)
}

fn base64_url(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut padded = text.replace('-', "+").replace('_', "/");
    while !padded.len().is_multiple_of(4) {
        padded.push('=');
    }
    Ok(openssl::base64::decode_block(&padded)?)
}
