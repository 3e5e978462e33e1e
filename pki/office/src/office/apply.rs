//! 受付: an application is taken, once for each idempotency key.

use ring::digest::{SHA256, digest};
use warifu_contract::card_office::{Card, Employment, NewApplication, Proxy};
use warifu_contract::identity::FourItems;

use super::{CardOffice, Change, File};
use crate::life::Refusal;
use crate::store::{Application, NewCard};
use crate::{Actor, CardId, CardKey, OfficeError, StaffRole};

const LONGEST_NAME: usize = 100;
const LONGEST_ADDRESS: usize = 200;
const LONGEST_PHONE: usize = 20;
const LONGEST_RELATION: usize = 50;
const LONGEST_CODE: usize = 32;
const MOST_ROLES: usize = 8;
const LONGEST_ROLE: usize = 256;
const LONGEST_KEY: usize = 200;
/// The chance that one id is taken is one in ten thousand with three million cards.
const ATTEMPTS: usize = 8;

impl CardOffice {
    /// Takes an application. Under an idempotency key (1 to 200 characters) the same application
    /// is taken once, and the same card given again; another one under that key is refused.
    pub async fn apply(
        &self,
        actor: &Actor,
        new: NewApplication,
        idempotency_key: Option<&str>,
    ) -> Result<Card, OfficeError> {
        if !actor.is_any(&[StaffRole::Clerk]) {
            return Err(Refusal::Role.into());
        }
        self.require_sound(&new)?;
        let hash = hash_of(&new)?;
        if let Some(key) = idempotency_key {
            require("idempotency_key", fits(key, LONGEST_KEY))?;
            if let Some(card) = self.repeated(actor, key, &hash).await? {
                return Ok(card);
            }
        }
        let mut change = self.begin().await?;
        let file = self.take(&mut change, actor, new).await?;
        if let Some(key) = idempotency_key {
            let (store, now) = (self.store(), change.now);
            let (names, what) = ((actor.id.as_str(), key), (hash.as_slice(), &file.row.id));
            if !store.insert_repeat(&mut change.transaction, names, what, now).await? {
                // The same came twice at once; the other one stands.
                drop(change);
                return self.repeated(actor, key, &hash).await?.ok_or(OfficeError::Repeat);
            }
        }
        self.commit(change).await?;
        self.view(actor, &file).await
    }

    async fn repeated(
        &self,
        actor: &Actor,
        key: &str,
        hash: &[u8],
    ) -> Result<Option<Card>, OfficeError> {
        let Some((before, id)) = self.store().repeat(&actor.id, key).await? else {
            return Ok(None);
        };
        if before != hash {
            return Err(OfficeError::Repeat);
        }
        let file = self.file(&CardKey::Id(id)).await?;
        self.view(actor, &file).await.map(Some)
    }

    async fn take(
        &self,
        change: &mut Change,
        actor: &Actor,
        new: NewApplication,
    ) -> Result<File, OfficeError> {
        let NewApplication { channel, applicant, phone, proxy, consent, employment } = new;
        let application = Application { applicant, phone, proxy, employment };
        let card = NewCard {
            id: &CardId::random(self.surroundings().entropy.as_ref()),
            channel,
            application: &application,
            replaces: None,
            person: None,
        };
        self.create_somewhere(change, actor, card, consent).await
    }

    /// Creates a card under the first id that is free.
    pub(crate) async fn create_somewhere(
        &self,
        change: &mut Change,
        actor: &Actor,
        card: NewCard<'_>,
        consent: bool,
    ) -> Result<File, OfficeError> {
        for _ in 0..ATTEMPTS {
            let id = CardId::random(self.surroundings().entropy.as_ref());
            let card = NewCard { id: &id, ..card };
            if let Some(file) = self.create(change, actor, &card, consent).await? {
                return Ok(file);
            }
        }
        Err(OfficeError::record("office_cards", "id"))
    }

    fn require_sound(&self, new: &NewApplication) -> Result<(), OfficeError> {
        require_items(&new.applicant)?;
        let today = self.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        // Somebody born today in Japan may apply before it is that day in UTC.
        let latest = today.tomorrow().unwrap_or(today);
        require("birth_date", new.applicant.birth_date <= latest)?;
        let phone = new.phone.as_deref().is_none_or(is_phone);
        require("phone", phone)?;
        new.proxy.as_ref().map_or(Ok(()), require_proxy)?;
        new.employment.as_ref().map_or(Ok(()), require_employment)
    }
}

pub(super) fn require_items(items: &FourItems) -> Result<(), OfficeError> {
    require("name", fits(&items.name, LONGEST_NAME))?;
    require("kana", items.kana.as_deref().is_none_or(|kana| fits(kana, LONGEST_NAME)))?;
    require("address", fits(&items.address, LONGEST_ADDRESS))
}

/// Whoever applies for somebody else shows 委任状.
fn require_proxy(proxy: &Proxy) -> Result<(), OfficeError> {
    require("proxy.name", fits(&proxy.name, LONGEST_NAME))?;
    require("proxy.relation", fits(&proxy.relation, LONGEST_RELATION))?;
    require("proxy.power_of_attorney_seen", proxy.power_of_attorney_seen)
}

fn require_employment(job: &Employment) -> Result<(), OfficeError> {
    require("employment.organization_code", fits(&job.organization_code, LONGEST_CODE))?;
    require("employment.organization_name", fits(&job.organization_name, LONGEST_NAME))?;
    let is_urn = |role: &String| fits(role, LONGEST_ROLE) && role.starts_with("urn:");
    let roles = (1..=MOST_ROLES).contains(&job.roles.len()) && job.roles.iter().all(is_urn);
    require("employment.roles", roles)
}

fn is_phone(phone: &str) -> bool {
    let digits = super::calls::digits(phone).len();
    fits(phone, LONGEST_PHONE) && (6..=15).contains(&digits)
}

pub(super) fn fits(text: &str, longest: usize) -> bool {
    let sound = !text.trim().is_empty() && !text.chars().any(char::is_control);
    sound && text.chars().nth(longest).is_none()
}

pub(super) fn require(what: &'static str, holds: bool) -> Result<(), OfficeError> {
    if holds { Ok(()) } else { Err(OfficeError::Invalid(what)) }
}

fn hash_of(new: &NewApplication) -> Result<Vec<u8>, OfficeError> {
    let body = serde_json::to_vec(new).map_err(|_| OfficeError::Invalid("application"))?;
    Ok(digest(&SHA256, &body).as_ref().to_vec())
}
