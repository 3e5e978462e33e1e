//! Whose card signed in, told to the card office alone: signed by the identity provider, sealed to
//! the office, and carried by the portal and the relay, which cannot read it. With it the relay asks
//! the office for vouchers about the person.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::jose::{JoseError, SealedIssuer, SealedOpener};
use crate::{FileKey, PublicKey, Signer};

const HOLDER_TYPE: &str = "card-holder+jwt";
/// 128 random bits take 22 characters of base64url or 32 of hexadecimal.
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 22..=64;

/// The claims. Times are seconds since 1970.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardHolder {
    /// The identity provider.
    pub iss: String,
    /// The card office.
    pub aud: String,
    /// The holder reference of the card that signed in: 22 to 64 characters.
    pub sub: String,
    /// Names the token: 22 to 64 characters.
    pub jti: String,
    /// When it was issued.
    pub iat: i64,
    /// When it ends: [`CardHolder::LONGEST_LIFE`] later at most.
    pub exp: i64,
}

/// Shows no reference.
impl fmt::Debug for CardHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardHolder").field("jti", &self.jti).finish_non_exhaustive()
    }
}

/// Why the token is refused, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HolderError {
    /// The token is refused.
    #[error(transparent)]
    Token(#[from] JoseError),
    /// Its claims are out of bounds.
    #[error("the claims about the card's holder are out of bounds")]
    Claims,
}

impl CardHolder {
    /// As long as a sign-in may be used at the relay: whoever reads for a while and then looks for
    /// records need not sign in again.
    pub const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(60);

    fn require_sound(&self) -> Result<(), HolderError> {
        let life = self.exp.checked_sub(self.iat).unwrap_or(i64::MAX);
        let sound = (1..=Self::LONGEST_LIFE.as_secs()).contains(&life)
            && NAME_LENGTHS.contains(&self.sub.len())
            && NAME_LENGTHS.contains(&self.jti.len());
        if sound { Ok(()) } else { Err(HolderError::Claims) }
    }
}

/// Tells the office whose card it was: the identity provider's half.
#[derive(Clone, Debug)]
pub struct HolderIssuer(SealedIssuer);

impl HolderIssuer {
    /// Signs with the identity provider's key for tickets and seals to the office's, both P-256.
    pub fn new(signer: Arc<dyn Signer>, office: &PublicKey) -> Result<Self, JoseError> {
        SealedIssuer::new(signer, office).map(Self)
    }

    /// Makes the token: a JWS in a JWE, compact form.
    pub fn issue(&self, holder: &CardHolder) -> Result<String, HolderError> {
        holder.require_sound()?;
        Ok(self.0.issue(HOLDER_TYPE, holder, holder.iat)?)
    }
}

/// Learns whose card it was: the office's half.
#[derive(Clone, Debug)]
pub struct HolderOpener(SealedOpener);

impl HolderOpener {
    /// Opens, with the office's key, what the identity provider `issuer` signed with its key for
    /// the office `audience`.
    pub fn new(
        office: &FileKey,
        idp: PublicKey,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JoseError> {
        SealedOpener::new(office, idp, issuer, audience).map(Self)
    }

    /// Opens the token and checks signature, issuer, audience, times and claims.
    pub fn open(&self, sealed: &str, now: Timestamp) -> Result<CardHolder, HolderError> {
        let expected = (HOLDER_TYPE, CardHolder::LONGEST_LIFE);
        let holder: CardHolder = self.0.open(sealed, expected, now)?;
        holder.require_sound()?;
        Ok(holder)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::KeyAlgorithm;
    use crate::testing::{key_256, now};

    const IDP: &str = "https://idp.localhost:8444";
    const OFFICE: &str = "urn:warifu:ca";

    fn holder() -> CardHolder {
        let iat = now().as_second();
        CardHolder {
            iss: IDP.into(),
            aud: OFFICE.into(),
            sub: "5".repeat(32),
            jti: "7".repeat(32),
            iat,
            exp: iat + 1800,
        }
    }

    fn pair() -> (HolderIssuer, HolderOpener) {
        let office = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let issuer = HolderIssuer::new(Arc::new(key_256().clone()), office.public_key()).unwrap();
        let idp = key_256().public_key().clone();
        (issuer, HolderOpener::new(&office, idp, IDP, OFFICE).unwrap())
    }

    #[test]
    fn the_office_learns_whose_card_it_was_and_nobody_else() {
        let (issuer, opener) = pair();
        let sealed = issuer.issue(&holder()).unwrap();
        assert_eq!(opener.open(&sealed, now()).unwrap(), holder());
        assert!(sealed.len() <= 2048, "{} bytes do not fit into a ticket", sealed.len());
        let (_, other) = pair();
        assert!(other.open(&sealed, now()).is_err());
        assert!(!format!("{:?}", holder()).contains("555"));
    }

    #[test]
    fn it_ends_and_is_of_one_provider_for_one_office() {
        let (issuer, opener) = pair();
        let late = now() + SignedDuration::from_mins(31);
        let sealed = issuer.issue(&holder()).unwrap();
        let refused = opener.open(&sealed, late);
        assert!(matches!(refused, Err(HolderError::Token(JoseError::Expired))));
        for other in [
            CardHolder { iss: "https://other".into(), ..holder() },
            CardHolder { aud: "urn:warifu:relay".into(), ..holder() },
        ] {
            assert!(opener.open(&issuer.issue(&other).unwrap(), now()).is_err());
        }
        let stranger = Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let forged = HolderIssuer(issuer.0.signed_by(stranger));
        assert!(opener.open(&forged.issue(&holder()).unwrap(), now()).is_err());
    }

    #[test]
    fn claims_out_of_bounds_are_neither_issued_nor_opened() {
        let (issuer, opener) = pair();
        for unsound in [
            CardHolder { exp: holder().iat, ..holder() },
            CardHolder { exp: holder().iat + 3601, ..holder() },
            CardHolder { sub: "short".into(), ..holder() },
            CardHolder { sub: "5".repeat(65), ..holder() },
            CardHolder { jti: String::new(), ..holder() },
        ] {
            assert!(matches!(issuer.issue(&unsound), Err(HolderError::Claims)));
            let forced = issuer.0.issue(HOLDER_TYPE, &unsound, unsound.iat).unwrap();
            assert!(opener.open(&forced, now()).is_err());
        }
    }

    proptest! {
        #[test]
        fn what_is_no_token_is_refused(text in ".{0,400}") {
            prop_assert!(pair().1.open(&text, now()).is_err());
        }
    }
}
