//! Fills a connector's store with the virtual people. Loading again brings the same rows up to
//! date and keeps every member id.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_contract::card_key::{CardKey, InsurerKey};
use warifu_contract::coverage::{Insurer, Validity};
use warifu_contract::identity::Resident;
use warifu_contract::person::Name;
use warifu_contract::register::{Copay, Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};
use warifu_service::Surroundings;

use super::files::{Data, EnrolledEntry, EnrolmentEntry, InsurerEntry};
use super::{DemoDataError, DemoError, DemoPerson, data};
use crate::config::ConnectorKind;
use crate::residents::ResidentStore;
use crate::store::{Bill, Member, MemberId, Store, Update};

/// The member ids by person key.
pub(super) type Members = BTreeMap<String, MemberId>;

/// Enters the people who are members of a connector of this kind, with what it holds about
/// them, and gives their member ids by person key.
pub async fn load(
    store: &Store,
    kind: ConnectorKind,
    surroundings: &Surroundings,
) -> Result<Members, DemoError> {
    let data = data()?;
    let mut update = store.update().await?;
    let mut members = Members::new();
    for person in data.people.iter().filter(|person| person.memberships.contains(&kind)) {
        let member = member(kind, person, data.people_changed_at.min(surroundings.now()));
        let id = update.put_member(surroundings.hex(16), &member).await?;
        members.insert(person.key.clone(), id);
    }
    let entry = Entry { data, members: &members, now: surroundings.now() };
    match kind {
        ConnectorKind::Insurer => entry.insurance(&mut update).await?,
        ConnectorKind::Checkup => entry.checkups(&mut update).await?,
        ConnectorKind::Pension => entry.pensions(&mut update).await?,
        // By its own id: see `demo::services`.
        ConnectorKind::Services => {}
    }
    update.commit().await?;
    Ok(members)
}

/// Enters everybody into the resident register.
pub async fn load_residents(
    store: &ResidentStore,
    surroundings: &Surroundings,
) -> Result<(), DemoError> {
    let data = data()?;
    let mut update = store.update().await?;
    for person in &data.people {
        let resident = Resident {
            reference: surroundings.hex(16),
            name: name(person),
            address: person.address.clone(),
            birth_date: person.birth_date,
            sex: person.sex,
            departed: None,
        };
        let changed_at = data.people_changed_at.min(surroundings.now());
        update.put(&number("residents", &person.key), &resident, changed_at).await?;
    }
    update.commit().await?;
    Ok(())
}

/// What is being entered, for whom, and when: nothing was changed later than now.
struct Entry<'a> {
    data: &'a Data,
    members: &'a Members,
    now: Timestamp,
}

