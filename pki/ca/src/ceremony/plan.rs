//! The reviewed file: what the ceremony is to make.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::{KeyAlgorithm, KeySource, PolicyArc};

use crate::manifest::{Entry, Manifest};
use crate::{Branch, CaError};

const LONGEST_NAME: usize = 48;
const LONGEST_URL: usize = 200;
const MOST_LISTS: u16 = 256;

/// What the ceremony makes, from one TOML file that everybody present has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ceremony {
    /// What the authorities' names begin with, e.g. `Warifu demonstration`; at most 48 characters.
    pub name: String,
    /// What every address in the certificates begins with, e.g. `http://ca.example.jp`. Must answer,
    /// and must not change, while a certificate that names it is in use. Plain HTTP: RFC 5280
    /// section 8.
    pub base_url: String,
    /// The object identifier under which the consortium numbers its policies. The default is for
    /// documentation and demonstrations only.
    #[serde(default)]
    pub policy_arc: PolicyArc,
    /// Who is to be present, by office: they sign the report.
    #[serde(default)]
    pub present: Vec<String>,
    /// The root of trust.
    #[serde(default)]
    pub root: RootPlan,
    /// The authority for residents' cards.
    #[serde(default = "AuthorityPlan::of_cards")]
    pub cards: AuthorityPlan,
    /// The authority for the parties' servers and clients.
    #[serde(default)]
    pub services: AuthorityPlan,
    /// The authority for the cards of those who work for a party.
    #[serde(default)]
    pub staff: AuthorityPlan,
}

/// The root of trust, to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RootPlan {
    /// The kind of its key.
    pub algorithm: KeyAlgorithm,
    /// Years for which it is valid, at most 20.
    pub years: u16,
    /// Days for which a revocation list of the root may be relied upon.
    pub list_days: u32,
    /// Where its key is made. A relative file stands in the folder; it is taken elsewhere after the
    /// ceremony.
    pub key: KeySource,
}

/// An issuing authority, to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorityPlan {
    /// The kind of its key.
    pub algorithm: KeyAlgorithm,
    /// Years for which it is valid, at most 10.
    pub years: u16,
    /// How many revocation lists share its certificates, 1 to 256: as many as keep each of them
    /// small.
    pub lists: u16,
    /// Where its key is made; if not said, in a file of the folder that is named after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeySource>,
    /// The host names that it may certify, with those below them (RFC 5280 section 4.2.1.10); none
    /// for no limit. For the services' authority alone.
    pub permitted_hosts: Vec<String>,
}

impl Default for RootPlan {
    fn default() -> Self {
        Self {
            algorithm: KeyAlgorithm::P384,
            years: 20,
            list_days: 180,
            key: KeySource::file("ca.key"),
        }
    }
}

impl Default for AuthorityPlan {
    fn default() -> Self {
        Self {
            algorithm: KeyAlgorithm::P256,
            years: 10,
            lists: 1,
            key: None,
            permitted_hosts: Vec::new(),
        }
    }
}

impl AuthorityPlan {
    /// With a million cards and one in ten revoked, a list of 64 holds 1,600 entries.
    fn of_cards() -> Self {
        Self { lists: 64, ..Self::default() }
    }

    fn is_sound(&self) -> bool {
        (1..=MOST_LISTS).contains(&self.lists) && self.years > 0
    }

    /// Generation `generation` of a branch, made after this plan.
    pub(crate) fn entry(&self, branch: Branch, generation: u32, in_use_from: Timestamp) -> Entry {
        let key = self.key.clone();
        let key = key.unwrap_or_else(|| KeySource::file(format!("{branch}-{generation}.key")));
        Entry { branch, generation, in_use_from, lists: self.lists, key, revoked: None }
    }
}

impl Ceremony {
    /// The usual ceremony: P-384 for the root, P-256 below, keys in files.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            policy_arc: PolicyArc::default(),
            present: Vec::new(),
            root: RootPlan::default(),
            cards: AuthorityPlan::of_cards(),
            services: AuthorityPlan::default(),
            staff: AuthorityPlan::default(),
        }
    }

    pub(crate) fn plan_of(&self, branch: Branch) -> &AuthorityPlan {
        match branch {
            Branch::Cards => &self.cards,
            Branch::Services => &self.services,
            Branch::Staff => &self.staff,
        }
    }

    pub(crate) fn first_of(&self, branch: Branch, now: Timestamp) -> Entry {
        self.plan_of(branch).entry(branch, 1, now)
    }

    pub(crate) fn manifest(&self) -> Manifest {
        Manifest {
            base_url: self.base_url.trim_end_matches('/').to_owned(),
            policy_arc: self.policy_arc,
            root_list_days: self.root.list_days,
            authorities: Vec::new(),
        }
    }

    /// Before anything is made.
    pub(crate) fn check(&self) -> Result<(), CaError> {
        let plans = Branch::ALL.map(|branch| self.plan_of(branch));
        let limited =
            [&self.cards, &self.staff].iter().any(|plan| !plan.permitted_hosts.is_empty());
        require(
            (1..=LONGEST_NAME).contains(&self.name.chars().count()),
            "the name has 1 to 48 characters",
        )?;
        require(is_base_url(&self.base_url), "base_url is not an address such as http://ca.test")?;
        require(self.root.years > 0 && self.root.list_days > 0, "the root has no validity")?;
        require(plans.iter().all(|plan| plan.is_sound()), "an authority has no years or no lists")?;
        require(!limited, "permitted_hosts is for the services' authority alone")
    }
}

fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#%\"<>\\".contains(&byte);
    url.len() <= LONGEST_URL
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), CaError> {
    if holds { Ok(()) } else { Err(CaError::Ceremony(otherwise)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEWED: &str = r#"
        name = "Warifu test"
        base_url = "http://ca.test"
        policy_arc = "1.2.392.200000.7"
        present = ["master of ceremony", "auditor"]
        [root]
        key = { file = "/media/root.key", passphrase_file = "/media/passphrase" }
        [services]
        permitted_hosts = ["warifu.test"]
        [cards]
        key = { pkcs11 = { module = "m.so", token = "t", key = "cards-1", pin_file = "p" } }
    "#;

    #[test]
    fn what_is_not_said_has_sound_defaults() {
        let ceremony: Ceremony = toml::from_str(REVIEWED).unwrap();
        ceremony.check().unwrap();
        assert_eq!(ceremony.root.algorithm, KeyAlgorithm::P384);
        assert_eq!(ceremony.staff, AuthorityPlan::default());
        let smallest: Ceremony = toml::from_str("name = 'a'\nbase_url = 'http://b'").unwrap();
        assert_eq!(smallest, Ceremony::new("a", "http://b"));
        assert_eq!(smallest.cards.lists, 64);
    }

    #[test]
    fn a_slip_in_the_file_is_noticed() {
        assert!(toml::from_str::<Ceremony>(&format!("surname = 'x'\n{REVIEWED}")).is_err());
        let sound = Ceremony::new("a", "http://b");
        let mut limited = sound.clone();
        limited.cards.permitted_hosts = vec!["warifu.test".into()];
        let mut listless = sound.clone();
        listless.staff.lists = 0;
        let bad = [
            limited,
            listless,
            Ceremony::new("", "http://b"),
            Ceremony::new("a".repeat(49), "http://b"),
            Ceremony::new("a", "ldap://b"),
            Ceremony::new("a", "http://b?c"),
        ];
        for ceremony in bad {
            assert!(matches!(ceremony.check(), Err(CaError::Ceremony(_))), "{ceremony:?}");
        }
    }
}
