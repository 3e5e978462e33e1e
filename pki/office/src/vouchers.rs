//! The vouchers that the office makes: for every connector of the federation one, whoever it is about
//! and wherever the person is linked.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_contract::connector_token::audience;
use warifu_contract::linking::Attributes;
use warifu_pki::voucher::errand;
use warifu_pki::{
    CardHolder, HolderError, HolderOpener, Voucher, VoucherError, VoucherIssuer, VoucherOpener,
};
use warifu_service::Surroundings;

/// A connector is asked at once; a slow one within the relay's patience.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// Staff send what was proved of a ward on at once, or type a code once more.
const WARD: SignedDuration = SignedDuration::from_mins(10);
const NAME_BYTES: usize = 16;

/// Makes vouchers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Vouching {
    /// The relay, by the name in its certificate.
    pub(crate) relay: String,
    pub(crate) openers: Arc<[HolderOpener]>,
    pub(crate) issuers: Arc<BTreeMap<String, VoucherIssuer>>,
    pub(crate) wards: Wards,
    /// The office's own name.
    pub(crate) office: String,
}

/// Vouchers of the office to itself: about people without a card whom the register proved.
#[derive(Debug, Clone)]
pub(crate) struct Wards {
    pub(crate) issuer: VoucherIssuer,
    pub(crate) opener: VoucherOpener,
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

    /// What the office proved of a ward, sealed to itself; `named` is what the register was told.
    pub(crate) fn seal_ward(
        &self,
        attributes: Attributes,
        named: String,
        surroundings: &Surroundings,
    ) -> Result<String, VoucherError> {
        let iat = surroundings.now().as_second();
        self.wards.issuer.issue(&Voucher {
            iss: self.office.clone(),
            aud: self.office.clone(),
            sub: named,
            jti: surroundings.hex(NAME_BYTES),
            iat,
            exp: iat + WARD.as_secs(),
            attributes,
        })
    }

    /// Whom the office itself proved, as it sealed it.
    pub(crate) fn ward(&self, sealed: &str, now: Timestamp) -> Result<Attributes, VoucherError> {
        Ok(self.wards.opener.open::<Attributes>(sealed, now)?.attributes)
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
