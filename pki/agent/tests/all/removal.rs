//! Pulling the card out of the reader: the identity provider hears of it, over TLS it can be known
//! by, and tries again if it did not.

use std::sync::Arc;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use warifu_agent::AgentConfig;

use crate::bench::{Bench, FIRST};
use crate::idp::Idp;
use crate::maker::Maker;
use crate::wire::Wire;

/// A certificate authority.
struct Authority {
    key: PKey<Private>,
    certificate: X509,
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(common: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common).unwrap();
    name.build()
}

fn draft(subject: &str, issuer: &str, key: &PKey<Private>) -> X509Builder {
    let mut draft = X509::builder().unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    draft.set_version(2).unwrap();
    draft.set_serial_number(&serial).unwrap();
    draft.set_subject_name(&name(subject)).unwrap();
    draft.set_issuer_name(&name(issuer)).unwrap();
    draft.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    draft.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    draft.set_pubkey(key).unwrap();
    draft
}

impl Authority {
    fn new() -> Self {
        let key = key();
        let mut draft = draft("test root", "test root", &key);
        draft.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        draft.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: draft.build(), key }
    }

    fn file(&self) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), self.certificate.to_pem().unwrap()).unwrap();
        file
    }

    fn server(&self, host: &str) -> TlsAcceptor {
        let key = key();
        let mut draft = draft(host, "test root", &key);
        let context = draft.x509v3_context(Some(&self.certificate), None);
        let names = SubjectAlternativeName::new().dns(host).build(&context).unwrap();
        draft.append_extension(names).unwrap();
        draft.sign(&self.key, MessageDigest::sha256()).unwrap();
        let chain = vec![CertificateDer::from(draft.build().to_der().unwrap())];
        let key = PrivateKeyDer::try_from(key.private_key_to_pkcs8().unwrap()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// An identity provider's server that answers each request with the next of these statuses.
/// What it heard comes out of the channel.
async fn serve(acceptor: TlsAcceptor, statuses: &'static [u16]) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = mpsc::channel(8);
    tokio::spawn(async move {
        for status in statuses {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 4096];
            let mut length = 0;
            while !String::from_utf8_lossy(&request[..length]).contains('}') {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            tell.send(text).await.unwrap();
        }
    });
    (port, heard)
}

/// Signs in at `https://idp.localhost:port` with a card that is to be watched.
async fn signed_in(port: u16, trusted: &Authority) -> Bench {
    let file = trusted.file();
    let ca = Some(file.path().to_owned());
    let idp = Idp::at(&format!("https://idp.localhost:{port}"));
    let bench = Bench::for_idp(idp, |config| AgentConfig { ca, ..config }).await;
    bench.insert(FIRST, &Maker::new(1));
    bench.right_pin();
    let request = bench.idp.request_with(&json!({"watch": "w".repeat(43)}));
    let events = Wire::authenticate(&bench, request).listen().await.events().await;
    assert!(events.last().unwrap().get("token").is_some(), "{events:?}");
    bench
}

async fn next(heard: &mut mpsc::Receiver<String>) -> Option<String> {
    tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.ok().flatten()
}

#[tokio::test]
async fn the_identity_provider_is_told_once_the_card_is_out() {
    let authority = Authority::new();
    let (port, mut heard) = serve(authority.server("idp.localhost"), &[204]).await;
    let bench = signed_in(port, &authority).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(heard.try_recv().is_err(), "the card is still in");
    bench.readers.remove(FIRST);
    let request = next(&mut heard).await.unwrap();
    assert!(request.starts_with("POST /agent/card-removed HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: idp.localhost:{port}")), "{request}");
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({"watch": "w".repeat(43)}));
}

#[tokio::test]
async fn a_server_in_trouble_is_told_again() {
    let authority = Authority::new();
    let (port, mut heard) = serve(authority.server("idp.localhost"), &[503, 500, 204]).await;
    let bench = signed_in(port, &authority).await;
    bench.readers.remove(FIRST);
    for _ in 0..3 {
        assert!(next(&mut heard).await.is_some());
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_known_is_told_nothing() {
    let (trusted, other) = (Authority::new(), Authority::new());
    let (port, mut heard) = serve(other.server("idp.localhost"), &[204, 204]).await;
    let bench = signed_in(port, &trusted).await;
    bench.readers.remove(FIRST);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(heard.try_recv().is_err());
}
