//! An office on each engine, with a clock that the test moves, and OpenSSL's opinion.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use warifu_pki::{
    CardPurpose, CardTrust, Certificate, FileKey, KeyAlgorithm, PossessionProof, RevocationList,
    VerifiedCard,
};
use warifu_service::clock::{FrozenClock, SystemEntropy};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute};

use crate::{
    CaConfig, CardOffice, Ceremony, IssuedCard, NewCard, OfficeError, PublicationConfig,
    ValidityConfig, init,
};

pub(crate) const HOLDER: &str = "0123456789abcdef0123456789abcdef";

pub(crate) struct Bench {
    pub(crate) office: CardOffice,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) folder: TempDir,
}

/// Runs a test on SQLite, and on PostgreSQL where `WARIFU_TEST_POSTGRES` names one.
pub(crate) async fn on_every_engine(test: impl AsyncFn(Bench)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = DatabaseConfig::sqlite(&folder.path().join("office.db"));
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

impl Bench {
    async fn open(folder: TempDir, database: DatabaseConfig) -> Self {
        let clock = Arc::new(FrozenClock::at("2026-11-20T00:15:00Z".parse().unwrap()));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let office = open(&folder, database, surroundings).await;
        Self { office, clock, folder }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.office.now()
    }

    pub(crate) fn pass(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    /// Another office on the same records, as another process would be.
    pub(crate) async fn colleague(&self) -> CardOffice {
        let inner = &self.office.inner;
        CardOffice::open(inner.config.clone(), inner.surroundings.clone()).await.unwrap()
    }

    pub(crate) async fn card(&self) -> IssuedCard {
        self.try_card(HOLDER, &key(), &key()).await.unwrap()
    }

    pub(crate) async fn try_card(
        &self,
        holder: &str,
        authentication: &FileKey,
        presence: &FileKey,
    ) -> Result<IssuedCard, OfficeError> {
        let proof = |key| PossessionProof::request(holder, key).unwrap();
        let (authentication, presence) = (proof(authentication), proof(presence));
        let holder_reference = holder.to_owned();
        let card = NewCard { holder_reference, authentication, presence, validity: None };
        self.office.issue_card(&card).await
    }

    pub(crate) fn verified(&self, card: &IssuedCard) -> VerifiedCard {
        let issuers = vec![self.office.cards_authority().clone()];
        let trust = CardTrust::new(self.office.root().clone(), issuers).unwrap();
        let leaf = card.authentication.der();
        trust.verify(leaf, CardPurpose::Authentication, self.now()).unwrap()
    }

    /// The list that is out.
    pub(crate) async fn list(&self) -> Vec<u8> {
        let number = self.office.list_number().await.unwrap().unwrap();
        self.office.list(number).await.unwrap()
    }

    /// A party that believes the list that is out.
    pub(crate) async fn revocations(&self) -> RevocationList {
        let revocations = RevocationList::new(self.office.cards_authority().clone());
        revocations.accept(&self.list().await, self.now()).unwrap();
        revocations
    }

    /// `openssl verify -x509_strict -crl_check`, and what it says.
    pub(crate) async fn openssl(&self, leaf: &Certificate) -> Result<(), String> {
        let folder = self.folder.path();
        std::fs::write(folder.join("leaf.pem"), leaf.pem()).unwrap();
        std::fs::write(folder.join("list.der"), self.list().await).unwrap();
        openssl(folder, "crl -inform DER -in list.der -out list.pem")?;
        openssl(folder, "crl -in list.pem -noout -verify -CAfile ca/cards-ca.pem")?;
        let verify = "verify -x509_strict -crl_check -CRLfile list.pem -CAfile ca/ca.pem";
        let at = self.now().as_second();
        openssl(folder, &format!("{verify} -untrusted ca/cards-ca.pem -attime {at} leaf.pem"))
    }
}

pub(crate) async fn open(
    folder: &TempDir,
    database: DatabaseConfig,
    surroundings: Surroundings,
) -> CardOffice {
    let authorities = folder.path().join("ca");
    let ceremony = Ceremony { name: "Warifu test".into() };
    init(&authorities, &ceremony, &surroundings).unwrap();
    let config = CaConfig {
        listen: ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: None },
        database,
        folder: authorities,
        publication: PublicationConfig {
            base_url: "http://localhost:8446".into(),
            list_minutes: 24 * 60,
        },
        validity: ValidityConfig::default(),
    };
    CardOffice::open(config, surroundings).await.unwrap()
}

pub(crate) fn key() -> FileKey {
    FileKey::generate(KeyAlgorithm::P256).unwrap()
}

fn openssl(folder: &Path, arguments: &str) -> Result<(), String> {
    let output =
        Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&text).into_owned()) }
}
