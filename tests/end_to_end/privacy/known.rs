//! What each party knows that must not travel, read with each party's own keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use warifu_ca::Ca;
use warifu_card::piv::Slot;
use warifu_connectors::demo::DemoPerson;
use warifu_connectors::demo::services::{ORGANISATIONS, Organisation};
use warifu_connectors::{ConnectorKind, GatewayConfig, ResidentsConfig, Store, demo};
use warifu_contract::card_office::{Card, Stage};
use warifu_idp::{Idp, IdpConfig, PairwiseKey, PersonId};
use warifu_log::Series;
use warifu_office::{Actor, CardKey, CardOffice, OfficeConfig};
use warifu_relay::{Relay, RelayConfig};
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, config, fetch_all};

use super::APPLIED;
use super::databases::{Databases, START, forms};
use crate::rig::{PORTAL, Rig};

const CONNECTORS: [(&str, ConnectorKind); 3] = [
    ("connector-insurer", ConnectorKind::Insurer),
    ("connector-checkup", ConnectorKind::Checkup),
    ("connector-pension", ConnectorKind::Pension),
];
/// The stages at which a letter can be had, so that its code can be looked for.
const WITH_LETTER: [Stage; 2] = [Stage::Delivered, Stage::Active];

/// One value that tells who somebody is at some party.
struct Identifier {
    what: &'static str,
    value: String,
    /// Who may have it in the clear; nobody, where even its owner keeps it sealed or hashed.
    at_home: BTreeSet<&'static str>,
    /// Whether all of them have it; else some do.
    everywhere: bool,
    /// As what it is looked for.
    forms: Vec<Vec<u8>>,
}

/// Everything that must not travel.
pub struct Known(Vec<Identifier>);

