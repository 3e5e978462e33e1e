//! The forms about guardians: what a guardian asks for, and what staff write of the papers.

use jiff::ToSpan as _;
use jiff::civil::Date;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::identity::FourItems;
use warifu_contract::mandate::guardian::{
    ApplicationRequest, Capacity, LONGEST_NOTE, Paper, ProposalRequest,
};
use warifu_contract::mandate::{InviteCode, LONGEST_NAME};

use crate::dates::input::parse;
use crate::desk::input::{self, RawCheck};
use crate::form::{FieldProblem, Gathered, Shape, Typed};
use crate::office::person;
use crate::proxies;

/// The version of the sentences on the pages.
const TEXT_VERSION: &str = "2026-11";
/// The fields of a second card, by those of the first.
const MORE: [(&str, &str); 4] = [
    ("insurer", "more_insurer"),
    ("symbol", "more_symbol"),
    ("number", "more_number"),
    ("branch", "more_branch"),
];
/// Characters of a date with its era.
const LONGEST_DATE: usize = 32;

/// What the guardian fills in.
pub const APPLICATION: [Shape; 7] = [
    Shape::one_of(
        "capacity",
        "guardian-capacity",
        &[
            ("parent", "guardian-capacity-parent"),
            ("minors-guardian", "guardian-capacity-minors-guardian"),
            ("adults-guardian", "guardian-capacity-adults-guardian"),
            ("curator", "guardian-capacity-curator"),
            ("assistant", "guardian-capacity-assistant"),
        ],
    ),
    Shape::line("name", "guardian-name", LONGEST_NAME),
    Shape::line("own_name", "guardian-own-name", LONGEST_NAME),
    Shape::tick("insurance", "consent-what-insurance"),
    Shape::tick("checkup", "consent-what-checkup"),
    Shape::tick("pension", "consent-what-pension"),
    Shape::tick("history", "proxy-what-history"),
];

/// What the clerk writes of the papers and of the insurance card beside them.
pub const PAPERS: [Shape; 13] = [
    Shape::one_of(
        "paper",
        "guardian-paper",
        &[
            ("family-register", "guardian-paper-family-register"),
            ("resident-record", "guardian-paper-resident-record"),
            ("guardianship-certificate", "guardian-paper-guardianship-certificate"),
            ("court-decision", "guardian-paper-court-decision"),
        ],
    ),
    Shape {
        width: "date",
        hint: Some("desk-birth-hint"),
        ..Shape::line("dated", "guardian-dated", LONGEST_DATE)
    },
    Shape::one_of(
        "end",
        "guardian-end",
        &[("limit", "guardian-end-limit"), ("year", "guardian-end-year")],
    ),
    Shape { digits: true, ..Shape::line("insurer", "desk-insurer-number", 16) },
    Shape::line("symbol", "desk-symbol", 40),
    Shape::line("number", "desk-number", 40),
    Shape { width: "narrow", digits: true, ..Shape::line("branch", "desk-branch", 4) },
    Shape {
        width: "date",
        hint: Some("desk-birth-hint"),
        ..Shape::line("birth", "guardian-birth", LONGEST_DATE)
    },
    Shape {
        hint: Some("guardian-more-hint"),
        digits: true,
        ..Shape::line("more_insurer", "guardian-more-insurer", 16)
    },
    Shape::line("more_symbol", "guardian-more-symbol", 40),
    Shape::line("more_number", "guardian-more-number", 40),
    Shape {
        width: "narrow",
        digits: true,
        ..Shape::line("more_branch", "guardian-more-branch", 4)
    },
    Shape {
        hint: Some("guardian-note-hint"),
        ..Shape::line("note", "guardian-note", LONGEST_NOTE)
    },
];

/// Whom the papers name, by the four items besides the birth date: for holders who know no insurance
/// cards.
pub const WARD: [Shape; 4] = [
    Shape { hint: Some("guardian-ward-hint"), ..Shape::line("name", "guardian-ward-name", 100) },
    Shape { hint: Some("person-kana-hint"), ..Shape::line("kana", "guardian-ward-kana", 100) },
    Shape::one_of("sex", "guardian-ward-sex", &[("male", "sex-male"), ("female", "sex-female")]),
    Shape {
        width: "broad",
        hint: Some("person-address-hint"),
        ..Shape::line("address", "guardian-ward-address", 200)
    },
];

/// The insurance card by which staff find who reads for the person on it.
pub const CARD: [Shape; 5] = [
    Shape { digits: true, ..Shape::line("insurer", "desk-insurer-number", 16) },
    Shape::line("symbol", "desk-symbol", 40),
    Shape::line("number", "desk-number", 40),
    Shape { width: "narrow", digits: true, ..Shape::line("branch", "desk-branch", 4) },
    Shape {
        width: "date",
        hint: Some("desk-birth-hint"),
        ..Shape::line("birth", "guardian-birth", LONGEST_DATE)
    },
];

