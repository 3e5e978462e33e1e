//! Enciphering with secret keys in SoftHSM2.

use std::path::Path;

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass};

use super::{module_logout, place, with_token};
use crate::pkcs11::objects::secret_key;
use crate::pkcs11::{TokenBlockCipher, TokenError, module};
use crate::{DiversificationKey, KeyAlgorithm, KeyError, KeySource, Pkcs11Key, TokenKey};

const HEX: &str = "000102030405060708090a0b0c0d0e0f1011121314151617";

/// Puts the bytes of a file's key into the token.
fn import(place: &TokenKey) {
    let bytes: Vec<u8> = (0..24).collect();
    let session = module::log_in_to_write(place).unwrap();
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::DES3),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Encrypt(true),
        Attribute::Label(place.key.as_bytes().to_vec()),
        Attribute::Value(bytes),
    ];
    session.create_object(&template).unwrap();
}

fn in_file(folder: &Path) -> DiversificationKey {
    let path = folder.join("master");
    std::fs::write(&path, HEX).unwrap();
    DiversificationKey::open(&KeySource::file(path)).unwrap()
}

fn token_error(result: Result<DiversificationKey, KeyError>) -> TokenError {
    let Err(KeyError::At { cause, .. }) = result else { panic!("{result:?}") };
    let KeyError::Token(error) = *cause else { panic!("{cause:?}") };
    error
}

#[test]
fn token_and_file_encipher_alike() {
    with_token("block_cipher::token_and_file_encipher_alike", |folder| {
        let place = place(folder, "felica-1");
        import(&place);
        let token = DiversificationKey::open(&KeySource::Token(place)).unwrap();
        let file = in_file(folder);
        for block in [[0; 8], [0xFF; 8], *b"12345678"] {
            assert_eq!(token.encrypt_block(block).unwrap(), file.encrypt_block(block).unwrap());
        }
    });
}

#[test]
fn a_key_is_made_in_the_token_and_stays_there() {
    with_token("block_cipher::a_key_is_made_in_the_token_and_stays_there", |folder| {
        let place = place(folder, "felica-1");
        let source = KeySource::Token(place.clone());
        let made = DiversificationKey::generate(&source).unwrap();
        let opened = DiversificationKey::open(&source).unwrap();
        assert_eq!(made.encrypt_block([1; 8]).unwrap(), opened.encrypt_block([1; 8]).unwrap());
        let again = DiversificationKey::generate(&source);
        assert!(matches!(token_error(again), TokenError::Exists(label) if label == "felica-1"));

        let session = module::log_in(&place).unwrap();
        let key = secret_key::find(&session, &place.key).unwrap();
        let kinds = [AttributeType::Value, AttributeType::Sensitive, AttributeType::Extractable];
        let told = session.get_attributes(key, &kinds).unwrap();
        assert_eq!(told, [Attribute::Sensitive(true), Attribute::Extractable(false)]);
    });
}

#[test]
fn another_kind_of_key_is_none() {
    with_token("block_cipher::another_kind_of_key_is_none", |folder| {
        let place = place(folder, "cards");
        Pkcs11Key::generate(&place, KeyAlgorithm::P256).unwrap();
        let opened = DiversificationKey::open(&KeySource::Token(place));
        assert!(matches!(token_error(opened), TokenError::NoKey(_)));
    });
}

#[test]
fn a_lost_login_is_made_again_and_a_wrong_pin_tried_once() {
    let name = "block_cipher::a_lost_login_is_made_again_and_a_wrong_pin_tried_once";
    with_token(name, |folder| {
        let place = place(folder, "felica-1");
        let key = TokenBlockCipher::generate(&place).unwrap();
        let before = key.encrypt([2; 8]).unwrap();
        module_logout(&place);
        assert_eq!(key.encrypt([2; 8]).unwrap(), before);
        module_logout(&place);
        std::fs::write(&place.pin_file, "999999\n").unwrap();
        for _ in 0..20 {
            let refused = key.encrypt([2; 8]);
            assert!(matches!(refused, Err(KeyError::Token(TokenError::WrongPin))), "{refused:?}");
        }
        std::fs::write(&place.pin_file, "123456\n").unwrap();
        assert_eq!(TokenBlockCipher::open(&place).unwrap().encrypt([2; 8]).unwrap(), before);
    });
}
