//! Guardians (親権者・法定代理人): whoever reads for a person who has no card, or cannot act, by a
//! mandate that staff register on papers. One member of staff proposes it, another approves.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::InviteCode;
use super::stop::Guardianship;
use super::terms::{is_name, is_scope, is_version};
use crate::duty::May;
use crate::eligibility::TypedCard;
use crate::linking::MaskedTarget;
use crate::records::{DisplayName, Service};
use crate::services::ServiceId;

/// The age of majority (民法4条).
const MAJORITY: i16 = 18;
/// A mandate on papers, for somebody of age, ends after at most so many years.
pub const LONGEST_YEARS: i16 = 5;
/// Papers may be so many months old when staff see them.
const FRESH_MONTHS: i16 = 3;
/// Insurance cards of one person besides the first.
pub const MOST_MORE: usize = 3;
/// Characters of what staff write.
pub const LONGEST_NOTE: usize = 200;

/// As what the guardian acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// 親権者.
    Parent,
    /// 未成年後見人.
    MinorsGuardian,
    /// 成年後見人.
    AdultsGuardian,
    /// 保佐人, with the power to do this.
    Curator,
    /// 補助人, with the power to do this.
    Assistant,
}

impl Capacity {
    /// Every capacity.
    pub const ALL: [Self; 5] =
        [Self::Parent, Self::MinorsGuardian, Self::AdultsGuardian, Self::Curator, Self::Assistant];

    /// As JSON and the access log have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::MinorsGuardian => "minors-guardian",
            Self::AdultsGuardian => "adults-guardian",
            Self::Curator => "curator",
            Self::Assistant => "assistant",
        }
    }

    /// Whether it ends by law when the other comes of age.
    pub fn ends_at_majority(self) -> bool {
        matches!(self, Self::Parent | Self::MinorsGuardian)
    }

    /// The last day that a mandate may have, for somebody born on `birth`, registered on `today`;
    /// none when it is too late.
    pub fn latest_end(self, birth: Date, today: Date) -> Option<Date> {
        let longest = today.checked_add(LONGEST_YEARS.years()).ok()?;
        let end = if self.ends_at_majority() { last_minor_day(birth)? } else { longest };
        (end >= today).then_some(end)
    }
}

/// The day before the 18th birthday: an age is reached with the end of that day
/// (年齢計算ニ関スル法律, 民法143条).
fn last_minor_day(birth: Date) -> Option<Date> {
    // Somebody born on 29 February comes of age with the end of 28 February.
    let is_leap_day = birth.month() == 2 && birth.day() == 29;
    let birthday = birth.checked_add(MAJORITY.years()).ok()?;
    let lost_a_day = is_leap_day && birthday.day() == 28;
    if lost_a_day { Some(birthday) } else { birthday.yesterday().ok() }
}

/// The kind of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// 戸籍謄本 (戸籍全部事項証明書).
    FamilyRegister,
    /// 住民票 with the relation to the head of the household.
    ResidentRecord,
    /// 登記事項証明書 of guardianship.
    GuardianshipCertificate,
    /// 審判書の謄本 with 確定証明書.
    CourtDecision,
}

impl Paper {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::FamilyRegister,
        Self::ResidentRecord,
        Self::GuardianshipCertificate,
        Self::CourtDecision,
    ];

    /// As JSON and the access log have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FamilyRegister => "family-register",
            Self::ResidentRecord => "resident-record",
            Self::GuardianshipCertificate => "guardianship-certificate",
            Self::CourtDecision => "court-decision",
        }
    }

    /// Whether it can prove that capacity.
    pub fn proves(self, capacity: Capacity) -> bool {
        match self {
            Self::FamilyRegister => capacity.ends_at_majority(),
            Self::ResidentRecord => capacity == Capacity::Parent,
            Self::GuardianshipCertificate => !capacity.ends_at_majority(),
            Self::CourtDecision => true,
        }
    }
}

