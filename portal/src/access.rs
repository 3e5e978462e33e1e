//! Who is signed in, and what they may open.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;
use warifu_contract::duty::{Duty, May};
use warifu_contract::mandate::{Mandate, guardian};
use warifu_contract::records::{Basis, Service};
use warifu_contract::services::ServiceId;
use warifu_saml::names::{AC_SMARTCARD, AC_SMARTCARD_PKI};
use warifu_service::Problem;
use warifu_service::words::Voice;

use crate::look::{Look, show};
use crate::relay::Access;
use crate::shared::{App, Shared};
use crate::sso::begin;
use crate::sso::names::Names;
use crate::view::screens::{Action, MessageScreen};
use crate::view::site::{Menu, Site};
use crate::view::{Link, icon};

/// The longest that a ticket to the card office holds.
const OFFICE_TICKET: SignedDuration = SignedDuration::from_mins(60);
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// Under which key a session holds who is signed in.
const KEY: &str = "signed-in";

/// What somebody may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// See own records.
    Resident,
    /// Check patients' insurance.
    ClinicDesk,
    /// Take applications for cards, make the cards and hand them over.
    CardClerk,
    /// Approve what another clerk has prepared.
    CardApprover,
    /// Answer the phone: stop a card at once.
    CallCentre,
    /// Decide, with somebody else, whose record it is when a match is in doubt.
    LinkApprover,
    /// Run the consortium; decides about links at every holder.
    ConsortiumAdmin,
    /// Answer for a clinic's work: 業務責任者.
    ClinicManager,
    /// Run an insurer's server: 運用管理責任者.
    InsurerOperations,
    /// Keep an insurer's media: 媒体管理責任者.
    InsurerMedia,
    /// Answer for an insurer's work: 業務責任者.
    InsurerManager,
    /// Do an insurer's work: 担当者.
    InsurerStaff,
    /// Work at a city hall's counter.
    CityClerk,
}

impl Role {
    /// The roles of the card office's staff.
    pub const OFFICE: [Self; 3] = [Self::CardClerk, Self::CardApprover, Self::CallCentre];

    /// The roles of those who see guardians' papers.
    pub const PAPERS: [Self; 3] = [Self::CardClerk, Self::CardApprover, Self::ConsortiumAdmin];

    /// The roles of those who decide about doubtful links.
    pub const DECIDERS: [Self; 2] = [Self::LinkApprover, Self::ConsortiumAdmin];

    const ALL: [Self; 13] = [
        Self::Resident,
        Self::ClinicDesk,
        Self::CardClerk,
        Self::CardApprover,
        Self::CallCentre,
        Self::LinkApprover,
        Self::ConsortiumAdmin,
        Self::ClinicManager,
        Self::InsurerOperations,
        Self::InsurerMedia,
        Self::InsurerManager,
        Self::InsurerStaff,
        Self::CityClerk,
    ];

    /// What assertions call it.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Resident => "urn:warifu:role:resident",
            Self::ClinicDesk => "urn:warifu:role:clinic-desk",
            Self::CardClerk => "urn:warifu:role:card-clerk",
            Self::CardApprover => "urn:warifu:role:card-approver",
            Self::CallCentre => "urn:warifu:role:call-centre",
            Self::LinkApprover => "urn:warifu:role:link-approver",
            Self::ConsortiumAdmin => "urn:warifu:role:consortium-admin",
            Self::ClinicManager => "urn:warifu:role:clinic-manager",
            Self::InsurerOperations => "urn:warifu:role:insurer-operations",
            Self::InsurerMedia => "urn:warifu:role:insurer-media",
            Self::InsurerManager => "urn:warifu:role:insurer-manager",
            Self::InsurerStaff => "urn:warifu:role:insurer-staff",
            Self::CityClerk => "urn:warifu:role:city-clerk",
        }
    }

    /// The role that an entitlement names.
    pub fn from_urn(urn: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.urn() == urn)
    }
}

/// How sure the sign-in was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A PKI card, opened with its PIN.
    High,
    /// A card, and a PIN that the identity provider checked.
    Substantial,
    /// Anything else an identity provider may do.
    Other,
}

impl Level {
    /// The level of an `AuthnContextClassRef`.
    pub fn of_class(class: &str) -> Self {
        match class {
            AC_SMARTCARD_PKI => Self::High,
            AC_SMARTCARD => Self::Substantial,
            _ => Self::Other,
        }
    }

    /// The key of its sentence.
    pub fn key(self) -> &'static str {
        match self {
            Self::High => "level-high",
            Self::Substantial => "level-substantial",
            Self::Other => "level-other",
        }
    }
}

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

/// For whom a proxy looks. What it says is for the pages; the relay decides at each look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// The mandate's id.
    pub mandate: String,
    /// What the proxy calls the other.
    pub name: String,
    /// What may be seen.
    pub services: Vec<Service>,
    /// What may be seen of what connectors declared.
    #[serde(default)]
    pub declared: Vec<ServiceId>,
    /// Whether the access history may be seen.
    pub history: bool,
    /// The last day.
    pub until: Date,
}

