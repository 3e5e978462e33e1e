//! The vouchers that the office makes: for every connector of the federation one, whoever it is about
//! and wherever the person is linked.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_contract::connector_token::audience;
use warifu_contract::linking::Attributes;
use warifu_pki::voucher::errand;
use warifu_pki::{CardHolder, HolderError, HolderOpener, Voucher, VoucherError, VoucherIssuer};
use warifu_service::Surroundings;

/// A connector is asked at once; a slow one within the relay's patience.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
const NAME_BYTES: usize = 16;

/// Makes vouchers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Vouching {
    /// The relay, by the name in its certificate.
    pub(crate) relay: String,
    pub(crate) openers: Arc<[HolderOpener]>,
    pub(crate) issuers: Arc<BTreeMap<String, VoucherIssuer>>,
    /// The office's own name.
    pub(crate) office: String,
}

impl Vouching {
    /// Whose card signed in, as one of the identity providers says.
    pub(crate) fn holder(&self, sealed: &str, now: Timestamp) -> Result<CardHolder, HolderError> {
        let mut refusal = HolderError::Claims;
        for opener in self.openers.iter() {
            match opener.open(sealed, now) {
                Ok(holder) => return Ok(holder),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// One voucher for each connector, by its id.
    pub(crate) fn issue(
        &self,
        attributes: &Attributes,
        ceremony: &str,
        surroundings: &Surroundings,
    ) -> Result<BTreeMap<String, String>, VoucherError> {
        let iat = surroundings.now().as_second();
        let voucher = |connector: &str| Voucher {
            iss: self.office.clone(),
            aud: audience(connector),
            sub: errand(ceremony, connector),
            jti: surroundings.hex(NAME_BYTES),
            iat,
            exp: iat + LIFETIME.as_secs(),
            attributes: attributes.clone(),
        };
        let issue =
            |(id, issuer): (&String, &VoucherIssuer)| Ok((id.clone(), issuer.issue(&voucher(id))?));
        self.issuers.iter().map(issue).collect()
    }
}
