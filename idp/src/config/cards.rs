//! Which cards are believed, and until when.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::{CardScheme, PolicyArc};

/// Which cards are believed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardsConfig {
    /// The root certificate (PEM).
    pub root: PathBuf,
    /// The authorities that issue cards. A card of any other is refused, whatever the root may have
    /// signed.
    pub issuers: Vec<CardIssuerConfig>,
    /// The arc under which their certificate policies are numbered.
    #[serde(default)]
    pub policies: PolicyArc,
    /// Cards that others issue, which persons may put beside their own.
    #[serde(default)]
    pub schemes: Vec<CardScheme>,
}

/// Authorities that issue cards and publish together: residents' cards, staff cards, each in
/// generations.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardIssuerConfig {
    /// Their certificates (PEM, one or several in each file), signed by the root.
    pub certificates: Vec<PathBuf>,
    /// Where they announce newer generations (`…/authorities.pem`): an address or a file. What
    /// stands there is believed when the root has signed it for issuing cards. Absent: the
    /// certificates above are all.
    #[serde(default)]
    pub authorities: Option<String>,
    /// Their revocation lists: the address of an index (`…/crl/index.json`) or of one list (DER), or
    /// a file with one list. Lists that an index names are fetched from the index's own host only;
    /// the address that a card's certificate names is never fetched.
    pub lists: String,
    /// Seconds between two looks for something newer, at least 1: so late may a revocation take
    /// effect when no event told of it.
    #[serde(default = "default_refresh")]
    pub refresh_seconds: u32,
}

fn default_refresh() -> u32 {
    2
}
