//! The agent's routes. Whatever is not one of them gets the gate's empty refusal.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};

use crate::conversation::{Conversation, events};
use crate::cors;
use crate::gate::{Admitted, Connection, Denied, Refusal, knows_host};
use crate::prompt::{Ending, page};
use crate::protocol::{Fault, Outcome, Pong};
use crate::purpose::Purpose;
use crate::server::Shared;
use crate::web;

/// Everything the agent answers. `extra` holds further pages of its own.
pub(crate) fn router(shared: Arc<Shared>, extra: Router) -> Router {
    let mut pages = web::assets::router().merge(extra);
    if let Some(prompt) = &shared.page {
        pages = pages.merge(page::routes::router(Arc::clone(prompt)));
    }
    let pages = pages.layer(middleware::from_fn(web::own_page));
    // `any` for what is refused: a method that is not there must not answer with those that are.
    Router::new()
        .route("/v1/ping", any(refuse).get(ping).options(allow_get))
        .route("/v1/authenticate", any(refuse).post(authenticate).options(allow_post))
        .route("/v1/activate", any(refuse).post(activate).options(allow_post))
        .route("/v1/change-pin", any(refuse).post(change_pin).options(allow_post))
        .with_state(shared)
        .merge(pages)
        .fallback(refuse)
        .layer(middleware::from_fn(door))
}

/// The door of every route.
async fn door(
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    knows_host(connection, request.headers())?;
    Ok(next.run(request).await)
}

/// The answer to whatever is not there.
pub(crate) async fn refuse() -> Refusal {
    Refusal::Route
}

async fn allow_get(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Refusal> {
    let provider = shared.gate.caller(request.headers())?;
    Ok(cors::preflight(&provider, "GET"))
}

async fn allow_post(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Refusal> {
    let provider = shared.gate.caller(request.headers())?;
    Ok(cors::preflight(&provider, "POST"))
}

/// Says that the agent is there, to those whom it serves.
async fn ping(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Refusal> {
    let provider = shared.gate.caller(request.headers())?;
    let pong = Json(Pong::new(shared.prompt.kind()));
    Ok(cors::allow(pong.into_response(), &provider))
}

/// The holder signs in, or shows the card.
async fn authenticate(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Denied> {
    begin(shared, request, Purpose::SignIn).await
}

/// The holder chooses the card's PIN with the code of the letter.
async fn activate(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Denied> {
    begin(shared, request, Purpose::Activate).await
}

/// The holder changes the card's PIN.
async fn change_pin(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Denied> {
    begin(shared, request, Purpose::ChangePin).await
}

/// Starts a conversation and streams how it goes.
async fn begin(
    shared: Arc<Shared>,
    request: Request<Body>,
    purpose: Purpose,
) -> Result<Response, Denied> {
    let admitted = shared.gate.admit(request, purpose).await?;
    let provider = Arc::clone(&admitted.request.provider);
    let (events, response) = events::stream();
    let tasks = shared.tasks.clone();
    tasks.spawn(converse(shared, admitted, events));
    Ok(cors::allow(response, &provider))
}

async fn converse(shared: Arc<Shared>, admitted: Admitted, events: events::Events) {
    let purpose = admitted.request.purpose;
    let conversation = Conversation {
        request: admitted.request,
        turn: admitted.turn,
        desk: shared.desk.clone(),
        prompt: Arc::clone(&shared.prompt),
        watches: Arc::clone(&shared.watches),
        patience: shared.patience,
    };
    let result = tokio::select! {
        biased;
        () = events.page_gone() => Err(Fault::Cancelled),
        () = shared.closing.cancelled() => Err(Fault::Closing),
        result = conversation.hold(&events) => result,
    };
    shared.prompt.finished(Ending::from(&result));
    // The turn is given back first: the page may ask again as soon as it has read the last line.
    drop(conversation);
    let outcome = Outcome::from(result);
    tracing::info!(?purpose, outcome = outcome.code(), "conversation ended");
    events.finish(&outcome).await;
}
