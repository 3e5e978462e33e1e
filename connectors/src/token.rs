//! The relay's token, as a connector checks it: the shape, the relay's pinned key, the claims,
//! and that it comes over the connection it was made for. That it comes only once is for the
//! access log to see.

use jiff::Timestamp;
use josekit::jws::alg::ecdsa::EcdsaJwsVerifier;
use josekit::jws::{self, ES256};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use warifu_contract::connector_token::{
    ConnectorClaims, LONGEST_LIFE_SECONDS, RELAY_ISSUER, TOKEN_TYPE, audience,
};

/// The longest token that is looked at, in bytes.
pub const LONGEST_TOKEN: usize = 4096;
/// How far the relay's clock may be ahead of ours or behind, in seconds.
const CLOCK_DIFFERENCE: i64 = 5;

/// Checks tokens for one connector.
#[derive(Debug)]
pub struct TokenVerifier {
    key: EcdsaJwsVerifier,
    audience: String,
}

/// The relay's key cannot be used: it is not a P-256 public key in PEM.
#[derive(Debug, thiserror::Error)]
#[error("the relay's public key is not a P-256 key in PEM")]
pub struct TokenKeyError;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too long, not a JWS, or without the claims it must have.
    #[error("not a token of ours")]
    Malformed,
    /// Not signed with the relay's key, or not with ES256.
    #[error("the signature does not fit")]
    Signature,
    /// A JWS made for something else.
    #[error("made for something else")]
    WrongType,
    /// Not the relay's.
    #[error("another issuer")]
    WrongIssuer,
    /// For another connector.
    #[error("another audience")]
    WrongAudience,
    /// Made in the future.
    #[error("not yet valid")]
    NotYetValid,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// It would live longer than any token may.
    #[error("lives too long")]
    TooLong,
    /// Shown over another client certificate than the one it is bound to.
    #[error("bound to another certificate")]
    Unbound,
}

impl TokenError {
    /// Every way to be refused.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::Signature,
        Self::WrongType,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::NotYetValid,
        Self::Expired,
        Self::TooLong,
        Self::Unbound,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed | Self::WrongType | Self::WrongIssuer | Self::TooLong => {
                "token.invalid"
            }
            Self::Signature => "token.signature",
            Self::WrongAudience => "token.audience",
            Self::NotYetValid | Self::Expired => "token.expired",
            Self::Unbound => "token.binding",
        }
    }
}

impl TokenVerifier {
    /// For the connector `id`, with the relay's public key (P-256, PEM).
    pub fn new(id: &str, relay_public_key: &[u8]) -> Result<Self, TokenKeyError> {
        let key = p256(relay_public_key).ok_or(TokenKeyError)?;
        Ok(Self { key, audience: audience(id) })
    }

    /// Checks `token`, shown by the client whose certificate has the thumbprint `peer`.
    pub fn verify(
        &self,
        token: &str,
        peer: &str,
        now: Timestamp,
    ) -> Result<ConnectorClaims, TokenError> {
        let claims = self.read(token)?;
        if claims.iss != RELAY_ISSUER {
            return Err(TokenError::WrongIssuer);
        }
        if claims.aud != self.audience {
            return Err(TokenError::WrongAudience);
        }
        check_time(&claims, now.as_second())?;
        if claims.cnf.x5t_s256 != peer {
            return Err(TokenError::Unbound);
        }
        Ok(claims)
    }

    fn read(&self, token: &str) -> Result<ConnectorClaims, TokenError> {
        if token.len() > LONGEST_TOKEN || token.split('.').count() != 3 {
            return Err(TokenError::Malformed);
        }
        let (payload, header) =
            jws::deserialize_compact(token, &self.key).map_err(|_| TokenError::Signature)?;
        if header.token_type() != Some(TOKEN_TYPE) {
            return Err(TokenError::WrongType);
        }
        let claims: ConnectorClaims =
            serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
        if is_identifier(&claims.jti) { Ok(claims) } else { Err(TokenError::Malformed) }
    }
}

