//! OCSP answers (RFC 6960): signed by a delegate of each authority, kept while they are good, and
//! forgotten when the state of a certificate changes.
//!
//! What is kept about a certificate counts only under the revocation list it was read under: every
//! change of state makes a new list, in whatever process, so that list and answer contradict each
//! other for no longer than it takes to look (a second).

mod answers;
mod delegates;

use std::sync::Arc;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_pki::ocsp::{Answer, CertId, CertStatus, Failure, Request, RespondError};
use warifu_service::storage::instant;
use warifu_service::{fetch_optional, sqlx};

use crate::{Ca, CaError, store};
pub(crate) use answers::Answers;
use answers::Known;
pub(crate) use delegates::{Delegate, Delegates};

pub use answers::LastingAnswer;

/// What is sent back to an OCSP client.
#[derive(Clone, Debug)]
pub enum OcspAnswer {
    /// An answer that anyone may keep until it runs out.
    Lasting(Arc<LastingAnswer>),
    /// An answer for this request alone: it echoes a nonce, speaks of several certificates, or knows
    /// nothing of the one that was asked about.
    Single(Bytes),
    /// No answer, and why.
    Failed(Failure),
}

impl OcspAnswer {
    /// The `OCSPResponse`, DER.
    pub fn response(&self) -> Bytes {
        match self {
            Self::Lasting(answer) => answer.response.clone(),
            Self::Single(response) => response.clone(),
            Self::Failed(failure) => Bytes::from_static(failure.der()),
        }
    }
}

/// What is known about a certificate, and when it was so.
struct Finding {
    known: Arc<Known>,
    as_of: Timestamp,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Records(#[from] CaError),
    #[error(transparent)]
    Respond(#[from] RespondError),
}

impl Trouble {
    fn answer(&self) -> OcspAnswer {
        tracing::error!(error = %self, "no OCSP answer could be made");
        OcspAnswer::Failed(match self {
            Self::Records(_) => Failure::TryLater,
            Self::Respond(_) => Failure::InternalError,
        })
    }
}

impl Ca {
    /// Answers an OCSP request (DER). With a nonce the answer is signed anew, without one it is
    /// signed once and kept. Never fails: what goes wrong is an answer too, and is logged.
    pub async fn answer_ocsp(&self, request: &[u8]) -> OcspAnswer {
        let Ok(request) = Request::parse(request) else {
            return OcspAnswer::Failed(Failure::MalformedRequest);
        };
        let Some(delegate) = self.delegate_for(&request).await else {
            return OcspAnswer::Failed(Failure::Unauthorized);
        };
        let answer = match (request.asked(), request.nonce()) {
            ([asked], None) => self.answer_lasting(&delegate, asked).await,
            _ => self.answer_once(&delegate, &request).await,
        };
        answer.unwrap_or_else(|trouble| trouble.answer())
    }

    /// Who answers for the issuer of the first certificate whose issuer is ours.
    async fn delegate_for(&self, request: &Request) -> Option<Arc<Delegate>> {
        let delegates = self.delegates().await;
        let ours = |asked: &CertId| delegates.all().find(|one| one.responder.answers_for(asked));
        request.asked().iter().find_map(ours).cloned()
    }

    /// The answer that is kept, or a new one to be kept. If the records cannot be read, one that was
    /// signed before is given as long as it says that it is good.
    async fn answer_lasting(
        &self,
        delegate: &Delegate,
        asked: &CertId,
    ) -> Result<OcspAnswer, Trouble> {
        let now = self.now();
        let finding = match self.find(delegate, asked).await {
            Ok(finding) => finding,
            Err(error) => {
                let kept = self.inner.served.answers.of(asked.der());
                let kept = kept.and_then(|known| known.answer_that(|one| now < one.next_update));
                return kept.map(OcspAnswer::Lasting).ok_or(error.into());
            }
        };
        if let Some(kept) = finding.known.answer_that(|one| one.is_young(now)) {
            return Ok(OcspAnswer::Lasting(kept));
        }
        let (this_update, next_update) = delegate.times(finding.as_of);
        let status = finding.known.status;
        let answer = Answer { asked, status, this_update, next_update };
        let response = Bytes::from(delegate.responder.respond(&[answer], None, now)?);
        if status == CertStatus::Unknown {
            return Ok(OcspAnswer::Single(response));
        }
        let answer = Arc::new(LastingAnswer::new(response, this_update, next_update));
        let known = Known { answer: Some(Arc::clone(&answer)), ..*finding.known };
        self.inner.served.answers.keep(asked.der(), Arc::new(known));
        Ok(OcspAnswer::Lasting(answer))
    }

    async fn answer_once(
        &self,
        delegate: &Delegate,
        request: &Request,
    ) -> Result<OcspAnswer, Trouble> {
        let mut answers = Vec::with_capacity(request.asked().len());
        for asked in request.asked() {
            let finding = self.find(delegate, asked).await?;
            let (this_update, next_update) = delegate.times(finding.as_of);
            let status = finding.known.status;
            answers.push(Answer { asked, status, this_update, next_update });
        }
        let response = delegate.responder.respond(&answers, request.nonce(), self.now())?;
        Ok(OcspAnswer::Single(response.into()))
    }

    /// What memory says, if the list that covers the certificate is still the same; otherwise what
    /// the records say. The list is looked at first, so that nothing older is kept under it.
    async fn find(&self, delegate: &Delegate, asked: &CertId) -> Result<Finding, CaError> {
        let heads = self.heads().await?;
        let list = delegate.list_now(&heads, asked.serial());
        let answers = &self.inner.served.answers;
        if let Some(known) = answers.of(asked.der())
            && list.is_some()
            && known.list == list
        {
            return Ok(Finding { known, as_of: heads.seen_at });
        }
        let as_of = self.now();
        let status = self.status(delegate, asked).await?;
        let known = Arc::new(Known { list, status, answer: None });
        if list.is_some() && status != CertStatus::Unknown {
            answers.keep(asked.der(), Arc::clone(&known));
        }
        Ok(Finding { known, as_of })
    }

    /// What the records say. A certificate that is not in them was never issued.
    async fn status(&self, delegate: &Delegate, asked: &CertId) -> Result<CertStatus, CaError> {
        if !delegate.responder.answers_for(asked) {
            return Ok(CertStatus::Unknown);
        }
        let serial = HEXLOWER.encode(asked.serial());
        let (branch, generation) = (delegate.branch.name(), i64::from(delegate.generation));
        let sql = "SELECT state, since, reason FROM certificates \
                   WHERE serial = $1 AND authority = $2 AND generation = $3";
        let read = self.inner.database.read();
        let row = fetch_optional!(read, StateRow, sql, serial.as_str(), branch, generation)?;
        row.map_or(Ok(CertStatus::Unknown), |row| row.status(&serial))
    }
}

#[derive(sqlx::FromRow)]
struct StateRow {
    state: String,
    since: i64,
    reason: Option<i64>,
}

impl StateRow {
    fn status(&self, serial: &str) -> Result<CertStatus, CaError> {
        let corrupt = || CaError::Record { table: "certificates", key: serial.to_owned() };
        match (self.state.as_str(), self.reason) {
            ("valid", None) => Ok(CertStatus::Good),
            ("held" | "revoked", Some(code)) => {
                let reason = store::reason(code).ok_or_else(corrupt)?;
                Ok(CertStatus::Revoked { at: instant(self.since), reason })
            }
            _ => Err(corrupt()),
        }
    }
}
