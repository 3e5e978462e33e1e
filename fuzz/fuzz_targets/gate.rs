//! Any bytes as each kind of document: what the gate lets through hides nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_saml::gate::{Kind, admit};

const KINDS: [Kind; 7] = [
    Kind::Response,
    Kind::Assertion,
    Kind::AuthnRequest,
    Kind::LogoutRequest,
    Kind::LogoutResponse,
    Kind::Envelope,
    Kind::Metadata,
];

fuzz_target!(|document: &[u8]| {
    for kind in KINDS {
        let Ok(admitted) = admit(kind, document) else { continue };
        for forbidden in ["<!DOCTYPE", "<!ENTITY", "<![CDATA["] {
            assert!(!admitted.text().contains(forbidden));
        }
        assert!(kind == Kind::Metadata || !admitted.text().contains("<!--"));
    }
});
