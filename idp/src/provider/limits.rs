//! For how long a card's proof counts at a service provider that wants it fresher than the identity
//! provider does.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::Terms;
use crate::store::Session;

impl Terms {
    /// Whether that session still does here; where not, the card is asked again. A pause counts as
    /// long as the session lives: it does not become shorter by a visit to another page.
    pub(crate) fn takes(&self, session: &Session, now: Timestamp) -> bool {
        let idle = duration(self.session_idle_minutes);
        let paused = now.duration_since(session.used_at).max(session.longest_pause);
        idle.is_none_or(|idle| paused < idle) && now < self.end_of(session)
    }

    /// Until when the service may count on that session: no longer than the session itself.
    pub(crate) fn end_of(&self, session: &Session) -> Timestamp {
        let lasts = session.expires_at.duration_since(session.authenticated_at);
        let absolute = duration(self.session_absolute_minutes).unwrap_or(lasts);
        session.authenticated_at + absolute.min(lasts)
    }
}

fn duration(minutes: Option<NonZeroU32>) -> Option<SignedDuration> {
    minutes.map(|minutes| SignedDuration::from_mins(minutes.get().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::Level;
    use crate::person::{Person, PersonId};

    fn at(minutes: i64) -> Timestamp {
        "2026-11-20T01:15:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn session(used: i64, longest_pause: i64) -> Session {
        Session {
            id: vec![0; 32],
            person: PersonId::parse(&"a".repeat(32)).unwrap(),
            profile: Person {
                display_name: "見本 花子".into(), roles: vec![], organization: None
            },
            card: vec![1; 32],
            level: Level::High,
            authenticated_at: at(0),
            used_at: at(used),
            longest_pause: SignedDuration::from_mins(longest_pause),
            expires_at: at(60),
            idle: SignedDuration::from_mins(15),
            holder: None,
            card_ends: None,
        }
    }

    fn terms(idle: Option<u32>, absolute: Option<u32>) -> Terms {
        let minutes = |count: Option<u32>| count.and_then(NonZeroU32::new);
        Terms {
            session_idle_minutes: minutes(idle),
            session_absolute_minutes: minutes(absolute),
            ..Terms::default()
        }
    }

    #[test]
    fn without_limits_a_session_does_until_its_end() {
        let usual = terms(None, None);
        assert!(usual.takes(&session(0, 14), at(59)) && !usual.takes(&session(0, 0), at(60)));
        assert_eq!(usual.end_of(&session(0, 0)), at(60));
    }

    #[test]
    fn a_proof_is_too_old_after_the_absolute_limit() {
        let strict = terms(None, Some(30));
        assert!(strict.takes(&session(29, 0), at(29)) && !strict.takes(&session(29, 0), at(30)));
        assert_eq!(strict.end_of(&session(0, 0)), at(30));
        for longer in [61, u32::MAX] {
            let lax = terms(Some(longer), Some(longer));
            assert_eq!(lax.end_of(&session(0, 0)), at(60), "no longer than the session");
            assert!(lax.takes(&session(0, 0), at(59)));
        }
    }

    #[test]
    fn a_pause_is_not_forgotten() {
        let strict = terms(Some(5), None);
        assert!(strict.takes(&session(10, 4), at(14)));
        assert!(!strict.takes(&session(10, 4), at(15)), "unused since");
        assert!(!strict.takes(&session(10, 5), at(10)), "unused before");
    }
}
