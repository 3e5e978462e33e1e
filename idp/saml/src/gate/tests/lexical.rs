//! What XML can do and SAML must not.

use super::*;

fn with_name(name: &str) -> GateError {
    fault(Kind::Response, &edit(&response(), "_name", name))
}

fn before(prolog: &str) -> GateError {
    fault(Kind::Response, &format!("{prolog}{}", response()))
}

#[test]
fn a_comment_in_the_name() {
    assert_eq!(with_name("admin<!---->.evil.example"), GateError::Comment);
}

#[test]
fn comments_anywhere() {
    assert_eq!(before("<!-- -->"), GateError::Comment);
    assert_eq!(fault(Kind::Response, &format!("{}<!-- -->", response())), GateError::Comment);
}

#[test]
fn a_processing_instruction() {
    assert_eq!(with_name("a<?x y?>b"), GateError::ProcessingInstruction);
    assert_eq!(before("<?xml-stylesheet href='x'?>"), GateError::ProcessingInstruction);
}

#[test]
fn a_cdata_section() {
    assert_eq!(with_name("<![CDATA[_name]]>"), GateError::Cdata);
}

#[test]
fn document_types() {
    for doctype in [
        "<!DOCTYPE a>",
        "<!doctype a>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x'>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE a [<!ATTLIST b ID ID #IMPLIED>]>",
    ] {
        let error = before(doctype);
        assert!(matches!(error, GateError::Doctype | GateError::Syntax), "{doctype}: {error:?}");
    }
    assert_eq!(before("<!DOCTYPE a [<!ENTITY b 'c'>]>"), GateError::Doctype);
    assert_eq!(before("<!DOCTYPE>"), GateError::Doctype);
}

#[test]
fn entities() {
    assert_eq!(with_name("&lol9;"), GateError::Entity);
    let in_attribute = edit(&response(), "Version=\"2.0\"", "Version=\"&two;\"");
    assert_eq!(fault(Kind::Response, &in_attribute), GateError::Entity);
    let plain = edit(&response(), "_name", "&amp;&lt;&#65;&#x1F600;");
    assert!(admit(Kind::Response, plain.as_bytes()).is_ok());
}

#[test]
fn characters_that_xml_does_not_know() {
    for character in
        ["\0", "\u{1}", "\u{b}", "\u{fffe}", "\u{ffff}", "&#0;", "&#xFFFF;", "&#xD800;"]
    {
        assert_eq!(with_name(character), GateError::Character, "{character:?}");
    }
    assert_eq!(with_name("&#x110000;"), GateError::Character);
    assert_eq!(with_name("&#+65;"), GateError::Character);
    let in_attribute = edit(&response(), "Version=\"2.0\"", "Version=\"2&#1;0\"");
    assert_eq!(fault(Kind::Response, &in_attribute), GateError::Character);
}

#[test]
fn encodings_other_than_utf8() {
    let mut latin = response().into_bytes();
    let at = latin.windows(5).position(|window| window == b"_name").unwrap();
    latin[at] = 0xe9;
    assert_eq!(admit(Kind::Response, &latin).unwrap_err(), GateError::Encoding);
    let utf16: Vec<u8> = response().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(admit(Kind::Response, &utf16).is_err());
    let declared = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>";
    assert_eq!(before(declared), GateError::Encoding);
    assert_eq!(before("<?xml version=\"1.0\" encoding=\"UTF-7\"?>"), GateError::Encoding);
    assert_eq!(before("\u{feff}"), GateError::Text);
}

#[test]
fn declarations() {
    for good in ["<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"] {
        assert!(admit(Kind::Response, format!("{good}{}", response()).as_bytes()).is_ok());
    }
    assert_eq!(before("<?xml version='1.1'?>"), GateError::Declaration);
    let late = format!("{}<?xml version='1.0'?>", response());
    assert_eq!(fault(Kind::Response, &late), GateError::Declaration);
    let inside = edit(&response(), "<samlp:Status>", "<?xml version='1.0'?><samlp:Status>");
    assert_eq!(fault(Kind::Response, &inside), GateError::Declaration);
}

#[test]
fn broken_xml() {
    let xml = response();
    for broken in [
        xml[..xml.len() - 1].to_owned(),
        edit(&xml, "</saml:Issuer>", "</saml:Issue>"),
        edit(&xml, "</saml:Issuer>", "</Issuer>"),
        edit(&xml, " Version=", " Version"),
        edit(&xml, "Version=\"2.0\"", "Version=2.0"),
        edit(&xml, "_name", "a & b"),
        edit(&xml, "Version=\"2.0\"", "Version=\"<\""),
        edit(&xml, "Version=\"2.0\"", "Version=\"a & b\""),
        format!("{xml}</samlp:Response>"),
    ] {
        assert_eq!(fault(Kind::Response, &broken), GateError::Syntax, "{broken}");
    }
}

