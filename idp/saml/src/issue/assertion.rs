//! The assertion: who signed in, how, when, for whom, and until when that holds.

use jiff::Timestamp;

use crate::attribute::{Attribute, NameId};
use crate::canonical::{WriteError, Writer};
use crate::instant;
use crate::names::{ATTRIBUTE_FORMAT_URI, CONFIRMATION_BEARER};
use crate::namespace::Namespace::Assertion as Saml;

/// What an assertion says (SAML profiles 4.1.4.2).
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// The entity identifier of the identity provider.
    pub issuer: &'a str,
    /// The entity identifier of the service provider.
    pub audience: &'a str,
    /// Where it is sent: the exact URL of the assertion consumer service.
    pub acs_url: &'a str,
    /// The identifier of the request that it answers; none if nobody asked.
    pub in_response_to: Option<&'a str>,
    /// The name of the person between the two parties.
    pub name_id: &'a NameId,
    /// The name of this session between the two parties.
    pub session_index: &'a str,
    /// How the person was authenticated.
    pub context_class: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// When the person was authenticated.
    pub authenticated_at: Timestamp,
    /// From when on it must no longer be accepted.
    pub not_on_or_after: Timestamp,
    /// When the session that it starts must end.
    pub session_not_on_or_after: Timestamp,
    /// What is released about the person.
    pub attributes: &'a [Attribute],
}

/// A written assertion and the place for its signature.
pub(crate) struct Written {
    pub xml: String,
    pub signature_position: usize,
}

impl Assertion<'_> {
    pub(crate) fn write(&self, id: &str) -> Result<Written, WriteError> {
        let mut writer = Writer::new();
        let issued_at = instant::write(self.issued_at);
        let attributes = [("ID", id), ("IssueInstant", &*issued_at), ("Version", "2.0")];
        writer.open(Saml, "Assertion", &attributes);
        writer.leaf(Saml, "Issuer", &[], self.issuer);
        let signature_position = writer.position();
        self.write_subject(&mut writer);
        self.write_conditions(&mut writer, &issued_at);
        self.write_authentication(&mut writer);
        self.write_attributes(&mut writer);
        writer.close();
        Ok(Written { xml: writer.finish()?, signature_position })
    }

    fn write_subject(&self, writer: &mut Writer) {
        let not_on_or_after = instant::write(self.not_on_or_after);
        let mut data = vec![("NotOnOrAfter", &*not_on_or_after), ("Recipient", self.acs_url)];
        data.extend(self.in_response_to.map(|request| ("InResponseTo", request)));
        writer.open(Saml, "Subject", &[]);
        self.name_id.write(writer);
        writer.open(Saml, "SubjectConfirmation", &[("Method", CONFIRMATION_BEARER)]);
        writer.leaf(Saml, "SubjectConfirmationData", &data, "");
        writer.close();
        writer.close();
    }

    fn write_conditions(&self, writer: &mut Writer, issued_at: &str) {
        let not_on_or_after = instant::write(self.not_on_or_after);
        let dates = [("NotBefore", issued_at), ("NotOnOrAfter", &*not_on_or_after)];
        writer.open(Saml, "Conditions", &dates);
        writer.open(Saml, "AudienceRestriction", &[]);
        writer.leaf(Saml, "Audience", &[], self.audience);
        writer.close();
        writer.close();
    }

    fn write_authentication(&self, writer: &mut Writer) {
        let session = [
            ("AuthnInstant", &*instant::write(self.authenticated_at)),
            ("SessionIndex", self.session_index),
            ("SessionNotOnOrAfter", &*instant::write(self.session_not_on_or_after)),
        ];
        writer.open(Saml, "AuthnStatement", &session);
        writer.open(Saml, "AuthnContext", &[]);
        writer.leaf(Saml, "AuthnContextClassRef", &[], self.context_class);
        writer.close();
        writer.close();
    }

    fn write_attributes(&self, writer: &mut Writer) {
        if self.attributes.is_empty() {
            return;
        }
        writer.open(Saml, "AttributeStatement", &[]);
        for attribute in self.attributes {
            write_attribute(writer, attribute);
        }
        writer.close();
    }
}

fn write_attribute(writer: &mut Writer, attribute: &Attribute) {
    let mut names = vec![("Name", &*attribute.name), ("NameFormat", ATTRIBUTE_FORMAT_URI)];
    names.extend(attribute.friendly_name.as_deref().map(|name| ("FriendlyName", name)));
    writer.open(Saml, "Attribute", &names);
    for value in &attribute.values {
        writer.leaf(Saml, "AttributeValue", &[], value);
    }
    writer.close();
}
