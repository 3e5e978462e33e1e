//! A browser that signs in at the identity provider with a card in software.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use warifu_service::tls::client;

use super::card::SoftwareCard;
use super::provider::Provider;
use super::stage::{PATIENCE, Stage};
use crate::cli::demo::folder::Member;

/// Stands in the page that posts the answer to the service provider.
const ANSWER: &str = "name=\"SAMLResponse\"";

/// A browser with its person's card.
pub struct Browser {
    http: reqwest::Client,
    idp: String,
    portal: Arc<Provider>,
    card: SoftwareCard,
    cookies: BTreeMap<String, String>,
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
    pub fn new(stage: &Stage, portal: &Arc<Provider>, card: &SoftwareCard) -> anyhow::Result<Self> {
        Ok(Self {
            http: client(&stage.browser(), PATIENCE)?,
            idp: stage.folder.address(Member::Idp),
            portal: portal.clone(),
            card: card.clone(),
            cookies: BTreeMap::new(),
        })
    }

    /// Drops every cookie, and so who was signed in.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// From the service provider's request to the page that posts the answer.
    pub async fn sign_in(&mut self) -> anyhow::Result<()> {
        let url = self.portal.request()?;
        let begun = self.send(self.http.get(url)).await?;
        ensure!(begun.status() == StatusCode::SEE_OTHER, "the request: {}", begun.status());
        let login = begun.headers().get(LOCATION).context("no login page")?.to_str()?;
        let login = format!("{}{login}", self.idp);
        let page = self.page(&login).await?;
        let next = self.answer(&page).await?;
        let page = self.page(&format!("{}{next}", self.idp)).await?;
        ensure!(page.contains(ANSWER), "no answer at the end of the login");
        Ok(())
    }

    /// Answers a request from the session that there is.
    pub async fn answer_again(&mut self) -> anyhow::Result<()> {
        let url = self.portal.request()?;
        let page = self.page(&url).await?;
        ensure!(page.contains(ANSWER), "no answer from the session");
        Ok(())
    }

    /// Lets the card sign what the login page asks for; where to go next.
    async fn answer(&mut self, page: &str) -> anyhow::Result<String> {
        let nonce = nonce(attribute(page, "data-request")?)?;
        let token = self.card.token(&self.idp, &nonce)?;
        let body = json!({ "tx": attribute(page, "data-tx")?, "token": token });
        let call = self.http.post(format!("{}/login/token", self.idp)).json(&body);
        let said: TokenAnswer = self.send(call).await?.json().await?;
        match said {
            TokenAnswer::Next { next } => Ok(next),
            TokenAnswer::Refused { code } => bail!("the card is refused: {code}"),
        }
    }

    async fn page(&mut self, url: &str) -> anyhow::Result<String> {
        let page = self.send(self.http.get(url).header(ACCEPT, "text/html")).await?;
        // Strictly: to read it leniently would cost the load more than to fetch it.
        Ok(String::from_utf8(page.error_for_status()?.bytes().await?.into())?)
    }

    async fn send(&mut self, call: RequestBuilder) -> anyhow::Result<Response> {
        let line: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let answer = call.header(COOKIE, line.join("; ")).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let cookie = line.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').context("not a cookie")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
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