/// Reads the key; josekit alone would take any curve here.
fn p256(pem: &[u8]) -> Option<EcdsaJwsVerifier> {
    let key = PKey::public_key_from_pem(pem).ok()?;
    let curve = key.ec_key().ok()?.group().curve_name();
    let der = key.public_key_to_der().ok()?;
    (curve == Some(Nid::X9_62_PRIME256V1)).then(|| ES256.verifier_from_der(der).ok())?
}

fn check_time(claims: &ConnectorClaims, now: i64) -> Result<(), TokenError> {
    let life = claims.exp.checked_sub(claims.iat).ok_or(TokenError::TooLong)?;
    if !(1..=LONGEST_LIFE_SECONDS).contains(&life) {
        return Err(TokenError::TooLong);
    }
    if claims.iat > now.saturating_add(CLOCK_DIFFERENCE) {
        return Err(TokenError::NotYetValid);
    }
    if claims.exp.saturating_add(CLOCK_DIFFERENCE) <= now {
        return Err(TokenError::Expired);
    }
    Ok(())
}

fn is_identifier(jti: &str) -> bool {
    (16..=64).contains(&jti.len())
        && jti.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;
    use josekit::jws::JwsHeader;
    use josekit::jws::alg::ecdsa::EcdsaJwsSigner;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_137_300;

    fn pair() -> (TokenVerifier, EcdsaJwsSigner) {
        let key = rcgen::KeyPair::generate().unwrap();
        let verifier = TokenVerifier::new("insurer", key.public_key_pem().as_bytes()).unwrap();
        (verifier, ES256.signer_from_pem(key.serialize_pem()).unwrap())
    }

    fn check(verifier: &TokenVerifier, token: &str) -> Result<ConnectorClaims, TokenError> {
        verifier.verify(token, "thumb", Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn only_a_p256_public_key_will_do() {
        let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let private = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for pem in [p384.public_key_pem(), private, "no key".to_owned()] {
            assert!(TokenVerifier::new("insurer", pem.as_bytes()).is_err(), "{pem}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_passes_for_a_token(text in ".{0,200}", parts in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..80), 3)) {
            let (verifier, _) = pair();
            let parts: Vec<String> = parts.iter().map(|p| BASE64URL_NOPAD.encode(p)).collect();
            prop_assert!(check(&verifier, &text).is_err());
            prop_assert!(check(&verifier, &parts.join(".")).is_err());
        }

        #[test]
        fn signed_noise_is_no_token(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (verifier, signer) = pair();
            let mut header = JwsHeader::new();
            header.set_token_type(TOKEN_TYPE);
            let token = jws::serialize_compact(&payload, &header, &signer).unwrap();
            prop_assert_eq!(check(&verifier, &token), Err(TokenError::Malformed));
        }

        #[test]
        fn a_bit_turned_over_anywhere_is_noticed(place in any::<prop::sample::Index>()) {
            let (verifier, signer) = pair();
            let claims = serde_json::json!({
                "iss": RELAY_ISSUER, "aud": audience("insurer"), "purpose": "own-look",
                "jti": "0123456789abcdef", "iat": NOW, "exp": NOW + 60,
                "cnf": { "x5t#S256": "thumb" }
            });
            let mut header = JwsHeader::new();
            header.set_token_type(TOKEN_TYPE);
            let payload = serde_json::to_vec(&claims).unwrap();
            let token = jws::serialize_compact(&payload, &header, &signer).unwrap();
            prop_assert!(check(&verifier, &token).is_ok());
            let mut bytes = token.clone().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = if bytes[place] == b'A' { b'Q' } else { b'A' };
            let turned = String::from_utf8(bytes).unwrap();
            prop_assert!(turned == token || check(&verifier, &turned).is_err());
        }
    }
}
