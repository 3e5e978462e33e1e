//! Answers: what the deposits say about a card, now or as they were known at an instant.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::card_key::{CardKey, CardQuery};
use warifu_contract::decision::{self, Found, Register};
use warifu_contract::eligibility::{Decision, ReasonCheck, ReasonStep, Verdict};
use warifu_contract::register::Enrolment;
use warifu_service::storage::{instant, micros};

use crate::card::{self, Card};
use crate::deposits::{DepositError, Deposits, Known};
use crate::key::{CardId, InsurerId, PersonId};
use crate::store::{CardRow, SeenRow};

/// Neighbours that are looked at for a hint.
const NEIGHBOURS: i64 = 64;

/// What is asked: is the person with this card covered on that day?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The card, comparable.
    pub query: CardQuery,
    /// 対象年月日.
    pub day: Date,
}

/// What the deposits say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The decision, and the insurer's person it is about.
    pub found: Found,
    /// When the deposit that it rests on went live (更新日時): under this instant
    /// [`Deposits::decide_as_known`] gives the same answer for ever. For an insurer without a
    /// deposit, since when it is known.
    pub as_of: Timestamp,
    /// How long a change usually takes to reach a deposit, in days.
    pub usual_lag_days: Option<u16>,
    /// Whom it is about, where people of the insurer are linked.
    pub(crate) of: Option<Of>,
}

/// Somebody on a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Of {
    pub insurer: InsurerId,
    pub card: CardId,
    pub person: PersonId,
}

impl Deposits {
    /// Answers many questions in one look at the database, in the same order; a few hundred at a
    /// time are best. Without hints, which cost many looks: [`decide_with_hint`] has them.
    ///
    /// An insurer that deposits here but has not yet done so is silent; one that does not deposit
    /// here is unknown.
    ///
    /// [`decide_with_hint`]: Self::decide_with_hint
    pub async fn decide(&self, questions: &[Question]) -> Result<Vec<Answer>, DepositError> {
        let asked: Vec<_> = questions.iter().map(|question| self.place(question)).collect();
        let known: Vec<_> = asked.iter().copied().flatten().collect();
        let mut rows = self.0.store.now(&known).await?;
        if rows.len() != known.len() {
            return Err(DepositError::Unreadable { table: "deposit_insurer", column: "insurer" });
        }
        rows.sort_unstable_by_key(|row| row.place);
        let mut rows = rows.into_iter();
        questions
            .iter()
            .zip(asked)
            .map(|(question, place)| match place {
                Some((insurer, card)) => self.answer(question, insurer, &card, rows.next()),
                None => Ok(self.unknown(question)),
            })
            .collect()
    }

    /// Answers one question, and where the number is not known, which field to look at again.
    pub async fn decide_with_hint(&self, question: &Question) -> Result<Answer, DepositError> {
        let answer = self.decide_one(question).await?;
        if answer.found.decision.verdict != Verdict::NumberUnknown {
            return Ok(answer);
        }
        let Some((insurer, card)) = self.place(question) else { return Ok(answer) };
        let Some(known) = self.0.insurers.get(&insurer) else { return Ok(answer) };
        let near = self.neighbours(question, insurer, &card, known, answer.as_of).await?;
        Ok(Answer { found: decided(question, known, &near), ..answer })
    }

    /// Answers as it was, or would have been, answered at `known_at`: by the deposit that was live
    /// then, and the insurer as it was known then.
    pub async fn decide_as_known(
        &self,
        question: &Question,
        known_at: Timestamp,
    ) -> Result<Answer, DepositError> {
        let unknown = || Answer {
            found: decision::by_number(&question.query, question.day, nothing()),
            as_of: known_at,
            usual_lag_days: None,
            of: None,
        };
        let Some(insurer) = InsurerId::of(&question.query.insurer) else { return Ok(unknown()) };
        let store = &self.0.store;
        let Some(terms) = store.terms(insurer, micros(known_at)).await? else {
            return Ok(unknown());
        };
        let known = terms.known(question.query.insurer.clone());
        let Some(live) = store.live_at(insurer, micros(known_at)).await? else {
            return Ok(silent(&known, known_at));
        };
        let card = self.0.keys.card(insurer, &question.query.card);
        let row = store.at(&card, live.number).await?;
        let cards = row.map_or(Ok(Vec::new()), |row| self.enrolments(insurer, &known, &row))?;
        Ok(Answer {
            found: decided(question, &known, &cards),
            as_of: instant(live.live_at),
            usual_lag_days: known.usual_lag(live.lag),
            of: None,
        })
    }

    /// Where to look, if the insurer deposits here.
    fn place(&self, question: &Question) -> Option<(InsurerId, CardId)> {
        let insurer = InsurerId::of(&question.query.insurer)?;
        let known = self.0.insurers.contains_key(&insurer);
        known.then(|| (insurer, self.0.keys.card(insurer, &question.query.card)))
    }

