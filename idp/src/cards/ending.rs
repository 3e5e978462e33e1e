//! The end of a card's certificate, told in good time.

use jiff::{SignedDuration, Timestamp};
use warifu_service::words::Voice;

use crate::japan::{date, day};

/// Days before the end at which it is told.
const DAYS: [i64; 3] = [90, 60, 30];

/// What is said about a certificate that ends soon, or has ended.
pub(crate) struct Ending {
    pub(crate) heading: String,
    pub(crate) advice: String,
}

impl Ending {
    pub(crate) fn new(end: Timestamp, now: Timestamp, voice: Voice<'_>) -> Self {
        let days = day(end).duration_since(day(now)).as_hours() / 24;
        let gaps = [("n", days.into()), ("date", date(end, voice).into())];
        Self {
            heading: voice.tell("cert-expiring", &gaps),
            advice: voice.attribute("cert-expiring", "person"),
        }
    }

    /// What there is to say of it now; nothing while it is far.
    pub(super) fn of(end: Timestamp, now: Timestamp, voice: Voice<'_>) -> Option<Self> {
        if is_over(end, now) {
            return Some(Self {
                heading: voice.say("cert-expired"),
                advice: voice.attribute("cert-expired", "person"),
            });
        }
        is_near(end, now).then(|| Self::new(end, now, voice))
    }
}

/// Whether the certificate has ended: it holds through the second that is its end (RFC 5280
/// §4.1.2.5).
pub(crate) fn is_over(end: Timestamp, now: Timestamp) -> bool {
    now.as_second() > end.as_second()
}

/// Whether it is close enough to be spoken of.
pub(crate) fn is_near(end: Timestamp, now: Timestamp) -> bool {
    !is_over(end, now) && DAYS.iter().any(|&days| end - days_of(days) <= now)
}

/// Whether the holder is to be stopped by it: once at each of the three times, at the first use after
/// it.
pub(crate) fn is_due(end: Timestamp, last_use: Option<Timestamp>, now: Timestamp) -> bool {
    DAYS.iter()
        .map(|&days| end - days_of(days))
        .any(|from| from <= now && last_use.is_none_or(|last| last < from))
}

fn days_of(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;
    use warifu_service::words::Language;

    fn at(day: i64) -> Timestamp {
        "2026-11-20T01:15:00Z".parse::<Timestamp>().unwrap() + days_of(day)
    }

    #[test]
    fn the_end_is_told_three_times() {
        let end = at(100);
        assert!(!is_due(end, None, at(9)));
        assert!(is_due(end, None, at(10)) && is_due(end, Some(at(9)), at(10)));
        assert!(!is_due(end, Some(at(10)), at(11)), "told already");
        assert!(is_due(end, Some(at(39)), at(41)) && is_due(end, Some(at(12)), at(95)));
        assert!(!is_due(end, Some(at(71)), at(95)));
    }

    #[test]
    fn it_is_near_for_ninety_days() {
        assert!(!is_near(at(100), at(9)) && is_near(at(100), at(10)) && is_near(at(100), at(99)));
        let moment = SignedDuration::from_micros(1);
        assert!(!is_near(at(100), at(10) - moment), "a moment too early");
        let last = at(100) + SignedDuration::from_secs(1) - moment;
        assert!(is_near(at(100), last) && !is_near(at(100), last + moment), "over");
    }

    #[test]
    fn it_is_told_in_days() {
        let words = words().unwrap();
        let ending = Ending::new(at(58), at(0), words.in_(Language::En));
        assert!(ending.heading.contains("58 days"), "{}", ending.heading);
        let voice = words.in_(Language::Ja);
        let said = |now| Ending::of(at(100), now, voice).map(|ending| ending.heading);
        assert_eq!(said(at(9)), None);
        assert!(said(at(98)).unwrap().contains("あと2日（2027年2月28日まで）"));
        assert!(said(at(99)).unwrap().starts_with("あした（"));
        assert!(said(at(100)).unwrap().starts_with("今日（"));
        let over = at(100) + SignedDuration::from_secs(1);
        assert_eq!(said(over), Some(voice.say("cert-expired")));
    }
}
