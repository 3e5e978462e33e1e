//! The eligibility decision by itself: rules over rows in memory, beside copying the same rows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::civil::{Date, date};
use warifu_contract::card_key::{CardKey, CardQuery, InsurerKey};
use warifu_contract::coverage::{Insurer, InsurerKind, Validity};
use warifu_contract::decision::{Register, by_number};
use warifu_contract::eligibility::{TypedCard, Verdict};
use warifu_contract::person::{Name, Sex};
use warifu_contract::register::{Copay, Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};

use super::load::on_one_core;
use super::report::Figure;
use super::say;

const FAMILIES: usize = 4096;
const TODAY: Date = date(2026, 11, 20);
const BEGINNING: Date = date(2020, 4, 1);

/// A question and the rows that a store finds for it.
struct Case {
    query: CardQuery,
    rows: Vec<Enrolment>,
}

/// On one core.
pub async fn measure(lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    say("the decision in memory");
    let insurer = Arc::new(insurer().context("the insurer's number")?);
    let cases: Option<Vec<Case>> = (0..FAMILIES).map(|family| case(&insurer, family)).collect();
    let cases = Arc::new(cases.context("the families' numbers")?);
    let insurers = [insurer.as_ref().clone()];
    let decide = {
        let (cases, mut turn) = (cases.clone(), 0_usize);
        move || {
            let case = next(&cases, &mut turn)?;
            let register = Register { insurers: &insurers, enrolments: &case.rows };
            let found = by_number(&case.query, TODAY, register);
            ensure!(found.decision.verdict == Verdict::Valid, "{:?}", found.decision.verdict);
            Ok(())
        }
    };
    let decided = on_one_core(lasting, decide).await?;
    let mut turn = 0_usize;
    let copy = move || {
        std::hint::black_box(next(&cases, &mut turn)?.rows.clone());
        Ok(())
    };
    let copied = on_one_core(lasting, copy).await?;
    let figure = Figure::rate("Eligibility decision, one family of three, 1 core", decided);
    Ok(vec![figure.beside("copying the family's rows", copied)])
}

fn next<'a>(cases: &'a [Case], turn: &mut usize) -> anyhow::Result<&'a Case> {
    *turn += 1;
    cases.get(*turn % FAMILIES).context("no family")
}

fn insurer() -> Option<RegisteredInsurer> {
    Some(RegisteredInsurer {
        key: InsurerKey::parse("06130488")?,
        insurer: Insurer {
            number: "06130488".to_owned(),
            name: "計測健康保険組合".to_owned(),
            address: "東京都○○区××1-1-1".to_owned(),
            kind: InsurerKind::Society,
            r#virtual: true,
        },
        validity: Validity { from: BEGINNING, until: None },
    })
}

fn case(insurer: &Arc<RegisteredInsurer>, family: usize) -> Option<Case> {
    let number = format!("{family:07}");
    let born = |year: i16| date(year, 5, 5);
    let dependant = |branch: u8, year: i16| EnrolledDependant {
        enrolled: person(family, branch, born(year)),
        relationship: "子".to_owned(),
    };
    let typed = TypedCard {
        insurer_number: "06130488".to_owned(),
        symbol: "計測".to_owned(),
        number: number.clone(),
        branch: Some(format!("0{}", family % 3)),
        birth_date: born([1985, 2012, 2019].into_iter().nth(family % 3)?),
    };
    let row = Enrolment {
        insurer: insurer.clone(),
        symbol: "計測".to_owned(),
        key: CardKey::parse("計測", &number)?,
        number,
        workplace: None,
        insured: person(family, 0, born(1985)),
        dependants: vec![dependant(1, 2012), dependant(2, 2019)],
    };
    Some(Case { query: CardQuery::try_from(&typed).ok()?, rows: vec![row] })
}

fn person(family: usize, branch: u8, birth_date: Date) -> Enrolled {
    Enrolled {
        person: format!("{family:030}{branch:02}"),
        name: Name { text: "計測 太郎".to_owned(), kana: "ケイソク タロウ".to_owned() },
        sex: Sex::Unknown,
        birth_date,
        branch: Some(format!("{branch:02}")),
        validity: Validity { from: BEGINNING, until: None },
        provisional_until: None,
        copays: vec![Copay { from: BEGINNING, percent: 30, income: None }],
    }
}
