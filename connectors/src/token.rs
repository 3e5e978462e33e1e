//! The relay's token, as a connector checks it: the shape, one of the relay's keys, the claims,
//! and that it comes over the connection it was made for. That it comes only once is for the
//! access log to see.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use josekit::jws::{self, JwsHeader, JwsVerifier};
use warifu_contract::connector_token::{
    ConnectorClaims, LONGEST_LIFE_SECONDS, RELAY_ISSUER, TOKEN_TYPE, audience,
};

use crate::relay_keys::KeySet;

/// The longest token that is looked at, in bytes.
pub const LONGEST_TOKEN: usize = 4096;
/// How far the relay's clock may be ahead of ours or behind, in seconds.
const CLOCK_DIFFERENCE: i64 = 5;

/// Checks tokens for one connector.
#[derive(Debug)]
pub struct TokenVerifier {
    audience: String,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too long, not a JWS, or without the claims it must have.
    #[error("not a token of ours")]
    Malformed,
    /// Not signed with one of the relay's keys, the one it names, or not with ES256.
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
    /// For the connector `id`.
    pub fn new(id: &str) -> Self {
        Self { audience: audience(id) }
    }

    /// Checks `token` with the relay's `keys`, shown by the client whose certificate has the
    /// thumbprint `peer`.
    pub fn verify(
        &self,
        keys: &KeySet,
        token: &str,
        peer: &str,
        now: Timestamp,
    ) -> Result<ConnectorClaims, TokenError> {
        let claims = read(keys, token)?;
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
}

/// Which key `token` says it is signed with; none when it is no token. Nothing in it is believed
/// yet.
pub fn key_named_by(token: &str) -> Option<String> {
    let header = token.split('.').next().filter(|_| token.len() <= LONGEST_TOKEN)?;
    let header = BASE64URL_NOPAD.decode(header.as_bytes()).ok()?;
    JwsHeader::from_bytes(&header).ok()?.key_id().map(str::to_owned)
}

fn read(keys: &KeySet, token: &str) -> Result<ConnectorClaims, TokenError> {
    if token.len() > LONGEST_TOKEN || token.split('.').count() != 3 {
        return Err(TokenError::Malformed);
    }
    let by_name = |header: &JwsHeader| {
        let key = header.key_id().and_then(|kid| keys.verifier(kid));
        Ok(key.map(|key| -> &dyn JwsVerifier { key }))
    };
    let (payload, header) = jws::deserialize_compact_with_selector(token, by_name)
        .map_err(|_| TokenError::Signature)?;
    if header.token_type() != Some(TOKEN_TYPE) {
        return Err(TokenError::WrongType);
    }
    let claims: ConnectorClaims =
        serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
    if is_identifier(&claims.jti) { Ok(claims) } else { Err(TokenError::Malformed) }
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
    use josekit::jws::ES256;
    use josekit::jws::alg::ecdsa::EcdsaJwsSigner;
    use proptest::prelude::*;
    use warifu_pki::PublicKey;

    use super::*;

    const NOW: i64 = 1_795_137_300;

    struct Pair {
        verifier: TokenVerifier,
        keys: KeySet,
        signer: EcdsaJwsSigner,
        header: JwsHeader,
    }

    fn pair() -> Pair {
        let key = rcgen::KeyPair::generate().unwrap();
        let public = PublicKey::from_pem(key.public_key_pem().as_bytes()).unwrap();
        let mut header = JwsHeader::new();
        header.set_token_type(TOKEN_TYPE);
        header.set_key_id(public.thumbprint());
        let keys = serde_json::json!({ "keys": [public.jwk("sig").unwrap()] }).to_string();
        Pair {
            verifier: TokenVerifier::new("insurer"),
            keys: KeySet::parse(keys.as_bytes()).unwrap(),
            signer: ES256.signer_from_pem(key.serialize_pem()).unwrap(),
            header,
        }
    }

    fn claims() -> Vec<u8> {
        let claims = serde_json::json!({
            "iss": RELAY_ISSUER, "aud": audience("insurer"), "purpose": "own-look",
            "jti": "0123456789abcdef", "iat": NOW, "exp": NOW + 60,
            "cnf": { "x5t#S256": "thumb" }
        });
        serde_json::to_vec(&claims).unwrap()
    }

    fn check(pair: &Pair, token: &str) -> Result<ConnectorClaims, TokenError> {
        pair.verifier.verify(&pair.keys, token, "thumb", Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn a_token_is_checked_with_the_key_that_it_names() {
        let (one, other) = (pair(), pair());
        let sign = |by: &Pair, header: &JwsHeader| {
            jws::serialize_compact(&claims(), header, &by.signer).unwrap()
        };
        assert!(check(&one, &sign(&one, &one.header)).is_ok());
        let mut nameless = JwsHeader::new();
        nameless.set_token_type(TOKEN_TYPE);
        for token in [
            sign(&one, &nameless),
            sign(&one, &other.header),
            sign(&other, &one.header),
            sign(&other, &other.header),
        ] {
            assert_eq!(check(&one, &token), Err(TokenError::Signature));
        }
        assert_eq!(key_named_by(&sign(&one, &one.header)).as_deref(), one.header.key_id());
        assert_eq!(key_named_by(&sign(&one, &nameless)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_passes_for_a_token(text in ".{0,200}", parts in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..80), 3)) {
            let pair = pair();
            let parts: Vec<String> = parts.iter().map(|p| BASE64URL_NOPAD.encode(p)).collect();
            let parts = parts.join(".");
            prop_assert!(check(&pair, &text).is_err() && key_named_by(&text).is_none());
            prop_assert!(check(&pair, &parts).is_err() && key_named_by(&parts).is_none());
        }

        #[test]
        fn signed_noise_is_no_token(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let pair = pair();
            let token = jws::serialize_compact(&payload, &pair.header, &pair.signer).unwrap();
            prop_assert_eq!(check(&pair, &token), Err(TokenError::Malformed));
        }

        #[test]
        fn a_bit_turned_over_anywhere_is_noticed(place in any::<prop::sample::Index>()) {
            let pair = pair();
            let token = jws::serialize_compact(&claims(), &pair.header, &pair.signer).unwrap();
            prop_assert!(check(&pair, &token).is_ok());
            let mut bytes = token.clone().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = if bytes[place] == b'A' { b'Q' } else { b'A' };
            let turned = String::from_utf8(bytes).unwrap();
            prop_assert!(turned == token || check(&pair, &turned).is_err());
        }
    }
}
