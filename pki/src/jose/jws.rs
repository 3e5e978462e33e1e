//! Signed tokens: made through the signer seam, believed with one pinned key.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{JoseError, MAX_TOKEN};
use crate::public_key::der_to_raw;
use crate::{KeyAlgorithm, PublicKey, Signer};

const ALGORITHM: &str = "ES256";
const COORDINATE: usize = 32;
/// How far the issuer's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(30);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// Signs claims with a P-256 key.
#[derive(Clone)]
pub struct JwsSigner {
    signer: Arc<dyn Signer>,
    kid: String,
}

impl JwsSigner {
    /// Takes a P-256 signer.
    pub fn new(signer: Arc<dyn Signer>) -> Result<Self, JoseError> {
        let key = PublicKey::from_der(signer.public_key_der())?;
        require_p256(&key)?;
        Ok(Self { signer, kid: key.thumbprint() })
    }

    /// The `kid` in the header: the thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs claims under an explicit type (RFC 8725 §3.11), compact form.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, JoseError> {
        let header = Header { alg: ALGORITHM, typ, kid: &self.kid };
        let mut token = encoded(&header)? + "." + &encoded(claims)?;
        let signature = self.signer.sign(token.as_bytes())?;
        let raw = der_to_raw(&signature, COORDINATE).ok_or(JoseError::WrongKey)?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&raw, &mut token);
        if token.len() > MAX_TOKEN { Err(JoseError::TooLong) } else { Ok(token) }
    }
}

impl fmt::Debug for JwsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwsSigner").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// What a token must say to be believed.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Its type, exactly.
    pub typ: &'a str,
    /// Who issued it (`iss`), exactly.
    pub issuer: &'a str,
    /// Whom it is for (`aud`), exactly; a list of audiences is refused.
    pub audience: &'a str,
    /// The longest time from `iat` to `exp`.
    pub longest: SignedDuration,
}

#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// Believes tokens of one pinned P-256 key.
#[derive(Clone, Debug)]
pub struct JwsVerifier {
    key: PublicKey,
    kid: String,
}

impl JwsVerifier {
    /// Pins a P-256 key.
    pub fn new(key: PublicKey) -> Result<Self, JoseError> {
        require_p256(&key)?;
        let kid = key.thumbprint();
        Ok(Self { key, kid })
    }

    /// Gives the claims of a token of at most 8 KiB whose signature, type, issuer, audience and
    /// times are as expected. That a token is used once is the caller's to keep.
    pub fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<T, JoseError> {
        let claims = self.signed_claims(token, expected.typ)?;
        expected.require(&parsed(&claims)?, now)?;
        parsed(&claims)
    }

    /// Gives the claims of a token of this type whose signature is right; whatever they say about
    /// issuer, audience and times is the caller's to check.
    pub(crate) fn signature_only<T: DeserializeOwned>(
        &self,
        token: &str,
        typ: &str,
    ) -> Result<T, JoseError> {
        parsed(&self.signed_claims(token, typ)?)
    }

    fn signed_claims(&self, token: &str, typ: &str) -> Result<Vec<u8>, JoseError> {
        if token.len() > MAX_TOKEN {
            return Err(JoseError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JoseError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JoseError::Malformed)?;
        self.require_header(&decoded(header)?, typ)?;
        if !self.key.verify_raw(signed.as_bytes(), &decoded(signature)?) {
            return Err(JoseError::BadSignature);
        }
        decoded(claims)
    }

    fn require_header(&self, header: &[u8], typ: &str) -> Result<(), JoseError> {
        let header: Header<'_> = parsed(header)?;
        let fits = header.alg == ALGORITHM && header.typ == typ && header.kid == self.kid;
        if fits { Ok(()) } else { Err(JoseError::WrongHeader) }
    }
}

impl Expected<'_> {
    fn require(&self, claims: &Registered, now: Timestamp) -> Result<(), JoseError> {
        let issued = instant(claims.iat)?;
        let expires = instant(claims.exp)?;
        let refused = [
            (claims.iss != self.issuer, JoseError::WrongIssuer),
            (claims.aud != self.audience, JoseError::WrongAudience),
            (issued > now + CLOCK_SKEW, JoseError::NotYetValid),
            (expires <= now, JoseError::Expired),
            (expires.duration_since(issued) > self.longest, JoseError::TooLongLived),
        ];
        refused.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, cause)| Err(cause))
    }
}

pub(crate) fn instant(seconds: i64) -> Result<Timestamp, JoseError> {
    Timestamp::from_second(seconds).map_err(|_| JoseError::Malformed)
}

fn require_p256(key: &PublicKey) -> Result<(), JoseError> {
    if key.algorithm() == KeyAlgorithm::P256 { Ok(()) } else { Err(JoseError::WrongKey) }
}

fn encoded(value: &impl Serialize) -> Result<String, JoseError> {
    let json = serde_json::to_vec(value).map_err(|_| JoseError::Malformed)?;
    Ok(BASE64URL_NOPAD.encode(&json))
}

fn decoded(part: &str) -> Result<Vec<u8>, JoseError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JoseError::Malformed)
}

