//! Certificate policies along a path (RFC 5280 §6.1.2 to §6.1.5).
//!
//! The policy tree is kept as its lowest row, which is all that it needs as long as policies are
//! never mapped: we validate with initial-policy-mapping-inhibit set.

use std::collections::BTreeSet;

use x509_cert::der::asn1::{Any, ObjectIdentifier};
use x509_cert::der::oid::db::rfc5280::{
    ID_CE_CERTIFICATE_POLICIES, ID_CE_INHIBIT_ANY_POLICY, ID_CE_POLICY_MAPPINGS,
};
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::PolicyConstraints;

use super::{PathError, extension_value, is_self_issued, require};
use crate::Certificate;

const ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

/// The content octets of an object identifier: foreign ones may be longer than the type holds.
type Id = Box<[u8]>;

/// What the certificates so far allow. No policy and not any: a path without policies.
pub(super) struct Policies<'a> {
    wanted: &'a [ObjectIdentifier],
    named: BTreeSet<Id>,
    any: bool,
    /// So many certificates further, a path without policies is refused.
    needed_after: u32,
    /// So many certificates further, `anyPolicy` no longer counts.
    any_ends_after: u32,
}

impl<'a> Policies<'a> {
    /// Asks for one of these; from the start, unless there are none.
    pub(super) fn new(wanted: &'a [ObjectIdentifier]) -> Self {
        let needed_after = if wanted.is_empty() { u32::MAX } else { 0 };
        let named = BTreeSet::new();
        Self { wanted, named, any: true, needed_after, any_ends_after: u32::MAX }
    }

    /// An authority of the path: §6.1.3 (d) to (f).
    pub(super) fn pass(&mut self, issuer: &Certificate) -> Result<(), PathError> {
        self.narrow(issuer, self.any_ends_after > 0 || is_self_issued(issuer))
    }

    /// What an authority, the root too, says about those below: §6.1.4 (a), (b) and (h) to (j).
    pub(super) fn descend(&mut self, issuer: &Certificate) -> Result<(), PathError> {
        for mapped in mapped_by(issuer)? {
            self.named.remove(&mapped);
        }
        if !is_self_issued(issuer) {
            self.needed_after = self.needed_after.saturating_sub(1);
            self.any_ends_after = self.any_ends_after.saturating_sub(1);
        }
        self.needed_after = self.needed_after.min(needed_after(issuer)?);
        if let Some(value) = extension_value(issuer, ID_CE_INHIBIT_ANY_POLICY) {
            let skip = u32::from_der(value).map_err(|_| PathError::Malformed)?;
            self.any_ends_after = self.any_ends_after.min(skip);
        }
        Ok(())
    }

    /// The last certificate: §6.1.3 (d) to (f) and §6.1.5; stricter in that it names one of the
    /// policies itself.
    pub(super) fn finish(mut self, leaf: &Certificate) -> Result<(), PathError> {
        self.narrow(leaf, self.any_ends_after > 0)?;
        self.needed_after = self.needed_after.saturating_sub(1);
        if needed_after(leaf)? == 0 {
            self.needed_after = 0;
        }
        self.require_some()?;
        let named = policies_of(leaf)?.unwrap_or_default();
        let fits = |id: &[u8]| named.contains(id) && (self.any || self.named.contains(id));
        let mut wanted = self.wanted.iter().map(ObjectIdentifier::as_bytes);
        require(self.wanted.is_empty() || wanted.any(fits), PathError::WrongPolicy)
    }

    fn narrow(&mut self, certificate: &Certificate, any_counts: bool) -> Result<(), PathError> {
        let found = policies_of(certificate)?.unwrap_or_default();
        let any = any_counts && found.contains(ANY_POLICY.as_bytes());
        let is_allowed = |id: &Id| is_named(id) && (self.any || self.named.contains(id));
        let mut named: BTreeSet<_> = found.into_iter().filter(is_allowed).collect();
        if any {
            named.append(&mut self.named);
        }
        (self.named, self.any) = (named, self.any && any);
        self.require_some()
    }

    fn require_some(&self) -> Result<(), PathError> {
        let is_some = self.any || !self.named.is_empty() || self.needed_after > 0;
        require(is_some, PathError::WrongPolicy)
    }
}

/// requireExplicitPolicy (§4.2.1.11). That policies may not be mapped further down changes nothing.
fn needed_after(certificate: &Certificate) -> Result<u32, PathError> {
    let found = certificate.extension::<PolicyConstraints>().map_err(|_| PathError::Malformed)?;
    Ok(found.and_then(|found| found.require_explicit_policy).unwrap_or(u32::MAX))
}

fn is_named(id: &Id) -> bool {
    id.as_ref() != ANY_POLICY.as_bytes()
}

/// The policies of a certificate without their qualifiers; none of them twice (§4.2.1.4).
fn policies_of(certificate: &Certificate) -> Result<Option<BTreeSet<Id>>, PathError> {
    let Some(value) = extension_value(certificate, ID_CE_CERTIFICATE_POLICIES) else {
        return Ok(None);
    };
    let all = Vec::<Vec<Any>>::from_der(value).map_err(|_| PathError::Malformed)?;
    let ids = all.iter().map(|one| one.first().and_then(id).ok_or(PathError::Malformed));
    let distinct = ids.collect::<Result<BTreeSet<_>, _>>()?;
    require(!all.is_empty() && distinct.len() == all.len(), PathError::Malformed)?;
    Ok(Some(distinct))
}

/// The issuer's policies that it maps to others, and that therefore end here. `anyPolicy` is never
/// mapped: §6.1.4 (a).
fn mapped_by(issuer: &Certificate) -> Result<Vec<Id>, PathError> {
    let Some(value) = extension_value(issuer, ID_CE_POLICY_MAPPINGS) else {
        return Ok(Vec::new());
    };
    let pairs = Vec::<[Any; 2]>::from_der(value).map_err(|_| PathError::Malformed)?;
    let mapped = pairs.iter().map(|[from, to]| {
        let (from, to) = id(from).zip(id(to)).ok_or(PathError::Malformed)?;
        require(is_named(&from) && is_named(&to), PathError::Malformed)?;
        Ok(from)
    });
    mapped.collect()
}

fn id(value: &Any) -> Option<Id> {
    (value.tag() == Tag::ObjectIdentifier).then(|| value.value().into())
}
