//! The files of the agent's pages, inside the program.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::gate::Refusal;
use crate::routes::refuse;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// Name, media type, content.
const FILES: &[(&str, &str, &str)] = &[
    ("agent.css", STYLE, include_str!("../../assets/agent.css")),
    ("mark.svg", PICTURE, include_str!("../../assets/mark.svg")),
    ("pin.js", SCRIPT, include_str!("../../assets/pin.js")),
    #[cfg(feature = "drawer")]
    ("drawer.css", STYLE, include_str!("../../assets/drawer.css")),
    #[cfg(feature = "drawer")]
    ("drawer.js", SCRIPT, include_str!("../../assets/drawer.js")),
];

pub(crate) fn router() -> Router {
    Router::new().route("/assets/{name}", any(refuse).get(file))
}

async fn file(Path(name): Path<String>) -> Result<Response, Refusal> {
    let found = FILES.iter().find(|(known, _, _)| *known == name);
    let (_, media_type, content) = found.ok_or(Refusal::Route)?;
    let mut response = content.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}