impl Known {
    /// Adds a value that stands in the clear with all of `at_home`.
    fn add(&mut self, what: &'static str, at_home: &[&'static str], value: impl Into<String>) {
        self.put(what, at_home, value.into(), true);
    }

    /// Adds a value that may stand in the clear with some of `at_home`.
    fn allow(&mut self, what: &'static str, at_home: &[&'static str], value: impl Into<String>) {
        self.put(what, at_home, value.into(), false);
    }

    fn put(&mut self, what: &'static str, homes: &[&'static str], value: String, all: bool) {
        // Shorter ones could stand anywhere by chance.
        if value.len() >= START && value.chars().count() >= 4 {
            let at_home = homes.iter().copied().collect();
            let forms = forms(&value);
            self.0.push(Identifier { what, value, at_home, everywhere: all, forms });
        }
    }

    /// Reads, with each party's own keys, what each party knows.
    pub async fn collect(rig: &Rig, subjects: &[String]) -> Self {
        let mut known = Self(Vec::new());
        let dir = rig.dir();
        known.cards(rig).await;
        known.office(&dir).await;
        let persons = known.persons(&dir).await;
        known.portal_subjects(&dir, &persons, subjects);
        known.relay_subjects(&dir, &persons).await;
        for (party, _) in CONNECTORS {
            known.members(&dir, party).await;
        }
        for organisation in &ORGANISATIONS {
            known.members(&dir, declaring(organisation)).await;
        }
        known.residents(&dir).await;
        known.people();
        known
    }

    /// What the cards themselves show to whoever reads them.
    async fn cards(&mut self, rig: &Rig) {
        let config: OfficeConfig = config::load(&rig.dir().join("ca/config.toml")).unwrap();
        let issued = column(&config.authority.database, "SELECT serial FROM certificates").await;
        for name in rig.card_names() {
            for slot in [Slot::Authentication, Slot::Presence] {
                let Some(certificate) = rig.certificate_in(&name, slot) else { continue };
                let holder = certificate.subject_cn().unwrap();
                assert!(holder.len() == 32, "{name}'s reference");
                self.add("holder reference", &[], holder);
                self.add("thumbprint of a card's certificate", &[], certificate.thumbprint());
                let serial = certificate.serial_hex();
                if issued.contains(&serial) {
                    self.add_serial(serial);
                }
            }
        }
    }

    /// As bytes it stands on the revocation lists, as long as it is on hold or revoked: these are
    /// public, and the identity provider keeps them.
    fn add_serial(&mut self, serial: String) {
        let forms = vec![serial.clone().into_bytes(), serial.to_uppercase().into_bytes()];
        let at_home = BTreeSet::from(["ca"]);
        let what = "serial number of a card";
        self.0.push(Identifier { what, value: serial, at_home, everywhere: true, forms });
    }

    /// The card office: even its own database tells nothing without its keys, but for the number
    /// under which an application is spoken of.
    async fn office(&mut self, dir: &Path) {
        let config: OfficeConfig = config::load(&dir.join("ca/config.toml")).unwrap();
        let ca = Ca::open(config.authority.clone(), Surroundings::system()).await.unwrap();
        let office = CardOffice::open(&config.office, ca, Surroundings::system()).await.unwrap();
        let (auditor, mut letters) = (Actor::machine("auditor"), 0);
        for id in column(&config.authority.database, "SELECT id FROM office_cards").await {
            let key: CardKey = id.parse().unwrap();
            let card = office.card(&auditor, &key).await.unwrap().unwrap();
            if WITH_LETTER.contains(&card.stage) {
                let letter = office.letter(&auditor, &key).await.unwrap();
                self.add("code of a letter", &[], letter.code.as_str());
                letters += 1;
            }
            self.card(&card);
        }
        assert!(letters > 20, "{letters} letters");
        for (what, value) in APPLIED {
            self.add(what, &[], value);
        }
    }

    fn card(&mut self, card: &Card) {
        if let Some(number) = &card.number {
            self.add("printed number of a card, in fours", &[], number);
            self.add("printed number of a card", &[], number.replace(' ', ""));
        }
        self.allow("number of an application", &["ca", "register"], card.id.replace('-', ""));
        if let Some(tracking) = &card.tracking {
            self.add("tracking number", &[], tracking);
        }
    }

    /// The identity provider: persons, and what it was asked. The names of sessions are sealed.
    async fn persons(&mut self, dir: &Path) -> Vec<PersonId> {
        let config: IdpConfig = config::load(&dir.join("idp/config.toml")).unwrap();
        let persons = column(&config.database, "SELECT id FROM persons").await;
        // The card office has numbered its own events, and tells them by that number.
        let sql = "SELECT id FROM replay WHERE issuer LIKE 'https:%'";
        let requests = column(&config.database, sql).await;
        assert!(!requests.is_empty(), "no request of a service provider");
        for request in requests {
            self.add("request of a service provider", &["idp"], request);
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
            for number in log.into_iter().filter_map(|logged| logged.entry?.check_number) {
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
        // A school's pupils have no cards: nobody is linked there from the beginning.
        let linked = !pairs.is_empty() || party == "connector-school";
        assert!(linked, "{party} has no pseudonyms");
        let sql = "SELECT id FROM members";
        assert!(!column(&config.database, sql).await.is_empty(), "{party} has no members");
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

    /// The register: under which name the card office knows a resident, and where each one lives.
    async fn residents(&mut self, dir: &Path) {
        let config: ResidentsConfig = config::load(&dir.join("register/config.toml")).unwrap();
        for (what, sql) in [
            ("resident of the register", "SELECT id FROM residents"),
            ("address of who is no member", "SELECT address FROM residents"),
        ] {
            let values = column(&config.database, sql).await;
            assert!(!values.is_empty(), "no {what}");
            for value in values.into_iter().filter(|value| !is_members_address(value)) {
                self.add(what, &["register"], value);
            }
        }
    }

    /// Names and birth dates stand in the clear with the register and with those whose members the
    /// people are, and nowhere else. A date may be another date somewhere there.
    fn people(&mut self) {
        for person in demo::people().unwrap() {
            let mut homes = holders_of(person);
            homes.push("register");
            self.add("name", &homes, &person.name);
            self.add("address of a member", &homes_of_address(&person.address), &person.address);
            self.add("name in kana", &homes, &person.name_kana);
            let declaring = ORGANISATIONS.iter().map(declaring);
            let homes: Vec<_> =
                CONNECTORS.map(|(name, _)| name).into_iter().chain(declaring).collect();
            let homes = [homes.as_slice(), &["register"]].concat();
            self.allow("birth date", &homes, person.birth_date.to_string());
        }
        for name in ["見本 受付", "見本 発行", "見本 承認", "見本 電話"] {
            self.add("name of a member of staff", &["register"], name);
        }
    }

    /// Each identifier is in its owner's files, where the owner keeps it in the clear (so the
    /// search can find), and in nobody else's.
    pub fn are_at_home_only(&self, databases: &Databases) {
        let forms: Vec<_> = self.0.iter().flat_map(|known| known.forms.clone()).collect();
        let holders = databases.holders(&forms);
        let mut holders = holders.into_iter();
        let mut found = BTreeMap::<_, usize>::new();
        let mut strays = Vec::new();
        for identifier in &self.0 {
            let forms = identifier.forms.len();
            let holders: BTreeSet<_> = holders.by_ref().take(forms).flatten().collect();
            *found.entry(identifier.what).or_default() += holders.len();
            if !identifier.may_be_with(&holders) {
                let Identifier { what, value, at_home, .. } = identifier;
                strays.push(format!("{what} {value} of {at_home:?} is in {holders:?}"));
            }
        }
        println!("{} identifiers, found at home: {found:#?}", self.0.len());
        assert!(strays.is_empty(), "{}", strays.join("\n"));
    }
}

fn is_members_address(address: &str) -> bool {
    demo::people().unwrap().iter().any(|person| person.address == address)
}

/// Who knows somebody that lives there.
fn homes_of_address(address: &str) -> Vec<&'static str> {
    let people = demo::people().unwrap();
    let there: Vec<_> = people.iter().filter(|person| person.address == address).collect();
    let holders: BTreeSet<_> = there.into_iter().flat_map(holders_of).collect();
    holders.into_iter().chain(["register"]).collect()
}

/// Whose member somebody is.
fn holders_of(person: &DemoPerson) -> Vec<&'static str> {
    let holds = CONNECTORS.iter().filter(|(_, kind)| person.memberships.contains(kind));
    let declares = ORGANISATIONS.iter().filter(|one| one.knows(&person.key).unwrap());
    holds.map(|(name, _)| *name).chain(declares.map(declaring)).collect()
}

/// The party of an organisation that only declares services.
fn declaring(organisation: &Organisation) -> &'static str {
    match organisation.id {
        "hospital" => "connector-hospital",
        "city" => "connector-city",
        "care" => "connector-care",
        "health" => "connector-health",
        "school" => "connector-school",
        "society" => "connector-society",
        "rail" => "connector-rail",
        other => panic!("{other} is new"),
    }
}

impl Identifier {
    fn may_be_with(&self, holders: &BTreeSet<&str>) -> bool {
        if self.everywhere { *holders == self.at_home } else { holders.is_subset(&self.at_home) }
    }
}

async fn column(config: &DatabaseConfig, sql: &'static str) -> Vec<String> {
    let database = Database::connect(config).await.unwrap();
    let rows = fetch_all!(database.read(), (String,), sql).unwrap();
    rows.into_iter().map(|(value,)| value).collect()
}
