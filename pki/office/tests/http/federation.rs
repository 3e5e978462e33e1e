//! A certification authority made in a ceremony, and the certificates of a small federation, in a
//! folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use warifu_ca::{Ca, CaConfig, Ceremony, PublicationConfig, ValidityConfig};
use warifu_pki::{FileKey, KeyAlgorithm, PossessionProof};
use warifu_service::clock::{Clock as _, FrozenClock, SystemClock, SystemEntropy};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::{ClientConfig, TlsConfig};
use warifu_service::{Database, Surroundings, execute};

/// The authority, its folder, and a clock that the test moves.
pub struct Federation {
    pub folder: PathBuf,
    pub clock: Arc<FrozenClock>,
    pub ca: Ca,
}

/// Where the databases are.
#[derive(Debug, Clone, Copy)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// SQLite, and PostgreSQL when `WARIFU_TEST_POSTGRES` is set.
pub fn engines() -> Vec<Engine> {
    let postgres = std::env::var_os("WARIFU_TEST_POSTGRES").map(|_| Engine::Postgres);
    [Engine::Sqlite].into_iter().chain(postgres).collect()
}

impl Federation {
    pub async fn found(folder: &Path, engine: Engine) -> Self {
        // Certificates are checked against the machine's clock.
        let clock = Arc::new(FrozenClock::at(SystemClock.now()));
        let surroundings = surroundings(&clock);
        let ceremony = Ceremony::new("Warifu test", "http://localhost:8446");
        warifu_ca::init(&folder.join("ca"), &ceremony, &surroundings).unwrap();
        let config = authority(folder, database(folder, engine).await);
        let ca = Ca::open(config, surroundings).await.unwrap();
        Self { folder: folder.to_owned(), clock, ca }
    }

    pub fn surroundings(&self) -> Surroundings {
        surroundings(&self.clock)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A new P-256 key in NAME.key, its public half in NAME.pub.
    pub fn key(&self, name: &str) -> FileKey {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        key.save(&self.path(&format!("{name}.key"))).unwrap();
        std::fs::write(self.path(&format!("{name}.pub")), key.public_key().pem()).unwrap();
        key
    }

    /// A party's certificate and key in NAME.pem and NAME.key; gives the thumbprint.
    pub async fn party(&self, name: &str) -> String {
        let key = self.key(name);
        let proof = PossessionProof::request(name, &key).unwrap();
        let issued = self.ca.issue_party_certificate(name, &["localhost"], &proof).await.unwrap();
        std::fs::write(self.path(&format!("{name}.pem")), &issued.chain_pem).unwrap();
        issued.certificate.thumbprint()
    }

    pub fn server_tls(&self, name: &str) -> TlsConfig {
        server_tls(&self.folder, name)
    }

    pub fn client_tls(&self, name: &str) -> ClientConfig {
        client_tls(&self.folder, name)
    }
}

pub fn surroundings(clock: &Arc<FrozenClock>) -> Surroundings {
    Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) }
}

pub fn authority(folder: &Path, database: DatabaseConfig) -> CaConfig {
    CaConfig {
        listen: ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: None },
        database,
        folder: folder.join("ca"),
        publication: PublicationConfig::default(),
        validity: ValidityConfig::default(),
    }
}

pub fn server_tls(folder: &Path, name: &str) -> TlsConfig {
    TlsConfig {
        certificate: folder.join(format!("{name}.pem")),
        key: folder.join(format!("{name}.key")),
        client_ca: Some(folder.join("ca/ca.pem")),
    }
}

pub fn client_tls(folder: &Path, name: &str) -> ClientConfig {
    ClientConfig {
        ca: folder.join("ca/ca.pem"),
        certificate: Some(folder.join(format!("{name}.pem"))),
        key: Some(folder.join(format!("{name}.key"))),
    }
}

pub async fn database(folder: &Path, engine: Engine) -> DatabaseConfig {
    match engine {
        Engine::Sqlite => DatabaseConfig::sqlite(&folder.join("office.db")),
        Engine::Postgres => {
            let url = std::env::var("WARIFU_TEST_POSTGRES").unwrap();
            DatabaseConfig { url: own_schema(&url).await, connections: 4 }
        }
    }
}

/// Makes a schema that no other test uses, and gives the address that leads there.
async fn own_schema(url: &str) -> String {
    let schema = format!("office_{}", Surroundings::system().hex(8));
    let config = DatabaseConfig { url: url.to_owned(), connections: 1 };
    let database = Database::connect(&config).await.unwrap();
    let sql = format!("CREATE SCHEMA {schema}");
    execute!(database.write(), sqlx::AssertSqlSafe(sql.clone())).unwrap();
    database.close().await;
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options[search_path]={schema}")
}
