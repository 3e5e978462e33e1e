//! Whom cards are linked to here: the members of the connector's own store, or the people of the
//! insurer's database. The ceremony is the same for both.

use jiff::Timestamp;
use warifu_contract::coverage::{Relation, Validity};
use warifu_contract::linking::{Attributes, find};
use warifu_service::Problem;

use super::Inner;
use super::links::closed;
use crate::source::Source;
use crate::store::{Bound, MemberId, Near, OFFER, SealedLinks, Store};

/// Those who can be linked. They are spoken of by the holder's own key: the store's id of a member,
/// or the database's key of a person, which does not leave the gateway.
pub(super) enum Book<'a> {
    Own(&'a Store),
    Source(&'a Source, &'a SealedLinks),
}

impl Inner {
    /// Refuses where nobody of the insurer's database can be linked.
    pub(super) fn book(&self) -> Result<Book<'_>, Problem> {
        match (&self.source, &self.links) {
            (None, _) => Ok(Book::Own(&self.store)),
            (Some(source), Some(links)) => Ok(Book::Source(source, links)),
            (Some(_), None) => Err(closed()),
        }
    }

    /// What the holder calls whom `pseudonym` stands for.
    pub(super) async fn key_of(&self, pseudonym: &str) -> Result<Option<String>, Problem> {
        match self.book() {
            Ok(book) => book.key_of(pseudonym).await,
            Err(_) => Ok(None),
        }
    }

    /// The member of the own store for whom `pseudonym` stands: a person of the insurer's database
    /// by its key, where the store has something about them besides.
    pub(super) async fn member_of(&self, pseudonym: &str) -> Result<Option<MemberId>, Problem> {
        let Some(key) = self.key_of(pseudonym).await? else { return Ok(None) };
        match &self.source {
            None => Ok(Some(MemberId::from_row(key))),
            Some(_) => Ok(self.store.member_called(&key).await?),
        }
    }

    /// What the access log calls whom the holder calls `key`; nothing where it has no name.
    pub(super) fn called(&self, key: &str) -> Option<MemberId> {
        self.book().ok().map(|book| book.called(key))
    }
}

impl Book<'_> {
    /// What the access log calls whom the holder calls `key`.
    pub(super) fn called(&self, key: &str) -> MemberId {
        match self {
            Self::Own(_) => MemberId::from_row(key.to_owned()),
            Self::Source(_, links) => links.called(key),
        }
    }

    /// Whom `pseudonym` stands for.
    async fn key_of(&self, pseudonym: &str) -> Result<Option<String>, Problem> {
        Ok(match self {
            Self::Own(store) => store.member_of(pseudonym).await?.map(|id| id.as_str().to_owned()),
            Self::Source(_, links) => links.person_of(pseudonym).await?,
        })
    }

    /// The pseudonym under which the relay speaks of them, where it has one.
    pub(super) async fn pseudonym_of(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(match self {
            Self::Own(store) => store.pseudonym_of(key).await?,
            Self::Source(_, links) => links.pseudonym_of(key).await?,
        })
    }

    /// Everybody among whom the person may be.
    pub(super) async fn near(&self, said: &Attributes) -> Result<Near, Problem> {
        match self {
            Self::Own(store) => Ok(store.near(said).await?),
            Self::Source(source, links) => {
                let near = source.born_on(said.items.birth_date).await?;
                let meant: Vec<_> =
                    find(said, &near.members).0.into_iter().map(|one| one.member.clone()).collect();
                let mut near = Near { members: meant, ..near };
                for member in &mut near.members {
                    member.held_as = links.pseudonym_of(&member.person.reference).await?;
                }
                Ok(near)
            }
        }
    }

    /// Since when and until when they are insured here, and how now; none without any card.
    pub(super) async fn membership(
        &self,
        key: &str,
    ) -> Result<Option<(Validity, Relation)>, Problem> {
        Ok(match self {
            Self::Own(store) => store.membership(&self.called(key)).await?,
            Self::Source(source, _) => source.membership(key).await?,
        })
    }

    /// Offers pseudonyms (first) in the ceremony `errand` for whom the holder calls so (second).
    pub(super) async fn offer(
        &self,
        errand: &str,
        offers: &[(String, String)],
        now: Timestamp,
    ) -> Result<(), Problem> {
        match self {
            Self::Own(store) => {
                let expires = now.checked_add(OFFER).unwrap_or(now);
                let row =
                    |(pseudonym, key): &(String, String)| (pseudonym.clone(), self.called(key));
                let rows: Vec<_> = offers.iter().map(row).collect();
                Ok(store.offer(errand, &rows, now, expires).await?)
            }
            Self::Source(_, links) => Ok(links.offer(errand, offers, now).await?),
        }
    }

    /// For whom the pseudonym was offered, and when.
    pub(super) async fn offered(
        &self,
        errand: &str,
        pseudonym: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>, Problem> {
        match self {
            Self::Own(store) => {
                let offered = store.offered(errand, pseudonym, now).await?;
                Ok(offered.map(|(member, expires)| {
                    let made = expires.checked_sub(OFFER).unwrap_or(expires);
                    (member.as_str().to_owned(), made)
                }))
            }
            Self::Source(_, links) => Ok(links.offered(errand, pseudonym, now).await?),
        }
    }

    /// Makes an offered pseudonym stand for whom it was offered.
    pub(super) async fn bind(
        &self,
        errand: &str,
        pseudonym: &str,
        now: Timestamp,
    ) -> Result<Bound, Problem> {
        Ok(match self {
            Self::Own(store) => store.bind_offer(errand, pseudonym, now).await?,
            Self::Source(_, links) => links.bind_offer(errand, pseudonym, now).await?,
        })
    }

    /// Ends a ceremony, and a link if one is named. Whom that was of.
    pub(super) async fn end(
        &self,
        errand: &str,
        pseudonym: Option<&str>,
    ) -> Result<Option<MemberId>, Problem> {
        Ok(match self {
            Self::Own(store) => store.end_link(errand, pseudonym).await?,
            Self::Source(_, links) => links.end_link(errand, pseudonym).await?,
        })
    }
}
