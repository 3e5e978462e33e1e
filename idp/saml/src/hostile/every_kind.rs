//! Each hole, tried on each kind of document.

use super::target::Target;
use super::{Traps, quickly};
use crate::testing::{KEYS, sign_behind_issuer};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const TRANSFORM: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";

/// Sends each kind what `attack` makes of it, and expects to be refused with this code.
fn refused(code: &str, attack: impl Fn(&Target) -> String) {
    for target in Target::all() {
        let xml = attack(&target);
        let verdict = quickly(target.name, || (target.take)(&xml));
        assert_eq!(verdict, Err(code), "{}", target.name);
    }
}

/// The same for those kinds whose own signature counts.
fn unverified(code: &str, attack: impl Fn(&Target) -> String) {
    for target in Target::all().iter().filter(|target| target.verifies) {
        assert_eq!((target.take)(&attack(target)), Err(code), "{}", target.name);
    }
}

#[test]
fn the_good_ones_are_taken() {
    for target in Target::all() {
        assert_eq!((target.take)(&target.good), Ok(()), "{}", target.name);
    }
}

#[test]
fn no_signature_at_all() {
    unverified("saml.signature.missing", |target| crate::testing::without_signature(&target.good));
}

#[test]
fn content_changed_after_it_was_signed() {
    unverified("saml.signature.invalid", |target| {
        target.with(&format!(">{}<", target.text), ">changed<")
    });
}

#[test]
fn a_stranger_s_signature_with_the_key_in_it() {
    unverified("saml.signature.invalid", |target| {
        let bare = crate::testing::without_signature(&target.good);
        if target.name == "metadata" {
            let mut xml = bare;
            let position = xml.find('>').unwrap() + 1;
            crate::sign::envelop(&mut xml, position, target.id(), &KEYS.strangers[0]).unwrap();
            return xml;
        }
        sign_behind_issuer(&bare, target.id(), &KEYS.strangers[0])
    });
}

#[test]
fn a_reference_to_a_server_or_a_file() {
    let traps = Traps::new();
    for address in traps.addresses() {
        refused("saml.gate.reference-external", |target| {
            let own = format!("URI=\"#{}\"", target.id());
            target.with(&own, &format!("URI=\"{address}\""))
        });
    }
    traps.assert_untouched();
}

#[test]
fn a_key_or_a_style_sheet_or_an_entity_to_be_fetched() {
    let traps = Traps::new();
    for address in traps.addresses() {
        refused("saml.gate.key-material", |target| {
            let retrieval = format!("<ds:KeyInfo><ds:RetrievalMethod URI=\"{address}\"/>");
            target.with("<ds:KeyInfo>", &retrieval)
        });
        refused("saml.gate.processing-instruction", |target| {
            format!("<?xml-stylesheet type=\"text/xsl\" href=\"{address}\"?>{}", target.good)
        });
        refused("saml.gate.doctype", |target| {
            format!("<!DOCTYPE a [<!ENTITY b SYSTEM \"{address}\">]>{}", target.good)
        });
        refused("saml.gate.doctype", |target| {
            format!("<!DOCTYPE a SYSTEM \"{address}\">{}", target.good)
        });
        refused("saml.gate.doctype", |target| {
            format!("<!DOCTYPE a [<!ENTITY % b SYSTEM \"{address}\"> %b;]>{}", target.good)
        });
    }
    traps.assert_untouched();
}

#[test]
fn a_schema_location_is_not_followed() {
    let traps = Traps::new();
    for target in Target::all() {
        let hint = format!(
            "<{} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:schemaLocation=\"urn:x {}\" ",
            target.root(),
            traps.addresses()[0]
        );
        let xml = target.with(&format!("<{} ", target.root()), &hint);
        let verdict = quickly(target.name, || (target.take)(&xml));
        assert!(verdict == Ok(()) || verdict == Err("saml.signature.invalid"), "{verdict:?}");
    }
    traps.assert_untouched();
}

