//! Any bytes as an identity provider's request to the card software; and any claims under its
//! signature.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use warifu_agent::fuzzing::RequestReader;

static READER: LazyLock<RequestReader> = LazyLock::new(|| {
    let now: Timestamp = "2026-11-20T01:15:00Z".parse().expect("a time");
    RequestReader::new(now).expect("a reader")
});

fuzz_target!(|bytes: &[u8]| {
    assert!(!READER.takes(bytes), "signed by nobody");
    let _ = READER.takes_signed(bytes);
});
