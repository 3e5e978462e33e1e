//! A browser's tab at one server: a kept connection, and the cookies that the server sets.

use anyhow::{Context as _, ensure};
use hyper::header::{ACCEPT, COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Request, StatusCode, Uri};

use super::wire::{Answer, Place, Wire};

/// A tab.
pub struct Tab {
    wire: Wire,
    cookies: Cookies,
}

/// The cookies, and the line that they make.
#[derive(Default)]
struct Cookies {
    pairs: Vec<(String, String)>,
    line: Option<HeaderValue>,
}

impl Tab {
    /// A new one at that server.
    pub fn new(place: Place) -> Self {
        Self { wire: Wire::new(place), cookies: Cookies::default() }
    }

    /// Drops every cookie.
    pub fn forget(&mut self) {
        self.cookies = Cookies::default();
    }

    /// Asks for a page by its path.
    pub async fn get(&mut self, uri: Uri) -> anyhow::Result<Answer> {
        self.send(get(uri)).await
    }

    /// Sends a request, whose address is a path, with the cookies that there are, and keeps those
    /// of the answer.
    pub async fn send(&mut self, mut call: Request<String>) -> anyhow::Result<Answer> {
        if let Some(line) = &self.cookies.line {
            call.headers_mut().insert(COOKIE, line.clone());
        }
        let answer = self.wire.send(call).await?;
        self.cookies.take(&answer.headers)?;
        Ok(answer)
    }
}

impl Cookies {
    /// Keeps what an answer sets.
    fn take(&mut self, headers: &HeaderMap) -> anyhow::Result<()> {
        for line in headers.get_all(SET_COOKIE) {
            let cookie = line.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').context("not a cookie")?;
            self.pairs.retain(|(known, _)| known != name);
            self.pairs.push((name.to_owned(), value.to_owned()));
            let pairs: Vec<_> = self.pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            self.line = Some(HeaderValue::from_str(&pairs.join("; "))?);
        }
        Ok(())
    }
}

/// The request for a page by its path.
pub fn get(uri: Uri) -> Request<String> {
    let mut call = Request::new(String::new());
    *call.uri_mut() = uri;
    call.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/html"));
    call
}

/// A page, strictly: to read it leniently would cost the load more than to fetch it.
pub fn text(page: &Answer) -> anyhow::Result<&str> {
    Ok(std::str::from_utf8(&page.body)?)
}

/// Where a redirect leads.
pub fn location(answer: &Answer) -> anyhow::Result<Uri> {
    ensure!(answer.status == StatusCode::SEE_OTHER, "no redirect but {}", answer.status);
    Ok(answer.headers.get(LOCATION).context("a redirect to nowhere")?.to_str()?.parse()?)
}
