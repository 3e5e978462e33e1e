//! Who answers an eligibility check, and what the relay itself has to say when nobody can.

mod settle;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::task::JoinSet;
use warifu_connectors::SourceError;
use warifu_contract::card_key::{CardQuery, InsurerKey, TypedCardError};
use warifu_contract::decision;
use warifu_contract::eligibility::{
    ConnectorEligibilityAnswer, ConnectorEligibilityRequest, Decision, ReasonCheck, ReasonStep,
    Subject, TypedCard, Verdict,
};
use warifu_deposit::{Answer, DepositError, Deposits, Question};
use warifu_service::http::Deadline;

use crate::asking;
use crate::directory::{Answerer, Connector, Depositor};
use crate::grants::Staff;
use crate::links::{Link, LinkStoreError};
use crate::mint::Errand;
use crate::relay::Relay;

/// A connector's word for a pseudonym that it does not know.
const SUBJECT_UNKNOWN: &str = "subject.unknown";

/// What is known after asking.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub decision: Decision,
    /// The person, in the relay's own words.
    pub subject: Option<String>,
    /// Who answered, or should have.
    pub source: Option<Answerer>,
    pub as_of: Option<Timestamp>,
    pub usual_lag_days: Option<u16>,
}

/// Why a check cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Typed(#[from] TypedCardError),
    #[error(transparent)]
    Links(#[from] LinkStoreError),
}

impl Found {
    /// Nobody could be asked.
    fn alone(verdict: Verdict, reasons: &[(ReasonCheck, bool)], subject: Option<String>) -> Self {
        let reasons =
            reasons.iter().map(|(check, holds)| ReasonStep::new(*check, *holds)).collect();
        Self::decided(Decision::bare(verdict, reasons), subject)
    }

    /// The relay decided by itself.
    fn decided(decision: Decision, subject: Option<String>) -> Self {
        Self { decision, subject, source: None, as_of: None, usual_lag_days: None }
    }

    fn asked_of(self, answerer: Answerer) -> Self {
        Self { source: Some(answerer), ..self }
    }

    /// The insurer is known, and said nothing.
    fn silent() -> Self {
        let reasons = [(ReasonCheck::InsurerKnown, true), (ReasonCheck::InsurerAnswered, false)];
        Self::alone(Verdict::InsurerSilent, &reasons, None)
    }

    /// What the insurer deposited cannot be read.
    fn unread(relay: &Relay, question: &Question) -> Self {
        let source = relay.directory().by_insurer(&question.query.insurer).cloned();
        Self { source, ..Self::silent() }
    }

    /// Answered from what an insurer deposited, if it has, after the steps that the relay took
    /// `before`.
    fn deposited(
        source: Option<Answerer>,
        answer: Answer,
        subject: Option<String>,
        before: &[ReasonCheck],
    ) -> Self {
        let found = Self {
            source,
            as_of: Some(answer.as_of),
            usual_lag_days: answer.usual_lag_days,
            ..Self::decided(answer.found.decision, subject)
        };
        let silent = found.decision.verdict == Verdict::InsurerSilent;
        if silent { found } else { found.after(before) }
    }

    fn answered(
        connector: &Arc<Connector>,
        answer: ConnectorEligibilityAnswer,
        subject: Option<String>,
    ) -> Self {
        Self {
            decision: answer.decision,
            subject,
            source: Some(Answerer::Connector(Arc::clone(connector))),
            as_of: Some(answer.as_of),
            usual_lag_days: answer.usual_lag_days,
        }
    }
}

/// Whether the relay would answer this by itself, from what the insurer deposited.
pub(crate) fn is_deposited(relay: &Relay, subject: &Subject) -> bool {
    let Subject::Number(typed) = subject else { return false };
    let key = InsurerKey::parse(&typed.insurer_number);
    key.is_some_and(|key| relay.directory().is_deposited(&key))
}

