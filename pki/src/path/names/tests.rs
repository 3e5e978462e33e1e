//! Single comparisons; whole chains stand in the hostile suite.

use proptest::prelude::*;
use x509_cert::der::asn1::OctetString;

use super::*;

#[test]
fn a_host_lies_in_its_domain() {
    for (name, base, expected) in [
        ("a.jp", "a.jp", true),
        ("b.a.jp", "a.jp", true),
        ("xa.jp", "a.jp", false),
        ("b.a.jp", ".a.jp", true),
        ("a.jp", ".a.jp", false),
        ("a.jp.", "A.jp", true),
        ("jp", "a.jp", false),
        ("", "a.jp", false),
        ("a.jp", "", true),
        ("é.jp", "jp", true),
    ] {
        assert_eq!(is_in_domain(name, base), expected, "{name} in {base}");
    }
}

#[test]
fn a_uri_has_one_host_or_none() {
    for (uri, expected) in [
        ("https://a.jp/b", Some("a.jp")),
        ("https://a.jp.:80?x", Some("a.jp")),
        ("ldap://u:p@a.jp#f", Some("a.jp")),
        ("https://a@b@c", Some("c")),
        ("https:///path", None),
        ("https://[::1]:80/", None),
        ("https://1.2.3.4/", None),
        ("https://a%2e/", None),
        ("urn:a", None),
        ("", None),
    ] {
        assert_eq!(host_of(uri), expected, "{uri}");
    }
}

#[test]
fn an_address_lies_in_a_network_of_its_kind() {
    assert_eq!(is_address_of(&[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]), Some(true));
    assert_eq!(is_address_of(&[11, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]), Some(false));
    assert_eq!(is_address_of(&[0; 16], &[10, 0, 0, 0, 255, 0, 0, 0]), Some(false));
    assert_eq!(is_address_of(&[10, 1, 2], &[10, 0, 0, 0, 255, 0, 0, 0]), None);
    assert_eq!(is_address_of(&[10, 1, 2, 3], &[10, 0, 0]), None);
}

proptest! {
    #[test]
    fn any_two_names_are_compared_without_panic(one in "\\PC{0,20}", other in "\\PC{0,20}") {
        let _ = (is_in_domain(&one, &other), covers(&one, &other), host_of(&one));
        let _ = (is_mail_of(&one, &other), is_host_of(&one, &other));
    }

    #[test]
    fn any_address_is_compared_without_panic(
        one in proptest::collection::vec(any::<u8>(), 0..20),
        other in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let address = GeneralName::IpAddress(OctetString::new(one.clone()).unwrap());
        let base = GeneralName::IpAddress(OctetString::new(other.clone()).unwrap());
        let (address, base) = (Form::of(&address), Form::of(&base));
        prop_assert!(!base.certainly_holds(&address) || base.perhaps_holds(&address));
    }
}
