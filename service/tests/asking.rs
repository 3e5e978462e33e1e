//! A server that asks for a client certificate and takes any: what a handler learns, and that every
//! connection proves the key anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::net::SocketAddr;
use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use warifu_service::http::Server;
use warifu_service::tls::{PeerCertificate, ShownCertificate};

struct Running {
    address: SocketAddr,
    root: CertificateDer<'static>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Who the handler sees: the length of what was shown, and whether anybody was vouched for.
async fn who(
    shown: Option<Extension<ShownCertificate>>,
    peer: Option<Extension<PeerCertificate>>,
) -> String {
    let shown = shown.map_or(0, |Extension(ShownCertificate(der))| der.len());
    format!("shown {shown}, vouched for {}", peer.is_some())
}

async fn serve() -> Running {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("pem"), folder.path().join("key"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let server = Server::bind_asking(address, &certificate, &key).await.unwrap();
    let (address, stop) = (server.address(), CancellationToken::new());
    let router = Router::new().route("/who", get(who));
    tokio::spawn(server.serve(router, stop.clone()));
    Running { address, root: cert.der().clone(), stop, _folder: folder }
}

/// A certificate of nobody's, made out to a party of ours.
fn client() -> (CertificateDer<'static>, KeyPair) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["portal".to_owned()]).unwrap();
    (cert.der().clone(), signing_key)
}

fn key_of(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).unwrap()
}

impl Running {
    fn config(&self, own: Option<(CertificateDer<'static>, &KeyPair)>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                builder.with_client_auth_cert(vec![certificate], key_of(key)).unwrap()
            }
        })
    }

    /// What the server answers, and what kind of handshake there was; an error where it hangs up.
    async fn ask(&self, config: &Arc<ClientConfig>) -> std::io::Result<(String, HandshakeKind)> {
        let tcp = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = TlsConnector::from(config.clone()).connect(name, tcp).await?;
        tls.write_all(b"GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        tls.read_to_end(&mut answer).await?;
        let kind = tls.get_ref().1.handshake_kind().unwrap();
        Ok((String::from_utf8(answer).unwrap(), kind))
    }
}

#[tokio::test]
async fn any_certificate_is_shown_and_none_is_vouched_for() {
    let running = serve().await;
    let (certificate, key) = client();
    let length = certificate.len();
    let (answer, _) = running.ask(&running.config(Some((certificate, &key)))).await.unwrap();
    assert!(answer.ends_with(&format!("shown {length}, vouched for false")), "{answer}");
    let (answer, _) = running.ask(&running.config(None)).await.unwrap();
    assert!(answer.ends_with("shown 0, vouched for false"), "{answer}");
}

#[tokio::test]
async fn somebody_else_s_certificate_without_its_key_is_refused() {
    let running = serve().await;
    let (certificate, _) = client();
    let (_, other) = client();
    // rustls compares key and certificate itself where it can: a resolver that lies.
    let signing = rustls::crypto::ring::sign::any_supported_type(&key_of(&other)).unwrap();
    let stolen = Arc::new(rustls::sign::CertifiedKey::new(vec![certificate], signing));
    let mut config = ClientConfig::clone(&running.config(None));
    config.client_auth_cert_resolver = Arc::new(Thief(stolen));
    assert!(running.ask(&Arc::new(config)).await.is_err());
}

#[derive(Debug)]
struct Thief(Arc<rustls::sign::CertifiedKey>);

impl rustls::client::ResolvesClientCert for Thief {
    fn resolve(
        &self,
        _: &[&[u8]],
        _: &[rustls::SignatureScheme],
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn every_connection_proves_the_key_anew() {
    let running = serve().await;
    for versions in [&[&rustls::version::TLS13][..], &[&rustls::version::TLS12]] {
        let mut roots = RootCertStore::empty();
        roots.add(running.root.clone()).unwrap();
        let (certificate, key) = client();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate], key_of(&key))
            .unwrap();
        // The client would resume, and remembers sessions from one connection to the next.
        let config = Arc::new(config);
        for _ in 0..3 {
            let (_, kind) = running.ask(&config).await.unwrap();
            assert_eq!(kind, HandshakeKind::Full);
        }
    }
}