/// What a mandate stands on, where staff registered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    /// As what the guardian acts.
    pub capacity: Capacity,
    /// What was shown.
    pub paper: Paper,
    /// The day on the paper.
    #[schema(value_type = String, format = Date)]
    pub dated: Date,
}

/// Guardian → relay: what is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationRequest {
    /// As what.
    pub capacity: Capacity,
    /// What is to be read, each once.
    pub services: Vec<Service>,
    /// Of what connectors declared, each once; at least one here or there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<ServiceId>,
    /// Whether the access history is to be read too.
    pub history: bool,
    /// What the guardian calls the other, e.g. 娘.
    pub name: String,
    /// What the other calls the guardian, and staff find on the papers.
    pub own_name: String,
    /// The version of the words that the guardian was shown.
    pub text_version: String,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationState {
    /// It waits for the papers.
    Applied,
    /// One member of staff has seen the papers; another is to look.
    Proposed,
    /// Staff said no.
    Refused,
}

/// What a guardian asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Names it, and the mandate that comes of it: 32 hexadecimal digits.
    pub id: String,
    /// What was asked for.
    pub request: ApplicationRequest,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Until when it can be decided.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Where it stands.
    pub state: ApplicationState,
    /// Why staff said no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusalReason>,
    /// What the guardian tells staff; only to the guardian, and while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<InviteCode>,
}

/// Clerk → relay: what is this code for?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindRequest {
    /// As the guardian told it.
    pub code: InviteCode,
}

/// Clerk → relay: the papers were seen, and this is whom they are about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalRequest {
    /// Of the application.
    pub code: InviteCode,
    /// What was shown.
    pub paper: Paper,
    /// The day on the paper: in the last three months.
    #[schema(value_type = String, format = Date)]
    pub dated: Date,
    /// The last day; for a minor at most the day before the 18th birthday.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// The insurance card of whom it is about. It is asked about once, and not kept.
    pub ward: TypedCard,
    /// Cards of other insurers that the same person has, at most [`MOST_MORE`]: each is asked about
    /// where it is from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<TypedCard>,
    /// Whom the papers name, as the card office proved it and sealed it to itself: with it those who
    /// hold what was asked for, beside insurers, find the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// What else there is to say, at most [`LONGEST_NOTE`] characters on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Shows no card.
impl std::fmt::Debug for ProposalRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProposalRequest").field("paper", &self.paper).finish_non_exhaustive()
    }
}

/// What waits for a second member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The application.
    pub application: Application,
    /// On which papers.
    pub papers: Papers,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// Whom the insurer found for the card, masked: to be laid beside the papers.
    pub target: MaskedTarget,
    /// The same for the other cards, and for whoever else holds what was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<MaskedTarget>,
    /// Those who hold what was asked for, beside insurers, and found nobody beyond doubt: what they
    /// have stays closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<DisplayName>,
    /// What the first wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was proposed.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether that was whoever asks, who cannot approve it.
    pub by_you: bool,
}

/// Relay → portal: what waits for a second member of staff, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalList {
    /// At most a hundred.
    pub proposals: Vec<Proposal>,
    /// What one of them stopped, and another looks into; at most a hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<Guardianship>,
    /// There are more.
    pub more: bool,
}

/// Why staff say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// The papers do not show it.
    Papers,
    /// The card is of somebody else than the papers.
    OtherPerson,
    /// The other is of age, or can act.
    CanAct,
    /// Somebody asked to keep the guardian away (DV, 虐待).
    KeptAway,
}

impl RefusalReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Papers, Self::OtherPerson, Self::CanAct, Self::KeptAway];

    /// As JSON and the access log have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Papers => "papers",
            Self::OtherPerson => "other-person",
            Self::CanAct => "can-act",
            Self::KeptAway => "kept-away",
        }
    }
}

/// Staff → relay: no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalRequest {
    /// Why.
    pub reason: RefusalReason,
}

