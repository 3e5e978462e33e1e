//! Cards that are linked to people of an insurer: who is found, and what the link then opens.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use warifu_contract::connector_token::audience;
use warifu_contract::coverage::{Relation, Validity};
use warifu_contract::eligibility::Verdict;
use warifu_contract::identity::{FourItems, MatchLevel};
use warifu_contract::linking::{Attributes, Candidate, CompareRequest, Item, MatchAnswer};
use warifu_contract::person::{Name, Sex};
use warifu_pki::{FileKey, KeyAlgorithm, LinkingConfig, Voucher, VoucherIssuer};

use super::bed::*;
use crate::*;

const OFFICE: &str = "https://office.localhost";
const ERRAND: &str = "0123456789abcdef0123456789abcdef";
const HOME: &str = "香川県高松市見本町1丁目2番3号";
pub const TODAY: Date = date(2026, 11, 20);

pub struct Linked {
    pub bed: Bed,
    office: VoucherIssuer,
}

impl Linked {
    /// A bed whose insurer links cards.
    pub async fn of(mut bed: Bed) -> Self {
        let (own, office) = (key(), key());
        let path = |name: &str| bed.folder.path().join(name);
        own.save(&path("linking.key")).unwrap();
        std::fs::write(path("office.pub"), office.public_key().pem()).unwrap();
        bed.config.linking = Some(LinkingConfig {
            key: path("linking.key"),
            office: OFFICE.to_owned(),
            office_key: path("office.pub"),
        });
        let surroundings = bed.deposits.0.surroundings.clone();
        bed.deposits.close().await;
        let ring = std::sync::Arc::clone(&bed.ring);
        bed.deposits = Deposits::open(&bed.config, ring, surroundings).await.unwrap();
        let office = VoucherIssuer::new(std::sync::Arc::new(office), own.public_key()).unwrap();
        Self { bed, office }
    }

    fn voucher(&self, said: &FourItems) -> String {
        let iat = self.bed.deposits.0.surroundings.now().as_second();
        let attributes = Attributes { items: said.clone(), former_names: Vec::new() };
        let voucher = Voucher {
            iss: OFFICE.to_owned(),
            aud: audience("city"),
            sub: ERRAND.to_owned(),
            jti: "f".repeat(32),
            iat,
            exp: iat + 600,
            attributes,
        };
        self.office.issue(&voucher).unwrap()
    }

    async fn find(&self, said: &FourItems) -> MatchAnswer {
        let voucher = self.voucher(said);
        self.bed.deposits.match_member(&insurer(), ERRAND, &voucher).await.unwrap()
    }

    /// What differs between whom a voucher is about and who was offered for it.
    async fn differing(&self, voucher: &str, pseudonym: &str) -> Vec<Item> {
        let (voucher, pseudonym) = (voucher.to_owned(), pseudonym.to_owned());
        let question = CompareRequest { voucher, pseudonym };
        let compared = self.bed.deposits.compare(&insurer(), ERRAND, &question).await.unwrap();
        compared.into_iter().flat_map(|all| all.items).map(|one| one.item).collect()
    }

    async fn confirm(&self, candidate: &Candidate) -> Bound {
        let deposits = &self.bed.deposits;
        deposits.confirm_link(&insurer(), ERRAND, &candidate.pseudonym).await.unwrap()
    }

    /// The pseudonym under which somebody is linked who is found beyond doubt.
    async fn link(&self, said: &FourItems) -> String {
        let MatchAnswer::Matched { candidate } = self.find(said).await else {
            panic!("not found beyond doubt");
        };
        assert_eq!(self.confirm(&candidate).await, Bound::Done);
        candidate.pseudonym
    }

    pub async fn verdict(&self, pseudonym: &str) -> Option<Verdict> {
        let answer = self.bed.deposits.decide_linked(&insurer(), pseudonym, TODAY).await.unwrap();
        answer.map(|answer| answer.found.decision.verdict)
    }
}

