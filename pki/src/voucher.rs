//! Vouchers: what the card office knows of a person, for one connector and one linking ceremony,
//! carried by the relay, which cannot read it. Signed by the office, then sealed to the connector.
//!
//! What is vouched for is the caller's type: this package knows no attributes of persons.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::jose::{JoseError, SealedIssuer, SealedOpener};
use crate::{FileKey, PublicKey, Signer};

const VOUCHER_TYPE: &str = "attribute-voucher+jwt";
/// A voucher is opened within the ceremony that asked for it.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// 128 random bits take 22 characters of base64url or 32 of hexadecimal.
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 22..=64;
const ERRAND_BYTES: usize = 16;

/// The claims of a voucher. Times are seconds since 1970.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voucher<A> {
    /// The card office.
    pub iss: String,
    /// The connector.
    pub aud: String,
    /// The [`errand`] of the ceremony at this connector.
    pub sub: String,
    /// Names the voucher: 22 to 64 characters.
    pub jti: String,
    /// When it was issued.
    pub iat: i64,
    /// When it ends: ten minutes later at most.
    pub exp: i64,
    /// What the office proved of the person.
    pub attributes: A,
}

/// Shows nothing of a person.
impl<A> fmt::Debug for Voucher<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voucher").field("aud", &self.aud).finish_non_exhaustive()
    }
}

/// Why a voucher is refused, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VoucherError {
    /// The token that carries it is refused.
    #[error(transparent)]
    Token(#[from] JoseError),
    /// Its claims are out of bounds.
    #[error("the claims of the voucher are out of bounds")]
    Claims,
}

/// What a ceremony is called at one connector: 32 hexadecimal digits. Two connectors cannot tell
/// from their names that they are part of the same ceremony; who knows the ceremony (128 random
/// bits or more: the relay and the office) can.
pub fn errand(ceremony: &str, connector: &str) -> String {
    let named = format!("warifu-ceremony\n{ceremony}\n{connector}");
    let hash = openssl::sha::sha256(named.as_bytes());
    HEXLOWER.encode(hash.first_chunk::<ERRAND_BYTES>().unwrap_or(&[0; ERRAND_BYTES]))
}

impl<A> Voucher<A> {
    fn require_sound(&self) -> Result<(), VoucherError> {
        let life = self.exp.checked_sub(self.iat).unwrap_or(i64::MAX);
        let sound = (1..=LONGEST_LIFE.as_secs()).contains(&life)
            && NAME_LENGTHS.contains(&self.jti.len())
            && NAME_LENGTHS.contains(&self.sub.len());
        if sound { Ok(()) } else { Err(VoucherError::Claims) }
    }
}

/// Issues vouchers for one connector: the office's half.
#[derive(Clone, Debug)]
pub struct VoucherIssuer(SealedIssuer);

impl VoucherIssuer {
    /// Signs with the office's key and seals to the connector's, both P-256.
    pub fn new(signer: Arc<dyn Signer>, connector: &PublicKey) -> Result<Self, JoseError> {
        SealedIssuer::new(signer, connector).map(Self)
    }

    /// Makes a voucher: a JWS in a JWE, compact form, at most 8 KiB.
    pub fn issue<A: Serialize>(&self, voucher: &Voucher<A>) -> Result<String, VoucherError> {
        voucher.require_sound()?;
        Ok(self.0.issue(VOUCHER_TYPE, voucher, voucher.iat)?)
    }
}

/// Opens vouchers: the connector's half.
#[derive(Clone, Debug)]
pub struct VoucherOpener(SealedOpener);

