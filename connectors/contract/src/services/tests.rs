//! Manifests, rows and entries: what is taken, what is refused, what is shown.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::records::DisplayName;

const TODAY: Date = date(2026, 11, 20);

fn words(text: &str) -> DisplayName {
    DisplayName { ja: text.to_owned(), en: text.to_owned() }
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        label: words(name),
        kind,
        unit: None,
        system: None,
        codes: Vec::new(),
        range: None,
        least: None,
        most: None,
        ahead: false,
    }
}

pub(crate) fn vitals() -> Declaration {
    let weight = Field {
        unit: Some("kg".into()),
        least: Some(1.0),
        most: Some(300.0),
        ..field("weight", FieldKind::Number)
    };
    let typed = |name: &str, required| FormField { field: name.into(), required };
    Declaration {
        id: "vitals".into(),
        name: words("体重"),
        holder: words("市"),
        category: Category::Health,
        purpose: words("健康づくり"),
        access: vec![Access { who: Audience::Resident, level: Level::Substantial }],
        fields: vec![
            field("day", FieldKind::Date),
            weight,
            field("note", FieldKind::Document),
            field("aura", FieldKind::Other),
        ],
        show: vec![View {
            kind: ViewKind::Chart,
            title: None,
            at: Some("day".into()),
            fields: vec!["weight".into()],
        }],
        form: Some(Form {
            title: words("記録する"),
            note: words("送ります"),
            button: words("送る"),
            becomes: Becomes::Row,
            fields: vec![typed("day", true), typed("weight", true), typed("note", false)],
            statuses: Vec::new(),
        }),
        elsewhere: None,
        tells: false,
    }
}

fn manifest() -> ServiceManifest {
    ServiceManifest {
        connector: "city".into(),
        version: 1,
        valid_from: TODAY,
        valid_until: date(2028, 11, 20),
        services: vec![vitals()],
    }
}

fn refused(change: impl FnOnce(&mut ServiceManifest)) -> Option<&'static str> {
    let mut manifest = manifest();
    change(&mut manifest);
    manifest.check().err().map(|error| error.code())
}

fn row(cells: &[(&str, Cell)]) -> Row {
    Row(cells.iter().map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect())
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn a_service_is_named_by_its_connector_and_itself() {
    let id: ServiceId = "city/vaccinations".parse().unwrap();
    assert_eq!(
        (id.connector(), id.service(), id.as_str()),
        ("city", "vaccinations", "city/vaccinations")
    );
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"city/vaccinations\"");
    let long = format!("{}/{}", "a".repeat(32), "b".repeat(32));
    assert_eq!(long.parse::<ServiceId>().unwrap().as_str(), long);
    for bad in
        ["", "city", "city/", "/x", "City/x", "a/b/c", "a/b c", &format!("a/{}", "b".repeat(33))]
    {
        assert!(bad.parse::<ServiceId>().is_err(), "{bad}");
    }
}

#[test]
fn a_sound_manifest_is_taken_and_each_mistake_has_its_code() {
    assert_eq!(refused(|_| ()), None);
    assert_eq!(refused(|one| one.version = 0), Some("manifest.validity"));
    assert_eq!(refused(|one| one.valid_until = date(2026, 11, 19)), Some("manifest.validity"));
    assert_eq!(refused(|one| one.valid_until = date(2028, 11, 21)), Some("manifest.validity"));
    assert_eq!(refused(|one| one.connector = "City".into()), Some("manifest.name"));
    assert_eq!(refused(|one| one.services.clear()), Some("manifest.count"));
    assert_eq!(refused(|one| one.services.push(vitals())), Some("manifest.twice"));
    assert_eq!(refused(|one| one.services[0].name.en.clear()), Some("manifest.words"));
    let turned = refused(|one| one.services[0].holder.ja = "市\u{202E}".into());
    assert_eq!(turned, Some("manifest.words"));
    assert_eq!(refused(|one| one.services[0].access.clear()), Some("manifest.access"));
    let staff = Access { who: Audience::Clinic, level: Level::Substantial };
    assert_eq!(refused(|one| one.services[0].access.push(staff)), Some("manifest.access"));
    let at = refused(|one| one.services[0].show[0].at = Some("weight".into()));
    assert_eq!(at, Some("manifest.field"));
    assert_eq!(
        refused(|one| one.services[0].fields[0].unit = Some("kg".into())),
        Some("manifest.field")
    );
    let typed = FormField { field: "pulse".into(), required: false };
    let unknown = refused(|one| one.services[0].form.as_mut().unwrap().fields.push(typed));
    assert_eq!(unknown, Some("manifest.field"));
}

