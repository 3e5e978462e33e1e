//! Signatures in forms other than the one.

use super::*;

/// Changes the signature of the response.
fn changed(from: &str, to: &str) -> GateError {
    fault(Kind::Response, &edit(&response(), from, to))
}

const ENVELOPED: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>";
const EXCLUSIVE: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";

const METHOD: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

#[test]
fn external_references() {
    for uri in [
        "http://127.0.0.1:18099/ref",
        "https://evil.example/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "other.xml#a",
    ] {
        let xml = response();
        let reference = part(&xml, "URI=\"#", "\"").to_owned();
        let external = edit(&xml, &reference, &format!("URI=\"{uri}\""));
        assert_eq!(fault(Kind::Response, &external), GateError::ReferenceExternal);
    }
}

#[test]
fn references_to_anything_but_the_own_element() {
    let xml = response();
    let reference = part(&xml, "URI=\"#", "\"").to_owned();
    for other in [
        "URI=\"\"",
        "URI=\"#_assertion\"",
        "URI=\"#_nothing\"",
        "URI=\"#\"",
        "URI=\"#xpointer(/)\"",
        "URI=\"#xpointer(id('_assertion'))\"",
        "",
    ] {
        let error = fault(Kind::Response, &edit(&xml, &reference, other));
        assert_eq!(error, GateError::ReferenceTarget, "{other}");
    }
    let escaped = reference.replace("#_", "#&#95;");
    assert_eq!(
        fault(Kind::Response, &edit(&xml, &reference, &escaped)),
        GateError::ReferenceTarget
    );
}

#[test]
fn a_second_reference() {
    let xml = response();
    let reference = part(&xml, "<ds:Reference", "</ds:Reference>").to_owned();
    let twice = edit(&xml, &reference, &format!("{reference}{reference}"));
    assert_eq!(fault(Kind::Response, &twice), GateError::References);
}

#[test]
fn no_reference() {
    let xml = response();
    let reference = part(&xml, "<ds:Reference", "</ds:Reference>").to_owned();
    assert_eq!(fault(Kind::Response, &edit(&xml, &reference, "")), GateError::SignatureShape);
}

#[test]
fn an_xslt_transform() {
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">\
        <xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\">\
        </xsl:stylesheet></ds:Transform>";
    assert_eq!(changed(EXCLUSIVE, xslt), GateError::Transforms);
    assert_eq!(changed(EXCLUSIVE, &format!("{EXCLUSIVE}{xslt}")), GateError::Transforms);
    assert_eq!(changed(ENVELOPED, &format!("{xslt}{ENVELOPED}")), GateError::Transforms);
}

#[test]
fn other_transforms() {
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
        <ds:XPath>not(1)</ds:XPath></ds:Transform>";
    assert_eq!(changed(EXCLUSIVE, xpath), GateError::Transforms);
    let base64 =
        "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"></ds:Transform>";
    assert_eq!(changed(EXCLUSIVE, base64), GateError::Transforms);
    assert_eq!(changed(EXCLUSIVE, ""), GateError::Transforms);
    assert_eq!(changed(ENVELOPED, ""), GateError::Transforms);
    assert_eq!(changed(EXCLUSIVE, ENVELOPED), GateError::Transforms);
    let swapped = format!("{EXCLUSIVE}{ENVELOPED}");
    assert_eq!(changed(&format!("{ENVELOPED}{EXCLUSIVE}"), &swapped), GateError::Transforms);
    let comments = EXCLUSIVE.replace("exc-c14n#", "exc-c14n#WithComments");
    assert_eq!(changed(EXCLUSIVE, &comments), GateError::Transforms);
}

