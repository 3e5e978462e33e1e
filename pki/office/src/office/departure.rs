//! 死亡・転出: somebody says that a holder is gone, and every card of that person stops; somebody
//! else confirms it, and they end.

use warifu_contract::card_office::{Card, Stage, StopReason};
use warifu_contract::identity::Departure;
use warifu_pki::security_event::Event as Told;

use super::{CardOffice, Change, File};
use crate::life::{Refusal, Step, reason_of};
use crate::{Actor, CardKey, OfficeError, StaffRole};

impl CardOffice {
    /// Says, or confirms what somebody else said, that the card's holder has died or moved away. It
    /// counts for all cards of the person, of every kind. Gives the card that was asked for.
    pub async fn end_person(
        &self,
        actor: &Actor,
        id: &CardKey,
        why: Departure,
    ) -> Result<Card, OfficeError> {
        if !actor.is_any(&[StaffRole::Clerk, StaffRole::Approver]) {
            return Err(Refusal::Role.into());
        }
        let file = self.file(id).await?;
        let asked = file.row.id.clone();
        let mut change = self.begin().await?;
        let mut has_ended = false;
        for mut card in self.all_of_person(file).await? {
            let is_asked = card.row.id == asked;
            match self.end_card(&mut change, &mut card, actor, why).await {
                Ok(ended) => has_ended |= ended,
                // A card that is over already, or waits for another approver, hinders nobody.
                Err(OfficeError::Refused(_)) if !is_asked => {}
                Err(error) => return Err(error),
            }
        }
        if has_ended {
            self.tell_ended(&mut change, &asked).await?;
        }
        self.commit(change).await?;
        let file = self.file(&CardKey::Id(asked)).await?;
        self.view(actor, &file).await
    }

    async fn all_of_person(&self, file: File) -> Result<Vec<File>, OfficeError> {
        let person = match &file.row.person {
            Some(id) => self.store().person(id).await?,
            None => None,
        };
        let Some(person) = person else { return Ok(vec![file]) };
        let mut files = Vec::new();
        for row in self.store().cards_of_register(&person.register).await? {
            files.push(self.file_of(row).await?);
        }
        Ok(files)
    }

    /// Whether the card has ended by it.
    async fn end_card(
        &self,
        change: &mut Change,
        file: &mut File,
        actor: &Actor,
        why: Departure,
    ) -> Result<bool, OfficeError> {
        let was = file.life.stage();
        if file.life.end_proposed().is_none() {
            self.step(change, file, actor, Step::ProposeEnd { why }, None).await?;
            if was != Some(Stage::Suspended) && file.life.stage() == Some(Stage::Suspended) {
                self.stop(change, file, was, reason_of(why)).await?;
            }
            return Ok(false);
        }
        self.step(change, file, actor, Step::End { why }, None).await?;
        if was == Some(Stage::Personalising) {
            self.abandon(change, file, StopReason::NotWanted).await?;
        }
        self.end(change, file, reason_of(why)).await?;
        Ok(true)
    }

    async fn tell_ended(
        &self,
        change: &mut Change,
        card: &crate::CardId,
    ) -> Result<(), OfficeError> {
        let Some(row) = self.store().card(card).await? else { return Ok(()) };
        let Some(person) = &row.person else { return Ok(()) };
        let Some(person) = self.store().person(person).await? else { return Ok(()) };
        for reference in self.store().references_of(&person.register).await? {
            self.tell(change, change.now, &reference, Told::PersonEnded).await?;
        }
        Ok(())
    }
}
