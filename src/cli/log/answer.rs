//! What a check found, in words or in JSON.

use serde::Serialize;
use serde_json::Value;
use warifu_log::{Actor, Entry, Outcome};

use super::files::{Event, Shown};

/// Says what the files show.
pub fn give(shown: &[Shown], json: bool) -> anyhow::Result<()> {
    say(&shown, json, &shown.iter().map(told).collect::<String>())
}

/// `value` for machines, or `text` for people.
pub fn say(value: &impl Serialize, json: bool, text: &str) -> anyhow::Result<()> {
    if json {
        return Ok(super::super::print(&(serde_json::to_string_pretty(value)? + "\n"))?);
    }
    Ok(super::super::print(text)?)
}

fn told(shown: &Shown) -> String {
    let what = match (&shown.event, shown.series) {
        (Some(event), _) => one(event),
        (None, Some(series)) => format!(
            "{} events of one subject's series ({series}), {} of them erased, without a gap.\n",
            shown.events, shown.erased
        ),
        (None, None) => {
            format!("The whole log: {} events, {} of them erased.\n", shown.events, shown.erased)
        }
    };
    let witnesses: String = if shown.witnessed_by.is_empty() {
        "  witnessed by   nobody whose key was given\n".to_owned()
    } else {
        let line =
            |seen: &super::files::Seen| format!("  witnessed by   {} at {}\n", seen.name, seen.at);
        shown.witnessed_by.iter().map(line).collect()
    };
    format!(
        "{}: genuine\n{what}  tree head      {} events, {}\n  signed by      {}\n{witnesses}",
        shown.file, shown.tree_size, shown.tree_head, shown.signed_by
    )
}

fn one(event: &Event) -> String {
    let Entry { action, at, asked, outcome, purpose, ground, source, sequence, .. } = &event.entry;
    let line = |name: &str, text: &str| format!("  {name:<14} {text}\n");
    let optional = |name, text: &Option<String>| {
        text.as_deref().map(|text| line(name, text)).unwrap_or_default()
    };
    [
        line("event", &event.index.to_string()),
        line("when", &at.to_string()),
        line("what", &format!("{}: {}", action.name(), asked.join(", "))),
        line("who", &who(&event.entry.actor)),
        line("result", &came(outcome)),
        optional("purpose", purpose),
        optional("ground", ground),
        optional("holder", source),
        optional("認証番号", &event.entry.check_number),
        line("number", &format!("{sequence} of the subject's series ({})", event.series)),
    ]
    .concat()
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Oneself => "the person".to_owned(),
        Actor::Staff { code, name, .. } => format!("{name} ({code})"),
        Actor::Party { name } => format!("the party {name}"),
        Actor::Person { name, .. } => format!("another person, {name}"),
    }
}

/// In the words of the log.
fn came(outcome: &Outcome) -> String {
    match serde_json::to_value(outcome) {
        Ok(Value::String(word)) => word,
        Ok(Value::Object(members)) => {
            let said = members.iter().map(|(word, what)| match what {
                Value::String(what) => format!("{word}: {what}"),
                other => format!("{word}: {other}"),
            });
            said.collect()
        }
        _ => String::new(),
    }
}
