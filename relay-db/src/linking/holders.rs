//! The steps of a ceremony at whoever holds the records: at a connector, or in the relay's own
//! deposits, which are asked as a connector is and answer as one.

use warifu_connectors::SourceError;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::linking::{
    CardMatchAnswer, CompareRequest, Comparison, EndRequest, MatchAnswer,
};
use warifu_deposit::{Bound, DepositError, Deposits, MatchError};
use warifu_service::http::Deadline;

use crate::asking;
use crate::directory::Answerer;
use crate::relay::Relay;

/// Which member does a voucher mean, in the ceremony that is called `errand` there?
pub(crate) async fn match_member(
    relay: &Relay,
    holder: &Answerer,
    errand: &str,
    voucher: String,
) -> Result<MatchAnswer, SourceError> {
    match holder {
        Answerer::Connector(connector) => {
            asking::match_member(relay.mint(), connector, errand, voucher).await
        }
        Answerer::Deposit(insurer) => {
            let asked = deposits(relay)?.match_member(&insurer.number, errand, &voucher).await;
            asked.map_err(|error| unmatched(&error))
        }
    }
}

/// Whose insurance card is it today, in the ceremony that is called `errand` there?
pub(crate) async fn match_card(
    relay: &Relay,
    holder: &Answerer,
    errand: &str,
    card: TypedCard,
    until: Deadline,
) -> Result<CardMatchAnswer, SourceError> {
    match holder {
        Answerer::Connector(connector) => {
            asking::match_card(relay.mint(), connector, errand, card, until).await
        }
        Answerer::Deposit(_) => {
            let today = today_in_japan(relay.surroundings().now());
            let asked = deposits(relay)?.match_card(errand, &card, today).await;
            asked.map_err(|error| unmatched(&error))
        }
    }
}

/// Where does a candidate differ from whom the voucher of the search is about?
pub(crate) async fn compare(
    relay: &Relay,
    holder: &Answerer,
    errand: &str,
    question: &CompareRequest,
    until: Deadline,
) -> Result<Comparison, SourceError> {
    let insurer = match holder {
        Answerer::Connector(connector) => {
            return asking::compare(relay.mint(), connector, errand, question, until).await;
        }
        Answerer::Deposit(insurer) => insurer,
    };
    let compared = deposits(relay)?.compare(&insurer.number, errand, question).await;
    let compared = compared.map_err(|error| unmatched(&error))?;
    compared.ok_or_else(|| refused("link.not-offered"))
}

/// Makes an offered pseudonym stand for its member.
pub(crate) async fn confirm_link(
    relay: &Relay,
    holder: &Answerer,
    errand: &str,
    pseudonym: &str,
) -> Result<(), SourceError> {
    let insurer = match holder {
        Answerer::Connector(connector) => {
            let done = asking::confirm_link(relay.mint(), connector, errand, pseudonym).await;
            return done.map(drop);
        }
        Answerer::Deposit(insurer) => insurer,
    };
    let bound = deposits(relay)?.confirm_link(&insurer.number, errand, pseudonym).await;
    match bound.map_err(|error| unread(&error))? {
        Bound::Done => Ok(()),
        Bound::NotOffered => Err(refused("link.not-offered")),
        Bound::Taken => Err(refused("link.taken")),
    }
}

/// Ends a ceremony or a link.
pub(super) async fn end_link(
    relay: &Relay,
    holder: &Answerer,
    errand: &str,
    request: &EndRequest,
) -> Result<(), SourceError> {
    match holder {
        Answerer::Connector(connector) => {
            asking::end_link(relay.mint(), connector, errand, request).await.map(drop)
        }
        Answerer::Deposit(insurer) => {
            let pseudonym = request.pseudonym.as_deref();
            let ended = deposits(relay)?.end_link(&insurer.number, errand, pseudonym).await;
            ended.map_err(|error| unread(&error))
        }
    }
}

fn deposits(relay: &Relay) -> Result<&Deposits, SourceError> {
    relay.deposits().ok_or(SourceError::Down)
}

fn unmatched(error: &MatchError) -> SourceError {
    match error {
        MatchError::Nothing => SourceError::Down,
        MatchError::Deposit(error) => unread(error),
        refusal => {
            tracing::warn!(%refusal, "a voucher was refused");
            refused("voucher.refused")
        }
    }
}

fn unread(error: &DepositError) -> SourceError {
    tracing::error!(%error, "deposits cannot be read");
    SourceError::Down
}

fn refused(code: &str) -> SourceError {
    SourceError::Refused { code: code.to_owned() }
}
