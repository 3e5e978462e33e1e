//! One question to one connector, through its gate, with a fresh token for every attempt: a
//! connector takes each token once.

use std::time::Duration;

use warifu_connectors::SourceError;
use warifu_contract::eligibility::{
    ConnectorEligibilityAnswer, ConnectorEligibilityRequest, TypedCard,
};
use warifu_contract::linking::{
    CardMatchAnswer, CardMatchRequest, CompareRequest, Comparison, ConfirmRequest, EndRequest,
    LinkDone, MatchAnswer, MatchRequest,
};
use warifu_contract::records::{ConnectorRecord, ConnectorRecordRequest, Service};
use warifu_contract::services::{
    ApplicationState, ConnectorApplication, ConnectorApplicationRequest, ConnectorApplications,
    ConnectorApplicationsRequest, ConnectorContent, ConnectorEntry, ConnectorServiceRequest,
    EntryReceipt,
};
use warifu_service::http::Deadline;

use crate::directory::Connector;
use crate::mint::{Errand, Mint};

/// What the relay needs of a caller's time for itself: the entry in the log, and the way back.
pub(crate) const OWN: Duration = Duration::from_millis(100);

/// Longer than any connector is waited for.
const UNHURRIED: Duration = Duration::from_mins(1);

/// Asks for a record of the errand's person.
pub(crate) async fn record(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    service: Service,
    until: Deadline,
) -> Result<ConnectorRecord, SourceError> {
    let question = &ConnectorRecordRequest { service };
    let ask =
        |token: String, left| async move { connector.client.record(&token, question, left).await };
    call((mint, connector), errand, until, ask).await
}

/// Asks for the records of a declared service of the errand's person.
pub(crate) async fn service(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    service: &str,
    until: Deadline,
) -> Result<ConnectorContent, SourceError> {
    let question = &ConnectorServiceRequest { service: service.to_owned() };
    let ask =
        |token: String, left| async move { connector.client.service(&token, question, left).await };
    call((mint, connector), errand, until, ask).await
}

/// Hands on what the errand's person entered.
pub(crate) async fn enter(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    entry: &ConnectorEntry,
    until: Deadline,
) -> Result<EntryReceipt, SourceError> {
    let ask =
        |token: String, left| async move { connector.client.enter(&token, entry, left).await };
    call((mint, connector), errand, until, ask).await
}

/// Asks which applications are in `state`.
pub(crate) async fn applications(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    state: ApplicationState,
    until: Deadline,
) -> Result<ConnectorApplications, SourceError> {
    let question = &ConnectorApplicationsRequest { state };
    let ask = |token: String, left| async move {
        connector.client.applications(&token, question, left).await
    };
    call((mint, connector), errand, until, ask).await
}

/// Asks for one application, or hands on what is decided about it.
pub(crate) async fn application(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    question: &ConnectorApplicationRequest,
    until: Deadline,
) -> Result<ConnectorApplication, SourceError> {
    let ask = |token: String, left| async move {
        connector.client.application(&token, question, left).await
    };
    call((mint, connector), errand, until, ask).await
}

/// Asks for an eligibility decision.
pub(crate) async fn eligibility(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    question: &ConnectorEligibilityRequest,
    until: Deadline,
) -> Result<ConnectorEligibilityAnswer, SourceError> {
    let ask = |token: String, left| async move {
        connector.client.eligibility(&token, question, left).await
    };
    call((mint, connector), errand, until, ask).await
}

/// Asks which member a voucher means, in the ceremony that is called `errand` there.
pub(crate) async fn match_member(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    voucher: String,
) -> Result<MatchAnswer, SourceError> {
    let question = &MatchRequest { voucher };
    let ask = |token: String, left| async move {
        connector.client.match_member(&token, question, left).await
    };
    call((mint, connector), Errand::linking(errand), unhurried(), ask).await
}

/// Asks whose insurance card it is, in the ceremony that is called `errand` there.
pub(crate) async fn match_card(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    card: TypedCard,
    until: Deadline,
) -> Result<CardMatchAnswer, SourceError> {
    let question = &CardMatchRequest { card };
    let ask = |token: String, left| async move {
        connector.client.match_card(&token, question, left).await
    };
    call((mint, connector), Errand::linking(errand), until, ask).await
}

/// Asks where a candidate differs from whom the voucher of the search is about.
pub(crate) async fn compare(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    question: &CompareRequest,
    until: Deadline,
) -> Result<Comparison, SourceError> {
    let ask =
        |token: String, left| async move { connector.client.compare(&token, question, left).await };
    call((mint, connector), Errand::linking(errand), until, ask).await
}

/// Makes an offered pseudonym stand for its member.
pub(crate) async fn confirm_link(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    pseudonym: &str,
) -> Result<LinkDone, SourceError> {
    let request = &ConfirmRequest { pseudonym: pseudonym.to_owned() };
    let ask = |token: String, left| async move {
        connector.client.confirm_link(&token, request, left).await
    };
    call((mint, connector), Errand::linking(errand), unhurried(), ask).await
}

/// Ends a ceremony or a link.
pub(crate) async fn end_link(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    request: &EndRequest,
) -> Result<LinkDone, SourceError> {
    let ask =
        |token: String, left| async move { connector.client.end_link(&token, request, left).await };
    call((mint, connector), Errand::linking(errand), unhurried(), ask).await
}

/// A step of a ceremony ends by the connector's own deadline: whether it was taken must be known.
fn unhurried() -> Deadline {
    Deadline::after(UNHURRIED)
}

/// Makes a call that may be repeated through the connector's gate: `ask` is given the token of the
/// attempt, and how much time is left.
async fn call<A, F>(
    (mint, connector): (&Mint, &Connector),
    errand: Errand<'_>,
    until: Deadline,
    ask: impl Fn(String, Duration) -> F,
) -> Result<A, SourceError>
where
    F: Future<Output = Result<A, SourceError>>,
{
    let ask = &ask;
    let attempt = |left| async move { ask(token(mint, connector, errand)?, left).await };
    connector.gate.call(until, attempt).await
}

fn token(mint: &Mint, connector: &Connector, errand: Errand<'_>) -> Result<String, SourceError> {
    mint.token(&connector.id, errand).map_err(|error| {
        tracing::error!(%error, connector = connector.id, "no token could be made");
        SourceError::Broken
    })
}
