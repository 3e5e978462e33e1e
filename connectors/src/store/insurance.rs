//! Insurers and cards, as the eligibility decision reads them.
//!
//! A card and its people are read by several statements. A change committed between them may
//! show in part; the time of the insurer's last change is read first, so that an answer never
//! claims to be newer than what it rests on.

use std::sync::Arc;

use jiff::Timestamp;
use warifu_contract::card_key::{CardKey, CardQuery, InsurerKey};
use warifu_contract::coverage::{Insurer, Workplace};
use warifu_contract::person::Name;
use warifu_contract::register::{Copay, Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};
use warifu_service::storage::instant;
use warifu_service::{fetch_all, fetch_one, fetch_optional};

use super::column::Table;
use super::{MemberId, Store, StoreError};

const INSURERS: Table = Table("insurers");
const COVERAGES: Table = Table("coverages");
const DEPENDANTS: Table = Table("dependants");
const COPAYS: Table = Table("copays");

/// An insurer with what the store knows about its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsurerEntry {
    /// The insurer.
    pub registered: Arc<RegisteredInsurer>,
    /// How long a change usually takes to reach the data, in days.
    pub usual_lag_days: Option<u16>,
    /// When the data were last changed (更新日時).
    pub changed_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct InsurerRow {
    number: String,
    name: String,
    address: String,
    kind: String,
    is_virtual: bool,
    valid_from: String,
    valid_until: Option<String>,
    usual_lag_days: Option<i64>,
    changed_at: i64,
}

#[derive(sqlx::FromRow)]
struct CoverageRow {
    id: String,
    insurer_number: String,
    symbol: String,
    number: String,
    workplace_name: Option<String>,
    workplace_address: Option<String>,
    #[sqlx(flatten)]
    insured: PersonRow,
}

/// A person on a card: a member, and the columns that `coverages` and `dependants` share.
#[derive(sqlx::FromRow)]
struct PersonRow {
    member_id: String,
    name: String,
    name_kana: String,
    sex: String,
    birth_date: String,
    branch: Option<String>,
    valid_from: String,
    valid_until: Option<String>,
    provisional_until: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DependantRow {
    relationship: String,
    #[sqlx(flatten)]
    person: PersonRow,
}

#[derive(sqlx::FromRow)]
struct CopayRow {
    member_id: String,
    valid_from: String,
    percent: i64,
    income: Option<String>,
}

/// The columns of [`CoverageRow`]; a WHERE clause over `c` and `m` follows.
macro_rules! coverages_where {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.insurer_number, c.symbol, c.number, c.workplace_name, \
             c.workplace_address, c.member_id, m.name, m.name_kana, m.sex, m.birth_date, \
             c.branch, c.valid_from, c.valid_until, c.provisional_until \
             FROM coverages c JOIN members m ON m.id = c.member_id WHERE ",
            $condition
        )
    };
}

/// The columns of [`InsurerRow`]; a clause follows.
macro_rules! insurers {
    ($clause:literal) => {
        concat!(
            "SELECT number, name, address, kind, is_virtual, valid_from, valid_until, \
             usual_lag_days, changed_at FROM insurers ",
            $clause
        )
    };
}

impl Store {
    /// The insurer with this number.
    pub async fn insurer(&self, key: &InsurerKey) -> Result<Option<InsurerEntry>, StoreError> {
        let sql = insurers!("WHERE number_key = $1");
        let row = fetch_optional!(self.database.read(), InsurerRow, sql, key.as_str())?;
        row.map(InsurerEntry::try_from).transpose()
    }

    /// Every insurer's number, in order.
    pub async fn insurer_numbers(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT number FROM insurers ORDER BY number";
        let rows = fetch_all!(self.database.read(), (String,), sql)?;
        Ok(rows.into_iter().map(|(number,)| number).collect())
    }

