//! What the head of a request must look like. Exact comparisons only: no prefixes, no suffixes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, header};

use super::Refusal;
use crate::idp::IdentityProvider;

const FETCH_SITE: &str = "sec-fetch-site";
const FETCH_MODE: &str = "sec-fetch-mode";
const FETCH_DEST: &str = "sec-fetch-dest";

/// One TCP connection to the agent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// Who connected.
    pub(crate) peer: SocketAddr,
    /// The port of ours it came in by.
    pub(crate) port: u16,
}

/// The door of every route: the peer is on this computer and called us by one of our names.
pub(crate) fn knows_host(connection: Connection, headers: &HeaderMap) -> Result<(), Refusal> {
    if !connection.peer.ip().to_canonical().is_loopback() {
        return Err(Refusal::Peer);
    }
    let host = only(headers, header::HOST.as_str()).ok_or(Refusal::Host)?;
    let ours = ["127.0.0.1", "localhost", "[::1]"];
    if ours.iter().any(|name| host == format!("{name}:{}", connection.port)) {
        Ok(())
    } else {
        Err(Refusal::Host)
    }
}

/// The configured identity provider that the one `Origin` header names byte for byte.
pub(super) fn trusted_origin(
    headers: &HeaderMap,
    providers: &[Arc<IdentityProvider>],
) -> Result<Arc<IdentityProvider>, Refusal> {
    let origin = only(headers, header::ORIGIN.as_str()).ok_or(Refusal::Origin)?;
    let known = providers.iter().find(|provider| provider.origin == origin);
    known.cloned().ok_or(Refusal::Origin)
}

/// Fetch metadata, where the browser sends it, must be that of a script's CORS request
/// (W3C Fetch Metadata §2): not a navigation, not `no-cors`, not an image or a frame.
pub(super) fn check_fetch_metadata(headers: &HeaderMap) -> Result<(), Refusal> {
    let allowed = [
        (FETCH_SITE, ["cross-site", "same-site"].as_slice()),
        (FETCH_MODE, ["cors"].as_slice()),
        (FETCH_DEST, ["empty"].as_slice()),
    ];
    let passes = |(name, values): &(&str, &[&str])| {
        !headers.contains_key(*name) || only(headers, name).is_some_and(|is| values.contains(&is))
    };
    if allowed.iter().all(passes) { Ok(()) } else { Err(Refusal::FetchMetadata) }
}

/// `application/json`, which a page of another origin cannot send without a preflight.
pub(super) fn check_json(headers: &HeaderMap) -> Result<(), Refusal> {
    if is_json(headers) { Ok(()) } else { Err(Refusal::ContentType) }
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    only(headers, header::CONTENT_TYPE.as_str()).is_some_and(|value| {
        let media_type = value.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/json")
    })
}

/// Whether a request for one of our own pages may be answered: another site may lead the person
/// here by a link, but may not embed, read or fetch what is here.
pub(crate) fn may_be_own_page(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(header::ORIGIN) && !is_own_origin(headers) {
        return Err(Refusal::Origin);
    }
    let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
    let is_link = method == Method::GET
        && only(headers, FETCH_MODE) == Some("navigate")
        && only(headers, FETCH_DEST) == Some("document");
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) if is_link => Ok(()),
        Some(_) => Err(Refusal::FetchMetadata),
    }
}

/// Whether the one `Origin` header names exactly the host that this request was sent to.
pub(crate) fn is_own_origin(headers: &HeaderMap) -> bool {
    match (only(headers, header::ORIGIN.as_str()), only(headers, header::HOST.as_str())) {
        (Some(origin), Some(host)) => origin.strip_prefix("http://") == Some(host),
        _ => false,
    }
}

