//! Whose cards are believed: our own and, where they are configured, those of others.

use std::sync::Arc;

use jiff::Timestamp;

use super::card::crl_urls;
use super::{
    CardLevel, PathError, PathRequirements, PathValidator, TrustError, ValidPath,
    VerifiedAuthority, VerifiedCard, is_self_issued, own,
};
use crate::scheme::HolderRule;
use crate::{Certificate, PolicyArc};

/// The name of our own scheme.
const OWN: &str = "warifu";
/// Certificates that are read from one publication of authorities.
const MAX_OFFERED: usize = 32;

/// What the card's signature is to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardPurpose {
    /// The holder is here and entered the PIN (PIV slot 9A).
    Authentication,
    /// The card is here (PIV slot 9E).
    Presence,
}

/// The roots and the issuers whose card certificates are believed.
///
/// It never changes: whoever learns of new authorities makes a new one
/// ([`with_authorities`](Self::with_authorities)) and puts it in the old one's place.
#[derive(Clone, Debug)]
pub struct CardTrust {
    roots: Vec<Certificate>,
    issuers: Vec<Certificate>,
    arc: PolicyArc,
    own: Arc<TrustedScheme>,
    foreign: Vec<Arc<TrustedScheme>>,
}

/// One scheme of cards, its certificates at hand.
#[derive(Debug)]
pub struct TrustedScheme {
    pub(crate) id: String,
    pub(crate) holder: HolderRule,
    pub(crate) level: CardLevel,
    pub(crate) validator: PathValidator,
    pub(crate) authentication: PathRequirements,
    pub(crate) presence: Option<PathRequirements>,
}

impl CardTrust {
    /// Trusts the cards of these issuers, each signed by the root, under the policies of the default
    /// arc.
    pub fn new(root: Certificate, issuers: Vec<Certificate>) -> Result<Self, TrustError> {
        Self::under(vec![root], issuers, PolicyArc::default())
    }

    /// Trusts the cards of these issuers, of any generation, each signed by one of the roots, under
    /// the policies of an arc. Authorities that issue no cards may be among them and are ignored.
    pub fn under(
        roots: Vec<Certificate>,
        issuers: Vec<Certificate>,
        arc: PolicyArc,
    ) -> Result<Self, TrustError> {
        let validator = PathValidator::new(roots.clone(), issuers.clone())?;
        own::require_all_below(&validator, &issuers)?;
        let of_cards = issuers.into_iter().filter(|issuer| own::is_issuer(issuer, &arc));
        let issuers: Vec<_> = of_cards.collect();
        if issuers.is_empty() {
            return Err(TrustError::NoIssuer);
        }
        let own = Arc::new(own_scheme(roots.clone(), issuers.clone(), &arc)?);
        Ok(Self { roots, issuers, arc, own, foreign: Vec::new() })
    }

    /// Trusts the cards of one more scheme.
    pub fn with_scheme(mut self, scheme: TrustedScheme) -> Result<Self, TrustError> {
        if self.schemes().any(|other| other.id == scheme.id) {
            return Err(TrustError::SameScheme);
        }
        if self.schemes().any(|other| other.shares_a_key_with(&scheme)) {
            return Err(TrustError::SharedAuthority);
        }
        self.foreign.push(Arc::new(scheme));
        Ok(self)
    }

    /// The same trust, and besides the issuers it was made with those that a publication (PEM, at
    /// most 32 certificates) offers: only what one of our roots signed for issuing cards is taken,
    /// all else is passed over.
    pub fn with_authorities(&self, pem: &[u8]) -> Result<Self, TrustError> {
        let offered = Certificate::all_from_pem(pem, MAX_OFFERED)
            .map_err(|error| TrustError::Unreadable(error.into()))?;
        let validator = PathValidator::new(self.roots.clone(), offered.clone())?;
        let is_ours = |one: &Certificate| {
            own::is_issuer(one, &self.arc) && own::require_below(&validator, one).is_ok()
        };
        let known = self.issuers.iter().cloned();
        let issuers = known.chain(offered.into_iter().filter(is_ours)).collect();
        let own = Arc::new(own_scheme(self.roots.clone(), issuers, &self.arc)?);
        if self.foreign.iter().any(|other| other.shares_a_key_with(&own)) {
            return Err(TrustError::SharedAuthority);
        }
        Ok(Self { own, ..self.clone() })
    }

