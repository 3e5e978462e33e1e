//! What is printed: the card's face, the letter with the transport code, the sheet that goes with
//! the card in the mail.

use warifu_contract::card_office::Stage;

use super::view::day;
use super::{CardOffice, File};
use crate::life::{Refusal, Step};
use crate::print::{CoverData, FaceData, LetterData};
use crate::{Actor, CardKey, OfficeError, StaffRole};

impl CardOffice {
    /// What stands on the card's face.
    pub async fn face(&self, actor: &Actor, id: &CardKey) -> Result<FaceData, OfficeError> {
        require_clerk(actor)?;
        let File { row, .. } = self.made(id).await?;
        let (Some(number), Some(expires)) = (&row.number, row.expires_at) else {
            return Err(Refusal::Impossible.into());
        };
        let applicant = &row.application.applicant;
        Ok(FaceData {
            kana: applicant.kana.clone().unwrap_or_else(|| applicant.name.clone()),
            birth_date: applicant.birth_date,
            sex: applicant.sex,
            number: number.to_string(),
            expires: day(expires),
        })
    }

    /// What stands in the letter, once; again only for an approver. Each time is an event.
    pub async fn letter(&self, actor: &Actor, id: &CardKey) -> Result<LetterData, OfficeError> {
        let mut file = self.made(id).await?;
        let is_again = file.life.is_letter_printed() && actor.is_any(&[StaffRole::Approver]);
        let step = if is_again { Step::ReprintLetter } else { Step::PrintLetter };
        let mut change = self.begin().await?;
        self.step(&mut change, &mut file, actor, step, None).await?;
        let code = self.store().code(&file.row.id).await?.ok_or(Refusal::Impossible)?;
        self.commit(change).await?;
        let applicant = file.row.application.applicant;
        Ok(LetterData {
            id: file.row.id.to_string(),
            name: applicant.name,
            address: applicant.address,
            code,
            date: day(self.now()),
        })
    }

    /// What stands on the sheet in the card's envelope.
    pub async fn cover(&self, actor: &Actor, id: &CardKey) -> Result<CoverData, OfficeError> {
        require_clerk(actor)?;
        let File { row, .. } = self.made(id).await?;
        let applicant = row.application.applicant;
        Ok(CoverData {
            id: row.id.to_string(),
            name: applicant.name,
            address: applicant.address,
            date: day(self.now()),
        })
    }

    /// A card that is finished and not over.
    async fn made(&self, id: &CardKey) -> Result<File, OfficeError> {
        let file = self.file(id).await?;
        let is_made = matches!(
            file.life.stage(),
            Some(
                Stage::Personalised
                    | Stage::Sent
                    | Stage::Returned
                    | Stage::Delivered
                    | Stage::Active
            )
        );
        if is_made { Ok(file) } else { Err(Refusal::Impossible.into()) }
    }
}

fn require_clerk(actor: &Actor) -> Result<(), OfficeError> {
    if actor.is_any(&[StaffRole::Clerk]) { Ok(()) } else { Err(Refusal::Role.into()) }
}
