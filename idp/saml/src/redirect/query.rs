//! The parameters of a query, with the bytes they were written in.

use url::form_urlencoded;

use crate::redirect::RedirectError;

/// The longest query that is read, in bytes.
const QUERY_LIMIT: usize = 64 * 1024;
/// The only encoding of messages there is (SAML bindings 3.4.4.1).
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// A parameter: as it was written, and what that means.
pub(super) struct Parameter<'q> {
    raw: &'q str,
    pub value: String,
}

/// The parameters of the binding. Others are passed over.
pub(super) struct Query<'q> {
    pub message: Parameter<'q>,
    pub relay_state: Option<Parameter<'q>>,
    pub algorithm: Option<Parameter<'q>>,
    pub signature: Option<Parameter<'q>>,
}

impl<'q> Query<'q> {
    pub fn parse(raw: &'q str, message: &str) -> Result<Self, RedirectError> {
        if raw.len() > QUERY_LIMIT {
            return Err(RedirectError::Size);
        }
        if let Some(encoding) = find(raw, "SAMLEncoding")?
            && encoding.value != DEFLATE
        {
            return Err(RedirectError::UnknownEncoding);
        }
        Ok(Self {
            message: find(raw, message)?.ok_or(RedirectError::Missing)?,
            relay_state: find(raw, "RelayState")?,
            algorithm: find(raw, "SigAlg")?,
            signature: find(raw, "Signature")?,
        })
    }

    /// What the signature covers: message, relay state and algorithm, in this order, each as it was
    /// written (SAML bindings 3.4.4.1).
    pub fn signed_bytes(&self) -> Vec<u8> {
        let parts = [Some(&self.message), self.relay_state.as_ref(), self.algorithm.as_ref()];
        let raw: Vec<&str> = parts.into_iter().flatten().map(|part| part.raw).collect();
        raw.join("&").into_bytes()
    }
}

/// The one parameter of this name.
fn find<'q>(raw: &'q str, name: &str) -> Result<Option<Parameter<'q>>, RedirectError> {
    let is_it = |part: &&str| means(part.split('=').next().unwrap_or_default(), name);
    let mut found = raw.split('&').filter(is_it);
    let Some(first) = found.next() else {
        return Ok(None);
    };
    if found.next().is_some() {
        return Err(RedirectError::Duplicate);
    }
    let (_, value) = first.split_once('=').ok_or(RedirectError::Encoding)?;
    Ok(Some(Parameter { raw: first, value: decode(value) }))
}

/// Whether a name as it was written is this one. Hardly anybody writes them in another way.
fn means(written: &str, name: &str) -> bool {
    written == name || (written.contains(['%', '+']) && decode(written) == name)
}

/// Decodes one name or one value.
fn decode(text: &str) -> String {
    // As the value of a nameless pair, so that an equals sign in it is nothing special.
    let pair = ["=", text].concat();
    form_urlencoded::parse(pair.as_bytes()).next().map_or_else(String::new, |it| it.1.into_owned())
}
