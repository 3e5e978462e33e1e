//! The master key from which each FeliCa card's own key is made: triple DES, for that is what the
//! cards reckon with. In a file, or in a token that never gives it out.

use std::fmt;
use std::path::Path;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use super::{KeyError, KeySource, encrypted, read, read_secret, write_new};
use crate::pkcs11::TokenBlockCipher;

const KEY_BYTES: usize = 24;
type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// A three-key triple-DES key (NIST SP 800-67) that enciphers single blocks.
///
/// In a file it is 48 hexadecimal digits; under a passphrase, those digits encrypted as private
/// keys are. In a token it is a secret key (`CKK_DES3`) of the source's label.
pub struct DiversificationKey(Home);

enum Home {
    Memory(KeyBytes),
    Token(TokenBlockCipher),
}

impl DiversificationKey {
    /// Opens the key; one in a token enciphers a first block.
    pub fn open(source: &KeySource) -> Result<Self, KeyError> {
        let opened = match source {
            KeySource::File { file, passphrase_file } => {
                load(file, passphrase_file.as_deref()).map(Home::Memory)
            }
            KeySource::Token(place) => TokenBlockCipher::open(place).map(Home::Token),
        };
        opened.map(Self).map_err(|cause| at(source, cause))
    }

    /// Makes a new key there and opens it: a file of mode 0600, or a key in the token, sensitive and
    /// not extractable. A key that is there already is left alone and is an error. The randomness is
    /// OpenSSL's or the token's, which no caller may replace.
    pub fn generate(source: &KeySource) -> Result<Self, KeyError> {
        let made = match source {
            KeySource::File { file, passphrase_file } => {
                make(file, passphrase_file.as_deref()).map(Home::Memory)
            }
            KeySource::Token(place) => TokenBlockCipher::generate(place).map(Home::Token),
        };
        made.map(Self).map_err(|cause| at(source, cause))
    }

    /// Enciphers one block.
    pub fn encrypt_block(&self, block: [u8; 8]) -> Result<[u8; 8], KeyError> {
        match &self.0 {
            Home::Memory(key) => Ok(encipher(key, block)?),
            Home::Token(token) => token.encrypt(block),
        }
    }
}

/// Shows no key.
impl fmt::Debug for DiversificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Home::Memory(_) => f.write_str("DiversificationKey(…)"),
            Home::Token(token) => f.debug_tuple("DiversificationKey").field(token).finish(),
        }
    }
}

fn load(file: &Path, passphrase_file: Option<&Path>) -> Result<KeyBytes, KeyError> {
    let text = read(file)?;
    match passphrase_file {
        None if encrypted::is_encrypted(&text) => Err(KeyError::Encrypted),
        None => parse(&text),
        Some(_) if !encrypted::is_encrypted(&text) => Err(KeyError::NotEncrypted),
        Some(secret) => {
            let digits = encrypted::unseal(&text, read_secret(secret)?.as_bytes())?;
            // One wrong passphrase in 256 leaves something that looks well padded.
            parse(&digits).map_err(|_| KeyError::WrongPassphrase)
        }
    }
}

fn make(file: &Path, passphrase_file: Option<&Path>) -> Result<KeyBytes, KeyError> {
    let mut key: KeyBytes = Zeroizing::new([0; KEY_BYTES]);
    rand_bytes(key.as_mut())?;
    let digits = Zeroizing::new(HEXLOWER.encode(key.as_ref()) + "\n");
    match passphrase_file {
        None => write_new(file, &digits)?,
        Some(secret) => {
            let passphrase = read_secret(secret)?;
            write_new(file, &encrypted::seal(digits.as_bytes(), passphrase.as_bytes())?)?;
        }
    }
    Ok(key)
}

/// A key of equal parts is no more than single DES.
fn parse(digits: &[u8]) -> Result<KeyBytes, KeyError> {
    let mut key: KeyBytes = Zeroizing::new([0; KEY_BYTES]);
    let digits = digits.trim_ascii();
    if HEXLOWER_PERMISSIVE.decode_len(digits.len()) != Ok(KEY_BYTES) {
        return Err(KeyError::Malformed);
    }
    HEXLOWER_PERMISSIVE.decode_mut(digits, key.as_mut()).map_err(|_| KeyError::Malformed)?;
    let ([first, second, third], _) = key.as_chunks::<8>() else {
        return Err(KeyError::Malformed);
    };
    if is_same(*first, *second) || is_same(*second, *third) {
        return Err(KeyError::Unsupported);
    }
    Ok(key)
}

