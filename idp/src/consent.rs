//! Consent: before a service provider is told something about a person, the person sees what goes
//! where, and may let it, let it from then on, or not.
//!
//! Who signs in to work is not asked: what staff's services are told of them goes with their work,
//! and a consent that cannot be refused is none. Neither is asked where nothing is told but a name
//! that is used once, nor where the registration says that people know already, as on the
//! federation's own pages.

mod list;
mod page;
mod question;

pub(crate) use list::{confirm, list, withdraw};
pub(crate) use page::ask;
pub(crate) use question::decide;

use crate::answer::{Reply, Told};
use crate::person::Person;
use crate::provider::Provider;
use crate::store::{NewConsent, Session, StoreError};

/// That a service provider may be told this about that person. Made here alone.
pub(crate) struct Agreed {
    told: Vec<Told>,
}

impl Agreed {
    /// What may be told.
    pub(crate) fn told(self) -> Vec<Told> {
        self.told
    }
}

/// A question that the person has not answered for good.
pub(crate) struct Open {
    told: Vec<Told>,
    /// What stands for everything that would be told, so that what is answered is what was shown.
    set: String,
}

/// How it stands between a person and a service provider.
pub(crate) enum Standing {
    /// It may be told.
    Agreed(Agreed),
    /// The person has to be asked.
    Open(Open),
}

/// How it stands now, for whoever has this session.
pub(crate) async fn standing(reply: &Reply<'_>, session: &Session) -> Result<Standing, StoreError> {
    let store = &reply.centre.store;
    let told = reply.release(session);
    if !is_asked(reply.provider, &session.profile, &told) {
        return Ok(Standing::Agreed(Agreed { told }));
    }
    let pairs = pairs(&told);
    let consent = consent(reply, session, &pairs);
    let set = data_encoding::HEXLOWER.encode(&store.released(&consent));
    if store.has_consent(&consent).await? {
        return Ok(Standing::Agreed(Agreed { told }));
    }
    Ok(Standing::Open(Open { told, set }))
}

fn is_asked(provider: &Provider, person: &Person, told: &[Told]) -> bool {
    provider.terms.consent && !person.is_staff() && !told.is_empty()
}

fn pairs(told: &[Told]) -> Vec<(&'static str, &[String])> {
    told.iter().map(|told| (told.what.as_str(), told.values.as_slice())).collect()
}

fn consent<'a>(
    reply: &Reply<'a>,
    session: &'a Session,
    told: &'a [(&'static str, &'a [String])],
) -> NewConsent<'a> {
    NewConsent { person: &session.person, provider: &reply.provider.entity_id, told }
}

#[cfg(test)]
mod tests;
