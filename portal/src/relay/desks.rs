//! What the portal asks of the relay for clinics and insurers: checks, disputes, and the codes of
//! slips.

use reqwest::{Method, StatusCode};
use warifu_contract::CheckNumber;
use warifu_contract::checks::{CheckCounts, CheckEntry, ChecksPage};
use warifu_contract::dispute::{Dispute, DisputeAnswerRequest, DisputeList, DisputeRequest};
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_contract::slip::{AnswerRequest, Slip};

use super::{Access, Relay, RelayError, checked, read};

impl Relay {
    /// A page of the checks that are the caller's to see, newest first.
    pub async fn checks(
        &self,
        access: &Access,
        before: Option<u64>,
        limit: u16,
    ) -> Result<ChecksPage, RelayError> {
        let mut query = vec![("limit", u64::from(limit))];
        query.extend(before.map(|before| ("before", before)));
        let call = self.call(access, Method::GET, "checks").query(&query);
        read(checked(call.send().await?)?).await
    }

    /// The check with that number; none when there is none, or it is not the caller's to see.
    pub async fn check(
        &self,
        access: &Access,
        number: &CheckNumber,
    ) -> Result<Option<CheckEntry>, RelayError> {
        let call = self.call(access, Method::GET, &format!("checks/{number}"));
        match checked(call.send().await?) {
            Err(RelayError::Failed(StatusCode::NOT_FOUND)) => Ok(None),
            found => read(found?).await.map(Some),
        }
    }

    /// How many checks of the last `days` came to which result.
    pub async fn check_counts(
        &self,
        access: &Access,
        days: u16,
    ) -> Result<CheckCounts, RelayError> {
        let call = self.call(access, Method::GET, "checks/counts");
        read(checked(call.query(&[("days", days)]).send().await?)?).await
    }

    /// The disputes that are the caller's to see.
    pub async fn disputes(&self, access: &Access) -> Result<DisputeList, RelayError> {
        let call = self.call(access, Method::GET, "disputes");
        read(checked(call.send().await?)?).await
    }

    /// Questions an answer.
    pub async fn dispute(
        &self,
        access: &Access,
        request: &DisputeRequest,
    ) -> Result<Dispute, RelayError> {
        let call = self.call(access, Method::POST, "disputes");
        read(checked(call.json(request).send().await?)?).await
    }

    /// Answers what was questioned, or proposes an answer.
    pub async fn answer_dispute(
        &self,
        access: &Access,
        number: &CheckNumber,
        request: &DisputeAnswerRequest,
    ) -> Result<Dispute, RelayError> {
        let path = format!("disputes/{number}/answer");
        let call = self.call(access, Method::POST, &path);
        read(checked(call.json(request).send().await?)?).await
    }

    /// The answer given under `key` within the hour; none when it is not kept any more.
    pub async fn given_answer(
        &self,
        access: &Access,
        key: &str,
    ) -> Result<Option<EligibilityAnswer>, RelayError> {
        let request = AnswerRequest { idempotency_key: key.to_owned() };
        let call = self.call(access, Method::POST, "eligibility/answer");
        match checked(call.json(&request).send().await?) {
            Err(RelayError::Failed(StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY)) => {
                Ok(None)
            }
            found => read(found?).await.map(Some),
        }
    }

    /// The code of the slip for that answer; none when there is nothing to put into one, or codes
    /// are stopped.
    pub async fn slip(&self, access: &Access, key: &str) -> Result<Option<Slip>, RelayError> {
        let request = AnswerRequest { idempotency_key: key.to_owned() };
        let call = self.call(access, Method::POST, "slips");
        match checked(call.json(&request).send().await?) {
            Err(RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY | StatusCode::LOCKED)) => {
                Ok(None)
            }
            made => read(made?).await.map(Some),
        }
    }
}
