//! The relay as a system of an organisation reaches it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::StreamExt as _;
use jiff::civil::Date;
use reqwest::{Body, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;
use warifu_contract::batch::BatchJob;
use warifu_service::tls::{self, ClientConfig};

/// The longest that an upload or a result may take.
const PATIENCE: Duration = Duration::from_hours(1);

/// What the configuration file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemFile {
    /// The relay's address, e.g. `https://relay.example.jp:8445`.
    pub url: String,
    /// The CA that it is trusted by, and the system's own certificate.
    pub tls: ClientConfig,
}

/// The relay.
#[derive(Debug)]
pub struct Relay {
    http: reqwest::Client,
    url: String,
}

impl Relay {
    /// Prepares the client.
    pub fn new(file: &SystemFile) -> anyhow::Result<Self> {
        let http = tls::client(&file.tls, PATIENCE)?;
        Ok(Self { http, url: file.url.trim_end_matches('/').to_owned() })
    }

    /// One check.
    pub async fn check(&self, question: &Value) -> anyhow::Result<Value> {
        let call = self.http.post(format!("{}/eligibility", self.url)).json(question);
        Ok(taken(call.send().await?).await?.json().await?)
    }

    /// Sends a file, as it is read. The same file gives the same job.
    pub async fn send(&self, file: &Path, day: Option<Date>) -> anyhow::Result<BatchJob> {
        let opened = tokio::fs::File::open(file).await;
        let opened = opened.with_context(|| format!("{} cannot be read", file.display()))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut query = vec![("name", name.unwrap_or_default())];
        query.extend(day.map(|day| ("target_date", day.to_string())));
        let call = self.http.post(format!("{}/batches", self.url)).query(&query);
        let body = Body::wrap_stream(ReaderStream::with_capacity(opened, 256 * 1024));
        Ok(taken(call.body(body).send().await?).await?.json().await?)
    }

    /// How the job stands.
    pub async fn job(&self, id: &str) -> anyhow::Result<BatchJob> {
        let call = self.http.get(format!("{}/batches/{id}", self.url));
        Ok(taken(call.send().await?).await?.json().await?)
    }

    /// Checks the lines of a job once more, for the end of the month or for that day.
    pub async fn recheck(&self, id: &str, day: Option<Date>) -> anyhow::Result<BatchJob> {
        let call = self.http.post(format!("{}/batches/{id}/recheck", self.url));
        let call = call.json(&json!({ "target_date": day }));
        Ok(taken(call.send().await?).await?.json().await?)
    }

    /// Writes the answers of a job into a file, which is there when it is whole.
    pub async fn fetch(&self, id: &str, only: &str, file: &Path) -> anyhow::Result<()> {
        let call = self.http.get(format!("{}/batches/{id}/result", self.url));
        let answer = taken(call.query(&[("only", only)]).send().await?).await?;
        let part = file.with_added_extension("part");
        let mut sink = tokio::fs::File::create(&part).await?;
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            sink.write_all(&piece?).await?;
        }
        sink.sync_all().await?;
        Ok(tokio::fs::rename(&part, file).await?)
    }
}

/// The answer, or what the relay says is wrong.
async fn taken(answer: Response) -> anyhow::Result<Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let problem: Value = answer.json().await.unwrap_or_default();
    let word = |path: &str| problem.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let (code, title, advice) = (word("/code"), word("/title"), word("/advice/engineer"));
    bail!("the relay refuses: {title} ({code}, {status}). {advice}")
}
