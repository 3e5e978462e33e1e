//! The revocation list in force, held by whoever must ask it. Without one that is in force, no card
//! is good.

use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use crate::crl::{Crl, CrlError, Reason, Revoked};
use crate::{Certificate, VerifiedCard};

/// The latest believed list of one issuer. Fetching is the caller's work: whatever arrives is
/// handed to [`accept`](Self::accept).
#[derive(Debug)]
pub struct RevocationList {
    issuer: Certificate,
    thumbprint: String,
    latest: RwLock<Option<Arc<Crl>>>,
}

/// Why a card may not be used, as far as revocation is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// No list has been accepted yet.
    #[error("no revocation list is at hand")]
    NoList,
    /// The list at hand is out of date.
    #[error("the revocation list at hand is out of date")]
    Stale,
    /// The card is of another issuer, or belongs to another list of this issuer.
    #[error("the revocation list at hand does not cover this card")]
    NotCovered,
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
            Self::Revoked { reason: Reason::CertificateHold, .. } => "card.suspended",
            Self::Revoked { .. } => "card.revoked",
        }
    }
}

impl RevocationList {
    /// Holds no list yet: until one is accepted every check fails.
    pub fn new(issuer: Certificate) -> Self {
        let thumbprint = issuer.thumbprint();
        Self { issuer, thumbprint, latest: RwLock::default() }
    }

    /// Believes a list (DER) and puts it in force, unless a later one is there already. Gives its
    /// number.
    pub fn accept(&self, der: &[u8], now: Timestamp) -> Result<u64, CrlError> {
        let list = Crl::verify(der, &self.issuer, now)?;
        let number = list.number();
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_some_and(|latest| latest.number() > number) {
            return Err(CrlError::WentBack);
        }
        *latest = Some(Arc::new(list));
        Ok(number)
    }

    /// Whether a verified card is on no list, as far as the list in force can tell.
    pub fn check(&self, card: &VerifiedCard, now: Timestamp) -> Result<(), RevocationError> {
        let list = self.latest().ok_or(RevocationError::NoList)?;
        if !list.is_in_force(now) {
            return Err(RevocationError::Stale);
        }
        if !self.covers(&list, card) {
            return Err(RevocationError::NotCovered);
        }
        match list.state_of(&serial(card)?) {
            None => Ok(()),
            Some(Revoked { at, reason }) => Err(RevocationError::Revoked { at, reason }),
        }
    }

    /// The list at hand, in force or not.
    pub fn latest(&self) -> Option<Arc<Crl>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// RFC 5280 §6.3.3 (b): same issuer, and the address the certificate names is the list's.
    fn covers(&self, list: &Crl, card: &VerifiedCard) -> bool {
        let same_address = list.url().is_none_or(|url| card.crl_url.as_deref() == Some(url));
        card.issuer_thumbprint == self.thumbprint && same_address
    }
}

fn serial(card: &VerifiedCard) -> Result<Vec<u8>, RevocationError> {
    HEXLOWER.decode(card.serial_hex.as_bytes()).map_err(|_| RevocationError::NotCovered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crl::{RevokedEntry, build};
    use crate::testing::{World, days};
    use crate::{CardPurpose, CardTrust};

    fn list(world: &World, revoked: &[Certificate], number: u64) -> Vec<u8> {
        let entry = |card: &Certificate| RevokedEntry {
            serial: card.serial().to_vec(),
            at: world.now,
            reason: Reason::KeyCompromise,
        };
        let entries: Vec<_> = revoked.iter().map(entry).collect();
        build(&world.cards, &entries, number, world.now, world.now + days(1)).unwrap()
    }

    fn verified(world: &World, card: &Certificate) -> VerifiedCard {
        world.trust().verify(card.der(), CardPurpose::Authentication, world.now).unwrap()
    }

    #[test]
    fn a_card_is_good_until_it_is_on_the_list() {
        let world = World::new();
        let card = world.authentication_card();
        let verified = verified(&world, &card);
        let lists = RevocationList::new(world.cards.certificate().clone());
        assert_eq!(lists.check(&verified, world.now), Err(RevocationError::NoList));
        lists.accept(&list(&world, &[], 1), world.now).unwrap();
        assert_eq!(lists.check(&verified, world.now), Ok(()));
        lists.accept(&list(&world, &[card], 2), world.now).unwrap();
        let refused = lists.check(&verified, world.now).unwrap_err();
        assert!(matches!(refused, RevocationError::Revoked { reason: Reason::KeyCompromise, .. }));
        assert_eq!(refused.code(), "card.revoked");
    }

    #[test]
    fn a_stale_list_refuses_every_card() {
        let world = World::new();
        let verified = verified(&world, &world.authentication_card());
        let lists = RevocationList::new(world.cards.certificate().clone());
        lists.accept(&list(&world, &[], 1), world.now).unwrap();
        assert_eq!(lists.check(&verified, world.now + days(1)), Err(RevocationError::Stale));
    }

    #[test]
    fn an_older_list_never_replaces_a_newer_one() {
        let world = World::new();
        let lists = RevocationList::new(world.cards.certificate().clone());
        lists.accept(&list(&world, &[], 5), world.now).unwrap();
        assert_eq!(lists.accept(&list(&world, &[], 4), world.now), Err(CrlError::WentBack));
        assert_eq!(lists.accept(&list(&world, &[], 5), world.now), Ok(5));
    }

    #[test]
    fn a_list_says_nothing_about_cards_it_does_not_cover() {
        let world = World::new();
        let lists = RevocationList::new(world.cards.certificate().clone());
        lists.accept(&list(&world, &[], 1), world.now).unwrap();
        let good = verified(&world, &world.authentication_card());
        let foreign = VerifiedCard { issuer_thumbprint: "x".into(), ..good.clone() };
        assert_eq!(lists.check(&foreign, world.now), Err(RevocationError::NotCovered));
        let elsewhere = VerifiedCard { crl_url: Some("http://other/".into()), ..good.clone() };
        assert_eq!(lists.check(&elsewhere, world.now), Err(RevocationError::NotCovered));
        let nowhere = VerifiedCard { crl_url: None, ..good };
        assert_eq!(lists.check(&nowhere, world.now), Err(RevocationError::NotCovered));
    }

    #[test]
    fn a_foreign_list_is_refused() {
        let (world, other) = (World::new(), World::new());
        let lists = RevocationList::new(world.cards.certificate().clone());
        let foreign = list(&other, &[], 9);
        assert_eq!(lists.accept(&foreign, world.now), Err(CrlError::BadSignature));
        assert!(
            CardTrust::new(
                world.root.certificate().clone(),
                vec![other.cards.certificate().clone()]
            )
            .is_err()
        );
    }
}
