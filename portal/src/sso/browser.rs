//! The cookie that ties a sign-in to the browser in which it began.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::shared::Shared;

const NAME: &str = "__Host-request";
/// Characters of a token: 256 bits in base64url.
const LENGTH: usize = 43;

/// A browser, known by a random value that only it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser(String);

impl Browser {
    /// The browser that sent these headers, if it has begun a sign-in before.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let found = cookies(headers, NAME).find(|value| value.len() == LENGTH);
        found.map(|value| Self(value.to_owned()))
    }

    /// A browser not seen before.
    pub fn new(app: &Shared) -> Self {
        Self(app.surroundings.token())
    }

    /// How the database knows it.
    pub fn key(&self, app: &Shared) -> Vec<u8> {
        app.keys.lookup("browser", self.0.as_bytes()).to_vec()
    }

    /// The header that (again) gives the browser its cookie.
    pub fn cookie(&self) -> Option<HeaderValue> {
        let value = &self.0;
        let cookie = format!("{NAME}={value}; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax");
        HeaderValue::from_str(&cookie).ok()
    }
}

/// The values of the cookies of that name which came along.
pub fn cookies<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(move |(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn the_browser_is_found_among_other_cookies() {
        let token = "a".repeat(LENGTH);
        let found = Browser::of(&headers(&format!("lang=ja; {NAME}={token}; x=y")));
        assert_eq!(found, Some(Browser(token)));
        assert_eq!(Browser::of(&headers("__Host-request=short")), None);
        assert_eq!(Browser::of(&HeaderMap::new()), None);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let cookie = Browser("t".repeat(LENGTH)).cookie().unwrap();
        for word in ["__Host-request=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.to_str().unwrap().contains(word), "{word}");
        }
    }
}
