//! Reading an `AuthnRequest`. What would change the answer and is not supported is refused.

use crate::consume::read_name_id;
use crate::gate::{Kind, admit};
use crate::message::{Header, MessageError, read_flag};
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::request::{
    AcsChoice, AuthnRequest, Comparison, NameIdPolicy, RequestedContext, RequestedSubject,
};
use crate::tree::{self, Cursor, Element, ShapeError};

/// The most classes that may be asked for.
const CLASS_LIMIT: usize = 16;
/// The most identity providers that may be named.
const IDP_LIMIT: usize = 256;

impl AuthnRequest {
    /// Passes a document through the gate and reads it. An XML signature in it is passed over:
    /// requests come by redirect, where the signature is over the query.
    pub fn parse(xml: &[u8]) -> Result<Self, MessageError> {
        let root = tree::parse(&admit(Kind::AuthnRequest, xml)?)?;
        Ok(read(&root)?)
    }
}

fn read(root: &Element) -> Result<AuthnRequest, ShapeError> {
    let mut cursor = root.cursor("AuthnRequest");
    let header = Header::read(root, &mut cursor)?;
    let request = AuthnRequest {
        id: header.id,
        issuer: header.issuer,
        issue_instant: header.issue_instant,
        destination: header.destination,
        acs: read_acs(root)?,
        force_authn: read_flag(root, "ForceAuthn")?,
        is_passive: read_flag(root, "IsPassive")?,
        protocol_binding: root.attribute("ProtocolBinding").map(str::to_owned),
        subject: read_subject(&mut cursor)?,
        name_id_policy: read_name_id_policy(&mut cursor)?,
        requested_context: read_context(&mut cursor)?,
        idp_list: read_scoping(&mut cursor)?,
    };
    check_index(root, "AttributeConsumingServiceIndex")?;
    cursor.finish()?;
    Ok(request)
}

/// An index of the asker's metadata that says what it would like to be told. What it is told does
/// not hang on it (SAML core 3.4.1 lets the responder choose), so it has to be a number, no more.
fn check_index(root: &Element, name: &'static str) -> Result<(), ShapeError> {
    match root.attribute(name).map(str::parse::<u16>) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(_)) => Err(ShapeError::Value(name)),
    }
}

fn read_acs(root: &Element) -> Result<AcsChoice, ShapeError> {
    const INDEX: &str = "AssertionConsumerServiceIndex";
    match (root.attribute("AssertionConsumerServiceURL"), root.attribute(INDEX)) {
        (None, None) => Ok(AcsChoice::Default),
        (Some(url), None) => Ok(AcsChoice::Url(url.to_owned())),
        (None, Some(index)) => {
            index.parse().map(AcsChoice::Index).map_err(|_| ShapeError::Value(INDEX))
        }
        (Some(_), Some(_)) => Err(ShapeError::Value(INDEX)),
    }
}

fn read_subject(cursor: &mut Cursor<'_>) -> Result<Option<RequestedSubject>, ShapeError> {
    cursor.optional(Protocol, "Extensions");
    let Some(subject) = cursor.optional(Assertion, "Subject") else { return Ok(None) };
    let name_id = subject.find(Assertion, "NameID").map(read_name_id).transpose()?;
    let is_confirmed = subject.find(Assertion, "SubjectConfirmation").is_some();
    Ok(Some(RequestedSubject { name_id, is_confirmed }))
}

fn read_name_id_policy(cursor: &mut Cursor<'_>) -> Result<NameIdPolicy, ShapeError> {
    let Some(policy) = cursor.optional(Protocol, "NameIDPolicy") else {
        return Ok(NameIdPolicy::default());
    };
    Ok(NameIdPolicy {
        format: policy.attribute("Format").map(str::to_owned),
        sp_name_qualifier: policy.attribute("SPNameQualifier").map(str::to_owned),
        allow_create: read_flag(policy, "AllowCreate")?,
    })
}

/// Whose word would do. Where the list goes on elsewhere (`GetComplete`) nothing is fetched. How
/// often a request may be passed on (`ProxyCount`) matters to nobody who never does.
fn read_scoping(cursor: &mut Cursor<'_>) -> Result<Vec<String>, ShapeError> {
    let scoping = cursor.optional(Protocol, "Scoping");
    let list = scoping.and_then(|scoping| scoping.find(Protocol, "IDPList"));
    let entries = list.into_iter().flat_map(|list| list.all(Protocol, "IDPEntry"));
    let entries: Vec<_> = entries.take(IDP_LIMIT + 1).collect();
    if entries.len() > IDP_LIMIT || (list.is_some() && entries.is_empty()) {
        return Err(ShapeError::Value("IDPList"));
    }
    entries.into_iter().map(|entry| Ok(entry.required("ProviderID")?.to_owned())).collect()
}

fn read_context(cursor: &mut Cursor<'_>) -> Result<Option<RequestedContext>, ShapeError> {
    const WHAT: &str = "RequestedAuthnContext";
    let Some(context) = cursor.optional(Protocol, WHAT) else {
        return Ok(None);
    };
    let mut inside = context.cursor(WHAT);
    let classes = inside.repeated(Assertion, "AuthnContextClassRef");
    let declarations = match classes[..] {
        [] => inside.repeated(Assertion, "AuthnContextDeclRef"),
        _ => Vec::new(),
    };
    inside.finish()?;
    if !(1..=CLASS_LIMIT).contains(&(classes.len() + declarations.len())) {
        return Err(ShapeError::Value(WHAT));
    }
    let text = |class: &Element| class.some_text("AuthnContextClassRef").map(str::to_owned);
    Ok(Some(RequestedContext {
        comparison: read_comparison(context.attribute("Comparison"))?,
        classes: classes.into_iter().map(text).collect::<Result<_, _>>()?,
    }))
}

fn read_comparison(text: Option<&str>) -> Result<Comparison, ShapeError> {
    match text {
        None | Some("exact") => Ok(Comparison::Exact),
        Some("minimum") => Ok(Comparison::Minimum),
        Some("maximum") => Ok(Comparison::Maximum),
        Some("better") => Ok(Comparison::Better),
        Some(_) => Err(ShapeError::Value("Comparison")),
    }
}
