//! A stolen copy of any one database tells nothing about who is who elsewhere: after a day with
//! sign-ins, records and checks, no party's files hold what only another party may know.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXUPPER};
use warifu_ca::{CaConfig, CardId, CardOffice};
use warifu_card::piv::Slot;
use warifu_connectors::{ConnectorKind, GatewayConfig, Store, demo};
use warifu_idp::{Idp, IdpConfig, PairwiseKey, PersonId};
use warifu_log::Series;
use warifu_relay::{Relay, RelayConfig};
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, config, fetch_all};

use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, RECEPTION, Rig};
use crate::walker::{Page, Walker};

const CONNECTORS: [(&str, ConnectorKind); 3] = [
    ("connector-insurer", ConnectorKind::Insurer),
    ("connector-checkup", ConnectorKind::Checkup),
    ("connector-pension", ConnectorKind::Pension),
];

/// What everybody types: a card whose 番号 is long enough to be looked for.
const TYPED: [(&str, &str); 6] = [
    ("insurer", "111111"),
    ("symbol", "仮－２７"),
    ("number", "２７０００００１"),
    ("branch", "01"),
    ("birth", "1980-01-21"),
    ("target", ""),
];

#[test]
fn no_database_holds_another_partys_identifiers() {
    isolated("privacy::no_database_holds_another_partys_identifiers", || {
        crate::run(async {
            let mut rig = Rig::start();
            let seen = a_day(&rig).await;
            rig.kill_demo();
            let databases = Databases::read(&rig.dir());
            let known = Known::collect(&rig, &seen).await;
            known.are_at_home_only(&databases);
        });
    });
}

/// A resident looks at every record; a receptionist checks people by number and by card. Who the
/// portal said they are.
async fn a_day(rig: &Rig) -> Vec<String> {
    let mut subjects = Vec::new();
    for name in ["ueno-taro", "ueno-ichiko"] {
        let card = rig.insert(name, FRONT);
        let mut resident = Walker::new(&rig.dir());
        resident.sign_in().await;
        for path in ["/home", "/insurance", "/checkups", "/pension", "/history"] {
            let page = resident.get(&format!("{PORTAL}{path}")).await;
            assert_eq!(page.status, 200, "{path}");
        }
        subjects.push(subject(&mut resident).await);
        card.remove();
    }
    let _reception = rig.insert("reception", RECEPTION);
    let mut desk = Walker::new(&rig.dir());
    let page = desk.sign_in().await;
    subjects.push(subject(&mut desk).await);
    let result = check_number(&mut desk, &page).await;
    assert!(result.body.contains("有効な保険資格です"), "{}", result.body);
    let _patient = rig.insert("ueno-taro", FRONT);
    let result = check_card(&mut desk).await;
    assert!(result.body.contains("有効な保険資格です"), "{}", result.body);
    subjects
}

async fn subject(walker: &mut Walker) -> String {
    walker.session().await["subject"].as_str().unwrap().to_owned()
}

async fn check_number(desk: &mut Walker, page: &Page) -> Page {
    let key = page.field("key").unwrap();
    let form = [TYPED.as_slice(), &[("key", key.as_str())]].concat();
    desk.post_form(&format!("{PORTAL}/desk/check"), PORTAL, &form).await
}

async fn check_card(desk: &mut Walker) -> Page {
    let tap = desk.post_form(&format!("{PORTAL}/desk/tap"), PORTAL, &[("target", "")]).await;
    let tap = desk.follow(tap).await;
    let answer = desk.pass_login(tap).await.expect("the card is there");
    let page = desk.deliver(&answer).await;
    desk.follow(page).await
}

/// Bytes at the start of a value by which places are found where it may stand.
const START: usize = 6;

/// The bytes of each party's databases, write-ahead logs included.
struct Databases(BTreeMap<String, Vec<u8>>);

