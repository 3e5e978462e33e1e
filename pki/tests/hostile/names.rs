//! Names outside of what an authority may certify, and names that are not what they seem.

use warifu_pki::PathError;
use x509_cert::der::Encode;
use x509_cert::der::asn1::{ObjectIdentifier, OctetString};
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;

use crate::forge::*;

const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");

fn subtrees(all: Vec<GeneralName>) -> Option<Vec<GeneralSubtree>> {
    let subtree = |base| GeneralSubtree { base, minimum: 0, maximum: None };
    (!all.is_empty()).then(|| all.into_iter().map(subtree).collect())
}

fn limits(permitted: Vec<GeneralName>, excluded: Vec<GeneralName>) -> impl FnOnce(&mut Draft) {
    let limits = NameConstraints {
        permitted_subtrees: subtrees(permitted),
        excluded_subtrees: subtrees(excluded),
    };
    move |draft| draft.replace(NAME_CONSTRAINTS, true, &limits.to_der().unwrap())
}

fn directory(text: &str) -> GeneralName {
    GeneralName::DirectoryName(name(text))
}

fn address(bytes: &[u8]) -> GeneralName {
    GeneralName::IpAddress(OctetString::new(bytes).unwrap())
}

/// A card with one more name below an authority with limits.
fn named(limits: impl FnOnce(&mut Draft), names: Vec<GeneralName>) -> Chain {
    let root = Maker::root();
    let issuer = root.below("Cards", limits);
    let leaf = issuer.card(|card| card.replace(ALTERNATIVES, false, &alternatives(names)));
    Chain::of(&[&root], &[&issuer], leaf)
}

fn permitted(base: GeneralName, name: GeneralName) -> Chain {
    named(limits(vec![base], vec![]), vec![name])
}

fn excluded(base: GeneralName, name: GeneralName) -> Chain {
    named(limits(vec![], vec![base]), vec![name])
}

/// A card with this subject below an authority with limits.
fn called(limits: impl FnOnce(&mut Draft), subject: Vec<u8>) -> Chain {
    let root = Maker::root();
    let issuer = root.below("Cards", limits);
    let leaf = issuer.card(|card| card.subject = subject);
    Chain::of(&[&root], &[&issuer], leaf)
}

#[test]
fn host_names_stay_within_their_domain() {
    use PathError::{NameExcluded, NameNotPermitted};
    let base = || dns("example.jp");
    refuse_all(&[
        ("another domain", permitted(base(), dns("example.com")), NameNotPermitted),
        ("a domain that ends alike", permitted(base(), dns("badexample.jp")), NameNotPermitted),
        ("the domain above", permitted(base(), dns("jp")), NameNotPermitted),
        ("below only", permitted(dns(".example.jp"), dns("example.jp")), NameNotPermitted),
        ("excluded", excluded(base(), dns("example.jp")), NameExcluded),
        ("below the excluded", excluded(base(), dns("a.b.example.jp")), NameExcluded),
        ("in capitals", excluded(base(), dns("A.EXAMPLE.JP")), NameExcluded),
        ("with the root's dot", excluded(base(), dns("a.example.jp.")), NameExcluded),
        (
            "a wildcard that reaches it",
            excluded(dns("a.example.jp"), dns("*.example.jp")),
            NameExcluded,
        ),
        ("everything is excluded", excluded(dns(""), dns("example.com")), NameExcluded),
        (
            "one good, one bad",
            named(limits(vec![base()], vec![]), vec![dns("a.example.jp"), dns("example.com")]),
            NameNotPermitted,
        ),
    ]);
    assert_eq!(permitted(base(), dns("a.example.jp")).verdict(), Ok(()));
    assert_eq!(permitted(base(), dns("EXAMPLE.jp")).verdict(), Ok(()));
    assert_eq!(permitted(base(), uri("urn:x")).verdict(), Ok(()), "no limit for this form");
    assert_eq!(excluded(base(), dns("badexample.jp")).verdict(), Ok(()));
}

