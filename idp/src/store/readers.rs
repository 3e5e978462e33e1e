//! Where what nearly every request reads is read, so that many requests share a statement.

use warifu_service::Database;
use warifu_service::storage::Reader;

use super::cards::KnownRead;
use super::logins::LoginRead;
use super::sessions::{FinishedRead, SessionRead};

/// One for each kind of read; cheap to clone.
#[derive(Clone)]
pub(super) struct Readers {
    pub(super) logins: Reader<LoginRead>,
    pub(super) sessions: Reader<SessionRead>,
    pub(super) finished: Reader<FinishedRead>,
    pub(super) cards: Reader<KnownRead>,
}

impl Readers {
    /// Opens them; they work until the last clone is gone.
    pub(super) fn open(database: &Database) -> Self {
        Self {
            logins: Reader::start(database),
            sessions: Reader::start(database),
            finished: Reader::start(database),
            cards: Reader::start(database),
        }
    }
}

/// What was found for each of so many questions, by the place of its question among them.
pub(super) fn in_places<T>(
    questions: usize,
    found: impl Iterator<Item = (i64, T)>,
) -> Vec<Option<T>> {
    let mut places: Vec<_> = std::iter::repeat_with(|| None).take(questions).collect();
    for (place, found) in found {
        let place = usize::try_from(place).ok().and_then(|place| places.get_mut(place));
        if let Some(place) = place {
            *place = Some(found);
        }
    }
    places
}