/// Why staff stop what staff registered.
pub const WHY_STOP: [Shape; 1] = [Shape::one_of(
    "reason",
    "guardian-stop-why",
    &[
        ("changed", "guardian-stop-changed"),
        ("can-act", "guardian-stop-can-act"),
        ("kept-away", "guardian-stop-kept-away"),
        ("mistaken", "guardian-stop-mistaken"),
    ],
)];

/// Why staff say no.
pub const WHY: [Shape; 1] = [Shape::one_of(
    "reason",
    "guardian-why",
    &[
        ("papers", "guardian-why-papers"),
        ("other-person", "guardian-why-other-person"),
        ("can-act", "guardian-why-can-act"),
        ("kept-away", "guardian-why-kept-away"),
    ],
)];

/// What the guardian asks for, or what is wrong with it.
pub fn application(typed: &Typed) -> Result<ApplicationRequest, Vec<FieldProblem>> {
    let mut gathered = Gathered::default();
    let capacity = Capacity::ALL.into_iter().find(|one| one.as_str() == typed.at("capacity"));
    let none = FieldProblem { field: "capacity", key: "guardian-capacity-none" };
    let capacity = gathered.take(capacity.ok_or(none));
    let name = gathered.take(name(typed, "name"));
    let own_name = gathered.take(self::name(typed, "own_name"));
    let services = gathered.take(proxies::services(typed));
    match (capacity, name, own_name, services) {
        (Some(capacity), Some(name), Some(own_name), Some(services)) => Ok(ApplicationRequest {
            capacity,
            services,
            declared: proxies::declared(typed),
            history: typed.ticked("history"),
            name,
            own_name,
            text_version: TEXT_VERSION.to_owned(),
        }),
        _ => Err(gathered.0),
    }
}

fn name(typed: &Typed, field: &'static str) -> Result<String, FieldProblem> {
    let name = typed.at(field);
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count());
    let is_name = is_name && !name.chars().any(char::is_control);
    let wrong = FieldProblem { field, key: "proxy-name-wrong" };
    if is_name { Ok(name.to_owned()) } else { Err(wrong) }
}

/// What staff propose for an application in that `capacity`, on `today`; or what is wrong with it.
pub fn proposal(
    typed: &Typed,
    code: InviteCode,
    capacity: Capacity,
    today: Date,
) -> Result<ProposalRequest, Vec<FieldProblem>> {
    let mut gathered = Gathered::default();
    let paper = Paper::ALL.into_iter().find(|one| one.as_str() == typed.at("paper"));
    let paper = paper.filter(|paper| paper.proves(capacity));
    let unfit = FieldProblem { field: "paper", key: "guardian-paper-unfit" };
    let paper = gathered.take(paper.ok_or(unfit));
    let undated = FieldProblem { field: "dated", key: "guardian-dated-wrong" };
    let dated = gathered.take(parse(typed.at("dated")).map_err(|_| undated));
    let card = card(typed, today).map_err(|problems| gathered.0.extend(problems)).ok();
    let more = another_card(typed, today).map_err(|problems| gathered.0.extend(problems)).ok();
    let birth = card.as_ref().map(|card| card.birth_date);
    let until = birth.and_then(|birth| gathered.take(until(typed, capacity, birth, today)));
    let (Some(paper), Some(dated), Some((ward, until)), Some(more)) =
        (paper, dated, card.zip(until), more)
    else {
        return Err(gathered.0);
    };
    let more = more.into_iter().collect();
    let note = Some(typed.at("note").to_owned()).filter(|note| !note.is_empty());
    let request = ProposalRequest { code, paper, dated, until, ward, more, holder: None, note };
    request.validate(capacity, today).map_err(|_| vec![undated])?;
    Ok(request)
}

/// Whom the papers name, if that was typed, or what is wrong with it; what is wrong with the birth
/// date is said beside the insurance card.
pub fn ward(typed: &Typed, today: Date) -> Result<Option<FourItems>, Vec<FieldProblem>> {
    if WARD.iter().all(|shape| typed.at(shape.name).is_empty()) {
        return Ok(None);
    }
    let mut gathered = Gathered::default();
    let items = person::items(typed, today, &mut gathered);
    items
        .map(Some)
        .ok_or_else(|| gathered.0.into_iter().filter(|problem| problem.field != "birth").collect())
}

fn until(
    typed: &Typed,
    capacity: Capacity,
    birth: Date,
    today: Date,
) -> Result<Date, FieldProblem> {
    let of_age = FieldProblem { field: "birth", key: "guardian-of-age" };
    let latest = capacity.latest_end(birth, today).ok_or(of_age)?;
    match typed.at("end") {
        "limit" => Ok(latest),
        "year" => Ok(latest.min(today.checked_add(1.year()).unwrap_or(latest))),
        _ => Err(FieldProblem { field: "end", key: "guardian-end-none" }),
    }
}

/// The insurance card that was typed, or what is wrong with it.
pub fn card(typed: &Typed, today: Date) -> Result<TypedCard, Vec<FieldProblem>> {
    input::read(&raw(typed), today).map(|check| check.card)
}

