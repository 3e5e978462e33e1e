//! HTTP by hand, so that requests can be as wrong as an attacker's; and the page's side of a
//! stream of events.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::bench::Bench;

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, with the head as it came but for its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: Vec<String>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.iter().find_map(|line| line.strip_prefix(&prefix))
    }
}

/// A request in the making.
pub struct Wire {
    address: SocketAddr,
    start: String,
    head: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Wire {
    pub fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let head = vec![("host".into(), address.to_string())];
        Self { address, start: format!("{method} {path} HTTP/1.1"), head, body: Vec::new() }
    }

    /// `POST /v1/authenticate` as the identity provider's page sends it.
    pub fn authenticate(bench: &Bench, body: impl Into<Vec<u8>>) -> Self {
        Self::ask(bench, "/v1/authenticate", body)
    }

    /// `POST` to one of the agent's routes as the identity provider's page sends it.
    pub fn ask(bench: &Bench, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(bench.address, "POST", path)
            .with("origin", &bench.idp.origin)
            .with("content-type", "application/json")
            .with("sec-fetch-site", "cross-site")
            .with("sec-fetch-mode", "cors")
            .with("sec-fetch-dest", "empty")
            .body(body)
    }

    /// One more header line, even if there is one of this name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.head.push((name.into(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.head.retain(|(known, _)| known != name);
        self
    }

    /// This value and no other.
    pub fn only(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.start);
        for (name, value) in &self.head {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.extend(["content-length: ", &self.body.len().to_string(), "\r\n\r\n"]);
        [text.as_bytes(), &self.body].concat()
    }

    async fn open(&self, head_only: bool) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let bytes = self.bytes();
        let end = if head_only { bytes.len() - self.body.len() } else { bytes.len() };
        stream.write_all(&bytes[..end]).await.unwrap();
        stream
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Answer {
        read(self.with("connection", "close").open(false).await).await
    }

    /// Sends only the head, and reads what comes of it.
    pub async fn send_without_body(self) -> Answer {
        read(self.with("connection", "close").open(true).await).await
    }

    /// Sends it and listens to the events, which must be let in.
    pub async fn listen(self) -> Page {
        let mut page = Page { stream: BufReader::new(self.open(false).await) };
        let status = page.raw_line().await.unwrap();
        assert!(status.contains("200"), "{status}");
        while !page.raw_line().await.unwrap().is_empty() {}
        page
    }
}

async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.split("\r\n").map(str::to_owned);
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let head = lines.filter(|line| !line.starts_with("date: ")).collect();
    Answer { status, head, body: body.to_owned() }
}

/// The page's end of a stream of events. Dropping it is closing the page.
pub struct Page {
    stream: BufReader<TcpStream>,
}

impl Page {
    /// The next event; `None` after the last.
    pub async fn event(&mut self) -> Option<Value> {
        let size = self.raw_line().await?;
        let size = usize::from_str_radix(&size, 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).await.unwrap();
        (size > 0).then(|| serde_json::from_slice(&chunk[..size]).unwrap())
    }

    /// All events to the end.
    pub async fn events(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.event().await {
            events.push(event);
        }
        events
    }

    async fn raw_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let reading = self.stream.read_line(&mut line);
        let count = tokio::time::timeout(PATIENCE, reading).await.expect("a line in time").unwrap();
        (count > 0).then(|| line.trim_end().to_owned())
    }
}
