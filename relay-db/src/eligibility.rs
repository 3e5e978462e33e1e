//! `POST /eligibility`: a desk asks whether a person's insurance is valid, and gets an answer
//! with its 認証番号, once the log has both.
//!
//! A hospital's own system asks without a person's token, and is told as much as was agreed.
//!
//! The answer is kept with the entry in the log, in the same commit, under the client's key: the
//! same key gives the same answer again, also after a crash, and never a second check.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use warifu_contract::batch::{DisclosureLevel, OkNgAnswer};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::consent::{Ground, Refusal};
use warifu_contract::eligibility::{EligibilityAnswer, EligibilityRequest, Subject};
use warifu_log::{Event, LogError, Once};
use warifu_service::Problem;
use warifu_service::http::Deadline;

use crate::asking;
use crate::batch::Asker;
use crate::check::{self, CheckError, Found};
use crate::directory::Answerer;
use crate::grants::Staff;
use crate::idempotency::require_key;
use crate::ratios::Doubt;
use crate::relay::Relay;
use crate::token::log_problem;
use crate::{consents, events, slips};

/// Tries to find a 認証番号 that is not taken. One is enough unless the clock went back.
const NUMBERS: usize = 4;

/// Bytes of a keyed hash.
const HASH: usize = 32;
/// Bytes of an answer and what is kept before it, as a first guess.
const USUAL: usize = 2048;

/// What is kept under a client's key: the keyed hash of the request, because the key is for this
/// one only, and then the answer in JSON, as it is sent.
struct Kept(Vec<u8>);

/// One check on its way.
struct Check<'a> {
    relay: &'a Relay,
    asker: &'a Asker,
    desk: Staff,
    key: [u8; 32],
    request: [u8; 32],
    target_date: Date,
    started: Timestamp,
    ground: Ground,
}

/// Answers an eligibility check.
#[utoipa::path(
    post,
    path = "/eligibility",
    request_body = EligibilityRequest,
    responses(
        (status = 200, body = Told),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 504, description = "The caller's deadline is over", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The log is busy", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn ask(
    State(relay): State<Relay>,
    asker: Asker,
    deadline: Deadline,
    Json(request): Json<EligibilityRequest>,
) -> Result<Response, Problem> {
    require_key(&request.idempotency_key)?;
    let started = relay.surroundings().now();
    let (desk, ground) = match allowed(&asker, &request.subject, started) {
        Ok(allowed) => allowed,
        Err(code) => {
            relay.note(refused(&asker, code)).await;
            return Err(Problem::new(StatusCode::FORBIDDEN, code));
        }
    };
    let check = Check {
        key: once_key(&relay, &desk, &request.idempotency_key),
        request: fingerprint(&relay, &asker, &request),
        target_date: request.target_date.unwrap_or_else(|| today_in_japan(started)),
        relay: &relay,
        asker: &asker,
        desk,
        started,
        ground,
    };
    // To ask a deposit again harms nobody: that the key was used is then found when its answer is
    // entered, and the look before saved.
    if !check::is_deposited(&relay, &request.subject)
        && let Some(kept) = check.kept().await?
    {
        return kept.told(&asker);
    }
    let found = check.ask(request.subject, deadline.less(asking::OWN)?).await?;
    check.conclude(found).await?.told(&asker)
}

/// As much of an answer as the connection is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Told {
    /// All of it.
    #[expect(dead_code, reason = "what it looks like; it is sent as it was kept")]
    Full(Box<EligibilityAnswer>),
    /// OK or NG.
    OkNg(OkNgAnswer),
}

impl Kept {
    /// Of the request with that hash.
    fn new(request: &[u8; HASH], answer: &EligibilityAnswer) -> Result<Self, Problem> {
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.extend_from_slice(request);
        serde_json::to_writer(&mut bytes, answer).map_err(|error| Problem::internal(&error))?;
        Ok(Self(bytes))
    }

    /// The hash of the request, and the answer.
    fn parts(&self) -> Result<(&[u8; HASH], &[u8]), Problem> {
        let short = || Problem::internal(&"an answer was not kept whole");
        self.0.split_first_chunk().ok_or_else(short)
    }

    fn answer(&self) -> Result<EligibilityAnswer, Problem> {
        let (_, json) = self.parts()?;
        serde_json::from_slice(json).map_err(|error| Problem::internal(&error))
    }

    /// As much of it as `asker` is told.
    fn told(self, asker: &Asker) -> Result<Response, Problem> {
        match asker.level() {
            DisclosureLevel::Full => {
                self.parts()?;
                let json = Bytes::from(self.0).split_off(HASH);
                Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
            }
            DisclosureLevel::OkNg => Ok(Json(Told::OkNg(ok_or_ng(self.answer()?))).into_response()),
        }
    }
}

fn ok_or_ng(answer: EligibilityAnswer) -> OkNgAnswer {
    OkNgAnswer {
        valid: answer.decision.verdict.covers(),
        check_number: answer.check_number,
        message: answer.message,
        target_date: answer.target_date,
        answered_at: answer.answered_at,
    }
}

fn refused(asker: &Asker, code: &str) -> Event {
    match asker {
        Asker::Person(caller) => events::check_refused(&caller.party, &caller.grant, code),
        Asker::System { party, staff, .. } => events::system_refused(party, staff, code),
    }
}

