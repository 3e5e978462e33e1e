//! The manual's table of events and fields, made from the code.

use std::fmt::Write as _;

use crate::action::Action;

/// Every field of an entry, with who reads what from it.
pub const FIELDS: [(&str, &str); 15] = [
    ("action", "What happened: the name in the table above."),
    (
        "actor",
        "Who acted: `oneself` (the subject), `staff` with the organisation's code and name and a \
         pseudonym of the member, a `party` of the federation, or the other `person` of a mandate, \
         by its id and what the subject calls them.",
    ),
    ("asked", "What was asked for: services or fields; of `events-erased` the indices."),
    ("at", "When the log took the event, UTC."),
    ("check_number", "認証番号 of an eligibility check."),
    ("client", "The server that asked, by the party name of its certificate."),
    (
        "ground",
        "Why it was allowed: `oneself`, `law:eligibility-for-treatment`, `consent:` and the id of \
         its receipt, `emergency:` with the id and the reason that was given, or `mandate:` and \
         its id; of applications `application:` and its number; of disputes `check:` and the number of the answer that is questioned; of \
         `events-erased` who ordered it; of `link-refused` what staff wrote; of \
         `guardian-proposed` the kind of paper and its date.",
    ),
    (
        "outcome",
        "What came of it: `done`, `shown`, `answered` with the verdict or the finding, `empty`, `refused` or \
         `failed` with the code.",
    ),
    ("previous", "The leaf hash, in hex, of the subject's event before this one in the series."),
    ("purpose", "What for (利用目的)."),
    ("salt", "128 random bits in hex: nobody can guess an entry and try it against its leaf."),
    (
        "sequence",
        "Running number among the subject's events of the series, from 1; 0 without a subject.",
    ),
    ("source", "The holder that was asked, by the identifier of its connector."),
    ("subject", "Whom it is about: a pseudonym that only the log's owner uses."),
    ("version", "Of this form: 1."),
];

/// The page of the manual.
pub fn document() -> String {
    let mut text = String::from(
        "# Events of the access log\n\nMade by `warifu log events` from the code; not to be edited \
         by hand.\n\n| event | series | what happened |\n|---|---|---|\n",
    );
    for action in Action::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            action.name(),
            action.series().name(),
            action.meaning()
        );
    }
    text.push_str(
        "\nThe series `disclosure` is what the person sees as access history; `administration` is \
         what was changed or issued for the person.\n\nAn entry is a JSON object with its members \
         in alphabetical order and no blanks (RFC 8785); members without a value are left out. Its \
         leaf in the tree is `SHA-256(0x00 || entry)`.\n\n| field | meaning |\n|---|---|\n",
    );
    for (name, meaning) in FIELDS {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Entry, Place, tests::check_of};

    #[test]
    fn the_manual_is_the_one_that_the_code_makes() {
        let written = include_str!("../../../docs/access-log.md");
        assert_eq!(written, document(), "run `warifu log events > docs/access-log.md`");
    }

    #[test]
    fn every_field_of_an_entry_is_in_the_table() {
        let place = Place {
            at: "2026-11-20T00:00:00Z".parse().unwrap(),
            sequence: 1,
            previous: Some("ab".repeat(32)),
            salt: "cd".repeat(16),
        };
        let mut event = check_of(Some("subject"));
        event.ground = Some("consent".into());
        let entry = serde_json::to_value(Entry::new(event, place)).unwrap();
        let mut names: Vec<_> = entry.as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(names, FIELDS.map(|(name, _)| name));
    }
}
