//! The page of our own to which a sign-in leads.

use axum::http::Method;
use axum::http::request::Parts;

/// Longer addresses are not kept.
const LONGEST: usize = 256;

/// Path and query of a page of ours: never another site's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnPage(String);

impl OwnPage {
    /// The page that was asked for, where it can be asked for again.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let page = parts.uri.path_and_query().filter(|_| parts.method == Method::GET)?;
        Self::parse(page.as_str())
    }

    /// Browsers take `//` and `/\` at the beginning for another host (WHATWG URL §4.4).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let is_own = !rest.starts_with(['/', '\\']);
        let is_plain = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_own && is_plain).then(|| Self(text.to_owned()))
    }

    /// What goes into `Location`.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_other_site_is_a_page_of_ours() {
        for page in ["/", "/cards", "/admin/refusals?hours=1&code=x.y", "/cards?to=//evil.example"]
        {
            assert_eq!(OwnPage::parse(page).unwrap().as_str(), page);
        }
        let long = format!("/{}", "x".repeat(LONGEST));
        for other in [
            "",
            "cards",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            &long,
        ] {
            assert_eq!(OwnPage::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_on_our_site(text in "\\PC{0,40}|[/\\\\a-z.:?]{0,12}") {
            if let Some(page) = OwnPage::parse(&text) {
                let ours = url::Url::parse("https://idp.example/login").unwrap();
                let led = ours.join(page.as_str()).unwrap();
                prop_assert_eq!(led.origin(), ours.origin());
            }
        }
    }
}
