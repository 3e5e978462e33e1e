//! Instants as SAML writes them: `xs:dateTime` in UTC (SAML core 1.3.3). And how long things last.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// The longest text of a duration, in bytes.
const DURATION_LENGTH: usize = 64;

/// Writes an instant, truncated to milliseconds.
pub(crate) fn write(instant: Timestamp) -> String {
    Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant).to_string()
}

/// Reads `YYYY-MM-DDThh:mm:ss[.fraction]Z` and nothing else.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    if !has_shape(text.as_bytes()) {
        return None;
    }
    text.parse().ok()
}

/// Reads `xs:duration`, counted from `now` on as far as months and years are in it; not below zero.
pub(crate) fn read_duration(text: &str, now: Timestamp) -> Option<SignedDuration> {
    if text.len() > DURATION_LENGTH || !text.starts_with('P') {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let end = now.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Some(end.timestamp().duration_since(now))
}

fn has_shape(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(19) else {
        return false;
    };
    let head_fits = head.iter().zip(b"0000-00-00T00:00:00").all(|(byte, model)| match model {
        b'0' => byte.is_ascii_digit(),
        _ => byte == model,
    });
    head_fits && tail_fits(tail)
}

fn tail_fits(tail: &[u8]) -> bool {
    match tail {
        [b'Z'] => true,
        [b'.', digits @ .., b'Z'] => {
            (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_milliseconds_and_reads_them_back() {
        let instant: Timestamp = "2026-04-01T09:30:00.123456789Z".parse().unwrap();
        assert_eq!(write(instant), "2026-04-01T09:30:00.123Z");
        assert_eq!(read("2026-04-01T09:30:00.123Z").unwrap().as_millisecond(), 1_775_035_800_123);
        assert_eq!(read("2026-04-01T09:30:00Z").unwrap().as_second(), 1_775_035_800);
    }

    #[test]
    fn a_duration_counts_from_now() {
        let now: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
        let hours = |text| read_duration(text, now).map(|duration| duration.as_hours());
        assert_eq!(hours("PT6H"), Some(6));
        assert_eq!(hours("P1DT12H"), Some(36));
        assert_eq!(hours("P1M"), Some(28 * 24));
        assert_eq!(hours("P1Y"), Some(365 * 24));
        for text in ["", "P", "6H", "-PT6H", "PT", "P1S", "PT-1H", "P99999999Y"] {
            assert_eq!(hours(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_other_shapes() {
        for text in [
            "",
            "2026-04-01",
            "2026-04-01T09:30:00",
            "2026-04-01T09:30:00+09:00",
            "2026-04-01 09:30:00Z",
            "2026-04-01t09:30:00z",
            "2026-13-01T09:30:00Z",
            "2026-02-30T09:30:00Z",
            "2026-04-01T09:30:00.Z",
            "2026-04-01T09:30:00.1234567890Z",
            " 2026-04-01T09:30:00Z",
            "-2026-04-01T09:30:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