/// The lowest bit of each byte is its parity and no part of the key.
fn is_same(one: [u8; 8], other: [u8; 8]) -> bool {
    one.into_iter().zip(other).all(|(one, other)| (one ^ other) & 0xFE == 0)
}

fn encipher(key: &KeyBytes, block: [u8; 8]) -> Result<[u8; 8], ErrorStack> {
    let mut crypter = Crypter::new(Cipher::des_ede3_ecb(), Mode::Encrypt, key.as_ref(), None)?;
    crypter.pad(false);
    let mut out = [0; 16];
    crypter.update(&block, &mut out)?;
    Ok(out.first_chunk().copied().unwrap_or_default())
}

fn at(source: &KeySource, cause: KeyError) -> KeyError {
    KeyError::At { place: source.to_string(), cause: Box::new(cause) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "000102030405060708090A0B0C0D0E0F1011121314151617";

    fn cause(result: Result<DiversificationKey, KeyError>) -> KeyError {
        match result {
            Err(KeyError::At { cause, .. }) => *cause,
            other => panic!("{other:?}"),
        }
    }

    fn under_passphrase(folder: &Path, name: &str) -> KeySource {
        let passphrase_file = Some(folder.join("secret"));
        KeySource::File { file: folder.join(name), passphrase_file }
    }

    #[test]
    fn a_block_is_enciphered_as_openssl_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master");
        std::fs::write(&path, format!("{HEX}\n")).unwrap();
        let key = DiversificationKey::open(&KeySource::file(&path)).unwrap();
        let bytes: Vec<u8> = (0..24).collect();
        let theirs = openssl::symm::encrypt(Cipher::des_ede3_ecb(), &bytes, None, b"12345678");
        assert_eq!(key.encrypt_block(*b"12345678").unwrap(), theirs.unwrap()[..8]);
    }

    #[test]
    fn a_key_is_made_once_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "tally\n").unwrap();
        let bare = KeySource::file(folder.path().join("a"));
        for source in [bare, under_passphrase(folder.path(), "b")] {
            let made = DiversificationKey::generate(&source).unwrap();
            let opened = DiversificationKey::open(&source).unwrap();
            assert_eq!(made.encrypt_block([3; 8]).unwrap(), opened.encrypt_block([3; 8]).unwrap());
            let again = cause(DiversificationKey::generate(&source));
            assert!(matches!(again, KeyError::File { .. }));
        }
        for name in ["a", "b"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let sealed = std::fs::read_to_string(folder.path().join("b")).unwrap();
        assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    }

    #[test]
    fn a_passphrase_is_neither_missing_nor_wrong_nor_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "tally\n").unwrap();
        let source = under_passphrase(folder.path(), "a");
        DiversificationKey::generate(&source).unwrap();
        let without = DiversificationKey::open(&KeySource::file(folder.path().join("a")));
        assert!(matches!(cause(without), KeyError::Encrypted));
        std::fs::write(&secret, "guess\n").unwrap();
        assert!(matches!(cause(DiversificationKey::open(&source)), KeyError::WrongPassphrase));
        std::fs::write(folder.path().join("b"), HEX).unwrap();
        let for_nothing = DiversificationKey::open(&under_passphrase(folder.path(), "b"));
        assert!(matches!(cause(for_nothing), KeyError::NotEncrypted));
    }

    #[test]
    fn a_key_that_is_single_des_is_refused() {
        let one = "0102030405060708";
        let (same_but_for_parity, other) = ("0003020504070609", "1112131415161718");
        for key in [[one, one, other], [other, one, one], [one, same_but_for_parity, other]] {
            let refused = parse(key.concat().as_bytes());
            assert!(matches!(refused, Err(KeyError::Unsupported)), "{key:?}");
        }
        assert!(parse([one, other, one].concat().as_bytes()).is_ok());
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = DiversificationKey(Home::Memory(parse(HEX.as_bytes()).unwrap()));
        assert_eq!(format!("{key:?}"), "DiversificationKey(…)");
    }

    proptest! {
        #[test]
        fn any_digits_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            if parse(&bytes).is_ok() {
                prop_assert_eq!(bytes.trim_ascii().len(), 48);
            }
        }
    }
}
