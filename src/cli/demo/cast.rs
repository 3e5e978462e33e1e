//! The cards of the drawer that are not simply a resident's: the receptionist's, and those that
//! show what goes wrong.

use anyhow::Context as _;
use warifu_idp::{NewPerson, Role};
use warifu_pki::Organization;

use super::folder::Folder;

/// Where the list of cards stands.
const LIST: &str = "cards/list.json";

/// The receptionist's card.
pub const RECEPTION: &str = "reception";
/// A resident's card whose certificates have ended.
pub const EXPIRED: &str = "expired";
/// A resident's card that was reported lost and revoked.
pub const REVOKED: &str = "revoked";
/// A card that another consortium's authority issued.
pub const FOREIGN: &str = "foreign";

/// Whose expired, revoked and foreign cards these are: a key among the virtual people.
pub const UNLUCKY: &str = "ueno-taro";

/// The receptionist of a virtual clinic.
pub fn receptionist() -> NewPerson {
    NewPerson {
        display_name: "見本 受付".to_owned(),
        roles: vec![Role::ClinicDesk],
        organization: Some(Organization {
            code: "3719999999".to_owned(),
            name: "見本医院".to_owned(),
        }),
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
}

/// What kind of card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A resident's.
    Resident,
    /// A receptionist's.
    Staff,
    /// One that is refused.
    Refused,
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