#[test]
fn uris_are_judged_by_their_host() {
    use PathError::{NameExcluded, NameNotPermitted};
    let base = || uri("example.jp");
    refuse_all(&[
        ("another host", permitted(base(), uri("https://example.com/")), NameNotPermitted),
        ("a host below", permitted(base(), uri("https://a.example.jp/")), NameNotPermitted),
        (
            "the host as user",
            permitted(base(), uri("https://example.jp@example.com/")),
            NameNotPermitted,
        ),
        (
            "the host as path",
            permitted(base(), uri("https://example.com/example.jp")),
            NameNotPermitted,
        ),
        (
            "the host as fragment",
            permitted(base(), uri("https://example.com#@example.jp")),
            NameNotPermitted,
        ),
        ("no host", permitted(base(), uri("urn:example.jp")), NameNotPermitted),
        ("an address", permitted(base(), uri("https://127.0.0.1/")), NameNotPermitted),
        ("another address", permitted(base(), uri("https://[::1]/")), NameNotPermitted),
        ("excluded", excluded(base(), uri("https://example.jp:8443/x")), NameExcluded),
        (
            "below the excluded",
            excluded(uri(".example.jp"), uri("https://a.example.jp")),
            NameExcluded,
        ),
        ("no host, so perhaps excluded", excluded(base(), uri("urn:example.jp")), NameExcluded),
        ("an escaped host", excluded(base(), uri("https://example%2ejp/")), NameExcluded),
    ]);
    assert_eq!(permitted(base(), uri("https://user@EXAMPLE.jp:1/x?y")).verdict(), Ok(()));
    assert_eq!(permitted(uri(".example.jp"), uri("https://a.example.jp")).verdict(), Ok(()));
}

#[test]
fn mailboxes_and_addresses_have_their_limits() {
    use PathError::{NameExcluded, NameNotPermitted};
    let network = || address(&[192, 0, 2, 0, 255, 255, 255, 0]);
    refuse_all(&[
        ("another host", permitted(mail("example.jp"), mail("a@example.com")), NameNotPermitted),
        (
            "another mailbox",
            permitted(mail("a@example.jp"), mail("b@example.jp")),
            NameNotPermitted,
        ),
        ("a host below", excluded(mail(".example.jp"), mail("a@b.example.jp")), NameExcluded),
        ("no mailbox at all", excluded(mail("example.jp"), mail("nobody")), NameExcluded),
        ("another network", permitted(network(), address(&[192, 0, 3, 1])), NameNotPermitted),
        ("in the network", excluded(network(), address(&[192, 0, 2, 9])), NameExcluded),
        ("an odd address", excluded(network(), address(&[192, 0, 2])), NameExcluded),
        ("the other kind", permitted(network(), address(&[0; 16])), NameNotPermitted),
    ]);
    assert_eq!(permitted(mail("example.jp"), mail("a@EXAMPLE.jp")).verdict(), Ok(()));
    assert_eq!(permitted(network(), address(&[192, 0, 2, 9])).verdict(), Ok(()));
    let attribute =
        tlv(SEQUENCE, &[oid("1.2.840.113549.1.9.1"), tlv(0x16, b"a@example.com")].concat());
    let subject = tlv(SEQUENCE, &tlv(0x31, &attribute));
    let chain = called(limits(vec![mail("example.jp")], vec![]), subject);
    assert_eq!(chain.verdict(), Err(NameNotPermitted), "a mailbox in the subject");
}

#[test]
fn directory_names_stay_in_their_branch() {
    use PathError::{NameExcluded, NameNotPermitted};
    let branch = || directory("O=Tally,C=JP");
    let bytes = |text: &str| name(text).to_der().unwrap();
    refuse_all(&[
        (
            "another branch",
            called(limits(vec![branch()], vec![]), bytes("CN=x,O=Other,C=JP")),
            NameNotPermitted,
        ),
        (
            "the branch at the wrong end",
            called(limits(vec![branch()], vec![]), bytes("C=JP,O=Tally,CN=x")),
            NameNotPermitted,
        ),
        (
            "the branch above",
            called(limits(vec![branch()], vec![]), bytes("C=JP")),
            NameNotPermitted,
        ),
        (
            "excluded",
            called(limits(vec![], vec![branch()]), bytes("CN=x,O=Tally,C=JP")),
            NameExcluded,
        ),
        (
            "excluded, in capitals and with spaces",
            called(limits(vec![], vec![branch()]), bytes("CN=x,O= TALLY  ,C=jp")),
            NameExcluded,
        ),
        (
            "excluded, in wide letters",
            called(limits(vec![], vec![branch()]), bytes("CN=x,O=Ｔａｌｌｙ,C=JP")),
            NameExcluded,
        ),
        (
            "a kind of text that is not compared",
            called(limits(vec![], vec![branch()]), teletex_branch()),
            NameExcluded,
        ),
        (
            "the same where it would be permitted",
            called(limits(vec![branch()], vec![]), teletex_branch()),
            NameNotPermitted,
        ),
        (
            "as an alternative name",
            named(limits(vec![], vec![branch()]), vec![directory("CN=x,O=Tally,C=JP")]),
            NameExcluded,
        ),
    ]);
    let inside = called(limits(vec![branch()], vec![]), bytes("CN=x,O=tally,C=JP"));
    assert_eq!(inside.verdict(), Ok(()));
}