/// A style sheet that calls itself twice on every level.
fn exponential_stylesheet() -> String {
    let templates: Vec<String> = (0..24)
        .map(|level| {
            let next = level + 1;
            format!(
                "<xsl:template name=\"t{level}\"><xsl:call-template name=\"t{next}\"/>\
                 <xsl:call-template name=\"t{next}\"/></xsl:template>"
            )
        })
        .collect();
    format!(
        "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet \
         xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\">{}<xsl:template \
         name=\"t24\"/><xsl:template match=\"/\"><xsl:call-template name=\"t0\"/></xsl:template>\
         </xsl:stylesheet></ds:Transform>",
        templates.concat()
    )
}

#[test]
fn a_style_sheet_that_burns_the_processor() {
    let stylesheet = exponential_stylesheet();
    refused("saml.gate.transforms", |target| target.with(TRANSFORM, &stylesheet));
    refused("saml.gate.transforms", |target| {
        target.with(TRANSFORM, &format!("{TRANSFORM}{stylesheet}"))
    });
}

#[test]
fn transforms_that_choose_what_is_signed() {
    for algorithm in [
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "",
    ] {
        refused("saml.gate.transforms", |target| {
            target.with(TRANSFORM, &TRANSFORM.replace(EXCLUSIVE, algorithm))
        });
    }
}

#[test]
fn canonicalization_by_another_algorithm() {
    for algorithm in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "",
    ] {
        refused("saml.gate.canonicalization", |target| {
            let own = format!("CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
            target.with(&own, &format!("CanonicalizationMethod Algorithm=\"{algorithm}\""))
        });
    }
}

#[test]
fn weak_signatures_and_digests() {
    for weak in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "none",
        "",
    ] {
        refused("saml.gate.signature-algorithm", |target| {
            target.with("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", weak)
        });
    }
    for weak in ["http://www.w3.org/2000/09/xmldsig#sha1", "urn:x", ""] {
        refused("saml.gate.digest-algorithm", |target| {
            target.with("http://www.w3.org/2001/04/xmlenc#sha256", weak)
        });
    }
}

#[test]
fn objects_and_manifests_in_the_signature() {
    let manifest = "<ds:Manifest><ds:Reference URI=\"#x\"/></ds:Manifest>";
    for object in [
        "<ds:Object>x</ds:Object>",
        manifest,
        &format!("<ds:Object>{manifest}</ds:Object>"),
        "<ds:SignatureProperties></ds:SignatureProperties>",
    ] {
        refused("saml.gate.signature-object", |target| {
            target.with("</ds:Signature>", &format!("{object}</ds:Signature>"))
        });
    }
}

#[test]
fn two_references() {
    refused("saml.gate.references", |target| {
        let start = target.good.find("<ds:Reference ").unwrap();
        let end = target.good.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
        let reference = &target.good[start..end];
        target.with(reference, &reference.repeat(2))
    });
}

#[test]
fn a_reference_to_anything_but_the_own_element() {
    for uri in ["", "#", "#_other", "#xpointer(/)", "#xpointer(id('_other'))"] {
        refused("saml.gate.reference-target", |target| {
            let own = format!("URI=\"#{}\"", target.id());
            target.with(&own, &format!("URI=\"{uri}\""))
        });
    }
}

#[test]
fn a_second_signature() {
    refused("saml.gate.signature-place", |target| {
        let start = target.good.find("<ds:Signature ").unwrap();
        let end = target.good.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        let signature = &target.good[start..end];
        target.with(signature, &signature.repeat(2))
    });
}

#[test]
fn a_comment_in_a_name() {
    refused("saml.gate.comment", |target| {
        let (head, tail) = target.text.split_at(target.text.char_indices().nth(2).unwrap().0);
        target.with(&format!(">{}<", target.text), &format!(">{head}<!-- -->{tail}<"))
    });
    refused("saml.gate.comment", |target| {
        let text = target.text;
        target.with(&format!(">{text}<"), &format!(">{text}<!---->.evil.example<"))
    });
}