impl Acting {
    /// By that mandate.
    pub fn by(mandate: Mandate) -> Self {
        let terms = mandate.terms;
        Self {
            mandate: mandate.id,
            name: terms.name,
            services: terms.services,
            declared: terms.declared,
            history: terms.history,
            until: terms.until,
        }
    }
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
    /// Whose records the session looks at, if not one's own.
    #[serde(default)]
    pub acting: Option<Acting>,
}

/// The right to work at the card office for somebody, sealed to it by the identity provider.
#[derive(Clone, Serialize, Deserialize)]
pub struct OfficeTicket {
    token: String,
    since: Timestamp,
}

/// Shows no token.
impl std::fmt::Debug for OfficeTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfficeTicket").field("since", &self.since).finish_non_exhaustive()
    }
}

impl OfficeTicket {
    /// A ticket that came at `since`.
    pub fn new(token: String, since: Timestamp) -> Self {
        Self { token, since }
    }

    /// What goes into the `Authorization` header.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether it has surely ended: identity providers give it for an hour at most.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.since + OFFICE_TICKET
    }

    /// Whether it has only just come: another sign-in would bring nothing better.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.since + FRESH
    }
}

impl SignedIn {
    /// Whoever the session belongs to, unless the sign-in is over.
    pub async fn of(session: &Session, now: Timestamp) -> Result<Option<Self>, Problem> {
        let found: Option<Self> =
            session.get(KEY).await.map_err(|cause| Problem::internal(&cause))?;
        Ok(found.filter(|me| me.until.is_none_or(|until| now < until)))
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
            Menu::City => "/staff/services",
            Menu::Office => "/office",
            Menu::Doubts => "/staff/links",
            Menu::Resident | Menu::None => "/home",
        }
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
        let site = Site::new(voice, Some(self.header_name(voice)), menu, &self.roles, path);
        match &self.acting {
            Some(acting) if menu == Menu::Resident => site.acting(voice, acting),
            _ => site,
        }
    }

    /// On what records are asked for: none for one's own.
    pub fn basis(&self) -> Option<Basis> {
        let mandate = |acting: &Acting| Basis::Mandate { id: acting.mandate.clone() };
        self.acting.as_ref().map(mandate)
    }
}

/// Somebody signed in, in whatever role; for optional use where nobody may be.
#[derive(Debug, Clone)]
pub struct Visitor(pub SignedIn);

impl OptionalFromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(SignedIn::of(&session(parts)?, app.surroundings.now()).await?.map(Self))
    }
}

/// A resident, on pages about oneself: not while looking for somebody else.
#[derive(Debug, Clone)]
pub struct Resident(pub SignedIn);

/// A resident who looks at records: own ones, or as proxy.
#[derive(Debug, Clone)]
pub struct Viewer(pub SignedIn);

/// A member of a clinic's staff, at the desk.
#[derive(Debug, Clone)]
pub struct Clerk(pub SignedIn);

/// Somebody who may look through the clinic's checks.
#[derive(Debug, Clone)]
pub struct ChecksReader(pub SignedIn);

/// Somebody who may look through what was answered in the insurer's name.
#[derive(Debug, Clone)]
pub struct AnswersReader(pub SignedIn);

/// Somebody at the insurer who may deposit coverage, or propose it.
#[derive(Debug, Clone)]
pub struct Depositor(pub SignedIn);

/// Somebody at the insurer who may answer what clinics question, or propose an answer.
#[derive(Debug, Clone)]
pub struct Answerer(pub SignedIn, pub May);

impl FromRequestParts<App> for Resident {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let me = with_any(parts, app, &[Role::Resident], "wrong-role-resident").await?;
        match &me.acting {
            Some(acting) => Err(not_oneself(app, &look(parts, app).await, &me, acting)),
            None => Ok(Self(me)),
        }
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_any(parts, app, &[Role::Resident], "wrong-role-resident").await.map(Self)
    }
}

impl FromRequestParts<App> for Clerk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::Check, "wrong-role-desk").await.map(|(me, _)| Self(me))
    }
}

impl FromRequestParts<App> for ChecksReader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::ReadChecks, "wrong-role-checks").await.map(|(me, _)| Self(me))
    }
}

impl FromRequestParts<App> for AnswersReader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::ReadAnswers, "wrong-role-insurer").await.map(|(me, _)| Self(me))
    }
}

impl FromRequestParts<App> for Depositor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::Deposit, "wrong-role-upload").await.map(|(me, _)| Self(me))
    }
}

impl FromRequestParts<App> for Answerer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let found = with_duty(parts, app, Duty::AnswerDisputes, "wrong-role-insurer").await;
        found.map(|(me, may)| Self(me, may))
    }
}

/// A member of a clinic's or a city hall's staff, who opens declared services on consents.
#[derive(Debug, Clone)]
pub struct ForStaff(pub SignedIn);

impl FromRequestParts<App> for ForStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let let_in = |me: &SignedIn| me.may(Role::CityClerk) || me.duty(Duty::Check) != May::No;
        with(parts, app, let_in, "wrong-role-staff-services").await.map(Self)
    }
}

