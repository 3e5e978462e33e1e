//! What every page shares: the frame around it, the error page, the assets.

pub mod display;
pub mod furigana;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use ring::digest;

use crate::problem::{Problem, ProblemDocument};
use crate::words::{Language, Voice};

/// The strict policy of a page without script: own styles, own images, own forms.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The content security policy of the pages made here.
pub fn page_policy() -> HeaderValue {
    HeaderValue::from_static(PAGE_POLICY)
}

/// What the shared frame (`layout.html`) needs of a page.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    voice: Voice<'a>,
    switch: Option<String>,
    furigana: Option<Switch>,
    classes: &'static str,
}

/// The way to this page with readings, or without.
#[derive(Debug, Clone)]
struct Switch {
    href: String,
    key: &'static str,
}

impl<'a> Page<'a> {
    /// A page in that voice, which cannot be asked for again.
    pub fn new(voice: Voice<'a>) -> Self {
        Self { voice, switch: None, furigana: None, classes: "" }
    }

    /// The page at `uri`, where it can be had in the other language too.
    #[must_use]
    pub fn at(self, uri: &Uri) -> Self {
        let switch = switch_href(uri, self.voice.language.other());
        Self { switch: Some(switch), ..self }
    }

    /// The page at `uri` with a switch for readings, where its language has any; they are `on` now.
    #[must_use]
    pub fn offering_furigana(self, uri: &Uri, on: bool) -> Self {
        let (value, key) =
            if on { ("off", "frame-furigana-off") } else { ("on", "frame-furigana-on") };
        let switch = Switch { href: href_with(uri, display::FURIGANA, value), key };
        Self { furigana: Some(switch).filter(|_| self.voice.language == Language::Ja), ..self }
    }

    /// The page with these classes at its root: how its reader wants it to look.
    #[must_use]
    pub fn dressed(self, classes: &'static str) -> Self {
        Self { classes, ..self }
    }

    /// The classes at its root.
    pub fn classes(&self) -> &'static str {
        self.classes
    }

    /// The voice of this page.
    pub fn voice(&self) -> Voice<'a> {
        self.voice
    }

    /// `ja` or `en`.
    pub fn lang(&self) -> &'static str {
        self.voice.language.tag()
    }

    /// The other one.
    pub fn other_lang(&self) -> &'static str {
        self.voice.language.other().tag()
    }

    /// The sentence under `key`.
    pub fn say(&self, key: &str) -> String {
        self.voice.say(key)
    }

    /// Where to turn, by [`Voice::turn`].
    pub fn turn(&self, key: &str) -> String {
        self.voice.turn(key)
    }

    /// This page in the other language; none where it cannot be asked for again.
    pub fn switch_href(&self) -> Option<&str> {
        self.switch.as_deref()
    }

    /// Where this page has readings or has them no more, and the key of the words for it; none where
    /// that is not chosen here.
    pub fn furigana_switch(&self) -> Option<(&str, &'static str)> {
        self.furigana.as_ref().map(|switch| (switch.href.as_str(), switch.key))
    }
}

/// The path and query of `uri`, with `lang` set to `language`.
fn switch_href(uri: &Uri, language: Language) -> String {
    href_with(uri, "lang", language.tag())
}

/// The path and query of `uri`, with `name` set to `value`.
fn href_with(uri: &Uri, name: &str, value: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let same = |pair: &str| pair.split('=').next() == Some(name);
    let mut query: Vec<_> =
        kept.filter(|pair| !pair.is_empty() && !same(pair)).map(str::to_owned).collect();
    query.push(format!("{name}={value}"));
    format!("{}?{}", uri.path(), query.join("&"))
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    page: Page<'a>,
    title: &'a str,
    advice: &'a str,
    code: &'a str,
    request_id: Option<&'a str>,
    back: &'a str,
}

/// The page for a problem; none where the party has no pages (no `site-name` among its words).
pub fn error_page(document: &ProblemDocument, voice: Voice<'_>) -> Option<String> {
    if !voice.knows("site-name") {
        return None;
    }
    let page = ErrorPage {
        page: Page::new(voice).at(&Uri::from_static("/")),
        title: &document.title,
        advice: &document.advice.person,
        code: document.code,
        request_id: document.instance.rsplit(':').next(),
        back: "/",
    };
    page.render().ok()
}

/// One embedded file: its name and its bytes.
pub type AssetFile = (&'static str, &'static [u8]);

/// The files of the shared look.
const SHARED: [AssetFile; 5] = [
    ("tokens.css", include_bytes!("../assets/tokens.css")),
    ("base.css", include_bytes!("../assets/base.css")),
    ("parts.css", include_bytes!("../assets/parts.css")),
    ("print.css", include_bytes!("../assets/print.css")),
    ("mark.svg", include_bytes!("../assets/mark.svg")),
];

struct Asset {
    bytes: &'static [u8],
    kind: &'static str,
    tag: HeaderValue,
}

/// `GET /assets/{name}`: the shared look and a party's own `files`, with an ETag each.
pub fn assets(files: &[AssetFile]) -> Router {
    let all: BTreeMap<&'static str, Asset> = SHARED
        .iter()
        .chain(files)
        .filter_map(|(name, bytes)| {
            let hash = digest::digest(&digest::SHA256, bytes);
            let short = HEXLOWER.encode(hash.as_ref().get(..8)?);
            let tag = HeaderValue::from_str(&format!("\"{short}\"")).ok()?;
            Some((*name, Asset { bytes, kind: kind_of(name), tag }))
        })
        .collect();
    Router::new().route("/assets/{name}", get(asset)).with_state(Arc::new(all))
}

async fn asset(
    State(all): State<Arc<BTreeMap<&'static str, Asset>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(asset) = all.get(name.as_str()) else {
        return Problem::new(StatusCode::NOT_FOUND, "request.unknown-path").into_response();
    };
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&asset.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.kind)], asset.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, asset.tag.clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_the_rest_of_the_address() {
        let uri = Uri::from_static("/desk?day=2026-11-20&lang=ja&x=1");
        assert_eq!(switch_href(&uri, Language::En), "/desk?day=2026-11-20&x=1&lang=en");
        assert_eq!(switch_href(&Uri::from_static("/"), Language::Ja), "/?lang=ja");
        let uri = Uri::from_static("/login?tx=1&furigana=on&lang=ja");
        assert_eq!(href_with(&uri, "furigana", "off"), "/login?tx=1&lang=ja&furigana=off");
    }
}
