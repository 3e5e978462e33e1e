//! What residents read of themselves, out of the insurer's database.

use std::collections::BTreeSet;

use jiff::civil::Date;
use warifu_contract::coverage::Validity;
use warifu_contract::records::{
    CareKind, CostLimit, Expense, ExpensesRecord, InsuranceRecord, LONGEST_EXPENSES, Meals,
    PublicAid,
};
use warifu_contract::register::{Enrolment, coverages_of};
use warifu_files::RowError;

use super::view::{View, ViewRow, faults};
use super::{Condition, DatabaseError, Source, in_time};

/// Limits, or programmes, of one person at most; and months of an insurer.
const MOST_SMALL: usize = 64;
/// What parts names in one column.
pub(super) const PARTS: char = '|';
/// Words of 区分 in Japanese, in the order of [`CareKind::ALL`].
const CARE: [&str; 7] = ["入院", "外来", "歯科", "調剤", "訪問看護", "柔整", "その他"];

/// A bill as the database has it; names stand on the cards.
pub(super) struct Bill {
    person: String,
    insured_person: String,
    insurer_number: String,
    is_settled: bool,
    expense: Expense,
}

impl Source {
    /// The person's coverages as they stand `today`, limits and programmes; none where the person
    /// is on no card.
    pub async fn insurance(
        &self,
        person: &str,
        today: Date,
    ) -> Result<Option<InsuranceRecord>, DatabaseError> {
        let cards = self.enrolments_of(person).await?;
        let coverages = coverages_of(person, today, &cards);
        if coverages.is_empty() {
            return Ok(None);
        }
        let entries = cards.iter().filter_map(|card| self.insurer(&card.insurer.key));
        let usual_lag_days = entries.filter_map(|entry| entry.usual_lag_days).max();
        let mut limits = self.of_person(self.inner.limits.as_ref(), person, limit).await?;
        limits.sort_by_key(|limit| std::cmp::Reverse(limit.validity.from));
        let mut aids = self.of_person(self.inner.aids.as_ref(), person, aid).await?;
        aids.sort_by_key(|aid| std::cmp::Reverse(aid.validity.from));
        Ok(Some(InsuranceRecord { coverages, limits, aids, usual_lag_days }))
    }

    /// What care cost the person, and whoever was cared for on the person's own insurance; none
    /// where nobody configured bills, or the person is on no card.
    pub async fn expenses(&self, person: &str) -> Result<Option<ExpensesRecord>, DatabaseError> {
        let Some(view) = &self.inner.expenses else { return Ok(None) };
        let cards = self.enrolments_of(person).await?;
        if cards.is_empty() {
            return Ok(None);
        }
        let (mut entries, mut pending) = (Vec::new(), 0);
        for bill in self.bills(view, person).await? {
            if !bill.is_settled {
                pending += 1;
                continue;
            }
            let named = bill.named(person, &cards);
            entries.push(named.ok_or_else(|| DatabaseError::Row("expenses: person".to_owned()))?);
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.month));
        entries.truncate(LONGEST_EXPENSES);
        let complete_until = self.complete_until(&cards).await?;
        Ok(Some(ExpensesRecord { complete_until, pending, entries }))
    }

    /// The person's bills, and those of others on the person's insurance, the newest first.
    async fn bills(&self, view: &View, person: &str) -> Result<Vec<Bill>, DatabaseError> {
        let value = |nth| self.inner.engine.dialect().placeholder(nth);
        let own = (format!("q.person = {}", value(1)), vec![person.to_owned()]);
        let of_others = format!("q.insured_person = {} AND q.person <> {}", value(1), value(2));
        let of_others = (of_others, vec![person.to_owned(), person.to_owned()]);
        let mut bills = Vec::new();
        for (condition, values) in [own, of_others] {
            let newest = format!("{condition} ORDER BY q.month DESC");
            bills.extend(self.view_rows(view, (newest, values), LONGEST_EXPENSES, bill).await?);
        }
        Ok(bills)
    }

    /// The last month of which every insurer of the cards has all bills.
    async fn complete_until(&self, cards: &[Enrolment]) -> Result<Option<Date>, DatabaseError> {
        let Some(view) = &self.inner.progress else { return Ok(None) };
        let own: BTreeSet<&str> =
            cards.iter().map(|card| card.insurer.insurer.number.as_str()).collect();
        let condition =
            format!("q.insurer_number = {}", self.inner.engine.dialect().placeholder(1));
        let mut months = Vec::new();
        for number in own {
            let of_insurer = (condition.clone(), vec![number.to_owned()]);
            months.extend(self.view_rows(view, of_insurer, MOST_SMALL, progress).await?);
        }
        Ok(months.into_iter().min())
    }

    /// What a view says of the person, the newest of it.
    async fn of_person<T>(
        &self,
        view: Option<&View>,
        person: &str,
        read: Read<T>,
    ) -> Result<Vec<T>, DatabaseError> {
        match view {
            Some(view) => {
                let (condition, values) = self.person_condition(person);
                let newest = format!("{condition} ORDER BY q.valid_from DESC");
                self.view_rows(view, (newest, values), MOST_SMALL, read).await
            }
            None => Ok(Vec::new()),
        }
    }

    /// The rows of a view for which a condition holds, `most` of them.
    pub(super) async fn view_rows<T>(
        &self,
        view: &View,
        (condition, values): Condition,
        most: usize,
        read: Read<T>,
    ) -> Result<Vec<T>, DatabaseError> {
        let inner = &self.inner;
        let select = view.select(inner.engine.dialect());
        let sql = format!("{select} WHERE {condition} LIMIT {most}");
        let found = in_time(inner.patience, inner.engine.fetch(&sql, &values)).await?;
        let rows = found.iter().map(|fields| read(view.row(fields)));
        rows.map(|row| row.map_err(|errors| faults(view, &errors))).collect()
    }
}

