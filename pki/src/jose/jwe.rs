//! Sealed tokens: only the holder of the private key reads them.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use josekit::jwe::alg::ecdh_es::EcdhEsJweDecrypter;
use josekit::jwe::{self, ECDH_ES, JweHeader};
use serde::Deserialize;
use serde_json::Value;

use super::agreement::Agreements;
use super::{JoseError, MAX_TOKEN};
use crate::{FileKey, KeyAlgorithm, PublicKey};

const ALGORITHM: &str = "ECDH-ES";
const ENCRYPTION: &str = "A256GCM";
/// A JWT inside: RFC 7519 §5.2.
const CONTENT: &str = "JWT";
/// The lengths of a nonce of 96 bits and a tag of 128 in base64url. The library would take shorter
/// tags, and RFC 7518 §5.3 knows no others.
const NONCE_LENGTH: usize = 16;
const TAG_LENGTH: usize = 22;

/// Seals tokens to one P-256 key. Its clones keep the same agreements with the key's holder.
#[derive(Clone)]
pub struct JweSealer {
    agreements: Arc<Agreements>,
    kid: String,
}

impl JweSealer {
    /// Seals to the holder of this P-256 key.
    pub fn new(recipient: &PublicKey) -> Result<Self, JoseError> {
        require_p256(recipient.algorithm())?;
        let encrypter =
            ECDH_ES.encrypter_from_der(recipient.der()).map_err(|_| JoseError::WrongKey)?;
        let kid = recipient.thumbprint();
        let mut header = JweHeader::new();
        header.set_content_encryption(ENCRYPTION);
        header.set_content_type(CONTENT);
        header.set_key_id(&kid);
        Ok(Self { agreements: Arc::new(Agreements::new(encrypter, header)), kid })
    }

    /// Seals a token now, compact form.
    pub fn seal(&self, token: &str, now: Timestamp) -> Result<String, JoseError> {
        let sealed = self.agreements.current(now)?.seal(token)?;
        if sealed.len() > MAX_TOKEN { Err(JoseError::TooLong) } else { Ok(sealed) }
    }
}

impl fmt::Debug for JweSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JweSealer").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Everything a header may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    enc: String,
    cty: String,
    kid: String,
    epk: EphemeralKey,
}

/// RFC 7518 §4.6.1.1; the coordinates are the library's to check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EphemeralKey {
    kty: String,
    crv: String,
    #[serde(rename = "x")]
    _x: Value,
    #[serde(rename = "y")]
    _y: Value,
}

/// Opens what was sealed to one P-256 key.
#[derive(Clone)]
pub struct JweOpener {
    decrypter: EcdhEsJweDecrypter,
    kid: String,
}

impl JweOpener {
    /// Opens with this P-256 key.
    pub fn new(key: &FileKey) -> Result<Self, JoseError> {
        require_p256(key.public_key().algorithm())?;
        let decrypter = ECDH_ES
            .decrypter_from_pem(key.private_key_pem()?.as_bytes())
            .map_err(|_| JoseError::WrongKey)?;
        Ok(Self { decrypter, kid: key.public_key().thumbprint() })
    }

    /// Opens a sealed token of at most 8 KiB and gives the token inside.
    pub fn open(&self, sealed: &str) -> Result<String, JoseError> {
        if sealed.len() > MAX_TOKEN {
            return Err(JoseError::TooLong);
        }
        self.require_form(sealed)?;
        let (token, _) =
            jwe::deserialize_compact(sealed, &self.decrypter).map_err(|_| JoseError::NotForUs)?;
        String::from_utf8(token).map_err(|_| JoseError::Malformed)
    }

    /// Before the library sees it, so that nothing in the token chooses how it is read.
    fn require_form(&self, sealed: &str) -> Result<(), JoseError> {
        let parts: Vec<&str> = sealed.splitn(6, '.').collect();
        let [header, "", nonce, _, tag] = parts.as_slice() else {
            return Err(JoseError::Malformed);
        };
        if nonce.len() != NONCE_LENGTH || tag.len() != TAG_LENGTH {
            return Err(JoseError::Malformed);
        }
        let header = BASE64URL_NOPAD.decode(header.as_bytes()).map_err(|_| JoseError::Malformed)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| JoseError::Malformed)?;
        if self.fits(&header) { Ok(()) } else { Err(JoseError::WrongHeader) }
    }

    fn fits(&self, header: &Header) -> bool {
        header.alg == ALGORITHM
            && header.enc == ENCRYPTION
            && header.cty == CONTENT
            && header.kid == self.kid
            && header.epk.kty == "EC"
            && header.epk.crv == "P-256"
    }
}

