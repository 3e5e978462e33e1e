//! Slips: `POST /slips` makes the code of an answer given within the hour, and a desk that scans it
//! asks again without typing.
//!
//! A code is a JWS (RFC 7515, ES256) that names nobody: what stood on the insurance card is sealed
//! in it, so that a phone's camera reads no insured number (告知要求制限). Nothing is stored.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warifu_contract::coverage::Coverage;
use warifu_contract::eligibility::{EligibilityAnswer, TypedCard};
use warifu_contract::slip::{AnswerRequest, LONGEST, Slip};
use warifu_pki::jose::{Expected, JoseError};
use warifu_service::Problem;

use crate::caller::Caller;
use crate::eligibility::answer_under;
use crate::idempotency::require_key;
use crate::relay::Relay;

/// `typ` in the header of the JWS.
const TYPE: &str = "slip+jwt";
/// Who speaks, and to whom.
const RELAY: &str = "urn:warifu:relay";
/// What the sealed value is bound to.
const CONTEXT: &[u8] = b"relay.slip";
/// Between the fields of the card: no field has it.
const BETWEEN: char = '\u{1f}';

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    /// The card, sealed.
    card: String,
}

/// The answer that the own organisation was given under a key within the hour.
#[utoipa::path(
    post,
    path = "/eligibility/answer",
    request_body = AnswerRequest,
    responses(
        (status = 200, body = EligibilityAnswer),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn answer(
    State(relay): State<Relay>,
    caller: Caller,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<EligibilityAnswer>, Problem> {
    given(&relay, &caller, &request).await.map(Json)
}

/// The code of the slip for such an answer, if it names a coverage.
#[utoipa::path(
    post,
    path = "/slips",
    request_body = AnswerRequest,
    responses(
        (status = 200, body = Slip),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn make(
    State(relay): State<Relay>,
    caller: Caller,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<Slip>, Problem> {
    if relay.config().slips.stopped {
        return Err(stopped());
    }
    let answer = given(&relay, &caller, &request).await?;
    let nothing = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "slip.nothing");
    let card = answer.decision.coverage.as_ref().map(card_of).ok_or_else(nothing)?;
    let slip = sign(&relay, &card, relay.surroundings().now());
    slip.map(Json).map_err(|error| Problem::internal(&error))
}

async fn given(
    relay: &Relay,
    caller: &Caller,
    request: &AnswerRequest,
) -> Result<EligibilityAnswer, Problem> {
    let none = || Problem::new(StatusCode::FORBIDDEN, "role.none");
    let desk = caller.grant.desk().ok_or_else(none)?;
    require_key(&request.idempotency_key)?;
    let gone = || Problem::new(StatusCode::NOT_FOUND, "answer.gone");
    answer_under(relay, &desk, &request.idempotency_key).await?.ok_or_else(gone)
}

fn card_of(coverage: &Coverage) -> TypedCard {
    TypedCard {
        insurer_number: coverage.insurer.number.clone(),
        symbol: coverage.symbol.clone(),
        number: coverage.number.clone(),
        branch: coverage.branch.clone(),
        birth_date: coverage.birth_date,
    }
}

fn sign(relay: &Relay, card: &TypedCard, now: Timestamp) -> Result<Slip, JoseError> {
    let until = now + life(relay);
    let entropy = relay.surroundings().entropy.as_ref();
    let sealed = relay.ring().seal(CONTEXT, &written(card), entropy);
    let claims = Claims {
        iss: RELAY.to_owned(),
        aud: RELAY.to_owned(),
        iat: now.as_second(),
        exp: until.as_second(),
        card: BASE64URL_NOPAD.encode(&sealed),
    };
    Ok(Slip { text: relay.mint().keys.sign(TYPE, &claims)?, until })
}

fn life(relay: &Relay) -> SignedDuration {
    SignedDuration::from_hours(i64::from(relay.config().slips.hours))
}

/// The card that a scanned code stands for.
pub(crate) fn read(relay: &Relay, text: &str) -> Result<TypedCard, Problem> {
    if relay.config().slips.stopped {
        return Err(stopped());
    }
    let unreadable = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "slip.unreadable");
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(unreadable());
    }
    let expected = Expected { typ: TYPE, issuer: RELAY, audience: RELAY, longest: life(relay) };
    let now = relay.surroundings().now();
    let mut claims = Err(JoseError::Malformed);
    for verifier in &relay.mint().keys.present().verifiers {
        claims = claims.or_else(|_| verifier.verify::<Claims>(text, &expected, now));
        if matches!(claims, Err(JoseError::Expired)) {
            return Err(Problem::new(StatusCode::GONE, "slip.over"));
        }
    }
    let claims = claims.map_err(|_| unreadable())?;
    let sealed = BASE64URL_NOPAD.decode(claims.card.as_bytes()).map_err(|_| unreadable())?;
    let card = relay.ring().open(CONTEXT, &sealed).map_err(|_| unreadable())?;
    parsed(&card).ok_or_else(unreadable)
}

fn stopped() -> Problem {
    Problem::new(StatusCode::LOCKED, "slip.stopped")
}

/// The card's fields one after the other, as short as they can be.
fn written(card: &TypedCard) -> Vec<u8> {
    let birth = card.birth_date.strftime("%Y%m%d").to_string();
    let branch = card.branch.as_deref().unwrap_or_default();
    let fields = [&card.insurer_number, &card.symbol, &card.number, branch, &birth];
    fields.map(|field| field.replace(BETWEEN, "")).join(&BETWEEN.to_string()).into_bytes()
}

fn parsed(bytes: &[u8]) -> Option<TypedCard> {
    let mut fields = std::str::from_utf8(bytes).ok()?.split(BETWEEN);
    let mut next = || fields.next().map(str::to_owned);
    let card = TypedCard {
        insurer_number: next()?,
        symbol: next()?,
        number: next()?,
        branch: next().map(|branch| (!branch.is_empty()).then_some(branch))?,
        birth_date: jiff::civil::Date::strptime("%Y%m%d", next()?).ok()?,
    };
    next().is_none().then_some(card)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn card() -> TypedCard {
        TypedCard {
            insurer_number: "00330019".into(),
            symbol: "高12".into(),
            number: "001".into(),
            branch: Some("01".into()),
            birth_date: date(1955, 5, 5),
        }
    }

    #[test]
    fn a_card_is_read_back() {
        assert_eq!(parsed(&written(&card())), Some(card()));
        let without = TypedCard { branch: None, symbol: String::new(), ..card() };
        assert_eq!(parsed(&written(&without)), Some(without));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_card_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(card) = parsed(&bytes) {
                prop_assert!(card.insurer_number.len() <= 80);
            }
        }

        #[test]
        fn any_fields_stay_what_they_are(symbol in "[^\u{1f}]{0,10}", number in "[^\u{1f}]{1,10}") {
            let card = TypedCard { symbol, number, ..card() };
            prop_assert_eq!(parsed(&written(&card)), Some(card));
        }
    }
}
