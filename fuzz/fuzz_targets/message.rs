//! Any bytes as a message: what is read can be written, and is then read the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_saml::{AuthnRequest, LogoutRequest, LogoutResponse, soap};

fuzz_target!(|document: &[u8]| {
    let message = soap::unwrap(document).unwrap_or(document);
    if let Ok(read) = AuthnRequest::parse(message) {
        let again = AuthnRequest::parse(read.to_xml().expect("written").as_bytes());
        assert_eq!(again.expect("read again").id, read.id);
    }
    if let Ok(read) = LogoutRequest::parse(message) {
        let again = LogoutRequest::parse(read.to_xml().expect("written").as_bytes());
        let again = again.expect("read again");
        assert_eq!(again.name_id, read.name_id);
        assert_eq!(again.session_indexes, read.session_indexes);
    }
    if let Ok(read) = LogoutResponse::parse(message) {
        let again = LogoutResponse::parse(read.to_xml().expect("written").as_bytes());
        let again = again.expect("read again");
        assert_eq!((again.status, again.in_response_to), (read.status, read.in_response_to));
    }
});
