//! Entity tags (RFC 9110 §8.8.3): an answer that did not change is not sent again.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use warifu_service::Problem;

/// A cache may keep the answer but must ask whether there is a newer one: a revocation counts at
/// once.
const ALWAYS_ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// The body with its tag, or 304 if the client has it already.
pub(super) fn tagged(
    request: &HeaderMap,
    tag: &str,
    body: impl IntoResponse,
) -> Result<Response, Problem> {
    let tag = HeaderValue::from_str(&format!("\"{tag}\""));
    let tag = tag.map_err(|error| Problem::internal(&error))?;
    let is_known = names(request, &tag);
    let common = [(header::ETAG, tag), (header::CACHE_CONTROL, ALWAYS_ASK)];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((common, body).into_response())
}

/// RFC 9110 §13.1.2.
pub(super) fn names(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let wanted =
        request.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = wanted.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_of_tags() {
        let tag = HeaderValue::from_static("\"cards-7\"");
        for (line, expected) in [
            ("\"cards-7\"", true),
            ("W/\"cards-7\"", true),
            ("\"a\", \"cards-7\"", true),
            ("*", true),
            ("\"cards-77\"", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(line));
            assert_eq!(names(&headers, &tag), expected, "{line}");
        }
    }
}
