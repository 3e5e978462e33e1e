//! What a request asks for, held against what the identity provider can and may give. What cannot be
//! given is told in the answer, by the status that the standard has for it.

use warifu_saml::names::{BINDING_POST, NAMEID_PERSISTENT, NAMEID_TRANSIENT, NAMEID_UNSPECIFIED};
use warifu_saml::{AuthnRequest, RequestedSubject, Status};

use crate::assurance::Wanted;
use crate::config::NameIdChoice;
use crate::provider::Provider;
use crate::store::Wishes;

/// What `request` of `provider` asks the identity provider called `idp` for, or why it gets nothing;
/// `identifies`: whether that tells who it might be by a card's number.
///
/// `AllowCreate` changes nothing: our names are computed, so that no state is ever made for the sake
/// of a request (SAML core §3.4.1.1 as of erratum E14). Neither does what it would like to be told
/// (`AttributeConsumingServiceIndex`), nor how often it lets the request be passed on (`ProxyCount`):
/// the one is decided by its registration (§3.4.1), the other is never done.
pub(super) fn read(
    request: &AuthnRequest,
    provider: &Provider,
    (idp, identifies): (&str, bool),
) -> Result<Wishes, Status> {
    if request.protocol_binding.as_deref().is_some_and(|binding| binding != BINDING_POST) {
        return Err(Status::UnsupportedBinding);
    }
    if !request.idp_list.is_empty() && !request.idp_list.iter().any(|one| one == idp) {
        return Err(Status::NoSupportedIdp);
    }
    let identifies = identifies && provider.terms.identification;
    let wanted = Wanted::read(request.requested_context.as_ref(), identifies);
    Ok(Wishes {
        subject: request.subject.as_ref().map(subject).transpose()?,
        lasting: lasting(request, provider)?,
        wanted: wanted.ok_or(Status::NoAuthnContext)?,
    })
}

/// The name of the one asked about. How the assertion is confirmed is not for the asker to say (SAML
/// profiles §4.1.4.1), and whoever has no name that we gave is nobody we know.
fn subject(subject: &RequestedSubject) -> Result<String, Status> {
    if subject.is_confirmed {
        return Err(Status::Requester);
    }
    let name = subject.name_id.as_ref().ok_or(Status::UnknownPrincipal)?;
    Ok(name.value.clone())
}

/// Whether the name of the person is one that lasts (SAML core §3.4.1.1).
fn lasting(request: &AuthnRequest, provider: &Provider) -> Result<bool, Status> {
    let policy = &request.name_id_policy;
    if policy.sp_name_qualifier.as_ref().is_some_and(|name| *name != provider.entity_id) {
        return Err(Status::InvalidNameIdPolicy);
    }
    match policy.format.as_deref() {
        None | Some(NAMEID_UNSPECIFIED) => Ok(usually_lasting(provider)),
        Some(NAMEID_TRANSIENT) => Ok(false),
        Some(NAMEID_PERSISTENT) if may_last(provider) => Ok(true),
        Some(_) => Err(Status::InvalidNameIdPolicy),
    }
}

/// Whether the provider gets a name that lasts where it does not ask: if its registration allows it,
/// and its metadata does not put the other kind first.
pub(super) fn usually_lasting(provider: &Provider) -> bool {
    let formats = &provider.role.name_id_formats;
    let known = |format: &&String| [NAMEID_PERSISTENT, NAMEID_TRANSIENT].contains(&format.as_str());
    let first = formats.iter().find(known);
    may_last(provider) && first.is_none_or(|first| first == NAMEID_PERSISTENT)
}

fn may_last(provider: &Provider) -> bool {
    provider.terms.name_id == NameIdChoice::Persistent
}
