//! How long an answer is still of use to whoever asked: a deadline that travels with a request,
//! from server to server.
//!
//! On the wire it is the time left, not an instant, because clocks of two machines differ. There
//! is no standard header for it in HTTP (`grpc-timeout` is gRPC's own, `Request-Timeout` stayed an
//! Internet-Draft and counts whole seconds).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

use super::finish::HttpLimits;
use crate::problem::Problem;

/// Milliseconds that the sender will still wait, as a decimal number.
pub const DEADLINE: HeaderName = HeaderName::from_static("warifu-deadline");

/// The instant from which nobody waits for an answer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// What is left; zero when it is over.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// What others may use, when `own` is needed here before and after; the problem
    /// `request.deadline` (504) when that leaves them nothing.
    pub fn less(self, own: Duration) -> Result<Self, Problem> {
        let theirs = self.left().saturating_sub(own);
        if theirs.is_zero() { Err(over()) } else { Ok(Self::after(theirs)) }
    }
}

/// The header that tells the next server how much is left.
pub fn header(left: Duration) -> (HeaderName, HeaderValue) {
    let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    (DEADLINE, HeaderValue::from(millis))
}

/// What the sender will still wait; none when it does not say, or not in a number.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(DEADLINE)?.to_str().ok()?;
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let millis = plain.then(|| text.parse().ok()).flatten()?;
    Some(Duration::from_millis(millis))
}

/// Nobody waits for this answer any more.
pub(super) fn over() -> Problem {
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "request.deadline")
}

impl<S: Sync> FromRequestParts<S> for Deadline {
    type Rejection = Infallible;

    /// That of the request; outside of [`super::finish`], that of every request.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let usual = || Self::after(HttpLimits::default().time);
        Ok(parts.extensions.get().copied().unwrap_or_else(usual))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(value: &[u8]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(DEADLINE, HeaderValue::from_bytes(value).ok()?);
        asked(&headers)
    }

    #[test]
    fn milliseconds_and_nothing_else_are_read() {
        assert_eq!(sent(b"1500"), Some(Duration::from_millis(1500)));
        assert_eq!(sent(b"0"), Some(Duration::ZERO));
        for odd in ["", "1.5", "-1", "+1", "1s", " 1", "99999999999999999999"] {
            assert_eq!(sent(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn what_one_needs_is_not_given_away() {
        let deadline = Deadline::after(Duration::from_mins(2));
        let theirs = deadline.less(Duration::from_mins(1)).unwrap();
        assert!(theirs.left() <= Duration::from_mins(1) && !theirs.left().is_zero());
        assert_eq!(Deadline::after(Duration::ZERO).left(), Duration::ZERO);
        let none = deadline.less(Duration::from_mins(2)).unwrap_err();
        assert_eq!((none.code(), none.status().as_u16()), ("request.deadline", 504));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_read_and_nothing_panics(
            millis in any::<u64>(),
            noise in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let (_, value) = header(Duration::from_millis(millis));
            prop_assert_eq!(sent(value.as_bytes()), Some(Duration::from_millis(millis)));
            sent(&noise);
        }
    }
}
