//! Any bytes as data objects of a card: what is read is written the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_card::tlv::{self, TlvReader};

fuzz_target!(|bytes: &[u8]| {
    let _ = tlv::find(bytes, 0x53);
    for object in TlvReader::new(bytes).flatten() {
        let mut written = Vec::new();
        tlv::write(&mut written, object.tag, object.value).expect("written");
        assert_eq!(TlvReader::new(&written).next(), Some(Ok(object)));
        let nested: Vec<_> = TlvReader::new(object.value).collect();
        assert!(nested.len() <= object.value.len());
    }
});
