//! A certification authority: a certificate, the key behind it, and what it issues.

use std::sync::Arc;

use warifu_service::Entropy;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::der::{self, Decode, Encode};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::extension::{self, ExtensionError, IssuerMarks};
use crate::lint::{self, Expected, Finding};
use crate::signed::{self, SealError};
use crate::{
    Certificate, CertificateError, FileKey, KeyError, Profile, PublicKey, Publication, SignError,
    Signer, Subject, SubjectError, Validity, name,
};

/// An authority that can issue.
#[derive(Clone)]
pub struct Authority {
    certificate: Certificate,
    key_identifier: Vec<u8>,
    authorities_below: u8,
    signer: Arc<dyn Signer>,
    /// Signs the copies that are examined first. It is nobody's and never leaves this struct.
    throwaway: Arc<FileKey>,
    publication: Publication,
}

/// A certificate or a revocation list could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The certificate is not one of an authority, or the key does not belong to it.
    #[error("the certificate and the key do not make an authority")]
    NotAnAuthority,
    /// The authority may not sign this kind of certificate or list.
    #[error("the authority may not sign this: {0}")]
    NotAllowed(&'static str),
    /// The validity is empty, longer than the profile allows, or not within the issuer's own.
    #[error("the validity does not fit the profile or the issuer")]
    Validity,
    /// The key is of a kind that the profile does not take.
    #[error("the profile does not take a key of this kind")]
    WeakKey,
    /// A copy of it was examined before the real signature and found wanting.
    #[error("the certificate breaks rules: {}", lint::join(.0))]
    Lint(Vec<Finding>),
    /// The subject cannot be named.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The key was refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signer failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// What was to be signed, or was signed, has no DER.
    #[error("the content could not be encoded")]
    Encoding(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Authority {
    /// Makes a root: a certificate signed by its own key.
    pub fn self_signed_root(
        name: &str,
        signer: Arc<dyn Signer>,
        validity: Validity,
        entropy: &dyn Entropy,
    ) -> Result<Self, IssueError> {
        let subject = Subject::named(name);
        let key = PublicKey::from_der(signer.public_key_der())?;
        require_strength(&Profile::ROOT, &key)?;
        let draft = Draft {
            profile: &Profile::ROOT,
            subject: subject.checked()?,
            key: &key,
            validity: checked_validity(&Profile::ROOT, validity)?,
            serial: random_serial(entropy),
        };
        let content = draft.content(name::of_common_name(name)?, None, signer.as_ref())?;
        let throwaway = FileKey::generate(signer.algorithm())?;
        let expected = Expected {
            profile: &Profile::ROOT,
            issuer: None,
            publication: &Publication::default(),
        };
        require_sound(&content, &throwaway, &expected)?;
        let certificate = sealed(&content, signer.as_ref())?;
        Self::with_throwaway(certificate, signer, Arc::new(throwaway), Publication::default())
    }

    /// Puts an authority together from its certificate and key.
    pub fn new(
        certificate: Certificate,
        signer: Arc<dyn Signer>,
        publication: Publication,
    ) -> Result<Self, IssueError> {
        let throwaway = Arc::new(FileKey::generate(signer.algorithm())?);
        Self::with_throwaway(certificate, signer, throwaway, publication)
    }

    fn with_throwaway(
        certificate: Certificate,
        signer: Arc<dyn Signer>,
        throwaway: Arc<FileKey>,
        publication: Publication,
    ) -> Result<Self, IssueError> {
        let fits = certificate.public_key_der() == signer.public_key_der();
        let below = authorities_below(&certificate).filter(|_| fits);
        let key_identifier = certificate.key_identifier();
        let (Some(authorities_below), Some(key_identifier)) = (below, key_identifier) else {
            return Err(IssueError::NotAnAuthority);
        };
        Ok(Self { certificate, key_identifier, authorities_below, signer, throwaway, publication })
    }

    /// Issues the certificate of an authority below this one and puts that authority together.
    pub fn issue_ca(
        &self,
        profile: &Profile,
        name: &str,
        signer: Arc<dyn Signer>,
        publication: Publication,
        validity: Validity,
        entropy: &dyn Entropy,
    ) -> Result<Self, IssueError> {
        let key = PublicKey::from_der(signer.public_key_der())?;
        let certificate = self.issue(profile, &Subject::named(name), &key, validity, entropy)?;
        Self::new(certificate, signer, publication)
    }

    /// Issues one certificate. The serial number is random; the caller has made sure that the
    /// subject holds the key ([`PossessionProof`](crate::PossessionProof)).
    ///
    /// A copy signed with a throw-away key is examined first ([`lint`](crate::lint)): the real key
    /// signs nothing that breaks a rule.
    pub fn issue(
        &self,
        profile: &Profile,
        subject: &Subject,
        key: &PublicKey,
        validity: Validity,
        entropy: &dyn Entropy,
    ) -> Result<Certificate, IssueError> {
        self.require_allowed(profile)?;
        require_strength(profile, key)?;
        let validity = self.within_own(checked_validity(profile, validity)?)?;
        let serial = random_serial(entropy);
        let draft = Draft { profile, subject: subject.checked()?, key, validity, serial };
        let publication = &self.publication;
        let marks = IssuerMarks { key_identifier: &self.key_identifier, publication };
        let content = draft.content(self.name().clone(), Some(&marks), self.signer.as_ref())?;
        let expected = Expected { profile, issuer: Some(&self.certificate), publication };
        require_sound(&content, &self.throwaway, &expected)?;
        sealed(&content, self.signer.as_ref())
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The addresses it writes into what it issues.
    pub fn publication(&self) -> &Publication {
        &self.publication
    }

    /// The list that covers a serial number, where there is one.
    pub fn shard_of(&self, serial: &[u8]) -> u16 {
        self.publication.lists.shard_of(serial)
    }

    /// Whether it issues authorities, and so nothing else.
    pub(crate) fn issues_authorities(&self) -> bool {
        self.authorities_below > 0
    }

    pub(crate) fn name(&self) -> &Name {
        &self.certificate.content().subject
    }

    pub(crate) fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    pub(crate) fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    fn require_allowed(&self, profile: &Profile) -> Result<(), IssueError> {
        let allowed = match profile.authorities_below {
            Some(below) => below < self.authorities_below,
            None => self.authorities_below == 0,
        };
        if allowed { Ok(()) } else { Err(IssueError::NotAllowed(profile.name)) }
    }

    fn within_own(&self, validity: Validity) -> Result<Validity, IssueError> {
        let own = &self.certificate;
        let is_within = validity.not_before >= own.not_before()
            && validity.not_after.as_second() <= own.not_after().as_second();
        if is_within { Ok(validity) } else { Err(IssueError::Validity) }
    }
}

/// What is to be certified, before it is signed.
struct Draft<'a> {
    profile: &'a Profile,
    subject: &'a Subject,
    key: &'a PublicKey,
    validity: Validity,
    serial: [u8; 16],
}

impl Draft<'_> {
    /// What the signer is to sign, DER.
    fn content(
        &self,
        issuer: Name,
        marks: Option<&IssuerMarks<'_>>,
        signer: &dyn Signer,
    ) -> Result<Vec<u8>, IssueError> {
        let extensions = extension::all(self.profile, self.subject, self.key, &self.serial, marks)?;
        let content = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&self.serial)?,
            signature: signer.algorithm().signature_identifier(),
            issuer,
            validity: self.validity.to_x509()?,
            subject: name::of_common_name(&self.subject.common_name)?,
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(self.key.der())?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        Ok(content.to_der()?)
    }
}