#[test]
fn transforms_with_content() {
    // A list of prefixes for exclusive canonicalization is all that there may be.
    let prefixes = EXCLUSIVE.replace(
        "></ds:Transform>",
        "><ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
         PrefixList=\"xs\"></ec:InclusiveNamespaces></ds:Transform>",
    );
    assert!(admit(Kind::Response, edit(&response(), EXCLUSIVE, &prefixes).as_bytes()).is_ok());
    let listed = |list: &str| changed(EXCLUSIVE, &prefixes.replace("\"xs\"", list));
    let many = format!("\"{}\"", "xs ".repeat(33));
    for list in ["\"a:b\"", "\"xs 1\"", "\"xs,xsi\"", "\"#all\"", "\"&#120;s\"", &many] {
        assert_eq!(listed(list), GateError::Transforms, "{list}");
    }
    assert_eq!(listed("\"xs\" a=\"b\""), GateError::Attribute);
    let element = "<ec:InclusiveNamespaces xmlns:ec";
    let twice = prefixes.replace("</ds:Transform>", &format!("{element}=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\"></ec:InclusiveNamespaces></ds:Transform>"));
    assert_eq!(changed(EXCLUSIVE, &twice), GateError::Transforms);
    let inside = prefixes.replace("></ec:", "><a></a></ec:");
    assert_eq!(changed(EXCLUSIVE, &inside), GateError::Transforms);
    let first = prefixes.replace("xml-exc-c14n#\"><ec", "xml-exc-c14n#\"><a></a><ec");
    assert_eq!(changed(EXCLUSIVE, &first), GateError::Transforms);
    let enveloped =
        prefixes.replacen("2001/10/xml-exc-c14n#", "2000/09/xmldsig#enveloped-signature", 1);
    assert_eq!(changed(ENVELOPED, &enveloped), GateError::Transforms);
    let canonicalization = "xml-exc-c14n#\"></ds:CanonicalizationMethod>";
    let with_prefixes = "xml-exc-c14n#\"><ec:InclusiveNamespaces \
        xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\">\
        </ec:InclusiveNamespaces></ds:CanonicalizationMethod>";
    assert_eq!(changed(canonicalization, with_prefixes), GateError::UnexpectedElement);
    let text = EXCLUSIVE.replace("></ds:Transform>", ">x</ds:Transform>");
    assert_eq!(changed(EXCLUSIVE, &text), GateError::Text);
}

#[test]
fn weak_or_unknown_algorithms() {
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "",
    ] {
        assert_eq!(changed(METHOD, algorithm), GateError::SignatureAlgorithm, "{algorithm}");
    }
    assert_eq!(changed(DIGEST, crate::names::SHA1), GateError::DigestAlgorithm);
    let canonicalization =
        "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#";
    let inclusive =
        "CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    assert_eq!(changed(canonicalization, inclusive), GateError::Canonicalization);
    let comments = format!("{canonicalization}WithComments");
    assert_eq!(changed(canonicalization, &comments), GateError::Canonicalization);
}

#[test]
fn hmac_with_a_truncated_output() {
    let method = "ecdsa-sha256\"></ds:SignatureMethod>";
    let truncated =
        "ecdsa-sha256\"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>";
    assert_eq!(changed(method, truncated), GateError::SignatureMisplaced);
}

#[test]
fn keys_in_other_forms() {
    let xml = response();
    let data = part(&xml, "<ds:X509Data>", "</ds:X509Data>").to_owned();
    for key in [
        "<ds:KeyValue><ds:RSAKeyValue></ds:RSAKeyValue></ds:KeyValue>",
        "<ds:RetrievalMethod URI=\"http://127.0.0.1/key\"></ds:RetrievalMethod>",
        "<ds:KeyName>idp</ds:KeyName>",
        "<ds:X509Data><ds:X509CRL>AA</ds:X509CRL></ds:X509Data>",
        "<ds:PGPData></ds:PGPData>",
        "<x xmlns=\"urn:x\"></x>",
        "",
    ] {
        assert_eq!(fault(Kind::Response, &edit(&xml, &data, key)), GateError::KeyMaterial, "{key}");
        let added = format!("{data}{key}");
        if !key.is_empty() {
            assert_eq!(fault(Kind::Response, &edit(&xml, &data, &added)), GateError::KeyMaterial);
        }
    }
    let info = part(&xml, "<ds:KeyInfo>", "</ds:KeyInfo>").to_owned();
    assert!(admit(Kind::Response, edit(&xml, &info, "").as_bytes()).is_ok());
}

