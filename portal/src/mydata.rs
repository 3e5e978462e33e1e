//! A person's records as files to take home: JSON as they came, and CSV, one value a line.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use warifu_contract::records::Panel;

use crate::csv;

/// Bytes after which a piece of a file is sent.
const PIECE: usize = 32 * 1024;

/// The beginning of the JSON file.
pub fn json_start(made_at: Timestamp) -> String {
    format!("{{\"made_at\":\"{made_at}\",\"records\":[\n")
}

/// One answer in the JSON file; `first` has no comma before it.
pub fn json_panel(panel: &Panel, first: bool) -> String {
    let text = serde_json::to_string(panel).unwrap_or_else(|_| "null".to_owned());
    if first { text } else { format!(",\n{text}") }
}

/// Its end.
pub const JSON_END: &str = "\n]}\n";

/// The heads of the CSV file.
pub fn csv_start() -> String {
    let mut file = csv::File::default();
    file.row(["service", "source", "item", "value"]);
    file.into_text()
}

/// One answer in the CSV file, in pieces: every value with the way that leads to it.
pub fn csv_pieces(panel: &Panel) -> impl Iterator<Item = String> + Send + use<> {
    let source = panel.source.as_ref().map_or("", |source| source.ja.as_str()).to_owned();
    let service = panel.service.as_str();
    let mut values = Values::of(&panel.outcome);
    std::iter::from_fn(move || {
        let mut file = csv::File::default();
        while file.size() < PIECE
            && let Some((item, value)) = values.next()
        {
            file.row([service, &source, &item, &value]);
        }
        (file.size() > 0).then(|| file.into_rows())
    })
}

/// The single values of something, each with the way that leads to it, in their order.
struct Values {
    /// What is still to be looked at, the next one last.
    rest: Vec<(String, Value)>,
}

impl Values {
    fn of(whole: &impl Serialize) -> Self {
        let whole = serde_json::to_value(whole).unwrap_or_default();
        Self { rest: vec![(String::new(), whole)] }
    }

    fn go_into(&mut self, way: &str, parts: impl DoubleEndedIterator<Item = (String, Value)>) {
        let step = |name| if way.is_empty() { name } else { format!("{way}/{name}") };
        self.rest.extend(parts.rev().map(|(name, part)| (step(name), part)));
    }
}

impl Iterator for Values {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.rest.pop()? {
                (_, Value::Null) => {}
                (way, Value::Object(parts)) => self.go_into(&way, parts.into_iter()),
                (way, Value::Array(parts)) => {
                    let parts = parts.into_iter().enumerate();
                    let parts: Vec<_> =
                        parts.map(|(index, part)| ((index + 1).to_string(), part)).collect();
                    self.go_into(&way, parts.into_iter());
                }
                (way, Value::String(text)) => return Some((way, text)),
                (way, other) => return Some((way, other.to_string())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use warifu_contract::records::{PanelOutcome, Record, Service};

    #[test]
    fn the_json_file_is_whole() {
        let mut text = json_start(samples::now());
        for (index, service) in Service::ALL.into_iter().enumerate() {
            text += &json_panel(&samples::panel(service, samples::ready(service)), index == 0);
        }
        let read: Value = serde_json::from_str(&(text + JSON_END)).unwrap();
        assert_eq!(read["records"].as_array().unwrap().len(), Service::ALL.len());
        let panel: Panel = serde_json::from_value(read["records"][0].clone()).unwrap();
        assert_eq!(panel, samples::panel(Service::Insurance, samples::ready(Service::Insurance)));
    }

    #[test]
    fn each_value_is_a_line() {
        let panel = samples::panel(Service::Expenses, samples::ready(Service::Expenses));
        let text: String = csv_pieces(&panel).collect();
        assert!(text.contains("expenses,東京見本健康保険組合,record/entries/1/paid_yen,1836\r\n"));
        assert!(!text.contains('\u{FEFF}') && csv_start().starts_with('\u{FEFF}'));
    }

    #[test]
    fn a_record_of_any_length_comes_whole_and_in_pieces() {
        let all = serde_json::json!({ "months": vec![serde_json::json!({ "yen": 1 }); 120_000] });
        let values: Vec<_> = Values::of(&all).collect();
        assert_eq!(values.len(), 120_000);
        assert_eq!(values[0], ("months/1/yen".to_owned(), "1".to_owned()));
        assert_eq!(values[119_999].0, "months/120000/yen");
        let mut record = samples::pension();
        let month = record.recent[0].clone();
        record.recent = vec![month; 2_000];
        let record = Box::new(Record::Pension(record));
        let outcome = PanelOutcome::Ready { record, as_of: samples::now() };
        let pieces: Vec<_> = csv_pieces(&samples::panel(Service::Pension, outcome)).collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() < 2 * PIECE));
        assert!(pieces.concat().contains("record/recent/2000/"));
    }
}
