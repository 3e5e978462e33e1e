//! The ceremony that makes the authorities: once, into an empty folder, from one reviewed file.

mod plan;
pub(crate) mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{Authority, IssueError, KeySource, PublicKey, Signer, Subject, Validity};
use warifu_service::Surroundings;

pub use plan::{AuthorityPlan, Ceremony, RootPlan};
pub use report::CeremonyReport;

use crate::folder::{self, ROOT_CERTIFICATE, ROOT_LIST};
use crate::manifest::{self, Entry, Manifest};
use crate::{Branch, CaError, root};

/// Makes the root, one authority for each branch and the root's first revocation list, and writes
/// them into the folder with a report of what was done. Nothing that exists is overwritten.
///
/// The authority itself never needs the root's key: keep it elsewhere.
pub fn init(
    folder: &Path,
    ceremony: &Ceremony,
    surroundings: &Surroundings,
) -> Result<CeremonyReport, CaError> {
    ceremony.check()?;
    require_absent(folder, ceremony)?;
    folder::make(folder)?;
    let mut manifest = ceremony.manifest();
    let root = make_root(folder, ceremony, &manifest, surroundings)?;
    for branch in Branch::ALL {
        let entry = ceremony.first_of(branch, surroundings.now());
        let plan = ceremony.plan_of(branch);
        let name = format!("{} {}", ceremony.name, entry.stem().replace('-', " "));
        make_authority(folder, &root, &Order { plan, entry: &entry, name: &name }, surroundings)?;
        manifest.authorities.push(entry);
    }
    root::write_list(folder, &root, &manifest, surroundings)?;
    write_bundles(folder, &manifest)?;
    folder::write_new(&folder.join(manifest::FILE), manifest.to_text()?.as_bytes())?;
    // Written last: once it is there, all is.
    let pem = root.certificate().pem();
    folder::write_new(&folder.join(ROOT_CERTIFICATE), pem.as_bytes())?;
    report::of_init(folder, ceremony, &manifest, surroundings.now())
}

fn require_absent(folder: &Path, ceremony: &Ceremony) -> Result<(), CaError> {
    let fixed = [ROOT_CERTIFICATE, ROOT_LIST, manifest::FILE, report::FILE];
    let mut paths: Vec<PathBuf> = fixed.iter().map(|name| folder.join(name)).collect();
    paths.extend(file_of(&ceremony.root.key, folder));
    for branch in Branch::ALL {
        let entry = ceremony.first_of(branch, Timestamp::UNIX_EPOCH);
        paths.push(folder::certificate_path(folder, &entry));
        paths.push(folder::bundle_path(folder, branch));
        paths.extend(file_of(&entry.key, folder));
    }
    paths.into_iter().find(|path| path.exists()).map_or(Ok(()), |path| Err(CaError::Exists(path)))
}

fn file_of(key: &KeySource, folder: &Path) -> Option<PathBuf> {
    match key {
        KeySource::File { file, .. } => Some(folder.join(file)),
        KeySource::Token(_) => None,
    }
}

/// The root, with its key still in hand.
fn make_root(
    folder: &Path,
    ceremony: &Ceremony,
    manifest: &Manifest,
    surroundings: &Surroundings,
) -> Result<Authority, CaError> {
    let plan = &ceremony.root;
    let key = plan.key.clone().within(folder).generate(plan.algorithm)?;
    let root = Authority::self_signed_root(
        &format!("{} root", ceremony.name),
        Arc::clone(&key),
        years(plan.years, surroundings),
        surroundings.entropy.as_ref(),
    )?;
    Ok(Authority::new(root.certificate().clone(), key, manifest.publication_of_root())?)
}

/// An authority to be made.
pub(crate) struct Order<'a> {
    pub(crate) plan: &'a AuthorityPlan,
    pub(crate) entry: &'a Entry,
    pub(crate) name: &'a str,
}

/// Makes the key of an authority, has the root certify it, and writes the certificate.
pub(crate) fn make_authority(
    folder: &Path,
    root: &Authority,
    order: &Order<'_>,
    surroundings: &Surroundings,
) -> Result<(), CaError> {
    let Order { plan, entry, name } = *order;
    let subject =
        Subject::authority_within(name, &plan.permitted_hosts).map_err(IssueError::from)?;
    let key = entry.key.clone().within(folder).generate(plan.algorithm)?;
    let public = PublicKey::from_der(key.public_key_der())?;
    let validity = years(plan.years, surroundings);
    let profile = entry.branch.profile();
    let entropy = surroundings.entropy.as_ref();
    let certificate = root.issue(profile, &subject, &public, validity, entropy)?;
    folder::write_new(&folder::certificate_path(folder, entry), certificate.pem().as_bytes())
}

/// Opens the root for one act.
pub(crate) fn open_root(
    folder: &Path,
    manifest: &Manifest,
    key: &KeySource,
) -> Result<Authority, CaError> {
    let certificate = folder::certificate(&folder.join(ROOT_CERTIFICATE))?;
    let key: Arc<dyn Signer> = key.clone().within(folder).open()?;
    Ok(Authority::new(certificate, key, manifest.publication_of_root())?)
}

/// Writes, for each branch, the certificates that others are to believe: every generation that is
/// not revoked.
pub(crate) fn write_bundles(folder: &Path, manifest: &Manifest) -> Result<(), CaError> {
    for branch in Branch::ALL {
        let mut bundle = String::new();
        let entries = manifest.authorities.iter();
        for entry in entries.filter(|entry| entry.branch == branch && entry.revoked.is_none()) {
            bundle += &folder::certificate(&folder::certificate_path(folder, entry))?.pem();
        }
        folder::replace(&folder::bundle_path(folder, branch), bundle.as_bytes())?;
    }
    Ok(())
}

fn years(count: u16, surroundings: &Surroundings) -> Validity {
    Validity::lasting(surroundings.now(), SignedDuration::from_hours(24 * 365 * i64::from(count)))
}

#[cfg(test)]
mod tests;
