//! The forms by which a resident asks somebody to be a proxy: one question a page.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use warifu_contract::mandate::{LONGEST_NAME, MandateRequest};
use warifu_contract::records::Service;
use warifu_contract::services::ServiceId;

use crate::form::{FieldProblem, Gathered, Shape, Typed};

/// The version of the sentences on the pages.
const TEXT_VERSION: &str = "2026-11";

/// What may be seen.
const WHAT: [Shape; 5] = [
    Shape::tick("insurance", "consent-what-insurance"),
    Shape::tick("expenses", "consent-what-expenses"),
    Shape::tick("checkup", "consent-what-checkup"),
    Shape::tick("pension", "consent-what-pension"),
    Shape::tick("history", "proxy-what-history"),
];
/// What the proxy calls the resident.
const NAME: [Shape; 1] = [Shape {
    hint: Some("proxy-name-hint"),
    ..Shape::line("name", "proxy-name-label", LONGEST_NAME)
}];
/// Until when.
const TIME: [Shape; 1] = [Shape::one_of(
    "time",
    "proxy-time-label",
    &[("month", "proxy-time-month"), ("half", "proxy-time-half"), ("year", "proxy-time-year")],
)];
/// The code, typed by the proxy.
pub const CODE: [Shape; 1] =
    [Shape { digits: true, ..Shape::line("code", "proxy-enter-label", 20) }];
/// What the principal calls the proxy.
pub const OTHER: [Shape; 1] = [Shape {
    hint: Some("proxy-offer-name-hint"),
    ..Shape::line("name", "proxy-offer-name", LONGEST_NAME)
}];

/// One of the three questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// What may be seen.
    What,
    /// What the proxy calls the resident.
    Name,
    /// Until when.
    Time,
}

impl Question {
    /// In the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::What, Self::Name, Self::Time];

    /// Its name in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::What => "what",
            Self::Name => "name",
            Self::Time => "time",
        }
    }

    /// The question of that name; the first for any other.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.name() == name).unwrap_or(Self::What)
    }

    /// Its place, from 1.
    pub fn place(self) -> usize {
        match self {
            Self::What => 1,
            Self::Name => 2,
            Self::Time => 3,
        }
    }

    /// What is asked after it.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::What => Some(Self::Name),
            Self::Name => Some(Self::Time),
            Self::Time => None,
        }
    }

    /// The key of its words; `-lead` follows for what stands below.
    pub fn key(self) -> &'static str {
        match self {
            Self::What => "proxy-step-what",
            Self::Name => "proxy-step-name",
            Self::Time => "proxy-step-time",
        }
    }

    /// Its fields.
    pub fn shapes(self) -> &'static [Shape] {
        match self {
            Self::What => &WHAT,
            Self::Name => &NAME,
            Self::Time => &TIME,
        }
    }

    /// What is wrong with its answer.
    pub fn problem(self, typed: &Typed, today: Date) -> Option<FieldProblem> {
        match self {
            Self::What => services(typed).err(),
            Self::Name => name(typed, "proxy-name-wrong").err(),
            Self::Time => until(typed, today).err(),
        }
    }
}

