//! Encrypting to a service provider.
//!
//! To wrap a key for an RSA recipient costs more than to sign a response with P-256. So one content
//! key serves a recipient for a few messages in a row:
//!
//! - It serves one recipient, the one that unwraps it: nobody can read more than was meant for them.
//! - Each message has a random 96-bit nonce of its own. Up to [`MOST_MESSAGES`] of them under one
//!   key meet twice with a probability below 2^-76; GCM allows 2^32 (NIST SP 800-38D 8.3).
//! - A process that is read out gives away what [`LONGEST_USE`] encrypted, and no more than the
//!   assertions themselves that it has in memory anyway. A key is wiped when it is replaced and
//!   nobody encrypts with it any more.
//! - Whoever sees two messages under one key learns that one recipient got both within that time,
//!   which their addresses say as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use openssl::pkey::{PKey, Public};

use crate::certificate::{Certificate, KeyError, KeyKind};
use crate::encryption::content_key::{ContentKey, EncryptError};
use crate::id::Random;

/// The most messages under one content key.
const MOST_MESSAGES: u32 = 1024;
/// For how long one content key serves.
const LONGEST_USE: SignedDuration = SignedDuration::from_secs(60);

/// A service provider's key to encrypt to: RSA of at least 2048 bits. Its clones are the same key.
#[derive(Clone)]
pub struct EncryptionKey(Arc<Recipient>);

struct Recipient {
    key: PKey<Public>,
    /// Locked to take it or to replace it, never while something is wrapped or encrypted.
    current: Mutex<Option<Current>>,
}

/// The content key in use.
struct Current {
    key: Arc<ContentKey>,
    since: Timestamp,
    messages: u32,
}

impl EncryptionKey {
    /// Takes the key out of a certificate.
    pub fn from_certificate(certificate: &Certificate) -> Result<Self, KeyError> {
        match certificate.key_kind() {
            KeyKind::Rsa => {
                let key = certificate.key().to_owned();
                Ok(Self(Arc::new(Recipient { key, current: Mutex::new(None) })))
            }
            KeyKind::P256 | KeyKind::P384 => Err(KeyError::Unsuitable),
        }
    }

    /// `saml:EncryptedAssertion` around this assertion.
    pub(crate) fn encrypt(
        &self,
        assertion: &str,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<String, EncryptError> {
        self.content_key(now, random)?.encrypt(assertion, random)
    }

    /// The content key in use, or a fresh one. Two who find it used up at once both make one, and
    /// each uses its own.
    fn content_key(
        &self,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Arc<ContentKey>, EncryptError> {
        if let Some(key) = self.current().as_mut().and_then(|current| current.take(now)) {
            return Ok(key);
        }
        let key = Arc::new(ContentKey::new(&self.0.key, random)?);
        *self.current() = Some(Current { key: key.clone(), since: now, messages: 1 });
        Ok(key)
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    /// The key for one more message, if it may serve for one more.
    fn take(&mut self, now: Timestamp) -> Option<Arc<ContentKey>> {
        let age = now.duration_since(self.since);
        if self.messages >= MOST_MESSAGES || age.is_negative() || age >= LONGEST_USE {
            return None;
        }
        self.messages += 1;
        Some(self.key.clone())
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptionKey").field("bits", &self.0.key.bits()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    /// The wrapped key and the content of an encrypted assertion.
    fn parts(encrypted: &str) -> [String; 2] {
        let values = encrypted.split("<xenc:CipherValue>").skip(1);
        let values = values.map(|rest| rest.split('<').next().unwrap().to_owned());
        values.collect::<Vec<_>>().try_into().unwrap()
    }

    fn encrypt(key: &EncryptionKey, at: Timestamp) -> [String; 2] {
        parts(&key.encrypt("<a></a>", at, &mut random).unwrap())
    }

    #[test]
    fn a_content_key_serves_for_a_minute() {
        let key = KEYS.encryption_key();
        let [first, _] = encrypt(&key, now());
        assert_eq!(encrypt(&key, after(59))[0], first);
        assert_eq!(encrypt(&key.clone(), after(59))[0], first, "a clone is the same key");
        let [second, _] = encrypt(&key, after(60));
        assert_ne!(second, first);
        assert_ne!(encrypt(&key, after(59))[0], second, "the clock went back");
    }

    #[test]
    fn a_content_key_serves_so_many_messages() {
        let key = KEYS.encryption_key();
        let wrapped: Vec<_> =
            (0..=MOST_MESSAGES).map(|_| encrypt(&key, now())[0].clone()).collect();
        let (last, first) = wrapped.split_last().unwrap();
        assert!(first.iter().all(|key| *key == first[0]));
        assert_ne!(*last, first[0]);
    }

    #[test]
    fn each_recipient_has_its_own() {
        let [one, other] = [KEYS.encryption_key(), KEYS.encryption_key()];
        assert_ne!(encrypt(&one, now())[0], encrypt(&other, now())[0]);
    }

    #[test]
    fn no_nonce_comes_twice() {
        let key = KEYS.encryption_key();
        // Sixteen letters of base64 are the twelve bytes of the nonce.
        let nonces: std::collections::HashSet<_> =
            (0..500).map(|_| encrypt(&key, now())[1][..16].to_owned()).collect();
        assert_eq!(nonces.len(), 500);
    }

    #[test]
    fn threads_that_change_the_key_at_once_all_write_what_can_be_read() {
        let key = KEYS.encryption_key();
        let identity_provider = identity_provider();
        let expected = expectation(&identity_provider);
        let (provider, assertion) = (service_provider(), assertion_xml());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for minute in 0..10 {
                        let at = after(minute * 60);
                        let sealed = key.encrypt(&assertion, at, &mut random).unwrap();
                        let xml = signed_response(&sealed);
                        provider.consume(xml.as_bytes(), &expected, now()).unwrap();
                    }
                });
            }
        });
    }
}
