//! A page sent in pieces: its frame at once, its panels as they arrive, then its end. The panels
//! find their places by slots, without script.

use axum::body::Body;
use axum::response::Response;
use futures::{Stream, StreamExt as _};
use warifu_service::Problem;

use crate::look::{flow, text};
use crate::view::screens::PANELS;

/// The rendered `screen` with `panels` in its middle.
pub fn page(
    screen: &impl askama::Template,
    panels: impl Stream<Item = String> + Send + 'static,
) -> Result<Response, Problem> {
    let whole = text(screen)?;
    let (before, after) = whole.split_once(PANELS).unwrap_or((&whole, ""));
    let (before, after) = (before.to_owned(), after.to_owned());
    let start = futures::stream::once(async move { before });
    let end = futures::stream::once(async move { after });
    let pieces = start.chain(panels).chain(end).map(Ok::<_, std::convert::Infallible>);
    Ok(flow(Body::from_stream(pieces)))
}

/// A part as text; one that cannot be rendered is left out and logged.
pub fn part(template: &impl askama::Template) -> String {
    template.render().unwrap_or_else(|cause| {
        tracing::error!(%cause, "a part of a page was left out");
        String::new()
    })
}
