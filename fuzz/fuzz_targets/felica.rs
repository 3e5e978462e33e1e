//! Any bytes as a FeliCa command and as the answer to each: what is read is written the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_card::felica::{Packet, Reply};

fuzz_target!(|bytes: &[u8]| {
    if let Some(packet) = Packet::decode(bytes) {
        assert_eq!(Packet::decode(&packet.encode()), Some(packet));
    }
    let idm = [0; 8];
    let commands = [
        Packet::Polling,
        Packet::Read { idm, blocks: vec![0x82, 0x86, 0x91] },
        Packet::Write { idm, blocks: vec![(0x80, [0; 16])] },
    ];
    for command in commands {
        if let Ok(Reply::Blocks(blocks)) = command.answer(bytes) {
            assert_eq!(blocks.len(), 3);
        }
    }
});
