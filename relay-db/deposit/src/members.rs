//! An insurer's people, found by their birth date: those whom a voucher could mean, and the cards
//! of somebody who is linked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{Coverage, Relation, Validity};
use warifu_contract::decision;
use warifu_contract::identity::Resident;
use warifu_contract::linking::{Attributes, HeldMember};
use warifu_contract::register::{Enrolment, coverages_of, membership_of};
use warifu_service::storage::instant;

use crate::births::Births;
use crate::card::{self, Card};
use crate::deciding::{Answer, silent};
use crate::deposits::{DepositError, Deposits, Known};
use crate::key::{CardId, InsurerId, PersonId};
use crate::person::Person;
use crate::pseudonyms::Target;

/// Cards that are looked at together.
const AT_A_LOOK: usize = 256;

/// What an insurer has of somebody who is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Every coverage, newest first.
    pub coverages: Vec<Coverage>,
    /// When the deposit that it rests on went live.
    pub as_of: Timestamp,
    /// How long a change usually takes to reach a deposit, in days.
    pub usual_lag_days: Option<u16>,
}

/// People among whom a person may be.
pub(crate) struct Near {
    pub members: Vec<Member>,
    /// Whether these are all.
    pub is_complete: bool,
}

/// Somebody of an insurer's.
pub(crate) struct Member {
    /// As the rules of linking read it; the reference is the member's place.
    pub held: HeldMember,
    pub target: Target,
    /// Since when until when insured, and how.
    pub span: Option<(Validity, Relation)>,
}

/// What tells people of one name and birth date apart: where they live or, where that is not said,
/// the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Apart {
    Home([u8; 32]),
    Card(CardId),
}

/// Cards as questions see them, and since when.
struct Looked {
    cards: BTreeMap<CardId, Card>,
    live_at: Timestamp,
    /// How late news were of late, as far as the deposits tell.
    lag: Option<i64>,
}

/// The cards of somebody who is linked.
struct Held {
    enrolments: Vec<Enrolment>,
    as_of: Timestamp,
    usual_lag_days: Option<u16>,
}

impl Deposits {
    /// Everybody with the birth date; none while the insurer has not deposited anything.
    pub(crate) async fn near(
        &self,
        insurer: InsurerId,
        known: &Known,
        said: &Attributes,
    ) -> Result<Option<Near>, DepositError> {
        let born = said.items.birth_date;
        let list = self.0.keys.born(insurer, born);
        let Some(births) = self.births(insurer, list).await? else { return Ok(None) };
        let looked = self.look(insurer, &births.cards(insurer, None)).await?;
        let cards = looked.map(|looked| looked.cards).unwrap_or_default();
        let mut members = Vec::new();
        for ((person, apart), places) in self.grouped(insurer, born, &cards) {
            let home = if let Apart::Home(home) = apart { Some(home) } else { None };
            let ids = places.iter().map(|(id, _)| *id).collect();
            let target = Target { pseudonym: String::new(), person, list, cards: ids, home };
            let own = target.cards.iter().filter_map(|id| cards.get(id));
            let span = membership_of(&person.text(), &self.read(insurer, known, own));
            let held = held(members.len(), &places);
            members.extend(held.map(|held| Member { held, target, span }));
        }
        self.add_pseudonyms(&mut members).await?;
        Ok(Some(Near { members, is_complete: !births.is_full() }))
    }

