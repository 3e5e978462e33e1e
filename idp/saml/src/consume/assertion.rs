//! Reading an assertion strictly: what is not understood is refused, not passed over.

use jiff::Timestamp;

use crate::attribute::{Attribute, NameId};
use crate::consume::Refusal;
use crate::message::{read_id, read_instant, read_issuer, read_optional_instant};
use crate::names::CONFIRMATION_BEARER;
use crate::namespace::Namespace::{Assertion, Signature};
use crate::tree::{Cursor, Element, ShapeError};

/// An assertion, read but not yet checked against what is expected.
pub(super) struct Parsed {
    pub id: String,
    pub issuer: String,
    pub issue_instant: Timestamp,
    pub name_id: Option<NameId>,
    pub confirmation: Confirmation,
    pub conditions: Conditions,
    pub authentication: Authentication,
    pub attributes: Vec<Attribute>,
}

/// `SubjectConfirmationData` of the bearer.
pub(super) struct Confirmation {
    pub recipient: Option<String>,
    pub in_response_to: Option<String>,
    pub not_on_or_after: Option<Timestamp>,
}

pub(super) struct Conditions {
    pub not_before: Option<Timestamp>,
    pub not_on_or_after: Option<Timestamp>,
    /// One list for each restriction; the audience must be in every one.
    pub audiences: Vec<Vec<String>>,
    pub one_time_use: bool,
}

pub(super) struct Authentication {
    pub instant: Timestamp,
    pub session_index: Option<String>,
    pub session_not_on_or_after: Option<Timestamp>,
    pub context_class: String,
}

pub(super) fn read(assertion: &Element) -> Result<Parsed, Refusal> {
    if assertion.required("Version")? != "2.0" {
        return Err(ShapeError::Value("Version").into());
    }
    let mut cursor = assertion.cursor("Assertion");
    let issuer = read_issuer(&mut cursor)?;
    cursor.optional(Signature, "Signature");
    let (name_id, confirmation) = read_subject(cursor.required(Assertion, "Subject")?)?;
    let conditions = read_conditions(cursor.required(Assertion, "Conditions")?)?;
    cursor.optional(Assertion, "Advice");
    let (authentication, attributes) = read_statements(cursor)?;
    Ok(Parsed {
        id: read_id(assertion.required("ID")?, "ID")?,
        issuer,
        issue_instant: read_instant(assertion.required("IssueInstant")?, "IssueInstant")?,
        name_id,
        confirmation,
        conditions,
        authentication,
        attributes,
    })
}

fn read_subject(subject: &Element) -> Result<(Option<NameId>, Confirmation), Refusal> {
    let mut cursor = subject.cursor("Subject");
    let name_id = cursor.optional(Assertion, "NameID").map(read_name_id).transpose()?;
    let confirmations = cursor.repeated(Assertion, "SubjectConfirmation");
    cursor.finish()?;
    match confirmations.as_slice() {
        [confirmation] => Ok((name_id, read_confirmation(confirmation)?)),
        _ => Err(Refusal::Confirmation),
    }
}

/// Reads `saml:NameID`.
pub(crate) fn read_name_id(name_id: &Element) -> Result<NameId, ShapeError> {
    let attribute = |name| name_id.attribute(name).map(str::to_owned);
    Ok(NameId {
        value: name_id.some_text("NameID")?.to_owned(),
        format: attribute("Format"),
        name_qualifier: attribute("NameQualifier"),
        sp_name_qualifier: attribute("SPNameQualifier"),
    })
}

/// The bearer may not be told to wait (SAML profiles 4.1.4.2), so `NotBefore` has no place.
fn read_confirmation(confirmation: &Element) -> Result<Confirmation, Refusal> {
    if confirmation.attribute("Method") != Some(CONFIRMATION_BEARER) {
        return Err(Refusal::Confirmation);
    }
    let mut cursor = confirmation.cursor("SubjectConfirmation");
    let data = cursor.required(Assertion, "SubjectConfirmationData")?;
    cursor.finish()?;
    if data.attribute("NotBefore").is_some() || !data.children().is_empty() {
        return Err(Refusal::Confirmation);
    }
    Ok(Confirmation {
        recipient: data.attribute("Recipient").map(str::to_owned),
        in_response_to: data.attribute("InResponseTo").map(str::to_owned),
        not_on_or_after: read_optional_instant(data, "NotOnOrAfter")?,
    })
}

