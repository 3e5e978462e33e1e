//! What the portal asks of the relay for insurers that deposit: files sent as they come from the
//! browser, looked at, approved, given up; and the ratios that cannot be.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::{Body, Method, Response};
use serde::Deserialize;
use serde_json::json;
use warifu_contract::checks::ImpossibleRatios;
use warifu_contract::deposits::{
    ApproveRequest, Deposit, DepositDetail, DepositList, DepositRequest, DepositSoFar,
};

use super::{Access, Relay, RelayError, checked, read};

/// The longest that a file may take, either way.
const LONG_PATIENCE: Duration = Duration::from_hours(1);

/// Where in a file bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePlace {
    /// The byte with which they begin: as many as are there.
    pub offset: u64,
    /// Whether the file ends with them.
    #[serde(default)]
    pub whole: bool,
}

impl FilePlace {
    /// The whole file at once.
    pub const ALL: Self = Self { offset: 0, whole: true };
}

/// Which deposit: the insurer's id and the number.
pub type Which<'a> = (&'a str, u64);

impl Relay {
    /// The insurers for which the caller deposits, with their deposits.
    pub async fn deposits(&self, access: &Access) -> Result<DepositList, RelayError> {
        let call = self.call(access, Method::GET, "deposits");
        read(checked(call.send().await?)?).await
    }

    /// One of them, with what is wrong and odd.
    pub async fn deposit(
        &self,
        access: &Access,
        (insurer, number): Which<'_>,
    ) -> Result<DepositDetail, RelayError> {
        let at = format!("deposits/{insurer}/{number}");
        read(checked(self.call(access, Method::GET, &at).send().await?)?).await
    }

    /// Begins one.
    pub async fn begin_deposit(
        &self,
        access: &Access,
        insurer: &str,
        request: &DepositRequest,
    ) -> Result<Deposit, RelayError> {
        let call = self.call(access, Method::POST, &format!("deposits/{insurer}"));
        read(checked(call.json(request).send().await?)?).await
    }

    /// Sends its file, or a piece of it.
    pub async fn send_deposit<E>(
        &self,
        access: &Access,
        (insurer, number): Which<'_>,
        FilePlace { offset, whole }: FilePlace,
        file: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Deposit, RelayError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let at = format!("deposits/{insurer}/{number}/file");
        let call = self.long_call(access, Method::POST, &at, LONG_PATIENCE);
        let call = call.query(&[("offset", offset.to_string()), ("whole", whole.to_string())]);
        read(checked(call.body(Body::wrap_stream(file)).send().await?)?).await
    }

    /// What is here of its file while it comes in.
    pub async fn deposit_so_far(
        &self,
        access: &Access,
        (insurer, number): Which<'_>,
    ) -> Result<DepositSoFar, RelayError> {
        let at = format!("deposits/{insurer}/{number}/file");
        let call = self.long_call(access, Method::GET, &at, LONG_PATIENCE);
        read(checked(call.send().await?)?).await
    }

    /// Lets it go live; `confirm_ended` says that so many cards may end.
    pub async fn approve_deposit(
        &self,
        access: &Access,
        (insurer, number): Which<'_>,
        confirm_ended: bool,
    ) -> Result<Deposit, RelayError> {
        let call = self.call(access, Method::POST, &format!("deposits/{insurer}/{number}/approve"));
        let call = call.json(&ApproveRequest { confirm_ended });
        read(checked(call.send().await?)?).await
    }

    /// Gives it up.
    pub async fn abandon_deposit(
        &self,
        access: &Access,
        (insurer, number): Which<'_>,
    ) -> Result<Deposit, RelayError> {
        let call = self.call(access, Method::POST, &format!("deposits/{insurer}/{number}/abandon"));
        read(checked(call.json(&json!({})).send().await?)?).await
    }

    /// Its wrong records, as they come.
    pub async fn deposit_faults(
        &self,
        access: &Access,
        (insurer, number): Which<'_>,
    ) -> Result<Response, RelayError> {
        let at = format!("deposits/{insurer}/{number}/faults");
        checked(self.long_call(access, Method::GET, &at, LONG_PATIENCE).send().await?)
    }

    /// The checks in which the caller's insurer stated a ratio that cannot be.
    pub async fn impossible_ratios(&self, access: &Access) -> Result<ImpossibleRatios, RelayError> {
        let call = self.call(access, Method::GET, "checks/ratios");
        read(checked(call.send().await?)?).await
    }
}
