//! Writing our own metadata, signed.

use jiff::{SignedDuration, Timestamp};

use crate::algorithm::SignatureAlgorithm;
use crate::canonical::Writer;
use crate::certificate::Certificate;
use crate::id::{Random, random_id};
use crate::instant;
use crate::issue::IssueError;
use crate::metadata::{LocalizedText, Logo};
use crate::names::{
    AES256_GCM, BINDING_POST, BINDING_REDIRECT, BINDING_SOAP, NAMEID_TRANSIENT, PROTOCOL,
    RSA_OAEP_MGF1P,
};
use crate::namespace::Namespace::{Algorithm, Metadata, Scope, Signature, Ui};
use crate::sign::{XmlSigner, envelop};

/// Whom engineers of other parties can ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The name of an office, never of a person.
    pub given_name: String,
    /// Its address, without `mailto:`.
    pub email: String,
}

/// What people are told of an entity besides its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it is, in each language.
    pub descriptions: Vec<LocalizedText>,
    /// Where to read more, in each language.
    pub information_urls: Vec<LocalizedText>,
    /// A picture that stands for it.
    pub logo: Option<Logo>,
}

/// An identity provider to be described.
#[derive(Debug, Clone)]
pub struct IdpDescription {
    /// Its entity identifier.
    pub entity_id: String,
    /// Until when the description holds.
    pub valid_until: Timestamp,
    /// After how long peers should read it again.
    pub cache_duration: Option<SignedDuration>,
    /// Its name in each language.
    pub display_names: Vec<LocalizedText>,
    /// What else people are told.
    pub about: About,
    /// The certificates that it signs with, the current one first.
    pub signing: Vec<Certificate>,
    /// The formats of `NameID` that it gives, the usual one first.
    pub name_id_formats: Vec<String>,
    /// Where it takes `AuthnRequest` by redirect.
    pub sso_redirect: String,
    /// Where it takes logout messages by redirect.
    pub slo_redirect: Option<String>,
    /// Where it takes logout requests by SOAP.
    pub slo_soap: Option<String>,
    /// Where people find help when a login went wrong.
    pub error_url: Option<String>,
    /// The scopes of its scoped attributes.
    pub scopes: Vec<String>,
    /// Whether it answers signed requests only.
    pub want_authn_requests_signed: bool,
    /// Whom to ask.
    pub contact: Option<Contact>,
}

/// A service provider to be described.
#[derive(Debug, Clone)]
pub struct SpDescription {
    /// Its entity identifier.
    pub entity_id: String,
    /// Until when the description holds.
    pub valid_until: Timestamp,
    /// Its name in each language.
    pub display_names: Vec<LocalizedText>,
    /// The certificates that it signs with, the current one first.
    pub signing: Vec<Certificate>,
    /// The certificates to encrypt to it with (RSA), the current one first.
    pub encryption: Vec<Certificate>,
    /// Where it takes answers by HTTP-POST; the first is the default.
    pub acs: Vec<String>,
    /// Where it takes logout messages by redirect.
    pub slo_redirect: Option<String>,
    /// Where it takes logout requests by SOAP.
    pub slo_soap: Option<String>,
    /// The signature algorithms that it verifies, in order of preference; not empty.
    pub signing_methods: Vec<SignatureAlgorithm>,
    /// Whom to ask.
    pub contact: Option<Contact>,
}

impl IdpDescription {
    /// The signed `EntityDescriptor`.
    pub fn to_xml(&self, signer: &dyn XmlSigner, random: Random<'_>) -> Result<String, IssueError> {
        let id = random_id(random);
        let times = (self.valid_until, self.cache_duration);
        let (mut writer, position) = open_entity(&self.entity_id, &id, times);
        self.write_role(&mut writer);
        write_contact(&mut writer, self.contact.as_ref());
        finish(writer, position, &id, signer)
    }

    fn write_role(&self, writer: &mut Writer) {
        let mut attributes = vec![("protocolSupportEnumeration", PROTOCOL)];
        attributes.extend(self.error_url.as_deref().map(|url| ("errorURL", url)));
        attributes
            .extend(self.want_authn_requests_signed.then_some(("WantAuthnRequestsSigned", "true")));
        writer.open(Metadata, "IDPSSODescriptor", &attributes);
        writer.open(Metadata, "Extensions", &[]);
        write_signing_methods(writer, &SignatureAlgorithm::ALL);
        for scope in &self.scopes {
            writer.leaf(Scope, "Scope", &[("regexp", "false")], scope);
        }
        write_ui(writer, &self.display_names, &self.about);
        writer.close();
        write_keys(writer, "signing", &self.signing);
        write_logout(writer, self.slo_redirect.as_deref(), self.slo_soap.as_deref());
        for format in &self.name_id_formats {
            writer.leaf(Metadata, "NameIDFormat", &[], format);
        }
        write_endpoint(writer, "SingleSignOnService", BINDING_REDIRECT, &self.sso_redirect);
        writer.close();
    }
}

impl SpDescription {
    /// The signed `EntityDescriptor`.
    pub fn to_xml(&self, signer: &dyn XmlSigner, random: Random<'_>) -> Result<String, IssueError> {
        let id = random_id(random);
        let times = (self.valid_until, None);
        let (mut writer, position) = open_entity(&self.entity_id, &id, times);
        self.write_role(&mut writer);
        write_contact(&mut writer, self.contact.as_ref());
        finish(writer, position, &id, signer)
    }

