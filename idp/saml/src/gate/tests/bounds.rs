//! Documents that are too much, and documents that are nothing at all.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const KINDS: [Kind; 7] = [
    Kind::Response,
    Kind::Assertion,
    Kind::AuthnRequest,
    Kind::LogoutRequest,
    Kind::LogoutResponse,
    Kind::Envelope,
    Kind::Metadata,
];

/// Puts something where anything may stand.
fn inside(content: &str) -> String {
    let detail = format!("<samlp:StatusDetail>{content}</samlp:StatusDetail></samlp:Status>");
    edit(&unsigned_response(""), "</samlp:Status>", &detail)
}

#[test]
fn too_large() {
    let large = inside(&"x".repeat(Kind::Response.size_limit()));
    assert_eq!(fault(Kind::Response, &large), GateError::Size);
    let fits = inside(&"x".repeat(Kind::Response.size_limit() - 4096));
    assert!(admit(Kind::Response, fits.as_bytes()).is_ok());
}

#[test]
fn too_deep() {
    let nest = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(fault(Kind::Response, &inside(&nest(30))), GateError::Depth);
    assert!(admit(Kind::Response, inside(&nest(29)).as_bytes()).is_ok());
    assert_eq!(fault(Kind::Response, &inside(&nest(30_000))), GateError::Depth);
}

#[test]
fn too_many_elements() {
    assert_eq!(fault(Kind::Response, &inside(&"<a/>".repeat(2_048))), GateError::Elements);
    assert!(admit(Kind::Response, inside(&"<a/>".repeat(2_000)).as_bytes()).is_ok());
}

fn attributes(count: usize) -> String {
    let attributes: Vec<String> = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
    format!("<a{}/>", attributes.concat())
}

#[test]
fn too_many_attributes() {
    assert_eq!(fault(Kind::Response, &inside(&attributes(33))), GateError::Attributes);
    assert!(admit(Kind::Response, inside(&attributes(32)).as_bytes()).is_ok());
    assert_eq!(fault(Kind::Response, &inside(&attributes(20_000))), GateError::Attributes);
}

#[test]
fn too_long_an_attribute() {
    let long = |length: usize| inside(&format!("<a b=\"{}\"/>", "x".repeat(length)));
    assert_eq!(fault(Kind::Response, &long(4097)), GateError::AttributeSize);
    assert!(admit(Kind::Response, long(4096).as_bytes()).is_ok());
}

#[test]
fn too_many_namespaces() {
    let many: Vec<_> = (0..33).map(|number| format!(" xmlns:n{number}=\"urn:n\"")).collect();
    let many = many.concat();
    assert_eq!(fault(Kind::Response, &inside(&format!("<a{many}/>"))), GateError::Namespace);
}

#[test]
fn the_worst_documents_are_refused_at_once() {
    let worst = [
        inside(&attributes(20_000)),
        inside(&"<a>".repeat(60_000)),
        inside(&"<a b=''/>".repeat(20_000)),
        inside(&"&#65;".repeat(40_000)),
        inside(&"<a xmlns:b='urn:b'>".repeat(10_000)),
        inside(&"x".repeat(200_000)),
        "<".repeat(250_000),
        "&".repeat(250_000),
        format!("<a {}", "b='".repeat(80_000)),
    ];
    for document in worst {
        let start = Instant::now();
        let _ = admit(Kind::Response, document.as_bytes());
        // A second is far above what it takes even unoptimised on a busy machine, and far below
        // what anything but linear would take.
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}

/// Bits and pieces that documents are made of, to be strung together.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(response()),
        Just(sealed_response()),
        Just("<".to_owned()),
        Just("/>".to_owned()),
        Just("]]>".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("<?xml version='1.0'?>".to_owned()),
        Just("xmlns:a='b'".to_owned()),
        Just("&#x41;".to_owned()),
        Just("<saml:Assertion".to_owned()),
        Just("</samlp:Response>".to_owned()),
        "[ -~]{0,12}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Where to change a byte, and into what.
fn change() -> impl Strategy<Value = (prop::sample::Index, u8)> {
    (any::<prop::sample::Index>(), any::<u8>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        for kind in KINDS {
            let _ = admit(kind, &bytes);
        }
    }

    #[test]
    fn any_pieces_are_answered(document in pieces()) {
        for kind in KINDS {
            let _ = admit(kind, document.as_bytes());
        }
    }

    /// A response with a few bytes changed passes the gate or not, and if it does, it can be read.
    #[test]
    fn a_damaged_response_is_answered(changes in prop::collection::vec(change(), 1..4)) {
        let mut document = response().into_bytes();
        for (at, byte) in changes {
            let at = at.index(document.len());
            document[at] = byte;
        }
        if let Ok(admitted) = admit(Kind::Response, &document) {
            let _ = crate::tree::parse(&admitted).unwrap();
        }
    }

    /// What is let through has no markup that hides anything.
    #[test]
    fn what_passes_is_plain(document in pieces()) {
        if let Ok(admitted) = admit(Kind::Response, document.as_bytes()) {
            for forbidden in ["<!--", "<!DOCTYPE", "<![CDATA["] {
                prop_assert!(!admitted.text().contains(forbidden));
            }
        }
    }
}
