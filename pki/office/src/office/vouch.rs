//! Vouching for a person: what was proved against the resident register, for whoever holds the card,
//! or for a ward without one, whom staff have papers of.

use jiff::SignedDuration;
use warifu_contract::card_office::{CardKind, Stage};
use warifu_contract::identity::FourItems;
use warifu_contract::linking::Attributes;

use super::apply::require_items;
use super::{CardOffice, File};
use crate::life::{Refusal, Step, StepKind};
use crate::proof::Verdict;
use crate::{Actor, OfficeError, StaffRole};

/// How often somebody is vouched for within a day. Each time is an entry in the card's history.
const MOST_A_DAY: usize = 20;
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl CardOffice {
    /// What the office has proved of whoever holds that card, a resident's card in use. That it was
    /// told is noted in the card's history.
    pub(crate) async fn vouch(&self, holder: &str) -> Result<Attributes, OfficeError> {
        let row = self.store().card_of_holder(holder).await?.ok_or(OfficeError::NotInUse)?;
        let mut file = self.file_of(row).await?;
        self.require_in_use(&file)?;
        self.require_seldom(&file).await?;
        let items = file.row.application.applicant.clone();
        let attributes = Attributes { items, former_names: Vec::new() };
        if !attributes.is_bounded() {
            return Err(OfficeError::record("office_cards", file.row.id.as_str()));
        }
        let mut change = self.begin().await?;
        self.step(&mut change, &mut file, &Actor::system(), Step::Vouch, None).await?;
        self.commit(change).await?;
        Ok(attributes)
    }

    /// What the register says of a ward whom papers name, asked about as `named`: as they stand
    /// there, or nothing. Nobody resolves a doubt here, and nothing is kept.
    pub(crate) async fn prove_ward(
        &self,
        actor: &Actor,
        named: &str,
        items: FourItems,
    ) -> Result<Attributes, OfficeError> {
        if !actor.is_any(&[StaffRole::Clerk, StaffRole::Approver]) {
            return Err(Refusal::Role.into());
        }
        require_items(&items)?;
        let register = self.inner.register.as_ref().ok_or(OfficeError::NoRegister)?;
        let answer = register.ask(named, &items).await?;
        if Verdict::of(&answer.outcome) != Verdict::Clear {
            return Err(OfficeError::NoPerson);
        }
        Ok(Attributes { items, former_names: Vec::new() })
    }

    fn require_in_use(&self, file: &File) -> Result<(), OfficeError> {
        let is_over = file.row.expires_at.is_some_and(|end| end <= self.now());
        let is_in_use = file.row.kind == CardKind::Resident
            && file.row.person.is_some()
            && file.life.stage() == Some(Stage::Active)
            && !is_over;
        if is_in_use { Ok(()) } else { Err(OfficeError::NotInUse) }
    }

    async fn require_seldom(&self, file: &File) -> Result<(), OfficeError> {
        let since = self.now() - DAY;
        let events = self.store().events(&file.row.id).await?;
        let recent =
            |event: &&crate::Event| event.step.kind() == StepKind::Vouch && event.at > since;
        let is_seldom = events.iter().filter(recent).count() < MOST_A_DAY;
        if is_seldom { Ok(()) } else { Err(OfficeError::TooManyVouchers) }
    }
}
