//! What happened to a card, in order: each event holds the hash of the one before it, so that none
//! can be changed, left out or put in between without notice.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use warifu_contract::card_office::Stage;

use crate::StaffRole;
use crate::life::Step;

/// Starts what is hashed, so that the hash is of nothing else.
const PURPOSE: &[u8] = b"warifu card event v1";

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// One event of a card's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// 受付番号.
    pub card: String,
    /// Its place in the card's history: 1, 2, 3 …
    pub sequence: u32,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// In which role; `None` for the office itself.
    pub role: Option<StaffRole>,
    /// Where the card stood.
    pub from: Option<Stage>,
    /// Where it stands now.
    pub to: Stage,
    /// What happened.
    pub step: Step,
    /// What was noted, sealed.
    pub note: Option<Vec<u8>>,
    /// The hash of the event before; zeros for the first.
    pub previous: Hash,
}

impl Event {
    /// SHA-256 over all of it, each part behind its length.
    pub fn hash(&self) -> Hash {
        let step = serde_json::to_vec(&self.step).unwrap_or_default();
        let role = self.role.map_or("", StaffRole::name);
        let from = self.from.map_or("", Stage::as_str);
        let parts: [&[u8]; 11] = [
            PURPOSE,
            self.card.as_bytes(),
            &self.sequence.to_be_bytes(),
            &self.at.as_microsecond().to_be_bytes(),
            self.actor.as_bytes(),
            role.as_bytes(),
            from.as_bytes(),
            self.to.as_str().as_bytes(),
            &step,
            self.note.as_deref().unwrap_or_default(),
            &self.previous,
        ];
        let mut context = Context::new(&SHA256);
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(part);
        }
        let mut hash = Hash::default();
        for (to, from) in hash.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            card: "A7K29QXF".into(),
            sequence: 1,
            at: "2026-11-20T01:15:00Z".parse().unwrap(),
            actor: "a".into(),
            role: Some(StaffRole::Clerk),
            from: None,
            to: Stage::Applied,
            step: Step::Apply { consent: true },
            note: Some(b"sealed".to_vec()),
            previous: Hash::default(),
        }
    }

    #[test]
    fn the_hash_tells_every_part() {
        let first = event().hash();
        let changes: [fn(&mut Event); 10] = [
            |e| e.card.push('0'),
            |e| e.sequence += 1,
            |e| e.at += jiff::SignedDuration::from_micros(1),
            |e| e.actor.push('b'),
            |e| e.role = None,
            |e| e.from = Some(Stage::Applied),
            |e| e.to = Stage::Proved,
            |e| e.step = Step::Apply { consent: false },
            |e| e.note = None,
            |e| e.previous[31] = 1,
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut other = event();
            change(&mut other);
            assert_ne!(other.hash(), first, "change {index}");
        }
        assert_eq!(event().hash(), first);
    }
}
