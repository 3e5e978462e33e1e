//! The certificates of the root and of the authorities.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use warifu_pki::Certificate;
use warifu_service::Problem;

use super::tag::tagged;
use crate::Ca;

pub(super) const ROOT: &str = "/ca.pem";
pub(super) const AUTHORITIES: &str = "/authorities.pem";
pub(super) const CERTIFICATE: &str = "/{file}";
const ROOT_DER: &str = "ca.cer";
const PEM: &str = "application/pem-certificate-chain";

/// The root's certificate.
#[utoipa::path(
    get,
    path = ROOT,
    responses((status = 200, content_type = PEM,
               description = "The certificate in which all trust begins, PEM"))
)]
pub(super) async fn root(State(ca): State<Ca>) -> Response {
    ([(header::CONTENT_TYPE, PEM)], ca.root().pem()).into_response()
}

/// The certificates of all issuing authorities, in use or announced. Those who fetch them believe
/// the ones that the root signed.
#[utoipa::path(
    get,
    path = AUTHORITIES,
    responses(
        (status = 200, description = "PEM, one after the other", content_type = PEM),
        (status = 304, description = "They are those that If-None-Match names"),
    )
)]
pub(super) async fn authorities(
    State(ca): State<Ca>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let certificates = ca.issuers();
    let tag: Vec<_> = certificates.iter().map(Certificate::serial_hex).collect();
    let pem: String = certificates.iter().map(Certificate::pem).collect();
    tagged(&headers, &tag.join("."), ([(header::CONTENT_TYPE, PEM)], pem))
}

/// The certificate of an authority, as `cards-1.cer`, or of the root, as `ca.cer`.
#[utoipa::path(
    get,
    path = CERTIFICATE,
    params(("file" = String, Path, description = "Authority, hyphen, generation, `.cer`")),
    responses(
        (status = 200, description = "DER", content_type = "application/pkix-cert"),
        (status = 404, description = "request.unknown-path: there is no such authority"),
    )
)]
pub(super) async fn certificate(
    State(ca): State<Ca>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    if file == ROOT_DER {
        return Ok(der(ca.root()));
    }
    let authorities = ca.authorities();
    let stem = file.strip_suffix(".cer");
    let mut issuing = authorities.issuing.iter();
    let found = issuing.find(|one| Some(one.entry.stem().as_str()) == stem).ok_or_else(no_file)?;
    Ok(der(found.authority.certificate()))
}

pub(super) fn no_file() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "request.unknown-path")
}

fn der(certificate: &Certificate) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/pkix-cert")];
    (kind, certificate.der().to_vec()).into_response()
}
