//! The witness over HTTP: `POST /add-checkpoint`, and its key.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use warifu_service::Problem;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::words::Words;

use super::{Refusal, Witness, WitnessError};

const JA: &str = include_str!("../../locales/ja/witness.ftl");
const EN: &str = include_str!("../../locales/en/witness.ftl");

impl Witness {
    /// Every route, with the limits that all servers have.
    pub fn router(&self) -> Result<Router, WitnessError> {
        let words = Arc::new(words()?);
        let router = Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .route("/key", get(key))
            .with_state(self.clone())
            .merge(health(Some(self.0.heads.database().clone())));
        Ok(finish(router, &self.0.surroundings, words, HttpLimits::default()))
    }
}

fn words() -> Result<Words, WitnessError> {
    Ok(Words::new(&[JA], &[EN])?)
}

async fn add_checkpoint(State(witness): State<Witness>, request: String) -> Response {
    match witness.cosign(&request).await {
        Ok(line) => line.into_response(),
        Err(refusal) => refused(&refusal),
    }
}

/// What verifies the cosignatures. It should be compared with one that came another way.
async fn key(State(witness): State<Witness>) -> String {
    format!("{}\n", witness.verifier())
}

/// The status codes are those of the specification.
fn refused(refusal: &Refusal) -> Response {
    let (status, code) = match refusal {
        Refusal::OtherSize(size) | Refusal::Fork(size) => return conflict(*size),
        Refusal::Malformed => (StatusCode::BAD_REQUEST, "witness.malformed"),
        Refusal::UnknownLog => (StatusCode::NOT_FOUND, "witness.unknown-log"),
        Refusal::Unsigned => (StatusCode::FORBIDDEN, "witness.unsigned"),
        Refusal::Inconsistent => (StatusCode::UNPROCESSABLE_ENTITY, "witness.inconsistent"),
        Refusal::Storage(_) | Refusal::Key(_) => return Problem::internal(refusal).into_response(),
    };
    Problem::new(status, code).caused_by(refusal).into_response()
}

/// The size that the proof should start from.
fn conflict(size: u64) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
    (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::words::lacking_advice;

    #[test]
    fn every_code_has_words_in_both_languages() {
        let codes = [
            "witness.malformed",
            "witness.unknown-log",
            "witness.unsigned",
            "witness.inconsistent",
        ];
        assert!(lacking_advice(&words().unwrap(), &codes).is_empty());
    }
}