#[test]
fn markup_in_a_name() {
    for (code, markup) in [
        ("saml.gate.cdata", "<![CDATA[admin]]>"),
        ("saml.gate.processing-instruction", "<?a b?>"),
        ("saml.gate.entity", "&admin;"),
        ("saml.gate.character", "&#0;"),
        ("saml.gate.character", "\u{fffe}"),
    ] {
        refused(code, |target| target.with(&format!(">{}<", target.text), &format!(">{markup}<")));
    }
}

#[test]
fn entities_that_grow_a_billion_times() {
    refused("saml.gate.doctype", |target| {
        let entities: Vec<String> = (1..10)
            .map(|level| {
                format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10))
            })
            .collect();
        let doctype = format!("<!DOCTYPE a [<!ENTITY l0 \"lol\">{}]>", entities.concat());
        format!("{doctype}{}", target.with(&format!(">{}<", target.text), ">&l9;<"))
    });
}

#[test]
fn identifiers_elsewhere() {
    for identifier in ["ID", "Id", "id", "xml:id"] {
        refused("saml.gate.id-foreign", |target| {
            let element = format!("<x xmlns=\"urn:x\" {identifier}=\"{}\"/>", target.id());
            let inside = match target.name {
                // Nothing foreign stands directly in these, so it goes where anything may.
                "Response" => target.with(
                    "</samlp:Status>",
                    &format!("<samlp:StatusDetail>{element}</samlp:StatusDetail></samlp:Status>"),
                ),
                _ => target.holding(&element),
            };
            assert!(inside.contains(&element));
            inside
        });
    }
}

fn attributes(count: usize) -> String {
    let attributes: Vec<_> = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
    attributes.concat()
}

#[test]
fn a_hundred_thousand_attributes() {
    let many = attributes(100_000);
    for target in Target::all() {
        let start = format!("<{} ", target.root());
        let xml = target.with(&start, &format!("<{}{many} ", target.root()));
        let verdict = quickly(target.name, || (target.take)(&xml));
        assert!(
            matches!(verdict, Err("saml.gate.size" | "saml.gate.attributes")),
            "{}: {verdict:?}",
            target.name
        );
    }
    // As many as fit into the size of a message.
    let fitting = attributes(20_000);
    refused("saml.gate.attributes", |target| {
        target.with(&format!("<{} ", target.root()), &format!("<{}{fitting} ", target.root()))
    });
}

#[test]
fn nested_without_end() {
    refused("saml.gate.depth", |target| {
        let nested = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
        match target.name {
            "Response" => target.with(
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{nested}</samlp:StatusDetail></samlp:Status>"),
            ),
            _ => target.holding(&nested),
        }
    });
}

#[test]
fn the_signed_original_inside_a_forged_one() {
    for target in Target::all() {
        let forged = crate::testing::without_signature(&target.good)
            .replacen(target.id(), "_forged", 1)
            .replacen(target.text, "forged", 1);
        let hidden = match target.name {
            "metadata" => format!("<md:Extensions>{}</md:Extensions>", target.good),
            "decrypted Assertion" => format!("<saml:Advice>{}</saml:Advice>", target.good),
            _ => format!("<samlp:Extensions>{}</samlp:Extensions>", target.good),
        };
        let end = format!("</{}>", target.root());
        let xml = [forged.strip_suffix(&end).unwrap(), &hidden, &end].concat();
        let verdict = (target.take)(&xml);
        assert!(
            matches!(
                verdict,
                Err("saml.gate.message-nested"
                    | "saml.gate.assertion-place"
                    | "saml.gate.element"
                    | "saml.gate.element-missing")
            ),
            "{}: {verdict:?}",
            target.name
        );
    }
}

#[test]
fn a_document_that_is_another_kind() {
    for target in Target::all() {
        for other in Target::all() {
            if other.name != target.name {
                let verdict = (target.take)(&other.good);
                assert_eq!(verdict, Err("saml.gate.root"), "{} as {}", other.name, target.name);
            }
        }
    }
}
