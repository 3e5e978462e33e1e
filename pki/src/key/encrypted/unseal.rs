//! Opens what was sealed and is no private key, which OpenSSL therefore does not open.

use data_encoding::BASE64;
use openssl::pkcs5;
use openssl::symm::{self, Cipher};
use x509_cert::der::Decode;
use x509_cert::der::asn1::{Any, OctetString};
use x509_cert::spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::{BLOCK_SIZE, COST, LABEL, MAX_MEMORY, PARALLEL, envelope};
use crate::KeyError;

struct Parts {
    salt: Vec<u8>,
    vector: [u8; 16],
    sealed: Vec<u8>,
}

/// Opens what [`seal`](super::seal) made, and nothing that is made with other parameters.
pub(in crate::key) fn unseal(
    pem: &[u8],
    passphrase: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let der = body(pem).ok_or(KeyError::Malformed)?;
    let Parts { salt, vector, sealed } = parts(&der).ok_or(KeyError::Malformed)?;
    let ours = envelope(&salt, &vector, &sealed).map_err(|_| KeyError::Malformed)?;
    if ours != der {
        return Err(KeyError::Unsupported);
    }
    let mut secret = Zeroizing::new([0; 32]);
    let (cost, block, parallel) = (COST.into(), BLOCK_SIZE.into(), PARALLEL.into());
    pkcs5::scrypt(passphrase, &salt, cost, block, parallel, MAX_MEMORY, secret.as_mut())?;
    symm::decrypt(Cipher::aes_256_cbc(), secret.as_ref(), Some(&vector), &sealed)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::WrongPassphrase)
}

fn body(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?.trim();
    let text = text.strip_prefix(&format!("-----BEGIN {LABEL}-----"))?;
    let text = text.strip_suffix(&format!("-----END {LABEL}-----"))?;
    let joined: String = text.split_ascii_whitespace().collect();
    BASE64.decode(joined.as_bytes()).ok()
}

fn parts(der: &[u8]) -> Option<Parts> {
    let whole = Vec::<Any>::from_der(der).ok()?;
    let [scheme, sealed] = whole.as_slice() else { return None };
    let pair = parameters(scheme)?.decode_as::<Vec<Any>>().ok()?;
    let [derivation, cipher] = pair.as_slice() else { return None };
    let derivation = parameters(derivation)?.decode_as::<Vec<Any>>().ok()?;
    let vector = octets(&parameters(cipher)?)?;
    Some(Parts {
        salt: octets(derivation.first()?)?,
        vector: vector.try_into().ok()?,
        sealed: octets(sealed)?,
    })
}

fn parameters(algorithm: &Any) -> Option<Any> {
    algorithm.decode_as::<AlgorithmIdentifierOwned>().ok()?.parameters
}

fn octets(value: &Any) -> Option<Vec<u8>> {
    value.decode_as::<OctetString>().ok().map(OctetString::into_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::seal;
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_by_its_passphrase_alone() {
        let pem = seal(b"tally", b"secret").unwrap();
        assert_eq!(unseal(pem.as_bytes(), b"secret").unwrap().as_slice(), b"tally");
        let opened = unseal(pem.as_bytes(), b"guess");
        assert!(opened.is_err_and(|error| matches!(error, KeyError::WrongPassphrase)));
    }

    #[test]
    fn other_parameters_are_not_taken() {
        let pem = seal(b"tally", b"secret").unwrap();
        let der = body(pem.as_bytes()).unwrap();
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 1;
            let changed = crate::certificate::to_pem(LABEL, &changed);
            let opened = unseal(changed.as_bytes(), b"secret");
            assert!(opened.is_err() || *opened.unwrap() != *b"tally", "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let pem = crate::certificate::to_pem(LABEL, &bytes);
            prop_assert!(unseal(pem.as_bytes(), b"x").is_err());
            prop_assert!(unseal(&bytes, b"x").is_err());
        }
    }
}