fn key() -> FileKey {
    FileKey::generate(KeyAlgorithm::P256).unwrap()
}

pub fn taro() -> Person {
    Person {
        sex: Sex::Male,
        name: Name { text: "上野 太郎".to_owned(), kana: "ウエノ タロウ".to_owned() },
        address: HOME.to_owned(),
        ..person(1, date(2020, 4, 1))
    }
}

fn said() -> FourItems {
    FourItems {
        name: "上野 太郎".to_owned(),
        kana: Some("ウエノ タロウ".to_owned()),
        address: "高松市見本町１－２－３".to_owned(),
        birth_date: date(1980, 1, 1),
        sex: Sex::Male,
    }
}

pub fn on(number: &str, person: Person) -> Row {
    row("高", number, person, Change::Joined)
}

#[tokio::test]
async fn a_member_is_found_linked_and_answered_for() {
    for bed in beds("linked_once").await {
        let linked = Linked::of(bed).await;
        let family = vec![on("12", taro()), joined("高", "12", 2), joined("高", "77", 1)];
        linked.bed.deposit(Kind::Full, 1, family).await;
        let said = FourItems { address: HOME.to_owned(), ..said() };
        let MatchAnswer::Matched { candidate } = linked.find(&said).await else { panic!() };
        assert_eq!(
            (candidate.level, candidate.target.name.as_str()),
            (MatchLevel::Exact, "上○ 太○")
        );
        assert_eq!(candidate.target.relation, Some(Relation::Insured));
        assert_eq!(candidate.period, Some(Validity { from: date(2020, 4, 1), until: None }));
        let name = &candidate.pseudonym;
        assert_eq!(linked.verdict(name).await, None, "an offer opens nothing");
        assert_eq!(linked.confirm(&candidate).await, Bound::Done);
        assert_eq!(linked.confirm(&candidate).await, Bound::Done, "the same again");
        assert_eq!(linked.verdict(name).await, Some(Verdict::Valid));

        let deposits = &linked.bed.deposits;
        let held = deposits.membership(&insurer(), name).await.unwrap().unwrap();
        assert_eq!(held.coverages.len(), 1);
        assert_eq!((held.coverages[0].number.as_str(), held.usual_lag_days), ("12", Some(5)));
        assert_eq!(held.coverages[0].dependants.len(), 1);
        let typed = linked.bed.ask(&question("高", "12", 1, TODAY)).await;
        let other = linked.bed.ask(&question("高", "12", 2, TODAY)).await;
        let names = deposits.pseudonyms(&[other, typed]).await.unwrap();
        assert_eq!(names, [None, Some(name.clone())]);

        let again = linked.find(&said).await;
        let MatchAnswer::Doubtful { candidates, count: 1 } = again else { panic!("{again:?}") };
        assert_eq!(candidates[0].held_as.as_ref(), Some(name));
        assert_eq!(linked.confirm(&candidates[0]).await, Bound::Taken);
        deposits.end_link(&insurer(), ERRAND, Some(name)).await.unwrap();
        assert_eq!(linked.verdict(name).await, None);
        assert!(matches!(linked.find(&said).await, MatchAnswer::Matched { .. }));
    }
}