/// Who asks, if the token allows this kind of check: a tapped card needs the patient's presence
/// token, a typed one the token of a member of staff, or a
/// system's certificate.
fn allowed(
    asker: &Asker,
    subject: &Subject,
    now: Timestamp,
) -> Result<(Staff, Ground), &'static str> {
    let desk = match subject {
        Subject::Card => asker.tapped_at_desk()?,
        Subject::Number(_) | Subject::Slip { .. } => asker.desk()?.staff,
    };
    let ground = consents::treatment(&desk, now).map_err(Refusal::code)?;
    Ok((desk, ground))
}

/// The answer that the organisation of `desk` was given under `key`, as long as it is kept.
pub(crate) async fn answer_under(
    relay: &Relay,
    desk: &Staff,
    key: &str,
) -> Result<Option<EligibilityAnswer>, Problem> {
    let found = relay.log().answer(&once_key(relay, desk, key)).await;
    let kept = found.map_err(|error| log_problem(&error))?.map(Kept);
    kept.map(|kept| kept.answer()).transpose()
}

/// Keys of different organisations never meet.
fn once_key(relay: &Relay, desk: &Staff, key: &str) -> [u8; 32] {
    let named = format!("{}\n{key}", desk.organization.code);
    relay.ring().lookup("relay.once", named.as_bytes())
}

fn fingerprint(relay: &Relay, asker: &Asker, request: &EligibilityRequest) -> [u8; 32] {
    let named = match &request.subject {
        Subject::Card => asker.subject(),
        Subject::Number(_) | Subject::Slip { .. } => "",
    };
    let bytes = serde_json::to_vec(&(named, request)).unwrap_or_default();
    relay.ring().lookup("relay.request", &bytes)
}

impl Check<'_> {
    /// The answer given before under the same key.
    async fn kept(&self) -> Result<Option<Kept>, Problem> {
        let found = self.relay.log().answer(&self.key).await;
        let Some(kept) = found.map_err(|error| log_problem(&error))?.map(Kept) else {
            return Ok(None);
        };
        if *kept.parts()?.0 != self.request {
            return Err(Problem::new(StatusCode::CONFLICT, "idempotency.other-request"));
        }
        Ok(Some(kept))
    }

    async fn ask(&self, subject: Subject, until: Deadline) -> Result<Found, Problem> {
        let (relay, desk, day) = (self.relay, &self.desk, self.target_date);
        let found = match subject {
            Subject::Card => check::by_card(relay, desk, self.asker.subject(), day, until).await,
            Subject::Number(typed) => check::by_number(relay, desk, typed, day, until).await,
            Subject::Slip { text } => {
                let card = slips::read(relay, &text)?;
                check::by_number(relay, desk, card, day, until).await
            }
        };
        found.map_err(|error| match error {
            CheckError::Typed(wrong) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, wrong.code())
            }
            CheckError::Links(cause) => cause.into(),
        })
    }

    /// Gives the check its number and enters it, with its answer, into the log.
    async fn conclude(&self, found: Found) -> Result<Kept, Problem> {
        let (subject, source) = (found.subject.clone(), found.source.clone());
        let mut answer = self.answer(found);
        for _ in 0..NUMBERS {
            let kept = Kept::new(&self.request, &answer)?;
            let once = Once { key: self.key, answer: kept.0.clone() };
            let event = self.event((&subject, source.as_ref()), &answer);
            match self.relay.log().append_once(event, once).await {
                Ok(_) => {
                    let number = &answer.check_number;
                    let doubt = Doubt::about(&answer.decision, source.as_ref(), number);
                    self.relay.ratios().note(doubt.as_slice()).await;
                    return Ok(kept);
                }
                Err(LogError::Repeated) => {
                    // The same key was answered meanwhile, or else the number is taken.
                    if let Some(earlier) = self.kept().await? {
                        return Ok(earlier);
                    }
                    let now = self.relay.surroundings().now();
                    answer.check_number = self.relay.numbers().next(now);
                }
                Err(error) => return Err(log_problem(&error)),
            }
        }
        Err(Problem::internal(&"no free check number was found"))
    }

    fn answer(&self, found: Found) -> EligibilityAnswer {
        let now = self.relay.surroundings().now();
        EligibilityAnswer {
            check_number: self.relay.numbers().next(now),
            message: found.decision.verdict.legacy_message().to_owned(),
            next: found.decision.advice(),
            decision: found.decision,
            target_date: self.target_date,
            source: found.source.map(|source| source.name().ja.clone()),
            as_of: found.as_of,
            usual_lag_days: found.usual_lag_days,
            answered_at: now,
            took_ms: self.relay.millis_since(self.started),
        }
    }

    fn event(
        &self,
        (subject, source): (&Option<String>, Option<&Answerer>),
        answer: &EligibilityAnswer,
    ) -> Event {
        events::check_answered(
            self.asker.party(),
            &self.desk,
            (subject.clone(), source.map(|source| source.id().to_owned())),
            (answer.decision.verdict, answer.check_number.as_str()),
            &self.ground.text(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_too_short_is_an_error() {
        assert!(Kept(vec![0; HASH - 1]).answer().is_err());
        assert!(Kept(vec![0; HASH]).answer().is_err());
    }
}