/// Examines a copy that is good for nothing.
fn require_sound(
    content: &[u8],
    throwaway: &FileKey,
    expected: &Expected<'_>,
) -> Result<(), IssueError> {
    let copy = signed::seal(content, throwaway)?;
    let findings = lint::certificate(&copy, expected);
    if findings.is_empty() { Ok(()) } else { Err(IssueError::Lint(findings)) }
}

fn sealed(content: &[u8], signer: &dyn Signer) -> Result<Certificate, IssueError> {
    Ok(Certificate::from_der(&signed::seal(content, signer)?)?)
}

/// Sixteen random bytes, made positive and of one length: RFC 5280 §4.1.2.2.
fn random_serial(entropy: &dyn Entropy) -> [u8; 16] {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let [first, ..] = &mut bytes;
    *first = (*first & 0x7f) | 0x40;
    bytes
}

fn authorities_below(certificate: &Certificate) -> Option<u8> {
    let constraints = certificate.extension::<BasicConstraints>().ok().flatten()?;
    constraints.ca.then(|| constraints.path_len_constraint.unwrap_or(u8::MAX))
}

fn checked_validity(profile: &Profile, validity: Validity) -> Result<Validity, IssueError> {
    let length = validity.length();
    let fits = length.is_positive() && length <= profile.longest();
    if fits { Ok(validity) } else { Err(IssueError::Validity) }
}