    /// When any insurer's data were last changed; none while there is no insurer.
    pub async fn insurers_changed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MAX(changed_at) FROM insurers";
        let (changed_at,) = fetch_one!(self.database.read(), (Option<i64>,), sql)?;
        Ok(changed_at.map(instant))
    }

    /// The insurer's cards with the typed 記号・番号; where there is none, those of people with
    /// the typed birth date that share one of the two, so that a hint can be given.
    pub async fn enrolments_near(
        &self,
        insurer: &Arc<RegisteredInsurer>,
        query: &CardQuery,
    ) -> Result<Vec<Enrolment>, StoreError> {
        let number = &insurer.insurer.number;
        let (symbol_key, number_key) = (query.card.symbol(), query.card.number());
        let sql = coverages_where!(
            "c.insurer_number = $1 AND c.number_key = $2 AND c.symbol_key = $3 \
             ORDER BY c.valid_from LIMIT 64"
        );
        let on = self.database.read();
        let mut rows = fetch_all!(on, CoverageRow, sql, number, number_key, symbol_key)?;
        if rows.is_empty() {
            let sql = coverages_where!(
                "c.insurer_number = $1 AND (c.number_key = $2 OR c.symbol_key = $3) \
                 AND (m.birth_date = $4 OR EXISTS ( \
                     SELECT 1 FROM dependants d JOIN members f ON f.id = d.member_id \
                     WHERE d.coverage_id = c.id AND f.birth_date = $4)) \
                 ORDER BY c.valid_from LIMIT 64"
            );
            let birth_date = query.birth_date.to_string();
            let on = self.database.read();
            rows = fetch_all!(on, CoverageRow, sql, number, number_key, symbol_key, birth_date)?;
        }
        let mut enrolments = Vec::with_capacity(rows.len());
        for row in rows {
            enrolments.push(self.enrolment(row, insurer.clone()).await?);
        }
        Ok(enrolments)
    }

    /// The insurer's cards that the member is or was on: whether a newer one is known.
    pub async fn enrolments_with(
        &self,
        insurer: &Arc<RegisteredInsurer>,
        member: &str,
    ) -> Result<Vec<Enrolment>, StoreError> {
        let sql = coverages_where!(
            "c.insurer_number = $1 AND (c.member_id = $2 \
             OR c.id IN (SELECT coverage_id FROM dependants WHERE member_id = $2)) \
             ORDER BY c.valid_from DESC LIMIT 64"
        );
        let number = &insurer.insurer.number;
        let rows = fetch_all!(self.database.read(), CoverageRow, sql, number, member)?;
        let mut enrolments = Vec::with_capacity(rows.len());
        for row in rows {
            enrolments.push(self.enrolment(row, insurer.clone()).await?);
        }
        Ok(enrolments)
    }

    /// Every card the member is or was on, as the insured person or a dependant, with the
    /// insurers.
    pub async fn enrolments_of(
        &self,
        member: &MemberId,
    ) -> Result<(Vec<Enrolment>, Vec<InsurerEntry>), StoreError> {
        let sql = insurers!(
            "WHERE number IN ( \
                 SELECT insurer_number FROM coverages WHERE member_id = $1 \
                 UNION SELECT c.insurer_number FROM coverages c \
                 JOIN dependants d ON d.coverage_id = c.id WHERE d.member_id = $1)"
        );
        let rows = fetch_all!(self.database.read(), InsurerRow, sql, member.as_str())?;
        let insurers: Result<Vec<InsurerEntry>, StoreError> =
            rows.into_iter().map(InsurerEntry::try_from).collect();
        let insurers = insurers?;
        let sql = coverages_where!(
            "c.member_id = $1 \
             OR c.id IN (SELECT coverage_id FROM dependants WHERE member_id = $1) \
             ORDER BY c.valid_from DESC LIMIT 64"
        );
        let rows = fetch_all!(self.database.read(), CoverageRow, sql, member.as_str())?;
        let mut enrolments = Vec::with_capacity(rows.len());
        for row in rows {
            // A card entered since the insurers were read belongs to the next answer.
            let insurer = insurers.iter().map(|entry| &entry.registered);
            let mut insurer = insurer.filter(|known| known.insurer.number == row.insurer_number);
            if let Some(insurer) = insurer.next() {
                enrolments.push(self.enrolment(row, insurer.clone()).await?);
            }
        }
        Ok((enrolments, insurers))
    }

    async fn enrolment(
        &self,
        row: CoverageRow,
        insurer: Arc<RegisteredInsurer>,
    ) -> Result<Enrolment, StoreError> {
        let sql = "SELECT d.relationship, d.member_id, m.name, m.name_kana, m.sex, \
                   m.birth_date, d.branch, d.valid_from, d.valid_until, d.provisional_until \
                   FROM dependants d JOIN members m ON m.id = d.member_id \
                   WHERE d.coverage_id = $1 ORDER BY d.position LIMIT 64";
        let dependants = fetch_all!(self.database.read(), DependantRow, sql, &row.id)?;
        let sql = "SELECT member_id, valid_from, percent, income FROM copays \
                   WHERE coverage_id = $1 ORDER BY valid_from";
        let copays = fetch_all!(self.database.read(), CopayRow, sql, &row.id)?;
        let dependants: Result<Vec<EnrolledDependant>, StoreError> =
            dependants.into_iter().map(|row| dependant(row, &copays)).collect();
        let key = CardKey::parse(&row.symbol, &row.number);
        Ok(Enrolment {
            insurer,
            key: key.ok_or_else(|| COVERAGES.corrupt("number"))?,
            symbol: row.symbol,
            number: row.number,
            workplace: workplace(row.workplace_name, row.workplace_address),
            insured: enrolled(COVERAGES, row.insured, &copays)?,
            dependants: dependants?,
        })
    }
}

