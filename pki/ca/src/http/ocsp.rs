//! OCSP over HTTP (RFC 6960, appendix A), with the caching of RFC 5019 §6.

use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::BASE64;
use jiff::Timestamp;
use warifu_pki::ocsp::{Failure, MAX_REQUEST};
use warifu_service::Problem;

use super::tag::names;
use crate::Ca;
use crate::ocsp::{LastingAnswer, OcspAnswer};

pub(super) const POST: &str = "/ocsp";
pub(super) const GET: &str = "/ocsp/{*request}";
const KIND: (HeaderName, HeaderValue) =
    (header::CONTENT_TYPE, HeaderValue::from_static("application/ocsp-response"));
const NO_STORE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// Asks for the state of certificates.
#[utoipa::path(
    post,
    path = POST,
    request_body(content = Vec<u8>, content_type = "application/ocsp-request",
                 description = "`OCSPRequest`, DER, at most 2 KiB and 8 certificates"),
    responses((status = 200, content_type = "application/ocsp-response",
               description = "`OCSPResponse`, DER; what goes wrong is said in it too"))
)]
pub(super) async fn post(
    State(ca): State<Ca>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let answer = match body {
        Ok(request) => ca.answer_ocsp(&request).await,
        Err(_) => OcspAnswer::Failed(Failure::MalformedRequest),
    };
    respond(&answer, &HeaderMap::new(), ca.now())
}

/// Asks for the state of certificates, in a form that caches understand.
#[utoipa::path(
    get,
    path = "/ocsp/{request}",
    params(("request" = String, Path, description = "`OCSPRequest`, DER, in base64")),
    responses(
        (status = 200, content_type = "application/ocsp-response",
         description = "`OCSPResponse`, DER; what goes wrong is said in it too"),
        (status = 304, description = "The answer that If-None-Match names is still good"),
    )
)]
pub(super) async fn get(
    State(ca): State<Ca>,
    Path(request): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_short = request.len() <= BASE64.encode_len(MAX_REQUEST);
    let answer = match BASE64.decode(request.as_bytes()) {
        Ok(request) if is_short => ca.answer_ocsp(&request).await,
        _ => OcspAnswer::Failed(Failure::MalformedRequest),
    };
    respond(&answer, &headers, ca.now())
}

fn respond(answer: &OcspAnswer, headers: &HeaderMap, now: Timestamp) -> Result<Response, Problem> {
    let OcspAnswer::Lasting(lasting) = answer else {
        return Ok(([KIND, NO_STORE], answer.response()).into_response());
    };
    let (tag, common) = validators(lasting, now).map_err(|error| Problem::internal(&error))?;
    if names(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((common, [KIND], lasting.response.clone()).into_response())
}

type Validators = [(HeaderName, HeaderValue); 4];

fn validators(
    answer: &LastingAnswer,
    now: Timestamp,
) -> Result<(HeaderValue, Validators), header::InvalidHeaderValue> {
    let left = answer.next_update.duration_since(now).as_secs().max(0);
    let caching = format!("max-age={left}, public, no-transform, must-revalidate");
    let tag = HeaderValue::from_str(&format!("\"{}\"", answer.digest))?;
    let headers = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_str(&caching)?),
        (header::LAST_MODIFIED, date(answer.this_update)?),
        (header::EXPIRES, date(answer.next_update)?),
    ];
    Ok((tag, headers))
}

/// RFC 9110 §5.6.7.
fn date(at: Timestamp) -> Result<HeaderValue, header::InvalidHeaderValue> {
    HeaderValue::from_str(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let at = "2026-11-20T09:05:01.7Z".parse().unwrap();
        assert_eq!(date(at).unwrap(), "Fri, 20 Nov 2026 09:05:01 GMT");
    }
}
