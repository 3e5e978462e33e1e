//! What every page shares: the frame around it, the error page, the assets.

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
use crate::words::{Language, Voice, Words};

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
    switch: String,
    classes: &'static str,
}

impl<'a> Page<'a> {
    /// The page at `uri`, in that voice.
    pub fn new(voice: Voice<'a>, uri: &Uri) -> Self {
        Self { voice, switch: switch_href(uri, voice.language.other()), classes: "" }
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

    /// This page in the other language.
    pub fn switch_href(&self) -> &str {
        &self.switch
    }
}

/// The path and query of `uri`, with `lang` set to `language`.
fn switch_href(uri: &Uri, language: Language) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<_> = kept
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .map(str::to_owned)
        .collect();
    query.push(format!("lang={}", language.tag()));
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
pub fn error_page(document: &ProblemDocument, language: Language, words: &Words) -> Option<String> {
    let voice = words.in_(language);
    if !voice.knows("site-name") {
        return None;
    }
    let page = ErrorPage {
        page: Page::new(voice, &Uri::from_static("/")),
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
    }
}
