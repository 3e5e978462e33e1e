//! Requests in work are bounded. One too many waits a moment, and is then sent away with 503 and
//! Retry-After: an early refusal costs less than an answer that comes too late.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body::{Frame, SizeHint};

use crate::clock::Surroundings;
use crate::health;
use crate::places::{Place, Places};
use crate::problem::Problem;

/// How long a request waits for its place.
const WAIT: Duration = Duration::from_secs(1);
/// Who is sent away comes back after one to so many seconds, so that not all come at once.
const COME_BACK: u8 = 4;

/// The door of one server.
#[derive(Debug)]
pub(super) struct Door {
    places: Places,
    surroundings: Surroundings,
}

impl Door {
    /// Lets in so many requests at a time.
    pub fn new(requests: usize, surroundings: &Surroundings) -> Self {
        let taken = metrics::gauge!("warifu_http_requests_in_work");
        let waiting = metrics::gauge!("warifu_http_requests_waiting");
        let places = Places::new(requests, WAIT).shown(taken, waiting);
        Self { places, surroundings: surroundings.clone() }
    }

    /// Gives a request its place. Who asks for health or metrics needs none.
    pub async fn admit(&self, request: Request, next: Next) -> Response {
        let path = request.extensions().get::<MatchedPath>();
        if path.is_some_and(|path| health::PATHS.contains(&path.as_str())) {
            return next.run(request).await;
        }
        match self.places.take(WAIT).await {
            Ok(place) => occupy(next.run(request).await, place),
            Err(_) => self.closed().into_response(),
        }
    }

    fn closed(&self) -> Problem {
        metrics::counter!("warifu_http_requests_shed_total").increment(1);
        let [chance] = self.surroundings.bytes::<1>();
        let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy");
        busy.retry_after(1 + u32::from(chance % COME_BACK))
    }
}

/// An answer that is complete needs its place no longer; one that is still being made does.
fn occupy(response: Response, place: Place) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| Body::new(Occupied { body, _place: place }))
}

/// A body that keeps its place until its end.
struct Occupied {
    body: Body,
    _place: Place,
}

impl HttpBody for Occupied {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
