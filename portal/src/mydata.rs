//! A person's records as files to take home: JSON as they came, and CSV, one value a line.

use jiff::Timestamp;
use serde_json::Value;
use warifu_contract::records::Panel;

use crate::csv;

/// Values of one file at most.
const MOST: usize = 100_000;

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

/// One answer in the CSV file: every value with the way that leads to it.
pub fn csv_panel(panel: &Panel) -> String {
    let source = panel.source.as_ref().map_or("", |source| source.ja.as_str());
    let mut values = Vec::new();
    if let Ok(outcome) = serde_json::to_value(&panel.outcome) {
        flatten("", &outcome, &mut values);
    }
    let mut file = csv::File::default();
    for (item, value) in values {
        file.row([panel.service.as_str(), source, &item, &value]);
    }
    file.into_rows()
}

fn flatten(way: &str, value: &Value, out: &mut Vec<(String, String)>) {
    let step = |name: &str| if way.is_empty() { name.to_owned() } else { format!("{way}/{name}") };
    match value {
        _ if out.len() >= MOST => {}
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(name, one)| flatten(&step(name), one, out)),
        Value::Array(all) => {
            for (index, one) in (1_usize..).zip(all) {
                flatten(&step(&index.to_string()), one, out);
            }
        }
        Value::String(text) => out.push((way.to_owned(), text.clone())),
        other => out.push((way.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use warifu_contract::records::Service;

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
        let text = csv_panel(&panel);
        assert!(text.contains("expenses,東京見本健康保険組合,record/entries/1/paid_yen,1836\r\n"));
        assert!(!text.contains('\u{FEFF}') && csv_start().starts_with('\u{FEFF}'));
    }
}
