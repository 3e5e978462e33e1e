//! TLS between the parties, on rustls: servers that ask for a client certificate, and one pooled
//! client. TLS 1.3 and 1.2 only, by rustls' own choice of cipher suites.

mod shown;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    CertificateError, ClientConfig as RustlsClient, DigitallySignedStruct, RootCertStore,
    ServerConfig, SignatureScheme,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::extensions::GeneralName;

pub use shown::ShownCertificate;
pub(crate) use shown::asking_config;

/// What the URI in a party's certificate starts with; the party's name follows.
pub const PARTY_URI: &str = "urn:warifu:party:";

/// Connections a client keeps open to one host.
const IDLE_PER_HOST: usize = 64;

/// A server's certificate, and whom it lets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file: the server's certificate, then the issuing CA's.
    pub certificate: PathBuf,
    /// PEM file: the server's private key (PKCS#8).
    pub key: PathBuf,
    /// PEM file of the CA whose client certificates are let in. When set, nobody connects
    /// without one (mutual TLS); when absent, any browser may connect.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
}

/// How a party reaches the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// PEM file of the CA that the peer's server certificate must lead to.
    pub ca: PathBuf,
    /// PEM file: own client certificate, then the issuing CA's.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// PEM file: the private key of `certificate`.
    #[serde(default)]
    pub key: Option<PathBuf>,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file is missing or is not one.
    #[error("tls.file: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not fit, or the CA file is empty.
    #[error("tls.config: {0}")]
    Config(String),
}

impl From<rustls::Error> for TlsError {
    fn from(cause: rustls::Error) -> Self {
        Self::Config(cause.to_string())
    }
}

/// The certificate a client showed, verified up to the configured CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The certificate.
    pub der: Vec<u8>,
    /// Its SHA-256 in base64url without padding: `x5t#S256` (RFC 8705 section 3.1).
    pub thumbprint: String,
    /// The party it names, from its URI `urn:warifu:party:…`.
    pub party: Option<String>,
}

impl PeerCertificate {
    /// Reads what the handshake verified.
    pub fn from_der(der: &[u8]) -> Self {
        Self { der: der.to_vec(), thumbprint: thumbprint(der), party: party_of(der) }
    }
}

/// SHA-256 of a DER certificate in base64url without padding (RFC 8705 section 3.1).
pub fn thumbprint(der: &[u8]) -> String {
    BASE64URL_NOPAD.encode(ring::digest::digest(&ring::digest::SHA256, der).as_ref())
}

/// The thumbprint of the first certificate in a PEM file.
pub fn thumbprint_of_file(path: &Path) -> Result<String, TlsError> {
    let chain = certificates(path)?;
    let first = chain.first().ok_or_else(|| TlsError::Config("no certificate in file".into()))?;
    Ok(thumbprint(first))
}

fn party_of(der: &[u8]) -> Option<String> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(PARTY_URI).map(str::to_owned),
        _ => None,
    })
}

/// rustls' configuration of a server.
pub fn server_config(config: &TlsConfig) -> Result<Arc<ServerConfig>, TlsError> {
    let builder =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let roots = Arc::new(roots(ca)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                .build()
                .map_err(|cause| TlsError::Config(cause.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = certificates(&config.certificate)?;
    let mut server = builder.with_single_cert(chain, private_key(&config.key)?)?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

/// A pooled HTTPS client that shows `config`'s certificate, trusts only its CA, follows no
/// redirect, and gives up a call after `timeout`. Names under `localhost` lead to 127.0.0.1
/// (RFC 6761 section 6.3), which no system resolver is trusted with.
pub fn client(config: &ClientConfig, timeout: Duration) -> Result<reqwest::Client, TlsError> {
    build(bounded(timeout).tls_backend_preconfigured(client_config(config)?).https_only(true))
}

/// As [`client`], for one peer only: its certificate must also bear the URI of `party`, so that
/// no other party with a good certificate and the same host name can stand in for it.
pub fn client_to(
    party: &str,
    config: &ClientConfig,
    timeout: Duration,
) -> Result<reqwest::Client, TlsError> {
    let roots = Arc::new(roots(&config.ca)?);
    let usual = WebPkiServerVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|cause| TlsError::Config(cause.to_string()))?;
    let mut tls = client_config(config)?;
    let verifier = PartyVerifier { usual, party: party.to_owned() };
    tls.dangerous().set_certificate_verifier(Arc::new(verifier));
    build(bounded(timeout).tls_backend_preconfigured(tls).https_only(true))
}

/// The usual checks, and then the party's name.
#[derive(Debug)]
struct PartyVerifier {
    usual: Arc<WebPkiServerVerifier>,
    party: String,
}

impl ServerCertVerifier for PartyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.usual.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        if party_of(end_entity).as_deref() == Some(self.party.as_str()) {
            Ok(verified)
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// A pooled client without TLS, for what is signed and public: a CRL is fetched over plain HTTP,
/// because checking a server's certificate would need a CRL again (RFC 5280 section 8).
pub fn plain_client(timeout: Duration) -> Result<reqwest::Client, TlsError> {
    let nobody = RustlsClient::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    build(bounded(timeout).tls_backend_preconfigured(nobody))
}

fn bounded(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .dns_resolver(Arc::new(LoopbackNames))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .pool_max_idle_per_host(IDLE_PER_HOST)
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, TlsError> {
    builder.build().map_err(|cause| TlsError::Config(cause.to_string()))
}

/// rustls' configuration of a client.
pub fn client_config(config: &ClientConfig) -> Result<RustlsClient, TlsError> {
    let builder = RustlsClient::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(&config.ca)?);
    Ok(match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => {
            builder.with_client_auth_cert(certificates(certificate)?, private_key(key)?)?
        }
        (None, None) => builder.with_no_client_auth(),
        _ => return Err(TlsError::Config("certificate and key go together".into())),
    })
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|cause| TlsError::File { path: path.to_owned(), cause })
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|cause| TlsError::File { path: path.to_owned(), cause })
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path)? {
        store.add(certificate)?;
    }
    if store.is_empty() {
        return Err(TlsError::Config(format!("{}: no CA certificate", path.display())));
    }
    Ok(store)
}

struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str();
            if host == "localhost" || host.ends_with(".localhost") {
                let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
                return Ok(Box::new(std::iter::once(address)) as Addrs);
            }
            let found: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
