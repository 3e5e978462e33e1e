//! A public key, parsed once and checked to be one we use.

use std::fmt;
use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::sha::sha256;
use openssl::sign::Verifier;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::{KeyAlgorithm, KeyError};

/// The `SubjectPublicKeyInfo` of RSA-3072 has 422 bytes.
const MAX_PUBLIC_KEY: usize = 1024;
const UNCOMPRESSED_POINT: u8 = 0x04;
/// An uncompressed point of P-256 (SEC 1 §2.3.3).
const P256_POINT: usize = 65;
const SMALLEST_RSA_EXPONENT: u32 = 65_537;

/// A public key of one of our algorithms, in canonical DER.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    der: Vec<u8>,
    key: Key,
}

/// A key of a curve is kept as such: to read it and to verify with it through OpenSSL 3's providers
/// takes several times as long, and every card shows one.
#[derive(Clone)]
enum Key {
    Curve(EcKey<Public>),
    Rsa(PKey<Public>),
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) of at most 1 KiB: named curve and
    /// uncompressed point, or an RSA modulus of 2048 or 3072 bits with a sound exponent.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        if der.len() > MAX_PUBLIC_KEY {
            return Err(KeyError::Malformed);
        }
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        require_canonical(der, &info)?;
        let (algorithm, key) = match curve_of(&info) {
            Some((algorithm, group)) => (algorithm, Key::Curve(read_point(&info, group)?)),
            None => read_rsa(&info, der)?,
        };
        Ok(Self { algorithm, der: der.to_vec(), key })
    }

    /// Reads a `PUBLIC KEY` PEM block.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.len() > 2 * MAX_PUBLIC_KEY {
            return Err(KeyError::Malformed);
        }
        let key = PKey::public_key_from_pem(pem).map_err(|_| KeyError::Malformed)?;
        Self::from_der(&key.public_key_to_der()?)
    }

    /// The kind of the key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The key as `SubjectPublicKeyInfo`, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key as a `PUBLIC KEY` PEM block.
    pub fn pem(&self) -> String {
        crate::certificate::to_pem("PUBLIC KEY", &self.der)
    }

    /// base64url without padding of the SHA-256 of the `SubjectPublicKeyInfo`; the `kid` of our
    /// tokens.
    pub fn thumbprint(&self) -> String {
        BASE64URL_NOPAD.encode(&sha256(&self.der))
    }

    /// Whether the signature, in the form [`Signer`](crate::Signer) gives, fits the message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        if let Some(point) = self.p256_point() {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
            return key.verify(message, signature).is_ok();
        }
        match &self.key {
            Key::Rsa(key) => Verifier::new(self.algorithm.digest(), key)
                .and_then(|mut verifier| verifier.verify_oneshot(signature, message))
                .unwrap_or(false),
            Key::Curve(key) => from_canonical_der(signature)
                .is_some_and(|signature| self.is_over(message, &signature, key)),
        }
    }

    /// The same for signatures in the form JOSE and Web eID use: r ‖ s of fixed length for ECDSA
    /// (RFC 7518 §3.4), PKCS#1 v1.5 for RSA.
    pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        if let Some(point) = self.p256_point() {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            return key.verify(message, signature).is_ok();
        }
        match (&self.key, self.algorithm.coordinate_length()) {
            (Key::Curve(key), Some(length)) => from_raw(signature, length)
                .is_some_and(|signature| self.is_over(message, &signature, key)),
            _ => self.verify(message, signature),
        }
    }

    /// The point of a P-256 key, for ring, which verifies with it in less time than OpenSSL 3. It
    /// stands at the end of the canonical DER.
    fn p256_point(&self) -> Option<&[u8; P256_POINT]> {
        let is_p256 = self.algorithm == KeyAlgorithm::P256;
        self.der.last_chunk().filter(|_| is_p256)
    }

    fn is_over(&self, message: &[u8], signature: &EcdsaSig, key: &EcKey<Public>) -> bool {
        hash(self.algorithm.digest(), message)
            .and_then(|digest| signature.verify(&digest, key))
            .unwrap_or(false)
    }

    /// The key as a JWK (RFC 7517) with the given `use`, `sig` or `enc`.
    pub fn jwk(&self, key_use: &str) -> Result<Value, KeyError> {
        let mut jwk = self.jwk_members()?;
        if let Value::Object(members) = &mut jwk {
            members.insert("use".into(), key_use.into());
            members.insert("kid".into(), self.thumbprint().into());
        }
        Ok(jwk)
    }

    fn jwk_members(&self) -> Result<Value, KeyError> {
        match &self.key {
            Key::Rsa(key) => {
                let rsa = key.rsa()?;
                let [n, e] = [rsa.n(), rsa.e()].map(|part| BASE64URL_NOPAD.encode(&part.to_vec()));
                Ok(json!({ "kty": "RSA", "n": n, "e": e }))
            }
            Key::Curve(key) => {
                let (x, y) = self.coordinates(key)?;
                let curve = if self.algorithm == KeyAlgorithm::P256 { "P-256" } else { "P-384" };
                Ok(json!({ "kty": "EC", "crv": curve, "x": x, "y": y }))
            }
        }
    }

    fn coordinates(&self, key: &EcKey<Public>) -> Result<(String, String), KeyError> {
        let length = self.algorithm.coordinate_length().ok_or(KeyError::Unsupported)?;
        let length = i32::try_from(length).map_err(|_| KeyError::Unsupported)?;
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        let mut context = BigNumContext::new()?;
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
        let text = |part: &BigNum| {
            Ok::<_, ErrorStack>(BASE64URL_NOPAD.encode(&part.to_vec_padded(length)?))
        };
        Ok((text(&x)?, text(&y)?))
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?}, {})", self.algorithm, self.thumbprint())
    }
}

