//! Path validation as RFC 5280 §6.1 shapes it, from roots and authorities that were given
//! beforehand. Nothing is fetched, and nothing that a certificate names is looked up.

use jiff::Timestamp;
use x509_cert::der::asn1::ObjectIdentifier;

use super::authority::Authority;
use super::checks::{self, End};
use super::names::NameLimits;
use super::policies::Policies;
use super::{PathError, TrustError, is_self_issued, require};
use crate::{Certificate, KeyAlgorithm, PublicKey};

/// Roots and authorities together.
const MAX_AUTHORITIES: usize = 64;
/// Authorities above one certificate, the root among them.
const MAX_PATH: usize = 6;
/// Signatures that are checked to find out who certified whom.
const MAX_COMPARISONS: usize = 256;
/// Authorities that are stepped onto in search of one path.
const MAX_STEPS: usize = 256;

/// What the last certificate of a path must be good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRequirements {
    /// Key purposes that it must have (RFC 5280 §4.2.1.12), and all above it may give.
    pub purposes: Vec<ObjectIdentifier>,
    /// Whether it may have no others.
    pub only_these_purposes: bool,
    /// Policies of which it must name one, and all above it permit. Empty: none is asked for.
    pub policies: Vec<ObjectIdentifier>,
    /// The kinds of key that it may have.
    pub keys: Vec<KeyAlgorithm>,
}

/// Roots that are believed, and authorities that may stand below them.
#[derive(Clone, Debug)]
pub struct PathValidator {
    known: Vec<Known>,
}

/// An authority, and who certified it.
#[derive(Clone, Debug)]
struct Known {
    authority: Authority,
    issuers: Issuers,
}

/// The places of those who signed a certificate; or why there is none.
type Issuers = Result<Vec<usize>, PathError>;

/// A certificate that was believed: its key, and the authorities above it.
#[derive(Clone, Debug)]
pub struct ValidPath<'a> {
    key: PublicKey,
    above: Vec<&'a Authority>,
}

impl ValidPath<'_> {
    /// The key of the certificate at the end of the path.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Its issuer first, the root last.
    pub fn authorities(&self) -> impl Iterator<Item = &Certificate> {
        self.above.iter().map(|authority| &authority.certificate)
    }

    pub(super) fn thumbprints(&self) -> impl Iterator<Item = &str> {
        self.above.iter().map(|authority| authority.thumbprint.as_str())
    }
}

impl PathValidator {
    /// Takes at most 64 certificates. Every root must have signed itself; whether the others lead
    /// to a root shows when a path is asked for.
    pub fn new(roots: Vec<Certificate>, others: Vec<Certificate>) -> Result<Self, TrustError> {
        if roots.is_empty() {
            return Err(TrustError::NoRoot);
        }
        if roots.len() + others.len() > MAX_AUTHORITIES {
            return Err(TrustError::TooMany);
        }
        let roots = roots.into_iter().map(|root| Authority::new(root, true));
        let mut all = roots.collect::<Vec<_>>();
        all.iter().try_for_each(require_root)?;
        for other in others {
            if !all.iter().any(|known| known.certificate == other) {
                all.push(Authority::new(other, false));
            }
        }
        Ok(Self { known: linked(all)? })
    }

    /// Finds a path from a root down to the certificate that is valid now and good for what is
    /// required, or says why there is none: the cause found on the path that came furthest.
    pub fn validate(
        &self,
        leaf: &Certificate,
        required: &PathRequirements,
        now: Timestamp,
    ) -> Result<ValidPath<'_>, PathError> {
        let mut comparisons = MAX_COMPARISONS;
        let authorities = self.known.iter().map(|known| &known.authority).enumerate();
        let first = issuers_of(leaf, authorities, &mut comparisons)?;
        let key = leaf.public_key().map_err(|_| PathError::UnsupportedKey);
        let end = End { leaf, key: &key, required, now };
        let mut search = Search { known: &self.known, end, steps: 0, refused: None };
        let found = first.iter().find_map(|issuer| search.from(*issuer, &mut Vec::new()));
        let refused = search.refused.map_or(PathError::UnknownIssuer, |(_, cause)| cause);
        let above = found.ok_or(refused)?;
        Ok(ValidPath { key: key?, above })
    }

    /// Whether a certificate that is no root leads to one by signatures alone, whatever its form.
    pub(super) fn is_linked(&self, certificate: &Certificate) -> bool {
        let mut reached: Vec<bool> = self.known.iter().map(|one| one.authority.is_root).collect();
        for _ in 0..MAX_PATH {
            let next = self.known.iter().map(|one| {
                one.authority.is_root
                    || one.issuers.iter().flatten().any(|at| reached.get(*at) == Some(&true))
            });
            reached = next.collect();
        }
        let mut pairs = self.known.iter().zip(reached);
        pairs.any(|(one, reached)| reached && one.authority.certificate == *certificate)
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.known.iter().map(|known| &known.authority.certificate)
    }
}