impl Databases {
    fn read(dir: &Path) -> Self {
        let mut all = BTreeMap::new();
        for party in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if party.file_type().unwrap().is_dir() {
                let bytes = database_bytes(&party.path());
                if !bytes.is_empty() {
                    all.insert(party.file_name().into_string().unwrap(), bytes);
                }
            }
        }
        let parties: Vec<_> = all.keys().map(String::as_str).collect();
        let expected = ["ca", "connector-checkup", "connector-insurer", "connector-pension"];
        assert_eq!(parties, [expected.as_slice(), &["idp", "portal", "relay"]].concat());
        Self(all)
    }

    /// For each of `forms`, the parties whose files hold it: one pass over each file for all.
    fn holders(&self, forms: &[Vec<u8>]) -> Vec<BTreeSet<&str>> {
        let mut by_start = HashMap::<&[u8], Vec<usize>>::new();
        for (place, form) in forms.iter().enumerate() {
            by_start.entry(&form[..START]).or_default().push(place);
        }
        let mut holders = vec![BTreeSet::new(); forms.len()];
        for (party, bytes) in &self.0 {
            for (at, window) in bytes.windows(START).enumerate() {
                for place in by_start.get(window).into_iter().flatten() {
                    if bytes[at..].starts_with(&forms[*place]) {
                        holders[*place].insert(party.as_str());
                    }
                }
            }
        }
        holders
    }
}

fn database_bytes(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let is_database = |path: &PathBuf| {
        let kind = path.extension().and_then(OsStr::to_str);
        kind.is_some_and(|kind| kind == "db" || kind == "db-wal")
    };
    files.filter(is_database).flat_map(|path| std::fs::read(path).unwrap()).collect()
}

/// The text as it is, in capitals, and the bytes it stands for, if it is hexadecimal or base32.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![value.as_bytes().to_vec()];
    if let Ok(bytes) = HEXLOWER.decode(value.as_bytes()) {
        forms.push(HEXUPPER.encode(&bytes).into_bytes());
        forms.push(bytes);
    }
    let local = value.split('@').next().unwrap_or(value).to_ascii_uppercase();
    if let (32, Ok(bytes)) = (local.len(), BASE32_NOPAD.decode(local.as_bytes())) {
        forms.push(local.into_bytes());
        forms.push(bytes);
    }
    forms.retain(|form| form.len() >= START);
    forms
}

#[test]
fn what_is_there_is_found_in_every_form() {
    let found = |bytes: &[u8], value: &str| {
        let databases = Databases(BTreeMap::from([("party".to_owned(), bytes.to_vec())]));
        databases.holders(&forms(value)).iter().any(|holders| !holders.is_empty())
    };
    let hexadecimal = "00ff7a0102030405";
    assert!(found(b"..00ff7a0102030405", hexadecimal));
    assert!(found(b"..00FF7A0102030405.", hexadecimal));
    assert!(found(&[9, 0, 0, 255, 122, 1, 2, 3, 4, 5, 9], hexadecimal));
    assert!(!found(&[9, 0, 255, 122, 1, 2, 3, 4, 6], hexadecimal) && !found(b"", hexadecimal));
    let subject = "mzxw6ytboi2dcmrtgq2tmnzyhezdcmrt";
    let bytes = BASE32_NOPAD.decode(subject.to_ascii_uppercase().as_bytes()).unwrap();
    assert!(found(&bytes, &format!("{subject}@idp.localhost")));
    assert!(found(&[&[1, 2], bytes.as_slice(), &[3]].concat(), subject));
}

/// One value that tells who somebody is at some party.
#[derive(Debug)]
struct Identifier {
    what: &'static str,
    value: String,
    /// Who may have it in the clear; nobody, where even its owner keeps it sealed or hashed.
    at_home: BTreeSet<&'static str>,
}

/// Everything that must not travel.
struct Known(Vec<Identifier>);