#[test]
fn a_site_elsewhere_is_reached_over_tls_or_on_this_machine() {
    let taken = |url: &str| {
        let elsewhere = Elsewhere { url: url.to_owned(), words: words("PHR") };
        refused(|one| one.services[0].elsewhere = Some(elsewhere)).is_none()
    };
    for good in ["https://phr.example.jp/", "http://phr.localhost:18082/", "https://a.b/c?d=e"] {
        assert!(taken(good), "{good}");
    }
    for bad in [
        "http://phr.example.jp/",
        "javascript:alert(1)",
        "https://a.b/\"onclick=",
        "https://",
        "https://user@evil.example/",
        "http://evil.example/.localhost",
        "data:text/html,x",
    ] {
        assert!(!taken(bad), "{bad}");
    }
}

#[test]
fn what_is_not_known_yet_is_read_all_the_same() {
    let mut json = serde_json::to_value(manifest()).unwrap();
    json["services"][0]["fields"][3]["kind"] = "hologram".into();
    json["services"][0]["show"][0]["kind"] = "theatre".into();
    json["services"][0]["category"] = "space".into();
    let read: ServiceManifest = serde_json::from_value(json).unwrap();
    read.check().unwrap();
    let service = &read.services[0];
    assert_eq!((service.fields[3].kind, service.show[0].kind), (FieldKind::Other, ViewKind::Other));
    let row = row(&[("aura", text("青")), ("extra", Cell::Number(3.0))]);
    let checked = row.checked(service, TODAY);
    assert_eq!(checked.cell("aura"), Some(&CheckedCell::Text("青")));
    assert_eq!(checked.cell("extra"), Some(&CheckedCell::Number(3.0)));
}

#[test]
fn values_that_cannot_be_are_named_and_the_others_stay() {
    let service = vitals();
    let quantity = |value, unit: &str| Cell::Quantity { value, unit: unit.to_owned() };
    for (name, cell, fault) in [
        ("weight", Cell::Number(62.5), None),
        ("weight", quantity(62.5, "kg"), None),
        ("weight", quantity(62.5, "lb"), Some(CellFault::Unit)),
        ("weight", Cell::Number(6_250.0), Some(CellFault::Implausible)),
        ("weight", Cell::Number(f64::NAN), Some(CellFault::Implausible)),
        ("weight", text("<script>"), Some(CellFault::Kind)),
        ("day", text("2026-11-20"), None),
        ("day", text("2026-11-21"), Some(CellFault::Future)),
        ("day", text("tomorrow"), Some(CellFault::Kind)),
        ("note", text("<script>alert(1)</script>"), None),
    ] {
        let row = row(&[(name, cell.clone()), ("aura", text("青"))]);
        let checked = row.checked(&service, TODAY);
        assert_eq!(checked.faults().next().map(|(_, fault)| fault), fault, "{name} {cell:?}");
        assert_eq!(checked.cells().count(), 2);
    }
}

