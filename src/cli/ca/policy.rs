//! The tables of the certificate policy, as they stand in the documentation.

use std::fmt::Write as _;

use clap::ValueEnum;
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
}

/// The table in Markdown.
pub fn table(table: Table, arc: &PolicyArc) -> String {
    match table {
        Table::Policies => policies(arc),
        Table::Keys => keys(arc),
        Table::Profiles => profiles(arc),
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
        for (name, which) in
            [("policies", Table::Policies), ("keys", Table::Keys), ("profiles", Table::Profiles)]
        {
            let mark = format!("<!-- made by: warifu ca policy {name} -->\n");
            let (_, after) = document.split_once(&mark).expect(name);
            let (stated, _) = after.split_once("<!-- end -->").expect(name);
            assert_eq!(stated, table(which, &PolicyArc::default()), "{name}");
        }
    }
}
