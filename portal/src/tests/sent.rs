//! Files that a browser sends in a form without script, and what the relay was asked because of them.

use axum::body::Body;
use axum::http::{Method, header};
use axum::response::Response;

use super::rig::{Browser, Rig};

const BOUNDARY: &str = "----of-the-test";

/// What a browser sends for a form of these fields and a file (name, content).
pub fn form(fields: &[(&str, &str)], (name, file): (&str, &str)) -> String {
    let part = |(field, value): &(&str, &str)| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
        )
    };
    let fields: String = fields.iter().map(part).collect();
    format!(
        "{fields}--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; \
         filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n{}",
        end()
    )
}

/// What stands behind the last part.
pub fn end() -> String {
    format!("--{BOUNDARY}--\r\n")
}

/// Sends a form to `path`.
pub async fn send(browser: &mut Browser<'_>, path: &str, body: String) -> Response<Body> {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    post(browser, path, body, &kind).await
}

/// Posts a body of that kind to `path`, as a page of the portal does.
pub async fn post(
    browser: &mut Browser<'_>,
    path: &str,
    body: impl Into<Body>,
    kind: &str,
) -> Response<Body> {
    let request = browser
        .request(Method::POST, path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, kind);
    browser.send(request.body(body.into()).unwrap()).await
}

/// What the relay was asked about `what`, in order.
pub fn asked(rig: &Rig, what: &str) -> Vec<String> {
    let asked = rig.relay.asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with(what)).cloned().collect()
}
