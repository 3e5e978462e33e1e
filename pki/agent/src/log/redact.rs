//! Blotting out what looks like a secret or like something's number. A second wall: the log holds no
//! such thing to begin with.

/// Digits in a row that could be a PIN or a number; shorter ones are tries, ports and times.
const DIGITS: usize = 6;
/// Letters and digits in a row that could be a key, a nonce or a certificate …
const ENCODED: usize = 16;
/// … and letters alone.
const LETTERS: usize = 40;
const BLOT: &str = "[…]";

/// The text without them.
pub(super) fn redacted(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| is_encoding(c) != is_encoding(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        clean.push_str(if is_encoding(first) && is_secret(run) { BLOT } else { run });
        rest = after;
    }
    clean
}

/// The characters of hexadecimal, base64 and base64url text.
fn is_encoding(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_')
}

fn is_secret(run: &str) -> bool {
    let longest = run.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let has_digit = run.bytes().any(|byte| byte.is_ascii_digit());
    longest >= DIGITS || (run.len() >= ENCODED && has_digit) || run.len() >= LETTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_blotted_out() {
        for secret in [
            "271828",
            "012e441020304050",
            "KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=",
            "MIIBszCCAVmgAwIBAgIBATAKBggqhkjOPQQDAjAr",
        ] {
            let clean = redacted(&format!("code: {secret} end"));
            assert_eq!(clean, format!("code: {BLOT} end"), "{secret}");
        }
    }

    #[test]
    fn what_helps_is_left() {
        for text in [
            "2026-11-20T01:00:00Z  INFO warifu_agent::routes: conversation ended outcome=\"token\"",
            "LocalNetworkAccessAllowedForUrls warifu_agent::conversation::search /etc/warifu/a.toml",
            "Virtual PCD 00 01: card.piv-or-felica-wanted, 127.0.0.1:8447, あと3回",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_long_number_survives(text in "\\PC{0,80}", number in "[0-9]{6,20}") {
            let clean = redacted(&format!("{text}{number}{text}"));
            proptest::prop_assert!(!clean.contains(&number) || text.contains(&number));
        }
    }
}
