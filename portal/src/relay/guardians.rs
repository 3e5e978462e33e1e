//! What the portal asks of the relay about guardians with papers.

use reqwest::Method;
use serde::Serialize;
use warifu_contract::mandate::InviteCode;
use warifu_contract::mandate::guardian::{
    Application, ApplicationRequest, FindRequest, Proposal, ProposalList, ProposalRequest,
    RefusalRequest,
};

use super::{Access, Relay, RelayError, checked, read};

impl Relay {
    /// Asks to be a guardian; once, however often it is sent under `key`.
    pub async fn apply_as_guardian(
        &self,
        access: &Access,
        key: &str,
        request: &ApplicationRequest,
    ) -> Result<Application, RelayError> {
        let call = self.call(access, Method::POST, "guardians");
        let call = call.header("idempotency-key", key).json(request);
        read(checked(call.send().await?)?).await
    }

    /// What waits for a second member of staff.
    pub async fn guardians(&self, access: &Access) -> Result<ProposalList, RelayError> {
        let call = self.call(access, Method::GET, "guardians");
        read(checked(call.send().await?)?).await
    }

    /// What a guardian asked for, by the code that the guardian tells.
    pub async fn find_guardian(
        &self,
        access: &Access,
        code: &InviteCode,
    ) -> Result<Application, RelayError> {
        let request = FindRequest { code: code.clone() };
        let call = self.call(access, Method::POST, "guardians/find");
        read(checked(call.json(&request).send().await?)?).await
    }

    /// One member of staff has seen the papers.
    pub async fn propose_guardian(
        &self,
        access: &Access,
        request: &ProposalRequest,
    ) -> Result<Proposal, RelayError> {
        let call = self.call(access, Method::POST, "guardians/propose");
        read(checked(call.json(request).send().await?)?).await
    }

    /// A second one approves.
    pub async fn approve_guardian(&self, access: &Access, id: &str) -> Result<(), RelayError> {
        self.tell_guardian(access, &format!("guardians/{id}/approve"), &()).await
    }

    /// Staff say no.
    pub async fn refuse_guardian(
        &self,
        access: &Access,
        id: &str,
        request: &RefusalRequest,
    ) -> Result<(), RelayError> {
        self.tell_guardian(access, &format!("guardians/{id}/refuse"), request).await
    }

    async fn tell_guardian(
        &self,
        access: &Access,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<(), RelayError> {
        let call = self.call(access, Method::POST, path).json(body);
        checked(call.send().await?).map(drop)
    }
}
