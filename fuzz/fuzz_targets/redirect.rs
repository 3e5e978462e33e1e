//! Any text as the query of a redirect, and as the message in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_saml::redirect::receive;
use warifu_saml::{AuthnRequest, LogoutRequest, LogoutResponse, RedirectParameter};

fuzz_target!(|query: &str| {
    if let Ok(received) = receive(query, RedirectParameter::Request) {
        assert!(received.verify(&[]).is_err());
        let _ = AuthnRequest::parse(&received.xml);
        let _ = LogoutRequest::parse(&received.xml);
    }
    if let Ok(received) = receive(query, RedirectParameter::Response) {
        let _ = LogoutResponse::parse(&received.xml);
    }
});
