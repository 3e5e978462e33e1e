//! The form of an announcement.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz};
use warifu_contract::records::DisplayName;

use super::{Announcement, Deed, Kind};
use crate::form::{FieldProblem, Gathered, Input, Shape, Typed};

/// The longest that one is told.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);
const LINE: usize = 80;
const TEXT: usize = 600;

/// Its fields.
pub const FIELDS: [Shape; 9] = [
    Shape::one_of(
        "kind",
        "announce-kind",
        &[
            ("outage", "announce-kind-outage"),
            ("maintenance", "announce-kind-maintenance"),
            ("news", "announce-kind-news"),
        ],
    ),
    Shape { hint: Some("announce-moment-hint"), ..Shape::line("from", "announce-from", 20) },
    Shape { hint: Some("announce-moment-hint"), ..Shape::line("until", "announce-until", 20) },
    Shape::line("sender_ja", "announce-sender-ja", LINE),
    Shape::line("sender_en", "announce-sender-en", LINE),
    Shape::line("title_ja", "announce-title-ja", LINE),
    Shape { input: Input::Lines, ..Shape::line("text_ja", "announce-text-ja", TEXT) },
    Shape::line("title_en", "announce-title-en", LINE),
    Shape { input: Input::Lines, ..Shape::line("text_en", "announce-text-en", TEXT) },
];

/// What was typed, as `published` under `id`; or what is wrong with it.
pub fn read(typed: &Typed, id: String, published: Deed) -> Result<Announcement, Vec<FieldProblem>> {
    let mut gathered = Gathered::default();
    let kind =
        gathered.take(Kind::named(typed.at("kind")).ok_or(wrong("kind", "announce-no-kind")));
    let from = gathered.take(moment(typed, "from"));
    let until = gathered.take(moment(typed, "until"));
    let until = until.and_then(|until| gathered.take(ends(until, from, published.at)));
    let sender = both(typed, &mut gathered, ["sender_ja", "sender_en"], LINE);
    let title = both(typed, &mut gathered, ["title_ja", "title_en"], LINE);
    let text = both(typed, &mut gathered, ["text_ja", "text_en"], TEXT);
    match (kind, from, until, sender, title, text) {
        (Some(kind), Some(from), Some(until), Some(sender), Some(title), Some(text)) => {
            let withdrawn = None;
            Ok(Announcement { id, kind, title, text, sender, from, until, published, withdrawn })
        }
        _ => Err(gathered.0),
    }
}

fn both(
    typed: &Typed,
    gathered: &mut Gathered,
    [ja, en]: [&'static str; 2],
    longest: usize,
) -> Option<DisplayName> {
    let ja = gathered.take(words(typed, ja, longest));
    let en = gathered.take(words(typed, en, longest));
    Some(DisplayName { ja: ja?, en: en? })
}

fn words(typed: &Typed, field: &'static str, longest: usize) -> Result<String, FieldProblem> {
    let text = typed.at(field);
    let may_break = longest == TEXT;
    let is_plain = text.chars().all(|c| !c.is_control() || may_break && matches!(c, '\r' | '\n'));
    match text.chars().count() {
        0 => Err(wrong(field, "announce-empty")),
        n if n <= longest && is_plain => Ok(text.to_owned()),
        _ => Err(wrong(field, "announce-long")),
    }
}

/// `2026-11-25 09:00`, in Japan; a slash, a `T` and full-width digits will do.
fn moment(typed: &Typed, field: &'static str) -> Result<Timestamp, FieldProblem> {
    let text: String = typed.at(field).chars().map(folded).collect();
    let parts: Vec<&str> = text.split([' ', 'T']).filter(|part| !part.is_empty()).collect();
    let read = DateTime::strptime("%Y-%m-%d %H:%M", parts.join(" ")).ok();
    read.and_then(|moment| tz::offset(9).to_timestamp(moment).ok())
        .ok_or(wrong(field, "announce-no-moment"))
}

fn folded(c: char) -> char {
    match c {
        '０'..='９' => {
            char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
        }
        '：' => ':',
        '/' | '／' | '－' => '-',
        '　' => ' ',
        other => other,
    }
}

/// It must end after it has begun, and not be over already.
fn ends(
    until: Timestamp,
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, FieldProblem> {
    let is_late = until <= now || from.is_some_and(|from| until <= from);
    if is_late || until.duration_since(now) > LONGEST {
        return Err(wrong("until", "announce-no-end"));
    }
    Ok(until)
}

const fn wrong(field: &'static str, key: &'static str) -> FieldProblem {
    FieldProblem { field, key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::now;
    use proptest::prelude::*;

    fn deed() -> Deed {
        Deed { at: now(), by: "見本 花子".into() }
    }

    fn typed() -> Typed {
        [
            ("kind", "maintenance"),
            ("from", "２０２６／１１／２５　９：００"),
            ("until", "2026-11-25T12:30"),
            ("sender_ja", "見本協議会"),
            ("sender_en", "Sample Consortium"),
            ("title_ja", "点検をします"),
            ("title_en", "Maintenance"),
            ("text_ja", "年金の記録を見られません。\r\nほかの記録は見られます。"),
            ("text_en", "No pension records."),
        ]
        .into_iter()
        .fold(Typed::default(), |typed, (name, value)| typed.with(name, value))
    }

    #[test]
    fn a_full_form_is_read() {
        let read = read(&typed(), "ab".repeat(16), deed()).unwrap();
        assert_eq!(read.from, "2026-11-25T00:00:00Z".parse().unwrap());
        assert_eq!(read.until, "2026-11-25T03:30:00Z".parse().unwrap());
        assert!(read.is_told(now()) && !read.has_begun(now()) && !read.is_told(read.until));
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let empty = read(&Typed::default(), String::new(), deed()).unwrap_err();
        let named: Vec<_> = empty.iter().map(|problem| problem.field).collect();
        assert_eq!(named.len(), FIELDS.len(), "{named:?}");
        for (field, value, key) in [
            ("until", "2026-11-24 09:00", "announce-no-end"),
            ("until", "2026-11-01 09:00", "announce-no-end"),
            ("until", "2036-11-01 09:00", "announce-no-end"),
            ("from", "あした", "announce-no-moment"),
            ("title_ja", "\u{7}", "announce-long"),
            ("kind", "party", "announce-no-kind"),
        ] {
            let wrong = read(&typed().with(field, value), String::new(), deed()).unwrap_err();
            assert_eq!(wrong, [FieldProblem { field, key }], "{value}");
        }
        let long = read(&typed().with("text_en", &"x".repeat(601)), String::new(), deed());
        assert_eq!(long.unwrap_err()[0].key, "announce-long");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_or_refused(text in any::<String>(), field in 0_usize..9) {
            let typed = typed().with(FIELDS[field].name, &text);
            if let Ok(read) = read(&typed, String::new(), deed()) {
                prop_assert!(read.text.ja.chars().count() <= TEXT && read.until > now());
            }
        }
    }
}
