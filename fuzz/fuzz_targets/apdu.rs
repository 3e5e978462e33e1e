//! Any bytes as a command to a card and as its answer: what is read is written the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_card::apdu::{Command, Response};

fuzz_target!(|bytes: &[u8]| {
    let _ = Response::parse(bytes);
    if let Some(command) = Command::parse(bytes) {
        let written = command.apdus();
        let last = written.last().map(|apdu| apdu.as_slice());
        assert!(last.and_then(Command::parse) == Some(command));
    }
});
