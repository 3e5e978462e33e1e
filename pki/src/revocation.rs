//! The revocation lists in force, held by whoever must ask them. Without a list in force that covers
//! it, no card is good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use crate::crl::{Crl, CrlError, Reason, Revoked};
use crate::{Certificate, Listed, VerifiedCard};

/// So many addresses of one issuer are kept.
const MAX_LISTS: usize = 1024;
/// Stands for the address of a list that covers all certificates of its issuer.
const EVERYWHERE: &str = "";

/// The latest believed lists of one issuer, each for the certificates that name its address.
/// Fetching is the caller's work: whatever arrives is handed to [`accept`](Self::accept) or
/// [`accept_at`](Self::accept_at).
#[derive(Debug)]
pub struct RevocationLists {
    issuer: Certificate,
    thumbprint: String,
    lists: RwLock<HashMap<String, Arc<Crl>>>,
    /// The lowest number that is still taken at an address, for as long as no list is there.
    least: HashMap<String, u64>,
    /// Held while a list is taken, so that readers wait for one insertion and no comparison.
    turn: Mutex<()>,
}

/// A list that was put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its address; empty for a list that names none and covers everything of its issuer.
    pub url: String,
    /// Its number. To be kept, and given to [`RevocationLists::starting_at`] after a restart.
    pub number: u64,
    /// The serial numbers, in lower-case hexadecimal, that the list before it did not hold; all of
    /// them for the first. Sessions of these cards end.
    pub newly_revoked: Vec<String>,
}

/// Why a card may not be used, as far as revocation is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// No list has been accepted yet for the address that the certificate names.
    #[error("no revocation list is at hand")]
    NoList,
    /// The list at hand is out of date.
    #[error("the revocation list at hand is out of date")]
    Stale,
    /// The card is of another issuer, or names no address, or the list there is of others.
    #[error("the revocation list at hand does not cover this card")]
    NotCovered,
    /// An authority above the card is revoked.
    #[error("the issuer of the card is revoked ({reason})")]
    IssuerRevoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// The card is revoked.
    #[error("the card is revoked ({reason})")]
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
}

impl RevocationError {
    /// A stable code for programs and help texts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoList | Self::Stale | Self::NotCovered => "card.revocation-unknown",
            Self::IssuerRevoked { .. } => "card.issuer-not-valid",
            Self::Revoked { reason: Reason::CertificateHold, .. } => "card.suspended",
            Self::Revoked { .. } => "card.revoked",
        }
    }
}

impl RevocationLists {
    /// Holds no list yet: until one is accepted every check fails.
    pub fn new(issuer: Certificate) -> Self {
        Self::starting_at(issuer, HashMap::new())
    }

    /// The same, but at these addresses nothing is taken below these numbers, so that a restart does
    /// not go back.
    pub fn starting_at(issuer: Certificate, least: HashMap<String, u64>) -> Self {
        let thumbprint = issuer.thumbprint();
        Self { issuer, thumbprint, lists: RwLock::default(), least, turn: Mutex::default() }
    }

    /// The issuer whose lists these are.
    pub fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// Believes a list (DER) and puts it in force for its address, unless a later one is there
    /// already.
    pub fn accept(&self, der: &[u8], now: Timestamp) -> Result<Accepted, CrlError> {
        self.put(Crl::verify(der, &self.issuer, now)?)
    }

    /// The same for a list that was asked for by its address: another address's list is refused.
    pub fn accept_at(&self, url: &str, der: &[u8], now: Timestamp) -> Result<Accepted, CrlError> {
        let list = Crl::verify(der, &self.issuer, now)?;
        let is_right = list.url().is_none_or(|found| found == url);
        if is_right { self.put(list) } else { Err(CrlError::WrongScope) }
    }

    /// Whether a verified card, and every authority above it that this issuer certified, is on no
    /// list, as far as the lists in force can tell. Authorities above that others certified are
    /// theirs to check: [`VerifiedCard::require_unrevoked`] asks everybody.
    pub fn check(&self, card: &VerifiedCard, now: Timestamp) -> Result<(), RevocationError> {
        let mut asked =
            card.listed().filter(|one| one.issuer_thumbprint == self.thumbprint).peekable();
        if asked.peek().is_none() {
            return Err(RevocationError::NotCovered);
        }
        asked.try_for_each(|one| self.check_one(&one, now))
    }

    /// The list at hand for an address, in force or not: the one that names it, or the one that
    /// names no address and so speaks of all.
    pub fn latest(&self, url: &str) -> Option<Arc<Crl>> {
        self.naming(url).or_else(|| self.naming(EVERYWHERE))
    }

    /// The list that names this address itself.
    fn naming(&self, url: &str) -> Option<Arc<Crl>> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    pub(crate) fn check_one(
        &self,
        one: &Listed<'_>,
        now: Timestamp,
    ) -> Result<(), RevocationError> {
        let list = self.covering(one)?;
        if !list.is_in_force(now) {
            return Err(RevocationError::Stale);
        }
        let serial = HEXLOWER.decode(one.serial_hex.as_bytes());
        let serial = serial.map_err(|_| RevocationError::NotCovered)?;
        match list.state_of(&serial) {
            None => Ok(()),
            Some(Revoked { at, reason }) if one.is_authority => {
                Err(RevocationError::IssuerRevoked { at, reason })
            }
            Some(Revoked { at, reason }) => Err(RevocationError::Revoked { at, reason }),
        }
    }

    /// RFC 5280 §6.3.3 (b): same issuer, one of the addresses that the certificate names is the
    /// list's, and the list is not of authorities where the certificate is none.
    fn covering(&self, one: &Listed<'_>) -> Result<Arc<Crl>, RevocationError> {
        if one.issuer_thumbprint != self.thumbprint {
            return Err(RevocationError::NotCovered);
        }
        let everywhere = self.naming(EVERYWHERE);
        if one.crl_urls.is_empty() && everywhere.is_none() {
            return Err(RevocationError::NotCovered);
        }
        let list = one.crl_urls.iter().find_map(|url| self.naming(url)).or(everywhere);
        let list = list.ok_or(RevocationError::NoList)?;
        if list.covers(one.is_authority) { Ok(list) } else { Err(RevocationError::NotCovered) }
    }

    fn put(&self, list: Crl) -> Result<Accepted, CrlError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let url = list.url().unwrap_or(EVERYWHERE).to_owned();
        let before = self.naming(&url);
        let least = before.as_ref().map(|before| before.number());
        if least.or_else(|| self.least.get(&url).copied()) > Some(list.number()) {
            return Err(CrlError::WentBack);
        }
        let newly_revoked = newly_revoked(&list, before.as_deref());
        let accepted = Accepted { url: url.clone(), number: list.number(), newly_revoked };
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        if before.is_none() && lists.len() >= MAX_LISTS {
            return Err(CrlError::WrongScope);
        }
        lists.insert(url, Arc::new(list));
        Ok(accepted)
    }
}

fn newly_revoked(list: &Crl, before: Option<&Crl>) -> Vec<String> {
    let is_new = |serial: &&[u8]| before.is_none_or(|before| before.state_of(serial).is_none());
    list.serials().filter(is_new).map(|serial| HEXLOWER.encode(serial)).collect()
}

#[cfg(test)]
mod tests;
