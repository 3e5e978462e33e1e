//! An authority on each engine, with a clock that the test moves, what parties believe of it, and
//! OpenSSL's opinion.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tower::ServiceExt;
use warifu_pki::{
    CardPurpose, CardTrust, Certificate, FileKey, KeyAlgorithm, PolicyArc, Profile, Reason,
    RevocationError, RevocationLists, Subject,
};
use warifu_service::clock::{FrozenClock, SystemEntropy};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute};

use crate::{
    Ca, CaConfig, CaError, Ceremony, CertificateOrder, Owner, PublicationConfig, ValidityConfig,
    init,
};

pub(crate) const BASE_URL: &str = "http://localhost:8446";
pub(crate) const HOLDER: &str = "0123456789abcdef0123456789abcdef";
/// So few that a test sees all of them.
pub(crate) const LISTS: u16 = 4;

pub(crate) struct Bench {
    pub(crate) ca: Ca,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) folder: TempDir,
}

/// Both certificates of a card.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) number: String,
    pub(crate) authentication: Certificate,
    pub(crate) presence: Certificate,
}

/// Runs a test on SQLite, and on PostgreSQL where `WARIFU_TEST_POSTGRES` names one.
pub(crate) async fn on_every_engine(test: impl AsyncFn(Bench)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = DatabaseConfig::sqlite(&folder.path().join("ca.db"));
    test(Bench::open(folder, sqlite).await).await;
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        on_postgres(&url, test).await;
    }
}

/// In a schema of its own, so that tests do not meet.
async fn on_postgres(url: &str, test: impl AsyncFn(Bench)) {
    let schema = format!("ca_{}", Surroundings::system().hex(8));
    let config = |url: String| DatabaseConfig { url, connections: 4 };
    let whole = Database::connect(&config(url.to_owned())).await.unwrap();
    let create: &'static str = format!("CREATE SCHEMA {schema}").leak();
    execute!(whole.write(), create).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    let within = config(format!("{url}{joint}options[search_path]={schema}"));
    test(Bench::open(tempfile::tempdir().unwrap(), within).await).await;
    let drop: &'static str = format!("DROP SCHEMA {schema} CASCADE").leak();
    execute!(whole.write(), drop).unwrap();
}

pub(crate) fn ceremony() -> Ceremony {
    let mut ceremony = Ceremony::new("Warifu test", BASE_URL);
    ceremony.cards.lists = LISTS;
    ceremony
}

