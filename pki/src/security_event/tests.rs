//! Events go round, and nothing else does.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::{HOLDER, key_256, now};
use crate::{FileKey, KeyAlgorithm};

const OFFICE: &str = "urn:warifu:ca";
const IDP: &str = "https://idp.localhost:8444";
const PERSON: &str = "fedcba9876543210fedcba9876543210";
const TOKEN: &str = "012e4410203040500000000000000000";
const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

fn event(subject: &str, event: Event) -> SecurityEvent {
    SecurityEvent {
        iss: OFFICE.into(),
        aud: IDP.into(),
        jti: "00112233445566778899aabbccddeeff".into(),
        iat: now().as_second(),
        subject: subject.into(),
        event,
    }
}

fn issued() -> Event {
    Event::CardIssued {
        person: PERSON.into(),
        display_name: "上野 花子".into(),
        roles: vec!["urn:warifu:role:resident".into()],
        organization: Some(Organization {
            code: "1310000001".into(),
            name: "割符クリニック".into(),
        }),
        replaces: Some(PERSON.into()),
    }
}

fn registered(token: &str, key_version: u16) -> Event {
    Event::TokenRegistered { token: token.into(), key_version }
}

fn all() -> Vec<SecurityEvent> {
    vec![
        event(HOLDER, issued()),
        event(HOLDER, Event::CardState { state: CardStatus::Active, reason: None }),
        event(
            HOLDER,
            Event::CardState {
                state: CardStatus::Ended,
                reason: Some(Reason::CessationOfOperation),
            },
        ),
        event(HOLDER, Event::CardActivated),
        event(PERSON, Event::PersonEnded),
        event(HOLDER, registered(TOKEN, 2)),
        event(HOLDER, Event::TokenEnded { token: TOKEN.into() }),
        event("pairwise-ABC", Event::AccountDisabled),
        event("pairwise-ABC", Event::AccountEnabled),
        event("pairwise-ABC", Event::AccountPurged),
        event("pairwise-ABC", Event::SessionRevoked { event_timestamp: now().as_second() }),
    ]
}

fn issuer() -> EventIssuer {
    EventIssuer::new(Arc::new(key_256().clone())).unwrap()
}

fn open(token: &str) -> Result<SecurityEvent, JoseError> {
    EventReceiver::new(key_256().public_key(), OFFICE, IDP).unwrap().open(token, now())
}

/// What the receiver makes of other claims, rightly signed.
fn opened(claims: &Value) -> Result<SecurityEvent, JoseError> {
    open(&issuer().signer.sign(TYPE, claims).unwrap())
}

fn claims() -> Value {
    serde_json::to_value(event(HOLDER, issued())).unwrap()
}

#[test]
fn every_event_goes_round() {
    for event in all() {
        let token = issuer().issue(&event).unwrap();
        assert!(open(&token).unwrap() == event, "{event:?}");
    }
}

#[test]
fn the_token_has_the_standard_shape() {
    let activated = serde_json::to_value(event(HOLDER, Event::CardActivated)).unwrap();
    let iat = now().as_second();
    let expected = json!({
        "iss": OFFICE, "aud": IDP, "jti": "00112233445566778899aabbccddeeff", "iat": iat,
        "sub_id": { "format": "opaque", "id": HOLDER },
        "events": { "urn:warifu:event:card-activated": {} },
    });
    assert_eq!(activated, expected);
    let revoked = Event::SessionRevoked { event_timestamp: iat };
    let revoked = serde_json::to_value(event("p", revoked)).unwrap();
    assert_eq!(revoked["events"], json!({ CAEP: { "event_timestamp": iat } }));
    let state =
        Event::CardState { state: CardStatus::Suspended, reason: Some(Reason::CertificateHold) };
    let state = serde_json::to_value(event(HOLDER, state)).unwrap();
    let expected = json!({ "state": "suspended", "reason": "certificate-hold" });
    assert_eq!(state["events"]["urn:warifu:event:card-state"], expected);
}

#[test]
fn the_end_of_a_person_carries_an_empty_event() {
    let ended = serde_json::to_value(event(PERSON, Event::PersonEnded)).unwrap();
    assert_eq!(ended["events"], json!({ "urn:warifu:event:person-ended": {} }));
}

#[test]
fn a_token_is_named_by_its_id_block_in_the_event_and_nowhere_else() {
    let said = event(HOLDER, registered(TOKEN, 2));
    let claims = serde_json::to_value(&said).unwrap();
    let expected = json!({ "token": TOKEN, "key_version": 2 });
    assert_eq!(claims["events"]["urn:warifu:event:token-registered"], expected);
    assert!(!format!("{said:?}").contains(TOKEN));
    for unbounded in [registered(TOKEN, 0), registered(&TOKEN.to_uppercase(), 1), registered("", 1)]
    {
        assert!(matches!(issuer().issue(&event(HOLDER, unbounded)), Err(JoseError::Malformed)));
    }
}

#[test]
fn an_event_is_taken_for_a_week_and_never_from_the_future() {
    let at = |seconds: i64| {
        let mut claims = claims();
        claims["iat"] = (now().as_second() + seconds).into();
        opened(&claims).map(drop)
    };
    let week = LONGEST_DELAY.as_secs();
    assert!(at(-week).is_ok() && at(60).is_ok());
    assert!(matches!(at(-week - 1), Err(JoseError::Expired)));
    assert!(matches!(at(61), Err(JoseError::NotYetValid)));
    assert!(matches!(at(i64::MAX / 2), Err(JoseError::Malformed)));
    assert!(matches!(at(i64::MIN / 2), Err(JoseError::Malformed)));
}

