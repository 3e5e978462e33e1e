//! 本人確認: what the register's answer does to an application.

use warifu_contract::identity::{IdentityAnswer, IdentityOutcome};

use super::{CardOffice, Change, File};
use crate::life::Step;
use crate::proof::{Verdict, person_of};
use crate::{Actor, OfficeError};

impl CardOffice {
    /// Asks the register, and goes on by its answer. If it is silent nothing changes.
    pub(super) async fn prove(&self, actor: &Actor, file: &mut File) -> Result<(), OfficeError> {
        let around = self.circumstances(file).await?;
        file.life.check(&Step::Prove, actor, &around)?;
        let register = self.inner.register.as_ref().ok_or(OfficeError::NoRegister)?;
        let answer =
            register.ask(&file.row.id.to_string(), &file.row.application.applicant).await?;
        let mut change = self.begin().await?;
        self.take_answer(&mut change, file, actor, answer).await?;
        self.commit(change).await
    }

    async fn take_answer(
        &self,
        change: &mut Change,
        file: &mut File,
        actor: &Actor,
        answer: IdentityAnswer,
    ) -> Result<(), OfficeError> {
        let outcome = answer.outcome;
        let step = match self.verdict(file, &outcome).await? {
            Verdict::Clear => Step::Prove,
            Verdict::Doubtful { resolvable } => Step::Doubt { resolvable },
        };
        let is_clear = step == Step::Prove;
        self.step(change, file, actor, step, None).await?;
        self.store().set_proof(&mut change.transaction, &file.row.id, &outcome).await?;
        file.row.proof = Some(outcome);
        if is_clear { self.name_person(change, file).await } else { Ok(()) }
    }

    /// The next card of a person is for nobody else: if the register means another one now, no note
    /// makes up for it.
    async fn verdict(
        &self,
        file: &File,
        outcome: &IdentityOutcome,
    ) -> Result<Verdict, OfficeError> {
        if let (Some(id), Some(reference)) = (&file.row.person, person_of(outcome)) {
            let person = self.store().person(id).await?.ok_or(OfficeError::NoPerson)?;
            if person.register != self.store().register_key(reference) {
                return Ok(Verdict::Doubtful { resolvable: false });
            }
        }
        Ok(Verdict::of(outcome))
    }

    /// Puts the card under the person whom the register means.
    pub(super) async fn name_person(
        &self,
        change: &mut Change,
        file: &mut File,
    ) -> Result<(), OfficeError> {
        if file.row.person.is_some() {
            return Ok(());
        }
        let reference = file.row.proof.as_ref().and_then(person_of).ok_or(OfficeError::NoPerson)?;
        let (store, application) = (self.store(), &file.row.application);
        let person = store.person_of(&mut change.transaction, reference, application).await?;
        store.set_person(&mut change.transaction, &file.row.id, &person).await?;
        file.row.person = Some(person.id);
        Ok(())
    }
}
