//! How files of checks are treated, and which systems of organisations may ask by themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_contract::batch::DisclosureLevel;

/// Files of eligibility checks. All keys have defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BatchesConfig {
    /// Bytes of a file, 1 to 4,294,967,296.
    pub largest_bytes: u64,
    /// Lines of a file, 1 to 10,000,000. For each line of an organisation's file before, 24 bytes of
    /// memory are needed while its next one is checked.
    pub largest_lines: u64,
    /// Jobs that this server works on at the same time, 1 to 8.
    pub at_once: u32,
    /// How much of a real-time insurer's places all jobs of this server take together, in percent,
    /// 1 to 100: the rest is for the desks.
    pub share_percent: u32,
    /// Whether results are kept, unless the site has its own policy.
    pub keep: Keep,
    /// For how many days they are kept where `keep` is `sealed`, 1 to 366.
    pub keep_days: u16,
    /// How much of a file's first lines is shown to whoever sent it, before it is started, unless the
    /// site has its own policy.
    pub sample: SampleKind,
    /// Policies of single organisations.
    pub sites: Vec<SiteConfig>,
}

/// An organisation's own policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// The organisation's code, e.g. 医療機関コード.
    pub organization: String,
    /// Whether its results are kept.
    pub keep: Keep,
    /// For how many days where `keep` is `sealed`; as for all others when absent.
    #[serde(default)]
    pub keep_days: Option<u16>,
    /// How much of the first lines is shown; as for all others when absent.
    #[serde(default)]
    pub sample: Option<SampleKind>,
}

/// How much of a file's first lines is shown before it is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SampleKind {
    /// Nothing: only how many there are.
    Off,
    /// 記号, 番号 and birth dates without most of their characters.
    Masked,
    /// The lines as they are.
    Open,
}

/// Whether results of files are kept at the relay. Whatever is there is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// They are handed over once, within an hour, and are gone.
    Off,
    /// They can be fetched for some days.
    Sealed,
    /// They can be fetched for a year.
    On,
}

/// A system of an organisation that asks by itself, without a person's sign-in, by agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemConfig {
    /// The name in its certificate (`urn:warifu:party:<name>`). It must not be one of `clients`.
    pub party: String,
    /// The one certificate that is let in, by its `x5t#S256`; any of the party when absent.
    #[serde(default)]
    pub certificate: Option<String>,
    /// The code of the organisation that it asks for, e.g. 医療機関コード.
    pub organization: String,
    /// The organisation as people know it.
    pub name: String,
    /// What it is told: `ok-ng` (the default) or `full`.
    #[serde(default)]
    pub disclosure: DisclosureLevel,
}

/// How results are kept for one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Hours after the end of a job.
    pub hours: i64,
    /// They are gone once they were fetched.
    pub once: bool,
}

/// Where results are kept `on`.
const YEAR_HOURS: i64 = 366 * 24;

impl Default for BatchesConfig {
    fn default() -> Self {
        Self {
            largest_bytes: 256 * 1024 * 1024,
            largest_lines: 2_000_000,
            at_once: 2,
            share_percent: 25,
            keep: Keep::Sealed,
            keep_days: 7,
            sample: SampleKind::Masked,
            sites: Vec::new(),
        }
    }
}

impl BatchesConfig {
    /// The first key that is out of its bounds.
    pub(crate) fn out_of_bounds(&self) -> Option<&'static str> {
        let days = self.sites.iter().filter_map(|site| site.keep_days).chain([self.keep_days]);
        let bounds = [
            ("largest_bytes", (1..=4 * 1024 * 1024 * 1024).contains(&self.largest_bytes)),
            ("largest_lines", (1..=10_000_000).contains(&self.largest_lines)),
            ("at_once", (1..=8).contains(&self.at_once)),
            ("share_percent", (1..=100).contains(&self.share_percent)),
            ("keep_days", days.into_iter().all(|days| (1..=366).contains(&days))),
        ];
        bounds.into_iter().find(|(_, within)| !within).map(|(key, _)| key)
    }

    /// How much of the first lines of a file of `organization` is shown.
    pub(crate) fn sample(&self, organization: &str) -> SampleKind {
        let site = self.sites.iter().find(|site| site.organization == organization);
        site.and_then(|site| site.sample).unwrap_or(self.sample)
    }

    /// How the results of `organization` are kept.
    pub(crate) fn policy(&self, organization: &str) -> Policy {
        let site = self.sites.iter().find(|site| site.organization == organization);
        let keep = site.map_or(self.keep, |site| site.keep);
        let days = site.and_then(|site| site.keep_days).unwrap_or(self.keep_days);
        match keep {
            Keep::Off => Policy { hours: 1, once: true },
            Keep::Sealed => Policy { hours: i64::from(days) * 24, once: false },
            Keep::On => Policy { hours: YEAR_HOURS, once: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_its_own_policy() {
        let config: BatchesConfig = toml::from_str(
            r#"
            keep_days = 3
            [[sites]]
            organization = "1310000001"
            keep = "off"
            [[sites]]
            organization = "1310000002"
            keep = "sealed"
            keep_days = 30
            [[sites]]
            organization = "1310000003"
            keep = "on"
            sample = "open"
            "#,
        )
        .unwrap();
        assert_eq!(config.out_of_bounds(), None);
        assert_eq!(config.policy("1310000001"), Policy { hours: 1, once: true });
        assert_eq!(config.policy("1310000002"), Policy { hours: 720, once: false });
        assert_eq!(config.policy("1310000003"), Policy { hours: YEAR_HOURS, once: false });
        assert_eq!(config.sample("1310000003"), SampleKind::Open);
        assert_eq!(config.sample("1310000001"), SampleKind::Masked);
        assert_eq!(config.policy("others"), Policy { hours: 72, once: false });
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let wrong = |change: fn(&mut BatchesConfig)| {
            let mut config = BatchesConfig::default();
            change(&mut config);
            config.out_of_bounds()
        };
        assert_eq!(wrong(|config| config.largest_bytes = 0), Some("largest_bytes"));
        assert_eq!(wrong(|config| config.largest_lines = 0), Some("largest_lines"));
        assert_eq!(wrong(|config| config.at_once = 9), Some("at_once"));
        assert_eq!(wrong(|config| config.share_percent = 101), Some("share_percent"));
        assert_eq!(wrong(|config| config.keep_days = 367), Some("keep_days"));
    }
}