#[test]
fn an_answer_is_bounded() {
    let content = |rows: usize| Content { rows: vec![Row::default(); rows], ..Content::default() };
    assert_eq!(content(MOST_ROWS).check(), Ok(()));
    assert_eq!(content(MOST_ROWS + 1).check(), Err(ContentError::Large));
    let one = |cells: &[(&str, Cell)]| Content { rows: vec![row(cells)], ..Content::default() };
    assert_eq!(one(&[("note", text(&"長".repeat(20_001)))]).check(), Err(ContentError::Long));
    assert_eq!(one(&[("on click", text("x"))]).check(), Err(ContentError::Name));
    let wide: Vec<String> = (0..81).map(|number| format!("f{number}")).collect();
    let wide: Vec<(&str, Cell)> =
        wide.iter().map(|name| (name.as_str(), Cell::Flag(true))).collect();
    assert_eq!(one(&wide).check(), Err(ContentError::Large));
}

#[test]
fn what_is_typed_becomes_a_row_or_says_what_is_wrong_in_the_forms_order() {
    let service = vitals();
    let form = service.form.as_ref().unwrap();
    let typed = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let read = service.read(form, &typed(&[("day", "2026-11-20"), ("weight", "６２．５")]), TODAY);
    let good = row(&[("day", text("2026-11-20")), ("weight", Cell::Number(62.5))]);
    assert_eq!(read.as_ref(), Ok(&good));
    assert_eq!(service.check_entry(form, &good, TODAY), Ok(()));
    let wrong = service.read(form, &typed(&[("weight", "heavy"), ("note", "\u{202E}")]), TODAY);
    let expected =
        [("day", EntryError::Empty), ("weight", EntryError::Kind), ("note", EntryError::Text)];
    assert_eq!(wrong, Err(expected.map(|(name, error)| (name.to_owned(), error)).to_vec()));
    let stranger = row(&[("aura", text("x"))]);
    let refused = service.check_entry(form, &stranger, TODAY);
    assert_eq!(refused, Err(("aura".to_owned(), EntryError::Unknown)));
    let half = row(&[("day", text("2026-11-20"))]);
    let refused = service.check_entry(form, &half, TODAY);
    assert_eq!(refused, Err(("weight".to_owned(), EntryError::Empty)));
}

fn cells() -> impl Strategy<Value = Cell> {
    prop_oneof![
        any::<bool>().prop_map(Cell::Flag),
        any::<f64>().prop_map(Cell::Number),
        ".{0,80}".prop_map(Cell::Text),
        (any::<f64>(), ".{0,8}").prop_map(|(value, unit)| Cell::Quantity { value, unit }),
    ]
}

proptest! {
    #[test]
    fn no_text_is_a_manifest_that_panics(text in ".{0,300}", cut in 0_usize..4000) {
        let read = |text: &str| {
            if let Ok(read) = serde_json::from_str::<ServiceManifest>(text) {
                let _ = read.check();
            }
        };
        read(&text);
        let mut json = serde_json::to_string(&manifest()).unwrap();
        let cut = (0..=cut.min(json.len())).rev().find(|at| json.is_char_boundary(*at)).unwrap();
        json.replace_range(cut..cut, &text);
        read(&json);
    }

    #[test]
    fn whatever_a_row_holds_nothing_of_it_is_dropped(
        cells in prop::collection::btree_map("[a-z]{1,8}|day|weight|note|aura", cells(), 0..12),
    ) {
        let count = cells.len();
        let row = Row(cells);
        prop_assert_eq!(row.checked(&vitals(), TODAY).cells().count(), count);
    }

    #[test]
    fn what_the_form_takes_the_connector_takes(
        day in ".{0,12}|2026-11-[0-2][0-9]",
        weight in ".{0,8}|[0-9]{1,4}",
        note in ".{0,40}",
    ) {
        let service = vitals();
        let form = service.form.as_ref().unwrap();
        let typed = [("day", day), ("weight", weight), ("note", note)];
        let typed = typed.map(|(name, value)| (name.to_owned(), value)).into();
        if let Ok(row) = service.read(form, &typed, TODAY) {
            prop_assert_eq!(service.check_entry(form, &row, TODAY), Ok(()));
        }
    }
}
