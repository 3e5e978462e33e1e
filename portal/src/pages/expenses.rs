//! `/expenses`: what care cost; `/expenses/deduction`: what a tax return takes from it. The record
//! is asked for at every step and the receipts come with the form: the portal keeps neither.

use axum::extract::{Form, Query, State};
use axum::response::Response;
use futures::StreamExt as _;
use jiff::civil::Date;
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::{ExpensesRecord, Panel, PanelOutcome, Record, Service};
use warifu_service::Problem;
use warifu_service::words::Voice;

use super::evidence::saved;
use super::stream;
use crate::access::{SignedIn, Viewer};
use crate::expenses::deduction::{to_csv, to_xml};
use crate::expenses::receipts::{MOST, Receipt, Wrong};
use crate::expenses::year::Year;
use crate::look::{Look, show};
use crate::shared::App;
use crate::view::deduction::{DeductionPrint, DeductionView, Next};
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
    next: Next,
    act: Act,
}

#[derive(Debug, PartialEq, Eq)]
enum Act {
    Show,
    Csv,
    Xml,
    Print,
}

/// `GET /expenses/deduction?year=`.
pub async fn deduction(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    let year = choice.year().unwrap_or_else(|| today_in_japan(app.surroundings.now()).year());
    let typed = Typed { year, receipts: Vec::new(), next: Next::default(), act: Act::Show };
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
    if matches!(typed.act, Act::Csv | Act::Xml) {
        return file(app, me, look, typed).await;
    }
    let access = me.access(app.surroundings.now()).cloned();
    let screen = screen(app, look, me, access.as_ref().err().copied());
    let Ok(access) = access else { return show(&screen) };
    let panels = app.relay.clone().panels(access, vec![Service::Expenses], me.basis());
    let (app, tongue) = (app.clone(), look.tongue());
    stream::page(
        &screen,
        panels.enumerate().map(move |(before, panel)| {
            let today = today_in_japan(app.surroundings.now());
            part(app.words.in_(tongue), today, &typed, (before, &panel))
        }),
    )
}

fn screen<'a>(
    app: &'a App,
    look: &Look,
    me: &SignedIn,
    no_records: Option<&'static str>,
) -> RecordScreen<'a> {
    let voice = look.voice(app);
    RecordScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, "/expenses"),
        title: voice.say("deduction-title"),
        lead: voice.say("deduction-lead"),
        no_records,
        slot: Service::Expenses.as_str(),
        waiting: stream::part(&Outcome::waiting(voice, Service::Expenses)),
    }
}

/// The panel, `before` which the page holds so many.
fn part(voice: Voice<'_>, today: Date, typed: &Typed, (before, panel): (usize, &Panel)) -> String {
    let Some(record) = ready(panel) else {
        return Outcome::of(voice, panel).map(|outcome| stream::part(&outcome)).unwrap_or_default();
    };
    let Typed { year, receipts, next, act } = typed;
    if *act == Act::Print {
        stream::part(&DeductionPrint::new(voice, today, record, *year, receipts))
    } else {
        let view = DeductionView::new(voice, today, record, *year, receipts, next.clone());
        stream::part(&view.after(before))
    }
}

fn ready(panel: &Panel) -> Option<&ExpensesRecord> {
    let PanelOutcome::Ready { record, .. } = &panel.outcome else { return None };
    let Record::Expenses(record) = record.as_ref() else { return None };
    Some(record)
}

/// The file; where the record does not come, the page that says why.
async fn file(app: &App, me: &SignedIn, look: &Look, typed: Typed) -> Result<Response, Problem> {
    let again = Typed { act: Act::Show, ..typed };
    let access = me.access(app.surroundings.now()).cloned();
    let Ok(access) = access else {
        return show(&screen(app, look, me, access.err()));
    };
    let panels = app.relay.clone().panels(access, vec![Service::Expenses], me.basis());
    let mut panels = std::pin::pin!(panels);
    let panel = panels.next().await;
    let today = today_in_japan(app.surroundings.now());
    let Some(record) = panel.as_ref().and_then(ready) else {
        let why = panel.map(|panel| part(look.voice(app), today, &again, (0, &panel)));
        let parts = futures::stream::iter(why);
        return stream::page(&screen(app, look, me, None), parts);
    };
    let year = Year::of(record, again.year);
    let name = |ending: &str| format!("warifu-expenses-{}.{ending}", again.year);
    Ok(if typed.act == Act::Csv {
        saved(&name("csv"), "text/csv; charset=utf-8", to_csv(&year, &again.receipts))
    } else {
        saved(&name("xml"), "application/xml", to_xml(&year, &again.receipts, today))
    })
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
    Typed { year: year.unwrap_or_else(|| today.year()), receipts, next, act }
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