    /// Believes a card certificate (DER) for a purpose at a time, or says why not.
    pub fn verify(
        &self,
        leaf_der: &[u8],
        purpose: CardPurpose,
        now: Timestamp,
    ) -> Result<VerifiedCard, PathError> {
        let leaf = Certificate::from_der(leaf_der)?;
        let mut refused = PathError::UnknownIssuer;
        for scheme in self.schemes() {
            match scheme.verify(&leaf, purpose, now) {
                Ok(card) => return Ok(card),
                Err(PathError::UnknownIssuer) => {}
                Err(cause) => refused = cause,
            }
        }
        Err(refused)
    }

    /// Every root and authority of every scheme: those whose revocation lists are needed.
    pub fn authorities(&self) -> impl Iterator<Item = &Certificate> {
        self.schemes().flat_map(|scheme| scheme.validator.certificates())
    }

    fn schemes(&self) -> impl Iterator<Item = &Arc<TrustedScheme>> {
        std::iter::once(&self.own).chain(&self.foreign)
    }
}

fn own_scheme(
    roots: Vec<Certificate>,
    issuers: Vec<Certificate>,
    arc: &PolicyArc,
) -> Result<TrustedScheme, TrustError> {
    Ok(TrustedScheme {
        id: OWN.to_owned(),
        holder: HolderRule::Reference,
        level: CardLevel::High,
        validator: PathValidator::new(roots, issuers)?,
        authentication: own::authentication(arc),
        presence: Some(own::presence(arc)),
    })
}

impl TrustedScheme {
    fn verify(
        &self,
        leaf: &Certificate,
        purpose: CardPurpose,
        now: Timestamp,
    ) -> Result<VerifiedCard, PathError> {
        let required = match purpose {
            CardPurpose::Authentication => Some(&self.authentication),
            CardPurpose::Presence => self.presence.as_ref(),
        };
        // Without a rule the path is walked all the same, so that a stranger's card stays unknown.
        let path = self.validator.validate(leaf, required.unwrap_or(&self.authentication), now)?;
        required.ok_or(PathError::WrongPurpose)?;
        self.require_issuer(&path)?;
        self.accepted(leaf, &path)
    }

    /// Our own root certifies authorities alone.
    fn require_issuer(&self, path: &ValidPath<'_>) -> Result<(), PathError> {
        let by_root = path.authorities().next().is_some_and(is_self_issued);
        if by_root && self.is_own() { Err(PathError::UnknownIssuer) } else { Ok(()) }
    }

    fn accepted(
        &self,
        leaf: &Certificate,
        path: &ValidPath<'_>,
    ) -> Result<VerifiedCard, PathError> {
        let found = self.holder.of(leaf).ok_or(PathError::BadHolderReference)?;
        let holder = if self.is_own() { found } else { format!("{}:{found}", self.id) };
        Ok(VerifiedCard {
            scheme: self.id.clone(),
            holder,
            level: self.level,
            serial_hex: leaf.serial_hex(),
            not_after: leaf.not_after(),
            public_key: path.key().clone(),
            issuer_thumbprint: path.thumbprints().next().unwrap_or_default().to_owned(),
            crl_urls: crl_urls(leaf)?,
            authorities: VerifiedAuthority::all_of(path)?,
        })
    }

    fn is_own(&self) -> bool {
        self.id == OWN
    }

    fn shares_a_key_with(&self, other: &Self) -> bool {
        let mut ours = self.validator.certificates();
        ours.any(|one| {
            let key = one.public_key_der();
            other.validator.certificates().any(|another| another.public_key_der() == key)
        })
    }
}
