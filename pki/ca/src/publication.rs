//! Revocation lists: made at once when a certificate changes its state, and again long before they
//! run out. A change touches one list alone, the one that its serial number names.

mod draft;
mod heads;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Ca, CaError};
use draft::{Draft, Signed};
pub(crate) use heads::{Head, Heads, ListKey};

/// How often a running authority looks what is due.
const LOOK: Duration = Duration::from_secs(1);
/// Authorities that publish at the same moment collide; one of them succeeds each time.
const ATTEMPTS: usize = 8;
/// Lists that are renewed in one transaction.
const AT_ONCE: usize = 64;

/// A list that must be made.
#[derive(Debug, Clone, Copy)]
struct Due {
    key: ListKey,
    previous: Option<Head>,
}

impl Ca {
    /// Publishes until told to stop, and sees to it that OCSP can be answered. To be run once by
    /// every authority that serves; an error is logged and tried again.
    pub async fn keep_published(&self, stop: CancellationToken) {
        loop {
            self.look_after().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn look_after(&self) {
        let reloaded = self.reload().map(drop);
        let published = self.publish_if_due().await;
        drop(self.delegates().await);
        for error in [reloaded, published].into_iter().filter_map(Result::err) {
            tracing::error!(%error, "what is due could not be published");
        }
    }

    /// Publishes every list that is missing, half over, or silent about a change. To be called after
    /// the commit of what holds, releases or revokes; whatever was committed before the call is
    /// public when it returns.
    pub async fn publish_if_due(&self) -> Result<(), CaError> {
        let _alone = self.inner.served.publishing.lock().await;
        for _ in 0..ATTEMPTS {
            let heads = self.refresh().await?;
            let due = self.due(&heads);
            if due.is_empty() {
                return Ok(());
            }
            if self.publish(&due).await? {
                return self.refresh().await.map(drop);
            }
        }
        Err(CaError::Contention)
    }

    fn due(&self, heads: &Heads) -> Vec<Due> {
        let (authorities, now) = (self.authorities(), self.now());
        let keys = authorities.issuing.iter().flat_map(ListKey::of);
        let due = keys.map(|key| Due { key, previous: heads.of(key) });
        due.filter(|due| heads.is_due(due.key, now)).collect()
    }

    /// Makes the lists; `false` if another process was faster with one of them.
    async fn publish(&self, due: &[Due]) -> Result<bool, CaError> {
        let mut all = true;
        for some in due.chunks(AT_ONCE) {
            let mut drafts = Vec::with_capacity(some.len());
            for due in some {
                drafts.push(self.draft(*due).await?);
            }
            let signed = self.sign_lists(drafts).await?;
            // Rows that change are locked for as short as can be, and in no two lists at once.
            let (quiet, changing): (Vec<_>, Vec<_>) =
                signed.into_iter().partition(Signed::changes_nothing);
            all &= self.put(&quiet).await?;
            for list in &changing {
                all &= self.put(std::slice::from_ref(list)).await?;
            }
        }
        Ok(all)
    }

    /// Outside of every transaction: the key may be slow.
    async fn sign_lists(&self, drafts: Vec<Draft>) -> Result<Vec<Signed>, CaError> {
        let authorities = self.authorities();
        let sign = move || drafts.into_iter().map(|draft| draft.sign(&authorities)).collect();
        tokio::task::spawn_blocking(sign).await?
    }

    async fn put(&self, lists: &[Signed]) -> Result<bool, CaError> {
        let mut transaction = self.begin().await?;
        let mut all = true;
        for list in lists {
            all &= list.insert(&mut transaction).await?;
        }
        transaction.commit().await?;
        for list in lists {
            tracing::info!(list = %list.key(), entries = list.entries(), "published");
        }
        Ok(all)
    }
}
