//! Looking cards up: one, a list, a search, a history.

use warifu_contract::card_office::{Card, CardEvent, CardList, CardSearch, Stage};
use warifu_contract::identity::FourItems;
use warifu_contract::person::Sex;
use warifu_service::storage::micros;

use super::apply::{fits, require};
use super::view::line;
use super::{CardOffice, File};
use crate::event::Event;
use crate::life::Refusal;
use crate::renewal;
use crate::store::CardRow;
use crate::{Actor, CardId, CardKey, OfficeError, StaffRole};

const PAGE: usize = 50;
const LONGEST_NAME: usize = 100;
const READERS: &[StaffRole] = &[StaffRole::Clerk, StaffRole::Approver];

impl CardOffice {
    /// A card; `None` if there is none. The call centre sees it for 15 minutes after its holder has
    /// answered the identity questions.
    pub async fn card(&self, actor: &Actor, key: &CardKey) -> Result<Option<Card>, OfficeError> {
        match self.readable(actor, key).await {
            Ok(file) => self.view(actor, &file).await.map(Some),
            Err(OfficeError::UnknownCard) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What happened to a card, oldest first.
    pub async fn history(
        &self,
        actor: &Actor,
        key: &CardKey,
    ) -> Result<Vec<CardEvent>, OfficeError> {
        let file = self.readable(actor, key).await?;
        let events = self.store().events(&file.row.id).await?;
        events.into_iter().map(|event| self.told_event(event)).collect()
    }

    /// Cards at a stage, or all, newest first, with how many stand at each stage.
    pub async fn list(
        &self,
        actor: &Actor,
        stage: Option<Stage>,
        cursor: Option<&str>,
    ) -> Result<CardList, OfficeError> {
        require_reader(actor)?;
        let cursor = cursor.map(|cursor| read_cursor(cursor).ok_or(OfficeError::Invalid("cursor")));
        let rows = self.store().page(stage, cursor.transpose()?).await?;
        let shown = rows.get(..PAGE).unwrap_or(&rows);
        let next = (rows.len() > PAGE).then(|| shown.last().map(cursor_of)).flatten();
        let cards = shown.iter().map(|row| line(actor, row)).collect();
        Ok(CardList { cards, next, counts: self.store().counts().await? })
    }

    /// Cards in use that end within 90 days and whose next one is not ordered, in the order of
    /// their ids.
    pub async fn ending(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
    ) -> Result<CardList, OfficeError> {
        require_reader(actor)?;
        let cursor = cursor.map(str::parse::<CardId>);
        let cursor = cursor.transpose().map_err(|_| OfficeError::Invalid("cursor"))?;
        let after = cursor.as_ref().map_or("", CardId::as_str);
        let rows = self.store().ending(renewal::due(self.now()), after).await?;
        let next = rows.last().filter(|_| rows.len() > PAGE);
        let next = next.and(rows.get(PAGE - 1)).map(|row| row.id.to_string());
        let due = rows.iter().take(PAGE).filter(|row| row.replaced_by.is_none());
        let cards = due.map(|row| line(actor, row)).collect();
        Ok(CardList { cards, next, counts: self.store().counts().await? })
    }

    /// Cards by 受付番号, card number, serial number, or name and birth date.
    pub async fn search(
        &self,
        actor: &Actor,
        search: &CardSearch,
    ) -> Result<CardList, OfficeError> {
        require_reader(actor)?;
        let rows = self.found(search).await?;
        let cards = rows.iter().take(PAGE).map(|row| line(actor, row)).collect();
        Ok(CardList { cards, next: None, counts: Vec::new() })
    }

    async fn found(&self, search: &CardSearch) -> Result<Vec<CardRow>, OfficeError> {
        if let Some(text) = search.id.as_ref().or(search.number.as_ref()) {
            // A slip of the pen finds nothing, as a number that nobody has.
            let Ok(key) = text.parse::<CardKey>() else { return Ok(Vec::new()) };
            return match self.file(&key).await {
                Ok(file) => Ok(vec![file.row]),
                Err(OfficeError::UnknownCard) => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let (Some(name), Some(birth_date)) = (&search.name, search.birth_date) else {
            return Err(OfficeError::Invalid("search"));
        };
        require("name", fits(name, LONGEST_NAME))?;
        let (name, address) = (name.clone(), String::new());
        let items = FourItems { name, kana: None, address, birth_date, sex: Sex::Unknown };
        self.store().cards_of_name(&items).await
    }

    pub(super) async fn readable(&self, actor: &Actor, key: &CardKey) -> Result<File, OfficeError> {
        let file = self.file(key).await;
        if require_reader(actor).is_ok() {
            return file;
        }
        if !actor.is_any(&[StaffRole::CallCentre]) {
            return Err(Refusal::Role.into());
        }
        // Nor does the call centre learn which cards there are.
        let file = file.map_err(|_| OfficeError::NotIdentified)?;
        let is_open = file.life.is_open_to(&actor.id, self.now());
        if is_open { Ok(file) } else { Err(OfficeError::NotIdentified) }
    }

    fn told_event(&self, event: Event) -> Result<CardEvent, OfficeError> {
        let note = self.store().note_of(&event)?;
        Ok(CardEvent {
            sequence: event.sequence,
            at: event.at,
            kind: event.step.kind().event().to_owned(),
            role: event.role.map(|role| role.name().to_owned()),
            from: event.from,
            to: event.to,
            reason: event.step.reason(),
            actor: event.actor,
            note,
        })
    }
}

fn require_reader(actor: &Actor) -> Result<(), OfficeError> {
    if actor.is_any(READERS) { Ok(()) } else { Err(Refusal::Role.into()) }
}

fn cursor_of(row: &CardRow) -> String {
    format!("{}.{}", micros(row.projection.since), row.id.as_str())
}

fn read_cursor(cursor: &str) -> Option<(i64, &str)> {
    let (since, id) = cursor.split_once('.')?;
    let is_id = id.parse::<CardId>().is_ok_and(|parsed| parsed.as_str() == id);
    Some((since.parse().ok()?, id)).filter(|_| is_id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_cursor_is_read_without_panic(text in "\\PC{0,40}") {
            let _ = read_cursor(&text);
        }
    }
}
