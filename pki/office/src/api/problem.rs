//! The office's refusals as problem documents.

use axum::http::StatusCode;
use warifu_service::Problem;

use super::versions::Fresh;
use crate::OfficeError;
use crate::life::Refusal;
use crate::print::PrintError;

/// Seconds after which the register may be asked again.
const REGISTER_PATIENCE: u32 = 5;
/// Seconds after which wrong answers are forgotten.
const CALL_PATIENCE: u32 = 15 * 60;

/// Seconds after which somebody may be vouched for again.
const VOUCHER_PATIENCE: u32 = 60 * 60;

/// What the client sees of an error; where somebody was faster, `fresh` gets the version now.
pub(super) fn problem(error: &OfficeError, fresh: &Fresh) -> Problem {
    if let OfficeError::MovedOn { version } = error {
        fresh.is(*version);
    }
    let Some(status) = status(error) else { return Problem::internal(error) };
    let problem = Problem::new(status, error.code()).caused_by(error);
    match error {
        OfficeError::TooManyVouchers => problem.retry_after(VOUCHER_PATIENCE),
        OfficeError::TooManyCalls => problem.retry_after(CALL_PATIENCE),
        OfficeError::RegisterSilent(_) => problem.retry_after(REGISTER_PATIENCE),
        _ => problem,
    }
}

/// As [`problem`], where nobody can be faster.
pub(super) fn plain(error: &OfficeError) -> Problem {
    problem(error, &Fresh::default())
}

/// None: the office's own fault.
fn status(error: &OfficeError) -> Option<StatusCode> {
    Some(match error {
        OfficeError::Refused(Refusal::Role | Refusal::SamePerson) | OfficeError::NotIdentified => {
            StatusCode::FORBIDDEN
        }
        OfficeError::Refused(Refusal::LetterPrinted)
        | OfficeError::MovedOn { .. }
        | OfficeError::Repeat => StatusCode::CONFLICT,
        OfficeError::Refused(_) | OfficeError::Invalid(_) | OfficeError::NoPerson => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        OfficeError::UnknownCard | OfficeError::UnknownBatch => StatusCode::NOT_FOUND,
        OfficeError::TooManyCalls | OfficeError::TooManyVouchers => StatusCode::TOO_MANY_REQUESTS,
        OfficeError::NotInUse => StatusCode::FORBIDDEN,
        OfficeError::RegisterSilent(_) | OfficeError::NoRegister => StatusCode::SERVICE_UNAVAILABLE,
        _ => return None,
    })
}

/// What cannot be printed is refused when it is written down.
pub(super) fn unprintable(error: &PrintError) -> Problem {
    let code = match error {
        PrintError::Character(_) => "office.unprintable",
        PrintError::TooLong(_) => "office.too-long",
        PrintError::Font { .. } | PrintError::Document(_) => return Problem::internal(error),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code).caused_by(error)
}