    fn write_role(&self, writer: &mut Writer) {
        let attributes = [
            ("AuthnRequestsSigned", "true"),
            ("WantAssertionsSigned", "false"),
            ("protocolSupportEnumeration", PROTOCOL),
        ];
        writer.open(Metadata, "SPSSODescriptor", &attributes);
        writer.open(Metadata, "Extensions", &[]);
        write_signing_methods(writer, &self.signing_methods);
        write_ui(writer, &self.display_names, &About::default());
        writer.close();
        write_keys(writer, "signing", &self.signing);
        write_keys(writer, "encryption", &self.encryption);
        write_logout(writer, self.slo_redirect.as_deref(), self.slo_soap.as_deref());
        writer.leaf(Metadata, "NameIDFormat", &[], NAMEID_TRANSIENT);
        self.write_acs(writer);
        writer.close();
    }

    fn write_acs(&self, writer: &mut Writer) {
        for (index, location) in self.acs.iter().enumerate() {
            let number = index.to_string();
            let mut attributes =
                vec![("Binding", BINDING_POST), ("Location", &**location), ("index", &*number)];
            attributes.extend((index == 0).then_some(("isDefault", "true")));
            writer.leaf(Metadata, "AssertionConsumerService", &attributes, "");
        }
    }
}

/// Opens the entity; the position is that of its signature.
fn open_entity(
    entity_id: &str,
    id: &str,
    (valid_until, cache_duration): (Timestamp, Option<SignedDuration>),
) -> (Writer, usize) {
    let mut writer = Writer::new();
    let valid_until = instant::write(valid_until);
    let cached = cache_duration.map(|duration| format!("PT{}S", duration.as_secs()));
    let mut attributes = vec![("ID", id), ("entityID", entity_id), ("validUntil", &*valid_until)];
    attributes.extend(cached.as_deref().map(|cached| ("cacheDuration", cached)));
    writer.open(Metadata, "EntityDescriptor", &attributes);
    let position = writer.position();
    (writer, position)
}

fn finish(
    mut writer: Writer,
    position: usize,
    id: &str,
    signer: &dyn XmlSigner,
) -> Result<String, IssueError> {
    writer.close();
    let mut xml = writer.finish()?;
    envelop(&mut xml, position, id, signer)?;
    Ok(xml)
}

fn write_signing_methods(writer: &mut Writer, methods: &[SignatureAlgorithm]) {
    for method in methods {
        writer.leaf(Algorithm, "SigningMethod", &[("Algorithm", method.uri())], "");
    }
}

fn write_ui(writer: &mut Writer, names: &[LocalizedText], about: &About) {
    if names.is_empty() && *about == About::default() {
        return;
    }
    writer.open(Ui, "UIInfo", &[]);
    let texts = [("DisplayName", names), ("Description", &about.descriptions)];
    write_texts(writer, &texts);
    if let Some(logo) = &about.logo {
        let (height, width) = (logo.height.to_string(), logo.width.to_string());
        writer.leaf(Ui, "Logo", &[("height", &height), ("width", &width)], &logo.url);
    }
    write_texts(writer, &[("InformationURL", &about.information_urls)]);
    writer.close();
}

fn write_texts(writer: &mut Writer, all: &[(&'static str, &[LocalizedText])]) {
    for (name, texts) in all {
        for text in *texts {
            writer.leaf(Ui, name, &[("xml:lang", &text.language)], &text.text);
        }
    }
}

fn write_keys(writer: &mut Writer, purpose: &str, certificates: &[Certificate]) {
    for certificate in certificates {
        writer.open(Metadata, "KeyDescriptor", &[("use", purpose)]);
        writer.open(Signature, "KeyInfo", &[]);
        writer.open(Signature, "X509Data", &[]);
        writer.leaf(Signature, "X509Certificate", &[], certificate.base64());
        writer.close();
        writer.close();
        if purpose == "encryption" {
            for algorithm in [AES256_GCM, RSA_OAEP_MGF1P] {
                writer.leaf(Metadata, "EncryptionMethod", &[("Algorithm", algorithm)], "");
            }
        }
        writer.close();
    }
}

fn write_logout(writer: &mut Writer, redirect: Option<&str>, soap: Option<&str>) {
    for (binding, location) in [(BINDING_SOAP, soap), (BINDING_REDIRECT, redirect)] {
        if let Some(location) = location {
            write_endpoint(writer, "SingleLogoutService", binding, location);
        }
    }
}

fn write_endpoint(writer: &mut Writer, name: &'static str, binding: &str, location: &str) {
    writer.leaf(Metadata, name, &[("Binding", binding), ("Location", location)], "");
}

fn write_contact(writer: &mut Writer, contact: Option<&Contact>) {
    if let Some(contact) = contact {
        let address = ["mailto:", &contact.email].concat();
        writer.open(Metadata, "ContactPerson", &[("contactType", "technical")]);
        writer.leaf(Metadata, "GivenName", &[], &contact.given_name);
        writer.leaf(Metadata, "EmailAddress", &[], &address);
        writer.close();
    }
}
