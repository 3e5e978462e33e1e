//! Services as data: what a connector declares that it can show, what it then says, and how both
//! are checked. Nothing here is known to the portal's code beforehand.
//!
//! A connector publishes a signed [`ServiceManifest`]. What it answers later ([`Content`]) is
//! checked against it where it leaves and again where it is shown; what a person enters
//! ([`Row`]) is checked against it where it is typed and again where it is kept.

mod applications;
mod check;
mod content;
mod entry;
mod id;
mod manifest;
mod text;
mod wire;

pub use applications::{
    Application, ApplicationList, ApplicationState, ConnectorApplication,
    ConnectorApplicationRequest, ConnectorApplications, ConnectorApplicationsRequest, Listed,
    SettleError, SettleRequest,
};
pub use check::ManifestError;
pub use content::{
    Cell, CellFault, CheckedCell, CheckedRow, Content, ContentError, Row, Step, Submitted,
    is_reference,
};
pub use entry::EntryError;
pub use id::{LONGEST_NAME, ServiceId, is_name};
pub use manifest::{
    Access, Audience, Becomes, Category, Code, Declaration, Elsewhere, Field, FieldKind, Form,
    FormField, Level, MANIFEST_TYPE, Range, ServiceManifest, Status, View, ViewKind,
};
pub use text::plain;
pub use wire::{
    Catalogue, ConnectorContent, ConnectorEntry, ConnectorServiceRequest, EntryReceipt,
    EntryRequest, Offered, ServiceAnswer, ServiceOutcome, ServiceRequest,
};

/// The services of one manifest, at most.
pub const MOST_SERVICES: usize = 32;
/// The fields of one service, at most.
pub const MOST_FIELDS: usize = 40;
/// The rows of one answer, at most.
pub const MOST_ROWS: usize = 500;
/// What was entered and is told in one answer, at most.
pub const MOST_SUBMISSIONS: usize = 100;
/// The decisions about something that was sent, at most.
pub const MOST_STEPS: usize = 40;
/// The applications of one list, at most.
pub const MOST_LISTED: usize = 100;
/// The longest reason of a decision, in characters.
pub const LONGEST_REASON: usize = 400;
/// The longest text of a field, in characters.
pub const LONGEST_TEXT: usize = 2_000;
/// The longest text of a document, in characters.
pub const LONGEST_DOCUMENT: usize = 20_000;
/// The longest signed manifest, in bytes.
pub const LARGEST_MANIFEST: usize = 192 * 1024;

#[cfg(test)]
pub(crate) mod tests;
