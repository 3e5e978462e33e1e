//! Writing: everything of one update takes effect at once, or not at all. Writing the same again
//! changes nothing.

use warifu_contract::card_key::{InsurerKey, branch};
use warifu_contract::coverage::{Insurer, Validity};
use warifu_contract::identity::address_key;
use warifu_contract::records::{Checkup, PensionRecord};
use warifu_contract::register::{Enrolled, Enrolment};
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_one};

use jiff::Timestamp;

use super::column::Table;
use super::{Member, MemberId, StoreError};

/// An update under way; dropped without [`Update::commit`] it leaves no trace.
#[derive(Debug)]
pub struct Update {
    pub(super) transaction: Transaction,
}

impl Update {
    /// Makes the update durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// Enters a member, or brings the one with this reference up to date. `id` (32 hex, random)
    /// is taken for a new member.
    pub async fn put_member(
        &mut self,
        id: String,
        member: &Member,
    ) -> Result<MemberId, StoreError> {
        let sql = "INSERT INTO members \
                   (id, reference, name, name_kana, sex, birth_date, changed_at, address, \
                   address_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                   ON CONFLICT (reference) DO UPDATE SET name = excluded.name, \
                   name_kana = excluded.name_kana, sex = excluded.sex, \
                   birth_date = excluded.birth_date, changed_at = excluded.changed_at, \
                   address = excluded.address, address_key = excluded.address_key \
                   RETURNING id";
        let (id,) = fetch_one!(
            self.transaction.on(),
            (String,),
            sql,
            id,
            &member.reference,
            &member.name.text,
            &member.name.kana,
            Table("members").to_word("sex", member.sex)?,
            member.birth_date.to_string(),
            micros(member.changed_at),
            member.address.as_deref(),
            member.address.as_deref().and_then(address_key)
        )?;
        self.put_former_names(&id, &member.former_names).await?;
        Ok(MemberId(id))
    }

    async fn put_former_names(&mut self, member: &str, names: &[String]) -> Result<(), StoreError> {
        let sql = "DELETE FROM former_names WHERE member_id = $1";
        execute!(self.transaction.on(), sql, member)?;
        let sql = "INSERT INTO former_names (member_id, name) VALUES ($1, $2) \
                   ON CONFLICT (member_id, name) DO NOTHING";
        for name in names {
            execute!(self.transaction.on(), sql, member, name)?;
        }
        Ok(())
    }

    /// Enters an insurer, or brings the one with this number up to date. Only a virtual one's
    /// number need not fit its check digit.
    pub async fn put_insurer(
        &mut self,
        insurer: &Insurer,
        validity: Validity,
        usual_lag_days: Option<u16>,
        changed_at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = InsurerKey::parse(&insurer.number).ok_or(StoreError::Number)?;
        if !insurer.is_well_numbered() {
            return Err(StoreError::CheckDigit);
        }
        let sql = "INSERT INTO insurers (number, number_key, name, address, kind, is_virtual, \
                   valid_from, valid_until, usual_lag_days, changed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                   ON CONFLICT (number) DO UPDATE SET name = excluded.name, \
                   address = excluded.address, kind = excluded.kind, \
                   is_virtual = excluded.is_virtual, valid_from = excluded.valid_from, \
                   valid_until = excluded.valid_until, \
                   usual_lag_days = excluded.usual_lag_days, changed_at = excluded.changed_at";
        execute!(
            self.transaction.on(),
            sql,
            &insurer.number,
            key.as_str(),
            &insurer.name,
            &insurer.address,
            Table("insurers").to_word("kind", insurer.kind)?,
            insurer.r#virtual,
            validity.from.to_string(),
            validity.until.map(|until| until.to_string()),
            usual_lag_days.map(i64::from),
            micros(changed_at)
        )?;
        Ok(())
    }

    /// Enters the card `id` with everybody on it, or replaces it. The insurer and the people
    /// (by their member ids) must be there already.
    pub async fn put_enrolment(
        &mut self,
        id: &str,
        enrolment: &Enrolment,
    ) -> Result<(), StoreError> {
        self.put_coverage(id, enrolment).await?;
        for sql in [
            "DELETE FROM dependants WHERE coverage_id = $1",
            "DELETE FROM copays WHERE coverage_id = $1",
        ] {
            execute!(self.transaction.on(), sql, id)?;
        }
        self.put_copays(id, &enrolment.insured).await?;
        for (position, dependant) in (0_i64..).zip(&enrolment.dependants) {
            let relationship = &dependant.relationship;
            self.put_dependant(id, position, relationship, &dependant.enrolled).await?;
            self.put_copays(id, &dependant.enrolled).await?;
        }
        Ok(())
    }