/// One key has one encoding, so that comparing bytes compares keys.
fn require_canonical(der: &[u8], info: &SubjectPublicKeyInfoRef<'_>) -> Result<(), KeyError> {
    let canonical = info.to_der().map_err(|_| KeyError::Malformed)?;
    if der == canonical { Ok(()) } else { Err(KeyError::Malformed) }
}

/// The curve that a key names, made once; none for keys of other kinds.
fn curve_of(info: &SubjectPublicKeyInfoRef<'_>) -> Option<(KeyAlgorithm, &'static EcGroup)> {
    static P256: LazyLock<Option<EcGroup>> =
        LazyLock::new(|| EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).ok());
    static P384: LazyLock<Option<EcGroup>> =
        LazyLock::new(|| EcGroup::from_curve_name(Nid::SECP384R1).ok());
    let algorithm = KeyAlgorithm::from_key_identifier(&info.algorithm, 0)?;
    let group = match algorithm {
        KeyAlgorithm::P256 => P256.as_ref(),
        KeyAlgorithm::P384 => P384.as_ref(),
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 => None,
    };
    Some((algorithm, group?))
}

/// OpenSSL refuses a point that is not on the curve. On these curves, whose order is prime, every
/// other one is sound but infinity, which has no uncompressed form.
fn read_point(
    info: &SubjectPublicKeyInfoRef<'_>,
    group: &EcGroup,
) -> Result<EcKey<Public>, KeyError> {
    let point = info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
    if point.first() != Some(&UNCOMPRESSED_POINT) {
        return Err(KeyError::Unsupported);
    }
    let mut context = BigNumContext::new()?;
    let point = EcPoint::from_bytes(group, point, &mut context).map_err(|_| KeyError::Malformed)?;
    Ok(EcKey::from_public_key(group, &point)?)
}

fn read_rsa(
    info: &SubjectPublicKeyInfoRef<'_>,
    der: &[u8],
) -> Result<(KeyAlgorithm, Key), KeyError> {
    let key = PKey::public_key_from_der(der).map_err(|_| KeyError::Malformed)?;
    let algorithm = KeyAlgorithm::from_key_identifier(&info.algorithm, key.bits());
    let algorithm = algorithm.ok_or(KeyError::Unsupported)?;
    let rsa = key.rsa().map_err(|_| KeyError::Unsupported)?;
    let sound = *rsa.e() >= BigNum::from_u32(SMALLEST_RSA_EXPONENT)? && rsa.e().is_bit_set(0);
    if !sound {
        return Err(KeyError::Unsupported);
    }
    if key.public_key_to_der()? != der {
        return Err(KeyError::Malformed);
    }
    Ok((algorithm, Key::Rsa(key)))
}

/// One signature has one encoding, too.
fn from_canonical_der(der: &[u8]) -> Option<EcdsaSig> {
    let signature = EcdsaSig::from_der(der).ok()?;
    (signature.to_der().ok()? == der).then_some(signature)
}

/// Reads r ‖ s, each of `coordinate` bytes; none where the length is wrong.
fn from_raw(raw: &[u8], coordinate: usize) -> Option<EcdsaSig> {
    if raw.len() != 2 * coordinate {
        return None;
    }
    let (r, s) = raw.split_at_checked(coordinate)?;
    EcdsaSig::from_private_components(BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?).ok()
}