impl Bench {
    async fn open(folder: TempDir, database: DatabaseConfig) -> Self {
        let clock = Arc::new(FrozenClock::at("2026-11-20T00:15:00Z".parse().unwrap()));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        init(&folder.path().join("ca"), &ceremony(), &surroundings).unwrap();
        let config = CaConfig {
            listen: ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: None },
            database,
            folder: folder.path().join("ca"),
            publication: PublicationConfig::default(),
            validity: ValidityConfig::default(),
        };
        let ca = Ca::open(config, surroundings).await.unwrap();
        Self { ca, clock, folder }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ca.surroundings().now()
    }

    pub(crate) fn pass(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    /// The folder of the authorities.
    pub(crate) fn authorities(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    /// Another authority on the same records, as another process would be.
    pub(crate) async fn colleague(&self) -> Ca {
        let inner = &self.ca.inner;
        Ca::open(inner.config.clone(), inner.surroundings.clone()).await.unwrap()
    }

    /// A card, in use.
    pub(crate) async fn card(&self, number: &str) -> Card {
        self.try_card(number, [&key(), &key()], false).await.unwrap()
    }

    /// A card, born on hold.
    pub(crate) async fn held_card(&self, number: &str) -> Card {
        let card = self.try_card(number, [&key(), &key()], true).await.unwrap();
        self.ca.publish_if_due().await.unwrap();
        card
    }

    pub(crate) async fn try_card(
        &self,
        number: &str,
        [first, second]: [&FileKey; 2],
        held: bool,
    ) -> Result<Card, CaError> {
        let lifetime = SignedDuration::from_hours(24 * 365);
        let subject = Subject::named(HOLDER);
        let slots = [(&Profile::CARD_AUTHENTICATION, first), (&Profile::CARD_PRESENCE, second)];
        let mut transaction = self.ca.begin().await?;
        let mut certificates = Vec::new();
        for (profile, key) in slots {
            let (key, owner) = (key.public_key(), Owner::Card(number));
            let order = CertificateOrder { profile, subject: &subject, key, owner, lifetime, held };
            certificates.push(self.ca.certify(&mut transaction, &order).await?);
        }
        transaction.commit().await?;
        let [authentication, presence] = certificates.try_into().unwrap();
        Ok(Card { number: number.to_owned(), authentication, presence })
    }

    pub(crate) async fn hold(&self, card: &Card) -> Result<(), CaError> {
        let mut transaction = self.ca.begin().await?;
        self.ca.hold(&mut transaction, &card.number).await?;
        transaction.commit().await?;
        self.ca.publish_if_due().await
    }

    pub(crate) async fn release(&self, card: &Card) -> Result<(), CaError> {
        let mut transaction = self.ca.begin().await?;
        self.ca.release(&mut transaction, &card.number).await?;
        transaction.commit().await?;
        self.ca.publish_if_due().await
    }

    pub(crate) async fn revoke(&self, card: &Card, reason: Reason) -> Result<(), CaError> {
        let mut transaction = self.ca.begin().await?;
        self.ca.revoke(&mut transaction, &card.number, reason).await?;
        transaction.commit().await?;
        self.ca.publish_if_due().await
    }

    /// What is served under an address that stands in a certificate.
    pub(crate) async fn fetch(&self, url: &str) -> Vec<u8> {
        self.try_fetch(url).await.unwrap_or_else(|| panic!("nothing at {url}"))
    }

    async fn try_fetch(&self, url: &str) -> Option<Vec<u8>> {
        let path = url.strip_prefix(BASE_URL).unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = self.ca.router().unwrap().oneshot(request).await.unwrap();
        if answer.status() != StatusCode::OK {
            return None;
        }
        Some(to_bytes(answer.into_body(), 1 << 24).await.unwrap().to_vec())
    }

    /// What a party that believes what is published thinks of a card, now.
    pub(crate) async fn judge(&self, card: &Card) -> Result<(), RevocationError> {
        Party::new(self).judge(self, card).await
    }

    /// `openssl verify -x509_strict -crl_check_all -policy_check` with what is published, and what it
    /// says.
    pub(crate) async fn openssl(&self, leaf: &Certificate) -> Result<(), String> {
        let folder = self.folder.path();
        std::fs::write(folder.join("leaf.pem"), leaf.pem()).unwrap();
        let issuers: String = self.ca.issuers().iter().map(Certificate::pem).collect();
        std::fs::write(folder.join("issuers.pem"), issuers).unwrap();
        let list = self.fetch(&list_of(leaf)).await;
        std::fs::write(folder.join("list.der"), list).unwrap();
        openssl(folder, "crl -inform DER -in list.der -out list.pem")?;
        openssl(folder, "crl -inform DER -in ca/root.crl -out root.pem")?;
        let at = self.now().as_second();
        let verify = format!(
            "verify -x509_strict -crl_check_all -policy_check -CRLfile list.pem \
                 -CRLfile root.pem -CAfile ca/ca.pem -untrusted issuers.pem -attime {at} leaf.pem"
        );
        openssl(folder, &verify).map(drop)
    }
}

/// Somebody who believes cards: the root by configuration, all else by what is published.
pub(crate) struct Party {
    trust: CardTrust,
}

impl Party {
    /// Knows the authorities of today.
    pub(crate) fn new(bench: &Bench) -> Self {
        let (root, issuers) = (bench.ca.root().clone(), bench.ca.issuers());
        Self { trust: CardTrust::under(vec![root], issuers, PolicyArc::default()).unwrap() }
    }

    /// Learns of authorities that were announced since.
    pub(crate) async fn learn(&mut self, bench: &Bench) {
        let published = bench.fetch(&format!("{BASE_URL}/authorities.pem")).await;
        self.trust = self.trust.with_authorities(&published).unwrap();
    }

    /// Fetches the lists that a card's path names, and asks them.
    pub(crate) async fn judge(&self, bench: &Bench, card: &Card) -> Result<(), RevocationError> {
        let now = bench.now();
        let leaf = card.authentication.der();
        let verified = self.trust.verify(leaf, CardPurpose::Authentication, now).unwrap();
        let authorities = self.trust.authorities().cloned();
        let lists: HashMap<_, _> =
            authorities.map(|one| (one.thumbprint(), RevocationLists::new(one))).collect();
        let listed: Vec<_> = verified.listed().collect();
        for one in listed {
            let url = &one.crl_urls[0];
            if let Some(list) = bench.try_fetch(url).await {
                lists[one.issuer_thumbprint].accept_at(url, &list, now).unwrap();
            }
        }
        verified.require_unrevoked(|issuer| lists.get(issuer), now)
    }
}

/// The address of the list that covers a certificate, as the certificate names it.
pub(crate) fn list_of(certificate: &Certificate) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.pem"), certificate.pem()).unwrap();
    let text = openssl(folder.path(), "x509 -in c.pem -noout -ext crlDistributionPoints").unwrap();
    let (_, url) = text.split_once("URI:").unwrap();
    url.split_whitespace().next().unwrap().to_owned()
}

pub(crate) fn key() -> FileKey {
    FileKey::generate(KeyAlgorithm::P256).unwrap()
}

/// What OpenSSL says; `Err` with it if it fails.
pub(crate) fn openssl(folder: &Path, arguments: &str) -> Result<String, String> {
    let arguments = arguments.split_whitespace();
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}
