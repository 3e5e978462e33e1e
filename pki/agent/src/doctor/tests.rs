use super::*;
use crate::config::{PromptKind, TrustedIdp};
use crate::testing::{JPKI_PIN, Maker, PIN, WRONG, jpki};
use jiff::SignedDuration;
use warifu_card::drawer::VirtualReaders;
use warifu_card::piv::{KeyAlgorithm, Piv};
use warifu_card::virtual_card::{KeySlot, SharedCard, VirtualLiteS};
use warifu_card::{Pin, PinForm, PkiKind, ReaderError, ReaderState, Transaction};

fn config() -> AgentConfig {
    let idp = TrustedIdp {
        origin: "https://idp.example".into(),
        request_key_pem: crate::idp::tests::public_key_pem(),
    };
    // Port 1: nothing listens there.
    let listen = vec!["127.0.0.1:1".parse().unwrap()];
    AgentConfig { listen, prompt: PromptKind::Page, ..AgentConfig::serving(vec![idp]) }
}

fn now() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().unwrap()
}

fn report(readers: &dyn Readers) -> Report {
    let root = tempfile::tempdir().unwrap();
    examine(&Patient { config: Ok(config()), readers, now: now(), root: root.path() })
}

fn with_card(card: SharedCard) -> Report {
    let readers = VirtualReaders::new(["one"]);
    readers.insert("one", card).unwrap();
    let report = report(&readers);
    readers.remove("one");
    report
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings().iter().map(|finding| finding.code).collect()
}

/// A card whose certificates end so many days from now.
fn ending_in(days: i64) -> Maker {
    Maker::new(1).valid_until(now() + SignedDuration::from_hours(24 * days))
}

#[test]
fn a_good_card_is_found_good() {
    let report = with_card(ending_in(365).shared());
    let found = codes(&report);
    for code in ["config.ok", "service.ok", "reader.ok", "card.ok", "certificate.ok", "pin.ok"] {
        assert!(found.contains(&code), "{code} is missing in {found:?}");
    }
    assert_ne!(report.verdict(), Verdict::Problem);
    assert!(report.text(Language::Ja).contains("2027年11月20日（令和9年）まで使えます"));
    assert!(report.text(Language::Ja).ends_with("カードを使えます。\n"));
}

#[test]
fn cards_of_other_kinds_are_named() {
    let found = with_card(jpki(1));
    for code in ["card.jpki", "certificate.ok", "pin.ok"] {
        assert!(codes(&found).contains(&code), "{code} is missing in {found:?}");
    }
    let felica = with_card(SharedCard::new(VirtualLiteS::blank([7; 8])));
    assert!(codes(&felica).contains(&"card.felica"), "{felica:?}");
}

#[test]
fn a_blocked_jpki_card_is_unlocked_elsewhere() {
    let card = jpki(1);
    let readers = VirtualReaders::new(["one"]);
    readers.insert("one", card.clone()).unwrap();
    let mut transaction = readers.begin("one").unwrap();
    let mut jpki = PkiKind::Jpki.select(transaction.as_mut()).unwrap();
    let wrong = Pin::of(PinForm::Jpki, "0000").unwrap();
    assert_ne!(JPKI_PIN, "0000");
    for _ in 0..3 {
        assert!(jpki.card().verify_pin(&wrong).is_err());
    }
    drop(transaction);
    readers.remove("one");
    let report = with_card(card);
    assert!(codes(&report).contains(&"pin.blocked-jpki"));
    assert!(report.text(Language::Ja).contains("市区町村の窓口"));
}

#[test]
fn dates_are_judged_by_the_time_given() {
    let judged = |maker: Maker| {
        let report = with_card(maker.shared());
        let found = codes(&report);
        found.into_iter().find(|code| code.starts_with("certificate.")).unwrap().to_owned()
    };
    assert_eq!(judged(ending_in(0)), "certificate.expired");
    assert_eq!(judged(ending_in(58)), "certificate.ending");
    assert_eq!(judged(ending_in(91)), "certificate.ok");
    assert_eq!(judged(ending_in(91).with_keys(KeyAlgorithm::P384)), "certificate.ok");
    let tomorrow = now() + SignedDuration::from_hours(24);
    assert_eq!(judged(ending_in(365).valid_from(tomorrow)), "certificate.not-yet");
}

