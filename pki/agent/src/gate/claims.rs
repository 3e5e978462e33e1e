//! The signed request (JWS, RFC 7515 and RFC 7519): who asks for what, for how long.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use josekit::jws::{self, JwsHeader, JwsVerifier};
use serde::Deserialize;

use super::Refusal;
use crate::idp::IdentityProvider;
use crate::method::{Method, Methods};
use crate::purpose::Purpose;
use crate::words::Language;

const AUDIENCE: &str = "card-agent";
const LONGEST_LIFE: SignedDuration = SignedDuration::from_secs(120);
const NONCE_TEXT: usize = 44;
const NONCE_BYTES: usize = 32;
const WATCH_TEXT: usize = 43;
const LONGEST_TRANSACTION: usize = 128;
const LONGEST_NAME: usize = 200;

/// What the identity provider asks the agent to do, checked.
#[derive(Debug, Clone)]
pub(crate) struct CardRequest {
    /// Who asks. Its origin is what gets signed.
    pub(crate) provider: Arc<IdentityProvider>,
    /// The sign-in's name, used once.
    pub(crate) transaction: String,
    /// The challenge, as the text that gets signed.
    pub(crate) nonce: String,
    /// For whom the identity provider asks, to show the person.
    pub(crate) relying_party: String,
    /// What the card is wanted for.
    pub(crate) purpose: Purpose,
    /// What the card may prove.
    pub(crate) methods: Methods,
    /// The language of the page.
    pub(crate) language: Language,
    /// With which words to report that the card was pulled out after a sign-in with PIN.
    pub(crate) watch: Option<String>,
    /// Until when the request is good.
    pub(crate) expires: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    request: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    tx: String,
    nonce: String,
    rp_name: String,
    #[serde(default)]
    purpose: Purpose,
    methods: Methods,
    language: Language,
    watch: Option<String>,
    iat: i64,
    exp: i64,
}

/// RFC 7519 §4.1.3: one name, or a list that we take only when it holds nobody but us.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    List([String; 1]),
}

/// Reads a body and checks everything it says about itself, except that it is new. `purpose` is
/// that of the route it came to.
pub(crate) fn verify(
    body: &[u8],
    provider: &Arc<IdentityProvider>,
    purpose: Purpose,
    now: Timestamp,
    tolerance: SignedDuration,
) -> Result<CardRequest, Refusal> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
    let payload = signed_payload(&envelope.request, provider)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| Refusal::Malformed)?;
    check_parties(&claims, provider)?;
    let expires = check_times(&claims, now, tolerance)?;
    check_purpose(&claims, purpose)?;
    check_shapes(&claims)?;
    Ok(CardRequest {
        provider: Arc::clone(provider),
        transaction: claims.tx,
        nonce: claims.nonce,
        relying_party: claims.rp_name,
        purpose: claims.purpose,
        methods: methods(claims.methods, purpose),
        language: claims.language,
        watch: claims.watch,
        expires,
    })
}

/// The payload, if the pinned key signed it with ES256. The header's own key hints are ignored;
/// critical extensions are refused, since we know none (RFC 7515 §4.1.11).
fn signed_payload(compact: &str, provider: &IdentityProvider) -> Result<Vec<u8>, Refusal> {
    let verifier: &dyn JwsVerifier = &provider.verifier;
    let select = |header: &JwsHeader| {
        let plain = header.claim("crit").is_none() && header.claim("b64").is_none();
        Ok(plain.then_some(verifier))
    };
    jws::deserialize_compact_with_selector(compact, select)
        .map(|(payload, _)| payload)
        .map_err(|_| Refusal::Signature)
}

fn check_parties(claims: &Claims, provider: &IdentityProvider) -> Result<(), Refusal> {
    if claims.iss != provider.origin {
        return Err(Refusal::Issuer);
    }
    let (Audience::One(audience) | Audience::List([audience])) = &claims.aud;
    if audience == AUDIENCE { Ok(()) } else { Err(Refusal::Audience) }
}

/// The time until which the request counts, by this computer's clock.
fn check_times(
    claims: &Claims,
    now: Timestamp,
    tolerance: SignedDuration,
) -> Result<Timestamp, Refusal> {
    let issued = Timestamp::from_second(claims.iat).map_err(|_| Refusal::Malformed)?;
    let expires = Timestamp::from_second(claims.exp).map_err(|_| Refusal::Malformed)?;
    let life = expires.duration_since(issued);
    if life <= SignedDuration::ZERO || life > LONGEST_LIFE {
        return Err(Refusal::Lifetime);
    }
    if issued.duration_since(now) > tolerance {
        return Err(Refusal::NotYetValid);
    }
    if now.duration_since(expires) >= tolerance {
        return Err(Refusal::Stale);
    }
    expires.checked_add(tolerance).map_err(|_| Refusal::Malformed)
}

/// Only the key behind the PIN shows that a PIN was set, and only PIV cards have theirs set here.
fn check_purpose(claims: &Claims, purpose: Purpose) -> Result<(), Refusal> {
    let fits = claims.purpose == Purpose::SignIn || claims.methods.include(Method::PivPin);
    if claims.purpose == purpose && fits { Ok(()) } else { Err(Refusal::Purpose) }
}

