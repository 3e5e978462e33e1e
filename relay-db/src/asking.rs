//! One call to one connector: a fresh token, a place among its bounded calls, its deadline.

use tokio::time::timeout;
use warifu_connectors::SourceError;
use warifu_contract::eligibility::{ConnectorEligibilityAnswer, ConnectorEligibilityRequest};
use warifu_contract::linking::{ConfirmRequest, EndRequest, LinkDone, MatchAnswer, MatchRequest};
use warifu_contract::records::{ConnectorRecord, ConnectorRecordRequest, Service};

use crate::directory::Connector;
use crate::mint::{Errand, Mint};

/// Asks for a record of the person whom the connector knows as `pseudonym`, on their own behalf.
pub(crate) async fn record(
    mint: &Mint,
    connector: &Connector,
    pseudonym: &str,
    service: Service,
) -> Result<ConnectorRecord, SourceError> {
    let token = token(mint, connector, Errand::own_look(pseudonym))?;
    let question = ConnectorRecordRequest { service };
    in_time(connector, connector.client.record(&token, &question, connector.deadline)).await
}

/// Asks for an eligibility decision.
pub(crate) async fn eligibility(
    mint: &Mint,
    connector: &Connector,
    errand: Errand<'_>,
    question: &ConnectorEligibilityRequest,
) -> Result<ConnectorEligibilityAnswer, SourceError> {
    let token = token(mint, connector, errand)?;
    in_time(connector, connector.client.eligibility(&token, question, connector.deadline)).await
}

/// Asks which member a voucher means, in the ceremony that is called `errand` there.
pub(crate) async fn match_member(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    voucher: String,
) -> Result<MatchAnswer, SourceError> {
    let token = token(mint, connector, Errand::linking(errand))?;
    let question = MatchRequest { voucher };
    in_time(connector, connector.client.match_member(&token, &question, connector.deadline)).await
}

/// Makes an offered pseudonym stand for its member.
pub(crate) async fn confirm_link(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    pseudonym: &str,
) -> Result<LinkDone, SourceError> {
    let token = token(mint, connector, Errand::linking(errand))?;
    let request = ConfirmRequest { pseudonym: pseudonym.to_owned() };
    in_time(connector, connector.client.confirm_link(&token, &request, connector.deadline)).await
}

/// Ends a ceremony or a link.
pub(crate) async fn end_link(
    mint: &Mint,
    connector: &Connector,
    errand: &str,
    request: &EndRequest,
) -> Result<LinkDone, SourceError> {
    let token = token(mint, connector, Errand::linking(errand))?;
    in_time(connector, connector.client.end_link(&token, request, connector.deadline)).await
}

fn token(mint: &Mint, connector: &Connector, errand: Errand<'_>) -> Result<String, SourceError> {
    mint.token(&connector.id, errand).map_err(|error| {
        tracing::error!(%error, connector = connector.id, "no token could be made");
        SourceError::Broken
    })
}

/// Runs `call` within the connector's deadline, the wait for a place included.
async fn in_time<A>(
    connector: &Connector,
    call: impl Future<Output = Result<A, SourceError>>,
) -> Result<A, SourceError> {
    let asked = async {
        let Ok(_place) = connector.places.acquire().await else { return Err(SourceError::Down) };
        call.await
    };
    let answer = timeout(connector.deadline, asked).await.unwrap_or(Err(SourceError::Slow));
    if let Err(error) = &answer {
        tracing::warn!(%error, connector = connector.id, "a connector gave no answer");
    }
    answer
}
