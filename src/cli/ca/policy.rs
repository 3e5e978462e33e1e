//! The tables of the certificate policy, as they stand in the documentation.

use std::fmt::Write as _;

use clap::ValueEnum;
use warifu_office::life::{self, Deed, Target};
use warifu_pki::{PolicyArc, PolicyKind, Profile, ProfileDescription};

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// The policies under the arc.
    Policies,
    /// The keys that each profile takes.
    Keys,
    /// What stands in each profile's certificates.
    Profiles,
    /// The steps in a card's life.
    Steps,
}

/// The table in Markdown.
pub fn table(table: Table, arc: &PolicyArc) -> String {
    match table {
        Table::Policies => policies(arc),
        Table::Keys => keys(arc),
        Table::Profiles => profiles(arc),
        Table::Steps => steps(),
    }
}

fn policies(arc: &PolicyArc) -> String {
    let mut out = "| policy | identifier | says |\n|---|---|---|\n".to_owned();
    for kind in PolicyKind::ALL {
        let (name, meaning) = match kind {
            PolicyKind::CardAuthentication => {
                ("card-authentication", "the key signs after the holder's PIN only")
            }
            PolicyKind::CardPresence => {
                ("card-presence", "the key signs without a PIN: the card is here, no more")
            }
            PolicyKind::StaffAuthentication => {
                ("staff-authentication", "as card-authentication, for who works for a party")
            }
        };
        let _ = writeln!(out, "| {name} | {} | {meaning} |", arc.id(kind));
    }
    out
}

fn keys(arc: &PolicyArc) -> String {
    let mut out = "| profile | keys | longest life |\n|---|---|---|\n".to_owned();
    for row in rows(arc) {
        let _ = writeln!(out, "| {} | {} | {} |", row.name, row.keys.join(", "), life(&row));
    }
    out
}

fn profiles(arc: &PolicyArc) -> String {
    let mut out = "| profile | issued by | subject | key usage | extended key usage | policies |\n\
                   |---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows(arc) {
        let purposes: Vec<String> =
            row.key_purposes.iter().map(|one| format!("{} ({})", one.name, one.id)).collect();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            row.name,
            row.issued_by.unwrap_or("itself"),
            row.subject,
            row.key_usage.join(", "),
            or_none(&purposes),
            or_none(&row.policies),
        );
    }
    out
}

fn steps() -> String {
    let mut out =
        "| event | from | to | by | never by whoever |\n|---|---|---|---|---|\n".to_owned();
    for rule in life::TABLE {
        let from: Vec<_> = rule.from.iter().map(|stage| stage.as_str().to_owned()).collect();
        let to = match rule.to {
            Target::To(stage) => stage.as_str().to_owned(),
            Target::Stay => "stays".to_owned(),
            Target::Back => "where it was before".to_owned(),
        };
        let by: Vec<_> = rule.by.iter().map(|role| role.name().to_owned()).collect();
        let apart: Vec<_> = rule.apart_from.iter().map(|deed| did(*deed).to_owned()).collect();
        let (event, from) = (rule.step.event(), or_none(&from));
        let by = if by.is_empty() { "itself, or another party".to_owned() } else { by.join(", ") };
        let _ = writeln!(out, "| {event} | {from} | {to} | {by} | {} |", or_none(&apart));
    }
    out
}

fn did(deed: Deed) -> &'static str {
    match deed {
        Deed::Took => "took the application",
        Deed::Proved => "asked the register",
        Deed::Resolved => "resolved the doubt",
        Deed::Suspended => "suspended it",
        Deed::ProposedEnd => "said that the holder is gone",
    }
}

fn rows(arc: &PolicyArc) -> Vec<ProfileDescription> {
    Profile::all().iter().map(|profile| profile.describe(arc)).collect()
}

fn or_none(words: &[String]) -> String {
    if words.is_empty() { "—".to_owned() } else { words.join(", ") }
}

fn life(row: &ProfileDescription) -> String {
    match row.longest_days {
        days if days % 366 == 0 => format!("{} years", days / 366),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation states facts between marks, and they are these.
    #[test]
    fn the_certificate_policy_states_what_the_profiles_are() {
        let document = include_str!("../../../docs/certificate-policy.md");
        for which in Table::value_variants() {
            let value = which.to_possible_value().unwrap();
            let name = value.get_name();
            let mark = format!("<!-- made by: warifu ca policy {name} -->\n");
            let (_, after) = document.split_once(&mark).expect(name);
            let (stated, _) = after.split_once("<!-- end -->").expect(name);
            assert_eq!(stated, table(*which, &PolicyArc::default()), "{name}");
        }
    }
}
