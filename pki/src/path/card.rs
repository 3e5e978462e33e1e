//! A card that was believed.

use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::ext::pkix::CrlDistributionPoints;

use super::{PathError, ValidPath};
use crate::{Certificate, PublicKey, RevocationError, RevocationLists, extension};

/// Addresses of lists that are read from one certificate.
const MAX_LISTS: usize = 8;

/// How surely a card with its PIN says who holds it, lowest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum CardLevel {
    /// Issued or enrolled with less certainty than our own cards.
    Substantial,
    /// As our own cards.
    High,
}

/// A certificate that was believed, at the time it was asked.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedCard {
    /// The scheme that the card belongs to: `warifu` for our own.
    pub scheme: String,
    /// Whom the card stands for. Our own: 32 lower-case hexadecimal digits, random. Foreign: the
    /// scheme, a colon, and what the scheme's rule gives. Never a name.
    pub holder: String,
    /// The most that a sign-in with this card and its PIN may count for.
    pub level: CardLevel,
    /// The serial number in lower-case hexadecimal.
    pub serial_hex: String,
    /// The last second of validity.
    pub not_after: Timestamp,
    /// The card's key, for checking its signature.
    pub public_key: PublicKey,
    /// `x5t#S256` of the issuer; its revocation lists are the ones to ask.
    pub issuer_thumbprint: String,
    /// The addresses of the revocation list that covers this certificate; any of them will do. To
    /// be compared, never fetched.
    pub crl_urls: Vec<String>,
    /// The authorities between the card and the root, the card's issuer first.
    pub authorities: Vec<VerifiedAuthority>,
}

/// An authority that was believed, as its revocation list knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAuthority {
    /// Its serial number in lower-case hexadecimal.
    pub serial_hex: String,
    /// `x5t#S256` of whoever certified it.
    pub issuer_thumbprint: String,
    /// The addresses of the list that covers it. None: nobody publishes one.
    pub crl_urls: Vec<String>,
}

/// One certificate of a path, as its revocation list knows it.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// Its serial number in lower-case hexadecimal.
    pub serial_hex: &'a str,
    /// `x5t#S256` of its issuer.
    pub issuer_thumbprint: &'a str,
    /// The addresses of the list that covers it.
    pub crl_urls: &'a [String],
    /// Whether it is an authority's.
    pub is_authority: bool,
}

impl VerifiedCard {
    /// Whether the card and every authority above it that names a list are on none, as far as the
    /// lists tell that `lists_of` finds by an issuer's thumbprint. Fails closed: who has no lists
    /// vouches for nobody.
    pub fn require_unrevoked<L: Deref<Target = RevocationLists>>(
        &self,
        lists_of: impl Fn(&str) -> Option<L>,
        now: Timestamp,
    ) -> Result<(), RevocationError> {
        self.listed().try_for_each(|one| {
            let lists = lists_of(one.issuer_thumbprint).ok_or(RevocationError::NotCovered)?;
            lists.check_one(&one, now)
        })
    }

    /// What has to be on no list: the card, and the authorities above it that name a list.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        let card = Listed {
            serial_hex: &self.serial_hex,
            issuer_thumbprint: &self.issuer_thumbprint,
            crl_urls: &self.crl_urls,
            is_authority: false,
        };
        let named = self.authorities.iter().filter(|authority| !authority.crl_urls.is_empty());
        std::iter::once(card).chain(named.map(VerifiedAuthority::listed))
    }
}

impl VerifiedAuthority {
    fn listed(&self) -> Listed<'_> {
        Listed {
            serial_hex: &self.serial_hex,
            issuer_thumbprint: &self.issuer_thumbprint,
            crl_urls: &self.crl_urls,
            is_authority: true,
        }
    }

    /// Everybody on a path but the root, whom nobody can revoke.
    pub(super) fn all_of(path: &ValidPath<'_>) -> Result<Vec<Self>, PathError> {
        let certified = path.authorities().zip(path.thumbprints().skip(1));
        let one = |(authority, issuer): (&Certificate, &str)| {
            Ok(Self {
                serial_hex: authority.serial_hex(),
                issuer_thumbprint: issuer.to_owned(),
                crl_urls: crl_urls(authority)?,
            })
        };
        certified.map(one).collect()
    }
}

/// The holder stays out of logs.
impl fmt::Debug for VerifiedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCard")
            .field("scheme", &self.scheme)
            .field("level", &self.level)
            .field("serial_hex", &self.serial_hex)
            .field("not_after", &self.not_after)
            .field("issuer_thumbprint", &self.issuer_thumbprint)
            .finish_non_exhaustive()
    }
}

/// The addresses of lists that are complete for all reasons and are the issuer's own (RFC 5280
/// §4.2.1.13).
pub(crate) fn crl_urls(certificate: &Certificate) -> Result<Vec<String>, PathError> {
    let points = certificate.extension::<CrlDistributionPoints>();
    let points =
        points.map_err(|_| PathError::Malformed)?.map(|points| points.0).unwrap_or_default();
    let whole = points.iter().filter(|point| point.reasons.is_none() && point.crl_issuer.is_none());
    let places = whole.filter_map(|point| point.distribution_point.as_ref());
    Ok(places.flat_map(extension::urls_of).take(MAX_LISTS).map(str::to_owned).collect())
}
