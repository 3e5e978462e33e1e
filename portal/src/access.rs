//! Who is signed in, and what they may open.

mod acting;
mod door;
mod level;
mod office_ticket;
mod residents;
mod role;
mod staff;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::duty::{Duty, May};
use warifu_contract::mandate::guardian;
use warifu_contract::records::Basis;
use warifu_service::Problem;
use warifu_service::words::Voice;

pub use acting::Acting;
pub use door::{session, wrong_card};
pub use level::Level;
pub use office_ticket::OfficeTicket;
pub use residents::{Resident, Viewer, Visitor};
pub use role::Role;
pub use staff::{
    Announcer, Answerer, AnswersReader, ApplicationsStaff, ChecksReader, Clerk, Decider, Depositor,
    ForStaff, PapersStaff,
};

use crate::relay::Access;
use crate::sso::names::Names;
use crate::view::card_ends::CardEnds;
use crate::view::site::{Menu, Site};

/// Under which key a session holds who is signed in.
const KEY: &str = "signed-in";

/// Whether records can be had.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Records {
    /// With this access.
    Open(Access),
    /// The sign-in brought no ticket to the relay.
    NoTicket,
    /// The relay gave no access for the ticket.
    NoRelay,
}

/// Who is signed in. Lives in the sealed session and nowhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// The identity provider's entity id.
    pub issuer: String,
    /// The person's identifier for this portal only.
    pub subject: String,
    /// By which the identity provider knows the session.
    #[serde(default)]
    pub names: Option<Names>,
    /// The name to show.
    pub name: Option<String>,
    /// The organisation of a member of staff.
    pub organization: Option<String>,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// How sure it is.
    pub level: Level,
    /// When the person signed in.
    pub since: Timestamp,
    /// When the identity provider wants the session ended.
    pub until: Option<Timestamp>,
    /// Whether records can be had.
    pub records: Records,
    /// What a member of the card office's staff shows there.
    #[serde(default)]
    pub office: Option<OfficeTicket>,
    /// The last day of the card that the person signed in with, while it is near.
    #[serde(default)]
    pub card_until: Option<Date>,
    /// Whose records the session looks at, if not one's own.
    #[serde(default)]
    pub acting: Option<Acting>,
}

impl SignedIn {
    /// Whoever the session belongs to, unless the sign-in is over.
    pub async fn of(session: &Session, now: Timestamp) -> Result<Option<Self>, Problem> {
        let found: Option<Self> =
            session.get(KEY).await.map_err(|cause| Problem::internal(&cause))?;
        let today = today_in_japan(now);
        let lives = found.filter(|me| me.until.is_none_or(|until| now < until));
        Ok(lives.map(|me| Self { card_until: me.card_until.filter(|until| today <= *until), ..me }))
    }

    /// Puts this person into the session.
    pub async fn enter(&self, session: &Session) -> Result<(), Problem> {
        session.insert(KEY, self).await.map_err(|cause| Problem::internal(&cause))
    }

    /// Whether the person has that role.
    pub fn may(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the person works at the card office, in whatever role.
    pub fn in_office(&self) -> bool {
        Role::OFFICE.into_iter().any(|role| self.may(role))
    }

    /// Whether the person decides about doubtful links.
    pub fn decides(&self) -> bool {
        Role::DECIDERS.into_iter().any(|role| self.may(role))
    }

    /// What the person may do about `duty`.
    pub fn duty(&self, duty: Duty) -> May {
        duty.of(self.roles.iter().map(|role| role.urn()))
    }

    /// What the person may do about guardians' papers.
    fn about_papers(&self) -> May {
        guardian::may(self.roles.iter().map(|role| role.urn()))
    }

    /// Whether the person works for an organisation, at a desk or in an office.
    fn is_staff(&self) -> bool {
        self.roles.iter().any(|role| *role != Role::Resident)
    }

    /// The menu of the page to begin at.
    pub fn menu(&self) -> Menu {
        if self.may(Role::Resident) {
            Menu::Resident
        } else if self.duty(Duty::Check) != May::No {
            Menu::Desk
        } else if self.duty(Duty::ReadAnswers) != May::No {
            Menu::Insurer
        } else if self.in_office() {
            Menu::Office
        } else if self.may(Role::CityClerk) {
            Menu::City
        } else if self.decides() {
            Menu::Doubts
        } else {
            Menu::Resident
        }
    }

    /// The page to begin at.
    pub fn home(&self) -> &'static str {
        match self.menu() {
            Menu::Desk => "/desk",
            Menu::Insurer => "/insurer",
            Menu::City => "/desk/records",
            Menu::Office => "/office",
            Menu::Doubts => "/staff/links",
            Menu::Resident | Menu::None => "/home",
        }
    }

    /// The menu of those who open records by consents.
    pub fn staff_menu(&self) -> Menu {
        if self.duty(Duty::Check) == May::No { Menu::City } else { Menu::Desk }
    }

    /// The access to the relay, or the key of the sentence that says why there is none.
    pub fn access(&self, now: Timestamp) -> Result<&Access, &'static str> {
        match &self.records {
            // The relay gives nothing for less.
            Records::Open(_) if self.level != Level::High => Err("no-records-level"),
            Records::Open(access) if now < access.until => Ok(access),
            Records::Open(_) => Err("no-records-ended"),
            Records::NoTicket => Err("no-records-ticket"),
            Records::NoRelay => Err("no-records-relay"),
        }
    }

    /// The same for declared services: the relay decides for each of them which level it needs.
    pub fn declared_access(&self, now: Timestamp) -> Result<&Access, &'static str> {
        match &self.records {
            Records::Open(_) if self.level == Level::Other => Err("no-records-level"),
            Records::Open(access) if now < access.until => Ok(access),
            Records::Open(_) => Err("no-records-ended"),
            Records::NoTicket => Err("no-records-ticket"),
            Records::NoRelay => Err("no-records-relay"),
        }
    }

    /// The name as the header says it.
    pub fn header_name(&self, voice: Voice<'_>) -> String {
        let name = self.name.clone().unwrap_or_default();
        match &self.organization {
            Some(organization) if self.is_staff() => {
                let gaps = [("organization", organization.as_str().into()), ("name", name.into())];
                voice.tell("account-staff", &gaps)
            }
            _ => voice.tell("account-resident", &[("name", name.into())]),
        }
    }

    /// The frame of a page of this person.
    pub fn site(&self, voice: Voice<'_>, menu: Menu, path: &str) -> Site {
        let mut site = Site::new(voice, Some(self.header_name(voice)), menu, &self.roles, path);
        if self.is_told_of_card(&site, menu, path) {
            site.card_ends = self.card_ends(voice);
        }
        match &self.acting {
            Some(acting) if menu == Menu::Resident => site.acting(voice, acting),
            _ => site,
        }
    }

    /// That the card ends soon, if it does.
    pub fn card_ends(&self, voice: Voice<'_>) -> Option<CardEnds> {
        self.card_until.map(|until| CardEnds::new(voice, until))
    }

    /// Whether this is a page on which the card's end is told: where staff begin, who have no
    /// notices, and where one looks for one's card.
    fn is_told_of_card(&self, site: &Site, menu: Menu, path: &str) -> bool {
        let begins = path == self.home() || site.nav.first().is_some_and(|item| item.href == path);
        path == "/settings" || (menu != Menu::Resident && begins)
    }

    /// On what records are asked for: none for one's own.
    pub fn basis(&self) -> Option<Basis> {
        let mandate = |acting: &Acting| Basis::Mandate { id: acting.mandate.clone() };
        self.acting.as_ref().map(mandate)
    }
}