/// How a row becomes a value.
pub(super) type Read<T> = fn(ViewRow<'_>) -> Result<T, Vec<RowError>>;

impl Bill {
    /// With the names that stand on the cards; none if the patient, or whose insurance it was,
    /// stands on none.
    fn named(self, reader: &str, cards: &[Enrolment]) -> Option<Expense> {
        let insurers = cards.iter().map(|card| &card.insurer.insurer);
        let insurer = insurers.into_iter().find(|insurer| insurer.number == self.insurer_number)?;
        Some(Expense {
            patient: name_of(&self.person, cards)?,
            own: self.person == reader,
            insured: name_of(&self.insured_person, cards)?,
            insurer: insurer.name.clone(),
            ..self.expense
        })
    }
}

fn name_of(person: &str, cards: &[Enrolment]) -> Option<String> {
    let everybody = cards.iter().flat_map(|card| {
        let dependants = card.dependants.iter().map(|dependant| &dependant.enrolled);
        std::iter::once(&card.insured).chain(dependants)
    });
    let mut own = everybody.filter(|enrolled| enrolled.person == person);
    own.next().map(|enrolled| enrolled.name.text.clone())
}

/// Reads a bill.
pub(super) fn bill(mut row: ViewRow<'_>) -> Result<Bill, Vec<RowError>> {
    let (patient, insured) = (row.text("person"), row.text("insured_person"));
    let (number, place) = (row.text("insurer_number"), row.text("institution"));
    let (month, care) = (row.month("month"), row.word("care", care));
    let (days, total) = (row.small("days"), row.amount("total"));
    let (paid, meals) = (row.amount("paid"), meals(&mut row));
    let (public, refund) = (row.amount("public_part"), row.amount("refund"));
    let is_settled = row.word("settled", yes_or_no);
    let read = month.zip(care).zip(days).zip(total.zip(paid));
    row.done(read.map(|(((month, care), days), (total_yen, paid_yen))| Bill {
        person: patient.to_owned(),
        insured_person: insured.to_owned(),
        insurer_number: number.to_owned(),
        is_settled: is_settled.unwrap_or(true),
        expense: Expense {
            month,
            patient: String::new(),
            own: false,
            insured: String::new(),
            insurer: String::new(),
            institution: place.to_owned(),
            care,
            days,
            total_yen,
            meals,
            public_yen: public.unwrap_or_default(),
            paid_yen,
            refund_yen: refund.unwrap_or_default(),
        },
    }))
}

fn meals(row: &mut ViewRow<'_>) -> Option<Meals> {
    let (count, paid) = (row.small("meals_count"), row.amount("meals_paid"));
    Some(Meals { count: count?, paid_yen: paid? })
}

/// Reads an insurer's last whole month.
pub(super) fn progress(mut row: ViewRow<'_>) -> Result<Date, Vec<RowError>> {
    let (_, month) = (row.text("insurer_number"), row.month("complete_until"));
    row.done(month)
}

/// Reads a limit.
pub(super) fn limit(mut row: ViewRow<'_>) -> Result<CostLimit, Vec<RowError>> {
    let (_, class, base) = (row.text("person"), row.text("class"), row.amount("base"));
    let (hundredth, outpatient) = (row.amount("hundredth_over"), row.amount("outpatient"));
    let validity = validity(&mut row);
    row.done(base.zip(validity).map(|(base_yen, validity)| CostLimit {
        class: class.to_owned(),
        base_yen,
        hundredth_over_yen: hundredth,
        outpatient_yen: outpatient,
        validity,
    }))
}

/// Reads a programme.
pub(super) fn aid(mut row: ViewRow<'_>) -> Result<PublicAid, Vec<RowError>> {
    let (_, programme) = (row.text("person"), row.text("programme"));
    let (payer, recipient) = (row.text("payer_number"), row.text("recipient_number"));
    let institutions = row.text("institutions").split(PARTS).map(str::trim);
    let (most, percent) = (row.amount("monthly_limit"), row.percent("copay"));
    let validity = validity(&mut row);
    row.done(validity.map(|validity| PublicAid {
        programme: programme.to_owned(),
        payer_number: payer.to_owned(),
        recipient_number: recipient.to_owned(),
        institutions: institutions.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        monthly_limit_yen: most,
        copay_percent: percent,
        validity,
    }))
}

fn validity(row: &mut ViewRow<'_>) -> Option<Validity> {
    let (from, until) = (row.day("valid_from"), row.day("valid_until"));
    row.check_period(from, until);
    from.map(|from| Validity { from, until })
}

fn care(word: &str) -> Option<CareKind> {
    let named = |(kind, japanese): &(CareKind, &str)| kind.as_str() == word || *japanese == word;
    CareKind::ALL.into_iter().zip(CARE).find(named).map(|(kind, _)| kind)
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "1" | "t" | "true" => Some(true),
        "0" | "f" | "false" => Some(false),
        _ => None,
    }
}
