//! Writing an `AuthnRequest`.

use crate::canonical::{WriteError, Writer};
use crate::instant;
use crate::names::BINDING_POST;
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::request::{AcsChoice, AuthnRequest, Comparison, RequestedContext};

impl AuthnRequest {
    /// The document, unsigned: the redirect binding signs the query around it.
    pub fn to_xml(&self) -> Result<String, WriteError> {
        let mut writer = Writer::new();
        self.open(&mut writer);
        writer.leaf(Assertion, "Issuer", &[], &self.issuer);
        if let Some(format) = &self.name_id_format {
            let policy = [("AllowCreate", "true"), ("Format", &**format)];
            writer.leaf(Protocol, "NameIDPolicy", &policy, "");
        }
        if let Some(context) = &self.requested_context {
            write_context(&mut writer, context);
        }
        writer.close();
        writer.finish()
    }

    fn open(&self, writer: &mut Writer) {
        let issue_instant = instant::write(self.issue_instant);
        let index;
        let mut attributes = vec![
            ("ID", &*self.id),
            ("IssueInstant", &*issue_instant),
            ("ProtocolBinding", BINDING_POST),
            ("Version", "2.0"),
        ];
        attributes.extend(self.destination.as_deref().map(|to| ("Destination", to)));
        attributes.extend(self.force_authn.then_some(("ForceAuthn", "true")));
        attributes.extend(self.is_passive.then_some(("IsPassive", "true")));
        match &self.acs {
            AcsChoice::Default => {}
            AcsChoice::Url(url) => attributes.push(("AssertionConsumerServiceURL", url)),
            AcsChoice::Index(number) => {
                // The binding belongs to the address chosen by index (SAML core 3.4.1).
                attributes.retain(|attribute| attribute.0 != "ProtocolBinding");
                index = number.to_string();
                attributes.push(("AssertionConsumerServiceIndex", &index));
            }
        }
        writer.open(Protocol, "AuthnRequest", &attributes);
    }
}

fn write_context(writer: &mut Writer, context: &RequestedContext) {
    let comparison = [("Comparison", comparison_name(context.comparison))];
    writer.open(Protocol, "RequestedAuthnContext", &comparison);
    for class in &context.classes {
        writer.leaf(Assertion, "AuthnContextClassRef", &[], class);
    }
    writer.close();
}

fn comparison_name(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Exact => "exact",
        Comparison::Minimum => "minimum",
        Comparison::Maximum => "maximum",
        Comparison::Better => "better",
    }
}