/// The check of a typed card: the insurer's number says whom to ask.
pub(crate) async fn by_number(
    relay: &Relay,
    desk: &Staff,
    typed: TypedCard,
    target_date: Date,
    until: Deadline,
) -> Result<Found, CheckError> {
    let query = CardQuery::try_from(&typed)?;
    let Some(answerer) = relay.directory().by_insurer(&query.insurer) else {
        let known = relay.directory().insurers();
        return Ok(Found::decided(decision::insurer_unknown(&query.insurer, known), None));
    };
    let found = match answerer {
        Answerer::Connector(connector) => {
            ask_connector(relay, desk, connector, typed, target_date, until).await?
        }
        Answerer::Deposit(_) => ask_deposit(relay, query, target_date, until).await?,
    };
    Ok(found.unwrap_or_else(Found::silent).asked_of(answerer.clone()))
}

/// None when it does not answer.
async fn ask_connector(
    relay: &Relay,
    desk: &Staff,
    connector: &Arc<Connector>,
    typed: TypedCard,
    target_date: Date,
    until: Deadline,
) -> Result<Option<Found>, LinkStoreError> {
    let errand = Errand::treatment(None, desk);
    let question = ConnectorEligibilityRequest { typed: Some(typed), target_date };
    let answered = asking::eligibility(relay.mint(), connector, errand, &question, until).await;
    let Ok(mut answer) = answered else { return Ok(None) };
    let subject = match answer.pseudonym.take() {
        Some(pseudonym) => relay.links().subject_of(&connector.id, &pseudonym).await?,
        None => None,
    };
    Ok(Some(Found::answered(connector, answer, subject).after(&[ReasonCheck::InsurerKnown])))
}

/// None when the deposits cannot be read in time.
async fn ask_deposit(
    relay: &Relay,
    query: CardQuery,
    day: Date,
    until: Deadline,
) -> Result<Option<Found>, LinkStoreError> {
    let question = Question { query, day };
    let Some(deposits) = relay.deposits() else { return Ok(None) };
    let Some(answer) = in_time(deposits.decide_with_hint(&question), until).await else {
        return Ok(None);
    };
    let found = attributed(relay, deposits, vec![(&question, answer)], until).await?;
    Ok(found.into_iter().next())
}

/// The answers, each with its person's own subject where that person is linked.
async fn attributed(
    relay: &Relay,
    deposits: &Deposits,
    answered: Vec<(&Question, Answer)>,
    until: Deadline,
) -> Result<Vec<Found>, LinkStoreError> {
    let (questions, answers): (Vec<&Question>, Vec<Answer>) = answered.into_iter().unzip();
    // Who is meant decides nothing: without it the check stands in nobody's history.
    let names = in_time(deposits.pseudonyms(&answers), until).await;
    let names = names.unwrap_or_else(|| vec![None; answers.len()]);
    let mut found = Vec::with_capacity(answers.len());
    for ((question, answer), pseudonym) in questions.into_iter().zip(answers).zip(names) {
        let source = relay.directory().by_insurer(&question.query.insurer).cloned();
        let subject = match (&source, pseudonym) {
            (Some(holder), Some(pseudonym)) => {
                relay.links().subject_of(holder.id(), &pseudonym).await?
            }
            _ => None,
        };
        found.push(Found::deposited(source, answer, subject, &[ReasonCheck::InsurerKnown]));
    }
    Ok(found)
}

/// The checks of many typed cards of insurers who deposit, in one look, in the same order and
/// without hints.
pub(crate) async fn deposited(
    relay: &Relay,
    questions: &[Question],
    until: Deadline,
) -> Result<Vec<Found>, CheckError> {
    if let Some(deposits) = relay.deposits()
        && let Some(answers) = in_time(deposits.decide(questions), until).await
    {
        let answered = questions.iter().zip(answers).collect();
        return Ok(attributed(relay, deposits, answered, until).await?);
    }
    Ok(questions.iter().map(|question| Found::unread(relay, question)).collect())
}