impl Entry<'_> {
    async fn insurance(&self, update: &mut Update) -> Result<(), DemoError> {
        for entry in &self.data.insurers {
            let registered = registered(entry)?;
            let changed_at = entry.changed_at.min(self.now);
            let (insurer, validity) = (&registered.insurer, registered.validity);
            update.put_insurer(insurer, validity, entry.usual_lag_days, changed_at).await?;
        }
        for entry in &self.data.enrolments {
            update.put_enrolment(&entry.id, &self.enrolment(entry)?).await?;
        }
        self.expenses(update).await
    }

    async fn expenses(&self, update: &mut Update) -> Result<(), DemoError> {
        let file = &self.data.expenses;
        for entry in &file.progress {
            let changed_at = entry.changed_at.min(self.now);
            update.put_expense_progress(&entry.insurer, entry.complete_until, changed_at).await?;
        }
        for entry in &file.bill {
            let expense = &entry.expense();
            let patient = self.member("expenses.toml", &entry.person)?;
            let (id, card, settled) = (&entry.id, &entry.card, entry.settled);
            update.put_expense(Bill { id, card, patient, expense, settled }).await?;
        }
        for entry in &file.limit {
            let member = self.member("expenses.toml", &entry.person)?;
            update.put_cost_limit(member, &entry.limit()).await?;
        }
        for entry in &file.aid {
            let member = self.member("expenses.toml", &entry.person)?;
            update.put_public_aid(member, &entry.aid()).await?;
        }
        Ok(())
    }

    async fn checkups(&self, update: &mut Update) -> Result<(), DemoError> {
        for entry in &self.data.checkups {
            let member = self.member("checkups.toml", &entry.person)?;
            update.put_checkup(member, &entry.record, entry.changed_at.min(self.now)).await?;
        }
        Ok(())
    }

    async fn pensions(&self, update: &mut Update) -> Result<(), DemoError> {
        for entry in &self.data.pensions {
            let member = self.member("pensions.toml", &entry.person)?;
            update.put_pension(member, &entry.record, entry.changed_at.min(self.now)).await?;
        }
        Ok(())
    }

    fn enrolment(&self, entry: &EnrolmentEntry) -> Result<Enrolment, DemoDataError> {
        let insurers = &self.data.insurers;
        let insurer = insurers.iter().find(|insurer| insurer.number == entry.insurer);
        let insurer = insurer.ok_or_else(|| wrong("enrolments.toml", &entry.id))?;
        let key = CardKey::parse(&entry.symbol, &entry.number);
        let dependants: Result<Vec<EnrolledDependant>, DemoDataError> =
            entry.dependants.iter().map(|dependant| self.dependant(dependant)).collect();
        Ok(Enrolment {
            insurer: Arc::new(registered(insurer)?),
            symbol: entry.symbol.clone(),
            number: entry.number.clone(),
            key: key.ok_or_else(|| wrong("enrolments.toml", &entry.id))?,
            workplace: entry.workplace.clone(),
            insured: self.enrolled(&entry.insured)?,
            dependants: dependants?,
        })
    }

    fn dependant(&self, entry: &EnrolledEntry) -> Result<EnrolledDependant, DemoDataError> {
        Ok(EnrolledDependant {
            enrolled: self.enrolled(entry)?,
            relationship: entry.relationship.clone(),
        })
    }

    fn enrolled(&self, entry: &EnrolledEntry) -> Result<Enrolled, DemoDataError> {
        let member = self.member("enrolments.toml", &entry.person)?;
        let person = self.data.people.iter().find(|person| person.key == entry.person);
        let person = person.ok_or_else(|| wrong("people.toml", &entry.person))?;
        let copays = entry.copays.iter();
        Ok(Enrolled {
            person: member.as_str().to_owned(),
            name: name(person),
            sex: person.sex,
            birth_date: person.birth_date,
            branch: entry.branch.clone(),
            validity: Validity { from: entry.from, until: entry.until },
            provisional_until: entry.provisional_until,
            copays: copays
                .map(|copay| Copay {
                    from: copay.from,
                    percent: copay.percent,
                    income: copay.income,
                })
                .collect(),
        })
    }

    fn member(&self, file: &'static str, key: &str) -> Result<&MemberId, DemoDataError> {
        self.members.get(key).ok_or_else(|| wrong(file, key))
    }
}

fn wrong(file: &'static str, key: &str) -> DemoDataError {
    DemoDataError { file, what: key.to_owned() }
}

pub(super) fn name(person: &DemoPerson) -> Name {
    Name { text: person.name.clone(), kana: person.name_kana.clone() }
}

/// The number by which the holder of this kind of record knows the person. Each holder has its
/// own: a number common to two would join their databases.
pub(super) fn reference(kind: ConnectorKind, key: &str) -> String {
    let main = kind.services().first();
    number(main.map_or("", |service| service.as_str()), key)
}

pub(super) fn number(holder: &str, key: &str) -> String {
    let named = format!("{holder}/{key}");
    let hash = openssl::sha::sha256(named.as_bytes());
    HEXLOWER.encode(hash.first_chunk::<8>().unwrap_or(&[0; 8]))
}

fn member(kind: ConnectorKind, person: &DemoPerson, changed_at: Timestamp) -> Member {
    Member {
        reference: reference(kind, &person.key),
        name: name(person),
        sex: person.sex,
        birth_date: person.birth_date,
        address: Some(person.address.clone()),
        former_names: person.former_names.clone(),
        changed_at,
    }
}

fn registered(entry: &InsurerEntry) -> Result<RegisteredInsurer, DemoDataError> {
    let key = InsurerKey::parse(&entry.number);
    Ok(RegisteredInsurer {
        key: key.ok_or_else(|| wrong("insurers.toml", &entry.number))?,
        insurer: Insurer {
            number: entry.number.clone(),
            name: entry.name.clone(),
            address: entry.address.clone(),
            kind: entry.kind,
            r#virtual: true,
        },
        validity: Validity { from: entry.from, until: entry.until },
    })
}