/// Why an application or a proposal cannot be taken so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardianError {
    /// No service, or one twice.
    #[error("proxy.scope")]
    Scope,
    /// No name, or one too long or with control characters.
    #[error("proxy.name")]
    Name,
    /// No version of the words that were shown.
    #[error("proxy.text-version")]
    TextVersion,
    /// The paper cannot prove this.
    #[error("guardian.paper")]
    Paper,
    /// The paper is too old, or of tomorrow.
    #[error("guardian.dated")]
    Dated,
    /// The end is past, or later than the law or the federation lets it be.
    #[error("guardian.until")]
    Until,
    /// The note is too long or has several lines.
    #[error("guardian.note")]
    Note,
    /// The other cards are too many, or of somebody born on another day.
    #[error("guardian.cards")]
    Cards,
}

impl GuardianError {
    /// Every way to be refused that mandates do not have.
    pub const ALL: [Self; 5] = [Self::Paper, Self::Dated, Self::Until, Self::Note, Self::Cards];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scope => "proxy.scope",
            Self::Name => "proxy.name",
            Self::TextVersion => "proxy.text-version",
            Self::Paper => "guardian.paper",
            Self::Dated => "guardian.dated",
            Self::Until => "guardian.until",
            Self::Note => "guardian.note",
            Self::Cards => "guardian.cards",
        }
    }
}

impl ApplicationRequest {
    /// Whether something is held by others than insurers: whoever has no card of their own is found
    /// there by name, birth date, sex and address.
    pub fn is_beyond_insurers(&self) -> bool {
        let insured = |one: &Service| matches!(one, Service::Insurance | Service::Expenses);
        !self.declared.is_empty() || !self.services.iter().all(insured)
    }

    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), GuardianError> {
        if !is_scope(&self.services, &self.declared) {
            return Err(GuardianError::Scope);
        }
        if !is_name(&self.name) || !is_name(&self.own_name) {
            return Err(GuardianError::Name);
        }
        if is_version(&self.text_version) { Ok(()) } else { Err(GuardianError::TextVersion) }
    }
}

impl ProposalRequest {
    /// Checks what the types cannot, for a guardian who acts in that `capacity`, on `today`.
    pub fn validate(&self, capacity: Capacity, today: Date) -> Result<(), GuardianError> {
        if !self.paper.proves(capacity) {
            return Err(GuardianError::Paper);
        }
        let oldest = today.checked_sub(FRESH_MONTHS.months()).unwrap_or(Date::MIN);
        if self.dated < oldest || self.dated > today {
            return Err(GuardianError::Dated);
        }
        let latest = capacity.latest_end(self.ward.birth_date, today);
        if self.until < today || latest.is_none_or(|latest| self.until > latest) {
            return Err(GuardianError::Until);
        }
        let is_same = |card: &TypedCard| card.birth_date == self.ward.birth_date;
        if self.more.len() > MOST_MORE || !self.more.iter().all(is_same) {
            return Err(GuardianError::Cards);
        }
        let is_short = |note: &String| {
            note.chars().count() <= LONGEST_NOTE && !note.chars().any(char::is_control)
        };
        if self.note.as_ref().is_none_or(is_short) { Ok(()) } else { Err(GuardianError::Note) }
    }
}

