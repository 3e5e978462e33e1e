//! 利用開始: the holder chose a PIN, says the identity provider.

use warifu_contract::card_office::Stage;
use warifu_pki::security_event::CardStatus;

use super::CardOffice;
use crate::life::Step;
use crate::{Actor, OfficeError};

impl CardOffice {
    /// The card with this holder reference was activated: its certificates are let in, and the card
    /// that it takes the place of ends. To repeat it does no harm.
    pub async fn activated(&self, holder: &str) -> Result<(), OfficeError> {
        let row = self.store().card_of_holder(holder).await?.ok_or(OfficeError::UnknownCard)?;
        let mut file = self.file_of(row).await?;
        if file.life.stage() == Some(Stage::Active) {
            return Ok(());
        }
        let mut change = self.begin().await?;
        self.step(&mut change, &mut file, &Actor::system(), Step::Activate, None).await?;
        self.unhold(&mut change, &file).await?;
        self.tell_state(&mut change, &file, CardStatus::Active, None).await?;
        self.supersede(&mut change, &file).await?;
        self.commit(change).await
    }
}
