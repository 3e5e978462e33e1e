//! A desk with one FeliCa card on its reader, which stops answering when the test says so.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use warifu_card::drawer::VirtualReaders;
use warifu_card::felica::{self, Block, Idm, LiteS, MasterKey, Registration, connect, diversify};
use warifu_card::virtual_card::{SharedCard, VirtualCard, VirtualLiteS};
use warifu_card::{ReaderError, Readers, Transaction};
use warifu_pki::{KeySource, MasterSettings, TokenKey};

use crate::felica::{FelicaCard, FelicaDesk, FelicaDeskError, FelicaSettings};
use crate::testing::{Bench, clerk};
use crate::{Actor, CardKey};

const READER: &str = "desk";
pub(super) const IDM: Idm = [0x01, 0x2E, 0x44, 0x10, 0x20, 0x30, 0x40, 0x50];
const SERVER: &str = "WARIFU_TEST_POSTGRES";
const FOLDER: &str = "WARIFU_TEST_TOKEN_FOLDER";
const FOR_EVER: usize = usize::MAX;

pub(super) struct Desk {
    pub(super) felica: FelicaDesk,
    card: Brittle,
    readers: VirtualReaders,
}

/// A card that answers so many commands more.
#[derive(Clone)]
struct Brittle {
    card: Arc<Mutex<VirtualLiteS>>,
    left: Arc<AtomicUsize>,
    atr: Arc<Vec<u8>>,
}

impl VirtualCard for Brittle {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.card.lock().unwrap().reset();
    }

    fn handle(&mut self, apdu: &[u8]) -> Vec<u8> {
        let left = self.left.load(Ordering::SeqCst);
        match left {
            0 => vec![0x6F, 0x00],
            FOR_EVER => self.card.lock().unwrap().handle(apdu),
            _ => {
                self.left.store(left - 1, Ordering::SeqCst);
                self.card.lock().unwrap().handle(apdu)
            }
        }
    }
}

impl Transaction for Brittle {
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
        Ok(self.handle(apdu))
    }
}

impl Brittle {
    fn new(card: VirtualLiteS) -> Self {
        let atr = Arc::new(card.atr().to_vec());
        Self { card: Arc::new(Mutex::new(card)), left: Arc::new(FOR_EVER.into()), atr }
    }

    fn talk<T>(&self, say: impl FnOnce(&mut LiteS<'_>) -> T) -> T {
        let mut card = self.clone();
        let mut transport = connect(&mut card).unwrap();
        say(&mut LiteS::find(transport.as_mut()).unwrap())
    }
}

impl Desk {
    /// With one master key of that version, and a blank card.
    pub(super) fn new(bench: &Bench, version: u16) -> Self {
        Self::blank(bench, &[version], IDM)
    }

    pub(super) fn blank(bench: &Bench, versions: &[u16], idm: Idm) -> Self {
        Self::around(bench, versions, VirtualLiteS::blank(idm))
    }

    pub(super) fn around(bench: &Bench, versions: &[u16], card: VirtualLiteS) -> Self {
        Self::lay(bench, &files(bench, versions), Brittle::new(card))
    }

    pub(super) fn with_settings(bench: &Bench, settings: &FelicaSettings) -> Self {
        Self::lay(bench, settings, Brittle::new(VirtualLiteS::blank(IDM)))
    }

    /// The same card at a desk with other master keys.
    pub(super) fn with_masters(&self, bench: &Bench, versions: &[u16]) -> Self {
        self.again_with(bench, &files(bench, versions))
    }

    pub(super) fn again_with(&self, bench: &Bench, settings: &FelicaSettings) -> Self {
        Self::lay(bench, settings, self.card.clone())
    }

    fn lay(bench: &Bench, settings: &FelicaSettings, card: Brittle) -> Self {
        let felica = FelicaDesk::open(&bench.office, settings).unwrap();
        let readers = VirtualReaders::new([READER]);
        readers.insert(READER, SharedCard::new(card.clone())).unwrap();
        Self { felica, card, readers }
    }

    /// The same desk with a copy of what anybody can read of the card.
    pub(super) fn copied(&self) -> Self {
        let copy = self.card.card.lock().unwrap().copied_by_reading();
        let card = Brittle::new(copy);
        let readers = VirtualReaders::new([READER]);
        readers.insert(READER, SharedCard::new(card.clone())).unwrap();
        Self { felica: self.felica.clone(), card, readers }
    }

    /// A card that was registered with that version's key and not noted.
    pub(super) fn locked_by(self, version: u16) -> VirtualLiteS {
        let master = MasterKey::new(master(version));
        self.card.talk(|card| {
            let id = card.identity().unwrap().id_block;
            let key = diversify(&master, &id).unwrap();
            let new = Registration { key, key_version: version, challenge: [3; 16] };
            felica::register(card, &new).unwrap();
        });
        std::mem::replace(&mut *self.card.card.lock().unwrap(), VirtualLiteS::blank([0; 8]))
    }

