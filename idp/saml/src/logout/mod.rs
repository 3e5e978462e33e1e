//! Single logout (SAML core 3.7): ending at one party the sessions that another started.
//!
//! Over redirect the query around the message is signed; over SOAP the message is.

mod request;
mod response;

pub use request::LogoutRequest;
pub use response::LogoutResponse;

use crate::certificate::Certificate;
use crate::gate::{Kind, admit};
use crate::message::MessageError;
use crate::namespace::Namespace;
use crate::tree::{self, Element, ShapeError};
use crate::verify::signed_root;

/// A written message and the place for its signature.
struct Written {
    xml: String,
    signature_position: usize,
}

/// Verifies the signature over a message, and reads what was signed.
fn verified<T>(
    xml: &[u8],
    kind: Kind,
    keys: &[Certificate],
    read: fn(&Element) -> Result<T, ShapeError>,
) -> Result<T, MessageError> {
    let root = signed_root::<MessageError>(&admit(kind, xml)?, keys)?;
    Ok(read(&root)?)
}

/// Reads a message whose signature was in the query around it; it must not have another inside
/// (SAML bindings 3.4.4.1).
fn unverified<T>(
    xml: &[u8],
    kind: Kind,
    read: fn(&Element) -> Result<T, ShapeError>,
) -> Result<T, MessageError> {
    let root = tree::parse(&admit(kind, xml)?)?;
    if root.find(Namespace::Signature, "Signature").is_some() {
        return Err(ShapeError::Unexpected("the message").into());
    }
    Ok(read(&root)?)
}

#[cfg(test)]
mod tests;
