//! Any manifest, and after the first NUL any content: what leaves the connector, what the form
//! takes, and the page that the portal makes of it. Without a NUL it is the content of a service
//! that has everything.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use libfuzzer_sys::fuzz_target;
use warifu_contract::services::{Content, Declaration, ServiceId, ServiceManifest};
use warifu_portal::fuzzing::ServicePages;

const EVERYTHING: &str = include_str!("everything.json");
const TODAY: Date = jiff::civil::date(2026, 11, 20);
/// Characters that turn the direction of writing.
const TURNING: [char; 6] = ['\u{202A}', '\u{202B}', '\u{202D}', '\u{202E}', '\u{2066}', '\u{2067}'];

/// Places of a drawing that are none. A quote that a holder sends is never one in the page.
const NOWHERE: [&str; 8] = [
    " x=\"NaN",
    " y=\"NaN",
    " cx=\"NaN",
    " cy=\"NaN",
    " x=\"inf",
    " y=\"inf",
    "points=\"NaN",
    "points=\"inf",
];

static NOW: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-20T01:15:00Z".parse().expect("a time"));
static PAGES: LazyLock<ServicePages> =
    LazyLock::new(|| ServicePages::new(*NOW).expect("the words"));

fuzz_target!(|text: &str| {
    let (manifest, content) = text.split_once('\0').unwrap_or((EVERYTHING, text));
    let manifest = serde_json::from_str::<ServiceManifest>(manifest).ok();
    let content = serde_json::from_str::<Content>(content).ok();
    let Some(manifest) = manifest.filter(|manifest| manifest.check().is_ok()) else { return };
    let Some(content) = content.filter(|content| content.check().is_ok()) else { return };
    for service in &manifest.services {
        entered(service, &content);
        let id = ServiceId::new(&manifest.connector, &service.id).expect("a name that was checked");
        for page in PAGES.of(id, service, &content) {
            assert!(page.contains("</html>"), "a page");
            assert!(!page.contains(TURNING), "a text that turns");
            assert!(NOWHERE.iter().all(|place| !page.contains(place)), "a drawing of nothing");
        }
    }
});

/// What the form takes has no fault where it leaves.
fn entered(service: &Declaration, content: &Content) {
    let Some(form) = &service.form else { return };
    for row in &content.rows {
        if service.check_entry(form, row, TODAY).is_ok() {
            let kept = Content { rows: vec![row.clone()], ..Content::default() };
            assert_eq!(kept.fault(service, *NOW), None, "entered, and held back for ever");
        }
    }
}
