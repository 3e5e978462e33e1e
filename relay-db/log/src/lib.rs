//! The tamper-evident access log: what is disclosed, checked, refused or issued is an event, and
//! no answer leaves before its event is durable.
//!
//! Events are the leaves of a Merkle tree (RFC 6962 hashing, C2SP tlog-tiles form), whose head is
//! signed at every commit. Whoever keeps a head can show later that the log was rewritten. Each
//! subject's events carry a running number and the leaf of the one before, so that an entry left
//! out leaves a gap. What an event names is sealed in the database; the tree is over the
//! canonical bytes, which hold a random salt.

mod action;
mod body;
mod bulk;
pub mod checkpoint;
pub mod consistency;
pub mod cosignature;
mod erasure;
pub mod error;
pub mod event;
pub mod export;
pub mod filling;
mod growth;
mod line;
mod log;
pub mod manual;
mod named_key;
pub mod note;
#[cfg(test)]
mod plan;
pub mod proof;
mod proving;
mod reading;
pub mod retention;
mod sequencer;
mod store;
mod streams;
mod tile_path;
mod tree;
pub mod verify;
pub mod witness;

use sqlx::migrate::Migrator;
use warifu_service::storage::Migrations;

pub use action::{Action, Series};
pub use checkpoint::Checkpoint;
pub use consistency::ConsistencyProof;
pub use cosignature::{Cosigner, WitnessVerifier, Witnessed};
pub use error::{LogError, OpenError};
pub use event::{Actor, Entry, Event, Outcome};
pub use log::{Log, Logged, MOST_TOGETHER};
pub use note::{NoteKey, NoteSigner, NoteVerifier};
pub use proof::InclusionProof;
pub use retention::Retention;
pub use sequencer::{Once, Pace, Receipt};
pub use tile_path::TilePath;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The log's tables, in both engines' words.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };
