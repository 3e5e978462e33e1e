//! Reading an `AuthnRequest`. What would change the answer and is not supported is refused.

use crate::gate::{Kind, admit};
use crate::message::{Header, MessageError, read_flag};
use crate::names::BINDING_POST;
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::request::{AcsChoice, AuthnRequest, Comparison, RequestedContext};
use crate::tree::{self, Cursor, Element, ShapeError};

/// The most classes that may be asked for.
const CLASS_LIMIT: usize = 16;

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
    check_binding(root)?;
    let request = AuthnRequest {
        id: header.id,
        issuer: header.issuer,
        issue_instant: header.issue_instant,
        destination: header.destination,
        acs: read_acs(root)?,
        force_authn: read_flag(root, "ForceAuthn")?,
        is_passive: read_flag(root, "IsPassive")?,
        name_id_format: read_name_id_policy(&mut cursor),
        requested_context: read_context(&mut cursor)?,
    };
    cursor.optional(Protocol, "Scoping");
    cursor.finish()?;
    Ok(request)
}

/// Answers go by HTTP-POST alone.
fn check_binding(root: &Element) -> Result<(), ShapeError> {
    match root.attribute("ProtocolBinding") {
        None | Some(BINDING_POST) => Ok(()),
        Some(_) => Err(ShapeError::Value("ProtocolBinding")),
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

fn read_name_id_policy(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.optional(Protocol, "Extensions");
    let policy = cursor.optional(Protocol, "NameIDPolicy")?;
    policy.attribute("Format").map(str::to_owned)
}

fn read_context(cursor: &mut Cursor<'_>) -> Result<Option<RequestedContext>, ShapeError> {
    const WHAT: &str = "RequestedAuthnContext";
    let Some(context) = cursor.optional(Protocol, WHAT) else {
        return Ok(None);
    };
    let mut inside = context.cursor(WHAT);
    let classes = inside.repeated(Assertion, "AuthnContextClassRef");
    inside.finish()?;
    if classes.is_empty() || classes.len() > CLASS_LIMIT {
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