/// What staff with these roles, as assertions name them, may do about guardians' papers: propose,
/// or approve what somebody else proposed.
pub fn may<'a>(roles: impl IntoIterator<Item = &'a str>) -> May {
    let of = |role: &str| match role {
        "urn:warifu:role:card-approver" | "urn:warifu:role:consortium-admin" => May::Do,
        "urn:warifu:role:card-clerk" => May::Propose,
        _ => May::No,
    };
    roles.into_iter().map(of).max().unwrap_or(May::No)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    pub(crate) fn papers() -> Papers {
        Papers {
            capacity: Capacity::Parent,
            paper: Paper::FamilyRegister,
            dated: date(2026, 11, 1),
        }
    }

    fn proposal() -> ProposalRequest {
        ProposalRequest {
            code: InviteCode::new([7; 16]),
            paper: Paper::FamilyRegister,
            dated: date(2026, 11, 1),
            until: date(2030, 1, 1),
            ward: TypedCard {
                insurer_number: "01370011".into(),
                symbol: "12".into(),
                number: "34".into(),
                branch: None,
                birth_date: date(2015, 5, 5),
            },
            more: Vec::new(),
            holder: None,
            note: None,
        }
    }

    #[test]
    fn a_parent_reads_until_the_day_before_the_eighteenth_birthday() {
        let of = |birth| Capacity::Parent.latest_end(birth, TODAY);
        assert_eq!(of(date(2015, 5, 5)), Some(date(2033, 5, 4)));
        assert_eq!(of(date(2012, 2, 29)), Some(date(2030, 2, 28)));
        assert_eq!(of(date(2008, 11, 21)), Some(TODAY), "the last day");
        assert_eq!(of(date(2008, 11, 20)), None, "of age since yesterday's end");
        let adults = Capacity::AdultsGuardian.latest_end(date(1940, 1, 1), TODAY);
        assert_eq!(adults, Some(date(2031, 11, 20)));
    }

    #[test]
    fn papers_prove_what_they_are_for_while_they_are_fresh() {
        let refused = |change: fn(&mut ProposalRequest)| {
            let mut one = proposal();
            change(&mut one);
            one.validate(Capacity::Parent, TODAY).err()
        };
        assert_eq!(refused(|_| ()), None);
        let other = |one: &mut ProposalRequest| one.paper = Paper::GuardianshipCertificate;
        assert_eq!(refused(other), Some(GuardianError::Paper));
        assert_eq!(refused(|one| one.dated = date(2026, 8, 19)), Some(GuardianError::Dated));
        assert_eq!(refused(|one| one.dated = date(2026, 11, 21)), Some(GuardianError::Dated));
        assert_eq!(refused(|one| one.until = date(2033, 5, 5)), Some(GuardianError::Until));
        assert_eq!(refused(|one| one.until = date(2026, 11, 19)), Some(GuardianError::Until));
        let other = |one: &mut ProposalRequest| {
            one.more = vec![TypedCard { birth_date: date(2015, 5, 6), ..one.ward.clone() }];
        };
        assert_eq!(refused(other), Some(GuardianError::Cards));
        let many = |one: &mut ProposalRequest| one.more = vec![one.ward.clone(); MOST_MORE + 1];
        assert_eq!(refused(many), Some(GuardianError::Cards));
        assert_eq!(refused(|one| one.note = Some("a\nb".into())), Some(GuardianError::Note));
        for capacity in Capacity::ALL {
            assert_eq!(serde_json::to_value(capacity).unwrap(), capacity.as_str());
            assert!(Paper::ALL.iter().any(|paper| paper.proves(capacity)));
        }
    }

    #[test]
    fn a_clerk_proposes_and_others_approve() {
        assert_eq!(may(["urn:warifu:role:card-clerk"]), May::Propose);
        let both = ["urn:warifu:role:card-clerk", "urn:warifu:role:card-approver"];
        assert_eq!(may(both), May::Do);
        assert_eq!(may(["urn:warifu:role:resident"]), May::No);
    }

    proptest! {
        #[test]
        fn no_mandate_for_a_minor_outlasts_the_childhood(
            year in 1900..2100_i16, month in 1..13_i8, day in 1..29_i8,
        ) {
            let birth = date(year, month, day);
            if let Some(end) = Capacity::MinorsGuardian.latest_end(birth, TODAY) {
                prop_assert!(end >= TODAY);
                let birthday = birth.checked_add(18.years()).unwrap();
                prop_assert_eq!(end, birthday.yesterday().unwrap());
            }
        }
    }
}
