//! The URIs that SAML 2.0 and this federation give to things, each named once.

/// `NameID` format: a one-time identifier (SAML core 8.3.8).
pub const NAMEID_TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
/// `NameID` format: an identifier for this pair of parties that lasts (SAML core 8.3.7).
pub const NAMEID_PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
/// `NameID` format: left to the identity provider (SAML core 8.3.1).
pub const NAMEID_UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
/// `NameID` format of an issuer: the identifier of a SAML entity (SAML core 8.3.6).
pub const NAMEID_ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";

/// Authentication with a private key on a smart card, opened with its PIN.
pub const AC_SMARTCARD_PKI: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";
/// Authentication with a smart card without PKI.
pub const AC_SMARTCARD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard";
/// Two factors, by the profile of the research and education federations (REFEDS MFA).
pub const AC_REFEDS_MFA: &str = "https://refeds.org/profile/mfa";
/// A card was present; nobody proved to be its holder.
pub const AC_PRESENCE: &str = "urn:warifu:ac:presence";
/// A card's number was read, which anybody can copy; nobody proved anything.
pub const AC_IDENTIFIER: &str = "urn:warifu:ac:identifier";

/// The pairwise identifier of the person (SAML subject identifier attributes profile).
pub const ATTRIBUTE_PAIRWISE_ID: &str = "urn:oasis:names:tc:SAML:attribute:pairwise-id";
/// The same identifier of the person for everybody (SAML subject identifier attributes profile).
pub const ATTRIBUTE_SUBJECT_ID: &str = "urn:oasis:names:tc:SAML:attribute:subject-id";
/// `displayName`.
pub const ATTRIBUTE_DISPLAY_NAME: &str = "urn:oid:2.16.840.1.113730.3.1.241";
/// `eduPersonEntitlement`: the roles of the person.
pub const ATTRIBUTE_ENTITLEMENT: &str = "urn:oid:1.3.6.1.4.1.5923.1.1.1.7";
/// `organizationName`.
pub const ATTRIBUTE_ORGANIZATION: &str = "urn:oid:2.5.4.10";
/// Which of the two subject identifiers a service provider needs: an attribute of the entity (SAML
/// subject identifier attributes profile 3.5).
pub const ENTITY_SUBJECT_ID_REQUIREMENT: &str = "urn:oasis:names:tc:SAML:profiles:subject-id:req";
/// The sealed ticket to the relay.
pub const ATTRIBUTE_RELAY_TICKET: &str = "urn:warifu:attribute:relay-ticket";
/// A ticket that only the card office can open; for its staff.
pub const ATTRIBUTE_OFFICE_TICKET: &str = "urn:warifu:attribute:office-ticket";
/// The last day, in Japan, on which the card of this sign-in opens anything, as `YYYY-MM-DD`; said
/// only while that is near.
pub const ATTRIBUTE_CARD_UNTIL: &str = "urn:warifu:attribute:card-until";
/// Who it might be whose card's number was read: the pairwise identifier of that person, under a
/// name of its own, so that nobody takes it for a sign-in.
pub const ATTRIBUTE_CANDIDATE: &str = "urn:warifu:attribute:candidate";
/// Attribute name format: a URI (SAML core 8.2.2).
pub const ATTRIBUTE_FORMAT_URI: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";

/// HTTP-POST binding (SAML bindings 3.5).
pub const BINDING_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// HTTP-Redirect binding (SAML bindings 3.4).
pub const BINDING_REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// SOAP binding (SAML bindings 3.2).
pub const BINDING_SOAP: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";

/// The protocol a role descriptor supports.
pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Subject confirmation by possession of the assertion.
pub const CONFIRMATION_BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Exclusive canonicalization without comments.
pub const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The transform that takes the signature itself out of what it signs.
pub const ENVELOPED_SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// The type of an encrypted element.
pub const ENCRYPTED_ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
/// AES-256 in Galois counter mode.
pub const AES256_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
/// AES-128 in Galois counter mode.
pub const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
/// RSA-OAEP with MGF1 over SHA-1.
pub const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
/// SHA-1, only as the label digest of [`RSA_OAEP_MGF1P`].
pub const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
