//! What the portal asks of the relay about guardians with papers.

use reqwest::Method;
use serde::Serialize;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::mandate::InviteCode;
use warifu_contract::mandate::guardian::{
    Application, ApplicationRequest, FindRequest, Proposal, ProposalList, ProposalRequest,
    RefusalRequest,
};
use warifu_contract::mandate::stop::{GuardianshipList, HeldRequest, StopRequest};

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

    /// Who reads on papers for the person on that insurance card.
    pub async fn guardianships(
        &self,
        access: &Access,
        ward: TypedCard,
    ) -> Result<GuardianshipList, RelayError> {
        let call = self.call(access, Method::POST, "guardians/held");
        read(checked(call.json(&HeldRequest { ward }).send().await?)?).await
    }

    /// Staff stop one of them.
    pub async fn stop_guardianship(
        &self,
        access: &Access,
        id: &str,
        request: &StopRequest,
    ) -> Result<(), RelayError> {
        self.tell_guardian(access, &format!("guardians/{id}/stop"), request).await
    }

    /// A second one lets it go on.
    pub async fn resume_guardianship(&self, access: &Access, id: &str) -> Result<(), RelayError> {
        self.tell_guardian(access, &format!("guardians/{id}/resume"), &()).await
    }

    /// A second one ends it.
    pub async fn end_guardianship(&self, access: &Access, id: &str) -> Result<(), RelayError> {
        self.tell_guardian(access, &format!("guardians/{id}/end"), &()).await
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