impl VoucherOpener {
    /// Opens, with the connector's key, vouchers that the office `issuer` signed with its key for
    /// the connector `audience`.
    pub fn new(
        connector: &FileKey,
        office: PublicKey,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JoseError> {
        SealedOpener::new(connector, office, issuer, audience).map(Self)
    }

    /// Opens a voucher and checks signature, issuer, audience and times. That it belongs to the
    /// ceremony at hand is the caller's to check.
    pub fn open<A: DeserializeOwned>(
        &self,
        sealed: &str,
        now: Timestamp,
    ) -> Result<Voucher<A>, VoucherError> {
        let voucher: Voucher<A> = self.0.open(sealed, (VOUCHER_TYPE, LONGEST_LIFE), now)?;
        voucher.require_sound()?;
        Ok(voucher)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::KeyAlgorithm;
    use crate::testing::{key_256, now};

    const OFFICE: &str = "https://office.localhost:8449";
    const INSURER: &str = "urn:warifu:connector:insurer";

    fn pair() -> (VoucherIssuer, VoucherOpener) {
        let connector = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let office = Arc::new(key_256().clone());
        let issuer = VoucherIssuer::new(office, connector.public_key()).unwrap();
        let key = key_256().public_key().clone();
        (issuer, VoucherOpener::new(&connector, key, OFFICE, INSURER).unwrap())
    }

    fn voucher() -> Voucher<String> {
        let iat = now().as_second();
        Voucher {
            iss: OFFICE.into(),
            aud: INSURER.into(),
            sub: errand("0123456789abcdef0123456789abcdef", "insurer"),
            jti: "fedcba9876543210fedcba9876543210".into(),
            iat,
            exp: iat + 600,
            attributes: "上野 太郎".into(),
        }
    }

    #[test]
    fn a_voucher_goes_round_and_the_carrier_reads_nothing() {
        let (issuer, opener) = pair();
        let sealed = issuer.issue(&voucher()).unwrap();
        assert_eq!(sealed.split('.').count(), 5);
        assert_eq!(opener.open::<String>(&sealed, now()).unwrap(), voucher());
        assert!(!format!("{:?}", voucher()).contains("上野"));
    }

    #[test]
    fn a_voucher_is_for_one_connector_of_one_office_and_ends() {
        let (issuer, opener) = pair();
        let open = |voucher: &Voucher<String>, later: i64| {
            let at = now() + SignedDuration::from_secs(later);
            opener.open::<String>(&issuer.issue(voucher).unwrap(), at)
        };
        let other = Voucher { aud: "urn:warifu:connector:pension".into(), ..voucher() };
        assert!(matches!(open(&other, 0), Err(VoucherError::Token(JoseError::WrongAudience))));
        let other = Voucher { iss: "https://office.example".into(), ..voucher() };
        assert!(matches!(open(&other, 0), Err(VoucherError::Token(JoseError::WrongIssuer))));
        assert!(matches!(open(&voucher(), 600), Err(VoucherError::Token(JoseError::Expired))));
        let (stranger, _) = pair();
        let sealed = stranger.issue(&voucher()).unwrap();
        assert!(opener.open::<String>(&sealed, now()).is_err(), "sealed to another connector");
    }

    #[test]
    fn a_voucher_signed_by_anyone_else_is_refused() {
        let (issuer, opener) = pair();
        let stranger = Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let forged = VoucherIssuer(issuer.0.signed_by(stranger));
        let sealed = forged.issue(&voucher()).unwrap();
        let refused = opener.open::<String>(&sealed, now());
        assert!(matches!(refused, Err(VoucherError::Token(JoseError::WrongHeader))));
    }

    #[test]
    fn unsound_claims_are_neither_issued_nor_opened() {
        let (issuer, opener) = pair();
        let unsound = [
            Voucher { exp: voucher().iat + 601, ..voucher() },
            Voucher { exp: voucher().iat, ..voucher() },
            Voucher { sub: "short".into(), ..voucher() },
            Voucher { jti: "x".repeat(65), ..voucher() },
        ];
        for voucher in unsound {
            assert!(matches!(issuer.issue(&voucher), Err(VoucherError::Claims)));
            let forced = issuer.0.issue(VOUCHER_TYPE, &voucher, voucher.iat).unwrap();
            assert!(opener.open::<String>(&forced, now()).is_err());
        }
    }

    #[test]
    fn one_ceremony_has_another_name_at_every_connector() {
        let ceremony = "0123456789abcdef0123456789abcdef";
        let names: BTreeSet<_> = ["a", "b", "c"].map(|id| errand(ceremony, id)).into();
        assert_eq!(names.len(), 3);
        assert!(names.iter().all(|name| name.len() == 32));
        assert_eq!(errand(ceremony, "a"), errand(ceremony, "a"));
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in ".{0,200}") {
            let (_, opener) = pair();
            prop_assert!(opener.open::<String>(&text, now()).is_err());
        }
    }
}
