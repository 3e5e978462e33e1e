//! What a browser shows of itself: the cookie that binds it to a sign-in on its way, and the one
//! of its session. The database knows only their hashes.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, HeaderValue};
use axum::http::request::Parts;
use jiff::SignedDuration;

use crate::store::{SecretHash, hash_of};

/// A secret of 256 bits has 43 characters of base64url.
const SECRET_LENGTH: usize = 43;

/// The cookies, each for this host alone, over TLS alone, out of reach of scripts, and sent along
/// when a service provider's page leads here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Binds the sign-ins and logouts on their way.
    Login,
    /// The session.
    Session,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Login => "__Host-login",
            Self::Session => "__Host-session",
        }
    }

    /// The header that sets it, for so long; `None`: until the browser is closed.
    pub(crate) fn set(self, secret: &str, lasts: Option<SignedDuration>) -> Option<HeaderValue> {
        let age = lasts.map_or_else(String::new, |d| format!("; Max-Age={}", d.as_secs()));
        let name = self.name();
        let line = format!("{name}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
        HeaderValue::from_str(&line).ok()
    }

    /// The header that takes it away.
    pub(crate) fn clear(self) -> Option<HeaderValue> {
        self.set("", Some(SignedDuration::ZERO))
    }
}

/// The secrets that a browser sent along.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    login: Option<String>,
    session: Option<String>,
}

impl Browser {
    /// The secret that binds the sign-ins and logouts on their way.
    pub(crate) fn login_secret(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// Its hash.
    pub(crate) fn login(&self) -> Option<SecretHash> {
        self.login.as_deref().map(hash_of)
    }

    /// The hash of the session's secret.
    pub(crate) fn session(&self) -> Option<SecretHash> {
        self.session.as_deref().map(hash_of)
    }
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut browser = Self::default();
        for (name, value) in lines.flat_map(|line| line.split(';')).filter_map(pair) {
            let slot = match name {
                "__Host-login" => &mut browser.login,
                "__Host-session" => &mut browser.session,
                _ => continue,
            };
            if slot.is_none() && is_secret(value) {
                *slot = Some(value.to_owned());
            }
        }
        Ok(browser)
    }
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.trim().split_once('=')
}

/// Whether `text` has the form of our secrets.
pub(crate) fn is_secret(text: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    text.len() == SECRET_LENGTH && text.bytes().all(safe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use proptest::prelude::*;

    async fn browser(cookies: &[&str]) -> Browser {
        let mut request = Request::builder();
        for line in cookies {
            request = request.header(COOKIE, *line);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(browser) = Browser::from_request_parts(&mut parts, &()).await;
        browser
    }

    #[tokio::test]
    async fn cookies_of_the_right_form_are_seen() {
        let (login, session) = ("a".repeat(43), "B-".to_owned() + &"_".repeat(41));
        let line = format!("lang=ja; __Host-login={login}; __Host-session={session}");
        let seen = browser(&[&line]).await;
        assert_eq!(seen.login_secret(), Some(login.as_str()));
        assert_eq!(seen.session(), Some(hash_of(&session)));
    }

    #[tokio::test]
    async fn anything_else_is_no_cookie() {
        for line in ["", "__Host-login", "__Host-login=", "__Host-login=short", "login=aaaa"] {
            assert_eq!(browser(&[line]).await.login(), None, "{line}");
        }
        let odd = format!("__Host-session={}", "é".repeat(43));
        assert_eq!(browser(&[&odd]).await.session(), None);
    }

    proptest! {
        #[test]
        fn any_cookie_header_is_read(line in prop::collection::vec(32_u8..=255, 0..200)) {
            let line = HeaderValue::from_bytes(&line).unwrap_or(HeaderValue::from_static(""));
            let request = Request::builder().header(COOKIE, line).body(()).unwrap();
            let (mut parts, ()) = request.into_parts();
            let read = futures::executor::block_on(Browser::from_request_parts(&mut parts, &()));
            let Ok(browser) = read;
            prop_assert!(browser.login_secret().is_none_or(is_secret));
        }
    }

    #[test]
    fn cookies_are_for_this_host_and_not_for_scripts() {
        let header = Cookie::Session.set("x", None).unwrap();
        assert_eq!(header, "__Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax");
        let header = Cookie::Login.clear().unwrap();
        assert_eq!(header, "__Host-login=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
