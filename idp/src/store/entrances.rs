//! Where the writes that every sign-in makes enter the lanes of the database, so that those of many
//! requests share a commit.

use warifu_service::Database;
use warifu_service::storage::{Entrance, Lanes, Pace};

use super::logins::{AddLogin, SetChallenge, SetPresence, TakeChallenge, TakeLogin};
use super::replay::Claim;
use super::sessions::{Answering, Opening};

/// One for each kind of write; cheap to clone.
#[derive(Clone)]
pub(super) struct Entrances {
    pub(super) logins: Entrance<AddLogin>,
    pub(super) challenges: Entrance<SetChallenge>,
    pub(super) nonces: Entrance<TakeChallenge>,
    pub(super) openings: Entrance<Opening>,
    pub(super) presences: Entrance<SetPresence>,
    pub(super) outcomes: Entrance<TakeLogin>,
    pub(super) answers: Entrance<Answering>,
    pub(super) claims: Entrance<Claim>,
}

impl Entrances {
    /// Opens them; the lanes work until the last clone is gone.
    pub(super) fn open(database: &Database) -> Self {
        let mut lanes = Lanes::new(database, Pace::of(database));
        let entrances = Self {
            logins: lanes.entrance(),
            challenges: lanes.entrance(),
            nonces: lanes.entrance(),
            openings: lanes.entrance(),
            presences: lanes.entrance(),
            outcomes: lanes.entrance(),
            answers: lanes.entrance(),
            claims: lanes.entrance(),
        };
        lanes.start();
        entrances
    }
}
