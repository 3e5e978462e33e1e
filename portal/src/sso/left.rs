//! The mark of a browser in which somebody signed out: the next to sign in there shows a card,
//! even while the identity provider still remembers the one who left.

use axum::http::HeaderMap;

use super::browser::cookies;

const NAME: &str = "__Host-left";

/// Leaves the mark, for as long as an identity provider may remember.
pub const MARK: &str = "__Host-left=1; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax";
/// Takes it away.
pub const CLEAR: &str = "__Host-left=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";

/// Whether somebody signed out in the browser that sent these headers.
pub fn is_marked(headers: &HeaderMap) -> bool {
    cookies(headers, NAME).any(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn only_the_own_mark_counts() {
        let sent = |cookie: &str| HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())]);
        assert!(is_marked(&sent("lang=ja; __Host-left=1")));
        assert!(!is_marked(&sent("__Host-left=; x__Host-left=1")));
        assert!(!is_marked(&HeaderMap::new()));
    }
}
