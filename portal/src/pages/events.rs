//! `GET /session/events`: tells an open page when its session has ended, so that it covers
//! itself.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use tower_sessions::session::Id;
use tower_sessions::{Session, SessionStore as _};
use warifu_service::Problem;

use crate::access::Visitor;
use crate::shared::App;

/// How often the database is asked: another node may have ended the session.
const LOOK: Duration = Duration::from_secs(2);

/// Sends `signed-out` once, when the session of this browser is gone.
pub async fn events(
    State(app): State<App>,
    visitor: Option<Visitor>,
    session: Session,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let needed = || Problem::new(StatusCode::UNAUTHORIZED, "login.needed");
    visitor.ok_or_else(needed)?;
    let id = session.id().ok_or_else(needed)?;
    let stream = async_stream::stream! {
        while lives(&app, id).await {
            // Here at once, elsewhere within the interval.
            let _ = tokio::time::timeout(LOOK, app.ended.notified()).await;
        }
        yield Ok(Event::default().event("signed-out").data(""));
    };
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// A database that does not answer says nothing about the session.
async fn lives(app: &App, id: Id) -> bool {
    app.sessions.load(&id).await.map_or(true, |record| record.is_some())
}
