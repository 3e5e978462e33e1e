//! Declared services: what there is, what is held, what is entered.

use reqwest::Method;
use warifu_contract::records::Basis;
use warifu_contract::services::{
    Catalogue, EntryReceipt, EntryRequest, ServiceAnswer, ServiceId, ServiceRequest,
};

use super::{Access, Relay, RelayError, checked, read};

impl Relay {
    /// The services that can be opened, by the person, or by a mandate for somebody else.
    pub async fn catalogue(
        &self,
        access: &Access,
        query: &[(&'static str, &str)],
    ) -> Result<Catalogue, RelayError> {
        let call = self.call(access, Method::GET, "services").query(query);
        read(checked(call.send().await?)?).await
    }

    /// The records of one service.
    pub async fn service(
        &self,
        access: &Access,
        service: ServiceId,
        basis: Option<Basis>,
    ) -> Result<ServiceAnswer, RelayError> {
        let call = self.call(access, Method::POST, "services/read");
        let call = call.json(&ServiceRequest { service, basis });
        read(checked(call.send().await?)?).await
    }

    /// Sends what was entered; once, however often it is sent under `key`.
    pub async fn enter(
        &self,
        access: &Access,
        key: &str,
        request: &EntryRequest,
    ) -> Result<EntryReceipt, RelayError> {
        let call = self.call(access, Method::POST, "services/enter");
        let call = call.header("idempotency-key", key).json(request);
        read(checked(call.send().await?)?).await
    }
}
