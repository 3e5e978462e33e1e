//! Eligibility checks: clinic, relay, insurer and back, over mutual TLS that is kept alive, each
//! logged durably before its answer leaves.

use std::time::Duration;

use anyhow::ensure;
use serde::Deserialize;
use warifu_contract::eligibility::{
    EligibilityAnswer, EligibilityRequest, Subject, TypedCard, Verdict,
};
use warifu_service::Surroundings;
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
            .map(|_| Ok(Desk::new(stage, &relay, &token)?.asking(deposit::INSURER)))
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

/// A desk that checks the same card over and over, each time anew.
pub struct Desk {
    http: reqwest::Client,
    url: String,
    token: String,
    card: TypedCard,
    surroundings: Surroundings,
}

impl Desk {
    /// Asks the relay at that address, with that token, about a member of the sample insurer.
    pub fn new(stage: &Stage, relay: &str, token: &str) -> anyhow::Result<Self> {
        Ok(Self {
            http: client(&stage.portal(), PATIENCE)?,
            url: format!("{relay}/eligibility"),
            token: token.to_owned(),
            card: TypedCard {
                insurer_number: "00000001".to_owned(),
                symbol: "東京".to_owned(),
                number: "001".to_owned(),
                branch: Some("00".to_owned()),
                birth_date: jiff::civil::date(1955, 5, 5),
            },
            surroundings: stage.surroundings.clone(),
        })
    }
}

impl Desk {
    /// The same desk with a card of the insurer of that number.
    #[must_use]
    pub fn asking(mut self, insurer_number: &str) -> Self {
        insurer_number.clone_into(&mut self.card.insurer_number);
        self
    }

    /// What one check says.
    pub async fn check(&self) -> anyhow::Result<Verdict> {
        let request = EligibilityRequest {
            subject: Subject::Number(self.card.clone()),
            target_date: None,
            idempotency_key: self.surroundings.hex(16),
        };
        let call = self.http.post(&self.url).bearer_auth(&self.token).json(&request);
        let answer: EligibilityAnswer = call.send().await?.error_for_status()?.json().await?;
        Ok(answer.decision.verdict)
    }
}

impl Worker for Desk {
    async fn once(&mut self) -> anyhow::Result<()> {
        let verdict = self.check().await?;
        ensure!(verdict == Verdict::Valid, "a valid card is answered with {verdict:?}");
        Ok(())
    }
}