/// C=JP, O=Tally as `TeletexString`.
fn teletex_branch() -> Vec<u8> {
    let part = |id: &str, tag: u8, text: &[u8]| {
        tlv(0x31, &tlv(SEQUENCE, &[oid(id), tlv(tag, text)].concat()))
    };
    let parts = [part("2.5.4.6", 0x13, b"JP"), part("2.5.4.10", 0x14, b"Tally")];
    tlv(SEQUENCE, &parts.concat())
}

#[test]
fn limits_only_grow_tighter() {
    let root = Maker::root();
    let first = root.below("First", limits(vec![dns("example.jp")], vec![dns("x.example.jp")]));
    let second = first.below(
        "Second",
        limits(vec![dns("example.com"), dns("a.example.jp"), dns("x.example.jp")], vec![]),
    );
    let card = |host: &str| {
        let names = alternatives(vec![dns(host)]);
        let leaf = second.card(|card| card.replace(ALTERNATIVES, false, &names));
        Chain::of(&[&root], &[&first, &second], leaf).verdict()
    };
    assert_eq!(card("example.com"), Err(PathError::NameNotPermitted));
    assert_eq!(card("b.example.jp"), Err(PathError::NameNotPermitted));
    assert_eq!(card("x.example.jp"), Err(PathError::NameExcluded));
    assert_eq!(card("a.example.jp"), Ok(()));
}

#[test]
fn authorities_have_names_too() {
    let root = Maker::root();
    let first = root.below("First", limits(vec![], vec![directory("CN=Second,O=Tally,C=JP")]));
    let second = first.below("Second", |_| ());
    let chain = Chain::of(&[&root], &[&first, &second], second.card(|_| ()));
    assert_eq!(chain.verdict(), Err(PathError::NameExcluded));
}

#[test]
fn limits_that_cannot_be_kept_are_refused() {
    let with_minimum = |draft: &mut Draft| {
        let subtree = GeneralSubtree { base: dns("example.jp"), minimum: 1, maximum: None };
        let limits =
            NameConstraints { permitted_subtrees: Some(vec![subtree]), excluded_subtrees: None };
        draft.replace(NAME_CONSTRAINTS, true, &limits.to_der().unwrap());
    };
    let many: Vec<_> = (0..300).map(|number| dns(&format!("{number}.jp"))).collect();
    let registered = || GeneralName::RegisteredId(CLIENT);
    refuse_all(&[
        ("a minimum", named(with_minimum, vec![dns("a.example.jp")]), PathError::Malformed),
        ("hundreds of them", named(limits(many, vec![]), vec![]), PathError::TooLarge),
        (
            "a form that is not compared",
            excluded(registered(), registered()),
            PathError::NameExcluded,
        ),
        ("the same, permitted", permitted(registered(), registered()), PathError::NameNotPermitted),
    ]);
}

#[test]
fn no_name_ends_in_its_middle() {
    let nul = |tag: u8, text: &[u8]| {
        let attribute = tlv(SEQUENCE, &[oid("2.5.4.3"), tlv(tag, text)].concat());
        tlv(SEQUENCE, &tlv(0x31, &attribute))
    };
    let with_subject = |subject: Vec<u8>| with_card(|card| card.subject = subject);
    let with_name =
        |name| with_card(|card| card.replace(ALTERNATIVES, false, &alternatives(vec![name])));
    let root = Maker::root();
    let issuer = root.certify(&fresh_key(), &nul(0x0c, b"Cards\0.evil"), |_| ());
    let below = issuer.card(|_| ());
    refuse_all(&[
        ("NUL in UTF-8", with_subject(nul(0x0c, b"good\0evil")), PathError::BadName),
        ("NUL in a printable string", with_subject(nul(0x13, b"good\0evil")), PathError::BadName),
        ("NUL in wide letters", with_subject(nul(0x1e, &[0, b'a', 0, 0])), PathError::BadName),
        ("a line end", with_subject(nul(0x0c, b"good\nevil")), PathError::BadName),
        ("NUL in a host name", with_name(dns("good.jp\0.evil.jp")), PathError::BadName),
        ("NUL in a URI", with_name(uri("https://good.jp\0.evil.jp")), PathError::BadName),
        ("NUL in an authority's name", Chain::of(&[&root], &[&issuer], below), PathError::BadName),
    ]);
}
