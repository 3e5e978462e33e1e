//! A certificate may name any address: nobody goes there.

use std::io::ErrorKind;
use std::net::TcpListener;

use x509_cert::der::asn1::ObjectIdentifier;

use crate::forge::*;

const AUTHORITY_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
const DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");

fn access(url: &str) -> Vec<u8> {
    let one = |method: &str| tlv(SEQUENCE, &[oid(method), tlv(0x86, url.as_bytes())].concat());
    tlv(SEQUENCE, &[one("1.3.6.1.5.5.7.48.1"), one("1.3.6.1.5.5.7.48.2")].concat())
}

fn points(url: &str) -> Vec<u8> {
    let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())));
    tlv(SEQUENCE, &tlv(SEQUENCE, &name))
}

#[test]
fn nothing_is_fetched_before_or_after_the_chain_is_believed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let naming = |draft: &mut Draft| {
        draft.replace(AUTHORITY_ACCESS, false, &access(&url));
        draft.replace(DISTRIBUTION_POINTS, false, &points(&url));
    };
    assert_eq!(with_card(naming).verdict(), Ok(()));
    assert_eq!(with_issuer(naming).verdict(), Ok(()));
    let stranger = Maker::root().below("Cards", naming).card(naming);
    let unknown = Chain { leaf: stranger, ..with_card(|_| ()) };
    assert!(unknown.verdict().is_err());
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}
