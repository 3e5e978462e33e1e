//! One call to one connector: a fresh token, a place among its bounded calls, its deadline.

use tokio::time::timeout;
use warifu_connectors::SourceError;
use warifu_contract::eligibility::{ConnectorEligibilityAnswer, ConnectorEligibilityRequest};
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
    let errand = Errand { pseudonym: Some(pseudonym), staff: None };
    let token = token(mint, connector, errand)?;
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
