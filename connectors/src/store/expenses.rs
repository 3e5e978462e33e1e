//! What care cost (医療費記録), and what lowers a bill: 自己負担限度額 and 公費.

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::records::{
    CostLimit, Expense, ExpensesRecord, LONGEST_EXPENSES, Meals, PublicAid,
};
use warifu_service::storage::{instant, micros};
use warifu_service::{execute, fetch_all};

use super::column::Table;
use super::{MemberId, Store, StoreError, Update};

const EXPENSES: Table = Table("expenses");
const PROGRESS: Table = Table("expense_progress");
const LIMITS: Table = Table("cost_limits");
const AIDS: Table = Table("public_aids");

/// A bill as it is entered.
#[derive(Debug, Clone, Copy)]
pub struct Bill<'a> {
    /// The insurer's own name for it.
    pub id: &'a str,
    /// The card it was made out to.
    pub card: &'a str,
    /// Who was cared for.
    pub patient: &'a MemberId,
    /// What it says. Names of people and of the insurer are those of the card.
    pub expense: &'a Expense,
    /// Whether it has been checked.
    pub settled: bool,
}

#[derive(sqlx::FromRow)]
struct ExpenseRow {
    month: String,
    member_id: String,
    patient: String,
    insured: String,
    insurer: String,
    institution: String,
    care: String,
    days: i64,
    total: i64,
    meals_count: Option<i64>,
    meals_paid: Option<i64>,
    public_part: i64,
    paid: i64,
    refund: i64,
    settled: bool,
}

#[derive(sqlx::FromRow)]
struct ProgressRow {
    complete_until: String,
    changed_at: i64,
}

#[derive(sqlx::FromRow)]
struct LimitRow {
    class: String,
    base: i64,
    hundredth_over: Option<i64>,
    outpatient: Option<i64>,
    valid_from: String,
    valid_until: Option<String>,
}

#[derive(sqlx::FromRow)]
struct AidRow {
    programme: String,
    payer_number: String,
    recipient_number: String,
    institutions: String,
    monthly_limit: Option<i64>,
    copay_percent: Option<i64>,
    valid_from: String,
    valid_until: Option<String>,
}

impl Store {
    /// What care cost the member, and the dependants on the member's own cards; and when an
    /// insurer last sent bills. None while none of the member's insurers sends any.
    pub async fn expenses(
        &self,
        member: &MemberId,
    ) -> Result<Option<(ExpensesRecord, Timestamp)>, StoreError> {
        let progress = self.progress(member).await?;
        let Some(changed_at) = progress.iter().map(|row| row.changed_at).max() else {
            return Ok(None);
        };
        let sql = "SELECT e.month, e.member_id, p.name AS patient, o.name AS insured, \
                   n.name AS insurer, e.institution, e.care, e.days, e.total, e.meals_count, \
                   e.meals_paid, e.public_part, e.paid, e.refund, e.settled \
                   FROM expenses e JOIN coverages c ON c.id = e.coverage_id \
                   JOIN members p ON p.id = e.member_id JOIN members o ON o.id = c.member_id \
                   JOIN insurers n ON n.number = c.insurer_number \
                   WHERE e.member_id = $1 OR c.member_id = $1 \
                   ORDER BY e.month DESC, e.id LIMIT $2";
        let most = i64::try_from(LONGEST_EXPENSES).unwrap_or(i64::MAX);
        let rows = fetch_all!(self.database.read(), ExpenseRow, sql, member.as_str(), most)?;
        let pending = rows.iter().filter(|row| !row.settled).count();
        let settled = rows.into_iter().filter(|row| row.settled);
        let entries: Result<Vec<Expense>, StoreError> =
            settled.map(|row| expense(row, member)).collect();
        let complete: Result<Vec<Date>, StoreError> = progress
            .iter()
            .map(|row| PROGRESS.date("complete_until", &row.complete_until))
            .collect();
        let record = ExpensesRecord {
            complete_until: complete?.into_iter().min(),
            pending: u32::try_from(pending).unwrap_or(u32::MAX),
            entries: entries?,
        };
        Ok(Some((record, instant(changed_at))))
    }

