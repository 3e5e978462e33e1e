//! A profile in words and numbers, for documents that state facts.

use serde::Serialize;
use x509_cert::ext::pkix::KeyUsages;

use super::{KeyPurpose, Profile};
use crate::PolicyArc;

/// One row of the table of profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileDescription {
    /// The profile's name.
    pub name: &'static str,
    /// The name of the authority's profile; `None` where that is not fixed.
    pub issued_by: Option<&'static str>,
    /// What stands in the common name, in words.
    pub subject: &'static str,
    /// How many authorities may stand below; `None` for an end entity.
    pub authorities_below: Option<u8>,
    /// Key usage, in the words of RFC 5280 §4.2.1.3.
    pub key_usage: Vec<&'static str>,
    /// Extended key usage.
    pub key_purposes: Vec<PurposeDescription>,
    /// Certificate policies, dotted.
    pub policies: Vec<String>,
    /// The longest life, in days.
    pub longest_days: i64,
    /// The kinds of keys that are taken.
    pub keys: Vec<&'static str>,
    /// Whether it is believed without asking for its revocation (id-pkix-ocsp-nocheck).
    pub no_check: bool,
}

/// One extended key usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PurposeDescription {
    /// Its usual name.
    pub name: &'static str,
    /// Its object identifier, dotted.
    pub id: String,
}

impl Profile {
    /// The profile as one row of a table, with policies under the arc.
    pub fn describe(&self, arc: &PolicyArc) -> ProfileDescription {
        ProfileDescription {
            name: self.name,
            issued_by: self.issued_by.map(Self::name),
            subject: self.subject.words(),
            authorities_below: self.authorities_below,
            key_usage: self.key_usage.iter().map(|usage| usage_name(*usage)).collect(),
            key_purposes: self.key_purposes.iter().map(|one| described(*one, arc)).collect(),
            policies: self.policies(arc).iter().map(ToString::to_string).collect(),
            longest_days: self.longest_days,
            keys: self.keys.iter().map(|key| key.name()).collect(),
            no_check: self.no_check,
        }
    }
}

fn described(purpose: KeyPurpose, arc: &PolicyArc) -> PurposeDescription {
    let name = match purpose {
        KeyPurpose::ServerAuthentication => "id-kp-serverAuth",
        KeyPurpose::ClientAuthentication => "id-kp-clientAuth",
        KeyPurpose::PivCardAuthentication => "id-PIV-cardAuth",
        KeyPurpose::OcspSigning => "id-kp-OCSPSigning",
        KeyPurpose::SamlSigning => "SAML signing (the consortium's own)",
    };
    PurposeDescription { name, id: purpose.id(arc).to_string() }
}

/// The words of RFC 5280 §4.2.1.3.
const fn usage_name(usage: KeyUsages) -> &'static str {
    match usage {
        KeyUsages::DigitalSignature => "digitalSignature",
        KeyUsages::NonRepudiation => "nonRepudiation",
        KeyUsages::KeyEncipherment => "keyEncipherment",
        KeyUsages::DataEncipherment => "dataEncipherment",
        KeyUsages::KeyAgreement => "keyAgreement",
        KeyUsages::KeyCertSign => "keyCertSign",
        KeyUsages::CRLSign => "cRLSign",
        KeyUsages::EncipherOnly => "encipherOnly",
        KeyUsages::DecipherOnly => "decipherOnly",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_the_certificate_will() {
        let arc = "1.2.3.4".parse().unwrap();
        let row = serde_json::to_value(Profile::CARD_PRESENCE.describe(&arc)).unwrap();
        assert_eq!(row["name"], "card-presence");
        assert_eq!(row["issued_by"], "cards-authority");
        assert_eq!(row["key_usage"][0], "digitalSignature");
        assert_eq!(row["key_purposes"][0]["id"], "2.16.840.1.101.3.6.8");
        assert_eq!(row["policies"][0], "1.2.3.4.2");
        assert_eq!(row["longest_days"], 1830);
        assert!(row["keys"].as_array().unwrap().contains(&"RSA-2048".into()));
    }
}
