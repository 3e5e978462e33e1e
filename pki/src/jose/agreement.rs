//! What sealer and recipient agree on, kept for a few tokens in a row: to agree anew for each costs
//! more than everything else that is done for a token.
//!
//! The library makes the agreement (ECDH-ES, RFC 7518 §4.6) and encrypts under it, each token under
//! a random 96-bit nonce of its own. With [`MOST_TOKENS`] of them, two nonces meet with a probability
//! below 2^-76; GCM allows 2^32 tokens (NIST SP 800-38D §8.3).

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use josekit::jwe::alg::ecdh_es::EcdhEsJweEncrypter;
use josekit::jwe::enc::A256GCM;
use josekit::jwe::{self, ECDH_ES, JweAlgorithm, JweContentEncryption, JweEncrypter, JweHeader};
use zeroize::Zeroizing;

use super::JoseError;

/// The most tokens under one agreement.
const MOST_TOKENS: u32 = 1024;
/// For how long one agreement serves.
const LONGEST_USE: SignedDuration = SignedDuration::from_secs(60);

/// The agreements with one recipient, one after the other.
pub(super) struct Agreements {
    encrypter: EcdhEsJweEncrypter,
    header: JweHeader,
    /// Locked to take it or to replace it, never while anything is agreed or encrypted.
    current: Mutex<Option<Current>>,
}

/// The agreement in use.
struct Current {
    agreement: Arc<Agreement>,
    since: Timestamp,
    tokens: u32,
}

impl Agreements {
    /// With the recipient whom `encrypter` knows, under a header that names the encryption.
    pub(super) fn new(encrypter: EcdhEsJweEncrypter, header: JweHeader) -> Self {
        Self { encrypter, header, current: Mutex::new(None) }
    }

    /// The agreement in use, or a fresh one. Two who find it used up at once both make one, and each
    /// uses its own.
    pub(super) fn current(&self, now: Timestamp) -> Result<Arc<Agreement>, JoseError> {
        if let Some(agreement) = self.lock().as_mut().and_then(|current| current.take(now)) {
            return Ok(agreement);
        }
        let agreement = Arc::new(Agreement::new(&self.encrypter, &self.header)?);
        *self.lock() = Some(Current { agreement: agreement.clone(), since: now, tokens: 1 });
        Ok(agreement)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    /// The agreement for one more token, if it may serve for one more.
    fn take(&mut self, now: Timestamp) -> Option<Arc<Agreement>> {
        let age = now.duration_since(self.since);
        if self.tokens >= MOST_TOKENS || age.is_negative() || age >= LONGEST_USE {
            return None;
        }
        self.tokens += 1;
        Some(self.agreement.clone())
    }
}

/// The agreed key, wiped when nobody seals with it any more, and a header that holds the ephemeral
/// public key from which the recipient finds it.
#[derive(Clone)]
pub(super) struct Agreement {
    key: Zeroizing<Vec<u8>>,
    header: JweHeader,
}

impl Agreement {
    fn new(encrypter: &EcdhEsJweEncrypter, header: &JweHeader) -> Result<Self, JoseError> {
        let mut agreed = header.clone();
        let key = encrypter
            .compute_content_encryption_key(&*A256GCM, header, &mut agreed)
            .map_err(JoseError::Seal)?
            .ok_or(JoseError::WrongKey)?;
        Ok(Self { key: Zeroizing::new(key.into_owned()), header: agreed })
    }

    /// Seals a token, compact form.
    pub(super) fn seal(&self, token: &str) -> Result<String, JoseError> {
        jwe::serialize_compact(token.as_bytes(), &self.header, self).map_err(JoseError::Seal)
    }
}

/// To the library, an algorithm that has agreed already.
impl JweEncrypter for Agreement {
    fn algorithm(&self) -> &dyn JweAlgorithm {
        &ECDH_ES
    }

    fn key_id(&self) -> Option<&str> {
        self.header.key_id()
    }