/// The value of a header that stands exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;
    use std::str::FromStr;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let parse = |(name, value): &(&str, &str)| {
            (HeaderName::from_str(name).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let mut map = HeaderMap::new();
        for (name, value) in lines.iter().map(parse) {
            map.append(name, value);
        }
        map
    }

    fn from(peer: &str) -> Connection {
        Connection { peer: peer.parse().unwrap(), port: 8447 }
    }

    #[test]
    fn only_this_computer_by_our_names() {
        for host in ["127.0.0.1:8447", "localhost:8447", "[::1]:8447"] {
            assert_eq!(knows_host(from("[::1]:5"), &headers(&[("host", host)])), Ok(()));
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1.evil.example:8447",
            "LOCALHOST:8447",
            "127.1:8447",
            "evil:8447",
        ] {
            let refused = knows_host(from("127.0.0.1:5"), &headers(&[("host", host)]));
            assert_eq!(refused, Err(Refusal::Host), "{host}");
        }
        let twice = headers(&[("host", "localhost:8447"), ("host", "localhost:8447")]);
        assert_eq!(knows_host(from("127.0.0.1:5"), &twice), Err(Refusal::Host));
    }

    #[test]
    fn other_computers_are_refused_even_by_a_mapped_address() {
        let host = headers(&[("host", "localhost:8447")]);
        assert_eq!(knows_host(from("192.0.2.1:5"), &host), Err(Refusal::Peer));
        assert_eq!(knows_host(from("[::ffff:192.0.2.1]:5"), &host), Err(Refusal::Peer));
        assert_eq!(knows_host(from("[::ffff:127.0.0.1]:5"), &host), Ok(()));
    }

    #[test]
    fn fetch_metadata_must_be_a_scripts_or_absent() {
        assert_eq!(check_fetch_metadata(&headers(&[])), Ok(()));
        let script = [(FETCH_SITE, "cross-site"), (FETCH_MODE, "cors"), (FETCH_DEST, "empty")];
        assert_eq!(check_fetch_metadata(&headers(&script)), Ok(()));
        for wrong in [(FETCH_MODE, "navigate"), (FETCH_MODE, "no-cors"), (FETCH_SITE, "none")] {
            assert_eq!(check_fetch_metadata(&headers(&[wrong])), Err(Refusal::FetchMetadata));
        }
    }

    #[test]
    fn own_pages_open_to_links_but_not_to_embedding() {
        let link = [(FETCH_SITE, "cross-site"), (FETCH_MODE, "navigate"), (FETCH_DEST, "document")];
        let frame = [(FETCH_SITE, "cross-site"), (FETCH_MODE, "navigate"), (FETCH_DEST, "iframe")];
        let image = [(FETCH_SITE, "cross-site"), (FETCH_MODE, "no-cors"), (FETCH_DEST, "image")];
        assert_eq!(may_be_own_page(&Method::GET, &headers(&link)), Ok(()));
        assert_eq!(may_be_own_page(&Method::POST, &headers(&link)), Err(Refusal::FetchMetadata));
        assert_eq!(may_be_own_page(&Method::GET, &headers(&frame)), Err(Refusal::FetchMetadata));
        assert_eq!(may_be_own_page(&Method::GET, &headers(&image)), Err(Refusal::FetchMetadata));
        assert_eq!(may_be_own_page(&Method::GET, &headers(&[])), Ok(()));
        let foreign = [("host", "localhost:8447"), ("origin", "https://evil.example")];
        assert_eq!(may_be_own_page(&Method::GET, &headers(&foreign)), Err(Refusal::Origin));
    }

    #[test]
    fn own_origin_is_the_host_that_was_called() {
        let own = headers(&[("host", "localhost:8447"), ("origin", "http://localhost:8447")]);
        assert!(is_own_origin(&own));
        let other = headers(&[("host", "localhost:8447"), ("origin", "http://127.0.0.1:8447")]);
        assert!(!is_own_origin(&other));
    }

    #[test]
    fn json_is_json_whatever_its_parameters() {
        assert!(is_json(&headers(&[("content-type", "application/json; charset=utf-8")])));
        assert!(!is_json(&headers(&[("content-type", "text/plain")])));
        assert!(!is_json(&headers(&[("content-type", "application/json-patch+json")])));
        assert!(!is_json(&headers(&[])));
    }
}
