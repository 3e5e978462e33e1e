//! Declared services: what there is, what is held, what is entered.

use reqwest::Method;
use warifu_contract::records::Basis;
use warifu_contract::services::{
    Application, ApplicationList, ApplicationState, Catalogue, EntryReceipt, EntryRequest,
    ServiceAnswer, ServiceId, ServiceRequest, SettleRequest,
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

    /// The applications to the own organisation in that state.
    pub async fn applications(
        &self,
        access: &Access,
        state: ApplicationState,
    ) -> Result<ApplicationList, RelayError> {
        let call = self.call(access, Method::GET, "services/applications");
        read(checked(call.query(&[("state", state)]).send().await?)?).await
    }

    /// One application, by its holder and its number.
    pub async fn application(
        &self,
        access: &Access,
        (connector, reference): (&str, &str),
    ) -> Result<Application, RelayError> {
        let path = format!("services/applications/{connector}/{reference}");
        let call = self.call(access, Method::GET, &path);
        read(checked(call.send().await?)?).await
    }

    /// Moves an application on.
    pub async fn settle(
        &self,
        access: &Access,
        (connector, reference): (&str, &str),
        request: &SettleRequest,
    ) -> Result<(), RelayError> {
        let path = format!("services/applications/{connector}/{reference}/settle");
        let call = self.call(access, Method::POST, &path).json(request);
        checked(call.send().await?).map(drop)
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