impl fmt::Debug for JweOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JweOpener").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn require_p256(algorithm: KeyAlgorithm) -> Result<(), JoseError> {
    if algorithm == KeyAlgorithm::P256 { Ok(()) } else { Err(JoseError::WrongKey) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{key_256, now};

    fn sealed() -> String {
        JweSealer::new(key_256().public_key()).unwrap().seal("a.b.c", now()).unwrap()
    }

    fn open(sealed: &str) -> Result<String, JoseError> {
        JweOpener::new(key_256()).unwrap().open(sealed)
    }

    fn parts(sealed: &str) -> Vec<String> {
        sealed.split('.').map(str::to_owned).collect()
    }

    fn with_header(change: impl FnOnce(&mut Value)) -> Result<String, JoseError> {
        let mut parts = parts(&sealed());
        let header = BASE64URL_NOPAD.decode(parts[0].as_bytes()).unwrap();
        let mut header = serde_json::from_slice(&header).unwrap();
        change(&mut header);
        parts[0] = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
        open(&parts.join("."))
    }

    #[test]
    fn what_is_sealed_opens_for_its_key_alone() {
        assert_eq!(open(&sealed()).unwrap(), "a.b.c");
        assert_ne!(sealed(), sealed());
        let other = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let opened = JweOpener::new(&other).unwrap().open(&sealed());
        assert!(matches!(opened, Err(JoseError::WrongHeader)));
    }

    #[test]
    fn a_shortened_tag_is_refused() {
        let mut parts = parts(&sealed());
        parts[4].truncate(6);
        assert!(matches!(open(&parts.join(".")), Err(JoseError::Malformed)));
    }

    #[test]
    fn the_header_decides_nothing() {
        let refused = with_header(|header| header["enc"] = "A128GCM".into());
        assert!(matches!(refused, Err(JoseError::WrongHeader)));
        let refused = with_header(|header| header["alg"] = "dir".into());
        assert!(matches!(refused, Err(JoseError::WrongHeader)));
        for (name, value) in [("zip", "DEF"), ("apu", "QQ"), ("p2c", "1"), ("jku", "http://x")] {
            let refused = with_header(|header| header[name] = value.into());
            assert!(matches!(refused, Err(JoseError::Malformed)), "{name}");
        }
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let refused = with_header(|header| header["epk"]["y"] = header["epk"]["x"].clone());
        assert!(matches!(refused, Err(JoseError::NotForUs)));
        let refused = with_header(|header| header["epk"]["y"] = 1.into());
        assert!(matches!(refused, Err(JoseError::NotForUs)));
    }

    #[test]
    fn only_p256_and_only_so_long() {
        let other = FileKey::generate(KeyAlgorithm::P384).unwrap();
        assert!(matches!(JweSealer::new(other.public_key()), Err(JoseError::WrongKey)));
        assert!(matches!(JweOpener::new(&other), Err(JoseError::WrongKey)));
        let sealer = JweSealer::new(key_256().public_key()).unwrap();
        assert!(matches!(sealer.seal(&"a".repeat(MAX_TOKEN), now()), Err(JoseError::TooLong)));
        assert!(matches!(open(&"a".repeat(MAX_TOKEN + 1)), Err(JoseError::TooLong)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[A-Za-z0-9_-]{0,80}(\\.[A-Za-z0-9_-]{0,30}){0,6}|\\PC{0,200}") {
            prop_assert!(open(&text).is_err());
        }

        #[test]
        fn a_changed_token_is_refused(position in 0_usize..1000, with in "[A-Za-z0-9_.-]") {
            let sealed = sealed();
            let mut changed = sealed.clone();
            let position = position % sealed.len();
            changed.replace_range(position..=position, &with);
            prop_assert!(open(&changed).is_err() || changed == sealed);
        }
    }
}
