//! Eligibility checks: clinic, relay, insurer and back, over mutual TLS that is kept alive, each
//! logged durably before its answer leaves.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::body::Bytes;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use warifu_contract::eligibility::{
    EligibilityAnswer, EligibilityRequest, Subject, TypedCard, Verdict,
};
use warifu_service::tls::client;

use super::deposit;
use super::limits::{self, Echo};
use super::load::{self, Worker};
use super::report::Figure;
use super::say;
use super::stage::{PATIENCE, Stage};
use super::ticket::Tickets;
use crate::cli::demo::folder::Member;

/// Desks at the same time, each on a connection of its own.
const SIDE_BY_SIDE: [usize; 4] = [1, 8, 64, 128];

/// Checks by the number of desks.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let fsync = limits::fsync(stage.dir(), lasting / 2).await?;
    let relay = stage.folder.address(Member::Relay);
    let token = token(stage, &relay).await?;
    let file = |name| stage.file(Member::Relay, name);
    let services = stage.file(Member::Ca, "services-ca.pem");
    let echo = Echo::start(file("tls.pem"), file("tls.key"), Some(services)).await?;
    deposit::first(stage).await?;
    let mut figures = Vec::new();
    for desks in SIDE_BY_SIDE {
        say(&format!("eligibility checks, {desks} at once"));
        let workers: anyhow::Result<Vec<_>> =
            (0..desks).map(|_| Desk::new(stage, &relay, &token)).collect();
        let checks = load::run(workers?, lasting).await?;
        let bare = echo.load(&stage.portal(), desks, lasting / 2).await?;
        let what = format!("eligibility check, clinic-relay-insurer, mTLS, {desks} at once");
        let figure = Figure::loaded(what, &checks).beside_bare("bare mTLS echo", &bare, 1.0);
        figures.push(figure.beside("bare fsync", fsync));
        let workers: anyhow::Result<Vec<_>> = (0..desks)
            .map(|_| Desk::new(stage, &relay, &token)?.asking(deposit::INSURER))
            .collect();
        let checks = load::run(workers?, lasting).await?;
        let what = format!("eligibility check, clinic-relay, deposited, mTLS, {desks} at once");
        let figure = Figure::loaded(what, &checks).beside_bare("bare mTLS echo", &bare, 1.0);
        figures.push(figure.beside("bare fsync", fsync));
        figures.push(Figure::loaded(format!("  bare mTLS echo, {desks} at once"), &bare));
    }
    Ok(figures)
}

/// An access token of the relay at `relay` for a receptionist, in exchange for a ticket of the
/// identity provider.
pub async fn token(stage: &Stage, relay: &str) -> anyhow::Result<String> {
    let http = client(&stage.portal(), PATIENCE)?;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &Tickets::new(stage)?.issue()?),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ];
    let answer =
        http.post(format!("{relay}/token")).form(&form).send().await?.error_for_status()?;
    Ok(answer.json::<TokenAnswer>().await?.access_token)
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
}

/// One answer in so many is read as a whole, the others only for what they come to: a desk's reading
/// is not what is measured.
const READ: u32 = 64;
/// Stands for the key in a request that is written beforehand.
const KEY: &str = "{key}";

/// A desk that checks the same card over and over, each time anew.
pub struct Desk {
    http: reqwest::Client,
    url: Url,
    token: HeaderValue,
    card: TypedCard,
    /// The request before its key, and after it.
    request: (String, String),
    /// Drawn at random when the desk opens; the check's number makes it a key.
    name: String,
    checks: u32,
}

impl Desk {
    /// Asks the relay at that address, with that token, about a member of the sample insurer.
    pub fn new(stage: &Stage, relay: &str, token: &str) -> anyhow::Result<Self> {
        let card = TypedCard {
            insurer_number: "00000001".to_owned(),
            symbol: "東京".to_owned(),
            number: "001".to_owned(),
            branch: Some("00".to_owned()),
            birth_date: jiff::civil::date(1955, 5, 5),
        };
        Ok(Self {
            http: client(&stage.portal(), PATIENCE)?,
            url: format!("{relay}/eligibility").parse()?,
            token: HeaderValue::from_str(&format!("Bearer {token}"))?,
            request: written(&card)?,
            card,
            name: stage.surroundings.hex(16),
            checks: 0,
        })
    }

    /// The same desk with a card of the insurer of that number.
    pub fn asking(mut self, insurer_number: &str) -> anyhow::Result<Self> {
        insurer_number.clone_into(&mut self.card.insurer_number);
        self.request = written(&self.card)?;
        Ok(self)
    }

    /// Asks, and takes the answer as it comes.
    async fn ask(&mut self) -> anyhow::Result<Bytes> {
        self.checks += 1;
        let (before, after) = &self.request;
        let body = format!("{before}{}-{}{after}", self.name, self.checks);
        let call = self.http.post(self.url.clone()).header(AUTHORIZATION, self.token.clone());
        let call = call.header(CONTENT_TYPE, "application/json").body(body);
        Ok(call.send().await?.error_for_status()?.bytes().await?)
    }

    /// What one check says.
    pub async fn check(&mut self) -> anyhow::Result<Verdict> {
        let answer: EligibilityAnswer = serde_json::from_slice(&self.ask().await?)?;
        Ok(answer.decision.verdict)
    }
}

/// A request about `card`, around its key.
fn written(card: &TypedCard) -> anyhow::Result<(String, String)> {
    let request = EligibilityRequest {
        subject: Subject::Number(card.clone()),
        target_date: None,
        idempotency_key: KEY.to_owned(),
    };
    let text = serde_json::to_string(&request)?;
    let (before, after) = text.split_once(KEY).context("no key in a request")?;
    Ok((before.to_owned(), after.to_owned()))
}

/// Whether the answer is whole, with a number, and says that the card is valid; without reading more.
fn says_valid(answer: &[u8]) -> bool {
    let says_so = answer.windows(VALID.len()).any(|words| words == VALID.as_bytes());
    answer.starts_with(b"{\"check_number\":\"") && answer.ends_with(b"}") && says_so
}

/// Stands in the answer about a valid card.
const VALID: &str = "\"verdict\":\"valid\"";

impl Worker for Desk {
    async fn once(&mut self) -> anyhow::Result<()> {
        if self.checks.is_multiple_of(READ) {
            let verdict = self.check().await?;
            ensure!(verdict == Verdict::Valid, "a valid card is answered with {verdict:?}");
            return Ok(());
        }
        ensure!(says_valid(&self.ask().await?), "a valid card is not answered as one");
        Ok(())
    }
}
