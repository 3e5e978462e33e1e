//! What a connector declares: its services, and how each is read, checked and shown.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::history::Purpose;
use crate::records::DisplayName;

/// `typ` in the header of the JWS (ES256) that carries a manifest (RFC 8725 §3.11).
pub const MANIFEST_TYPE: &str = "service-manifest+jwt";

/// What a connector declares. Valid from the first to the last day, both in Japan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceManifest {
    /// The connector's id within the federation.
    pub connector: String,
    /// Grows with every change, from 1.
    pub version: u32,
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// The last day, at most two years later.
    #[schema(value_type = String, format = Date)]
    pub valid_until: Date,
    /// At least one, at most [`MOST_SERVICES`](super::MOST_SERVICES), in the order of the menu.
    pub services: Vec<Declaration>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Its name at this connector: 1 to 32 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// As people know it.
    pub name: DisplayName,
    /// The organisation that holds the records.
    pub holder: DisplayName,
    /// Where it stands in the list.
    pub category: Category,
    /// What it is used for, in a sentence (利用目的).
    pub purpose: DisplayName,
    /// Who may read, at which level. Nobody else may.
    pub access: Vec<Access>,
    /// The rows are messages to the person: the portal's page of notices leads to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tells: bool,
    /// What a row can hold, at most [`MOST_FIELDS`](super::MOST_FIELDS).
    #[serde(default)]
    pub fields: Vec<Field>,
    /// How the rows are shown, one after the other; as a table when this is empty.
    #[serde(default)]
    pub show: Vec<View>,
    /// What can be entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// A site that people sign in to with the same card, instead of records here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// Where a service stands in the list.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// 受診.
    Care,
    /// 健康づくり.
    Health,
    /// 保険・介護.
    Insurance,
    /// 子育て.
    Family,
    /// 学校.
    School,
    /// 市役所.
    City,
    /// くらし.
    Living,
    /// ほかのサイト.
    Elsewhere,
    /// One that this version does not know.
    #[serde(other)]
    Other,
}

impl Category {
    /// Every category, in the order of the list.
    pub const ALL: [Self; 9] = [
        Self::Care,
        Self::Health,
        Self::Insurance,
        Self::Family,
        Self::School,
        Self::City,
        Self::Living,
        Self::Elsewhere,
        Self::Other,
    ];
}

/// Who may read, at which level of sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Who.
    pub who: Audience,
    /// The least level; staff always need `high`.
    pub level: Level,
}

/// Who may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The person whose records they are.
    Resident,
    /// Who looks after the person: whom the holder knows as guardian, or a proxy by a mandate.
    Guardian,
    /// A clinic's staff, on a consent.
    Clinic,
    /// A city's staff, on a consent.
    CityClerk,
    /// One that this version does not know, and lets in nowhere.
    #[serde(other)]
    Other,
}

/// How sure a sign-in is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A card, and a PIN that the identity provider checked.
    Substantial,
    /// A card that checked its PIN itself.
    High,
}

/// What one place in a row holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in rows: 1 to 32 of `a-z`, `0-9` and `-`.
    pub name: String,
    /// As people read it.
    pub label: DisplayName,
    /// What it holds.
    pub kind: FieldKind,
    /// The unit of a number, e.g. `kg`, `mmHg`, `円`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which code system codes are of, e.g. `urn:oid:1.2.392.200119.4.201`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The words of codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
    /// The reference range of a number, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// The least number that can be; one below is a mistake, and not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// The greatest number that can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
    /// A date may lie ahead, as that of an appointment does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ahead: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// Several lines of text.
    Document,
    /// A number, of `unit`.
    Number,
    /// A day: `2026-11-20`.
    Date,
    /// An instant: `2026-11-20T10:15:00+09:00`.
    Moment,
    /// One of `codes`.
    Code,
    /// Yes or no.
    Flag,
    /// Degrees north and east: `34.3428,134.0466`.
    Place,
    /// One that this version does not know: shown as label and text.
    #[serde(other)]
    Other,
}

/// A code and its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The code.
    pub code: String,
    /// What it means.
    pub words: DisplayName,
}

/// A reference range: at least one end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The lower end, itself within.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// The upper end, itself within.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// What is said of a number within.
    pub within: DisplayName,
    /// What is said of one outside: kindly.
    pub outside: DisplayName,
}

/// One way to show the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Which way.
    pub kind: ViewKind,
    /// The heading; the service's name when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<DisplayName>,
    /// Of charts and timelines, the field that says when; of maps, the one that says where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The fields shown, in order; every field when this is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// A way to show rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ViewKind {
    /// The first row, label and value one below the other, as a card.
    Card,
    /// A table.
    Table,
    /// A drawing for each number, over time.
    Chart,
    /// What happened, by day.
    Timeline,
    /// Documents to read: the first field is the heading.
    Document,
    /// A list of places, and a drawing of them.
    Map,
    /// One that this version does not know: shown as a table.
    #[serde(other)]
    Other,
}

/// What can be entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its heading, e.g. 体重・血圧を記録する.
    pub title: DisplayName,
    /// What to know before sending.
    pub note: DisplayName,
    /// The words on the button.
    pub button: DisplayName,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What is typed, each of the service's `fields`.
    pub fields: Vec<FormField>,
    /// Where something sent can stand; the first is where it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
}

/// What becomes of what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Becomes {
    /// One more row, at once.
    Row,
    /// An application, which the holder decides about.
    Application,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormField {
    /// The field's name.
    pub field: String,
    /// It may not be left empty.
    #[serde(default)]
    pub required: bool,
}

/// Where something sent stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Its code.
    pub code: String,
    /// As people read it.
    pub words: DisplayName,
    /// Nothing more will happen.
    #[serde(default)]
    pub last: bool,
    /// What was wished is not done: whoever decides so says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refuses: bool,
}

/// A site that people sign in to with the same card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Its address, over TLS; or, on this machine alone, without.
    pub url: String,
    /// What one finds there.
    pub words: DisplayName,
}

impl Audience {
    /// Who reads for this purpose.
    pub fn of(purpose: Purpose) -> &'static [Self] {
        match purpose {
            Purpose::OwnLook | Purpose::OwnService => &[Self::Resident, Self::Guardian],
            Purpose::OnBehalf => &[Self::Guardian],
            Purpose::Care | Purpose::HealthGuidance | Purpose::Emergency => &[Self::Clinic],
            Purpose::Procedure => &[Self::CityClerk],
            Purpose::Treatment | Purpose::Linking => &[],
        }
    }
}

impl Declaration {
    /// The least level at which it may be read for `purpose`; none when it may not.
    pub fn level_of(&self, purpose: Purpose) -> Option<Level> {
        Audience::of(purpose).iter().filter_map(|who| self.level_for(*who)).min()
    }

    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The least level at which `who` may read; none when they may not.
    pub fn level_for(&self, who: Audience) -> Option<Level> {
        let theirs = self.access.iter().filter(|access| access.who == who);
        theirs.map(|access| access.level).min()
    }
}

impl ServiceManifest {
    /// The service called `id`.
    pub fn service(&self, id: &str) -> Option<&Declaration> {
        self.services.iter().find(|service| service.id == id)
    }
}