    async fn put_coverage(&mut self, id: &str, enrolment: &Enrolment) -> Result<(), StoreError> {
        let sql = "INSERT INTO coverages (id, insurer_number, symbol, number, symbol_key, \
                   number_key, member_id, branch, valid_from, valid_until, workplace_name, \
                   workplace_address, provisional_until) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
                   ON CONFLICT (id) DO UPDATE SET insurer_number = excluded.insurer_number, \
                   symbol = excluded.symbol, number = excluded.number, \
                   symbol_key = excluded.symbol_key, number_key = excluded.number_key, \
                   member_id = excluded.member_id, branch = excluded.branch, \
                   valid_from = excluded.valid_from, valid_until = excluded.valid_until, \
                   workplace_name = excluded.workplace_name, \
                   workplace_address = excluded.workplace_address, \
                   provisional_until = excluded.provisional_until";
        let insured = &enrolment.insured;
        let workplace = enrolment.workplace.as_ref();
        execute!(
            self.transaction.on(),
            sql,
            id,
            &enrolment.insurer.insurer.number,
            &enrolment.symbol,
            &enrolment.number,
            enrolment.key.symbol(),
            enrolment.key.number(),
            &insured.person,
            two_digits(insured)?,
            insured.validity.from.to_string(),
            insured.validity.until.map(|until| until.to_string()),
            workplace.map(|workplace| &workplace.name),
            workplace.map(|workplace| &workplace.address),
            insured.provisional_until.map(|until| until.to_string())
        )?;
        Ok(())
    }

    async fn put_dependant(
        &mut self,
        card: &str,
        position: i64,
        relationship: &str,
        dependant: &Enrolled,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO dependants (coverage_id, member_id, position, relationship, \
                   branch, valid_from, valid_until, provisional_until) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        execute!(
            self.transaction.on(),
            sql,
            card,
            &dependant.person,
            position,
            relationship,
            two_digits(dependant)?,
            dependant.validity.from.to_string(),
            dependant.validity.until.map(|until| until.to_string()),
            dependant.provisional_until.map(|until| until.to_string())
        )?;
        Ok(())
    }

    async fn put_copays(&mut self, card: &str, person: &Enrolled) -> Result<(), StoreError> {
        let sql = "INSERT INTO copays (coverage_id, member_id, valid_from, percent, income) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (coverage_id, member_id, valid_from) \
                   DO UPDATE SET percent = excluded.percent, income = excluded.income";
        for copay in &person.copays {
            let from = copay.from.to_string();
            let percent = i64::from(copay.percent);
            let income = copay.income.map(|income| Table("copays").to_word("income", income));
            let income = income.transpose()?;
            execute!(self.transaction.on(), sql, card, &person.person, from, percent, income)?;
        }
        Ok(())
    }

    /// Enters a check-up, or replaces the one of that day.
    pub async fn put_checkup(
        &mut self,
        member: &MemberId,
        checkup: &Checkup,
        changed_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO checkups (member_id, taken_on, place, items, changed_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (member_id, taken_on) DO UPDATE \
                   SET place = excluded.place, items = excluded.items, \
                   changed_at = excluded.changed_at";
        execute!(
            self.transaction.on(),
            sql,
            member.as_str(),
            checkup.taken_on.to_string(),
            &checkup.place,
            Table("checkups").to_json("items", &checkup.items)?,
            micros(changed_at)
        )?;
        Ok(())
    }

    /// Enters a pension record, or replaces the member's.
    pub async fn put_pension(
        &mut self,
        member: &MemberId,
        record: &PensionRecord,
        changed_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO pensions (member_id, record, changed_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (member_id) DO UPDATE SET record = excluded.record, \
                   changed_at = excluded.changed_at";
        let json = Table("pensions").to_json("record", record)?;
        execute!(self.transaction.on(), sql, member.as_str(), json, micros(changed_at))?;
        Ok(())
    }
}

/// The 枝番 in the form in which it is compared.
fn two_digits(person: &Enrolled) -> Result<Option<String>, StoreError> {
    person.branch.as_deref().map_or(Ok(None), branch).map_err(|_| StoreError::Number)
}
