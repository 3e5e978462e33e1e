//! The certificates of the parties at their work: mutual TLS between two of them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::{Extension, Router, routing};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use warifu_ca::{Ca, CaConfig, Ceremony, CertificateOrder, Owner, init};
use warifu_pki::{FileKey, KeyAlgorithm, PossessionProof, Profile, Subject};
use warifu_service::Surroundings;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::{self, ClientConfig, PeerCertificate, TlsConfig};

struct House {
    folder: tempfile::TempDir,
    ca: Ca,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::system();
        let ceremony = Ceremony::new("Warifu test", "http://localhost:8446");
        init(&folder.path().join("ca"), &ceremony, &surroundings).unwrap();
        let text = format!(
            "folder = '{0}/ca'\n[listen]\naddress = '127.0.0.1:0'\n\
             [database]\nurl = '{1}'",
            folder.path().display(),
            DatabaseConfig::sqlite(&folder.path().join("ca.db")).url,
        );
        let config: CaConfig = toml::from_str(&text).unwrap();
        let ca = Ca::open(config, surroundings).await.unwrap();
        Self { folder, ca }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes NAME.pem and NAME.key of a party.
    async fn party(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let proof = PossessionProof::request(name, &key).unwrap();
        let hosts = ["localhost", "127.0.0.1"];
        let issued = self.ca.issue_party_certificate(name, &hosts, &proof).await.unwrap();
        self.write(name, &key, &issued.chain_pem)
    }

    /// The same for a card, which is no party.
    async fn card(&self) -> (PathBuf, PathBuf) {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let subject = Subject::named("0123456789abcdef0123456789abcdef");
        let order = CertificateOrder {
            profile: &Profile::CARD_AUTHENTICATION,
            subject: &subject,
            key: key.public_key(),
            owner: Owner::Card("4111111111111111"),
            lifetime: SignedDuration::from_hours(24),
            held: false,
        };
        let mut transaction = self.ca.begin().await.unwrap();
        let card = self.ca.certify(&mut transaction, &order).await.unwrap();
        transaction.commit().await.unwrap();
        let issuers = std::fs::read_to_string(self.path("ca/cards-ca.pem")).unwrap();
        self.write("card", &key, &(card.pem() + &issuers))
    }

    fn write(&self, name: &str, key: &FileKey, chain: &str) -> (PathBuf, PathBuf) {
        let paths = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&paths.0, chain).unwrap();
        key.save(&paths.1).unwrap();
        paths
    }

    /// A relay that says who calls.
    async fn relay(&self) -> String {
        let (certificate, key) = self.party("relay").await;
        let client_ca = Some(self.path("ca/services-ca.pem"));
        let tls = Some(TlsConfig { certificate, key, client_ca });
        let listen = ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls };
        let server = Server::bind(&listen).await.unwrap();
        let url = format!("https://localhost:{}/", server.address().port());
        let router = Router::new().route("/", routing::get(who));
        tokio::spawn(server.serve(router, CancellationToken::new()));
        url
    }

    async fn call(&self, url: &str, own: Option<(PathBuf, PathBuf)>) -> Option<String> {
        let (certificate, key) = own.unzip();
        let ca = self.path("ca/ca.pem");
        let client = tls::client(&ClientConfig { ca, certificate, key }, Duration::from_secs(5));
        let answer = client.unwrap().get(url).send().await.ok()?;
        answer.text().await.ok()
    }
}

async fn who(Extension(peer): Extension<PeerCertificate>) -> String {
    format!("{} {}", peer.party.unwrap_or_default(), peer.thumbprint)
}

fn thumbprint(path: &Path) -> String {
    let pem = std::fs::read(path).unwrap();
    warifu_pki::Certificate::from_pem(&pem).unwrap().thumbprint()
}

#[tokio::test]
async fn parties_know_each_other_over_mutual_tls() {
    let house = House::new().await;
    let relay = house.relay().await;
    let portal = house.party("portal").await;
    let expected = format!("portal {}", thumbprint(&portal.0));
    assert_eq!(house.call(&relay, Some(portal)).await, Some(expected));
}

#[tokio::test]
async fn neither_a_card_nor_a_stranger_nor_nobody_is_a_party() {
    let house = House::new().await;
    let relay = house.relay().await;
    let card = house.card().await;
    assert_eq!(house.call(&relay, Some(card)).await, None);
    assert_eq!(house.call(&relay, None).await, None);
    let elsewhere = House::new().await;
    let stranger = elsewhere.party("portal").await;
    assert_eq!(house.call(&relay, Some(stranger)).await, None);
}
