//! What the portal asks of the card office, over mutual TLS, for a member of its staff.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT_LANGUAGE, IF_MATCH};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use warifu_contract::card_office::{
    Action, Batch, CallerAnswers, Card, CardEvent, CardList, CardSearch, NewApplication,
    PersonEnded, Stage,
};
use warifu_contract::identity::FourItems;
use warifu_contract::linking::ProvedWard;
use warifu_service::tls::{self, TlsError};
use warifu_service::words::Language;

use super::error::{OfficeError, Refusal};
use crate::access::OfficeTicket;
use crate::body;
use crate::config::CardOfficeConfig;

/// The longest that any call may take; the register's answer is among it.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest document that is read: a page of fifty cards, or a history.
const LONGEST: usize = 1024 * 1024;
/// The longest PDF: a thousand faces.
const LONGEST_PAPER: usize = 32 * 1024 * 1024;
/// The longest problem document.
const LONGEST_PROBLEM: usize = 16 * 1024;
/// A call is tried again this often after others have moved the card on.
const TRIES: usize = 3;

/// The card office, as the portal's own client certificate reaches it; cheap to clone.
#[derive(Debug, Clone)]
pub struct CardOffice {
    http: reqwest::Client,
    url: String,
}

impl CardOffice {
    /// Prepares the pooled client.
    pub fn new(config: &CardOfficeConfig) -> Result<Self, TlsError> {
        Ok(Self {
            http: tls::client_to(&config.party, &config.tls, PATIENCE)?,
            url: config.url.trim_end_matches('/').to_owned(),
        })
    }

    /// The office as the holder of `ticket` stands before it, answering in `language`.
    pub fn counter(&self, ticket: &OfficeTicket, language: Language) -> Counter {
        Counter { office: self.clone(), ticket: ticket.clone(), language }
    }
}