#[test]
fn nothing_before_or_after() {
    assert_eq!(before(" "), GateError::Text);
    assert_eq!(before("x"), GateError::Text);
    assert_eq!(fault(Kind::Response, &format!("{}x", response())), GateError::Text);
    let second = response().replace('_', "b");
    let error = fault(Kind::Response, &format!("{}{second}", response()));
    assert!(matches!(error, GateError::Root | GateError::Syntax));
    assert!(admit(Kind::Response, format!("{}\n", response()).as_bytes()).is_ok());
    assert_eq!(fault(Kind::Response, "<?xml version='1.0'?>"), GateError::Root);
    assert_eq!(fault(Kind::Response, ""), GateError::Text);
}

#[test]
fn text_between_elements_of_a_message() {
    let stray = edit(&response(), "<samlp:Status>", "stray<samlp:Status>");
    assert_eq!(fault(Kind::Response, &stray), GateError::Text);
    let escaped = edit(&response(), "<samlp:Status>", "&#x20;<samlp:Status>");
    assert_eq!(fault(Kind::Response, &escaped), GateError::Text);
    let spaced = edit(&response(), "<samlp:Status>", "\n\t <samlp:Status>");
    assert!(admit(Kind::Response, spaced.as_bytes()).is_ok());
}

#[test]
fn namespaces() {
    let xml = response();
    let undeclared = edit(&xml, " xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", "");
    assert_eq!(fault(Kind::Response, &undeclared), GateError::Namespace);
    for declaration in [
        "xmlns:a=\"\"",
        "xmlns=\"\"",
        "xmlns:xml=\"urn:x\"",
        "xmlns:xmlns=\"urn:x\"",
        "xmlns:xmlfoo=\"urn:x\"",
        "xmlns:a=\"http://www.w3.org/XML/1998/namespace\"",
        "xmlns:a=\"urn:&#x78;\"",
        "xmlns:a=\"urn: x\"",
    ] {
        let declared = edit(&xml, "<samlp:Status>", &format!("<samlp:Status {declaration}>"));
        assert_eq!(fault(Kind::Response, &declared), GateError::Namespace, "{declaration}");
    }
    let attribute = edit(&xml, "<samlp:Status>", "<samlp:Status a:b=\"c\">");
    assert_eq!(fault(Kind::Response, &attribute), GateError::Namespace);
}

#[test]
fn attributes_twice() {
    let xml = response();
    let same = edit(&xml, "<samlp:Status>", "<samlp:Status a=\"1\" a=\"2\">");
    assert_eq!(fault(Kind::Response, &same), GateError::DuplicateAttribute);
    let two_prefixes = "<samlp:Status xmlns:a=\"urn:x\" xmlns:b=\"urn:x\" a:c=\"1\" b:c=\"2\">";
    let expanded = edit(&xml, "<samlp:Status>", two_prefixes);
    assert_eq!(fault(Kind::Response, &expanded), GateError::DuplicateAttribute);
}

#[test]
fn attributes_of_xml_itself() {
    for attribute in ["xml:base=\"http://evil.example\"", "xml:space=\"preserve\""] {
        let xml = edit(&response(), "<samlp:Status>", &format!("<samlp:Status {attribute}>"));
        assert_eq!(fault(Kind::Response, &xml), GateError::Attribute);
    }
    let language = edit(&response(), "<samlp:Status>", "<samlp:Status xml:lang=\"ja\">");
    assert!(admit(Kind::Response, language.as_bytes()).is_ok());
}

#[test]
fn names_that_only_look_plain() {
    for name in ["Státus", "a:b:c", "-a", "1a"] {
        let xml =
            format!("<samlp:StatusDetail><{name}></{name}></samlp:StatusDetail></samlp:Status>");
        let error = fault(Kind::Response, &edit(&response(), "</samlp:Status>", &xml));
        assert!(matches!(error, GateError::Name | GateError::Namespace), "{name}: {error:?}");
    }
}

#[test]
fn foreign_elements_may_stand_where_anything_may() {
    let detail = "<samlp:StatusDetail><x xmlns=\"urn:x\" a=\"b\">text</x></samlp:StatusDetail>";
    let xml = edit(&response(), "</samlp:Status>", &format!("{detail}</samlp:Status>"));
    assert!(admit(Kind::Response, xml.as_bytes()).is_ok());
}
