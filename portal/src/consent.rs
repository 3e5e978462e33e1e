//! The form by which a resident lets others read: what, to whom, until when.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use warifu_contract::consent::{ConsentReader, ConsentRequest, ConsentScope};
use warifu_contract::history::Purpose;
use warifu_contract::records::Service;
use warifu_contract::services::ServiceId;

use crate::form::{FieldProblem, Gathered, Shape, Typed};

/// The version of the sentences on the page.
const TEXT_VERSION: &str = "2026-11";

/// The field that names a declared service, where its page leads here.
pub const DECLARED: &str = "declared";

/// Step one: what.
pub const WHAT: [Shape; 4] = [
    Shape::tick("insurance", "consent-what-insurance"),
    Shape::tick("expenses", "consent-what-expenses"),
    Shape::tick("checkup", "consent-what-checkup"),
    Shape::tick("pension", "consent-what-pension"),
];
/// Step two: to whom.
pub const WHOM: [Shape; 3] = [
    Shape::one_of(
        "whom",
        "consent-whom-label",
        &[
            ("care", "consent-whom-care"),
            ("health-guidance", "consent-whom-guidance"),
            ("emergency", "consent-whom-emergency"),
            ("procedure", "consent-whom-procedure"),
        ],
    ),
    Shape {
        hint: Some("consent-code-hint"),
        digits: true,
        ..Shape::line("code", "consent-code-label", 10)
    },
    Shape::line("name", "consent-name-label", 80),
];
/// Step three: until when.
pub const UNTIL: [Shape; 1] = [Shape::one_of(
    "time",
    "consent-time-label",
    &[
        ("month", "consent-time-month"),
        ("half", "consent-time-half"),
        ("year", "consent-time-year"),
        ("five", "consent-time-five"),
    ],
)];

/// What the form holds at first.
pub fn empty() -> Typed {
    Typed::default().with("whom", "care").with("time", "half")
}

/// Every field and what stands in it, to be carried over the summary.
pub fn carried(typed: &Typed) -> Vec<(&'static str, String)> {
    let all = WHAT.iter().chain(&WHOM).chain(&UNTIL);
    let names = all.map(|shape| shape.name).chain([DECLARED]);
    let filled = names.map(|name| (name, typed.at(name).to_owned()));
    filled.filter(|(_, value)| !value.is_empty()).collect()
}

/// What the form asks for on the day `today`, or what is wrong with it.
pub fn read(typed: &Typed, today: Date) -> Result<ConsentRequest, Vec<FieldProblem>> {
    let mut gathered = Gathered::default();
    let declared: Vec<ServiceId> = typed.at(DECLARED).parse().into_iter().collect();
    let services = gathered.take(services(typed, &declared));
    let reader = gathered.take(reader(typed));
    let until = gathered.take(until(typed, today));
    match (services, reader, until) {
        (Some(services), Some((reader, purpose)), Some(until)) => Ok(ConsentRequest {
            scope: ConsentScope { services, declared, source: None },
            reader,
            purpose,
            from: today,
            until,
            text_version: TEXT_VERSION.to_owned(),
        }),
        _ => Err(gathered.0),
    }
}

fn services(typed: &Typed, declared: &[ServiceId]) -> Result<Vec<Service>, FieldProblem> {
    let ticked = Service::ALL.into_iter().filter(|service| typed.ticked(service.as_str()));
    let services: Vec<_> = ticked.collect();
    let none = FieldProblem { field: "insurance", key: "consent-what-none" };
    if services.is_empty() && declared.is_empty() { Err(none) } else { Ok(services) }
}

fn reader(typed: &Typed) -> Result<(ConsentReader, Purpose), FieldProblem> {
    let purpose = match typed.at("whom") {
        "care" => Purpose::Care,
        "health-guidance" => Purpose::HealthGuidance,
        "procedure" => Purpose::Procedure,
        "emergency" => return Ok((ConsentReader::AnyClinicInEmergency, Purpose::Emergency)),
        _ => return Err(FieldProblem { field: "whom", key: "consent-whom-none" }),
    };
    let (code, name) = (typed.at("code"), typed.at("name"));
    // A city has the six digits of 全国地方公共団体コード.
    let digits = if purpose == Purpose::Procedure { 6 } else { 10 };
    if code.len() != digits || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldProblem { field: "code", key: "consent-code-wrong" });
    }
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(FieldProblem { field: "name", key: "consent-name-none" });
    }
    Ok((ConsentReader::Organization { code: code.to_owned(), name: name.to_owned() }, purpose))
}

fn until(typed: &Typed, today: Date) -> Result<Date, FieldProblem> {
    let span: Span = match typed.at("time") {
        "month" => 1.month(),
        "half" => 6.months(),
        "year" => 1.year(),
        "five" => 5.years(),
        _ => return Err(FieldProblem { field: "time", key: "consent-time-none" }),
    };
    today.checked_add(span).map_err(|_| FieldProblem { field: "time", key: "consent-time-none" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    fn filled() -> Typed {
        empty().with("pension", "yes").with("code", "1310000001").with("name", "第一診療所")
    }

    fn wrong(typed: &Typed) -> Vec<&'static str> {
        let problems = read(typed, TODAY).unwrap_err();
        problems.iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_filled_form_is_a_sound_request() {
        let request = read(&filled(), TODAY).unwrap();
        assert_eq!(request.until, date(2027, 5, 20));
        assert_eq!(request.scope.services, [Service::Pension]);
        let five = read(&filled().with("time", "five"), TODAY).unwrap();
        for request in [request, five] {
            assert_eq!(request.validate(TODAY), Ok(()));
        }
        let emergency = empty().with("whom", "emergency").with("checkup", "yes");
        assert_eq!(read(&emergency, TODAY).unwrap().validate(TODAY), Ok(()));
    }

    #[test]
    fn every_gap_is_named_at_once() {
        assert_eq!(wrong(&empty()), ["insurance", "code"]);
        assert_eq!(wrong(&filled().with("name", " ").with("time", "ever")), ["name", "time"]);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_sound_or_refused(
            whom in "care|health-guidance|emergency|.{0,5}",
            code in "[0-9]{10}|.{0,12}",
            name in ".{0,90}",
            time in "month|half|year|five|.{0,4}",
        ) {
            let typed = filled().with("whom", &whom).with("code", &code).with("name", &name);
            if let Ok(request) = read(&typed.with("time", &time), TODAY) {
                prop_assert_eq!(request.validate(TODAY), Ok(()));
            }
        }
    }
}
