//! Members who could be meant by a voucher, and the pseudonyms that were offered for them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use warifu_contract::coverage::{Relation, Validity};
use warifu_contract::identity::{Resident, address_key};
use warifu_contract::linking::{Attributes, HeldMember};
use warifu_contract::person::Name;
use warifu_contract::register::membership_of;
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_all, fetch_optional};

use super::column::Table;
use super::{MemberId, Store, StoreError};

const MEMBERS: Table = Table("members");
/// Members looked at for one voucher: more than share a birthday among twenty millions.
pub(crate) const MOST_NEAR: usize = 2_000;
/// How long an offer waits for people: those who decide a doubt, and the person.
pub(crate) const OFFER: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The ids of everybody with the birth date or at the address; a clause follows.
macro_rules! near {
    ($what:literal) => {
        concat!(
            "WITH near AS (SELECT id FROM members WHERE birth_date = $1 \
             UNION SELECT id FROM members WHERE address_key = $2) ",
            $what
        )
    };
}

/// Members among whom the person may be.
#[derive(Debug)]
pub struct Near {
    /// The members; each `reference` is the member's id.
    pub members: Vec<HeldMember>,
    /// Whether these are all. If not, nobody is meant beyond doubt.
    pub is_complete: bool,
}

/// What came of confirming an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// The pseudonym stands for this member, from now on or from before.
    Done(MemberId),
    /// Nothing like this was offered, or not so lately.
    NotOffered,
    /// Somebody else is linked to the member.
    Taken(MemberId),
}

#[derive(sqlx::FromRow)]
struct NearRow {
    id: String,
    name: String,
    name_kana: String,
    address: Option<String>,
    birth_date: String,
    sex: String,
    pseudonym: Option<String>,
}

impl TryFrom<NearRow> for HeldMember {
    type Error = StoreError;

    fn try_from(row: NearRow) -> Result<Self, StoreError> {
        let person = Resident {
            reference: row.id,
            name: Name { text: row.name, kana: row.name_kana },
            address: row.address.unwrap_or_default(),
            birth_date: MEMBERS.date("birth_date", &row.birth_date)?,
            sex: MEMBERS.word("sex", row.sex)?,
            departed: None,
        };
        Ok(Self { person, former_names: Vec::new(), held_as: row.pseudonym, period: None })
    }
}

impl Store {
    /// Everybody with the birth date, and everybody at the address.
    pub async fn near(&self, said: &Attributes) -> Result<Near, StoreError> {
        let birth = said.items.birth_date.to_string();
        let address = address_key(&said.items.address);
        let most = i64::try_from(MOST_NEAR).unwrap_or(i64::MAX);
        let sql = near!(
            "SELECT m.id, m.name, m.name_kana, m.address, m.birth_date, m.sex, p.pseudonym \
             FROM near n JOIN members m ON m.id = n.id \
             LEFT JOIN pseudonyms p ON p.member_id = m.id LIMIT $3"
        );
        let rows = fetch_all!(self.database.read(), NearRow, sql, &birth, &address, most)?;
        let is_complete = rows.len() < MOST_NEAR;
        let members: Result<Vec<HeldMember>, StoreError> =
            rows.into_iter().map(HeldMember::try_from).collect();
        let mut members = members?;
        let sql = near!(
            "SELECT f.member_id, f.name FROM near n \
             JOIN former_names f ON f.member_id = n.id LIMIT $3"
        );
        let read = self.database.read();
        let former = fetch_all!(read, (String, String), sql, &birth, &address, most)?;
        add_former_names(&mut members, former);
        Ok(Near { members, is_complete })
    }

    /// Since when and until when the member is insured here, and how now; none without any card.
    pub async fn membership(
        &self,
        member: &MemberId,
    ) -> Result<Option<(Validity, Relation)>, StoreError> {
        let (enrolments, _) = self.enrolments_of(member).await?;
        Ok(membership_of(member.as_str(), &enrolments))
    }

    /// Offers pseudonyms for members in the ceremony `errand`, in place of what was offered in it
    /// before; drops every offer that is over.
    pub async fn offer(
        &self,
        errand: &str,
        offers: &[(String, MemberId)],
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let sql = "DELETE FROM link_offers WHERE errand = $1 OR expires < $2";
        execute!(transaction.on(), sql, errand, micros(now))?;
        let sql = "INSERT INTO link_offers (errand, pseudonym, member_id, expires) \
                   VALUES ($1, $2, $3, $4)";
        for (pseudonym, member) in offers {
            execute!(transaction.on(), sql, errand, pseudonym, member.as_str(), micros(expires))?;
        }
        Ok(transaction.commit().await?)
    }

    /// For whom the pseudonym was offered in the ceremony `errand`, and when the offer ends.
    pub async fn offered(
        &self,
        errand: &str,
        pseudonym: &str,
        now: Timestamp,
    ) -> Result<Option<(MemberId, Timestamp)>, StoreError> {
        let sql = "SELECT member_id, expires FROM link_offers \
                   WHERE errand = $1 AND pseudonym = $2 AND expires >= $3";
        let read = self.database.read();
        let row = fetch_optional!(read, (String, i64), sql, errand, pseudonym, micros(now))?;
        Ok(row.map(|(member, expires)| (MemberId(member), instant(expires))))
    }

    /// Makes an offered pseudonym stand for its member. A member for whom another stands already
    /// keeps that one.
    pub async fn bind_offer(
        &self,
        errand: &str,
        pseudonym: &str,
        now: Timestamp,
    ) -> Result<Bound, StoreError> {
        if let Some(member) = self.member_of(pseudonym).await? {
            return Ok(Bound::Done(member));
        }
        let mut transaction = self.database.begin().await?;
        let sql = "SELECT member_id FROM link_offers \
                   WHERE errand = $1 AND pseudonym = $2 AND expires >= $3";
        let row =
            fetch_optional!(transaction.on(), (String,), sql, errand, pseudonym, micros(now))?;
        let Some((member,)) = row else { return Ok(Bound::NotOffered) };
        let sql = "INSERT INTO pseudonyms (pseudonym, member_id) VALUES ($1, $2) \
                   ON CONFLICT DO NOTHING";
        if execute!(transaction.on(), sql, pseudonym, &member)? == 0 {
            return Ok(Bound::Taken(MemberId(member)));
        }
        forget(&mut transaction, errand).await?;
        transaction.commit().await?;
        Ok(Bound::Done(MemberId(member)))
    }

    /// Forgets what was offered in `errand`, and the pseudonym, if one is named. Whom it stood for.
    pub async fn end_link(
        &self,
        errand: &str,
        pseudonym: Option<&str>,
    ) -> Result<Option<MemberId>, StoreError> {
        let mut transaction = self.database.begin().await?;
        forget(&mut transaction, errand).await?;
        let mut ended = None;
        if let Some(pseudonym) = pseudonym {
            let sql = "DELETE FROM pseudonyms WHERE pseudonym = $1 RETURNING member_id";
            ended = fetch_optional!(transaction.on(), (String,), sql, pseudonym)?;
        }
        transaction.commit().await?;
        Ok(ended.map(|(member,)| MemberId(member)))
    }
}

async fn forget(transaction: &mut Transaction, errand: &str) -> Result<(), StoreError> {
    execute!(transaction.on(), "DELETE FROM link_offers WHERE errand = $1", errand)?;
    Ok(())
}

fn add_former_names(members: &mut [HeldMember], former: Vec<(String, String)>) {
    let mut by_member: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (member, name) in former {
        by_member.entry(member).or_default().push(name);
    }
    for member in members {
        member.former_names = by_member.remove(&member.person.reference).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
