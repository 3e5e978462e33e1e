//! A service provider made of warifu-saml's other half, so that answers are judged as a real one
//! judges them.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{FileKey, KeyAlgorithm};
use warifu_saml::metadata::{self, LocalizedText, SpDescription};
use warifu_saml::names::{BINDING_POST, BINDING_REDIRECT};
use warifu_saml::{
    AcsChoice, AuthnRequest, Certificate, Comparison, DecryptionKey, Entity, Expectation,
    KeySigner, Login, LogoutRequest, LogoutResponse, MetadataPolicy, Policy, RedirectParameter,
    Refusal, RequestedContext, ServiceProvider, SignatureAlgorithm, Status, XmlSigner, random_id,
    redirect,
};
use warifu_service::Entropy;
use warifu_service::clock::SystemEntropy;

use super::pki::{Pki, p256, rsa};

/// Where logout messages go.
const SLO: &str = "https://idp.example/saml/slo";

pub(crate) struct Provider {
    pub(crate) entity_id: String,
    pub(crate) acs: String,
    pub(crate) slo: String,
    /// Whether it takes logouts from server to server, and through the browser.
    pub(crate) takes_logouts: (bool, bool),
    pub(crate) signer: KeySigner,
    encryption: Certificate,
    sp: ServiceProvider,
}

pub(crate) fn random(bytes: &mut [u8]) {
    SystemEntropy.fill(bytes);
}

fn saml_certificate(pki: &Pki, key: &FileKey) -> Certificate {
    Certificate::from_der(pki.party("portal", &["portal.example"], key.public_key()).der()).unwrap()
}

impl Provider {
    pub(crate) fn new(pki: &Pki, host: &str) -> Self {
        let (signing, decryption) = (p256(), rsa(KeyAlgorithm::Rsa3072));
        let encryption = saml_certificate(pki, decryption);
        let entity_id = format!("https://{host}/saml/metadata");
        let acs = format!("https://{host}/saml/acs");
        let secret = decryption.private_key_pem().unwrap();
        let signer = KeySigner::from_pem(
            signing.private_key_pem().unwrap().as_bytes(),
            pki.party("portal", &["portal.example"], signing.public_key()).pem().as_bytes(),
        );
        Self {
            sp: ServiceProvider {
                entity_id: entity_id.clone(),
                acs_url: acs.clone(),
                decryption_keys: vec![DecryptionKey::from_pem(secret.as_bytes()).unwrap()],
                policy: Policy::default(),
            },
            slo: format!("https://{host}/saml/slo"),
            takes_logouts: (true, false),
            entity_id,
            acs,
            signer: signer.unwrap(),
            encryption,
        }
    }

    /// The host in its entity id.
    pub(crate) fn host(&self) -> &str {
        self.entity_id.split('/').nth(2).unwrap()
    }

    /// The certificate that it signs with.
    pub(crate) fn signer_pem(&self) -> String {
        warifu_pki::Certificate::from_der(self.signer.certificate().der()).unwrap().pem()
    }

    /// Its metadata, in a file.
    pub(crate) fn write_metadata(&self, path: &Path, until: Timestamp) {
        std::fs::write(path, self.metadata(until)).unwrap();
    }

    /// Its metadata.
    pub(crate) fn metadata(&self, until: Timestamp) -> String {
        let name = |language: &str, text: &str| LocalizedText {
            language: language.into(),
            text: text.into(),
        };
        let description = SpDescription {
            entity_id: self.entity_id.clone(),
            valid_until: until,
            display_names: vec![name("ja", "割符ポータル"), name("en", "Warifu portal")],
            signing: vec![self.signer.certificate().clone()],
            encryption: vec![self.encryption.clone()],
            acs: vec![self.acs.clone()],
            slo_redirect: self.takes_logouts.1.then(|| self.slo.clone()),
            slo_soap: self.takes_logouts.0.then(|| self.slo.clone()),
            signing_methods: vec![SignatureAlgorithm::EcdsaSha256],
            contact: None,
        };
        description.to_xml(&self.signer, &mut random).unwrap()
    }

    pub(crate) fn request(&self, now: Timestamp) -> AuthnRequest {
        AuthnRequest {
            acs: AcsChoice::Url(self.acs.clone()),
            ..AuthnRequest::new(random_id(&mut random), self.entity_id.as_str(), now)
        }
    }

    pub(crate) fn asking_for(&self, class: &str, now: Timestamp) -> AuthnRequest {
        let classes = vec![class.to_owned()];
        let context = RequestedContext { comparison: Comparison::Exact, classes };
        AuthnRequest { requested_context: Some(context), ..self.request(now) }
    }

    /// The address that a browser is sent to with this request, without its origin.
    pub(crate) fn redirect(&self, request: &AuthnRequest) -> String {
        redirect_signed(request, Some(&self.signer))
    }

    /// The request to end the session of that sign-in.
    pub(crate) fn logout_request(&self, login: &Login, now: Timestamp) -> LogoutRequest {
        LogoutRequest {
            id: random_id(&mut random),
            issuer: self.entity_id.clone(),
            issue_instant: now,
            destination: Some(SLO.to_owned()),
            not_on_or_after: Some(now + SignedDuration::from_mins(5)),
            name_id: login.name_id.clone().unwrap(),
            session_indexes: login.session_index.iter().cloned().collect(),
        }
    }

    /// Its answer to a request to end a session.
    pub(crate) fn logout_answer(&self, request: &str, now: Timestamp) -> LogoutResponse {
        LogoutResponse {
            id: random_id(&mut random),
            issuer: self.entity_id.clone(),
            issue_instant: now,
            destination: Some(SLO.to_owned()),
            in_response_to: request.to_owned(),
            status: Status::Success,
        }
    }

    /// Judges an answer.
    pub(crate) fn consume(
        &self,
        response: &[u8],
        idp: &Entity,
        request: &AuthnRequest,
        now: Timestamp,
    ) -> Result<Login, Refusal> {
        let expected = Expectation {
            issuer: &idp.entity_id,
            identity_provider: idp.idp.as_ref().unwrap(),
            request_id: &request.id,
            context_classes: &[],
            authenticated_after: None,
        };
        self.sp.consume(response, &expected, now)
    }
}

/// The same, signed by whomever.
pub(crate) fn redirect_signed(request: &AuthnRequest, signer: Option<&dyn XmlSigner>) -> String {
    let xml = request.to_xml().unwrap();
    let state = Some("relay state");
    redirect::url("/saml/sso", RedirectParameter::Request, &xml, state, signer).unwrap()
}

/// The address that a browser is sent to with a logout message, without its origin.
pub(crate) fn logout_path(
    parameter: RedirectParameter,
    xml: &str,
    relay_state: Option<&str>,
    signer: Option<&dyn XmlSigner>,
) -> String {
    redirect::url("/saml/slo", parameter, xml, relay_state, signer).unwrap()
}

/// Reads the identity provider's metadata as a peer does, and looks at what a peer needs.
pub(crate) fn read_idp(xml: &str, now: Timestamp) -> Entity {
    let policy = MetadataPolicy {
        trusted: &[],
        require_valid_until: true,
        longest_validity: SignedDuration::from_hours(24 * 30),
    };
    let [entity] = metadata::parse(xml.as_bytes(), &policy, now).unwrap().try_into().unwrap();
    let role = entity.idp.as_ref().unwrap();
    assert!(role.sso_at(BINDING_REDIRECT).is_some() && role.sso_at(BINDING_POST).is_none());
    entity
}
