//! From the configuration to the parts: whom to believe, and what to say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use warifu_pki::jose::JoseError;
use warifu_pki::security_event::EventReceiver;
use warifu_pki::{
    FileKey, HolderOpener, KeyError, PublicKey, Signer, TicketOpener, VoucherIssuer, VoucherOpener,
};
use warifu_service::words::{Words, WordsError};

use super::Provider;
use crate::config::{
    ApiConfig, IdentityProviderConfig, LinkedConnector, LinkingConfig, OfficeConfig,
    OfficeConfigError,
};
use crate::outbox::OutboxError;
use crate::print::PrintError;
use crate::vouchers::{Vouching, Wards};

const JA: &str = include_str!("../../locales/ja/office.ftl");
const EN: &str = include_str!("../../locales/en/office.ftl");

/// Why the office cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] OfficeConfigError),
    /// A private or public key cannot be used.
    #[error("office.key: {}: {cause}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: KeyError,
    },
    /// A key is not P-256.
    #[error("office.key: {0}")]
    Jose(#[from] JoseError),
    /// The identity provider cannot be told.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The fonts cannot be used, or the letterhead cannot be printed.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

pub(super) fn words() -> Result<Words, WordsError> {
    Words::new(&[JA], &[EN])
}

pub(super) fn openers(config: &ApiConfig, audience: &str) -> Result<Vec<TicketOpener>, ApiError> {
    let own = own_key(config)?;
    let opener = |provider: &IdentityProviderConfig| {
        let public = public_key(&provider.ticket_key)?;
        Ok(TicketOpener::of_office(&own, public, provider.issuer.as_str(), audience)?)
    };
    config.identity_providers.iter().map(opener).collect()
}

/// What vouches for persons, if anybody may ask for that.
pub(super) fn vouching(config: &OfficeConfig, office: &str) -> Result<Option<Vouching>, ApiError> {
    let Some(linking) = &config.linking else { return Ok(None) };
    let own = own_key(&config.api)?;
    let opener = |provider: &IdentityProviderConfig| {
        let public = public_key(&provider.ticket_key)?;
        Ok(HolderOpener::new(&own, public, provider.issuer.as_str(), office)?)
    };
    let openers = config.api.identity_providers.iter().map(opener);
    let signer = signer(linking)?;
    Ok(Some(Vouching {
        relay: linking.relay.clone(),
        openers: openers.collect::<Result<_, ApiError>>()?,
        issuers: Arc::new(issuers(linking, &signer)?),
        wards: wards(linking, (&own, office), signer)?,
        office: office.to_owned(),
    }))
}

fn signer(linking: &LinkingConfig) -> Result<Arc<dyn Signer>, ApiError> {
    linking.key.open().map_err(|cause| not_opened(linking, cause))
}

fn not_opened(linking: &LinkingConfig, cause: KeyError) -> ApiError {
    ApiError::Key { path: PathBuf::from(linking.key.to_string()), cause }
}

/// What the office seals to itself, with the keys that it has.
fn wards(
    linking: &LinkingConfig,
    (own, office): (&FileKey, &str),
    signer: Arc<dyn Signer>,
) -> Result<Wards, ApiError> {
    let public = PublicKey::from_der(signer.public_key_der());
    let public = public.map_err(|cause| not_opened(linking, cause))?;
    Ok(Wards {
        issuer: VoucherIssuer::new(signer, own.public_key())?,
        opener: VoucherOpener::new(own, public, office, office)?,
    })
}

fn issuers(
    linking: &LinkingConfig,
    signer: &Arc<dyn Signer>,
) -> Result<BTreeMap<String, VoucherIssuer>, ApiError> {
    let issuer = |connector: &LinkedConnector| {
        let key = public_key(&connector.key)?;
        Ok((connector.id.clone(), VoucherIssuer::new(Arc::clone(signer), &key)?))
    };
    linking.connectors.iter().map(issuer).collect()
}

fn own_key(config: &ApiConfig) -> Result<FileKey, ApiError> {
    let path = &config.ticket_key;
    FileKey::load(path).map_err(|cause| ApiError::Key { path: path.clone(), cause })
}

pub(super) fn providers(config: &ApiConfig, audience: &str) -> Result<Vec<Provider>, ApiError> {
    let provider = |provider: &IdentityProviderConfig| {
        let key = public_key(&provider.events_key)?;
        let receiver = EventReceiver::new(&key, &provider.issuer, audience)?;
        Ok(Provider { party: provider.party.clone(), receiver })
    };
    config.identity_providers.iter().map(provider).collect()
}

fn public_key(path: &Path) -> Result<PublicKey, ApiError> {
    let failed = |cause| ApiError::Key { path: path.to_owned(), cause };
    let pem = std::fs::read(path)
        .map_err(|source| failed(KeyError::File { path: path.display().to_string(), source }))?;
    PublicKey::from_pem(&pem).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::words::lacking_advice;

    /// Every code that the office answers with, beside those that all servers have.
    const CODES: [&str; 42] = [
        "idempotency.key",
        "level.low",
        "office.card-exists",
        "office.consent",
        "office.impossible",
        "office.invalid",
        "office.key",
        "office.letter-printed",
        "office.moved-on",
        "office.no-batch",
        "office.no-person",
        "office.no-register",
        "office.none",
        "office.not-identified",
        "office.not-resolvable",
        "office.person-ended",
        "office.proof-needed",
        "office.register-silent",
        "office.repeat",
        "office.replaced",
        "office.role",
        "office.same-person",
        "office.too-early",
        "office.too-long",
        "office.too-many-calls",
        "office.unprintable",
        "office.version-needed",
        "peer.none",
        "peer.unknown",
        "request.unreadable",
        "ticket.audience",
        "ticket.binding",
        "ticket.ended",
        "ticket.expired",
        "ticket.invalid",
        "ticket.missing",
        "voucher.card",
        "voucher.ceremony",
        "voucher.closed",
        "voucher.expired",
        "voucher.holder",
        "voucher.too-many",
    ];

    #[test]
    fn every_code_has_words_in_both_languages() {
        assert!(lacking_advice(&words().unwrap(), &CODES).is_empty());
    }
}
