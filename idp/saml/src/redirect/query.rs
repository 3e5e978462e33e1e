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
        let names = [message, "RelayState", "SigAlg", "Signature", "SAMLEncoding"];
        let [message, relay_state, algorithm, signature, encoding] = find(raw, names)?;
        if encoding.is_some_and(|encoding| encoding.value != DEFLATE) {
            return Err(RedirectError::UnknownEncoding);
        }
        let message = message.ok_or(RedirectError::Missing)?;
        Ok(Self { message, relay_state, algorithm, signature })
    }

    /// What the signature covers: message, relay state and algorithm, in this order, each as it was
    /// written (SAML bindings 3.4.4.1).
    pub fn signed_bytes(&self) -> Vec<u8> {
        let parts = [Some(&self.message), self.relay_state.as_ref(), self.algorithm.as_ref()];
        let raw: Vec<&str> = parts.into_iter().flatten().map(|part| part.raw).collect();
        raw.join("&").into_bytes()
    }
}

/// The one parameter of each of these names.
fn find<'q, const N: usize>(
    raw: &'q str,
    names: [&str; N],
) -> Result<[Option<Parameter<'q>>; N], RedirectError> {
    let mut found = [const { None }; N];
    for part in raw.split('&') {
        let (written, value) = match part.split_once('=') {
            Some((written, value)) => (written, Some(value)),
            None => (part, None),
        };
        let mut places = names.iter().zip(&mut found);
        let Some((_, place)) = places.find(|(name, _)| means(written, name)) else { continue };
        if place.is_some() {
            return Err(RedirectError::Duplicate);
        }
        let value = decode(value.ok_or(RedirectError::Encoding)?);
        *place = Some(Parameter { raw: part, value });
    }
    Ok(found)
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