fn require_strength(profile: &Profile, key: &PublicKey) -> Result<(), IssueError> {
    let takes = profile.keys.contains(&key.algorithm());
    if takes { Ok(()) } else { Err(IssueError::WeakKey) }
}

impl From<der::Error> for IssueError {
    fn from(error: der::Error) -> Self {
        Self::Encoding(error.into())
    }
}

impl From<CertificateError> for IssueError {
    fn from(error: CertificateError) -> Self {
        Self::Encoding(error.into())
    }
}

impl From<SealError> for IssueError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Encoding(error) => error.into(),
            SealError::Sign(error) => error.into(),
        }
    }
}

impl From<ExtensionError> for IssueError {
    fn from(error: ExtensionError) -> Self {
        match error {
            ExtensionError::Encoding(error) => error.into(),
            ExtensionError::Subject(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyAlgorithm;
    use crate::testing::{self, World, days, key_256};

    fn issue(
        world: &World,
        profile: &Profile,
        subject: &Subject,
        length: i64,
    ) -> Result<(), IssueError> {
        let validity = Validity::lasting(world.now, days(length));
        let key = key_256().public_key();
        world.cards.issue(profile, subject, key, validity, &world.entropy).map(drop)
    }

    #[test]
    fn every_profile_is_accepted_by_openssl_in_strict_mode() {
        let world = World::new();
        for certificate in [world.authentication_card(), world.presence_card()] {
            world.openssl_verify(&world.cards, &certificate, &[]).unwrap();
        }
        let party = world.party("portal", &["portal.localhost", "127.0.0.1"]);
        world.openssl_verify(&world.services, &party, &["-purpose", "sslserver"]).unwrap();
        world.openssl_verify(&world.services, &party, &["-purpose", "sslclient"]).unwrap();
        let host = ["-verify_hostname", "portal.localhost", "-verify_ip", "127.0.0.1"];
        world.openssl_verify(&world.services, &party, &host).unwrap();
    }

    #[test]
    fn the_card_authority_cannot_make_servers() {
        let world = World::new();
        let subject = Subject::party("portal", &["portal.localhost"]).unwrap();
        let rogue = issue(&world, &Profile::PARTY, &subject, 30).unwrap_err();
        assert!(rogue.to_string().contains("purposes-within-issuer"), "{rogue}");
    }

    #[test]
    fn the_text_openssl_prints_holds_what_the_profile_says() {
        let world = World::new();
        let text = testing::openssl_text(&world.authentication_card());
        for expected in [
            "1.3.6.1.4.1.32473.1.1",
            "TLS Web Client Authentication",
            "X509v3 Key Usage: critical",
            testing::CRL_URL,
            testing::CARDS_CERTIFICATE_URL,
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        let text = testing::openssl_text(&world.presence_card());
        assert!(text.contains("1.3.6.1.4.1.32473.1.2"), "{text}");
        assert!(!text.contains("Client Authentication"), "{text}");
    }

    #[test]
    fn nothing_that_names_a_person_is_signed() {
        let world = World::new();
        for name in ["上野太郎", "Ueno Taro", "0123456789ABCDEF0123456789ABCDEF"] {
            let issued = issue(&world, &Profile::CARD_PRESENCE, &Subject::named(name), 30);
            let Err(IssueError::Lint(findings)) = issued else { panic!("{name}") };
            assert_eq!(findings[0].rule, "subject-name");
        }
    }

    #[test]
    fn an_authority_within_a_domain_cannot_name_other_hosts() {
        let world = World::new();
        let within = ["warifu.test".to_owned()];
        let subject = Subject::authority_within("Warifu test services 2", &within).unwrap();
        let key = Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let long = Validity::lasting(world.now, days(1000));
        let profile = &Profile::SERVICES_AUTHORITY;
        let certificate =
            world.root.issue(profile, &subject, key.public_key(), long, &world.entropy).unwrap();
        let services = Authority::new(certificate, key, Publication::default()).unwrap();
        for (host, expected) in [("idp.warifu.test", true), ("idp.warifu.example", false)] {
            let subject = Subject::server(&[host]).unwrap();
            let validity = Validity::lasting(world.now, days(30));
            let server =
                world.issued_by(&services, &Profile::SERVER, &subject, key_256(), validity);
            let verified = world.openssl_verify(&services, &server, &["-purpose", "sslserver"]);
            assert_eq!(verified.is_ok(), expected, "{host} {verified:?}");
        }
    }

    #[test]
    fn a_root_issues_authorities_only_and_an_issuer_never() {
        let world = World::new();
        let key = key_256();
        let validity = Validity::lasting(world.now, days(30));
        let leaf = Subject::named(testing::HOLDER);
        let by_root = world.root.issue(
            &Profile::CARD_PRESENCE,
            &leaf,
            key.public_key(),
            validity,
            &world.entropy,
        );
        assert!(matches!(by_root, Err(IssueError::NotAllowed("card-presence"))));
        let below = issue(&world, &Profile::CARDS_AUTHORITY, &leaf, 30);
        assert!(matches!(below, Err(IssueError::NotAllowed(_))));
    }

    #[test]
    fn a_validity_is_neither_empty_nor_too_long_nor_outlives_the_issuer() {
        let world = World::new();
        let card = Subject::named(testing::HOLDER);
        for length in [0, -1, 366 * 5 + 1] {
            let issued = issue(&world, &Profile::CARD_AUTHENTICATION, &card, length);
            assert!(matches!(issued, Err(IssueError::Validity)), "{length}");
        }
        let late = Validity::lasting(world.cards.certificate().not_after() - days(1), days(2));
        let key = key_256().public_key();
        let issued = world.cards.issue(&Profile::CARD_PRESENCE, &card, key, late, &world.entropy);
        assert!(matches!(issued, Err(IssueError::Validity)));
    }

    #[test]
    fn a_foreign_key_makes_no_authority() {
        let world = World::new();
        let other = Arc::new(key_256().clone());
        let made = Authority::new(world.cards.certificate().clone(), other, Publication::default());
        assert!(matches!(made, Err(IssueError::NotAnAuthority)));
    }

    #[test]
    fn parties_do_not_use_short_rsa_keys() {
        let world = World::new();
        let key = testing::key_rsa();
        let validity = Validity::lasting(world.now, days(30));
        let party = Subject::party("portal", &[]).unwrap();
        let issued = world.services.issue(
            &Profile::PARTY,
            &party,
            key.public_key(),
            validity,
            &world.entropy,
        );
        assert!(matches!(issued, Err(IssueError::WeakKey)));
    }
}