    /// The people on the cards who have the birth date, each with the places on cards.
    fn grouped<'c>(
        &self,
        insurer: InsurerId,
        born: Date,
        cards: &'c BTreeMap<CardId, Card>,
    ) -> BTreeMap<(PersonId, Apart), Vec<(CardId, &'c Person)>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, card) in cards {
            for person in card.people.iter().filter(|person| person.birth_date == born) {
                let home = self.0.keys.home(insurer, &person.address);
                let apart = home.map_or(Apart::Card(*id), Apart::Home);
                let key = (self.person_of(insurer, person), apart);
                groups.entry(key).or_default().push((*id, person));
            }
        }
        groups
    }

    async fn add_pseudonyms(&self, members: &mut [Member]) -> Result<(), DepositError> {
        let people: Vec<PersonId> = members.iter().map(|member| member.target.person).collect();
        for (place, target) in self.targets_of(&people).await? {
            if let Some(member) = members.get_mut(place) {
                member.held.held_as = Some(target.pseudonym);
            }
        }
        Ok(())
    }

    /// Answers about somebody who is linked; none when the pseudonym stands for nobody.
    pub async fn decide_linked(
        &self,
        insurer: &InsurerKey,
        pseudonym: &str,
        day: Date,
    ) -> Result<Option<Answer>, DepositError> {
        let Some((id, known, target)) = self.linked(insurer, pseudonym).await? else {
            return Ok(None);
        };
        let Some(held) = self.enrolments_of(id, known, &target).await? else {
            return Ok(Some(silent(known, self.0.surroundings.now())));
        };
        let found = decision::by_person(&target.person.text(), day, &held.enrolments);
        let Held { as_of, usual_lag_days, .. } = held;
        Ok(Some(Answer { found, as_of, usual_lag_days, of: None }))
    }

    /// Every coverage of somebody who is linked; none when the pseudonym stands for nobody.
    pub async fn membership(
        &self,
        insurer: &InsurerKey,
        pseudonym: &str,
    ) -> Result<Option<Membership>, DepositError> {
        let Some((id, known, target)) = self.linked(insurer, pseudonym).await? else {
            return Ok(None);
        };
        let now = self.0.surroundings.now();
        let usual_lag_days = known.usual_lag(None);
        let nothing = Held { enrolments: Vec::new(), as_of: now, usual_lag_days };
        let held = self.enrolments_of(id, known, &target).await?.unwrap_or(nothing);
        let Held { enrolments, as_of, usual_lag_days } = held;
        let coverages = coverages_of(&target.person.text(), today_in_japan(now), &enrolments);
        Ok(Some(Membership { coverages, as_of, usual_lag_days }))
    }

    async fn linked(
        &self,
        insurer: &InsurerKey,
        pseudonym: &str,
    ) -> Result<Option<(InsurerId, &Known, Target)>, DepositError> {
        let Some(id) = InsurerId::of(insurer) else { return Ok(None) };
        let Some(known) = self.0.insurers.get(&id) else { return Ok(None) };
        let target = self.target_of(id, pseudonym).await?;
        Ok(target.map(|target| (id, known, target)))
    }

    /// The cards on which the person is; none before the first deposit.
    async fn enrolments_of(
        &self,
        insurer: InsurerId,
        known: &Known,
        target: &Target,
    ) -> Result<Option<Held>, DepositError> {
        let Some(births) = self.births(insurer, target.list).await? else { return Ok(None) };
        let mut ids = births.cards(insurer, Some(&target.person));
        ids.extend(&target.cards);
        let Some(looked) = self.look(insurer, &ids).await? else { return Ok(None) };
        let own = looked.cards.iter().filter(|(id, card)| self.bears(insurer, target, id, card));
        let enrolments = self.read(insurer, known, own.map(|(_, card)| card));
        let usual_lag_days = known.usual_lag(looked.lag);
        Ok(Some(Held { enrolments, as_of: looked.live_at, usual_lag_days }))
    }

    /// Whether the person is on this card: of the cards that the link was not made with only on one
    /// that says the same address, because somebody else may have the name and the birth date.
    pub(crate) fn bears(
        &self,
        insurer: InsurerId,
        target: &Target,
        id: &CardId,
        card: &Card,
    ) -> bool {
        let at_home = |person: &Person| {
            target.home.is_some() && self.0.keys.home(insurer, &person.address) == target.home
        };
        let is_meant = |person: &Person| self.person_of(insurer, person) == target.person;
        let mut meant = card.people.iter().filter(|person| is_meant(person));
        meant.any(|person| target.cards.contains(id) || at_home(person))
    }

    pub(crate) fn person_of(&self, insurer: InsurerId, person: &Person) -> PersonId {
        self.0.keys.person(insurer, &person.name, person.birth_date, person.sex)
    }

    fn read<'c>(
        &self,
        insurer: InsurerId,
        known: &Known,
        cards: impl Iterator<Item = &'c Card>,
    ) -> Vec<Enrolment> {
        let identify = |person: &Person| self.person_of(insurer, person).text();
        cards.flat_map(|card| card.enrolments(&known.registered, identify)).collect()
    }

    /// A list; none before the insurer's first deposit.
    pub(crate) async fn births(
        &self,
        insurer: InsurerId,
        list: CardId,
    ) -> Result<Option<Births>, DepositError> {
        let rows = self.0.store.now(&[(insurer, list)]).await?;
        let Some(row) = rows.into_iter().next().filter(|row| row.live > 0) else { return Ok(None) };
        let (Some(deposit), Some(body)) = (row.deposit, row.body) else {
            return Ok(Some(Births::default()));
        };
        let bytes = card::open(&self.0.ring, (&list, deposit), &body)?;
        let unreadable = DepositError::Unreadable { table: "deposit_card", column: "body" };
        Births::read(&bytes).map(Some).ok_or(unreadable)
    }

    /// These cards as questions see them now, without those that are gone; none before the
    /// insurer's first deposit.
    async fn look(
        &self,
        insurer: InsurerId,
        ids: &BTreeSet<CardId>,
    ) -> Result<Option<Looked>, DepositError> {
        let asked: Vec<_> = ids.iter().map(|id| (insurer, *id)).collect();
        let (mut cards, mut live_at, mut lag) = (BTreeMap::new(), None, None);
        for some in asked.chunks(AT_A_LOOK) {
            for row in self.0.store.now(some).await? {
                live_at = live_at.max(row.live_at);
                lag = lag.or(row.lag);
                let id = usize::try_from(row.place).ok().and_then(|place| some.get(place));
                let (Some((_, id)), Some(deposit), Some(body)) = (id, row.deposit, row.body) else {
                    continue;
                };
                if !body.is_empty() {
                    cards.insert(*id, self.card(id, deposit, &body)?);
                }
            }
        }
        Ok(live_at.map(|live_at| Looked { cards, live_at: instant(live_at), lag }))
    }

    /// One card as questions see it now, if somebody is on it.
    pub(crate) async fn one_card(
        &self,
        insurer: InsurerId,
        id: CardId,
    ) -> Result<Option<Card>, DepositError> {
        let looked = self.look(insurer, &BTreeSet::from([id])).await?;
        Ok(looked.and_then(|mut looked| looked.cards.remove(&id)))
    }
}

/// The person as the insurer holds them: as on the newest of the places.
fn held(reference: usize, places: &[(CardId, &Person)]) -> Option<HeldMember> {
    let (_, newest) = places.iter().max_by_key(|(_, person)| person.validity.from)?;
    let person = Resident {
        reference: reference.to_string(),
        name: newest.name.clone(),
        address: newest.address.clone(),
        birth_date: newest.birth_date,
        sex: newest.sex,
        departed: None,
    };
    Some(HeldMember { person, former_names: Vec::new(), held_as: None, period: None })
}
