//! Whether a card that answered well opens anything: what the card office said of it, and what the
//! revocation lists say.

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{Reason, RevocationError};

use crate::person::CardState;
use crate::store::Card;
use crate::web_eid::TokenError;

/// What the lists say of a card.
pub(super) type Standing = Result<(), RevocationError>;

/// Cards are born on hold, and the card office releases them when it hears of their activation. So
/// long a card that was just put into use may still stand on a list.
const RELEASED_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// Whether the card opens what it should now.
pub(super) fn opens(card: &Card, standing: Standing, now: Timestamp) -> Result<(), TokenError> {
    match card.state {
        CardState::Active if is_born_held(card, standing, now) => Ok(()),
        CardState::Active => Ok(standing?),
        CardState::Issued => Err(waits(standing).err().unwrap_or(TokenError::NotActivated)),
        CardState::Suspended => Err(match standing.map_err(TokenError::from) {
            Err(TokenError::Revoked) => TokenError::Revoked,
            _ => TokenError::Suspended,
        }),
        CardState::Ended => Err(TokenError::Revoked),
    }
}

/// Whether a card that was never used may be put into use: on hold it may be, and nothing worse.
pub(super) fn waits(standing: Standing) -> Result<(), TokenError> {
    match standing {
        Err(RevocationError::Revoked { reason: Reason::CertificateHold, .. }) => Ok(()),
        other => Ok(other?),
    }
}

/// On hold since before it was put into use, a moment ago: the hold it was born with.
fn is_born_held(card: &Card, standing: Standing, now: Timestamp) -> bool {
    let Err(RevocationError::Revoked { at, reason: Reason::CertificateHold }) = standing else {
        return false;
    };
    card.activated_at
        .is_some_and(|activated| at < activated && now.duration_since(activated) < RELEASED_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::PersonId;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn now() -> Timestamp {
        "2026-11-20T01:15:00Z".parse().unwrap()
    }

    fn card(state: CardState) -> Card {
        Card {
            id: vec![0; 32],
            person: PersonId::parse(&"a".repeat(32)).unwrap(),
            scheme: None,
            state,
            activated_at: None,
            used_at: None,
            expires_at: None,
            beside: None,
        }
    }

    fn revoked(reason: Reason) -> Standing {
        Err(RevocationError::Revoked { at: now() - HOUR, reason })
    }

    #[test]
    fn each_state_and_standing_has_its_answer() {
        let (hold, lost) = (revoked(Reason::CertificateHold), revoked(Reason::KeyCompromise));
        let none = Err(RevocationError::Stale);
        for (state, standing, expected) in [
            (CardState::Active, Ok(()), Ok(())),
            (CardState::Active, hold, Err(TokenError::Suspended)),
            (CardState::Active, lost, Err(TokenError::Revoked)),
            (CardState::Active, none, Err(TokenError::RevocationUnavailable)),
            (CardState::Issued, Ok(()), Err(TokenError::NotActivated)),
            (CardState::Issued, hold, Err(TokenError::NotActivated)),
            (CardState::Issued, lost, Err(TokenError::Revoked)),
            (CardState::Issued, none, Err(TokenError::RevocationUnavailable)),
            (CardState::Suspended, Ok(()), Err(TokenError::Suspended)),
            (CardState::Suspended, lost, Err(TokenError::Revoked)),
            (CardState::Ended, Ok(()), Err(TokenError::Revoked)),
        ] {
            assert_eq!(opens(&card(state), standing, now()), expected, "{state:?} {standing:?}");
        }
    }

    #[test]
    fn the_hold_a_card_was_born_with_does_not_keep_out_who_has_just_activated_it() {
        let hold = revoked(Reason::CertificateHold);
        let activated = |ago: SignedDuration| Card {
            activated_at: Some(now() - ago),
            ..card(CardState::Active)
        };
        assert_eq!(opens(&activated(SignedDuration::from_mins(1)), hold, now()), Ok(()));
        let late = opens(&activated(SignedDuration::from_mins(16)), hold, now());
        assert_eq!(late, Err(TokenError::Suspended), "the office does not release it");
        let before = opens(&activated(HOUR * 2), hold, now());
        assert_eq!(before, Err(TokenError::Suspended), "held after it was activated");
        let lost = opens(&activated(SignedDuration::ZERO), revoked(Reason::KeyCompromise), now());
        assert_eq!(lost, Err(TokenError::Revoked));
    }

    #[test]
    fn only_a_held_or_good_card_can_be_put_into_use() {
        assert_eq!(waits(Ok(())), Ok(()));
        assert_eq!(waits(revoked(Reason::CertificateHold)), Ok(()));
        assert_eq!(waits(revoked(Reason::Superseded)), Err(TokenError::Revoked));
        let none = waits(Err(RevocationError::NoList));
        assert_eq!(none, Err(TokenError::RevocationUnavailable));
    }
}
