//! Servers that ask browsers for a client certificate and take any, or none. The handshake proves
//! that the client holds the certificate's key and nothing else: whose it is, and whether anybody
//! believes it, is for the handler to say.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use super::{TlsError, certificates, private_key, provider};

/// A certificate (DER) that a client showed and whose key it holds. It is **not** verified: not its
/// issuer, not its dates, not its purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate(pub Vec<u8>);

/// rustls' configuration of such a server, with its own certificate and key (PEM files). No session
/// is resumed, so that each connection needs the client's key anew. HTTP/1.1 only: a connection in
/// HTTP/2 would also be used for other hosts of the same address (RFC 9113 section 9.1.1).
pub(crate) fn asking_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let algorithms = provider().signature_verification_algorithms;
    let mut server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(AnyClient { algorithms }))
        .with_single_cert(certificates(certificate)?, private_key(key)?)?;
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

/// Believes nobody and turns nobody away, but lets no signature pass that does not fit.
#[derive(Debug)]
struct AnyClient {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    /// None: the browser offers whatever it has.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
