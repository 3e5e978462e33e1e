//! Secret key objects: a triple-DES key that enciphers and never leaves its token.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::super::TokenError;
use super::{named, the_one};

/// The one secret key of that label.
pub(in crate::pkcs11) fn find(session: &Session, label: &str) -> Result<ObjectHandle, TokenError> {
    the_one(session, ObjectClass::SECRET_KEY, label)
}

/// Makes a triple-DES key that can neither be read nor taken out, and does nothing but encipher.
pub(in crate::pkcs11) fn generate(session: &Session, label: &str) -> Result<(), TokenError> {
    if !session.find_objects(&[named(label)])?.is_empty() {
        return Err(TokenError::Exists(label.to_owned()));
    }
    let template = [
        Attribute::Token(true),
        named(label),
        Attribute::Id(label.as_bytes().to_vec()),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(false),
        Attribute::Sign(false),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
    ];
    session.generate_key(&Mechanism::Des3KeyGen, &template)?;
    Ok(())
}