/// A paper that the office prints: of a card, or of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper<'a> {
    /// 券面: for the card printer.
    Face(&'a str),
    /// 送付票: goes with the card by restricted mail.
    Cover(&'a str),
    /// 初期化コードの手紙: once only.
    Letter(&'a str),
    /// The faces of all finished cards of a batch.
    Faces(&'a str),
}

impl Paper<'_> {
    fn path(self) -> String {
        match self {
            Self::Face(card) => format!("cards/{card}/face.pdf"),
            Self::Cover(card) => format!("cards/{card}/cover.pdf"),
            Self::Letter(card) => format!("cards/{card}/letter.pdf"),
            Self::Faces(batch) => format!("batches/{batch}/faces.pdf"),
        }
    }

    /// The name of the file.
    pub fn file_name(self) -> String {
        match self {
            Self::Face(id) => format!("face-{id}.pdf"),
            Self::Cover(id) => format!("cover-{id}.pdf"),
            Self::Letter(id) => format!("letter-{id}.pdf"),
            Self::Faces(id) => format!("faces-{id}.pdf"),
        }
    }
}

/// The card office, with a member of its staff before it.
#[derive(Debug, Clone)]
pub struct Counter {
    office: CardOffice,
    ticket: OfficeTicket,
    language: Language,
}

impl Counter {
    /// One page of the cards at a stage, newest first.
    pub async fn list(&self, stage: Stage, cursor: Option<&str>) -> Result<CardList, OfficeError> {
        #[derive(Serialize)]
        struct Query<'a> {
            stage: Stage,
            #[serde(skip_serializing_if = "Option::is_none")]
            cursor: Option<&'a str>,
        }
        read(self.get("cards").query(&Query { stage, cursor })).await
    }

    /// One page of the cards that are to be renewed.
    pub async fn ending(&self, cursor: Option<&str>) -> Result<CardList, OfficeError> {
        let cursor = cursor.map(|cursor| ("cursor", cursor));
        read(self.get("cards/ending").query(cursor.as_slice())).await
    }

    /// The cards that a search finds.
    pub async fn search(&self, search: &CardSearch) -> Result<CardList, OfficeError> {
        read(self.post("cards/search").json(search)).await
    }

    /// One card.
    pub async fn card(&self, id: &str) -> Result<Card, OfficeError> {
        read(self.get(&format!("cards/{id}"))).await
    }

    /// A card's history, oldest first.
    pub async fn history(&self, id: &str) -> Result<Vec<CardEvent>, OfficeError> {
        read(self.get(&format!("cards/{id}/history"))).await
    }

    /// Hands in an application; the same `key` again is the same application.
    pub async fn apply(
        &self,
        application: &NewApplication,
        key: &str,
    ) -> Result<Card, OfficeError> {
        read(self.post("cards").header("idempotency-key", key).json(application)).await
    }

    /// Does something to the card as it was at `version`.
    pub async fn act(&self, id: &str, version: u32, action: &Action) -> Result<Card, OfficeError> {
        let call = self.post(&format!("cards/{id}/actions"));
        read(call.header(IF_MATCH, format!("\"{version}\"")).json(action)).await
    }

    /// Does it whatever has happened to the card in between: a lost card is stopped even while
    /// somebody works on it.
    pub async fn act_at_once(&self, id: &str, action: &Action) -> Result<Card, OfficeError> {
        let mut outcome = Err(OfficeError::Broken("moved on again and again"));
        for _ in 0..TRIES {
            let card = self.card(id).await?;
            outcome = self.act(id, card.version, action).await;
            if !outcome.as_ref().is_err_and(OfficeError::is_moved_on) {
                break;
            }
        }
        outcome
    }

    /// Says that the card's holder has died or moved away.
    pub async fn end_person(&self, id: &str, ended: PersonEnded) -> Result<(), OfficeError> {
        let call = self.post(&format!("cards/{id}/person-ended")).json(&ended);
        checked(call.send().await?).await.map(drop)
    }

    /// The cards of a caller who has answered every question right; none otherwise.
    pub async fn identify(&self, answers: &CallerAnswers) -> Result<CardList, OfficeError> {
        read(self.post("calls/identify").json(answers)).await
    }

    /// Lets the office prove whom papers name.
    pub async fn prove_ward(&self, items: &FourItems) -> Result<ProvedWard, OfficeError> {
        read(self.post("wards").json(items)).await
    }

    /// A paper as PDF.
    pub async fn paper(&self, paper: Paper<'_>) -> Result<Bytes, OfficeError> {
        let call = self.get(&paper.path());
        let body = body::whole(checked(call.send().await?).await?, LONGEST_PAPER).await?.freeze();
        if body.starts_with(b"%PDF-") { Ok(body) } else { Err(OfficeError::Broken("no PDF")) }
    }

    /// Makes a batch of every card that is ordered now.
    pub async fn make_batch(&self, key: &str) -> Result<Batch, OfficeError> {
        read(self.post("batches").header("idempotency-key", key)).await
    }

    /// How far a batch is.
    pub async fn batch(&self, id: &str) -> Result<Batch, OfficeError> {
        read(self.get(&format!("batches/{id}"))).await
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.call(Method::GET, path)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.call(Method::POST, path)
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/{path}", self.office.url);
        let call = self.office.http.request(method, url).bearer_auth(self.ticket.token());
        call.header(ACCEPT_LANGUAGE, self.language.tag())
    }
}

async fn read<T: DeserializeOwned>(call: RequestBuilder) -> Result<T, OfficeError> {
    let response = checked(call.send().await?).await?;
    let body = body::whole(response, LONGEST).await?;
    serde_json::from_slice(&body).map_err(|_| OfficeError::Broken("not the agreed shape"))
}

/// Anything but success becomes a refusal with its code; a failure that says nothing is one of the
/// office's own.
async fn checked(response: Response) -> Result<Response, OfficeError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status == StatusCode::UNAUTHORIZED {
        return Err(OfficeError::Ticket);
    }
    let refusal = Refusal::read(status, &body::whole(response, LONGEST_PROBLEM).await?);
    if status.is_client_error() || refusal.explains() {
        Err(OfficeError::Refused(refusal))
    } else {
        Err(OfficeError::Failed(status))
    }
}

/// Whether `id` has the form of a 受付番号 or the name of a batch, so that it can stand in an
/// address.
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
