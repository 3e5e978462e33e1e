//! Linking to somebody whom an insurer deposited: the deposits are asked as a connector would be,
//! by a voucher that only they can open, and answer as one.

use warifu_contract::card_key::InsurerKey;
use warifu_contract::linking::{Attributes, MOST_CANDIDATES, MatchAnswer, find};
use warifu_pki::voucher::VoucherError;

use crate::deposits::{DepositError, Deposits, Known, Linking};
use crate::key::InsurerId;
use crate::members::Member;
use crate::pseudonyms::Target;

/// Bytes of a pseudonym.
const PSEUDONYM: usize = 16;

/// Why nobody is looked for.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    /// Nobody is linked to this insurer.
    #[error("linking.closed")]
    Closed,
    /// The insurer has not deposited anything yet.
    #[error("deposit.nothing")]
    Nothing,
    /// The voucher does not open, or says more than one may.
    #[error("voucher.refused")]
    Voucher(#[from] VoucherError),
    /// It says more of a person than there is.
    #[error("voucher.refused")]
    Unbounded,
    /// It is of another ceremony.
    #[error("voucher.other-ceremony")]
    OtherCeremony,
    /// The deposits cannot be read.
    #[error(transparent)]
    Deposit(#[from] DepositError),
}

impl Deposits {
    /// Which of the insurer's people does this voucher mean, in the ceremony that is called
    /// `errand` here? What is answered names nobody, and no pseudonym in it opens anything before
    /// it is [confirmed](Self::confirm_link).
    pub async fn match_member(
        &self,
        insurer: &InsurerKey,
        errand: &str,
        voucher: &str,
    ) -> Result<MatchAnswer, MatchError> {
        let id = InsurerId::of(insurer).ok_or(MatchError::Closed)?;
        let known = self.0.insurers.get(&id).ok_or(MatchError::Closed)?;
        let linking = known.linking.as_ref().ok_or(MatchError::Closed)?;
        let said = self.vouched(linking, errand, voucher)?;
        Ok(self.matched((id, known, linking), errand, &said).await?.ok_or(MatchError::Nothing)?)
    }

    async fn matched(
        &self,
        (id, known, linking): (InsurerId, &Known, &Linking),
        errand: &str,
        said: &Attributes,
    ) -> Result<Option<MatchAnswer>, DepositError> {
        let Some(near) = self.near(id, known, said).await? else { return Ok(None) };
        let held: Vec<_> = near.members.iter().map(|member| member.held.clone()).collect();
        let (found, is_certain) = find(said, &held);
        let (mut candidates, mut offers) = (Vec::new(), Vec::new());
        for one in found.iter().take(MOST_CANDIDATES) {
            let Some(member) = near.of(&one.member.person.reference) else { continue };
            let pseudonym = self.0.surroundings.hex(PSEUDONYM);
            offers.push(Target { pseudonym: pseudonym.clone(), ..member.target.clone() });
            candidates.push(one.candidate(pseudonym, linking.name.clone(), member.span));
        }
        self.offer(id, errand, &offers).await?;
        Ok(Some(MatchAnswer::of(candidates, found.len(), is_certain && near.is_complete)))
    }

    fn vouched(
        &self,
        linking: &Linking,
        errand: &str,
        voucher: &str,
    ) -> Result<Attributes, MatchError> {
        let now = self.0.surroundings.now();
        let voucher = linking.vouchers.open::<Attributes>(voucher, now)?;
        if voucher.sub != errand {
            return Err(MatchError::OtherCeremony);
        }
        if !voucher.attributes.is_bounded() {
            return Err(MatchError::Unbounded);
        }
        Ok(voucher.attributes)
    }
}

impl crate::members::Near {
    fn of(&self, reference: &str) -> Option<&Member> {
        self.members.get(reference.parse::<usize>().ok()?)
    }
}
