//! `/expenses`: what care cost; `/expenses/deduction`: what a tax return takes from it. Both are of
//! all insurers together, so what they show waits for the last of them. The records are asked for at
//! every step and the receipts come with the form: the portal keeps neither.

use axum::extract::{Form, Query, State};
use axum::response::Response;
use futures::StreamExt as _;
use jiff::civil::Date;
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::{Basis, Service};
use warifu_service::Problem;
use warifu_service::words::Voice;

use super::evidence::saved;
use super::stream;
use crate::access::{SignedIn, Viewer};
use crate::expenses::deduction::{to_csv, to_xml};
use crate::expenses::insurers::{Answers, Lack};
use crate::expenses::receipts::{MOST, Receipt, Wrong};
use crate::expenses::year::Year;
use crate::look::{Look, show};
use crate::relay::Access;
use crate::shared::{App, Shared};
use crate::view::deduction::{DeductionPrint, DeductionView, Next, Written};
use crate::view::expenses::ExpensesView;
use crate::view::outcome::Outcome;
use crate::view::screens::RecordScreen;
use crate::view::site::Menu;

const PATH: &str = "/expenses/deduction";

/// Which year is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    /// A calendar year; anything else means this year.
    year: Option<String>,
}

impl Choice {
    /// The year, if it is one.
    pub fn year(&self) -> Option<i16> {
        self.year.as_deref()?.parse().ok().filter(|year| (1900..=2200).contains(year))
    }
}

/// What the form of a return brings.
#[derive(Debug)]
struct Typed {
    year: i16,
    receipts: Vec<Receipt>,
    /// The insurers without whom a file will do.
    without: Vec<String>,
    next: Next,
    act: Act,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Show,
    Csv,
    Xml,
    Print,
}

/// `GET /expenses?year=`.
pub async fn page(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let no_records = access.as_ref().err().copied();
    let screen = screen(&app, &look, &me, ("expenses-title", "expenses-lead"), no_records);
    let Ok(access) = access else { return show(&screen) };
    let (answers, tongue) = (answers(&app, access, me.basis()), look.tongue());
    let app = app.clone();
    let part = async move {
        let (answers, today) = (answers.await, today_in_japan(app.surroundings.now()));
        overview(app.words.in_(tongue), today, &answers, choice.year())
    };
    stream::page(&screen, futures::stream::once(part))
}

/// One overview of all that came, below what did not.
fn overview(voice: Voice<'_>, today: Date, answers: &Answers, year: Option<i16>) -> String {
    let told = answers.told();
    let view = (!told.is_empty())
        .then(|| ExpensesView::new(voice, today, &told, year).lacking(answers))
        .map(|view| stream::part(&view));
    without_record(voice, answers) + &view.unwrap_or_default()
}

/// Why there is no record, for each insurer without one.
fn without_record(voice: Voice<'_>, answers: &Answers) -> String {
    let outcomes = answers.without_record().filter_map(|panel| Outcome::of(voice, panel));
    outcomes.map(|outcome| stream::part(&outcome)).collect()
}

/// What all insurers answer.
fn answers(
    app: &Shared,
    access: Access,
    basis: Option<Basis>,
) -> impl Future<Output = Answers> + Send + use<> {
    let panels = app.relay.clone().panels(access, vec![Service::Expenses], basis);
    async move { Answers::new(panels.collect().await) }
}

/// `GET /expenses/deduction?year=`.
pub async fn deduction(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    let year = choice.year().unwrap_or_else(|| today_in_japan(app.surroundings.now()).year());
    let (receipts, without) = (Vec::new(), Vec::new());
    let typed = Typed { year, receipts, without, next: Next::default(), act: Act::Show };
    answer(&app, &me, &look, typed).await
}

/// `POST /expenses/deduction`: a receipt more or less, or a file.
pub async fn act(
    State(app): State<App>,
    Viewer(me): Viewer,
    look: Look,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = read(&pairs, today_in_japan(app.surroundings.now()));
    answer(&app, &me, &look.standing_at(PATH), typed).await
}

async fn answer(app: &App, me: &SignedIn, look: &Look, typed: Typed) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let no_records = access.as_ref().err().copied();
    let screen = screen(app, look, me, ("deduction-title", "deduction-lead"), no_records);
    let Ok(access) = access else { return show(&screen) };
    let (answers, tongue) = (answers(app, access, me.basis()), look.tongue());
    if matches!(typed.act, Act::Csv | Act::Xml) {
        let (answers, today) = (answers.await, today_in_japan(app.surroundings.now()));
        if typed.is_sure(&answers) {
            return Ok(file(&answers, &typed, today));
        }
        // The page that says who lacks, or why there is nothing.
        let part = part(look.voice(app), today, &answers, &typed);
        return stream::page(&screen, futures::stream::iter([part]));
    }
    let app = app.clone();
    let part = async move {
        let (answers, today) = (answers.await, today_in_japan(app.surroundings.now()));
        part(app.words.in_(tongue), today, &answers, &typed)
    };
    stream::page(&screen, futures::stream::once(part))
}

fn screen<'a>(
    app: &'a App,
    look: &Look,
    me: &SignedIn,
    (title, lead): (&str, &str),
    no_records: Option<&'static str>,
) -> RecordScreen<'a> {
    let voice = look.voice(app);
    RecordScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, "/expenses"),
        title: voice.say(title),
        lead: voice.say(lead),
        no_records,
        slot: Service::Expenses.as_str(),
        waiting: stream::part(&Outcome::waiting(voice, Service::Expenses)),
    }
}