#[test]
fn days_left_are_said() {
    let text = with_card(ending_in(58).shared()).text(Language::En);
    assert!(text.contains("ends in 58 days (17 January 2027)"), "{text}");
}

fn block(card: &SharedCard) {
    let readers = VirtualReaders::new(["one"]);
    readers.insert("one", card.clone()).unwrap();
    let mut transaction = readers.begin("one").unwrap();
    let mut piv = Piv::select(transaction.as_mut()).unwrap();
    for _ in 0..3 {
        assert!(piv.verify_pin(&Pin::new(WRONG).unwrap()).is_err());
    }
    drop(transaction);
    readers.remove("one");
}

#[test]
fn a_blocked_card_is_a_problem_and_examining_costs_no_try() {
    let card = ending_in(365).shared();
    for left in [3, 3, 3] {
        let report = with_card(card.clone());
        let tries = report.findings().iter().find(|finding| finding.code.starts_with("pin."));
        assert_eq!(tries.unwrap().facts.get("tries"), Some(&left.into()));
    }
    block(&card);
    let report = with_card(card);
    assert!(codes(&report).contains(&"pin.blocked"));
    assert_eq!(report.verdict(), Verdict::Problem);
}

#[test]
fn an_empty_reader_no_reader_and_an_unfinished_card_are_told_apart() {
    assert!(codes(&report(&VirtualReaders::new(["one"]))).contains(&"card.none"));
    let none: [&str; 0] = [];
    assert!(codes(&report(&VirtualReaders::new(none))).contains(&"reader.none"));
    let unfinished = Maker::new(1).without(KeySlot::Authentication).shared();
    assert!(codes(&with_card(unfinished)).contains(&"certificate.none"));
    let no_tap = Maker::new(1).without(KeySlot::CardAuthentication).shared();
    assert!(codes(&with_card(no_tap)).contains(&"presence.none"));
}

/// A computer where the smart-card service does not run.
struct NoService;

impl Readers for NoService {
    fn list(&self) -> Result<Vec<ReaderState>, ReaderError> {
        Err(ReaderError::NoService)
    }
    fn wait_for_change(
        &self,
        _: &[ReaderState],
        _: std::time::Duration,
    ) -> Result<bool, ReaderError> {
        Err(ReaderError::NoService)
    }
    fn begin(&self, _: &str) -> Result<Box<dyn Transaction>, ReaderError> {
        Err(ReaderError::NoService)
    }
}

#[test]
fn a_service_that_does_not_run_is_named() {
    let report = report(&NoService);
    assert!(codes(&report).contains(&"service.down"));
    assert!(report.text(Language::En).contains("systemctl start pcscd.socket"));
}

#[test]
fn a_bad_configuration_does_not_hide_the_card() {
    let readers = VirtualReaders::new(["one"]);
    let config = Err(ConfigError::value("listen", "nothing"));
    let root = tempfile::tempdir().unwrap();
    let report = examine(&Patient { config, readers: &readers, now: now(), root: root.path() });
    assert_eq!(codes(&report), ["config.bad", "service.ok", "reader.ok", "card.none"]);
}

#[test]
fn machines_get_codes_facts_and_both_texts_and_nobody_gets_the_holder() {
    let report = with_card(ending_in(365).shared());
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains(r#""code":"reader.ok""#) && json.contains(r#""count":1"#));
    assert!(json.contains(r#""verdict":"good""#));
    assert!(!json.contains(&Maker::new(1).holder()) && !json.contains(PIN));
}

#[test]
fn every_code_has_its_texts() {
    let all = [
        "config.ok",
        "config.bad",
        "ca.system",
        "ca.ok",
        "ca.bad",
        "prompt.pinentry",
        "prompt.page",
        "prompt.terminal",
        "prompt.missing",
        "agent.running",
        "agent.stopped",
        "service.ok",
        "service.down",
        "reader.ok",
        "reader.none",
        "card.none",
        "card.ok",
        "card.unknown",
        "card.failed",
        "certificate.ok",
        "certificate.ending",
        "certificate.expired",
        "certificate.not-yet",
        "certificate.none",
        "certificate.unreadable",
        "presence.none",
        "pin.ok",
        "pin.few",
        "pin.blocked",
        "browser.allowed",
        "browser.asks",
    ];
    for code in all {
        for language in [Language::Ja, Language::En] {
            let text = Finding::good(code).text(language);
            assert!(!text.starts_with("doctor-"), "{code} has no text");
        }
    }
}
