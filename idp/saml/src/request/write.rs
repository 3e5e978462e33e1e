//! Writing an `AuthnRequest`.

use crate::canonical::{WriteError, Writer};
use crate::instant;
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::request::{AcsChoice, AuthnRequest, Comparison, NameIdPolicy, RequestedContext};

impl AuthnRequest {
    /// The document, unsigned: the redirect binding signs the query around it.
    pub fn to_xml(&self) -> Result<String, WriteError> {
        let mut writer = Writer::new();
        self.open(&mut writer);
        writer.leaf(Assertion, "Issuer", &[], &self.issuer);
        self.write_subject(&mut writer);
        self.write_name_id_policy(&mut writer);
        if let Some(context) = &self.requested_context {
            write_context(&mut writer, context);
        }
        self.write_scoping(&mut writer);
        writer.close();
        writer.finish()
    }

    fn open(&self, writer: &mut Writer) {
        let issue_instant = instant::write(self.issue_instant);
        let index;
        let mut attributes =
            vec![("ID", &*self.id), ("IssueInstant", &*issue_instant), ("Version", "2.0")];
        attributes.extend(self.protocol_binding.as_deref().map(|by| ("ProtocolBinding", by)));
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

    fn write_subject(&self, writer: &mut Writer) {
        let subject = self.subject.as_ref();
        if let Some(name_id) = subject.and_then(|subject| subject.name_id.as_ref()) {
            writer.open(Assertion, "Subject", &[]);
            name_id.write(writer);
            writer.close();
        }
    }

    fn write_name_id_policy(&self, writer: &mut Writer) {
        let policy = &self.name_id_policy;
        if *policy == NameIdPolicy::default() {
            return;
        }
        let mut attributes = vec![];
        attributes.extend(policy.allow_create.then_some(("AllowCreate", "true")));
        attributes.extend(policy.format.as_deref().map(|format| ("Format", format)));
        attributes.extend(policy.sp_name_qualifier.as_deref().map(|sp| ("SPNameQualifier", sp)));
        writer.leaf(Protocol, "NameIDPolicy", &attributes, "");
    }

    fn write_scoping(&self, writer: &mut Writer) {
        if self.idp_list.is_empty() {
            return;
        }
        writer.open(Protocol, "Scoping", &[]);
        writer.open(Protocol, "IDPList", &[]);
        for idp in &self.idp_list {
            writer.leaf(Protocol, "IDPEntry", &[("ProviderID", idp)], "");
        }
        writer.close();
        writer.close();
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
