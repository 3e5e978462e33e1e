//! The one workload whose rate is worth knowing: a login answered, signed and encrypted.

use jiff::{SignedDuration, Timestamp};

use crate::attribute::{Attribute, NameId};
use crate::encryption::EncryptionKey;
use crate::id::{Random, random_id};
use crate::issue::{Assertion, IssueError, Issued, Protection, response};
use crate::names::{
    AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET,
};
use crate::sign::{SignError, XmlSigner};

/// The size of a relay ticket, in bytes.
const TICKET_BYTES: usize = 1200;

/// Issues the response to a login over and over.
pub struct Issuing {
    signer: Box<dyn XmlSigner>,
    encrypt_to: EncryptionKey,
    attributes: Vec<Attribute>,
}

impl Issuing {
    /// With these keys.
    pub fn new(signer: Box<dyn XmlSigner>, encrypt_to: EncryptionKey) -> Self {
        let attributes = vec![
            Attribute::new(ATTRIBUTE_PAIRWISE_ID, ["mzxw6ytboi2dcmrtgq2tmnzyhe@idp.example"]),
            Attribute::new(ATTRIBUTE_DISPLAY_NAME, ["上野　太郎"]),
            Attribute::new(ATTRIBUTE_RELAY_TICKET, ["e".repeat(TICKET_BYTES)]),
        ];
        Self { signer, encrypt_to, attributes }
    }

    /// Issues one response.
    pub fn respond(&self, now: Timestamp, random: Random<'_>) -> Result<Issued, IssueError> {
        let [request, session_index] = [random_id(random), random_id(random)];
        let name_id = NameId::transient(random_id(random));
        let later = |minutes| now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now);
        let assertion = Assertion {
            issuer: "https://idp.example/saml/metadata",
            audience: "https://portal.example/saml/metadata",
            acs_url: "https://portal.example/saml/acs",
            in_response_to: Some(&request),
            name_id: &name_id,
            session_index: &session_index,
            context_class: AC_SMARTCARD_PKI,
            issued_at: now,
            authenticated_at: now,
            not_on_or_after: later(5),
            session_not_on_or_after: later(480),
            attributes: &self.attributes,
        };
        let protection = Protection {
            signer: &*self.signer,
            encrypt_to: Some(&self.encrypt_to),
            sign_assertion: false,
        };
        response(&assertion, &protection, random)
    }

    /// Only signs, as often as one response does: the physical limit beside it.
    pub fn sign_only(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signer.sign(bytes)
    }
}
