//! Any text as the form field `SAMLResponse`, and as the document in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_saml::{claimed, decode_post};

fuzz_target!(|field: &[u8]| {
    let _ = claimed(field);
    let Ok(field) = std::str::from_utf8(field) else { return };
    if let Ok(document) = decode_post(field) {
        assert!(document.len() <= field.len());
        let _ = claimed(&document);
    }
});