impl Typed {
    fn written(&self) -> Written<'_> {
        Written { year: self.year, receipts: &self.receipts, without: &self.without }
    }

    /// There is something to make a return of: a record, or receipts that must not be lost.
    fn has_content(&self, answers: &Answers) -> bool {
        !answers.told().is_empty() || !self.receipts.is_empty()
    }

    /// Nobody lacks about whom it was not agreed.
    fn is_sure(&self, answers: &Answers) -> bool {
        let known = |lack: &Lack<'_>| self.without.iter().any(|name| name == lack.name());
        self.has_content(answers) && answers.lacking().iter().all(known)
    }
}

/// What stands on the page once every insurer has answered.
fn part(voice: Voice<'_>, today: Date, answers: &Answers, typed: &Typed) -> String {
    if !typed.has_content(answers) {
        return without_record(voice, answers);
    }
    let is_sure = typed.is_sure(answers);
    if typed.act == Act::Print && is_sure {
        return stream::part(&DeductionPrint::new(voice, today, answers, &typed.written()));
    }
    let view = DeductionView::new(voice, today, answers, &typed.written(), typed.next.clone());
    let view = if typed.act == Act::Show || is_sure { view } else { view.unsure() };
    stream::part(&view)
}

/// The file; its name says where somebody lacks.
fn file(answers: &Answers, typed: &Typed, today: Date) -> Response {
    let (told, lacking) = (answers.told(), answers.lacking());
    let year = Year::of(&told, typed.year);
    let lacks = if lacking.is_empty() { "" } else { "-incomplete" };
    let name = |ending: &str| format!("warifu-expenses-{}{lacks}.{ending}", typed.year);
    if typed.act == Act::Csv {
        let csv = to_csv(&year, &typed.receipts, &lacking);
        saved(&name("csv"), "text/csv; charset=utf-8", csv)
    } else {
        let xml = to_xml(&year, &typed.receipts, &lacking, today);
        saved(&name("xml"), "application/xml", xml)
    }
}

/// What was typed: receipts so far, the one that is new, and what is to be done.
fn read(pairs: &[(String, String)], today: Date) -> Typed {
    let at = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let carried = pairs.iter().filter(|(key, _)| key == "receipt").take(MOST);
    let mut receipts: Vec<Receipt> =
        carried.filter_map(|(_, value)| Receipt::from_carried(value)).collect();
    let year = Choice { year: Some(at("year").to_owned()) }.year();
    let mut next = Next {
        patient: at("patient").to_owned(),
        payee: at("payee").to_owned(),
        kind: at("kind").to_owned(),
        paid: at("paid").to_owned(),
        refund: at("refund").to_owned(),
        wrong: None,
    };
    if let Some(index) = at("remove").parse().ok().filter(|index| *index < receipts.len()) {
        receipts.remove(index);
    } else if at("act") == "add" {
        match added(&next, receipts.len()) {
            Ok(receipt) => {
                receipts.push(receipt);
                next = Next { patient: next.patient, kind: next.kind, ..Next::default() };
            }
            Err(wrong) => next.wrong = Some(wrong),
        }
    }
    let act = match at("act") {
        "csv" => Act::Csv,
        "xml" => Act::Xml,
        "print" => Act::Print,
        _ => Act::Show,
    };
    let without = pairs.iter().filter(|(key, _)| key == "without");
    let without = without.map(|(_, name)| name.clone()).collect();
    Typed { year: year.unwrap_or_else(|| today.year()), receipts, without, next, act }
}

fn added(next: &Next, before: usize) -> Result<Receipt, Wrong> {
    if before >= MOST {
        return Err("receipt-wrong-many");
    }
    Receipt::typed(&next.patient, &next.payee, &next.kind, &next.paid, &next.refund)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn receipts_are_added_and_taken_away() {
        let new = [
            ("patient", "上野 一子"),
            ("payee", "見本薬局"),
            ("kind", "medicine"),
            ("paid", "1,200"),
            ("act", "add"),
        ];
        let typed = read(&pairs(&new), TODAY);
        assert_eq!((typed.year, typed.receipts.len()), (2026, 1));
        assert_eq!((typed.next.payee.as_str(), typed.next.patient.as_str()), ("", "上野 一子"));
        let carried = typed.receipts[0].carried();
        let again = pairs(&[("receipt", &carried), ("receipt", "spoilt"), ("remove", "0")]);
        assert!(read(&again, TODAY).receipts.is_empty());
        let wrong = read(&pairs(&[("act", "add"), ("receipt", &carried)]), TODAY);
        assert_eq!((wrong.next.wrong, wrong.receipts.len()), (Some("receipt-wrong-paid"), 1));
    }

    #[test]
    fn a_form_carries_no_more_receipts_than_a_return_takes() {
        let one = Receipt::typed("a", "b", "other", "5", "").unwrap().carried();
        let many = vec![("receipt".to_owned(), one); MOST + 5];
        assert_eq!(read(&many, TODAY).receipts.len(), MOST);
        let full = [many, pairs(&[("act", "add"), ("paid", "1")])].concat();
        assert_eq!(read(&full, TODAY).next.wrong, Some("receipt-wrong-many"));
    }

    proptest! {
        #[test]
        fn any_form_is_read(all in prop::collection::vec((any::<String>(), any::<String>()), 0..9)) {
            prop_assert!(read(&all, TODAY).receipts.len() <= MOST);
        }
    }
}
