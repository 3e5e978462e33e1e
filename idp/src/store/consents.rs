//! What persons let service providers be told without being asked again.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_all, fetch_optional};

use super::{Store, StoreError};
use crate::person::PersonId;

const CONTEXT: &str = "consents.released";
/// The most that a page lists.
const MOST: i64 = 256;

/// A consent to keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewConsent<'a> {
    pub(crate) person: &'a PersonId,
    /// The entity id of the service provider.
    pub(crate) provider: &'a str,
    /// What it is told: each thing by our word for it, and its values.
    pub(crate) told: &'a [(&'static str, &'a [String])],
}

/// A consent that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consent {
    /// The entity id of the service provider.
    pub(crate) provider: String,
    /// Our words for the things that it is told.
    pub(crate) items: Vec<String>,
    pub(crate) given_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    provider: String,
    items: String,
    given_at: i64,
}

#[derive(sqlx::FromRow)]
struct Released {
    released: Vec<u8>,
}

impl From<Row> for Consent {
    fn from(row: Row) -> Self {
        Self {
            provider: row.provider,
            items: row.items.split_whitespace().map(str::to_owned).collect(),
            given_at: instant(row.given_at),
        }
    }
}

impl Store {
    /// What stands for everything that would be told: it differs as soon as anything of it does,
    /// and says nothing to whoever has no key.
    pub(crate) fn released(&self, consent: &NewConsent<'_>) -> [u8; 32] {
        let mut text = Vec::new();
        let mut add = |part: &str| {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        };
        add(consent.person.as_str());
        add(consent.provider);
        for (name, values) in consent.told {
            add(name);
            add(&values.len().to_string());
            values.iter().for_each(|value| add(value));
        }
        self.keys.lookup(CONTEXT, &text)
    }

    /// Whether the person has let the provider be told exactly that from then on.
    pub(crate) async fn has_consent(&self, consent: &NewConsent<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT released FROM consents WHERE person = $1 AND provider = $2";
        let (person, provider) = (consent.person.as_str(), consent.provider);
        let row = fetch_optional!(self.database.read(), Released, sql, person, provider)?;
        Ok(row.is_some_and(|row| row.released == self.released(consent)))
    }

    /// Keeps a consent, in place of an earlier one for that provider.
    pub(crate) async fn keep_consent(
        &self,
        consent: &NewConsent<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO consents (person, provider, released, items, given_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person, provider) DO UPDATE SET \
                   released = excluded.released, items = excluded.items, \
                   given_at = excluded.given_at";
        let (person, provider) = (consent.person.as_str(), consent.provider);
        let items: Vec<_> = consent.told.iter().map(|(name, _)| *name).collect();
        let (released, items) = (self.released(consent).to_vec(), items.join(" "));
        execute!(self.database.write(), sql, person, provider, released, items, micros(now))?;
        Ok(())
    }

    /// What a person has let be told, the latest first; at most 256.
    pub(crate) async fn consents_of(&self, person: &PersonId) -> Result<Vec<Consent>, StoreError> {
        let sql = "SELECT provider, items, given_at FROM consents WHERE person = $1 \
                   ORDER BY given_at DESC, provider LIMIT $2";
        let rows = fetch_all!(self.database.read(), Row, sql, person.as_str(), MOST)?;
        Ok(rows.into_iter().map(Consent::from).collect())
    }

    /// Takes a consent back. `false` when there was none.
    pub(crate) async fn withdraw_consent(
        &self,
        person: &PersonId,
        provider: &str,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM consents WHERE person = $1 AND provider = $2";
        Ok(execute!(self.database.write(), sql, person.as_str(), provider)? == 1)
    }

    /// Forgets all of a person's.
    pub(super) async fn drop_consents(
        &self,
        tx: &mut Transaction,
        person: &PersonId,
    ) -> Result<(), StoreError> {
        execute!(tx.on(), "DELETE FROM consents WHERE person = $1", person.as_str())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::persons::tests::id;
    use super::super::sessions::tests::ready;
    use super::super::tests::{both, now};
    use super::*;
    use jiff::SignedDuration;

    const SHOP: &str = "https://shop.example";

    fn values(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[tokio::test]
    async fn a_consent_covers_what_was_shown_and_nothing_else() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            let (person, other) = (id('a'), id('b'));
            let (name, roles) = (values(&["上野太郎"]), values(&["one", "two"]));
            let told = [("display-name", name.as_slice()), ("roles", roles.as_slice())];
            let consent = NewConsent { person: &person, provider: SHOP, told: &told };
            assert!(!store.has_consent(&consent).await.unwrap());
            store.keep_consent(&consent, now()).await.unwrap();
            assert!(store.has_consent(&consent).await.unwrap());

            let (married, joined) = (values(&["春日太郎"]), values(&["onetwo"]));
            let otherwise: [&[(&str, &[String])]; 4] = [
                &[("display-name", &married), ("roles", &roles)],
                &[("display-name", &name), ("roles", &joined)],
                &[("display-name", &name)],
                &[("display-name", &name), ("roles", &roles), ("relay-ticket", &[])],
            ];
            for told in otherwise {
                let changed = NewConsent { told, ..consent };
                assert!(!store.has_consent(&changed).await.unwrap(), "{told:?}");
            }
            for changed in [
                NewConsent { person: &other, ..consent },
                NewConsent { provider: "https://other.example", ..consent },
            ] {
                assert!(!store.has_consent(&changed).await.unwrap(), "{changed:?}");
                assert_ne!(store.released(&changed), store.released(&consent));
            }
        }
    }

    #[tokio::test]
    async fn consents_are_listed_and_taken_back_one_by_one() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            let person = id('a');
            let told: [(&str, &[String]); 2] = [("display-name", &[]), ("roles", &[])];
            for (hour, provider) in [(1, SHOP), (2, "https://other.example"), (3, SHOP)] {
                let consent = NewConsent { person: &person, provider, told: &told };
                let at = now() + SignedDuration::from_hours(hour);
                store.keep_consent(&consent, at).await.unwrap();
            }
            let listed = store.consents_of(&person).await.unwrap();
            let providers: Vec<_> = listed.iter().map(|one| one.provider.as_str()).collect();
            assert_eq!(providers, [SHOP, "https://other.example"]);
            assert_eq!(listed[0].items, ["display-name", "roles"]);
            assert_eq!(listed[0].given_at, now() + SignedDuration::from_hours(3));
            assert!(!store.withdraw_consent(&id('b'), SHOP).await.unwrap());
            assert!(store.withdraw_consent(&person, SHOP).await.unwrap());
            assert!(!store.withdraw_consent(&person, SHOP).await.unwrap());
            assert_eq!(store.consents_of(&person).await.unwrap().len(), 1);

            let mut tx = store.database.begin().await.unwrap();
            store.drop_consents(&mut tx, &person).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.consents_of(&person).await.unwrap(), []);
        }
    }
}