    fn compute_content_encryption_key(
        &self,
        _encryption: &dyn JweContentEncryption,
        _header: &JweHeader,
        _out: &mut JweHeader,
    ) -> Result<Option<Cow<'_, [u8]>>, josekit::JoseError> {
        Ok(Some(Cow::Borrowed(&self.key)))
    }

    /// The agreed key travels with no token.
    fn encrypt(
        &self,
        _key: &[u8],
        _header: &JweHeader,
        _out: &mut JweHeader,
    ) -> Result<Option<Vec<u8>>, josekit::JoseError> {
        Ok(None)
    }

    fn box_clone(&self) -> Box<dyn JweEncrypter> {
        Box::new(self.clone())
    }
}

impl fmt::Debug for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agreement").field("kid", &self.header.key_id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{JweOpener, JweSealer};
    use super::*;
    use crate::testing::{key_256, now};

    fn sealer() -> JweSealer {
        JweSealer::new(key_256().public_key()).unwrap()
    }

    fn sealed(sealer: &JweSealer, at: Timestamp) -> String {
        sealer.seal("a.b.c", at).unwrap()
    }

    /// The header, in which the ephemeral key stands.
    fn header(sealer: &JweSealer, at: Timestamp) -> String {
        sealed(sealer, at).split('.').next().unwrap().to_owned()
    }

    fn after(seconds: i64) -> Timestamp {
        now() + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn an_agreement_serves_for_a_minute() {
        let sealer = sealer();
        let first = header(&sealer, now());
        assert_eq!(header(&sealer, after(59)), first);
        assert_eq!(header(&sealer.clone(), after(59)), first, "a clone keeps the same");
        let second = header(&sealer, after(60));
        assert_ne!(second, first);
        assert_ne!(header(&sealer, after(59)), second, "the clock went back");
    }

    #[test]
    fn an_agreement_serves_so_many_tokens() {
        let sealer = sealer();
        let headers: Vec<_> = (0..=MOST_TOKENS).map(|_| header(&sealer, now())).collect();
        let (last, first) = headers.split_last().unwrap();
        assert!(first.iter().all(|header| *header == first[0]));
        assert_ne!(*last, first[0]);
    }

    #[test]
    fn two_sealers_to_one_recipient_agree_each_on_their_own() {
        assert_ne!(header(&sealer(), now()), header(&sealer(), now()));
    }

    #[test]
    fn no_nonce_comes_twice_under_one_agreement() {
        let sealer = sealer();
        let nonce = |_| sealed(&sealer, now()).split('.').nth(2).unwrap().to_owned();
        assert_eq!((0..500).map(nonce).collect::<HashSet<_>>().len(), 500);
    }

    #[test]
    fn what_an_agreement_seals_early_and_late_opens_in_any_order() {
        let (sealer, opener) = (sealer(), JweOpener::new(key_256()).unwrap());
        let tokens: Vec<_> = (0..4).map(|round| sealed(&sealer, after(round * 30))).collect();
        for token in tokens.iter().rev() {
            assert_eq!(opener.open(token).unwrap(), "a.b.c");
        }
    }

    #[test]
    fn a_nonce_put_in_the_place_of_another_opens_nothing() {
        let (sealer, opener) = (sealer(), JweOpener::new(key_256()).unwrap());
        let [one, other] = [(); 2].map(|()| sealed(&sealer, now()));
        let mut parts: Vec<_> = one.split('.').collect();
        parts[2] = other.split('.').nth(2).unwrap();
        assert!(matches!(opener.open(&parts.join(".")), Err(JoseError::NotForUs)));
    }

    #[test]
    fn threads_that_agree_anew_at_once_all_seal_what_opens() {
        let (sealer, opener) = (sealer(), JweOpener::new(key_256()).unwrap());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for minute in 0..10 {
                        let token = sealed(&sealer, after(minute * 60));
                        assert_eq!(opener.open(&token).unwrap(), "a.b.c");
                    }
                });
            }
        });
    }
}
