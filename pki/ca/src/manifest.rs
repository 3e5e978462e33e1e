//! What stands in the folder beside the certificates: which authorities there are, since when they
//! are in use, where their keys are, and where they publish.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_pki::{KeySource, Lists, PolicyArc, Publication, Reason};

use crate::{Branch, CaError, folder};

/// A folder of a dozen authorities is described in a few KiB.
const MAX_TEXT: u64 = 64 * 1024;
pub(crate) const FILE: &str = "authorities.toml";

/// The whole folder, described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// What the addresses in certificates begin with.
    pub(crate) base_url: String,
    pub(crate) policy_arc: PolicyArc,
    /// Days for which a list of the root may be relied upon.
    pub(crate) root_list_days: u32,
    #[serde(rename = "authority")]
    pub(crate) authorities: Vec<Entry>,
}

/// One issuing authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) branch: Branch,
    /// From 1; each generation has a name and a key of its own.
    pub(crate) generation: u32,
    /// When it begins to issue. Until then it is only announced.
    pub(crate) in_use_from: Timestamp,
    /// How many revocation lists share its certificates.
    pub(crate) lists: u16,
    /// Relative files stand in the folder itself.
    pub(crate) key: KeySource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revoked: Option<Revoked>,
}

/// An authority that the root has revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoked {
    pub(crate) at: Timestamp,
    /// The number in `CRLReason`.
    reason: u8,
}

impl Revoked {
    pub(crate) fn new(at: Timestamp, reason: Reason) -> Self {
        Self { at, reason: reason.code() }
    }

    pub(crate) fn reason(self) -> Reason {
        Reason::from_code(self.reason).unwrap_or(Reason::Unspecified)
    }
}

impl Entry {
    /// What its files and addresses begin with.
    pub(crate) fn stem(&self) -> String {
        format!("{}-{}", self.branch, self.generation)
    }
}

impl Manifest {
    pub(crate) fn read(within: &Path) -> Result<Self, CaError> {
        let path = within.join(FILE);
        let text = folder::read_text(&path, MAX_TEXT)?;
        toml::from_str(&text).map_err(|cause| CaError::Manifest { path, cause: cause.to_string() })
    }

    pub(crate) fn to_text(&self) -> Result<String, CaError> {
        toml::to_string(self)
            .map_err(|cause| CaError::Manifest { path: FILE.into(), cause: cause.to_string() })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }

    /// What the root writes into the certificates of authorities.
    pub(crate) fn publication_of_root(&self) -> Publication {
        Publication {
            lists: Lists::One(self.url("/crl/root.crl")),
            certificate_url: Some(self.url("/ca.cer")),
            ocsp_url: None,
            policies: self.policy_arc,
        }
    }

    /// What an authority writes into the certificates it issues.
    pub(crate) fn publication_of(&self, entry: &Entry) -> Publication {
        let stem = entry.stem();
        Publication {
            lists: Lists::Sharded {
                prefix: self.url(&format!("/crl/{stem}-")),
                count: entry.lists,
            },
            certificate_url: Some(self.url(&format!("/{stem}.cer"))),
            ocsp_url: Some(self.url("/ocsp")),
            policies: self.policy_arc,
        }
    }

    /// The newest generation of a branch, in use or not.
    pub(crate) fn newest(&self, branch: Branch) -> Option<&Entry> {
        self.authorities
            .iter()
            .filter(|entry| entry.branch == branch)
            .max_by_key(|entry| entry.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let entry = |generation| Entry {
            branch: Branch::Cards,
            generation,
            in_use_from: "2026-11-20T00:15:00Z".parse().unwrap(),
            lists: 64,
            key: KeySource::file(format!("cards-{generation}.key")),
            revoked: None,
        };
        Manifest {
            base_url: "http://localhost:8446/".into(),
            policy_arc: PolicyArc::default(),
            root_list_days: 180,
            authorities: vec![entry(1), entry(2)],
        }
    }

    #[test]
    fn it_goes_round_as_text() {
        let mut manifest = manifest();
        let at = "2027-01-01T00:00:00Z".parse().unwrap();
        manifest.authorities[0].revoked = Some(Revoked::new(at, Reason::CaCompromise));
        let text = manifest.to_text().unwrap();
        assert_eq!(toml::from_str::<Manifest>(&text).unwrap(), manifest, "{text}");
    }

    #[test]
    fn every_generation_has_addresses_of_its_own() {
        let manifest = manifest();
        let newest = manifest.newest(Branch::Cards).unwrap();
        let publication = manifest.publication_of(newest);
        let list = publication.lists.url(7).unwrap();
        assert_eq!(list, "http://localhost:8446/crl/cards-2-07.crl");
        let certificate = publication.certificate_url.unwrap();
        assert_eq!(certificate, "http://localhost:8446/cards-2.cer");
        assert_eq!(manifest.newest(Branch::Staff), None);
    }
}
