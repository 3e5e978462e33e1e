//! Any text as a manifest: as an organisation writes it, as the signed one that a connector
//! publishes, as what is signed within it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use warifu_connectors::fuzzing::ManifestReader;

static READER: LazyLock<ManifestReader> =
    LazyLock::new(|| ManifestReader::new().expect("a reader"));

fuzz_target!(|bytes: &[u8]| {
    if let Some(manifest) = READER.takes_signed(bytes) {
        manifest.check().expect("only what is sound is believed");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(!READER.takes(text), "signed by nobody");
        assert!(READER.keeps(text), "another manifest than was written");
    }
});
