//! Why a document does not pass the gate: one cause, one error, one stable code.

macro_rules! gate_errors {
    ($($(#[doc = $doc:literal])+ $name:ident => $code:literal, $text:literal;)+) => {
        /// Why a document does not pass the gate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum GateError {
            $($(#[doc = $doc])+ #[error($text)] $name,)+
        }

        impl GateError {
            /// Every cause there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code of this cause.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("saml.gate.", $code),)+
                }
            }
        }
    };
}

gate_errors! {
    /// More bytes than a document of this kind may have.
    Size => "size", "the document is too large";
    /// Not UTF-8, or declared as something else.
    Encoding => "encoding", "the document is not UTF-8";
    /// A character that XML does not allow, literal or as a reference.
    Character => "character", "the document holds a character that XML does not allow";
    /// Not well-formed.
    Syntax => "syntax", "the document is not well-formed XML";
    /// A document type declaration.
    Doctype => "doctype", "the document has a document type declaration";
    /// An XML declaration that is not version 1.0 at the very start.
    Declaration => "declaration", "the XML declaration is not one that is accepted";
    /// A comment, other than between the elements of metadata.
    Comment => "comment", "a comment stands where none may be";
    /// A processing instruction.
    ProcessingInstruction => "processing-instruction", "the document has a processing instruction";
    /// A CDATA section.
    Cdata => "cdata", "the document has a CDATA section";
    /// A reference to an entity that XML does not predefine.
    Entity => "entity", "the document refers to an entity";
    /// Nested too deeply.
    Depth => "depth", "the document is nested too deeply";
    /// Too many elements.
    Elements => "elements", "the document has too many elements";
    /// Too many attributes on one element.
    Attributes => "attributes", "an element has too many attributes";
    /// An attribute value that is too long.
    AttributeSize => "attribute-size", "an attribute value is too long";
    /// The same attribute twice on one element.
    DuplicateAttribute => "attribute-twice", "an element has the same attribute twice";
    /// An attribute where it means nothing, or a wrong value of one that matters.
    Attribute => "attribute", "an attribute is not allowed in its place";
    /// An undeclared prefix, too many declarations, or a forbidden one.
    Namespace => "namespace", "a namespace prefix is not declared as it must be";
    /// A name that is not a plain ASCII XML name.
    Name => "name", "a name is not a plain XML name";
    /// Another document element than the one expected, or none.
    Root => "root", "the document is not of the expected kind";
    /// Text where only elements may stand.
    Text => "text", "text stands where only elements may stand";
    /// An `ID` that is not an XML name.
    MalformedId => "id-malformed", "an ID is not an XML name";
    /// The same `ID` twice.
    DuplicateId => "id-twice", "an ID is used twice";
    /// No `ID` where one must be.
    MissingId => "id-missing", "an ID is missing";
    /// `Id`, `xml:id` and their like, or an `ID` where none may be.
    ForeignId => "id-foreign", "an identifier attribute stands where none may be";
    /// The first element inside a message or assertion is not its issuer.
    IssuerNotFirst => "issuer-first", "the issuer does not come first";
    /// A signature anywhere but right behind the issuer.
    SignatureMisplaced => "signature-place", "a signature stands where none may be";
    /// A signature with parts missing, added, or in another order.
    SignatureShape => "signature-shape", "a signature is not of the one accepted form";
    /// `ds:Object`, `ds:Manifest`, or `ds:SignatureProperties`.
    SignatureObject => "signature-object", "a signature carries an object";
    /// A signature algorithm that is not let in.
    SignatureAlgorithm => "signature-algorithm", "a signature algorithm is not accepted";
    /// A digest algorithm that is not let in.
    DigestAlgorithm => "digest-algorithm", "a digest algorithm is not accepted";
    /// A canonicalization other than exclusive without comments.
    Canonicalization => "canonicalization", "a canonicalization algorithm is not accepted";
    /// Not exactly enveloped-signature, then exclusive canonicalization, the latter with a plain list
    /// of prefixes at most.
    Transforms => "transforms", "the transforms are not the two accepted ones";
    /// More than one reference.
    References => "references", "a signature has more than one reference";
    /// The reference is not to the very element that the signature stands in.
    ReferenceTarget => "reference-target", "a signature does not refer to its own element";
    /// The reference leads out of the document.
    ReferenceExternal => "reference-external", "a signature refers to something outside";
    /// A key given as anything but a certificate.
    KeyMaterial => "key-material", "a key is given in a form that is not accepted";
    /// An assertion anywhere but directly in the response.
    AssertionMisplaced => "assertion-place", "an assertion stands where none may be";
    /// More than one assertion.
    SecondAssertion => "assertion-second", "there is more than one assertion";
    /// A message inside a message.
    NestedMessage => "message-nested", "a message stands inside another";
    /// Something encrypted where nothing may be.
    EncryptionMisplaced => "encryption-place", "something encrypted stands where nothing may be";
    /// An encrypted assertion with parts missing, added, or in another order.
    EncryptionShape => "encryption-shape", "an encrypted assertion is not of the accepted form";
    /// An encryption algorithm that is not let in.
    EncryptionAlgorithm => "encryption-algorithm", "an encryption algorithm is not accepted";
    /// Encrypted bytes to be fetched from elsewhere.
    CipherReference => "cipher-reference", "encrypted content is referred to instead of given";
    /// An element that has no place there.
    UnexpectedElement => "element", "an element stands where it may not be";
    /// An element that must be there is not.
    MissingElement => "element-missing", "an element that must be there is missing";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_causes_share_a_code() {
        let codes: HashSet<_> = GateError::ALL.iter().map(|error| error.code()).collect();
        assert_eq!(codes.len(), GateError::ALL.len());
    }
}