/// The same person's card of another insurer, where one was typed.
fn another_card(typed: &Typed, today: Date) -> Result<Option<TypedCard>, Vec<FieldProblem>> {
    let at = |name| typed.at(name).to_owned();
    let [insurer, symbol, number, branch] = MORE.map(|(_, name)| at(name));
    if [&insurer, &symbol, &number, &branch].into_iter().all(String::is_empty) {
        return Ok(None);
    }
    let raw =
        RawCheck { insurer, symbol, number, branch, birth: at("birth"), ..RawCheck::default() };
    let named = |problem: FieldProblem| {
        let (_, field) = MORE.into_iter().find(|(known, _)| *known == problem.field)?;
        Some(FieldProblem { field, ..problem })
    };
    match input::read(&raw, today) {
        Ok(check) => Ok(Some(check.card)),
        // What is wrong with the birth date is said once, beside the first card.
        Err(problems) => Err(problems.into_iter().filter_map(named).collect()),
    }
}

fn raw(typed: &Typed) -> RawCheck {
    let at = |name| typed.at(name).to_owned();
    RawCheck {
        insurer: at("insurer"),
        symbol: at("symbol"),
        number: at("number"),
        branch: at("branch"),
        birth: at("birth"),
        ..RawCheck::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    fn papers() -> Typed {
        [
            ("paper", "family-register"),
            ("dated", "2026-11-01"),
            ("end", "limit"),
            ("insurer", "33333333"),
            ("symbol", "52"),
            ("number", "2007"),
            ("branch", "2"),
            ("birth", "2015-06-01"),
        ]
        .into_iter()
        .fold(Typed::default(), |typed, (name, value)| typed.with(name, value))
    }

    fn wrong(typed: &Typed) -> Vec<&'static str> {
        let code = InviteCode::new([7; 16]);
        let read = proposal(typed, code, Capacity::Parent, TODAY);
        read.err().unwrap_or_default().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn papers_give_the_end_by_law_and_every_gap_is_named() {
        let code = || InviteCode::new([7; 16]);
        let read = proposal(&papers(), code(), Capacity::Parent, TODAY).unwrap();
        assert_eq!((read.until, read.note), (date(2033, 5, 31), None));
        let year = papers().with("end", "year");
        let read = proposal(&year, code(), Capacity::Parent, TODAY).unwrap();
        assert_eq!(read.until, date(2027, 11, 20));
        let fields = wrong(&Typed::default());
        assert_eq!(fields, ["paper", "dated", "insurer", "number", "birth"]);
        assert_eq!(wrong(&papers().with("birth", "2000-01-01")), ["birth"], "of age");
        assert_eq!(wrong(&papers().with("paper", "guardianship-certificate")), ["paper"]);
        assert_eq!(wrong(&papers().with("dated", "2020-01-01")), ["dated"]);
    }

    #[test]
    fn whom_the_papers_name_is_read_whole_or_not_at_all() {
        assert_eq!(ward(&papers(), TODAY), Ok(None));
        let half = papers().with("name", "認証　双一郎").with("kana", "にんしょう そういちろう");
        let missing = ward(&half, TODAY).unwrap_err();
        assert_eq!(missing.iter().map(|one| one.field).collect::<Vec<_>>(), ["sex", "address"]);
        let whole = half.with("sex", "male").with("address", "香川県高松市今里町3-7-15");
        let read = ward(&whole, TODAY).unwrap().unwrap();
        assert_eq!((read.name.as_str(), read.birth_date), ("認証 双一郎", date(2015, 6, 1)));
        let unborn = whole.with("birth", "");
        assert_eq!(ward(&unborn, TODAY), Err(Vec::new()), "said beside the card");
    }

    #[test]
    fn a_second_card_is_read_where_there_is_one() {
        let with = |typed: &Typed| {
            let code = InviteCode::new([7; 16]);
            proposal(typed, code, Capacity::Parent, TODAY).map(|request| request.more)
        };
        assert_eq!(with(&papers()), Ok(Vec::new()));
        let second = papers().with("more_insurer", "111112").with("more_number", "001");
        let [card] = &with(&second.clone()).unwrap()[..] else { panic!("one more") };
        assert_eq!((card.number.as_str(), card.birth_date), ("001", date(2015, 6, 1)));
        let gap = papers().with("more_insurer", "111112");
        assert_eq!(wrong(&gap), ["more_number"]);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_sound_or_refused(
            name in ".{0,50}", capacity in "parent|curator|.{0,4}", birth in ".{0,12}|2015-06-01",
        ) {
            let typed = Typed::default().with("capacity", &capacity).with("name", &name);
            let typed = typed.with("own_name", "母").with("pension", "yes");
            if let Ok(request) = application(&typed) {
                prop_assert_eq!(request.validate(), Ok(()));
            }
            let typed = papers().with("birth", &birth);
            let code = InviteCode::new([7; 16]);
            if let Ok(request) = proposal(&typed, code, Capacity::Parent, TODAY) {
                prop_assert_eq!(request.validate(Capacity::Parent, TODAY), Ok(()));
            }
        }
    }
}
