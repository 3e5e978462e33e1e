//! Whose insurance card is this? Asked for a guardian with papers, when whom they speak for has no
//! card to sign in with: a child on a parent's card is a dependant in what was deposited. Answered
//! as a connector answers, and confirmed as any link is.

use jiff::civil::Date;
use warifu_contract::card_key::CardQuery;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::linking::{CardMatchAnswer, CardMember};

use crate::card::Card;
use crate::deciding::{Of, Question};
use crate::deposits::{DepositError, Deposits};
use crate::linking::{MatchError, PSEUDONYM};
use crate::person::Person;
use crate::pseudonyms::Target;

impl Deposits {
    /// Which person does a card name alone who is insured on `day`, in the ceremony that is called
    /// `errand` here? No pseudonym in the answer opens anything before it is
    /// [confirmed](Self::confirm_link).
    pub async fn match_card(
        &self,
        errand: &str,
        card: &TypedCard,
        day: Date,
    ) -> Result<CardMatchAnswer, MatchError> {
        let query = CardQuery::try_from(card).map_err(|_| MatchError::Unbounded)?;
        let (_, _, linking) = self.linked_to(&query.insurer)?;
        let answers = self.decide(&[Question { query, day }]).await?;
        let Some(answer) = answers.into_iter().next() else { return Ok(CardMatchAnswer::Unknown) };
        let covered = answer.found.decision.verdict.covers();
        let coverage = answer.found.decision.coverage.filter(|_| covered);
        let Some((of, coverage)) = answer.of.zip(coverage) else {
            return Ok(CardMatchAnswer::Unknown);
        };
        let Some(target) = self.target_on(&of, coverage.birth_date, card.branch.as_deref()).await?
        else {
            return Ok(CardMatchAnswer::Unknown);
        };
        let held_as = match self.targets_of(&[of.person]).await?.pop() {
            None => None,
            Some((_, held)) if self.is_on(&held, &of).await? => Some(held.pseudonym),
            // Somebody like them is linked, who is not told apart here.
            Some(_) => return Ok(CardMatchAnswer::Unknown),
        };
        self.offer(of.insurer, errand, std::slice::from_ref(&target)).await?;
        let organization = linking.name.clone();
        let member = CardMember::insured(&coverage, organization, target.pseudonym, held_as);
        Ok(CardMatchAnswer::Found { member })
    }

    /// The person on that card, under a new pseudonym; none where somebody else on it was born on
    /// that day and has no other 枝番, for twins may be read alike.
    async fn target_on(
        &self,
        of: &Of,
        born: Date,
        branch: Option<&str>,
    ) -> Result<Option<Target>, DepositError> {
        let card: Option<Card> = self.one_card(of.insurer, of.card).await?;
        let people = card.map(|card| card.people).unwrap_or_default();
        let fits = |one: &&Person| {
            let other = branch.zip(one.branch.as_deref()).is_some_and(|(typed, own)| typed != own);
            one.birth_date == born && !other
        };
        let meant: Vec<&Person> = people.iter().filter(fits).collect();
        let is_alone = meant.iter().all(|one| self.person_of(of.insurer, one) == of.person);
        Ok(meant.first().filter(|_| is_alone).map(|person| Target {
            pseudonym: self.0.surroundings.hex(PSEUDONYM),
            person: of.person,
            list: self.0.keys.born(of.insurer, born),
            cards: [of.card].into(),
            home: self.0.keys.home(of.insurer, &person.address),
        }))
    }
}
