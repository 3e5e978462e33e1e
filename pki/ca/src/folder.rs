//! The folder that holds the authorities: which file is what, and how files are written.
//!
//! `ca.pem` is the root's certificate; `cards-1.pem` an authority's, by branch and generation;
//! `cards-ca.pem` those of all generations of a branch that are believed; `root.crl` the root's
//! list; `authorities.toml` describes it all. The keys stand where the manifest says.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use warifu_pki::{Authority, Certificate, require_certified};

use crate::manifest::{Entry, Manifest};
use crate::{Branch, CaError};

/// What the folder holds besides keys is public.
const PUBLIC: u32 = 0o644;
const OWNER_ONLY: u32 = 0o700;

pub(crate) const ROOT_CERTIFICATE: &str = "ca.pem";
pub(crate) const ROOT_LIST: &str = "root.crl";

/// The authorities as they work. The root's key is not among them.
pub(crate) struct Authorities {
    pub(crate) manifest: Manifest,
    pub(crate) root: Certificate,
    /// Those in force: neither revoked nor over. Some may be announced and not in use yet.
    pub(crate) issuing: Vec<Issuing>,
}

/// One issuing authority with its key.
pub(crate) struct Issuing {
    pub(crate) entry: Entry,
    pub(crate) authority: Authority,
}

impl Issuing {
    pub(crate) fn branch(&self) -> Branch {
        self.entry.branch
    }

    pub(crate) fn generation(&self) -> u32 {
        self.entry.generation
    }

    /// Whether it issues certificates to others.
    pub(crate) fn is_in_use(&self, now: Timestamp) -> bool {
        self.entry.in_use_from <= now && now <= self.authority.certificate().not_after()
    }
}

impl Authorities {
    /// Reads the folder and checks that the authorities are the root's and the keys theirs.
    pub(crate) fn load(folder: &Path, now: Timestamp) -> Result<Self, CaError> {
        let manifest = Manifest::read(folder)?;
        let root = certificate(&folder.join(ROOT_CERTIFICATE))?;
        let mut issuing = Vec::new();
        for entry in manifest.authorities.iter().filter(|entry| entry.revoked.is_none()) {
            let certificate = certificate(&certificate_path(folder, entry))?;
            if certificate.not_after() >= now {
                let key = entry.key.clone().within(folder).open()?;
                let publication = manifest.publication_of(entry);
                let authority = Authority::new(certificate, key, publication)?;
                issuing.push(Issuing { entry: entry.clone(), authority });
            }
        }
        let certificates: Vec<_> =
            issuing.iter().map(|one| one.authority.certificate().clone()).collect();
        require_certified(&root, &certificates)?;
        Ok(Self { manifest, root, issuing })
    }

    /// The newest generation of a branch that is in use.
    pub(crate) fn in_use(&self, branch: Branch, now: Timestamp) -> Result<&Issuing, CaError> {
        self.issuing
            .iter()
            .filter(|one| one.branch() == branch && one.is_in_use(now))
            .max_by_key(|one| one.generation())
            .ok_or(CaError::NoAuthority(branch))
    }
}

pub(crate) fn certificate_path(folder: &Path, entry: &Entry) -> PathBuf {
    folder.join(format!("{}.pem", entry.stem()))
}

/// The certificates of a branch that others are to believe.
pub(crate) fn bundle_path(folder: &Path, branch: Branch) -> PathBuf {
    folder.join(format!("{branch}-ca.pem"))
}

pub(crate) fn certificate(path: &Path) -> Result<Certificate, CaError> {
    let pem = std::fs::read(path).map_err(|cause| CaError::file(path, cause))?;
    Certificate::from_pem(&pem)
        .map_err(|cause| CaError::Certificate { path: path.to_owned(), cause })
}

/// Reads a file of at most so many bytes.
pub(crate) fn read_text(path: &Path, at_most: u64) -> Result<String, CaError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(at_most + 1).read_to_string(&mut text))
        .and_then(|length| {
            let fits = u64::try_from(length).is_ok_and(|length| length <= at_most);
            if fits { Ok(()) } else { Err(ErrorKind::FileTooLarge.into()) }
        })
        .map_err(|cause| CaError::file(path, cause))?;
    Ok(text)
}

/// Makes the folder, for its owner alone.
pub(crate) fn make(folder: &Path) -> Result<(), CaError> {
    DirBuilder::new()
        .recursive(true)
        .mode(OWNER_ONLY)
        .create(folder)
        .map_err(|cause| CaError::file(folder, cause))
}

/// Writes a new file; an existing one is an error.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<(), CaError> {
    create(path, content).map_err(|cause| CaError::file(path, cause))
}

/// Writes a file whole or not at all, whatever was there.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), CaError> {
    let beside = path.with_extension("new");
    remove_leftover(&beside)
        .and_then(|()| create(&beside, content))
        .and_then(|()| std::fs::rename(&beside, path))
        .and_then(|()| path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()))
        .map_err(|cause| CaError::file(path, cause))
}

fn remove_leftover(path: &Path) -> std::io::Result<()> {
    if path.exists() { std::fs::remove_file(path) } else { Ok(()) }
}

fn create(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PUBLIC).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