/// Turns r ‖ s into the DER form, `None` where the length is wrong.
pub(crate) fn raw_to_der(raw: &[u8], coordinate: usize) -> Option<Vec<u8>> {
    from_raw(raw, coordinate)?.to_der().ok()
}

/// Turns a DER signature into r ‖ s, each of `coordinate` bytes.
pub(crate) fn der_to_raw(der: &[u8], coordinate: usize) -> Option<Vec<u8>> {
    let length = i32::try_from(coordinate).ok()?;
    let signature = EcdsaSig::from_der(der).ok()?;
    let r = signature.r().to_vec_padded(length).ok()?;
    let s = signature.s().to_vec_padded(length).ok()?;
    Some([r, s].concat())
}

#[cfg(test)]
mod tests {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    use proptest::prelude::*;
    use x509_cert::der::Encode;
    use x509_cert::der::asn1::BitString;
    use x509_cert::spki::SubjectPublicKeyInfoOwned;

    use super::*;
    use crate::{FileKey, Signer};

    #[test]
    fn raw_and_der_signatures_are_the_same_signature() {
        for (algorithm, coordinate) in [(KeyAlgorithm::P256, 32), (KeyAlgorithm::P384, 48)] {
            let key = FileKey::generate(algorithm).unwrap();
            let raw = der_to_raw(&key.sign(b"m").unwrap(), coordinate).unwrap();
            assert_eq!(raw.len(), 2 * coordinate);
            assert!(key.public_key().verify_raw(b"m", &raw));
            assert!(!key.public_key().verify_raw(b"m", &raw[1..]));
            assert!(!key.public_key().verify_raw(b"n", &raw));
        }
        let rsa = FileKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        assert!(rsa.public_key().verify_raw(b"m", &rsa.sign(b"m").unwrap()));
    }

    #[test]
    fn an_all_zero_signature_is_no_signature() {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        assert!(!key.public_key().verify_raw(b"m", &[0; 64]));
    }

    #[test]
    fn trailing_bytes_and_compressed_points_are_refused() {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let mut der = key.public_key().der().to_vec();
        der.push(0);
        assert!(PublicKey::from_der(&der).is_err());

        let mut info = SubjectPublicKeyInfoOwned::from_der(key.public_key().der()).unwrap();
        let point = info.subject_public_key.raw_bytes().to_vec();
        let sign_of_y = 2 + (point[64] & 1);
        let compressed = [&[sign_of_y], &point[1..33]].concat();
        info.subject_public_key = BitString::from_bytes(&compressed).unwrap();
        let read = PublicKey::from_der(&info.to_der().unwrap());
        assert!(matches!(read, Err(KeyError::Unsupported)));
    }

    #[test]
    fn explicit_curve_parameters_are_refused() {
        let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        group.set_asn1_flag(openssl::ec::Asn1Flag::EXPLICIT_CURVE);
        let key = EcKey::generate(&group).unwrap();
        let der = PKey::from_ec_key(key).unwrap().public_key_to_der().unwrap();
        assert!(PublicKey::from_der(&der).is_err());
    }

    #[test]
    fn pem_goes_round() {
        let key = FileKey::generate(KeyAlgorithm::P384).unwrap();
        let read = PublicKey::from_pem(key.public_key().pem().as_bytes()).unwrap();
        assert_eq!(&read, key.public_key());
        let by_library = key.pkey().public_key_to_pem().unwrap();
        assert_eq!(key.public_key().pem().as_bytes(), by_library);
    }

    #[test]
    fn a_jwk_names_the_curve_and_its_point() {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let jwk = key.public_key().jwk("sig").unwrap();
        assert_eq!(jwk["crv"], "P-256");
        let x = BASE64URL_NOPAD.decode(jwk["x"].as_str().unwrap().as_bytes()).unwrap();
        let y = BASE64URL_NOPAD.decode(jwk["y"].as_str().unwrap().as_bytes()).unwrap();
        assert!(key.public_key().der().ends_with(&[x, y].concat()));
        assert_eq!(jwk["kid"], key.public_key().thumbprint());
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
            prop_assert!(PublicKey::from_der(&bytes).is_err());
            prop_assert!(PublicKey::from_pem(&bytes).is_err());
        }

        #[test]
        fn signatures_of_any_shape_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let key = crate::testing::key_256();
            prop_assert!(!key.public_key().verify(b"m", &bytes));
            prop_assert!(!key.public_key().verify_raw(b"m", &bytes));
            prop_assert!(der_to_raw(&bytes, 32).is_none_or(|raw| raw.len() == 64));
        }
    }
}
