//! What the identity provider tells everybody: its metadata and its public keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_saml::IssueError;
use warifu_saml::metadata::{About, Contact, IdpDescription, LocalizedText, Logo};
use warifu_saml::names::{NAMEID_PERSISTENT, NAMEID_TRANSIENT};
use warifu_service::words::{Language, Words, WordsError};
use warifu_service::{Problem, Surroundings};

use crate::centre::Centre;
use crate::config::IdpConfig;
use crate::keys::{KeysError, SamlKeys};
use crate::words::words;

/// How long a copy of the metadata may be believed.
const METADATA_HOLDS: SignedDuration = SignedDuration::from_hours(24 * 14);

/// After so long peers should read it again. A key that is announced for longer than this and the
/// slowness of the peers is known to all of them when it begins to sign.
const METADATA_CACHED: SignedDuration = SignedDuration::from_hours(6);
/// Pixels of the mark's sides.
const MARK_SIZE: u32 = 64;

/// Why there is no metadata.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// A signing key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The document could not be written or signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

/// The identity provider's metadata, signed, from its configuration alone: for peers to be set up
/// before it runs. Only the public address, the contact and the SAML keys are looked at.
pub fn metadata_xml(
    config: &IdpConfig,
    surroundings: &Surroundings,
) -> Result<String, DescribeError> {
    let keys = SamlKeys::load(&config.keys)?;
    Ok(describe(config, &keys, &words()?, surroundings)?)
}

/// `GET /saml/metadata`.
pub(crate) async fn metadata(State(centre): State<Arc<Centre>>) -> Result<Response, Problem> {
    let keys = centre.keys.all_saml();
    let xml = describe(&centre.config, keys, &centre.words, &centre.surroundings)
        .map_err(|cause| Problem::internal(&cause))?;
    let kind = (CONTENT_TYPE, "application/samlmetadata+xml");
    Ok(([kind, (CACHE_CONTROL, "public, max-age=3600")], xml).into_response())
}

fn describe(
    config: &IdpConfig,
    keys: &SamlKeys,
    words: &Words,
    surroundings: &Surroundings,
) -> Result<String, IssueError> {
    let email = config.contact.email.clone();
    let description = IdpDescription {
        entity_id: config.entity_id(),
        valid_until: surroundings.now() + METADATA_HOLDS,
        cache_duration: Some(METADATA_CACHED),
        display_names: in_both(|language| words.in_(language).say("site-tagline")),
        about: about(config, words),
        signing: keys.certificates(),
        name_id_formats: [NAMEID_TRANSIENT, NAMEID_PERSISTENT].map(str::to_owned).into(),
        sso_redirect: config.sso_url(),
        slo_redirect: Some(config.slo_url()),
        slo_soap: None,
        error_url: Some(config.public_url.at("/")),
        scopes: vec![config.public_url.host().to_owned()],
        want_authn_requests_signed: config.signed_requests_only,
        contact: email.map(|email| Contact { given_name: "Warifu IdP".to_owned(), email }),
    };
    description.to_xml(keys.of_metadata(), &mut |bytes| surroundings.entropy.fill(bytes))
}

/// What other parties' pages may show of us.
fn about(config: &IdpConfig, words: &Words) -> About {
    let front = |language: Language| config.public_url.at(&format!("/?lang={}", language.tag()));
    let logo = config.public_url.at("/assets/mark.svg");
    About {
        descriptions: in_both(|language| words.in_(language).say("idp-description")),
        information_urls: in_both(front),
        logo: Some(Logo { url: logo, width: MARK_SIZE, height: MARK_SIZE }),
    }
}

fn in_both(text: impl Fn(Language) -> String) -> Vec<LocalizedText> {
    let one = |language: Language| LocalizedText {
        language: language.tag().to_owned(),
        text: text(language),
    };
    Language::ALL.map(one).into()
}

/// `GET /jwks.json` (RFC 7517 §5): the keys that sign tickets, requests to card agents, security
/// events.
pub(crate) async fn jwks(State(centre): State<Arc<Centre>>) -> Result<Json<Value>, Problem> {
    let keys = centre.keys.published().iter().map(|key| key.jwk("sig"));
    let keys: Vec<_> = keys.collect::<Result<_, _>>().map_err(|cause| Problem::internal(&cause))?;
    Ok(Json(json!({ "keys": keys })))
}

#[cfg(test)]
mod tests;
