//! What the root does after the ceremony, each time with its key brought in for one act: its
//! revocation list, a new generation of an authority, the end of one.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{Authority, Crl, KeySource, Reason, RevokedEntry, crl};
use warifu_service::Surroundings;

use crate::ceremony::{self, AuthorityPlan, CeremonyReport, Order, report};
use crate::folder::{self, ROOT_LIST};
use crate::manifest::{self, Entry, Manifest, Revoked};
use crate::{Branch, CaError};

/// A new generation of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollover {
    /// Which authority gets a successor.
    pub branch: Branch,
    /// How it is made; its key must be a new one.
    pub plan: AuthorityPlan,
    /// When it begins to issue. Until then its certificate is published, so that everyone believes
    /// it before the first card shows it.
    pub in_use_from: Timestamp,
}

/// Makes and writes the root's next revocation list; gives its number.
pub fn root_crl(
    folder: &Path,
    root_key: &KeySource,
    surroundings: &Surroundings,
) -> Result<u64, CaError> {
    let manifest = Manifest::read(folder)?;
    let root = ceremony::open_root(folder, &manifest, root_key)?;
    write_list(folder, &root, &manifest, surroundings)
}

/// Makes the next generation of an authority: announced at once, in use from the date. The
/// generation before keeps its key, its lists and its OCSP signer until its last certificate has
/// ended.
pub fn rollover(
    folder: &Path,
    root_key: &KeySource,
    order: &Rollover,
    surroundings: &Surroundings,
) -> Result<CeremonyReport, CaError> {
    let mut manifest = Manifest::read(folder)?;
    let root = ceremony::open_root(folder, &manifest, root_key)?;
    let generation = manifest.newest(order.branch).map_or(0, |entry| entry.generation) + 1;
    let entry = order.plan.entry(order.branch, generation, order.in_use_from);
    let name = name_of(&root, &entry);
    let made = Order { plan: &order.plan, entry: &entry, name: &name };
    ceremony::make_authority(folder, &root, &made, surroundings)?;
    manifest.authorities.push(entry.clone());
    write_manifest(folder, &manifest)?;
    report::of_rollover(folder, &manifest, &entry, surroundings.now())
}

/// Revokes an authority, and with it everything that it issued: for a stolen key, or when it is no
/// longer needed. Gives the number of the root's list that says so. To repeat it does no harm: the
/// first reason stands.
pub fn revoke_authority(
    folder: &Path,
    root_key: &KeySource,
    (branch, generation): (Branch, u32),
    reason: Reason,
    surroundings: &Surroundings,
) -> Result<u64, CaError> {
    let mut manifest = Manifest::read(folder)?;
    let root = ceremony::open_root(folder, &manifest, root_key)?;
    let mut entries = manifest.authorities.iter_mut();
    let entry = entries
        .find(|entry| entry.branch == branch && entry.generation == generation)
        .ok_or(CaError::NoGeneration(branch, generation))?;
    entry.revoked.get_or_insert(Revoked::new(surroundings.now(), reason));
    // In this order, so that no later list can forget it.
    write_manifest(folder, &manifest)?;
    write_list(folder, &root, &manifest, surroundings)
}

/// Writes the list that follows the one in the folder.
pub(crate) fn write_list(
    folder: &Path,
    root: &Authority,
    manifest: &Manifest,
    surroundings: &Surroundings,
) -> Result<u64, CaError> {
    let path = folder.join(ROOT_LIST);
    let number = if path.exists() { number_of(&path, root)? + 1 } else { 1 };
    let entries = revoked(folder, manifest)?;
    let now = surroundings.now();
    let until = now + SignedDuration::from_hours(24 * i64::from(manifest.root_list_days));
    let der = crl::build_of_root(root, &entries, number, now, until)?;
    folder::replace(&path, &der)?;
    Ok(number)
}

/// The list in the folder may be out of date: that is why a new one is made.
fn number_of(path: &Path, root: &Authority) -> Result<u64, CaError> {
    let der = std::fs::read(path).map_err(|cause| CaError::file(path, cause))?;
    Crl::of_issuer(&der, root.certificate())
        .map(|list| list.number())
        .map_err(|cause| CaError::RootList { path: path.to_owned(), cause })
}

/// All authorities that were ever revoked: there are few, and they stay on the list.
fn revoked(folder: &Path, manifest: &Manifest) -> Result<Vec<RevokedEntry>, CaError> {
    let mut entries = Vec::new();
    for entry in &manifest.authorities {
        if let Some(revoked) = entry.revoked {
            let certificate = folder::certificate(&folder::certificate_path(folder, entry))?;
            let serial = certificate.serial().to_vec();
            entries.push(RevokedEntry { serial, at: revoked.at, reason: revoked.reason() });
        }
    }
    Ok(entries)
}

/// The description last: whoever reads it finds what it names.
fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), CaError> {
    ceremony::write_bundles(folder, manifest)?;
    folder::replace(&folder.join(manifest::FILE), manifest.to_text()?.as_bytes())
}

/// `Warifu demonstration root` becomes `Warifu demonstration cards 2`.
fn name_of(root: &Authority, entry: &Entry) -> String {
    let root = root.certificate().subject_cn().unwrap_or_default();
    let name = root.strip_suffix(" root").unwrap_or(root);
    format!("{name} {} {}", entry.branch, entry.generation)
}

#[cfg(test)]
mod tests;