/// None when the deposits cannot be read, or not in time.
async fn in_time<T>(
    answer: impl Future<Output = Result<T, DepositError>>,
    until: Deadline,
) -> Option<T> {
    let answer = tokio::time::timeout(until.left(), answer).await.ok()?;
    answer.inspect_err(|error| tracing::error!(%error, "deposits cannot be read")).ok()
}

/// The check of a tapped card: the links of its holder say whom to ask, side by side. A frozen link
/// says nothing.
pub(crate) async fn by_card(
    relay: &Relay,
    desk: &Staff,
    subject: &str,
    target_date: Date,
    until: Deadline,
) -> Result<Found, CheckError> {
    let links = relay.links().of(subject).await?;
    let mut calls = JoinSet::new();
    for (holder, link) in insurers(relay, links) {
        let (relay, desk, subject) = (relay.clone(), desk.clone(), subject.to_owned());
        calls.spawn(async move {
            match holder {
                Answerer::Connector(connector) => {
                    let question = ConnectorEligibilityRequest { typed: None, target_date };
                    ask_holder(&relay, &desk, subject, connector, &link, &question, until).await
                }
                Answerer::Deposit(insurer) => {
                    read_deposit(&relay, subject, insurer, &link, target_date, until).await
                }
            }
        });
    }
    let mut found = Vec::new();
    while let Some(finished) = calls.join_next().await {
        found.extend(finished.ok());
    }
    Ok(settle::settle(found).unwrap_or_else(|| not_linked(subject)))
}

fn insurers(relay: &Relay, links: Vec<Link>) -> Vec<(Answerer, Link)> {
    let insurer = |link: Link| {
        let holder = relay.directory().holder(&link.connector)?;
        holder.insures().then(|| (holder.clone(), link))
    };
    links.into_iter().filter(|link| !link.terms.is_frozen()).filter_map(insurer).collect()
}

async fn ask_holder(
    relay: &Relay,
    desk: &Staff,
    subject: String,
    connector: Arc<Connector>,
    link: &Link,
    question: &ConnectorEligibilityRequest,
    until: Deadline,
) -> Found {
    let errand = Errand::treatment(Some(&link.pseudonym), desk);
    match asking::eligibility(relay.mint(), &connector, errand, question, until).await {
        Ok(answer) => {
            let known = [ReasonCheck::CardGenuine, ReasonCheck::Linked];
            Found::answered(&connector, answer, Some(subject)).after(&known)
        }
        Err(SourceError::Refused { code }) if code == SUBJECT_UNKNOWN => {
            not_linked(&subject).asked_of(Answerer::Connector(connector))
        }
        Err(_) => silent(subject).asked_of(Answerer::Connector(connector)),
    }
}

/// What an insurer deposited about somebody who is linked.
async fn read_deposit(
    relay: &Relay,
    subject: String,
    insurer: Arc<Depositor>,
    link: &Link,
    day: Date,
    until: Deadline,
) -> Found {
    let source = Answerer::Deposit(Arc::clone(&insurer));
    let Some(deposits) = relay.deposits() else { return silent(subject).asked_of(source) };
    let answer = deposits.decide_linked(&insurer.number, &link.pseudonym, day);
    match in_time(answer, until).await {
        Some(Some(answer)) if answer.found.decision.verdict != Verdict::InsurerSilent => {
            let known = [ReasonCheck::CardGenuine, ReasonCheck::Linked];
            Found::deposited(Some(source), answer, Some(subject), &known)
        }
        Some(None) => not_linked(&subject).asked_of(source),
        _ => silent(subject).asked_of(source),
    }
}

fn not_linked(subject: &str) -> Found {
    let reasons = [(ReasonCheck::CardGenuine, true), (ReasonCheck::Linked, false)];
    Found::alone(Verdict::NotLinked, &reasons, Some(subject.to_owned()))
}

fn silent(subject: String) -> Found {
    let reasons = [
        (ReasonCheck::CardGenuine, true),
        (ReasonCheck::Linked, true),
        (ReasonCheck::InsurerAnswered, false),
    ];
    Found::alone(Verdict::InsurerSilent, &reasons, Some(subject))
}
