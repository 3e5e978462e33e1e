//! The coverage that insurers deposit (事前蓄積型): every card with everybody on it, as each
//! deposit left it, and each deposit live as a whole or not at all.
//!
//! Two times are kept. *Valid* time (from when to when somebody is covered) stands in the cards;
//! *known* time is the number of the deposit that brought a card, and the instant at which that
//! deposit went live. Nothing is written over, so what was answered on a day can be answered
//! again, with its reasons, years later.

mod births;
mod bulk;
mod card;
mod config;
mod deciding;
mod deposits;
mod gathering;
mod intake;
mod key;
mod linking;
mod members;
mod person;
mod pseudonyms;
mod reseal;
mod store;
#[cfg(test)]
mod tests;
mod wards;

use sqlx::migrate::Migrator;
use warifu_service::storage::Migrations;

pub use config::{Approval, DepositConfig, DepositConfigError, DepositedInsurer, DepositingSystem};
pub use deciding::{Answer, Question};
pub use deposits::{DepositError, Deposits, OpenDepositError};
pub use intake::{
    Change, DepositFile, Fault, FileError, IntakeError, Kind, Lag, Order, PieceReader, Progress,
    Row, State, Status, Upload, Waiting, WarningCount, Wrong,
};
pub use linking::MatchError;
pub use members::Membership;
pub use person::Person;
pub use pseudonyms::Bound;
pub use warifu_files::Hint;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The tables, in both engines' words.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };
