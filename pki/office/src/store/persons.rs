//! Persons: one for each kind of card, and for staff one for each organisation, so that nobody
//! learns at the identity provider that a member of staff and a resident are the same.

use warifu_contract::card_office::CardKind;
use warifu_service::storage::Transaction;
use warifu_service::{execute, fetch_all, fetch_one, fetch_optional};

use super::{Application, Store};
use crate::OfficeError;

const REFERENCE: &str = "office_persons.reference";
const IDENTITY: &str = "office_persons.identity";
const REGISTER: &str = "office_persons.register";

/// Somebody who has, or applied for, a card.
#[derive(Clone)]
pub(crate) struct Person {
    /// The row.
    pub(crate) id: String,
    /// How the identity provider knows the person.
    pub(crate) reference: String,
    /// How the register's reference is looked up.
    pub(crate) register: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Raw {
    id: String,
    reference: Vec<u8>,
    register: Vec<u8>,
}

impl Store {
    /// The person whom the register means, as a holder of a card of this kind; made if new.
    pub(crate) async fn person_of(
        &self,
        on: &mut Transaction,
        register: &str,
        application: &Application,
    ) -> Result<Person, OfficeError> {
        let sql = "INSERT INTO office_persons (id, reference, identity, register) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (identity) DO NOTHING";
        let (id, reference) = (self.hex(), self.hex());
        let sealed = self.seal(REFERENCE, &id, reference.as_bytes());
        let identity = self.key(IDENTITY, &identity(register, application));
        let register = self.register_key(register);
        execute!(on.on(), sql, id, sealed, identity.clone(), register)?;
        let sql = "SELECT id, reference, register FROM office_persons WHERE identity = $1";
        self.person_opened(fetch_one!(on.on(), Raw, sql, identity)?)
    }

    pub(crate) async fn person(&self, id: &str) -> Result<Option<Person>, OfficeError> {
        let sql = "SELECT id, reference, register FROM office_persons WHERE id = $1";
        let raw = fetch_optional!(self.database.read(), Raw, sql, id)?;
        raw.map(|raw| self.person_opened(raw)).transpose()
    }

    /// Lets nobody else lock the person until the transaction ends. An update that changes nothing
    /// does so on every engine.
    pub(crate) async fn lock_person(
        &self,
        on: &mut Transaction,
        id: &str,
    ) -> Result<(), OfficeError> {
        execute!(on.on(), "UPDATE office_persons SET id = id WHERE id = $1", id)?;
        Ok(())
    }

    /// How the identity provider knows everybody whom the register means by one reference.
    pub(crate) async fn references_of(&self, register: &[u8]) -> Result<Vec<String>, OfficeError> {
        let sql = "SELECT id, reference, register FROM office_persons WHERE register = $1";
        let raws = fetch_all!(self.database.read(), Raw, sql, register)?;
        raws.into_iter().map(|raw| Ok(self.person_opened(raw)?.reference)).collect()
    }

    pub(crate) fn register_key(&self, register: &str) -> Vec<u8> {
        self.key(REGISTER, register)
    }

    fn person_opened(&self, raw: Raw) -> Result<Person, OfficeError> {
        let reference = self.open_text(REFERENCE, &raw.id, &raw.reference)?;
        Ok(Person { id: raw.id, reference, register: raw.register })
    }

    /// 128 random bits.
    pub(crate) fn hex(&self) -> String {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        data_encoding::HEXLOWER.encode(&bytes)
    }
}

fn identity(register: &str, application: &Application) -> String {
    match (application.kind(), &application.employment) {
        (CardKind::Staff, Some(job)) => format!("staff {} {register}", job.organization_code),
        _ => format!("resident {register}"),
    }
}
