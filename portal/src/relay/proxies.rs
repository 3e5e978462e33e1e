//! What the portal asks of the relay about mandates.

use reqwest::Method;
use warifu_contract::mandate::{
    AcceptRequest, Invitation, InviteCode, Mandate, MandateList, MandateRequest, Offer,
    OfferRequest,
};

use super::{Access, Relay, RelayError, checked, read, text};

impl Relay {
    /// The mandates that the person gave, and those that the person holds.
    pub async fn mandates(&self, access: &Access) -> Result<MandateList, RelayError> {
        let call = self.call(access, Method::GET, "proxies");
        read(checked(call.send().await?)?).await
    }

    /// Offers a mandate; once, however often it is sent under `key`.
    pub async fn invite(
        &self,
        access: &Access,
        key: &str,
        request: &MandateRequest,
    ) -> Result<Invitation, RelayError> {
        let call = self.call(access, Method::POST, "proxies");
        let call = call.header("idempotency-key", key).json(request);
        read(checked(call.send().await?)?).await
    }

    /// What a code offers.
    pub async fn offer(&self, access: &Access, code: &InviteCode) -> Result<Offer, RelayError> {
        let request = OfferRequest { code: code.clone() };
        let call = self.call(access, Method::POST, "proxies/offer");
        read(checked(call.json(&request).send().await?)?).await
    }

    /// Takes a mandate up.
    pub async fn accept_mandate(
        &self,
        access: &Access,
        request: &AcceptRequest,
    ) -> Result<Mandate, RelayError> {
        let call = self.call(access, Method::POST, "proxies/accept");
        read(checked(call.json(request).send().await?)?).await
    }

    /// The principal confirms the proxy of the mandate `id`.
    pub async fn confirm_mandate(&self, access: &Access, id: &str) -> Result<Mandate, RelayError> {
        let at = format!("proxies/{id}/confirm");
        read(checked(self.call(access, Method::POST, &at).send().await?)?).await
    }

    /// Either side ends the mandate `id`.
    pub async fn end_mandate(&self, access: &Access, id: &str) -> Result<Mandate, RelayError> {
        let at = format!("proxies/{id}/end");
        read(checked(self.call(access, Method::POST, &at).send().await?)?).await
    }

    /// The signed receipt of the mandate `id`, for its principal.
    pub async fn mandate_receipt(&self, access: &Access, id: &str) -> Result<String, RelayError> {
        let at = format!("proxies/{id}/receipt");
        text(checked(self.call(access, Method::GET, &at).send().await?)?).await
    }
}
