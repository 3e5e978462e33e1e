//! Hostile documents made from good ones. A case is its name and the document.

use super::trap::Trap;

pub type Case = (String, String);

const EXCLUSIVE: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";

fn case(name: impl Into<String>, xml: String) -> Case {
    (name.into(), xml)
}

/// `xml` with the first `from` made `to`.
pub fn edit(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "no {from} in {xml}");
    xml.replacen(from, to, 1)
}

/// `xml` with `more` before the first `place`.
pub fn before(xml: &str, place: &str, more: &str) -> String {
    edit(xml, place, &format!("{more}{place}"))
}

/// `xml` with `more` behind the first `place`.
pub fn behind(xml: &str, place: &str, more: &str) -> String {
    edit(xml, place, &format!("{place}{more}"))
}

/// The first part of `xml` from `start` to `end`, both included.
pub fn part<'a>(xml: &'a str, start: &str, end: &str) -> &'a str {
    let at = xml.find(start).unwrap_or_else(|| panic!("no {start} in {xml}"));
    let length = xml[at + start.len()..].find(end).unwrap();
    &xml[at..at + start.len() + length + end.len()]
}

/// The first signature.
pub fn signature(xml: &str) -> &str {
    part(xml, "<ds:Signature ", "</ds:Signature>")
}

/// `xml` without its first signature.
pub fn unsigned(xml: &str) -> String {
    edit(xml, signature(xml), "")
}

/// What no parser should be asked to understand: entities, comments, instructions, other encodings,
/// and sizes that exhaust. ruby-saml's CVE-2025-25291 and -25292 lived on two parsers that
/// understood such documents differently.
///
/// `place` is the end of an element with text.
pub fn lexical(xml: &str, place: &str, trap: &Trap) -> Vec<Case> {
    let [web, file] = [trap.web(), trap.file()];
    let inside = |more: &str| before(xml, place, more);
    let doctype = |subset: &str| format!("<!DOCTYPE a {subset}>{xml}");
    let laugh = |level: u8| {
        let below = format!("&l{level};").repeat(10);
        format!("<!ENTITY l{} \"{below}\">", level + 1)
    };
    let laughs =
        ["<!ENTITY l0 \"ha\">".to_owned(), (0..19).map(laugh).collect::<Vec<_>>().concat()];
    let laughs = laughs.concat();
    let attributes = (0..10_000).map(|n| format!(" a{n}=\"\"")).collect::<Vec<_>>().concat();
    let deep = ["<a>".repeat(10_000), "</a>".repeat(10_000)].concat();
    let root = xml.split_once(' ').unwrap().0;
    vec![
        case("a DOCTYPE", doctype("")),
        case("an entity", doctype("[<!ENTITY b \"c\">]")),
        case("an attribute by default", doctype("[<!ATTLIST a ID CDATA \"_x\">]")),
        case("an entity from the net", doctype(&format!("[<!ENTITY b SYSTEM \"{web}\">]"))),
        case("an entity from a file", doctype(&format!("[<!ENTITY b SYSTEM \"{file}\">]"))),
        case("a DTD from the net", doctype(&format!("SYSTEM \"{web}\""))),
        case("a DTD from a file", doctype(&format!("SYSTEM \"{file}\""))),
        case("a parameter entity", doctype(&format!("[<!ENTITY % p SYSTEM \"{web}\"> %p;]"))),
        case("a billion laughs", doctype(&format!("[{laughs}]"))),
        case("an entity used", inside("&l19;")),
        case("a comment in a name", inside("<!---->.evil.example")),
        case("a comment behind all", format!("{xml}<!-- -->")),
        case("CDATA", inside("<![CDATA[x]]>")),
        case("an instruction", format!("<?xml-stylesheet href=\"{web}\"?>{xml}")),
        case("an instruction inside", inside("<?php x?>")),
        case("another encoding", format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{xml}")),
        case("a null", inside("\0")),
        case("a null referred to", inside("&#0;")),
        case("two roots", format!("{xml}{xml}")),
        case("an attribute twice", edit(xml, " ID=", " ID=\"_x\" ID=")),
        case("an undeclared prefix", inside("<x:a></x:a>")),
        case("10,000 attributes", edit(xml, root, &format!("{root}{attributes}"))),
        case("10,000 levels", inside(&deep)),
        case("cut off", xml[..xml.len() - 9].to_owned()),
    ]
}

/// A signed document whose signature leads elsewhere, computes at the attacker's will, or is of
/// another kind.
pub fn signatures(xml: &str, trap: &Trap) -> Vec<Case> {
    let own = part(xml, "URI=\"#", "\"");
    let uri = |uri: &str| edit(xml, own, &format!("URI=\"{uri}\""));
    let transform = |algorithm: &str, inside: &str| {
        let hostile =
            format!("<ds:Transform Algorithm=\"{algorithm}\">{inside}</ds:Transform>{EXCLUSIVE}");
        edit(xml, EXCLUSIVE, &hostile)
    };
    let key = part(xml, "<ds:X509Data>", "</ds:X509Data>");
    let reference = part(xml, "<ds:Reference ", "</ds:Reference>");
    let mut cases: Vec<_> =
        trap.addresses().iter().map(|at| case(format!("a reference to {at}"), uri(at))).collect();
    for at in trap.addresses() {
        let fetched = format!("<ds:RetrievalMethod URI=\"{at}\"></ds:RetrievalMethod>");
        cases.push(case(format!("a key at {at}"), edit(xml, key, &fetched)));
        let xslt = transform(XSLT, &stylesheet(&format!("document('{at}')")));
        cases.push(case(format!("a stylesheet that reads {at}"), xslt));
    }
    cases.extend([
        case("a reference to everything", uri("")),
        case("a reference to nothing", uri("#_nothing")),
        case("a reference by XPointer", uri("#xpointer(/)")),
        case("two references", edit(xml, reference, &reference.repeat(2))),
        case("a stylesheet that takes for ever", transform(XSLT, &recursion())),
        case("an XPath", transform(XPATH, "<ds:XPath>count(//.)</ds:XPath>")),
        case("an object", before(xml, "</ds:Signature>", "<ds:Object></ds:Object>")),
        case("a manifest", before(xml, "</ds:Signature>", "<ds:Manifest></ds:Manifest>")),
        case("two signatures", behind(xml, signature(xml), signature(xml))),
        case("SHA-1", edit(xml, "ecdsa-sha256", "ecdsa-sha1")),
        case("a MAC", edit(xml, "xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256")),
        case("a key by value", edit(xml, key, "<ds:KeyValue></ds:KeyValue>")),
    ]);
    cases
}

const XSLT: &str = "http://www.w3.org/TR/1999/REC-xslt-19991116";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";

fn stylesheet(select: &str) -> String {
    format!(
        "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\">\
         <xsl:template match=\"/\"><xsl:value-of select=\"{select}\"></xsl:value-of>\
         </xsl:template></xsl:stylesheet>"
    )
}

/// Twenty-four levels, each of which calls itself twice.
fn recursion() -> String {
    let call = "<xsl:call-template name=\"t\"><xsl:with-param name=\"n\" select=\"$n - 1\">\
                </xsl:with-param></xsl:call-template>";
    format!(
        "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\">\
         <xsl:template name=\"t\" match=\"/\"><xsl:param name=\"n\" select=\"24\"></xsl:param>\
         <xsl:if test=\"$n > 0\">{call}{call}</xsl:if></xsl:template></xsl:stylesheet>"
    )
}