/// Those of the methods that the purpose leaves.
fn methods(asked: Methods, purpose: Purpose) -> Methods {
    match purpose {
        Purpose::SignIn => asked,
        Purpose::Activate | Purpose::ChangePin => Methods::only(Method::PivPin),
    }
}

fn check_shapes(claims: &Claims) -> Result<(), Refusal> {
    let sound = is_transaction(&claims.tx)
        && is_nonce(&claims.nonce)
        && is_name(&claims.rp_name)
        && claims.watch.as_deref().is_none_or(is_watch);
    if sound { Ok(()) } else { Err(Refusal::Malformed) }
}

fn is_transaction(text: &str) -> bool {
    (1..=LONGEST_TRANSACTION).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_nonce(text: &str) -> bool {
    let bytes = STANDARD.decode(text).map(|bytes| bytes.len());
    text.len() == NONCE_TEXT && bytes == Ok(NONCE_BYTES)
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && !text.chars().any(hides_or_reorders)
}

/// Characters that could make a name look like something else in the PIN window.
fn hides_or_reorders(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    c.is_control() || invisible
}

fn is_watch(text: &str) -> bool {
    text.len() == WATCH_TEXT
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(iat: i64, exp: i64) -> Claims {
        Claims {
            iss: "https://idp.example".into(),
            aud: Audience::One(AUDIENCE.into()),
            tx: "t".into(),
            nonce: STANDARD.encode([7; 32]),
            rp_name: "割符ポータル".into(),
            purpose: Purpose::SignIn,
            methods: Methods::only(Method::PivPin),
            language: Language::Ja,
            watch: None,
            iat,
            exp,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    const TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

    #[test]
    fn the_window_has_two_ends_and_a_greatest_width() {
        let check = |iat, exp, now| check_times(&claims(iat, exp), at(now), TOLERANCE);
        assert_eq!(check(1000, 1120, 1000), Ok(at(1150)));
        assert_eq!(check(1000, 1120, 970), Ok(at(1150)));
        assert_eq!(check(1000, 1120, 969), Err(Refusal::NotYetValid));
        assert_eq!(check(1000, 1120, 1149), Ok(at(1150)));
        assert_eq!(check(1000, 1120, 1150), Err(Refusal::Stale));
        assert_eq!(check(1000, 1121, 1000), Err(Refusal::Lifetime));
        assert_eq!(check(1000, 1000, 1000), Err(Refusal::Lifetime));
        assert_eq!(check(i64::MAX, i64::MAX, 0), Err(Refusal::Malformed));
    }

    #[test]
    fn shapes_are_exact() {
        assert!(check_shapes(&claims(0, 1)).is_ok());
        assert!(!is_nonce("short") && !is_nonce(&"A".repeat(44)));
        assert!(is_watch(&"a-_9".repeat(11)[..43]) && !is_watch("a"));
        assert!(!is_name("") && !is_name("a\nb") && !is_name("a\u{202e}b"));
        assert!(!is_transaction("") && !is_transaction("with space"));
    }

    #[test]
    fn a_request_is_for_one_purpose() {
        let claims =
            |purpose, method| Claims { purpose, methods: Methods::only(method), ..claims(0, 1) };
        let activate = claims(Purpose::Activate, Method::PivPin);
        assert!(check_purpose(&activate, Purpose::Activate).is_ok());
        for other in [Purpose::SignIn, Purpose::ChangePin] {
            assert_eq!(check_purpose(&activate, other), Err(Refusal::Purpose));
        }
        for other in [Method::PivPresence, Method::JpkiPin, Method::Felica, Method::FelicaIdm] {
            let change = claims(Purpose::ChangePin, other);
            assert_eq!(check_purpose(&change, Purpose::ChangePin), Err(Refusal::Purpose));
            let tap = claims(Purpose::SignIn, other);
            assert!(check_purpose(&tap, Purpose::SignIn).is_ok());
        }
    }

    #[test]
    fn an_audience_of_two_is_refused() {
        assert!(serde_json::from_str::<Audience>(r#"["card-agent"]"#).is_ok());
        assert!(serde_json::from_str::<Audience>(r#"["card-agent","x"]"#).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..512)) {
            let provider = Arc::new(crate::idp::tests::provider("https://idp.example"));
            proptest::prop_assert!(verify(&body, &provider, Purpose::SignIn, at(0), TOLERANCE).is_err());
        }

        #[test]
        fn no_compact_text_without_the_key_gets_in(
            header in "[A-Za-z0-9_-]{0,80}", payload in "[A-Za-z0-9_-]{0,80}", signature in "[A-Za-z0-9_-]{0,90}",
        ) {
            let provider = Arc::new(crate::idp::tests::provider("https://idp.example"));
            let compact = format!("{header}.{payload}.{signature}");
            proptest::prop_assert_eq!(signed_payload(&compact, &provider), Err(Refusal::Signature));
        }
    }
}