    fn answer(
        &self,
        question: &Question,
        insurer: InsurerId,
        card: &CardId,
        row: Option<SeenRow>,
    ) -> Result<Answer, DepositError> {
        let (Some(known), Some(row)) = (self.0.insurers.get(&insurer), row) else {
            return Ok(self.unknown(question));
        };
        let Some(live_at) = row.live_at.filter(|_| row.live > 0) else {
            return Ok(silent(known, instant(row.known_at)));
        };
        let told = row.lag;
        let cards = match (row.deposit, row.body) {
            (Some(deposit), Some(body)) => {
                let row = CardRow { card: card.column(), deposit, body };
                self.enrolments(insurer, known, &row)?
            }
            _ => Vec::new(),
        };
        let found = decided(question, known, &cards);
        let linking = known.linking.is_some();
        let person = linking.then(|| self.person_in(insurer, &found, &cards)).flatten();
        let of = person.map(|person| Of { insurer, card: *card, person });
        let usual_lag_days = known.usual_lag(told);
        Ok(Answer { found, as_of: instant(live_at), usual_lag_days, of })
    }

    /// Whom the decision is about, by the key under which people are linked.
    fn person_in(
        &self,
        insurer: InsurerId,
        found: &Found,
        cards: &[Enrolment],
    ) -> Option<PersonId> {
        let person = found.person.as_ref()?;
        let mut all = cards.iter().flat_map(|card| {
            let dependants = card.dependants.iter().map(|one| &one.enrolled);
            std::iter::once(&card.insured).chain(dependants)
        });
        let one = all.find(|enrolled| enrolled.person == *person)?;
        Some(self.0.keys.person(insurer, &one.name, one.birth_date, one.sex))
    }

    /// The cards that a slip of the hand, or a misread 記号, leads to.
    async fn neighbours(
        &self,
        question: &Question,
        insurer: InsurerId,
        card: &CardId,
        known: &Known,
        as_of: Timestamp,
    ) -> Result<Vec<Enrolment>, DepositError> {
        let store = &self.0.store;
        let Some(live) = store.live_at(insurer, micros(as_of)).await? else {
            return Ok(Vec::new());
        };
        let typed = &question.query.card;
        let slips: BTreeSet<String> = decision::slips_of(typed.number()).collect();
        let slips = slips.iter().filter_map(|slip| CardKey::parse(typed.symbol(), slip));
        let keys: Vec<_> = slips.map(|slip| (insurer, self.0.keys.card(insurer, &slip))).collect();
        let mut rows = store.between(card.same_number(), live.number, NEIGHBOURS).await?;
        rows.dedup_by(|later, newest| later.card == newest.card);
        for seen in store.now(&keys).await? {
            let key = usize::try_from(seen.place).ok().and_then(|place| keys.get(place));
            if let (Some((_, card)), Some(deposit), Some(body)) = (key, seen.deposit, seen.body) {
                rows.push(CardRow { card: card.column(), deposit, body });
            }
        }
        let mut cards = Vec::new();
        for row in &rows {
            cards.extend(self.enrolments(insurer, known, row)?);
        }
        Ok(cards)
    }

    fn enrolments(
        &self,
        insurer: InsurerId,
        known: &Known,
        row: &CardRow,
    ) -> Result<Vec<Enrolment>, DepositError> {
        if row.body.is_empty() {
            return Ok(Vec::new());
        }
        let card = self.card(&row.id()?, row.deposit, &row.body)?;
        let identify = |person: &_| card::identity(&self.0.ring, insurer, person);
        Ok(card.enrolments(&known.registered, identify))
    }

    /// Opens a row's body.
    pub(crate) fn card(
        &self,
        id: &CardId,
        deposit: i64,
        body: &[u8],
    ) -> Result<Card, DepositError> {
        let bytes = card::open(&self.0.ring, (id, deposit), body)?;
        let unreadable = DepositError::Unreadable { table: "deposit_card", column: "body" };
        Card::read(&bytes).ok_or(unreadable)
    }

    /// The answer about an insurer that does not deposit here.
    fn unknown(&self, question: &Question) -> Answer {
        Answer {
            found: decision::by_number(&question.query, question.day, nothing()),
            as_of: self.0.surroundings.now(),
            usual_lag_days: None,
            of: None,
        }
    }
}

fn nothing() -> Register<'static> {
    Register { insurers: &[], enrolments: &[] }
}

fn decided(question: &Question, known: &Known, enrolments: &[Enrolment]) -> Found {
    let insurers = std::slice::from_ref(known.registered.as_ref());
    decision::by_number(&question.query, question.day, Register { insurers, enrolments })
}

/// The insurer has not deposited anything yet.
pub(crate) fn silent(known: &Known, as_of: Timestamp) -> Answer {
    let reasons = vec![
        ReasonStep::new(ReasonCheck::InsurerKnown, true),
        ReasonStep::new(ReasonCheck::InsurerAnswered, false),
    ];
    let decision = Decision::bare(Verdict::InsurerSilent, reasons);
    let found = Found { decision, person: None };
    Answer { found, as_of, usual_lag_days: known.usual_lag(None), of: None }
}
