//! From the bytes that were posted to an assertion that is known to be the identity provider's.

use jiff::Timestamp;

use crate::consume::assertion::{self, Parsed};
use crate::consume::{Expectation, Refusal, ServiceProvider};
use crate::encryption::decrypt;
use crate::gate::{Admitted, Kind, admit};
use crate::message::Header;
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::status::{self, Status};
use crate::tree::{self, Element};
use crate::verify::{SignatureError, signed_assertion, signed_root};

/// A response as far as it can be trusted.
pub(super) struct Response {
    pub issuer: String,
    pub issue_instant: Timestamp,
    pub destination: Option<String>,
    pub in_response_to: Option<String>,
    pub status: Status,
    content: Content,
}

enum Content {
    None,
    /// Signed by itself or by the response around it.
    Plain(Element),
    /// `is_trusted`: the response around it is signed.
    Encrypted {
        element: Element,
        is_trusted: bool,
    },
}

/// Passes the gate, verifies the signatures there are, and reads the signed bytes.
pub(super) fn open(
    xml: &[u8],
    provider: &ServiceProvider,
    expected: &Expectation<'_>,
) -> Result<Response, Refusal> {
    let posted = admit(Kind::Response, xml)?;
    if !posted.is_signed() && provider.policy.require_signed_response {
        return Err(SignatureError::Missing.into());
    }
    if posted.is_signed() {
        open_signed(&posted, expected)
    } else {
        open_unsigned(&posted, expected)
    }
}

fn open_signed(posted: &Admitted<'_>, expected: &Expectation<'_>) -> Result<Response, Refusal> {
    let keys = &expected.identity_provider.signing;
    read(signed_root::<Refusal>(posted, keys)?, true)
}

/// Only the assertion inside is signed, in the clear or under its encryption.
fn open_unsigned(posted: &Admitted<'_>, expected: &Expectation<'_>) -> Result<Response, Refusal> {
    let keys = &expected.identity_provider.signing;
    let mut response = read(tree::parse(posted)?, false)?;
    if let Content::Plain(_) = response.content {
        response.content = Content::Plain(signed_assertion::<Refusal>(posted, keys)?);
    }
    Ok(response)
}

fn read(mut root: Element, is_signed: bool) -> Result<Response, Refusal> {
    let mut cursor = root.cursor("Response");
    let header = Header::read(&root, &mut cursor)?;
    cursor.optional(Protocol, "Extensions");
    let status = status::read(cursor.required(Protocol, "Status")?)?;
    let in_response_to = root.attribute("InResponseTo").map(str::to_owned);
    Ok(Response {
        issuer: header.issuer,
        issue_instant: header.issue_instant,
        destination: header.destination,
        in_response_to,
        status,
        content: take_content(&mut root, is_signed),
    })
}

/// The last element is the assertion, if there is one: the gate lets nothing else come behind the
/// status.
fn take_content(root: &mut Element, is_trusted: bool) -> Content {
    match root.take_last() {
        Some(last) if last.is(Assertion, "Assertion") => Content::Plain(last),
        Some(last) if last.is(Assertion, "EncryptedAssertion") => {
            Content::Encrypted { element: last, is_trusted }
        }
        _ => Content::None,
    }
}

impl Response {
    /// Whether there is an assertion.
    pub fn has_assertion(&self) -> bool {
        !matches!(self.content, Content::None)
    }

    /// The assertion, decrypted if need be.
    pub fn assertion(
        self,
        provider: &ServiceProvider,
        expected: &Expectation<'_>,
    ) -> Result<Parsed, Refusal> {
        match self.content {
            Content::None => Err(Refusal::NoAssertion),
            Content::Plain(assertion) => assertion::read(&assertion),
            Content::Encrypted { element, is_trusted } => {
                let decrypted = decrypt(&element, &provider.decryption_keys)?;
                assertion::read(&open_decrypted(&decrypted, is_trusted, expected)?)
            }
        }
    }
}

/// What comes out of decryption passes the gate like anything else. Its own signature, if it has
/// one, must hold; if nothing around it was signed, it must have one.
fn open_decrypted(
    decrypted: &[u8],
    is_trusted: bool,
    expected: &Expectation<'_>,
) -> Result<Element, Refusal> {
    let assertion = admit(Kind::Assertion, decrypted)?;
    if is_trusted && !assertion.is_signed() {
        return Ok(tree::parse(&assertion)?);
    }
    signed_root(&assertion, &expected.identity_provider.signing)
}