impl Known {
    fn add(&mut self, what: &'static str, at_home: &[&'static str], value: impl Into<String>) {
        let value = value.into();
        // Shorter ones could stand anywhere by chance.
        if value.len() >= START && value.chars().count() >= 4 {
            let at_home = at_home.iter().copied().collect();
            self.0.push(Identifier { what, value, at_home });
        }
    }

    /// Reads, with each party's own keys, what each party knows.
    async fn collect(rig: &Rig, subjects: &[String]) -> Self {
        let mut known = Self(Vec::new());
        let dir = rig.dir();
        known.cards(&dir).await;
        known.certificates(rig);
        let persons = known.persons(&dir).await;
        known.portal_subjects(&dir, &persons, subjects);
        known.relay_subjects(&dir, &persons).await;
        for (party, _) in CONNECTORS {
            known.members(&dir, party).await;
        }
        known.names();
        known
    }

    /// The card office: printed numbers, serial numbers, holder references.
    async fn cards(&mut self, dir: &Path) {
        let config: CaConfig = config::load(&dir.join("ca/config.toml")).unwrap();
        let numbers = column(&config.database, "SELECT number FROM cards").await;
        let office = CardOffice::open(config, Surroundings::system()).await.unwrap();
        assert!(numbers.len() > 20, "{} cards", numbers.len());
        for number in numbers {
            let id = CardId::Number(number.parse().unwrap());
            let card = office.card(&id).await.unwrap().unwrap();
            self.add("printed number of a card", &["ca"], number);
            self.add("holder reference", &[], card.holder_reference);
            for serial in card.serials {
                self.add("serial number of a card", &["ca"], serial);
            }
        }
    }

    /// What the cards themselves show to whoever reads them.
    fn certificates(&mut self, rig: &Rig) {
        for name in ["ueno-taro", "ueno-ichiko", "reception"] {
            for slot in [Slot::Authentication, Slot::Presence] {
                let certificate = rig.certificate(name, slot);
                let holder = certificate.subject_cn().unwrap();
                assert!(self.0.iter().any(|known| known.value == holder), "{name}'s reference");
                self.add("thumbprint of a card's certificate", &[], certificate.thumbprint());
            }
        }
    }

    /// The identity provider: persons, and the names by which it speaks of sessions.
    async fn persons(&mut self, dir: &Path) -> Vec<PersonId> {
        let config: IdpConfig = config::load(&dir.join("idp/config.toml")).unwrap();
        let persons = column(&config.database, "SELECT id FROM persons").await;
        for (what, sql) in [
            ("name of a session", "SELECT name_id FROM session_parties"),
            ("index of a session", "SELECT session_index FROM session_parties"),
            ("request of a service provider", "SELECT id FROM replay"),
        ] {
            let values = column(&config.database, sql).await;
            assert!(!values.is_empty(), "no {what}");
            for value in values {
                self.add(what, &["idp"], value);
            }
        }
        for person in &persons {
            self.add("person of the identity provider", &["idp"], person);
        }
        persons.iter().map(|person| PersonId::parse(person).unwrap()).collect()
    }

    /// The portal's own name for each person: even the portal keeps it sealed.
    fn portal_subjects(&mut self, dir: &Path, persons: &[PersonId], seen: &[String]) {
        let key = PairwiseKey::load(&dir.join("idp/pairwise")).unwrap();
        let entity = format!("{PORTAL}/saml/metadata");
        let all: Vec<_> = persons.iter().map(|person| key.subject(&entity, person)).collect();
        for subject in seen {
            let local = subject.strip_suffix("@idp.localhost").unwrap();
            assert!(all.iter().any(|one| one == local), "the portal was told another name");
        }
        for subject in all {
            self.add("the portal's name of a person", &[], subject);
        }
    }

    /// The relay's own name for each person, and the numbers of the checks about them.
    async fn relay_subjects(&mut self, dir: &Path, persons: &[PersonId]) {
        let idp = config::load::<IdpConfig>(&dir.join("idp/config.toml")).unwrap();
        let idp = Idp::open(idp, Surroundings::system()).await.unwrap();
        let relay = config::load::<RelayConfig>(&dir.join("relay/config.toml")).unwrap();
        let relay = Relay::open(relay, Surroundings::system()).await.unwrap();
        let (mut looks, mut checks) = (0, 0);
        for person in persons {
            let subject = idp.relay_subject(person);
            let log = relay.log().history(&subject, Series::Disclosure, None, 100).await.unwrap();
            looks += log.len();
            for number in log.into_iter().filter_map(|logged| logged.entry.check_number) {
                checks += 1;
                self.add("認証番号", &[], number);
            }
            self.add("the relay's name of a person", &[], subject);
        }
        assert!(looks > 6 && checks == 2, "{looks} looks, {checks} checks in the log");
    }

    /// A connector: its members, the pseudonyms it shares with the relay, its cards.
    async fn members(&mut self, dir: &Path, party: &'static str) {
        let config: GatewayConfig = config::load(&dir.join(party).join("config.toml")).unwrap();
        let store = Store::open(&config.database).await.unwrap();
        let sql = "SELECT pseudonym, member_id FROM pseudonyms";
        let pairs = fetch_all!(store.database().read(), (String, String), sql).unwrap();
        assert!(!pairs.is_empty(), "{party} has no members");
        for (pseudonym, member) in pairs {
            assert!(store.member_of(&pseudonym).await.unwrap().is_some());
            self.add("pseudonym of a connector", &[party], pseudonym);
            self.add("member of a connector", &[party], member);
        }
        for (what, sql) in [
            ("holder's own number of a member", "SELECT reference FROM members"),
            ("番号", "SELECT number FROM coverages"),
            ("番号, comparable", "SELECT number_key FROM coverages"),
            ("記号", "SELECT symbol FROM coverages WHERE symbol <> ''"),
            ("token of a disclosure", "SELECT jti FROM access_log"),
        ] {
            for value in column(&config.database, sql).await {
                self.add(what, &[party], value);
            }
        }
    }

    /// Names stand in the clear at those whose members the people are, and nowhere else.
    fn names(&mut self) {
        for person in demo::people().unwrap() {
            let knows = |kind| person.memberships.contains(kind);
            let homes: Vec<_> =
                CONNECTORS.iter().filter(|(_, kind)| knows(kind)).map(|(name, _)| *name).collect();
            self.add("name", &homes, &person.name);
            self.add("name in kana", &homes, &person.name_kana);
        }
        self.add("name of a receptionist", &[], "見本 受付");
    }

    /// Each identifier is in its owner's files, where the owner keeps it in the clear (so the
    /// search can find), and in nobody else's.
    fn are_at_home_only(&self, databases: &Databases) {
        let forms: Vec<_> = self.0.iter().map(|identifier| forms(&identifier.value)).collect();
        let holders = databases.holders(&forms.concat());
        let mut holders = holders.into_iter();
        let mut found = BTreeMap::<_, usize>::new();
        let mut strays = Vec::new();
        for (identifier, forms) in self.0.iter().zip(&forms) {
            let holders: BTreeSet<_> = holders.by_ref().take(forms.len()).flatten().collect();
            *found.entry(identifier.what).or_default() += holders.len();
            if holders != identifier.at_home {
                strays.push(format!("{identifier:?} is in {holders:?}"));
            }
        }
        println!("{} identifiers, found at home: {found:#?}", self.0.len());
        assert!(strays.is_empty(), "{}", strays.join("\n"));
    }
}

async fn column(config: &DatabaseConfig, sql: &'static str) -> Vec<String> {
    let database = Database::connect(config).await.unwrap();
    let rows = fetch_all!(database.read(), (String,), sql).unwrap();
    rows.into_iter().map(|(value,)| value).collect()
}