    pub(super) fn is_locked(&self) -> bool {
        self.card.talk(|card| card.read([Block::Configuration]).unwrap()[0][2] == 0)
    }

    pub(super) fn shared(&self) -> SharedCard {
        SharedCard::new(self.card.clone())
    }

    pub(super) fn break_after(&self, commands: usize) {
        self.card.left.store(commands, Ordering::SeqCst);
    }

    pub(super) fn break_never(&self) {
        self.break_after(FOR_EVER);
    }

    pub(super) async fn register(&self, card: &CardKey) -> Result<FelicaCard, FelicaDeskError> {
        self.register_by(&clerk(), card).await
    }

    pub(super) async fn register_by(
        &self,
        actor: &Actor,
        card: &CardKey,
    ) -> Result<FelicaCard, FelicaDeskError> {
        self.felica.register(actor, card, self.readers(), READER).await
    }

    pub(super) async fn rotate(&self) -> Result<FelicaCard, FelicaDeskError> {
        self.felica.rotate(&clerk(), self.readers(), READER).await
    }

    pub(super) async fn recognise(&self) -> Result<Option<FelicaCard>, FelicaDeskError> {
        self.felica.recognise(self.readers(), READER).await
    }

    fn readers(&self) -> Arc<dyn Readers> {
        Arc::new(self.readers.clone())
    }
}

pub(super) fn id_block() -> [u8; 16] {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&IDM);
    block
}

fn master(version: u16) -> [u8; 24] {
    let version = u8::try_from(version).unwrap();
    std::array::from_fn(|i| version.wrapping_mul(29).wrapping_add(7 * u8::try_from(i).unwrap()))
}

/// A file with the master key of that version.
pub(super) fn master_file(bench: &Bench, version: u16) -> PathBuf {
    let path = bench.office.settings().folder.join(format!("felica-{version}.key"));
    std::fs::write(&path, HEXLOWER.encode(&master(version))).unwrap();
    path
}

fn files(bench: &Bench, versions: &[u16]) -> FelicaSettings {
    let source = |version: &u16| (*version, KeySource::file(master_file(bench, *version)));
    settings(versions.iter().map(source))
}

pub(super) fn settings(masters: impl IntoIterator<Item = (u16, KeySource)>) -> FelicaSettings {
    let masters = masters.into_iter().map(|(version, key)| MasterSettings { version, key });
    FelicaSettings { masters: masters.collect() }
}

/// The bytes, and what they look like in texts.
pub(super) fn written_forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let texts = [HEXLOWER.encode(bytes), HEXUPPER.encode(bytes), BASE64.encode(bytes)];
    let debug = format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    let texts = texts.into_iter().chain([debug]).map(String::into_bytes);
    std::iter::once(bytes.to_vec()).chain(texts).collect()
}

pub(super) fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

pub(super) fn run(body: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(body);
}

/// Runs the test of that name in a process that sees a fresh token: SoftHSM2 reads its configuration
/// from the environment once in a process.
pub(super) fn with_token(name: &str, test: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(FOLDER) {
        return test(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let configuration = make_token(folder.path());
    again(name, |test| test.env("SOFTHSM2_CONF", configuration).env(FOLDER, folder.path()));
}

/// Runs the test of that name in a process that knows of no database server: where pcscd is by
/// itself, none can be reached.
pub(super) fn without_server(name: &str, test: impl FnOnce()) {
    if env::var_os(SERVER).is_none() {
        return test();
    }
    again(name, |test| test.env_remove(SERVER));
}

fn again(name: &str, dress: impl FnOnce(&mut Command) -> &mut Command) {
    let mut test = Command::new(env::current_exe().unwrap());
    let output = dress(test.args(["--exact", name, "--nocapture"])).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn make_token(folder: &Path) -> PathBuf {
    let configuration = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).unwrap();
    std::fs::write(folder.join("pin"), "123456\n").unwrap();
    let arguments = "--init-token --free --label warifu --pin 123456 --so-pin 654321";
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &configuration)
        .args(arguments.split(' '))
        .status()
        .expect("the package softhsm2 is needed");
    assert!(made.success());
    configuration
}

pub(super) fn in_token(folder: &Path, key: &str) -> KeySource {
    KeySource::Token(TokenKey {
        module: "/usr/lib/softhsm/libsofthsm2.so".into(),
        token: "warifu".into(),
        key: key.into(),
        pin_file: folder.join("pin"),
    })
}
