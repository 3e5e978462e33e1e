//! The cards of the drawer that are not simply a resident's: the receptionist's, and those that
//! show what goes wrong.

use anyhow::Context as _;
use jiff::civil::{Date, date};
use warifu_contract::identity::Resident;
use warifu_contract::person::{Name, Sex};
use warifu_pki::KeyAlgorithm;

use super::folder::Folder;

/// Where the list of cards stands.
const LIST: &str = "cards/list.json";

/// A resident's card whose certificates have ended.
pub const EXPIRED: &str = "expired";
/// A resident's card that was reported lost and revoked.
pub const REVOKED: &str = "revoked";
/// A card that another consortium's authority issued.
pub const FOREIGN: &str = "foreign";

/// Whose expired, revoked and foreign cards these are: a key among the virtual people.
pub const UNLUCKY: &str = "ueno-taro";
/// Whose card has just come by mail and is not activated yet.
pub const NEWCOMER: &str = "ninsho-sojiro";
/// Who has a FeliCa card beside the own one: a key among the virtual people, and the card's name.
pub const FELICA: (&str, &str) = ("ueno-taro", "ueno-taro-felica");
/// Who has an individual number card that may be added beside the own one: the same.
pub const JPKI: (&str, &str) = ("ueno-ichiko", "ueno-ichiko-jpki");
/// Who is linked to nobody yet, and finds the own records in the linking ceremony: keys among the
/// virtual people. The twins' insurer cannot tell them apart by itself.
pub const UNLINKED: [&str; 4] = ["ueno-shiro", "ninsho-soichiro", "ninsho-sojiro", "hamabe-sora"];
/// Who has no card, because a guardian speaks for them: keys among the virtual people.
pub const CARDLESS: [&str; 1] = ["ueno-nanami"];
/// Who is insured with the insurer that deposits: keys among the virtual people, and the 続柄 of
/// the dependant. The first is linked.
pub const DEPOSITED: [(&str, &str); 2] = [("hamabe-nagisa", ""), ("hamabe-sora", "長男")];
/// Whose cards have keys of another kind than P-256: keys among the virtual people.
const OTHER_KEYS: [(&str, KeyAlgorithm); 2] =
    [("ueno-tsugiko", KeyAlgorithm::P384), ("ueno-saburo", KeyAlgorithm::Rsa2048)];

/// Somebody who works for a party.
#[derive(Debug, Clone, Copy)]
pub struct StaffMember {
    /// The card's name.
    pub card: &'static str,
    /// 氏名・カナ氏名.
    pub name: (&'static str, &'static str),
    /// 生年月日.
    pub birth_date: Date,
    /// 医療機関コード or the consortium's own, and the organisation's name.
    pub organization: (&'static str, &'static str),
    /// The roles' names in assertions.
    pub roles: &'static [&'static str],
    /// What the drawer says, in Japanese and English.
    pub note: (&'static str, &'static str),
}

const OFFICE: (&str, &str) = ("warifu-office", "見本カード事務局");

/// The insurers' union: its code as the relay's configuration knows it, and its name.
pub const INSURERS: (&str, &str) = ("warifu-insurers", "見本保険者連合");
/// The city hall, likewise.
pub const CITY_HALL: (&str, &str) = ("372011", "見本市役所");

/// Everybody who works in the demonstration.
pub const STAFF: [StaffMember; 12] = [
    StaffMember {
        card: "reception",
        name: ("見本 受付", "ミホン ウケツケ"),
        birth_date: date(1990, 4, 1),
        organization: ("3719999999", "見本医院"),
        roles: &["urn:warifu:role:clinic-desk"],
        note: ("見本医院の受付のカード", "A receptionist's card"),
    },
    StaffMember {
        card: "manager",
        name: ("見本 院長", "ミホン インチョウ"),
        birth_date: date(1968, 3, 30),
        organization: ("3719999999", "見本医院"),
        roles: &["urn:warifu:role:clinic-desk", "urn:warifu:role:clinic-manager"],
        note: ("見本医院の業務責任者のカード", "A clinic manager's card"),
    },
    StaffMember {
        card: "clerk",
        name: ("見本 発行", "ミホン ハッコウ"),
        birth_date: date(1985, 6, 15),
        organization: OFFICE,
        roles: &["urn:warifu:role:card-clerk"],
        note: ("カード事務局の受付・発行係のカード", "A card office clerk's card"),
    },
    StaffMember {
        card: "approver",
        name: ("見本 承認", "ミホン ショウニン"),
        birth_date: date(1978, 11, 3),
        organization: OFFICE,
        roles: &["urn:warifu:role:card-approver"],
        note: ("カード事務局の承認者のカード", "A card office approver's card"),
    },
    StaffMember {
        card: "call-centre",
        name: ("見本 電話", "ミホン デンワ"),
        birth_date: date(1995, 2, 20),
        organization: OFFICE,
        roles: &["urn:warifu:role:call-centre"],
        note: ("コールセンターのカード", "A call centre's card"),
    },
    StaffMember {
        card: "federation",
        name: ("見本 連携", "ミホン レンケイ"),
        birth_date: date(1982, 9, 9),
        organization: ("warifu-centre", "見本認証センター"),
        roles: &["urn:warifu:role:federation-admin"],
        note: (
            "認証センターの運営者のカード",
            "An administrator's card of the authentication centre",
        ),
    },
    StaffMember {
        card: "links",
        name: ("見本 確認", "ミホン カクニン"),
        birth_date: date(1988, 7, 7),
        organization: INSURERS,
        roles: &["urn:warifu:role:link-approver"],
        note: (
            "保険者で記録のつながりを確かめる人のカード",
            "The card of an insurer's member of staff who decides about links",
        ),
    },
    StaffMember {
        card: "insurer",
        name: ("見本 保険", "ミホン ホケン"),
        birth_date: date(1983, 8, 18),
        organization: INSURERS,
        roles: &["urn:warifu:role:insurer-staff"],
        note: ("保険者の担当者のカード", "The card of an insurer's member of staff"),
    },
    StaffMember {
        card: "insurer-media",
        name: ("見本 媒体", "ミホン バイタイ"),
        birth_date: date(1991, 10, 2),
        organization: INSURERS,
        roles: &["urn:warifu:role:insurer-media"],
        note: (
            "保険者の媒体管理責任者のカード（返事は案だけ）",
            "The card of an insurer's keeper of media, who only proposes answers",
        ),
    },
    StaffMember {
        card: "insurer-manager",
        name: ("見本 責任", "ミホン セキニン"),
        birth_date: date(1970, 12, 5),
        organization: INSURERS,
        roles: &["urn:warifu:role:insurer-manager"],
        note: (
            "保険者の業務責任者のカード（登録を承認する人）",
            "The card of an insurer's manager, who approves uploads",
        ),
    },
    StaffMember {
        card: "city-hall",
        name: ("見本 市民", "ミホン シミン"),
        birth_date: date(1987, 12, 8),
        organization: CITY_HALL,
        roles: &["urn:warifu:role:city-clerk"],
        note: ("市役所の窓口のカード", "The card of a city hall's clerk"),
    },
    StaffMember {
        card: "consortium",
        name: ("見本 協議", "ミホン キョウギ"),
        birth_date: date(1975, 1, 12),
        organization: ("warifu-consortium", "見本広域連携協議会"),
        roles: &["urn:warifu:role:consortium-admin"],
        note: ("連携協議会の運営者のカード", "An administrator's card of the consortium"),
    },
];