#[test]
fn hints_at_a_key_are_passed_over() {
    let hints = "<ds:KeyName>idp</ds:KeyName><ds:X509Data><ds:X509SubjectName>CN=idp\
        </ds:X509SubjectName><ds:X509IssuerSerial><ds:X509IssuerName>CN=idp</ds:X509IssuerName>\
        <ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial>";
    let xml = edit(&response(), "<ds:X509Data>", hints);
    assert!(admit(Kind::Response, xml.as_bytes()).is_ok());
    let twice = edit(
        &xml,
        "<ds:KeyName>idp</ds:KeyName>",
        "<ds:KeyName>a</ds:KeyName><ds:KeyName>b</ds:KeyName>",
    );
    assert_eq!(fault(Kind::Response, &twice), GateError::KeyMaterial);
}

#[test]
fn objects_and_manifests() {
    for (object, expected) in [
        ("<ds:Object></ds:Object>", GateError::SignatureObject),
        ("<ds:Manifest></ds:Manifest>", GateError::SignatureObject),
        ("<ds:SignatureProperties></ds:SignatureProperties>", GateError::SignatureObject),
        ("<ds:Signature></ds:Signature>", GateError::SignatureMisplaced),
        ("<x xmlns=\"urn:x\"></x>", GateError::SignatureShape),
    ] {
        let closed = format!("{object}</ds:Signature>");
        assert_eq!(changed("</ds:Signature>", &closed), expected, "{object}");
    }
}

#[test]
fn parts_in_another_order_or_missing() {
    let xml = response();
    let info = part(&xml, "<ds:SignedInfo>", "</ds:SignedInfo>").to_owned();
    let value = part(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>").to_owned();
    for (from, to) in [
        (format!("{info}{value}"), format!("{value}{info}")),
        (info.clone(), String::new()),
        (value.clone(), String::new()),
        (info.clone(), format!("{info}{info}")),
        (value.clone(), format!("{value}{value}")),
    ] {
        assert_eq!(fault(Kind::Response, &edit(&xml, &from, &to)), GateError::SignatureShape);
    }
}

#[test]
fn identifiers_and_attributes_inside_a_signature() {
    for element in ["Signature xmlns", "SignedInfo", "SignatureValue", "KeyInfo"] {
        let tag = element.split(' ').next().unwrap();
        let with_id = format!("<ds:{tag} Id=\"x\"{}", &element[tag.len()..]);
        assert_eq!(changed(&format!("<ds:{element}"), &with_id), GateError::ForeignId, "{tag}");
    }
    assert_eq!(changed("<ds:Reference ", "<ds:Reference Type=\"urn:x\" "), GateError::Attribute);
    assert_eq!(changed("<ds:SignedInfo>", "<ds:SignedInfo a=\"b\">"), GateError::Attribute);
    let qualified = "<ds:SignedInfo xmlns:a=\"urn:x\" a:b=\"c\">";
    assert_eq!(changed("<ds:SignedInfo>", qualified), GateError::Attribute);
}

#[test]
fn a_signature_anywhere_else() {
    let xml = response();
    let signature = part(&xml, "<ds:Signature ", "</ds:Signature>").to_owned();
    let unsigned = edit(&xml, &signature, "");
    for place in ["<samlp:StatusCode", "<saml:Subject>", "</saml:Subject>", "</samlp:Response>"] {
        let moved = edit(&unsigned, place, &format!("{signature}{place}"));
        let error = fault(Kind::Response, &moved);
        assert!(
            matches!(error, GateError::SignatureMisplaced | GateError::ReferenceTarget),
            "{place}: {error:?}"
        );
    }
    let before_issuer = edit(&unsigned, "<saml:Issuer", &format!("{signature}<saml:Issuer"));
    assert_eq!(fault(Kind::Response, &before_issuer), GateError::SignatureMisplaced);
    let twice = edit(&xml, &signature, &format!("{signature}{signature}"));
    assert_eq!(fault(Kind::Response, &twice), GateError::SignatureMisplaced);
}