#[tokio::test]
async fn what_is_only_alike_is_for_people_to_decide() {
    for bed in beds("linked_doubts").await {
        let linked = Linked::of(bed).await;
        let silent = linked.voucher(&said());
        let asked = linked.bed.deposits.match_member(&insurer(), ERRAND, &silent).await;
        assert!(matches!(asked, Err(MatchError::Nothing)), "nothing was deposited yet");
        let nowhere = Person { address: String::new(), ..taro() };
        linked.bed.deposit(Kind::Full, 1, vec![on("12", nowhere)]).await;
        let asked_with = linked.voucher(&said());
        let asked = linked.bed.deposits.match_member(&insurer(), ERRAND, &asked_with).await;
        let Ok(MatchAnswer::Doubtful { candidates, count: 1 }) = asked else { panic!("{asked:?}") };
        assert_eq!(candidates[0].items.address, MatchLevel::Different);
        linked.bed.clock.advance(SignedDuration::from_hours(48));
        assert_eq!(linked.differing(&asked_with, &candidates[0].pseudonym).await, [Item::Address]);
        assert_eq!(linked.differing(&asked_with, &"0".repeat(32)).await, [], "never offered");
        let mut namesake = taro();
        namesake.address = "香川県高松市別町9丁目9番9号".to_owned();
        let both = vec![on("12", taro()), on("13", namesake)];
        linked.bed.deposit(Kind::Full, 2, both).await;
        assert!(matches!(linked.find(&said()).await, MatchAnswer::Doubtful { count: 2, .. }));
        let stranger = FourItems { birth_date: date(1980, 1, 9), ..said() };
        assert_eq!(linked.find(&stranger).await, MatchAnswer::Unknown);
        let fresh = linked.voucher(&said());
        let other = linked.bed.deposits.match_member(&insurer(), &"e".repeat(32), &fresh).await;
        assert!(matches!(other, Err(MatchError::OtherCeremony)));
    }
}

#[tokio::test]
async fn a_link_follows_a_person_to_a_new_card_and_never_to_a_namesake() {
    for bed in beds("linked_cards").await {
        let linked = Linked::of(bed).await;
        linked.bed.deposit(Kind::Full, 1, vec![on("12", taro())]).await;
        let name = linked.link(&said()).await;
        let left = Person {
            validity: Validity { from: date(2020, 4, 1), until: Some(date(2026, 3, 31)) },
            ..taro()
        };
        let mut namesake =
            Person { address: "香川県高松市別町9丁目".to_owned(), ..taro() };
        namesake.validity.from = date(2026, 4, 1);
        let changes = vec![row("高", "12", left, Change::Left), on("99", namesake)];
        linked.bed.deposit(Kind::Changes, 2, changes).await;
        assert_eq!(linked.verdict(&name).await, Some(Verdict::Expired));
        let typed = linked.bed.ask(&question("高", "99", 1, TODAY)).await;
        assert_eq!(typed.found.decision.verdict, Verdict::Valid);
        assert_eq!(linked.bed.deposits.pseudonyms(&[typed]).await.unwrap(), [None]);

        let mut next = taro();
        next.validity.from = date(2026, 4, 1);
        linked.bed.deposit(Kind::Changes, 3, vec![on("55", next)]).await;
        assert_eq!(linked.verdict(&name).await, Some(Verdict::Valid));
        let held = linked.bed.deposits.membership(&insurer(), &name).await.unwrap().unwrap();
        let numbers: Vec<_> = held.coverages.iter().map(|one| one.number.as_str()).collect();
        assert_eq!(numbers, ["55", "12"]);
    }
}

#[tokio::test]
async fn lists_are_neither_cards_nor_in_the_way() {
    for bed in beds("linked_lists").await {
        let linked = Linked::of(bed).await;
        let many: Vec<_> =
            (1..=20).map(|n| on(&n.to_string(), person(1, date(2020, 4, 1)))).collect();
        let first = linked.bed.deposit(Kind::Full, 1, many).await;
        assert_eq!((first.cards, first.written, first.removed), (20, 20, 0));
        let second = linked.bed.deposit(Kind::Full, 2, vec![on("12", taro())]).await;
        assert_eq!((second.cards, second.held, second.removed), (1, 20, 19));
        linked.link(&said()).await;
        let text =
            std::fs::read(linked.bed.folder.path().join("deposit.db-wal")).unwrap_or_default();
        let names = ["上野", "1980", HOME, ERRAND];
        assert!(names.iter().all(|name| !text.windows(name.len()).any(|w| w == name.as_bytes())));
        assert_eq!(linked.bed.deposits.reseal().await.unwrap(), 0);
    }
}
