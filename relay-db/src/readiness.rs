//! What `/readyz` says beside "ready": which connectors are not asked just now. They cost their
//! own panels; the relay itself is ready.

use std::fmt::Write as _;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::relay::Relay;

/// Adds the connectors that rest to an answer that is good.
pub(crate) async fn with_connectors(
    State(relay): State<Relay>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.uri().path() == "/readyz";
    let response = next.run(request).await;
    if !asked || !response.status().is_success() {
        return response;
    }
    ready_but(&relay).map_or(response, IntoResponse::into_response)
}

fn ready_but(relay: &Relay) -> Option<String> {
    let resting: Vec<_> = relay
        .directory()
        .all()
        .filter_map(|connector| Some((&connector.id, connector.gate.rest()?)))
        .collect();
    let all = relay.directory().all().count();
    let mut text = format!("ready, but {} of {all} connectors are not asked\n", resting.len());
    for (id, rest) in &resting {
        // Writing to a string never fails.
        let _ = writeln!(text, "{id}: since {:.0}, again {:.0}", rest.since, rest.again);
    }
    (!resting.is_empty()).then_some(text)
}
