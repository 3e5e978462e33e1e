//! Linking to somebody whom an insurer deposited: the deposits are asked as a connector would be,
//! by a voucher that only they can open, and answer as one.

use jiff::Timestamp;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::linking::{
    Attributes, CompareRequest, Comparison, MOST_CANDIDATES, MatchAnswer, compared, find,
};
use warifu_pki::voucher::VoucherError;

use crate::deposits::{DepositError, Deposits, Known, Linking};
use crate::key::InsurerId;
use crate::members::Member;
use crate::pseudonyms::Target;

/// Bytes of a pseudonym.
pub(crate) const PSEUDONYM: usize = 16;

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
        let (id, known, linking) = self.linked_to(insurer)?;
        let said = vouched(linking, errand, voucher, self.0.surroundings.now())?;
        self.matched((id, known, linking), errand, &said).await?.ok_or(MatchError::Nothing)
    }

    /// Where the candidate of the search differs from whom its voucher is about; none where nothing
    /// like this was offered, or not so lately.
    pub async fn compare(
        &self,
        insurer: &InsurerKey,
        errand: &str,
        question: &CompareRequest,
    ) -> Result<Option<Comparison>, MatchError> {
        let (id, known, linking) = self.linked_to(insurer)?;
        let Some(offer) = self.offered(id, errand, &question.pseudonym).await? else {
            return Ok(None);
        };
        // The voucher was good when the offer was made, by this insurer's own book.
        let said = vouched(linking, errand, &question.voucher, offer.made)?;
        let near = self.near(id, known, &said).await?.ok_or(MatchError::Nothing)?;
        let meant = near.members.iter().find(|member| {
            member.target.person == offer.target.person
                && !member.target.cards.is_disjoint(&offer.target.cards)
        });
        Ok(meant.map(|member| compared(&said, &member.held)))
    }

    pub(crate) fn linked_to(
        &self,
        insurer: &InsurerKey,
    ) -> Result<(InsurerId, &Known, &Linking), MatchError> {
        let id = InsurerId::of(insurer).ok_or(MatchError::Closed)?;
        let known = self.0.insurers.get(&id).ok_or(MatchError::Closed)?;
        let linking = known.linking.as_ref().ok_or(MatchError::Closed)?;
        Ok((id, known, linking))
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
}

fn vouched(
    linking: &Linking,
    errand: &str,
    voucher: &str,
    at: Timestamp,
) -> Result<Attributes, MatchError> {
    let voucher = linking.vouchers.open::<Attributes>(voucher, at)?;
    if voucher.sub != errand {
        return Err(MatchError::OtherCeremony);
    }
    if !voucher.attributes.is_bounded() {
        return Err(MatchError::Unbounded);
    }
    Ok(voucher.attributes)
}

impl crate::members::Near {
    fn of(&self, reference: &str) -> Option<&Member> {
        self.members.get(reference.parse::<usize>().ok()?)
    }
}