    async fn progress(&self, member: &MemberId) -> Result<Vec<ProgressRow>, StoreError> {
        let sql = "SELECT complete_until, changed_at FROM expense_progress \
                   WHERE insurer_number IN ( \
                     SELECT insurer_number FROM coverages WHERE member_id = $1 \
                     UNION SELECT c.insurer_number FROM coverages c \
                     JOIN dependants d ON d.coverage_id = c.id WHERE d.member_id = $1)";
        Ok(fetch_all!(self.database.read(), ProgressRow, sql, member.as_str())?)
    }

    /// The member's 自己負担限度額, newest first.
    pub async fn cost_limits(&self, member: &MemberId) -> Result<Vec<CostLimit>, StoreError> {
        let sql = "SELECT class, base, hundredth_over, outpatient, valid_from, valid_until \
                   FROM cost_limits WHERE member_id = $1 ORDER BY valid_from DESC LIMIT 64";
        let rows = fetch_all!(self.database.read(), LimitRow, sql, member.as_str())?;
        rows.into_iter().map(limit).collect()
    }

    /// The member's 公費, newest first.
    pub async fn public_aids(&self, member: &MemberId) -> Result<Vec<PublicAid>, StoreError> {
        let sql = "SELECT programme, payer_number, recipient_number, institutions, \
                   monthly_limit, copay_percent, valid_from, valid_until FROM public_aids \
                   WHERE member_id = $1 ORDER BY valid_from DESC, payer_number LIMIT 64";
        let rows = fetch_all!(self.database.read(), AidRow, sql, member.as_str())?;
        rows.into_iter().map(aid).collect()
    }
}

impl Update {
    /// Enters a bill, or replaces it. The card and the person must be there already.
    pub async fn put_expense(&mut self, bill: Bill<'_>) -> Result<(), StoreError> {
        let Expense { month, institution, care, days, meals, .. } = bill.expense;
        let sql = "INSERT INTO expenses (id, coverage_id, member_id, month, institution, care, \
                   days, total, meals_count, meals_paid, public_part, paid, refund, settled) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
                   ON CONFLICT (id) DO UPDATE SET coverage_id = excluded.coverage_id, \
                   member_id = excluded.member_id, month = excluded.month, \
                   institution = excluded.institution, care = excluded.care, \
                   days = excluded.days, total = excluded.total, \
                   meals_count = excluded.meals_count, meals_paid = excluded.meals_paid, \
                   public_part = excluded.public_part, paid = excluded.paid, \
                   refund = excluded.refund, settled = excluded.settled";
        execute!(
            self.transaction.on(),
            sql,
            bill.id,
            bill.card,
            bill.patient.as_str(),
            month.to_string(),
            institution,
            care.as_str(),
            i64::from(*days),
            amount(EXPENSES, "total", bill.expense.total_yen)?,
            meals.map(|meals| i64::from(meals.count)),
            meals.map(|meals| amount(EXPENSES, "meals_paid", meals.paid_yen)).transpose()?,
            amount(EXPENSES, "public_part", bill.expense.public_yen)?,
            amount(EXPENSES, "paid", bill.expense.paid_yen)?,
            amount(EXPENSES, "refund", bill.expense.refund_yen)?,
            bill.settled
        )?;
        Ok(())
    }

    /// Enters how far the insurer's bills have come.
    pub async fn put_expense_progress(
        &mut self,
        insurer_number: &str,
        complete_until: Date,
        changed_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO expense_progress (insurer_number, complete_until, changed_at) \
                   VALUES ($1, $2, $3) ON CONFLICT (insurer_number) DO UPDATE \
                   SET complete_until = excluded.complete_until, changed_at = excluded.changed_at";
        let (until, at) = (complete_until.to_string(), micros(changed_at));
        execute!(self.transaction.on(), sql, insurer_number, until, at)?;
        Ok(())
    }

