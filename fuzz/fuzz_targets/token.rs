//! Any bytes as a card's answer: as the whole, as its certificate, as the signature of a card that is
//! believed. Nobody who fuzzes has a card.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use warifu_idp::fuzzing::TokenReader;

static READER: LazyLock<TokenReader> = LazyLock::new(|| {
    let now: Timestamp = "2026-11-20T01:15:00Z".parse().expect("a time");
    TokenReader::new(now).expect("a reader")
});

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (choice, place, bytes) = input;
    let taken = match choice % 4 {
        0 => READER.takes(bytes),
        1 => READER.takes_parts(bytes, &[1; 64]),
        2 => READER.takes_parts(READER.certificate(), bytes),
        _ => {
            let mut altered = READER.certificate().to_vec();
            let place = usize::from(place) % altered.len();
            altered.iter_mut().skip(place).zip(bytes).for_each(|(byte, by)| *byte ^= by);
            READER.takes_parts(&altered, &[1; 64])
        }
    };
    assert!(!taken, "a card that there is not");
});
