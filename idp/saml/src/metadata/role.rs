//! Reading one role of an entity: keys, addresses, names.

use crate::algorithm::SignatureAlgorithm;
use crate::base64;
use crate::certificate::Certificate;
use crate::message::read_flag;
use crate::metadata::entity_attribute::read_subject_id_requirement;
use crate::metadata::ui::{UiInfo, is_page};
use crate::metadata::{AcsEndpoint, Endpoint, IdpRole, MetadataError, SpRole};
use crate::namespace::Namespace::{Algorithm, Metadata, Scope, Signature};
use crate::tree::{Element, ShapeError};

/// The most keys for one use.
const KEY_LIMIT: usize = 16;

pub(super) fn read_idp(role: &Element) -> Result<IdpRole, MetadataError> {
    let signing = read_keys(role, "signing")?;
    if signing.is_empty() {
        return Err(MetadataError::NoSigningKey);
    }
    Ok(IdpRole {
        display_names: UiInfo::of(role).texts("DisplayName")?,
        signing,
        encryption: read_keys(role, "encryption")?,
        sso: read_endpoints(role, "SingleSignOnService")?,
        slo: read_endpoints(role, "SingleLogoutService")?,
        want_authn_requests_signed: read_flag(role, "WantAuthnRequestsSigned")?,
        scopes: read_scopes(role)?,
        error_url: role.attribute("errorURL").filter(|url| is_page(url)).map(str::to_owned),
    })
}

pub(super) fn read_sp(role: &Element, entity: &Element) -> Result<SpRole, MetadataError> {
    let ui = UiInfo::of(role);
    let acs = role.all(Metadata, "AssertionConsumerService").map(read_acs);
    Ok(SpRole {
        display_names: ui.texts("DisplayName")?,
        signing: read_keys(role, "signing")?,
        encryption: read_keys(role, "encryption")?,
        acs: acs.collect::<Result<_, _>>()?,
        slo: read_endpoints(role, "SingleLogoutService")?,
        authn_requests_signed: read_flag(role, "AuthnRequestsSigned")?,
        want_assertions_signed: read_flag(role, "WantAssertionsSigned")?,
        signing_methods: read_signing_methods(role, entity),
        name_id_formats: read_name_id_formats(role)?,
        subject_id_requirement: read_subject_id_requirement(entity)?,
        descriptions: ui.texts("Description")?,
        information_urls: ui.pages("InformationURL")?,
        privacy_urls: ui.pages("PrivacyStatementURL")?,
        logo: ui.logo(),
    })
}

/// The keys for one use. A descriptor that names no use is for every use (SAML metadata 2.4.1.1).
/// A certificate for another use, or of a kind not used here, does not spoil the rest.
fn read_keys(role: &Element, wanted: &str) -> Result<Vec<Certificate>, MetadataError> {
    let mut keys: Vec<Certificate> = Vec::new();
    for descriptor in role.all(Metadata, "KeyDescriptor") {
        if descriptor.attribute("use").is_none_or(|stated| stated == wanted) {
            let info =
                descriptor.find(Signature, "KeyInfo").ok_or(ShapeError::Missing("KeyInfo"))?;
            for data in info.all(Signature, "X509Data") {
                keys.extend(data.all(Signature, "X509Certificate").find_map(read_certificate));
            }
        }
        if keys.len() > KEY_LIMIT {
            return Err(MetadataError::TooManyKeys);
        }
    }
    Ok(keys)
}

fn read_certificate(element: &Element) -> Option<Certificate> {
    let der = base64::decode(element.text("X509Certificate").ok()?)?;
    Certificate::from_der(&der).ok()
}

fn read_endpoints(role: &Element, name: &str) -> Result<Vec<Endpoint>, ShapeError> {
    let read = |element: &Element| {
        Ok(Endpoint {
            binding: element.required("Binding")?.to_owned(),
            location: element.required("Location")?.to_owned(),
            response_location: element.attribute("ResponseLocation").map(str::to_owned),
        })
    };
    role.all(Metadata, name).map(read).collect()
}

fn read_acs(element: &Element) -> Result<AcsEndpoint, ShapeError> {
    let index = element.required("index")?.parse().map_err(|_| ShapeError::Value("index"))?;
    let is_default = match element.attribute("isDefault") {
        None => None,
        Some(_) => Some(read_flag(element, "isDefault")?),
    };
    Ok(AcsEndpoint {
        binding: element.required("Binding")?.to_owned(),
        location: element.required("Location")?.to_owned(),
        index,
        is_default,
    })
}

/// What a role or an entity says beyond SAML's own schema.
pub(super) fn extensions(owner: &Element) -> impl Iterator<Item = &Element> {
    owner.find(Metadata, "Extensions").into_iter().flat_map(Element::children)
}

/// Scopes as plain texts; regular expressions are passed over.
fn read_scopes(role: &Element) -> Result<Vec<String>, ShapeError> {
    let mut scopes = Vec::new();
    for scope in extensions(role).filter(|element| element.is(Scope, "Scope")) {
        if !read_flag(scope, "regexp")? {
            scopes.push(scope.some_text("Scope")?.to_owned());
        }
    }
    Ok(scopes)
}

fn read_name_id_formats(role: &Element) -> Result<Vec<String>, ShapeError> {
    const NAME: &str = "NameIDFormat";
    role.all(Metadata, NAME).map(|format| Ok(format.some_text(NAME)?.to_owned())).collect()
}

/// What the role says, or else the entity for all its roles.
fn read_signing_methods(role: &Element, entity: &Element) -> Vec<SignatureAlgorithm> {
    let stated = |owner| {
        let methods = extensions(owner).filter(|element| element.is(Algorithm, "SigningMethod"));
        methods.filter_map(|method| method.attribute("Algorithm")).collect::<Vec<_>>()
    };
    let own = stated(role);
    let stated = if own.is_empty() { stated(entity) } else { own };
    stated.into_iter().filter_map(SignatureAlgorithm::from_uri).collect()
}