fn parsed<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, JoseError> {
    serde_json::from_slice(json).map_err(|_| JoseError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::FileKey;
    use crate::testing::{key_256, now};

    const TYPE: &str = "test+jwt";
    const EXPECTED: Expected<'_> = Expected {
        typ: TYPE,
        issuer: "https://idp.localhost:8444",
        audience: "card-agent",
        longest: SignedDuration::from_secs(120),
    };

    fn claims() -> Value {
        let iat = now().as_second();
        json!({ "iss": EXPECTED.issuer, "aud": EXPECTED.audience, "iat": iat, "exp": iat + 60, "tx": "1" })
    }

    fn signer() -> JwsSigner {
        JwsSigner::new(Arc::new(key_256().clone())).unwrap()
    }

    fn verify(token: &str) -> Result<Value, JoseError> {
        JwsVerifier::new(key_256().public_key().clone()).unwrap().verify(token, &EXPECTED, now())
    }

    fn with(name: &str, value: impl Into<Value>) -> Result<Value, JoseError> {
        let mut changed = claims();
        changed[name] = value.into();
        verify(&signer().sign(TYPE, &changed).unwrap())
    }

    /// A token with a header of our own making, rightly signed.
    fn with_header(header: &Value) -> String {
        let signed = encoded(header).unwrap() + "." + &encoded(&claims()).unwrap();
        let raw = der_to_raw(&key_256().sign(signed.as_bytes()).unwrap(), 32).unwrap();
        signed + "." + &BASE64URL_NOPAD.encode(&raw)
    }

    #[test]
    fn a_token_goes_round() {
        let token = signer().sign(TYPE, &claims()).unwrap();
        assert_eq!(verify(&token).unwrap(), claims());
    }

    #[test]
    fn josekit_reads_what_we_sign() {
        let token = signer().sign(TYPE, &claims()).unwrap();
        let key = key_256().pkey().public_key_to_pem().unwrap();
        let verifier = josekit::jws::ES256.verifier_from_pem(key).unwrap();
        let (payload, header) = josekit::jws::deserialize_compact(&token, &verifier).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap(), claims());
        assert_eq!(header.key_id(), Some(signer().kid()));
    }

    #[test]
    fn every_claim_is_checked() {
        let iat = now().as_second();
        assert!(matches!(with("iss", "https://evil.example"), Err(JoseError::WrongIssuer)));
        assert!(matches!(with("aud", "relay"), Err(JoseError::WrongAudience)));
        assert!(matches!(with("aud", json!(["card-agent"])), Err(JoseError::Malformed)));
        assert!(matches!(with("exp", iat), Err(JoseError::Expired)));
        assert!(matches!(with("exp", iat + 121), Err(JoseError::TooLongLived)));
        assert!(matches!(with("iat", iat + 31), Err(JoseError::NotYetValid)));
        assert!(matches!(with("iat", i64::MAX), Err(JoseError::Malformed)));
        assert!(with("iat", iat + 29).is_ok());
    }

    #[test]
    fn the_header_decides_nothing() {
        let kid = signer().kid().to_owned();
        assert!(verify(&with_header(&json!({ "alg": "ES256", "typ": TYPE, "kid": kid }))).is_ok());
        for header in [
            json!({ "alg": "none", "typ": TYPE, "kid": kid }),
            json!({ "alg": "HS256", "typ": TYPE, "kid": kid }),
            json!({ "alg": "ES256", "typ": "other", "kid": kid }),
            json!({ "alg": "ES256", "typ": TYPE, "kid": "other" }),
        ] {
            assert!(matches!(verify(&with_header(&header)), Err(JoseError::WrongHeader)));
        }
        let critical = json!({ "alg": "ES256", "typ": TYPE, "kid": kid, "crit": ["b64"] });
        assert!(matches!(verify(&with_header(&critical)), Err(JoseError::Malformed)));
    }

    #[test]
    fn another_key_or_a_changed_claim_is_noticed() {
        let other = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let forged = JwsSigner { signer: Arc::new(other), kid: signer().kid };
        let token = forged.sign(TYPE, &claims()).unwrap();
        assert!(matches!(verify(&token), Err(JoseError::BadSignature)));

        let token = signer().sign(TYPE, &claims()).unwrap();
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        let mut changed = claims();
        changed["tx"] = "2".into();
        parts[1] = encoded(&changed).unwrap();
        assert!(matches!(verify(&parts.join(".")), Err(JoseError::BadSignature)));
    }

    #[test]
    fn size_and_key_kind_are_bounded() {
        let long = json!({ "filler": "x".repeat(MAX_TOKEN) });
        assert!(matches!(signer().sign(TYPE, &long), Err(JoseError::TooLong)));
        assert!(matches!(verify(&"a".repeat(MAX_TOKEN + 1)), Err(JoseError::TooLong)));
        let other = FileKey::generate(KeyAlgorithm::P384).unwrap();
        assert!(matches!(JwsSigner::new(Arc::new(other)), Err(JoseError::WrongKey)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[A-Za-z0-9_.-]{0,200}|\\PC{0,200}") {
            prop_assert!(verify(&text).is_err());
        }

        #[test]
        fn a_changed_token_is_refused(position in 0_usize..200, with in "[A-Za-z0-9_.-]") {
            let token = signer().sign(TYPE, &claims()).unwrap();
            let mut changed = token.clone();
            let position = position % token.len();
            changed.replace_range(position..=position, &with);
            prop_assert!(verify(&changed).is_err() || changed == token);
        }
    }
}
