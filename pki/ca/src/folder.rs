//! The folder that holds the authorities: which file is what.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use warifu_pki::{Authority, CardTrust, Certificate, FileKey, Publication};
use warifu_service::seal::KeyRing;

use crate::{OfficeError, PublicationConfig};

/// A certificate is public.
const PUBLIC: u32 = 0o644;
const OWNER_ONLY: u32 = 0o700;

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    RootKey,
    CardsKey,
    CardsCertificate,
    ServicesKey,
    ServicesCertificate,
    SealKeys,
    /// Written last: once it is there, all are.
    RootCertificate,
}

impl Member {
    pub(crate) const ALL: [Self; 7] = [
        Self::RootKey,
        Self::CardsKey,
        Self::CardsCertificate,
        Self::ServicesKey,
        Self::ServicesCertificate,
        Self::SealKeys,
        Self::RootCertificate,
    ];

    pub(crate) fn within(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::RootKey => "ca.key",
            Self::CardsKey => "cards-ca.key",
            Self::CardsCertificate => "cards-ca.pem",
            Self::ServicesKey => "services-ca.key",
            Self::ServicesCertificate => "services-ca.pem",
            Self::SealKeys => "seal.toml",
            Self::RootCertificate => "ca.pem",
        })
    }
}

/// The authorities as the office uses them. The root's key is not among them.
pub(crate) struct Authorities {
    pub(crate) root: Certificate,
    pub(crate) cards: Authority,
    pub(crate) services: Authority,
    pub(crate) seal: KeyRing,
}

/// Reads the folder and checks that the issuers are the root's.
pub(crate) fn load(
    folder: &Path,
    publication: &PublicationConfig,
) -> Result<Authorities, OfficeError> {
    let root = certificate(&Member::RootCertificate.within(folder))?;
    let cards = (Member::CardsCertificate, Member::CardsKey);
    let services = (Member::ServicesCertificate, Member::ServicesKey);
    let cards = authority(folder, cards, publication.of_cards())?;
    let services = authority(folder, services, publication.of_services())?;
    let issuers = [&cards, &services].map(|issuer| issuer.certificate().clone());
    CardTrust::new(root.clone(), issuers.to_vec())?;
    let seal = KeyRing::load(&Member::SealKeys.within(folder))?;
    Ok(Authorities { root, cards, services, seal })
}

/// Makes the folder, for its owner alone.
pub(crate) fn make(folder: &Path) -> Result<(), OfficeError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(OWNER_ONLY)
        .create(folder)
        .map_err(|cause| OfficeError::file(folder, cause))
}

/// Writes a certificate to a new file.
pub(crate) fn write(path: &Path, certificate: &Certificate) -> Result<(), OfficeError> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PUBLIC)
        .open(path)
        .and_then(|mut file| file.write_all(certificate.pem().as_bytes()))
        .map_err(|cause| OfficeError::file(path, cause))
}

fn authority(
    folder: &Path,
    (pem, key): (Member, Member),
    publication: Publication,
) -> Result<Authority, OfficeError> {
    let certificate = certificate(&pem.within(folder))?;
    let key = FileKey::load(&key.within(folder))?;
    Ok(Authority::new(certificate, Arc::new(key), publication)?)
}

fn certificate(path: &Path) -> Result<Certificate, OfficeError> {
    let pem = std::fs::read(path).map_err(|cause| OfficeError::file(path, cause))?;
    Certificate::from_pem(&pem)
        .map_err(|cause| OfficeError::Certificate { path: path.to_owned(), cause })
}