/// Somebody who decides about applications to the own organisation.
#[derive(Debug, Clone)]
pub struct ApplicationsStaff(pub SignedIn);

impl FromRequestParts<App> for ApplicationsStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let found = with_duty(parts, app, Duty::Applications, "wrong-role-applications").await;
        found.map(|(me, _)| Self(me))
    }
}

/// Somebody who decides about doubtful links.
#[derive(Debug, Clone)]
pub struct Decider(pub SignedIn);

impl FromRequestParts<App> for Decider {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_any(parts, app, &Role::DECIDERS, "wrong-role-links").await.map(Self)
    }
}

/// Somebody of the consortium, who tells everybody what does not work.
#[derive(Debug, Clone)]
pub struct Announcer(pub SignedIn);

impl FromRequestParts<App> for Announcer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let roles = [Role::ConsortiumAdmin];
        with_any(parts, app, &roles, "wrong-role-announcements").await.map(Self)
    }
}

/// A member of staff who sees guardians' papers, and whether they may approve.
#[derive(Debug, Clone)]
pub struct PapersStaff(pub SignedIn, pub May);

impl FromRequestParts<App> for PapersStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let let_in = |me: &SignedIn| me.about_papers() != May::No;
        let me = with(parts, app, let_in, "wrong-role-guardians").await?;
        let may = me.about_papers();
        Ok(Self(me, may))
    }
}

/// Lets in who may do something about `duty`.
async fn with_duty(
    parts: &mut Parts,
    app: &App,
    duty: Duty,
    key: &str,
) -> Result<(SignedIn, May), Response> {
    let let_in = |me: &SignedIn| me.duty(duty) != May::No;
    let me = with(parts, app, let_in, key).await?;
    let may = me.duty(duty);
    Ok((me, may))
}

/// Lets in who has one of `roles`.
async fn with_any(
    parts: &mut Parts,
    app: &App,
    roles: &[Role],
    key: &str,
) -> Result<SignedIn, Response> {
    with(parts, app, |me| roles.iter().any(|role| me.may(*role)), key).await
}

/// Lets in whom `let_in` says; sends to the sign-in who is nobody; tells the others kindly, in the
/// sentence under `key`.
async fn with(
    parts: &mut Parts,
    app: &App,
    let_in: impl Fn(&SignedIn) -> bool,
    key: &str,
) -> Result<SignedIn, Response> {
    let session = session(parts).map_err(Problem::into_response)?;
    let found = SignedIn::of(&session, app.surroundings.now()).await;
    let Some(mut me) = found.map_err(Problem::into_response)? else {
        return Err(sign_in_first(parts));
    };
    if let (Records::Open(access), Some(waits)) = (&mut me.records, parts.extensions.get()) {
        access.set_deadline(*waits);
    }
    if let_in(&me) {
        return Ok(me);
    }
    Err(wrong_card(app, &look(parts, app).await, &me, key))
}

async fn look(parts: &mut Parts, app: &App) -> Look {
    Look::from_request_parts(parts, app).await.unwrap_or_else(|never| match never {})
}

/// Tells a proxy that the page is about oneself, and the way back.
fn not_oneself(app: &Shared, look: &Look, me: &SignedIn, acting: &Acting) -> Response {
    let voice = look.voice(app);
    let screen = MessageScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        icon: icon::INFO,
        title: voice.tell("acting-own-title", &[("name", acting.name.as_str().into())]),
        text: voice.say("acting-own-text"),
        actions: Vec::new(),
    };
    show(&screen)
        .map_or_else(Problem::into_response, |page| (StatusCode::FORBIDDEN, page).into_response())
}

/// The session that the request belongs to.
pub fn session(parts: &Parts) -> Result<Session, Problem> {
    let missing = || Problem::internal(&"a route lacks the session layer");
    parts.extensions.get::<Session>().cloned().ok_or_else(missing)
}

fn sign_in_first(parts: &Parts) -> Response {
    Redirect::to(&begin::leading_to(parts.uri.path())).into_response()
}

/// Tells the owner of the wrong card kindly why, in the sentence under `key`.
pub fn wrong_card(app: &Shared, look: &Look, me: &SignedIn, key: &str) -> Response {
    let voice = look.voice(app);
    let name = me.name.clone().unwrap_or_default();
    let back = Link { href: me.home().to_owned(), words: voice.say("wrong-role-back") };
    let screen = MessageScreen {
        page: look.page(app),
        site: me.site(voice, Menu::None, look.path()),
        icon: icon::CARD,
        title: voice.say("wrong-role-title"),
        text: voice.tell(key, &[("name", name.into())]),
        actions: [Action::SignOut(voice.say("wrong-role-switch"))]
            .into_iter()
            .chain((me.home() != look.path()).then_some(Action::Go(back)))
            .collect(),
    };
    show(&screen)
        .map_or_else(Problem::into_response, |page| (StatusCode::FORBIDDEN, page).into_response())
}
