//! Times as certificates write them: whole seconds, UTC.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use x509_cert::der::asn1::{GeneralizedTime, UtcTime};
use x509_cert::der::{self, DateTime};
use x509_cert::time::Time;

/// From when to when a certificate is valid, both ends included. Fractions of a second are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first valid second.
    pub not_before: Timestamp,
    /// The last valid second.
    pub not_after: Timestamp,
}

impl Validity {
    /// A validity that starts at `from` and lasts as long as said (to the last second a certificate
    /// can name).
    pub fn lasting(from: Timestamp, length: SignedDuration) -> Self {
        let not_after = from.checked_add(length).unwrap_or(Timestamp::MAX);
        Self { not_before: from, not_after }
    }

    /// How long it is.
    pub fn length(&self) -> SignedDuration {
        self.not_after.duration_since(self.not_before)
    }

    pub(crate) fn to_x509(self) -> der::Result<x509_cert::time::Validity> {
        Ok(x509_cert::time::Validity {
            not_before: to_x509(self.not_before)?,
            not_after: to_x509(self.not_after)?,
        })
    }
}

/// `UTCTime` until 2049, `GeneralizedTime` from 2050: RFC 5280 §4.1.2.5.
pub(crate) fn to_x509(at: Timestamp) -> der::Result<Time> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| der::Tag::UtcTime.value_error())?;
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds))?;
    if date.year() <= UtcTime::MAX_YEAR {
        return Ok(Time::UtcTime(UtcTime::from_date_time(date)?));
    }
    Ok(Time::GeneralTime(GeneralizedTime::from_date_time(date)))
}

/// The year 9999 means "no end" in RFC 5280 §4.1.2.5 and may lie past what a timestamp can hold.
pub(crate) fn from_x509(time: Time) -> Timestamp {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> (Time, Timestamp) {
        let time = to_x509(text.parse().unwrap()).unwrap();
        (time, from_x509(time))
    }

    #[test]
    fn seconds_survive_and_fractions_do_not() {
        let (_, back) = round("2026-11-20T01:02:03.9Z");
        assert_eq!(back, "2026-11-20T01:02:03Z".parse().unwrap());
    }

    #[test]
    fn the_form_changes_in_2050() {
        assert!(matches!(round("2049-12-31T23:59:59Z").0, Time::UtcTime(_)));
        let (time, back) = round("2050-01-01T00:00:00Z");
        assert!(matches!(time, Time::GeneralTime(_)));
        assert_eq!(back, "2050-01-01T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn no_end_is_the_last_timestamp() {
        assert_eq!(from_x509(Time::INFINITY), Timestamp::MAX);
        assert!(to_x509("1969-12-31T23:59:59Z".parse().unwrap()).is_err());
    }
}
