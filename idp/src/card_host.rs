//! The host that asks browsers for a card's certificate: one address, which leads back whatever
//! happens. Its connections serve one request each, so that a card must answer every time.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::web::assets;

use crate::centre::Centre;
use crate::view::View;
use crate::{login, refusals};

/// Nothing is posted here.
const MOST_BODY_BYTES: usize = 0;

/// What it answers, where one is configured.
pub(crate) fn router(centre: &Arc<Centre>) -> Option<Router> {
    centre.config.card_host.as_ref()?;
    let pages = Router::new()
        .route("/certificate", get(login::show_certificate))
        .route("/", get(go_home))
        .layer(from_fn_with_state(centre.clone(), refusals::note))
        .layer(from_fn_with_state(centre.clone(), lead_back))
        .with_state(centre.clone());
    let limits = HttpLimits { body: MOST_BODY_BYTES, ..HttpLimits::default() };
    let all = pages.merge(assets(&[]));
    let all = finish(all, &centre.surroundings, centre.words.clone(), limits);
    Some(all.layer(map_response(close)))
}

async fn go_home(State(centre): State<Arc<Centre>>) -> Redirect {
    Redirect::to(&centre.config.public_url.at("/"))
}

/// Names the sign-in, if it does.
#[derive(Deserialize)]
struct Perhaps {
    #[serde(default)]
    tx: String,
}

/// Leads who was refused to the page that says why. What failed of ours is shown here.
async fn lead_back(
    State(centre): State<Arc<Centre>>,
    view: View,
    request: Request,
    next: Next,
) -> Response {
    let query = Query::<Perhaps>::try_from_uri(request.uri());
    let tx = query.map(|Query(perhaps)| perhaps.tx).unwrap_or_default();
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    if problem.code() == "internal" {
        return response;
    }
    let language = view.language.tag();
    Redirect::to(&login::address_of_help(&centre, &tx, problem.code(), language)).into_response()
}

/// Another visit over the same connection would be answered for by the card of this one.
async fn close(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