fn require_root(root: &Authority) -> Result<(), TrustError> {
    root.require_form().map_err(|_| TrustError::NotAnAuthority)?;
    let signed =
        root.is_named_by(&root.certificate) && root.require_signed(&root.certificate).is_ok();
    if signed { Ok(()) } else { Err(TrustError::NotSignedByRoot) }
}

fn linked(all: Vec<Authority>) -> Result<Vec<Known>, TrustError> {
    let mut left = MAX_COMPARISONS;
    let links: Vec<Issuers> = all
        .iter()
        .map(|one| issuers_of(&one.certificate, all.iter().enumerate(), &mut left))
        .collect();
    if left == 0 {
        return Err(TrustError::TooMany);
    }
    let known = all.into_iter().zip(links);
    Ok(known.map(|(authority, issuers)| Known { authority, issuers }).collect())
}

/// Who signed a certificate: everybody of the right name is tried, because a name may stand for
/// several keys.
fn issuers_of<'a>(
    certificate: &Certificate,
    authorities: impl Iterator<Item = (usize, &'a Authority)>,
    comparisons: &mut usize,
) -> Issuers {
    let mut refused = PathError::UnknownIssuer;
    let mut found = Vec::new();
    for (at, authority) in authorities.filter(|(_, one)| one.is_named_by(certificate)) {
        *comparisons = comparisons.saturating_sub(1);
        if *comparisons == 0 {
            return Err(PathError::TooLong);
        }
        match authority.require_signed(certificate) {
            Ok(()) => found.push(at),
            Err(cause) => refused = cause,
        }
    }
    if found.is_empty() { Err(refused) } else { Ok(found) }
}

/// How far a path came before it was refused, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    NoIssuer,
    NoEnd,
    Root,
}

struct Search<'a, 'b> {
    known: &'a [Known],
    end: End<'b>,
    steps: usize,
    refused: Option<(Reach, PathError)>,
}

impl<'a> Search<'a, '_> {
    /// Goes up depth first. `path` holds the authorities below this one, the leaf's issuer first.
    fn from(&mut self, at: usize, path: &mut Vec<&'a Authority>) -> Option<Vec<&'a Authority>> {
        let Known { authority, issuers } = self.known.get(at)?;
        self.steps += 1;
        if path.iter().any(|below| below.is_same_as(authority)) {
            return self.refuse(Reach::NoEnd, PathError::Loop);
        }
        if path.len() >= MAX_PATH || self.steps > MAX_STEPS {
            return self.refuse(Reach::NoEnd, PathError::TooLong);
        }
        path.push(authority);
        let found = match issuers {
            _ if authority.is_root => self.walked(path),
            Ok(issuers) => issuers.iter().find_map(|issuer| self.from(*issuer, path)),
            Err(cause) => self.refuse(Reach::NoIssuer, *cause),
        };
        path.pop();
        found
    }

    fn walked(&mut self, path: &[&'a Authority]) -> Option<Vec<&'a Authority>> {
        match walk(&self.end, path) {
            Ok(()) => Some(path.to_vec()),
            Err(flaw) => self.refuse(Reach::Root, flaw),
        }
    }

    fn refuse(&mut self, reach: Reach, cause: PathError) -> Option<Vec<&'a Authority>> {
        if self.refused.is_none_or(|(before, _)| before < reach) {
            self.refused = Some((reach, cause));
        }
        None
    }
}

/// RFC 5280 §6.1.2 to §6.1.5, from the root down.
fn walk(end: &End<'_>, above: &[&Authority]) -> Result<(), PathError> {
    let mut limits = Limits::new(end.required);
    for authority in above.iter().rev() {
        authority.require_form()?;
        authority.require_valid(end.now)?;
        if !authority.is_root {
            limits.pass(&authority.certificate)?;
        }
        limits.descend(authority)?;
    }
    checks::ALL.iter().try_for_each(|check| check(end, above))?;
    limits.names.require(end.leaf)?;
    limits.policies.finish(end.leaf)
}

/// What the authorities so far leave to those below.
struct Limits<'a> {
    authorities_below: Option<u8>,
    names: NameLimits,
    policies: Policies<'a>,
}

impl<'a> Limits<'a> {
    fn new(required: &'a PathRequirements) -> Self {
        let policies = Policies::new(&required.policies);
        Self { authorities_below: None, names: NameLimits::default(), policies }
    }

    /// An authority below the root. One that certifies itself anew under its own name counts
    /// neither for names nor for length: §6.1.3 (b), §6.1.4 (l).
    fn pass(&mut self, certificate: &Certificate) -> Result<(), PathError> {
        if !is_self_issued(certificate) {
            self.names.require(certificate)?;
            require(self.authorities_below != Some(0), PathError::PathLengthExceeded)?;
            self.authorities_below = self.authorities_below.map(|left| left.saturating_sub(1));
        }
        self.policies.pass(certificate)
    }

    fn descend(&mut self, authority: &Authority) -> Result<(), PathError> {
        let below = [self.authorities_below, authority.below()];
        self.authorities_below = below.into_iter().flatten().min();
        self.names.descend(&authority.certificate)?;
        self.policies.descend(&authority.certificate)
    }
}
