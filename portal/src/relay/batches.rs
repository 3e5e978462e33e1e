//! What the portal asks of the relay about files of checks: sent as they come from the browser,
//! handed back as they come from the relay.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use jiff::civil::Date;
use reqwest::{Body, Method, Response};
use serde_json::json;
use warifu_contract::batch::{BatchJob, BatchList, BatchPreview};

use super::{Access, Relay, RelayError, checked, read};

/// The longest that a file may take, either way.
const LONG_PATIENCE: Duration = Duration::from_hours(1);

/// What a desk does about a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steer {
    /// Start it.
    Start,
    /// Stop it for a while.
    Pause,
    /// Let it go on.
    Resume,
    /// Give it up.
    Cancel,
    /// Check its lines once more, for the end of the month.
    Recheck,
}

impl Steer {
    /// Its name in addresses, here and at the relay.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Recheck => "recheck",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Start, Self::Pause, Self::Resume, Self::Cancel, Self::Recheck];
        all.into_iter().find(|one| one.name() == name)
    }
}

impl Relay {
    /// The jobs of the desk's organisation, newest first.
    pub async fn batches(&self, access: &Access) -> Result<BatchList, RelayError> {
        let call = self.call(access, Method::GET, "batches");
        read(checked(call.send().await?)?).await
    }

    /// One of them.
    pub async fn batch(&self, access: &Access, id: &str) -> Result<BatchJob, RelayError> {
        let call = self.call(access, Method::GET, &format!("batches/{id}"));
        read(checked(call.send().await?)?).await
    }

    /// What the file of one looks like that is not started.
    pub async fn batch_preview(
        &self,
        access: &Access,
        id: &str,
    ) -> Result<BatchPreview, RelayError> {
        let call = self.call(access, Method::GET, &format!("batches/{id}/preview"));
        read(checked(call.send().await?)?).await
    }

    /// Sends a file, called `name`, for lines that name no day of their own, to be looked over and
    /// then started.
    pub async fn send_batch<E>(
        &self,
        access: &Access,
        (name, day): (&str, Option<Date>),
        file: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<BatchJob, RelayError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let mut query = vec![("name", name.to_owned()), ("start", false.to_string())];
        query.extend(day.map(|day| ("target_date", day.to_string())));
        let call = self.long_call(access, Method::POST, "batches", LONG_PATIENCE).query(&query);
        read(checked(call.body(Body::wrap_stream(file)).send().await?)?).await
    }

    /// Steers the job `id`; gives it as it is then.
    pub async fn steer_batch(
        &self,
        access: &Access,
        (id, steer): (&str, Steer),
    ) -> Result<BatchJob, RelayError> {
        let at = format!("batches/{id}/{}", steer.name());
        let call = self.call(access, Method::POST, &at);
        let call = call.json(&json!({}));
        read(checked(call.send().await?)?).await
    }

    /// The answers of the job `id`, as they come: `only` is `all`, `changes` or `errors`.
    pub async fn batch_result(
        &self,
        access: &Access,
        (id, only): (&str, &str),
    ) -> Result<Response, RelayError> {
        let at = format!("batches/{id}/result");
        let call = self.long_call(access, Method::GET, &at, LONG_PATIENCE);
        checked(call.query(&[("only", only)]).send().await?)
    }
}
