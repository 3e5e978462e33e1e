//! The relay's side of the card office: asks for vouchers over mutual TLS. One for every connector
//! comes, whichever is needed.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::StatusCode;
use url::Url;
use warifu_contract::linking::{Vouchers, VouchersRequest};
use warifu_service::tls::{self, ClientConfig};

use crate::config::OfficeConfig;
use crate::opening::RelayError;

/// How long the office may take: it signs and seals one voucher for each connector.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of an answer: a hundred vouchers of 8 KiB.
const LARGEST_ANSWER: usize = 800 * 1024;

/// The card office.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    http: reqwest::Client,
    vouchers: Url,
}

/// Why the office gave no vouchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OfficeError {
    #[error("office.silent")]
    Silent,
    #[error("office.refused")]
    Refused,
    #[error("office.broken")]
    Broken,
}

impl OfficeError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Silent => "office.silent",
            Self::Refused => "office.refused",
            Self::Broken => "office.broken",
        }
    }
}

impl From<reqwest::Error> for OfficeError {
    fn from(_: reqwest::Error) -> Self {
        Self::Silent
    }
}

impl Office {
    pub fn new(config: &OfficeConfig, client: &ClientConfig) -> Result<Self, RelayError> {
        let http = tls::client_to(&config.party, client, DEADLINE)?;
        Ok(Self { http, vouchers: config.address()?.join("/vouchers")? })
    }

    /// Sealed vouchers about the holder, by connector.
    pub async fn vouchers(
        &self,
        request: &VouchersRequest,
    ) -> Result<BTreeMap<String, String>, OfficeError> {
        let asked = self.http.post(self.vouchers.clone()).json(request).send();
        let mut response = asked.await?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::TOO_MANY_REQUESTS => return Err(OfficeError::Silent),
            status if status.is_client_error() => return Err(OfficeError::Refused),
            _ => return Err(OfficeError::Silent),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(OfficeError::Broken);
            }
            body.extend_from_slice(&chunk);
        }
        let answer: Vouchers = serde_json::from_slice(&body).map_err(|_| OfficeError::Broken)?;
        Ok(answer.vouchers)
    }
}