/// Where everybody who works in the demonstration lives.
pub const STAFF_ADDRESS: &str = "香川県高松市見本町1丁目2番3号";

impl StaffMember {
    /// As the resident register holds them.
    pub fn resident(&self) -> Resident {
        resident(self.name, self.birth_date, STAFF_ADDRESS)
    }
}

/// The kind of keys on a card in the drawer.
pub fn keys_of(card: &str) -> KeyAlgorithm {
    let other = OTHER_KEYS.iter().find(|(name, _)| *name == card);
    other.map_or(KeyAlgorithm::P256, |(_, algorithm)| *algorithm)
}

/// What the drawer says of a resident's card, in Japanese and English.
pub fn note_of(card: &str) -> (&'static str, &'static str) {
    if UNLINKED.contains(&card) {
        let note = "住民のカード（記録は、まだつながっていません）";
        return (note, "A resident's card, no records linked yet");
    }
    if DEPOSITED.iter().any(|(key, _)| *key == card) {
        return (
            "住民のカード（保険者が事前蓄積型）",
            "A resident's card, whose insurer deposits its coverage",
        );
    }
    match keys_of(card) {
        KeyAlgorithm::P384 => ("住民のカード（鍵はP-384）", "A resident's card, with P-384 keys"),
        KeyAlgorithm::Rsa2048 => {
            ("住民のカード（鍵はRSA-2048）", "A resident's card, with RSA-2048 keys")
        }
        _ => ("住民のカード", "A resident's card"),
    }
}

/// A resident who has no card yet, for whoever tries the card office.
pub fn applicant() -> Resident {
    let name = ("見本 花子", "ミホン ハナコ");
    resident(name, date(1980, 5, 5), "香川県高松市番町2丁目3番4号")
}

/// A virtual resident; the register makes the reference.
fn resident((name, kana): (&str, &str), birth_date: Date, address: &str) -> Resident {
    Resident {
        reference: String::new(),
        name: Name { text: name.to_owned(), kana: kana.to_owned() },
        address: address.to_owned(),
        birth_date,
        sex: Sex::Female,
        departed: None,
    }
}

/// A card as the drawer shows it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Shown {
    /// The card's name, and its file's.
    pub id: String,
    /// The virtual person's name.
    pub name: String,
    /// What it shows, in Japanese.
    pub note_ja: String,
    /// What it shows, in English.
    pub note_en: String,
    /// What kind of card it is.
    pub kind: Kind,
    /// What stands beside it: its PIN, or the code of its letter.
    pub hint: String,
}

/// What kind of card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A resident's.
    Resident,
    /// A receptionist's.
    Staff,
    /// One that is not activated yet.
    New,
    /// One that is refused.
    Refused,
    /// A FeliCa card.
    Felica,
    /// An individual number card.
    Jpki,
}

impl Shown {
    /// A card of that name, held by `name`.
    pub fn new(id: &str, name: &str, kind: Kind, (ja, en): (&str, &str)) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            note_ja: ja.to_owned(),
            note_en: en.to_owned(),
            kind,
            hint: super::people::PIN.to_owned(),
        }
    }
}

/// Writes the list that the drawer shows.
pub fn save(folder: &Folder, cards: &[Shown]) -> anyhow::Result<()> {
    std::fs::write(folder.at(LIST), serde_json::to_vec_pretty(cards)?)
        .context("cannot write the list of cards")
}

/// Reads it.
pub fn load(folder: &Folder) -> anyhow::Result<Vec<Shown>> {
    let list = std::fs::read(folder.at(LIST)).context("there is no list of cards")?;
    Ok(serde_json::from_slice(&list)?)
}