impl TryFrom<InsurerRow> for InsurerEntry {
    type Error = StoreError;

    fn try_from(row: InsurerRow) -> Result<Self, StoreError> {
        let key = InsurerKey::parse(&row.number).ok_or_else(|| INSURERS.corrupt("number"))?;
        let lag = row.usual_lag_days.map(u16::try_from).transpose();
        let registered = RegisteredInsurer {
            key,
            validity: INSURERS.validity(&row.valid_from, row.valid_until.as_deref())?,
            insurer: Insurer {
                number: row.number,
                name: row.name,
                address: row.address,
                kind: INSURERS.word("kind", row.kind)?,
                r#virtual: row.is_virtual,
            },
        };
        Ok(Self {
            registered: Arc::new(registered),
            usual_lag_days: lag.map_err(|_| INSURERS.corrupt("usual_lag_days"))?,
            changed_at: instant(row.changed_at),
        })
    }
}

fn dependant(row: DependantRow, copays: &[CopayRow]) -> Result<EnrolledDependant, StoreError> {
    Ok(EnrolledDependant {
        enrolled: enrolled(DEPENDANTS, row.person, copays)?,
        relationship: row.relationship,
    })
}

fn enrolled(table: Table, row: PersonRow, copays: &[CopayRow]) -> Result<Enrolled, StoreError> {
    let own = copays.iter().filter(|copay| copay.member_id == row.member_id);
    let copays: Result<Vec<Copay>, StoreError> = own.map(copay).collect();
    let provisional = row.provisional_until.as_deref();
    Ok(Enrolled {
        person: row.member_id,
        name: Name { text: row.name, kana: row.name_kana },
        sex: table.word("sex", row.sex)?,
        birth_date: table.date("birth_date", &row.birth_date)?,
        branch: row.branch,
        validity: table.validity(&row.valid_from, row.valid_until.as_deref())?,
        provisional_until: provisional
            .map(|until| table.date("provisional_until", until))
            .transpose()?,
        copays: copays?,
    })
}

fn copay(row: &CopayRow) -> Result<Copay, StoreError> {
    Ok(Copay {
        from: COPAYS.date("valid_from", &row.valid_from)?,
        percent: u8::try_from(row.percent).map_err(|_| COPAYS.corrupt("percent"))?,
        income: row.income.clone().map(|word| COPAYS.word("income", word)).transpose()?,
    })
}

fn workplace(name: Option<String>, address: Option<String>) -> Option<Workplace> {
    Some(Workplace { name: name?, address: address.unwrap_or_default() })
}
