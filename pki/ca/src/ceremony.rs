//! The ceremony that makes the authorities: once, into an empty folder.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use warifu_pki::{Authority, FileKey, KeyAlgorithm, Profile, Publication, Validity};
use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;

use crate::OfficeError;
use crate::folder::{self, Member};

const ROOT_YEARS: i64 = 20;
const ISSUER_YEARS: i64 = 10;

/// What the authorities to be made are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// The beginning of their names, e.g. `Warifu demo`; at most 50 characters.
    pub name: String,
}

/// Makes root (P-384), cards authority and services authority (P-256) and the keys that seal the
/// office's records, and writes them into the folder. Nothing that exists is overwritten.
///
/// The office itself never needs the root's key `ca.key`: keep it elsewhere.
pub fn init(
    folder: &Path,
    ceremony: &Ceremony,
    surroundings: &Surroundings,
) -> Result<(), OfficeError> {
    require_absent(folder)?;
    let made = Made::new(ceremony, surroundings)?;
    folder::make(folder)?;
    made.write(folder)
}

fn require_absent(folder: &Path) -> Result<(), OfficeError> {
    let mut paths = Member::ALL.iter().map(|member| member.within(folder));
    paths.find(|path| path.exists()).map_or(Ok(()), |path| Err(OfficeError::Exists(path)))
}

/// An authority beside its key, which only the ceremony sees.
struct Keyed {
    authority: Authority,
    key: FileKey,
}

struct Made {
    root: Keyed,
    cards: Keyed,
    services: Keyed,
    seal: KeyRing,
}

impl Made {
    fn new(ceremony: &Ceremony, surroundings: &Surroundings) -> Result<Self, OfficeError> {
        let root = root(ceremony, surroundings)?;
        let issuer = |profile: &Profile, role: &str| {
            issuer(&root.authority, profile, &name(ceremony, role), surroundings)
        };
        let cards = issuer(&Profile::CARDS_AUTHORITY, "cards")?;
        let services = issuer(&Profile::SERVICES_AUTHORITY, "services")?;
        let seal = KeyRing::generate(&surroundings.hex(4), surroundings.entropy.as_ref())?;
        Ok(Self { root, cards, services, seal })
    }

    fn write(&self, folder: &Path) -> Result<(), OfficeError> {
        self.root.key.save(&Member::RootKey.within(folder))?;
        self.cards.write(folder, Member::CardsKey, Member::CardsCertificate)?;
        self.services.write(folder, Member::ServicesKey, Member::ServicesCertificate)?;
        self.seal.save(&Member::SealKeys.within(folder))?;
        let root = self.root.authority.certificate();
        folder::write(&Member::RootCertificate.within(folder), root)
    }
}

impl Keyed {
    fn write(&self, folder: &Path, key: Member, pem: Member) -> Result<(), OfficeError> {
        self.key.save(&key.within(folder))?;
        folder::write(&pem.within(folder), self.authority.certificate())
    }
}

fn root(ceremony: &Ceremony, surroundings: &Surroundings) -> Result<Keyed, OfficeError> {
    let key = FileKey::generate(KeyAlgorithm::P384)?;
    let authority = Authority::self_signed_root(
        &name(ceremony, "root"),
        Arc::new(key.clone()),
        years(ROOT_YEARS, surroundings),
        surroundings.entropy.as_ref(),
    )?;
    Ok(Keyed { authority, key })
}

fn issuer(
    root: &Authority,
    profile: &Profile,
    name: &str,
    surroundings: &Surroundings,
) -> Result<Keyed, OfficeError> {
    let key = FileKey::generate(KeyAlgorithm::P256)?;
    let authority = root.issue_ca(
        profile,
        name,
        Arc::new(key.clone()),
        Publication::default(),
        years(ISSUER_YEARS, surroundings),
        surroundings.entropy.as_ref(),
    )?;
    Ok(Keyed { authority, key })
}

fn name(ceremony: &Ceremony, role: &str) -> String {
    format!("{} {role}", ceremony.name)
}

fn years(count: i64, surroundings: &Surroundings) -> Validity {
    Validity::lasting(surroundings.now(), SignedDuration::from_hours(24 * 365 * count))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::PublicationConfig;

    fn made() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("ca");
        let ceremony = Ceremony { name: "Warifu test".into() };
        init(&folder, &ceremony, &Surroundings::system()).unwrap();
        (dir, folder)
    }

    fn publication() -> PublicationConfig {
        PublicationConfig { base_url: "http://localhost:1".into(), list_minutes: 60 }
    }

    #[test]
    fn what_was_made_is_loaded_and_kept_private() {
        let (_dir, folder) = made();
        let loaded = folder::load(&folder, &publication()).unwrap();
        assert_eq!(loaded.root.subject_cn(), Some("Warifu test root"));
        assert_eq!(loaded.cards.certificate().subject_cn(), Some("Warifu test cards"));
        assert_eq!(loaded.services.certificate().subject_cn(), Some("Warifu test services"));
        for member in [Member::RootKey, Member::CardsKey, Member::ServicesKey, Member::SealKeys] {
            let mode = std::fs::metadata(member.within(&folder)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{member:?}");
        }
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        let (_dir, folder) = made();
        let ceremony = Ceremony { name: "Again".into() };
        for member in Member::ALL {
            let path = member.within(&folder);
            let before = std::fs::read(&path).unwrap();
            let again = init(&folder, &ceremony, &Surroundings::system());
            assert!(matches!(again, Err(OfficeError::Exists(_))));
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn one_file_left_over_is_enough_to_refuse() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("cards-ca.key"), "old").unwrap();
        let ceremony = Ceremony { name: "Again".into() };
        let again = init(dir.path(), &ceremony, &Surroundings::system());
        assert!(matches!(again, Err(OfficeError::Exists(path)) if path.ends_with("cards-ca.key")));
        assert!(!dir.path().join("ca.pem").exists());
    }

    #[test]
    fn authorities_of_two_ceremonies_do_not_mix() {
        let ((_one, folder), (_two, other)) = (made(), made());
        std::fs::copy(other.join("ca.pem"), folder.join("ca.pem")).unwrap();
        let loaded = folder::load(&folder, &publication());
        assert!(matches!(loaded, Err(OfficeError::Chain(_))));
    }

    #[test]
    fn the_office_does_not_need_the_key_of_the_root() {
        let (_dir, folder) = made();
        std::fs::remove_file(folder.join("ca.key")).unwrap();
        assert!(folder::load(&folder, &publication()).is_ok());
    }
}
