//! The delegates that sign OCSP answers: for each authority a certificate that lives for two weeks,
//! with a key that never leaves the memory of this process.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use warifu_pki::ocsp::Responder;
use warifu_pki::{FileKey, KeyAlgorithm, Lists, Profile, Subject};

use crate::folder::{Authorities, Issuing};
use crate::publication::Heads;
use crate::{Branch, Ca, CaError, CertificateOrder, Owner};

/// How long a delegate's certificate lives. When two thirds are over there is a new one.
const LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);
/// For how long an answer may be relied upon. One that is half over is not given to anybody new.
const ANSWER_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// How long an authority that cannot certify its delegate is left alone.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// Who answers for one authority.
pub(crate) struct Delegate {
    pub(super) branch: Branch,
    pub(super) generation: u32,
    pub(super) responder: Responder,
    lists: Lists,
    renew_at: Timestamp,
}

/// The delegates of this process.
#[derive(Default)]
pub(crate) struct Delegates {
    ready: RwLock<Option<Arc<Ready>>>,
    renewing: Mutex<()>,
}

/// Delegates of all authorities there are.
pub(crate) struct Ready {
    of: Arc<Authorities>,
    renew_at: Timestamp,
    delegates: Vec<Arc<Delegate>>,
}

impl Delegate {
    /// The number of the list that covers a serial number, unless that list is silent about
    /// something.
    pub(super) fn list_now(&self, heads: &Heads, serial: &[u8]) -> Option<i64> {
        let (branch, generation) = (self.branch, self.generation);
        let shard = self.lists.shard_of(serial);
        let key = crate::publication::ListKey { branch, generation, shard };
        heads.of(key).filter(|_| !heads.is_silent(key)).map(|head| head.number)
    }

    /// From when to when an answer is good that says what was so then: not beyond the certificate of
    /// who signs it.
    pub(super) fn times(&self, as_of: Timestamp) -> (Timestamp, Timestamp) {
        (as_of, (as_of + ANSWER_LIFETIME).min(self.responder.certificate().not_after()))
    }

    fn is_of(&self, issuing: &Issuing) -> bool {
        (self.branch, self.generation) == (issuing.branch(), issuing.generation())
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.responder.certificate().not_after() < now
    }
}

impl Ready {
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Delegate>> {
        self.delegates.iter()
    }

    fn delegate_of(&self, issuing: &Issuing) -> Option<&Arc<Delegate>> {
        self.delegates.iter().find(|delegate| delegate.is_of(issuing))
    }
}

impl Delegates {
    fn ready(&self) -> Option<Arc<Ready>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, ready: Arc<Ready>) {
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = Some(ready);
    }
}

impl Ca {
    /// The delegates of all authorities; those that are missing or grow old are made now.
    pub(crate) async fn delegates(&self) -> Arc<Ready> {
        let delegates = &self.inner.served.delegates;
        if let Some(ready) = delegates.ready().filter(|ready| self.is_enough(ready)) {
            return ready;
        }
        let _alone = delegates.renewing.lock().await;
        let before = delegates.ready();
        if let Some(ready) = before.as_ref().filter(|ready| self.is_enough(ready)) {
            return Arc::clone(ready);
        }
        let ready = Arc::new(self.renewed(before.as_deref()).await);
        delegates.set(Arc::clone(&ready));
        ready
    }

    fn is_enough(&self, ready: &Ready) -> bool {
        self.now() < ready.renew_at && Arc::ptr_eq(&ready.of, &self.authorities())
    }

    /// An authority whose key is away keeps its old delegate, which is good for some days yet, or
    /// has none; the others do not suffer for it.
    async fn renewed(&self, before: Option<&Ready>) -> Ready {
        let (of, now) = (self.authorities(), self.now());
        let mut renew_at = Timestamp::MAX;
        let mut delegates = Vec::with_capacity(of.issuing.len());
        for issuing in &of.issuing {
            let old = before.and_then(|ready| ready.delegate_of(issuing)).cloned();
            let delegate = match old {
                Some(old) if now < old.renew_at => Some(old),
                old => self.delegate(issuing).await.map_or_else(
                    |error| {
                        tracing::error!(%error, "an OCSP delegate could not be certified");
                        old.filter(|old| !old.is_over(now))
                    },
                    |new| Some(Arc::new(new)),
                ),
            };
            let soon = now + PATIENCE;
            renew_at = renew_at.min(delegate.as_ref().map_or(soon, |one| one.renew_at.max(soon)));
            delegates.extend(delegate);
        }
        Ready { of, renew_at, delegates }
    }

    async fn delegate(&self, issuing: &Issuing) -> Result<Delegate, CaError> {
        let key = FileKey::generate(KeyAlgorithm::P256)?;
        let issuer = issuing.authority.certificate();
        let now = self.now();
        let lifetime = LIFETIME.min(issuer.not_after().duration_since(now));
        let order = CertificateOrder {
            profile: &Profile::OCSP_SIGNER,
            subject: &Subject::named(format!("{} OCSP", issuing.entry.stem())),
            key: key.public_key(),
            owner: Owner::Authority,
            lifetime,
            held: false,
        };
        let mut transaction = self.begin().await?;
        let certificate = self.certify_under(issuing, &mut transaction, &order).await?;
        transaction.commit().await?;
        Ok(Delegate {
            branch: issuing.branch(),
            generation: issuing.generation(),
            responder: Responder::new(issuer, certificate, Arc::new(key))?,
            lists: issuing.authority.publication().lists.clone(),
            renew_at: now + lifetime * 2 / 3,
        })
    }
}
