//! 更新: warnings before a card ends, and its end.

use jiff::{SignedDuration, Timestamp};
use warifu_contract::card_office::CardLine;
use warifu_pki::security_event::CardStatus;

use crate::life::{Circumstances, Step};
use crate::office::{CardOffice, File, line};
use crate::{Actor, OfficeError};

/// Days before the end at which the holder is warned, each once.
const WARNINGS: [u32; 3] = [90, 60, 30];
/// From when on the next card may be ordered: with the first warning.
const FIRST: u32 = 90;

/// A warning that is due: the holder is to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Whose card.
    pub card: CardLine,
    /// Which of the warnings: 90, 60 or 30.
    pub days: u32,
}

/// From when on the next card may be ordered.
pub(crate) fn renewable_from(expires_at: Timestamp) -> Timestamp {
    expires_at - days(FIRST)
}

/// The ends that are near: from now to when the next card may be ordered.
pub(crate) fn due(now: Timestamp) -> (Timestamp, Timestamp) {
    (now, now + days(FIRST))
}

impl CardOffice {
    /// The warnings that are due now and were not given, each noted as given. A card for which
    /// several were missed gets the last of them only.
    pub async fn remind(&self, now: Timestamp) -> Result<Vec<Reminder>, OfficeError> {
        let mut warnings = Vec::new();
        let mut cursor = String::new();
        loop {
            let rows = self.store().ending(due(now), &cursor).await?;
            let Some(last) = rows.last() else { return Ok(warnings) };
            last.id.as_str().clone_into(&mut cursor);
            for row in rows {
                let file = self.file_of(row).await?;
                warnings.extend(self.remind_of(file, now).await?);
            }
        }
    }

    async fn remind_of(
        &self,
        mut file: File,
        now: Timestamp,
    ) -> Result<Option<Reminder>, OfficeError> {
        let Some(days) = file.row.expires_at.and_then(|end| warning(end, now)) else {
            return Ok(None);
        };
        if file.life.is_replaced() || file.life.was_reminded(days) {
            return Ok(None);
        }
        let mut change = self.begin().await?;
        let system = Actor::system();
        match self.step(&mut change, &mut file, &system, Step::Remind { days }, None).await {
            // Somebody does something with the card; the next look reminds, if it is still due.
            Err(OfficeError::MovedOn { .. } | OfficeError::Refused(_)) => return Ok(None),
            other => other?,
        }
        self.commit(change).await?;
        Ok(Some(Reminder { card: line(&Actor::machine("renewal"), &file.row), days }))
    }

    /// Notes which cards have ended by `now`; gives how many.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, OfficeError> {
        let mut count = 0;
        loop {
            let rows = self.store().ended(now).await?;
            if rows.is_empty() {
                return Ok(count);
            }
            let before = count;
            for row in rows {
                let file = self.file_of(row).await?;
                count += u64::from(self.expire_one(file, now).await?);
            }
            if count == before {
                return Ok(count);
            }
        }
    }

    async fn expire_one(&self, mut file: File, now: Timestamp) -> Result<bool, OfficeError> {
        let around = Circumstances { now, renewable_from: None, has_other_card: false };
        if file.life.check(&Step::Expire, &Actor::system(), &around).is_err() {
            return Ok(false);
        }
        let mut change = self.begin().await?;
        match self.step(&mut change, &mut file, &Actor::system(), Step::Expire, None).await {
            Err(OfficeError::MovedOn { .. }) => return Ok(false),
            other => other?,
        }
        // The certificates have ended by themselves.
        self.store().forget_code(&mut change.transaction, &file.row.id).await?;
        self.tell_state(&mut change, &file, CardStatus::Ended, None).await?;
        self.commit(change).await?;
        Ok(true)
    }
}

/// The last warning whose time has come.
fn warning(end: Timestamp, now: Timestamp) -> Option<u32> {
    WARNINGS.into_iter().rev().find(|count| now >= end - days(*count))
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_warning_counts() {
        let end: Timestamp = "2027-06-01T00:00:00Z".parse().unwrap();
        for (left, expected) in
            [(91, None), (90, Some(90)), (61, Some(90)), (60, Some(60)), (29, Some(30))]
        {
            assert_eq!(warning(end, end - days(left)), expected, "{left}");
        }
    }
}