#[test]
fn issuer_audience_key_and_type_are_pinned() {
    let changed = |name: &str, value: &str| {
        let mut claims = claims();
        claims[name] = value.into();
        opened(&claims)
    };
    let refused = changed("iss", "urn:warifu:other").unwrap_err();
    assert!(matches!(refused, JoseError::WrongIssuer));
    assert_eq!(refusal(&refused), "invalid_issuer");
    let refused = changed("aud", "urn:warifu:relay").unwrap_err();
    assert!(matches!(refused, JoseError::WrongAudience));
    assert_eq!(refusal(&refused), "invalid_audience");
    let other = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let forged = EventIssuer::new(Arc::new(other)).unwrap().issue(&event(HOLDER, issued()));
    let refused = open(&forged.unwrap()).unwrap_err();
    assert!(matches!(refused, JoseError::WrongHeader));
    assert_eq!(refusal(&refused), "invalid_key");
    let untyped = issuer().signer.sign("JWT", &claims()).unwrap();
    assert!(matches!(open(&untyped), Err(JoseError::WrongHeader)));
}

#[test]
fn members_that_we_do_not_know_are_refused() {
    let issued = "urn:warifu:event:card-issued";
    let changes: [fn(&mut Value); 9] = [
        |claims| claims["exp"] = 1.into(),
        |claims| claims["sub"] = "x".into(),
        |claims| claims["sub_id"]["iss"] = "x".into(),
        |claims| claims["sub_id"]["format"] = "email".into(),
        |claims| claims["sub_id"] = "x".into(),
        |claims| claims["events"] = json!({}),
        |claims| claims["events"] = json!({ "urn:warifu:event:other": {} }),
        |claims| claims["events"]["urn:warifu:event:card-activated"] = json!({}),
        |claims| claims["events"] = json!({ "urn:warifu:event:card-activated": { "x": 1 } }),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut claims = claims();
        change(&mut claims);
        assert!(matches!(opened(&claims), Err(JoseError::Malformed)), "{number}");
    }
    let mut claims = claims();
    claims["events"][issued]["extra"] = 1.into();
    assert!(matches!(opened(&claims), Err(JoseError::Malformed)));
}

#[test]
fn an_event_named_twice_is_refused() {
    let twice = format!(
        r#"{{"iss":"{OFFICE}","aud":"{IDP}","jti":"0123456789abcdef0123456789abcdef","iat":{},
        "sub_id":{{"format":"opaque","id":"{HOLDER}"}},
        "events":{{"urn:warifu:event:card-activated":{{}},"urn:warifu:event:card-activated":{{}}}}}}"#,
        now().as_second()
    );
    assert!(serde_json::from_str::<SecurityEvent>(&twice).is_err());
}

#[test]
fn what_is_out_of_bounds_is_neither_issued_nor_opened() {
    let sound = event(HOLDER, issued());
    let with = |change: fn(&mut Event)| {
        let mut changed = sound.clone();
        change(&mut changed.event);
        changed
    };
    let unsound = [
        SecurityEvent { jti: "short".into(), ..sound.clone() },
        SecurityEvent { jti: "a".repeat(65), ..sound.clone() },
        SecurityEvent { iss: String::new(), ..sound.clone() },
        SecurityEvent { subject: HOLDER.to_uppercase(), ..sound.clone() },
        SecurityEvent { subject: "上野花子".into(), ..sound.clone() },
        event(&"p".repeat(257), Event::SessionRevoked { event_timestamp: 0 }),
        event("p", Event::SessionRevoked { event_timestamp: i64::MAX }),
        with(|event| set_name(event, String::new())),
        with(|event| set_name(event, "花".repeat(129))),
        with(|event| set_name(event, "花\n子".into())),
        with(|event| {
            if let Event::CardIssued { roles, .. } = event {
                *roles = vec!["r".into(); 17];
            }
        }),
        with(|event| {
            if let Event::CardIssued { replaces, .. } = event {
                *replaces = Some("a card".into());
            }
        }),
    ];
    for (number, event) in unsound.iter().enumerate() {
        assert!(matches!(issuer().issue(event), Err(JoseError::Malformed)), "{number}");
        let forced = issuer().signer.sign(TYPE, event).unwrap();
        assert!(open(&forced).is_err(), "{number}");
    }
}

fn set_name(event: &mut Event, name: String) {
    if let Event::CardIssued { display_name, .. } = event {
        *display_name = name;
    }
}

#[test]
fn debug_tells_nobody_who_it_was() {
    let shown = format!("{:?}", event(HOLDER, issued()));
    assert!(shown.contains("card-issued"), "{shown}");
    for secret in ["上野", HOLDER, PERSON, "割符"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[A-Za-z0-9_.-]{0,200}|\\PC{0,200}") {
        prop_assert!(open(&text).is_err());
    }

    #[test]
    fn any_signed_claims_are_read_without_panic(
        name in "[a-z:_-]{0,40}",
        value in "\\PC{0,60}",
        number in any::<i64>(),
    ) {
        let mut odd = claims();
        odd["iat"] = number.into();
        odd["events"] = json!({ &name: { &value: number } });
        prop_assert!(opened(&odd).is_err());
        let mut odd = claims();
        odd["events"][CAEP] = json!(number);
        prop_assert!(opened(&odd).is_err());
    }

    #[test]
    fn a_changed_token_is_refused(position in 0_usize..400, with in "[A-Za-z0-9_.-]") {
        let token = issuer().issue(&event(HOLDER, issued())).unwrap();
        let position = position % token.len();
        let mut changed = token.clone();
        changed.replace_range(position..=position, &with);
        prop_assert!(open(&changed).is_err() || changed == token);
    }
}
