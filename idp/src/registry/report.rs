//! What there is to see of a registration: for the pages, and for the command line.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;
use warifu_saml::metadata::LocalizedText;
use warifu_saml::{Certificate, Entity, KeyKind, SpRole};

use super::warning::{Warning, warnings};
use super::{Standing, State};
use crate::provider::{Registration, Source, Terms, digest};

/// A registration as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct ProviderReport {
    /// 32 hexadecimal digits; `config-` and a number for one of the configuration file.
    pub id: String,
    /// Whether it stands in the configuration file, where alone it can be changed.
    pub in_configuration: bool,
    /// Its entity id, as far as it is known.
    pub entity_id: Option<String>,
    /// How it stands.
    pub state: State,
    /// Why it is not believed: a stable code.
    pub fault: Option<&'static str>,
    /// Why the last look at its metadata changed nothing: a stable code.
    pub trouble: Option<&'static str>,
    /// The same for the engineer, in English.
    pub cause: Option<String>,
    /// Where its metadata stands.
    pub source: Option<String>,
    /// SHA-256 of the certificate that must have signed it.
    pub signer: Option<String>,
    /// When its metadata was confirmed last.
    pub read_at: Option<Timestamp>,
    /// The terms on which it is served.
    pub terms: Option<Terms>,
    /// What its metadata says.
    pub metadata: Option<EntityReport>,
}

/// What metadata says about a service provider.
#[derive(Debug, Clone, Serialize)]
pub struct EntityReport {
    /// Its names, each with its language.
    pub names: Vec<(String, String)>,
    /// Until when it holds.
    pub valid_until: Option<Timestamp>,
    /// Its keys.
    pub keys: Vec<KeyReport>,
    /// Its addresses.
    pub addresses: Vec<AddressReport>,
    /// Whether it signs its requests.
    pub signs_requests: bool,
    /// Whether it wants assertions signed besides the responses around them.
    pub wants_assertions_signed: bool,
    /// What is allowed and not good.
    pub warnings: Vec<Warning>,
}

/// A key of a service provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// `signing` or `encryption`.
    pub purpose: &'static str,
    /// Such as `RSA 3072`.
    pub kind: String,
    /// SHA-256 of its certificate in hexadecimal.
    pub fingerprint: String,
    /// The end that its certificate names.
    pub ends: Option<Timestamp>,
}

/// An address of a service provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressReport {
    /// `answers` or `logout`.
    pub purpose: &'static str,
    /// The last word of the binding's URI.
    pub binding: String,
    /// The address.
    pub url: String,
}

impl ProviderReport {
    /// What there is to see of it now.
    pub(crate) fn of(standing: &Standing, now: Timestamp) -> Self {
        let (entry, registration) = (&standing.entry, standing.registration());
        let fault = standing.provider.as_ref().err();
        let trouble = standing.trouble.as_ref();
        let metadata = standing.entity.as_ref().zip(registration);
        Self {
            id: entry.id.clone(),
            in_configuration: entry.founding,
            entity_id: standing.entity_id().map(str::to_owned),
            state: standing.state(now),
            fault: fault.map(|fault| fault.code()),
            trouble: trouble.map(|trouble| trouble.code()),
            cause: fault.or(trouble).map(ToString::to_string),
            source: registration.map(|it| it.source.to_string()),
            signer: registration.and_then(Registration::signer_fingerprint),
            read_at: standing.read_at,
            terms: registration.map(|it| it.terms.clone()),
            metadata: metadata.and_then(|(entity, it)| EntityReport::of(entity, it, now)),
        }
    }

    /// Its name for people in that language, as far as it is known.
    pub fn name(&self, language: &str) -> Option<&str> {
        let names = &self.metadata.as_ref()?.names;
        let fitting = names.iter().find(|(tag, _)| tag == language).or(names.first());
        fitting.map(|(_, name)| name.as_str())
    }

    /// Whether a word that somebody looks for stands in its names or its entity id.
    pub(crate) fn has(&self, word: &str) -> bool {
        let names = self.metadata.iter().flat_map(|metadata| &metadata.names);
        let mut texts = names.map(|(_, name)| name).chain(&self.entity_id);
        let word = word.to_lowercase();
        texts.any(|text| text.to_lowercase().contains(&word))
    }
}

impl EntityReport {
    /// None where it is no service provider.
    pub(crate) fn of(entity: &Entity, registration: &Registration, now: Timestamp) -> Option<Self> {
        let role = entity.sp.as_ref()?;
        let pair = |name: &LocalizedText| (name.language.clone(), name.text.clone());
        Some(Self {
            names: role.display_names.iter().map(pair).collect(),
            valid_until: entity.valid_until,
            keys: keys(role),
            addresses: addresses(role),
            signs_requests: role.authn_requests_signed,
            wants_assertions_signed: role.want_assertions_signed,
            warnings: warnings(entity, registration, now),
        })
    }
}

fn keys(role: &SpRole) -> Vec<KeyReport> {
    let report = |purpose, key: &Certificate| KeyReport {
        purpose,
        kind: kind_of(key),
        fingerprint: fingerprint(key),
        ends: key.not_after(),
    };
    let signing = role.signing.iter().map(|key| report("signing", key));
    signing.chain(role.encryption.iter().map(|key| report("encryption", key))).collect()
}

fn kind_of(key: &Certificate) -> String {
    match key.key_kind() {
        KeyKind::Rsa => format!("RSA {}", key.key_bits()),
        KeyKind::P256 => "P-256".to_owned(),
        KeyKind::P384 => "P-384".to_owned(),
    }
}

/// SHA-256 of a certificate, in hexadecimal.
pub(crate) fn fingerprint(certificate: &Certificate) -> String {
    HEXLOWER.encode(&digest(certificate.der()))
}

impl Registration {
    /// The fingerprint of the certificate that must have signed its metadata.
    pub(crate) fn signer_fingerprint(&self) -> Option<String> {
        self.trusted().ok()?.first().map(fingerprint)
    }
}

fn addresses(role: &SpRole) -> Vec<AddressReport> {
    let report = |purpose, binding: &str, url: &str| AddressReport {
        purpose,
        binding: binding.rsplit(':').next().unwrap_or(binding).to_owned(),
        url: url.to_owned(),
    };
    let answers = role.acs.iter().map(|it| report("answers", &it.binding, &it.location));
    answers.chain(role.slo.iter().map(|it| report("logout", &it.binding, &it.location))).collect()
}

/// Where it is, in a few words.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path } => write!(f, "{}", path.display()),
            Self::Pasted => f.write_str("pasted"),
            Self::Url { url, .. } => f.write_str(url),
            Self::Aggregate { .. } => f.write_str("aggregate"),
        }
    }
}
