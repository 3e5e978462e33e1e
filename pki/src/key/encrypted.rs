//! Private keys under a passphrase: `EncryptedPrivateKeyInfo` (RFC 5958 §3) with PBES2 (RFC 8018
//! §6.2), scrypt (RFC 7914 §7) and AES-256 in CBC mode; what `openssl pkcs8 -scrypt` writes too.

mod unseal;

use openssl::pkcs5;
use openssl::rand::rand_bytes;
use openssl::symm::{self, Cipher};
use x509_cert::der::asn1::{Any, OctetStringRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{self, Encode};
use x509_cert::spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::certificate::to_pem;

pub(super) use unseal::unseal;

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const SCRYPT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.4.11");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

// 16 MiB of memory: the most that OpenSSL opens without being asked to.
const COST: u32 = 1 << 14;
const BLOCK_SIZE: u32 = 8;
const PARALLEL: u32 = 1;
const MAX_MEMORY: u64 = 64 << 20;

/// Whether a PEM text holds an encrypted PKCS#8 key.
pub(super) fn is_encrypted(pem: &[u8]) -> bool {
    let mark = format!("-----BEGIN {LABEL}-----");
    pem.split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == mark.as_bytes())
}

/// Encrypts a PKCS#8 key (DER) under the passphrase, with salt and vector of OpenSSL's randomness.
pub(super) fn seal(key: &[u8], passphrase: &[u8]) -> Result<Zeroizing<String>, KeyError> {
    let (mut salt, mut vector) = ([0; 16], [0; 16]);
    rand_bytes(&mut salt)?;
    rand_bytes(&mut vector)?;
    let mut secret = Zeroizing::new([0; 32]);
    let (cost, block, parallel) = (COST.into(), BLOCK_SIZE.into(), PARALLEL.into());
    pkcs5::scrypt(passphrase, &salt, cost, block, parallel, MAX_MEMORY, secret.as_mut())?;
    let sealed = symm::encrypt(Cipher::aes_256_cbc(), secret.as_ref(), Some(&vector), key)?;
    let der = envelope(&salt, &vector, &sealed).map_err(|_| KeyError::Malformed)?;
    Ok(Zeroizing::new(to_pem(LABEL, &der)))
}

fn envelope(salt: &[u8], vector: &[u8], sealed: &[u8]) -> der::Result<Vec<u8>> {
    let costs = [COST, BLOCK_SIZE, PARALLEL].map(|cost| Any::encode_from(&cost));
    let derivation = [octets(salt)].into_iter().chain(costs).collect::<der::Result<Vec<_>>>()?;
    let derivation = algorithm(SCRYPT, Any::encode_from(&derivation)?)?;
    let cipher = algorithm(AES_256_CBC, octets(vector)?)?;
    let scheme = algorithm(PBES2, Any::encode_from(&vec![derivation, cipher])?)?;
    vec![scheme, octets(sealed)?].to_der()
}

fn octets(bytes: &[u8]) -> der::Result<Any> {
    Any::encode_from(&OctetStringRef::new(bytes)?)
}

fn algorithm(oid: ObjectIdentifier, parameters: Any) -> der::Result<Any> {
    Any::encode_from(&AlgorithmIdentifierOwned { oid, parameters: Some(parameters) })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::{FileKey, KeyAlgorithm};

    #[test]
    fn openssl_opens_what_was_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let key = FileKey::generate(KeyAlgorithm::P384).unwrap();
        key.save_encrypted(&path, b"tally").unwrap();
        let opened = FileKey::load_encrypted(&path, b"tally").unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        let output = Command::new("openssl")
            .current_dir(folder.path())
            .args("pkey -in a.key -passin pass:tally -pubout".split(' '))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), key.public_key().pem());
    }

    #[test]
    fn what_openssl_sealed_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        key.save(&folder.path().join("a.key")).unwrap();
        for scheme in ["-scrypt", "-v2 aes-256-cbc"] {
            let arguments = format!("pkcs8 -topk8 -in a.key -out b.key -passout pass:x {scheme}");
            let done = Command::new("openssl")
                .current_dir(folder.path())
                .args(arguments.split(' '))
                .status();
            assert!(done.unwrap().success());
            let opened = FileKey::load_encrypted(&folder.path().join("b.key"), b"x").unwrap();
            assert_eq!(opened.public_key(), key.public_key(), "{scheme}");
        }
    }
}