    /// Enters a limit, or replaces the one of the same first day.
    pub async fn put_cost_limit(
        &mut self,
        member: &MemberId,
        limit: &CostLimit,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO cost_limits (member_id, class, base, hundredth_over, outpatient, \
                   valid_from, valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (member_id, valid_from) DO UPDATE SET class = excluded.class, \
                   base = excluded.base, hundredth_over = excluded.hundredth_over, \
                   outpatient = excluded.outpatient, valid_until = excluded.valid_until";
        let over = limit.hundredth_over_yen.map(|yen| amount(LIMITS, "hundredth_over", yen));
        let outpatient = limit.outpatient_yen.map(|yen| amount(LIMITS, "outpatient", yen));
        execute!(
            self.transaction.on(),
            sql,
            member.as_str(),
            &limit.class,
            amount(LIMITS, "base", limit.base_yen)?,
            over.transpose()?,
            outpatient.transpose()?,
            limit.validity.from.to_string(),
            limit.validity.until.map(|until| until.to_string())
        )?;
        Ok(())
    }

    /// Enters a public programme, or replaces it.
    pub async fn put_public_aid(
        &mut self,
        member: &MemberId,
        aid: &PublicAid,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO public_aids (member_id, programme, payer_number, \
                   recipient_number, institutions, monthly_limit, copay_percent, valid_from, \
                   valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                   ON CONFLICT (member_id, payer_number, recipient_number, valid_from) \
                   DO UPDATE SET programme = excluded.programme, \
                   institutions = excluded.institutions, \
                   monthly_limit = excluded.monthly_limit, \
                   copay_percent = excluded.copay_percent, valid_until = excluded.valid_until";
        let most = aid.monthly_limit_yen.map(|yen| amount(AIDS, "monthly_limit", yen));
        execute!(
            self.transaction.on(),
            sql,
            member.as_str(),
            &aid.programme,
            &aid.payer_number,
            &aid.recipient_number,
            AIDS.to_json("institutions", &aid.institutions)?,
            most.transpose()?,
            aid.copay_percent.map(i64::from),
            aid.validity.from.to_string(),
            aid.validity.until.map(|until| until.to_string())
        )?;
        Ok(())
    }
}

fn expense(row: ExpenseRow, reader: &MemberId) -> Result<Expense, StoreError> {
    let meals = match (row.meals_count, row.meals_paid) {
        (Some(count), Some(paid)) => Some(Meals {
            count: small(EXPENSES, "meals_count", count)?,
            paid_yen: yen(EXPENSES, "meals_paid", paid)?,
        }),
        _ => None,
    };
    Ok(Expense {
        month: EXPENSES.date("month", &row.month)?,
        own: row.member_id == reader.as_str(),
        patient: row.patient,
        insured: row.insured,
        insurer: row.insurer,
        institution: row.institution,
        care: EXPENSES.word("care", row.care)?,
        days: small(EXPENSES, "days", row.days)?,
        total_yen: yen(EXPENSES, "total", row.total)?,
        meals,
        public_yen: yen(EXPENSES, "public_part", row.public_part)?,
        paid_yen: yen(EXPENSES, "paid", row.paid)?,
        refund_yen: yen(EXPENSES, "refund", row.refund)?,
    })
}

fn limit(row: LimitRow) -> Result<CostLimit, StoreError> {
    let over = row.hundredth_over.map(|value| yen(LIMITS, "hundredth_over", value));
    let outpatient = row.outpatient.map(|value| yen(LIMITS, "outpatient", value));
    Ok(CostLimit {
        class: row.class,
        base_yen: yen(LIMITS, "base", row.base)?,
        hundredth_over_yen: over.transpose()?,
        outpatient_yen: outpatient.transpose()?,
        validity: LIMITS.validity(&row.valid_from, row.valid_until.as_deref())?,
    })
}

fn aid(row: AidRow) -> Result<PublicAid, StoreError> {
    let percent = row.copay_percent.map(|value| small(AIDS, "copay_percent", value));
    let most = row.monthly_limit.map(|value| yen(AIDS, "monthly_limit", value));
    Ok(PublicAid {
        programme: row.programme,
        payer_number: row.payer_number,
        recipient_number: row.recipient_number,
        institutions: AIDS.json("institutions", &row.institutions)?,
        monthly_limit_yen: most.transpose()?,
        copay_percent: percent.transpose()?,
        validity: AIDS.validity(&row.valid_from, row.valid_until.as_deref())?,
    })
}

fn yen(table: Table, column: &'static str, value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| table.corrupt(column))
}

fn small<T: TryFrom<i64>>(table: Table, column: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| table.corrupt(column))
}

fn amount(table: Table, column: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| table.corrupt(column))
}