fn read_conditions(conditions: &Element) -> Result<Conditions, Refusal> {
    let mut read = Conditions {
        not_before: read_optional_instant(conditions, "NotBefore")?,
        not_on_or_after: read_optional_instant(conditions, "NotOnOrAfter")?,
        audiences: Vec::new(),
        one_time_use: false,
    };
    for condition in conditions.children() {
        if condition.is(Assertion, "AudienceRestriction") {
            read.audiences.push(read_audiences(condition)?);
        } else if condition.is(Assertion, "OneTimeUse") && !read.one_time_use {
            read.one_time_use = true;
        } else if !condition.is(Assertion, "ProxyRestriction") {
            // Proxying is not something we do. Anything else may mean anything (SAML core 2.5.1).
            return Err(Refusal::Condition);
        }
    }
    Ok(read)
}

fn read_audiences(restriction: &Element) -> Result<Vec<String>, ShapeError> {
    let mut cursor = restriction.cursor("AudienceRestriction");
    let audiences = cursor.repeated(Assertion, "Audience");
    cursor.finish()?;
    let text = |audience: &Element| audience.some_text("Audience").map(str::to_owned);
    audiences.into_iter().map(text).collect()
}

/// Exactly one authentication, and at most one list of attributes.
fn read_statements(mut cursor: Cursor<'_>) -> Result<(Authentication, Vec<Attribute>), ShapeError> {
    let before = cursor.optional(Assertion, "AttributeStatement");
    let authentication = cursor.required(Assertion, "AuthnStatement")?;
    let after = cursor.optional(Assertion, "AttributeStatement");
    cursor.finish()?;
    let attributes = match (before, after) {
        (Some(_), Some(_)) => return Err(ShapeError::Unexpected("Assertion")),
        (Some(statement), None) | (None, Some(statement)) => read_attributes(statement)?,
        (None, None) => Vec::new(),
    };
    Ok((read_authentication(authentication)?, attributes))
}

fn read_authentication(statement: &Element) -> Result<Authentication, ShapeError> {
    let mut cursor = statement.cursor("AuthnStatement");
    cursor.optional(Assertion, "SubjectLocality");
    let context = cursor.required(Assertion, "AuthnContext")?;
    cursor.finish()?;
    Ok(Authentication {
        instant: read_instant(statement.required("AuthnInstant")?, "AuthnInstant")?,
        session_index: statement.attribute("SessionIndex").map(str::to_owned),
        session_not_on_or_after: read_optional_instant(statement, "SessionNotOnOrAfter")?,
        context_class: read_context_class(context)?,
    })
}

fn read_context_class(context: &Element) -> Result<String, ShapeError> {
    let mut cursor = context.cursor("AuthnContext");
    let class = cursor.required(Assertion, "AuthnContextClassRef")?;
    cursor.repeated(Assertion, "AuthenticatingAuthority");
    cursor.finish()?;
    class.some_text("AuthnContextClassRef").map(str::to_owned)
}

fn read_attributes(statement: &Element) -> Result<Vec<Attribute>, ShapeError> {
    let mut cursor = statement.cursor("AttributeStatement");
    let elements = cursor.repeated(Assertion, "Attribute");
    cursor.finish()?;
    let mut attributes: Vec<Attribute> = Vec::with_capacity(elements.len());
    for element in elements {
        let attribute = read_attribute(element)?;
        match attributes.iter_mut().find(|known| known.name == attribute.name) {
            Some(known) => known.values.extend(attribute.values),
            None => attributes.push(attribute),
        }
    }
    Ok(attributes)
}

fn read_attribute(element: &Element) -> Result<Attribute, ShapeError> {
    let mut cursor = element.cursor("Attribute");
    let values = cursor.repeated(Assertion, "AttributeValue");
    cursor.finish()?;
    let text = |value: &Element| value.text("AttributeValue").map(str::to_owned);
    Ok(Attribute {
        name: element.required("Name")?.to_owned(),
        friendly_name: element.attribute("FriendlyName").map(str::to_owned),
        values: values.into_iter().map(text).collect::<Result<_, _>>()?,
    })
}
