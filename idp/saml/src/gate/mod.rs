//! The gate: every document from outside passes it before any other parser sees it.
//!
//! It reads tokens only, in one pass, within bounds, and lets through a small and boring subset of
//! XML in which nothing can be hidden, fetched, or found in two places: see [`GateError`] for what
//! it stops and `contents` for what it lets stand where. What passes can be handed to a library
//! written in C, and the signature that this gate saw is the one that the library finds.

mod contents;
mod error;
mod fault;
mod grammar;
mod place;
mod rules;
mod tag;
mod walk;

pub use error::GateError;

use std::ops::Range;

use crate::algorithm::SignatureAlgorithm;

/// What a document is supposed to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `samlp:Response`.
    Response,
    /// `saml:Assertion` by itself, as it comes out of decryption.
    Assertion,
    /// `samlp:AuthnRequest`.
    AuthnRequest,
    /// `samlp:LogoutRequest`.
    LogoutRequest,
    /// `samlp:LogoutResponse`.
    LogoutResponse,
    /// A SOAP 1.1 envelope around a logout message.
    Envelope,
    /// `md:EntityDescriptor` or `md:EntitiesDescriptor`.
    Metadata,
}

impl Kind {
    /// The most bytes a document of this kind may have.
    pub const fn size_limit(self) -> usize {
        match self {
            Self::Metadata => 32 * 1024 * 1024,
            _ => 256 * 1024,
        }
    }

    /// The most elements a document of this kind may have. In metadata: those of the largest
    /// federations, some ten thousand entities.
    fn element_limit(self) -> usize {
        match self {
            Self::Metadata => 1_000_000,
            _ => 2_048,
        }
    }

    /// The most attributes on one element, namespace declarations included. A federation declares
    /// on top what its members use.
    fn attribute_limit(self) -> usize {
        match self {
            Self::Metadata => 64,
            _ => 32,
        }
    }

    /// The most namespace declarations in scope.
    fn namespace_limit(self) -> usize {
        self.attribute_limit()
    }
}

/// The deepest nesting, in elements.
const DEPTH_LIMIT: usize = 32;
/// The longest attribute value, in bytes.
const ATTRIBUTE_SIZE_LIMIT: usize = 4096;

/// How the assertion of a response comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionForm {
    /// In the clear.
    Plain,
    /// Encrypted.
    Encrypted,
}

/// What the gate saw on its way.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The `ID` of the document element.
    pub root_id: Option<String>,
    /// The algorithm of the signature over the document element.
    pub root_signature: Option<SignatureAlgorithm>,
    /// The form of the assertion inside a response.
    pub assertion: Option<AssertionForm>,
    /// The algorithm of the signature over that assertion.
    pub assertion_signature: Option<SignatureAlgorithm>,
    /// Where the message in a SOAP body stands, in bytes.
    pub body: Option<Range<usize>>,
}

/// A document that passed. There is no other way to make one.
#[derive(Debug)]
pub struct Admitted<'a> {
    text: &'a str,
    kind: Kind,
    facts: Facts,
}

/// Lets a document through, or says why not.
pub fn admit(kind: Kind, document: &[u8]) -> Result<Admitted<'_>, GateError> {
    if document.len() > kind.size_limit() {
        return Err(GateError::Size);
    }
    let text = std::str::from_utf8(document).map_err(|_| GateError::Encoding)?;
    let facts = walk::walk(kind, text)?;
    Ok(Admitted { text, kind, facts })
}

impl<'a> Admitted<'a> {
    /// The document, unchanged.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the document element carries a signature (nobody has verified it yet).
    pub fn is_signed(&self) -> bool {
        self.facts.root_signature.is_some()
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
mod tests;