/// A field that nobody sees, and what stands in it.
pub type Hidden = (Cow<'static, str>, String);

/// What was answered to all questions but `asked`, to be carried along.
pub fn carried(typed: &Typed, asked: Option<Question>) -> Vec<Hidden> {
    let others = Question::ALL.into_iter().filter(|one| Some(*one) != asked);
    let shapes = others.flat_map(Question::shapes);
    let filled = shapes.map(|shape| (shape.name.into(), typed.at(shape.name).to_owned()));
    let filled = filled.filter(|(_, value): &Hidden| !value.is_empty());
    let declared = declared(typed).into_iter().filter(|_| asked != Some(Question::What));
    filled.chain(declared.map(|id| (id.to_string().into(), "yes".to_owned()))).collect()
}

/// The declared services whose boxes are ticked: each box has the service's name.
pub fn declared(typed: &Typed) -> Vec<ServiceId> {
    typed.names().filter_map(|name| name.parse().ok()).collect()
}

/// What all answers ask for on the day `today`, or what is wrong with them.
pub fn read(typed: &Typed, today: Date) -> Result<MandateRequest, Vec<FieldProblem>> {
    let mut gathered = Gathered::default();
    let services = gathered.take(services(typed));
    let name = gathered.take(name(typed, "proxy-name-wrong"));
    let until = gathered.take(until(typed, today));
    match (services, name, until) {
        (Some(services), Some(name), Some(until)) => Ok(MandateRequest {
            services,
            declared: declared(typed),
            history: typed.ticked("history"),
            until,
            name,
            text_version: TEXT_VERSION.to_owned(),
        }),
        _ => Err(gathered.0),
    }
}

/// The records whose boxes are ticked; none is too few where no declared service is ticked either.
pub fn services(typed: &Typed) -> Result<Vec<Service>, FieldProblem> {
    let ticked = Service::ALL.into_iter().filter(|service| typed.ticked(service.as_str()));
    let services: Vec<_> = ticked.collect();
    let none = FieldProblem { field: "insurance", key: "proxy-what-none" };
    if services.is_empty() && declared(typed).is_empty() { Err(none) } else { Ok(services) }
}

/// What somebody is called.
pub fn name(typed: &Typed, key: &'static str) -> Result<String, FieldProblem> {
    let name = typed.at("name");
    let length = name.chars().count();
    let is_name = (1..=LONGEST_NAME).contains(&length) && !name.chars().any(char::is_control);
    if is_name { Ok(name.to_owned()) } else { Err(FieldProblem { field: "name", key }) }
}

fn until(typed: &Typed, today: Date) -> Result<Date, FieldProblem> {
    let none = FieldProblem { field: "time", key: "proxy-time-none" };
    let span: Span = match typed.at("time") {
        "month" => 1.month(),
        "half" => 6.months(),
        "year" => 1.year(),
        _ => return Err(none),
    };
    today.checked_add(span).map_err(|_| none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    pub(crate) fn filled() -> Typed {
        let typed = Typed::default().with("pension", "yes").with("name", "母");
        typed.with("time", "year")
    }

    #[test]
    fn questions_follow_each_other_and_carry_the_answers() {
        assert_eq!(Question::named("what").next().and_then(Question::next), Some(Question::Time));
        assert_eq!(Question::Time.next(), None);
        let typed = filled().with("city/infants", "yes");
        let yes = || "yes".to_owned();
        let expected: [Hidden; 3] = [
            ("pension".into(), yes()),
            ("time".into(), "year".to_owned()),
            ("city/infants".into(), yes()),
        ];
        assert_eq!(carried(&typed, Some(Question::Name)), expected);
        let names = carried(&typed, Some(Question::What)).into_iter().map(|(name, _)| name);
        assert_eq!(names.collect::<Vec<_>>(), ["name", "time"]);
        for question in Question::ALL {
            assert_eq!(question.problem(&filled(), TODAY), None);
            assert!(question.problem(&Typed::default(), TODAY).is_some());
            assert_eq!(Question::named(question.name()), question);
        }
    }

    #[test]
    fn declared_services_alone_will_do() {
        let typed = Typed::default().with("name", "母").with("time", "year");
        assert!(read(&typed, TODAY).is_err());
        let only = read(&typed.with("city/infants", "yes").with("no service", "yes"), TODAY);
        let only = only.unwrap();
        assert_eq!(only.validate(TODAY), Ok(()));
        assert_eq!(only.declared, ["city/infants".parse().unwrap()]);
        assert!(only.services.is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_sound_or_refused(
            name in ".{0,50}", time in "month|half|year|.{0,4}", history in any::<bool>(),
        ) {
            let typed = filled().with("name", &name).with("time", &time);
            let typed = if history { typed.with("history", "yes") } else { typed };
            if let Ok(request) = read(&typed, TODAY) {
                prop_assert_eq!(request.validate(TODAY), Ok(()));
                prop_assert_eq!(request.history, history);
            }
        }
    }
}
