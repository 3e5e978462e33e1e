//! What an insurer's register holds: insurers, and under each 記号・番号 the insured person with
//! their dependants. The decision and the resident's view are both drawn from here.

use std::sync::Arc;

use jiff::civil::Date;

use crate::card_key::{CardKey, InsurerKey};
use crate::copay::{self, CopayCase, CopayFinding, Income};
use crate::coverage::{Coverage, Dependant, Insurer, Relation, Validity, Workplace};
use crate::person::{Name, Sex};

/// An insurer with the days on which it is itself in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredInsurer {
    /// 保険者番号, comparable.
    pub key: InsurerKey,
    /// The insurer as it is shown.
    pub insurer: Insurer,
    /// When the insurer exists.
    pub validity: Validity,
}

/// One card: everybody covered under one 記号・番号 for one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Who insures.
    pub insurer: Arc<RegisteredInsurer>,
    /// 記号, as the insurer writes it.
    pub symbol: String,
    /// 番号, as the insurer writes it.
    pub number: String,
    /// 記号・番号, comparable.
    pub key: CardKey,
    /// 事業所.
    pub workplace: Option<Workplace>,
    /// 被保険者.
    pub insured: Enrolled,
    /// 被扶養者, in the insurer's order, past and future ones too.
    pub dependants: Vec<EnrolledDependant>,
}

/// A person on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The insurer's own id of the person: the same on every card of that person.
    pub person: String,
    /// 氏名.
    pub name: Name,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    pub birth_date: Date,
    /// 枝番, two digits.
    pub branch: Option<String>,
    /// From 資格取得 to 資格喪失; for a dependant from 認定 to 削除.
    pub validity: Validity,
    /// Set while the acquisition is notified and accepted but not entered (届出受理): the last day
    /// on which it counts provisionally.
    pub provisional_until: Option<Date>,
    /// 一部負担金の割合 as the insurer states it, in order of time.
    pub copays: Vec<Copay>,
}

/// A dependant on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledDependant {
    /// Who it is.
    pub enrolled: Enrolled,
    /// 続柄.
    pub relationship: String,
}

/// 一部負担金の割合 from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copay {
    /// The first day.
    pub from: Date,
    /// Percent: 10, 20 or 30.
    pub percent: u8,
    /// 所得区分 from that day on, where the insurer says it.
    pub income: Option<Income>,
}

/// One person's place on one card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) enrolment: &'a Enrolment,
    pub(crate) enrolled: &'a Enrolled,
    /// Set for a dependant.
    relationship: Option<&'a str>,
    /// The days the person is covered: a dependant never longer than the insured person, and
    /// nobody longer than a notice counts.
    pub(crate) validity: Validity,
    /// The acquisition is only notified: the person's own, or the insured person's.
    pub(crate) is_provisional: bool,
}

impl Enrolment {
    /// Everybody who is covered at some time, the insured person first.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let insured = Place {
            enrolment: self,
            enrolled: &self.insured,
            relationship: None,
            validity: self.insured.counts(),
            is_provisional: self.insured.provisional_until.is_some(),
        };
        let dependants = self.dependants.iter().filter_map(move |dependant| {
            let own = dependant.enrolled.provisional_until.is_some();
            Some(Place {
                enrolment: self,
                enrolled: &dependant.enrolled,
                relationship: Some(&dependant.relationship),
                validity: insured.validity.overlap(&dependant.enrolled.counts())?,
                is_provisional: insured.is_provisional || own,
            })
        });
        std::iter::once(insured).chain(dependants)
    }
}

impl Place<'_> {
    /// Own insurance or through a family member.
    pub(crate) fn relation(&self) -> Relation {
        if self.relationship.is_some() { Relation::Dependant } else { Relation::Insured }
    }

    /// The coverage as it stands on `day`.
    pub(crate) fn coverage(&self, day: Date) -> Coverage {
        let Self { enrolment, enrolled, .. } = *self;
        let is_insured = self.relation() == Relation::Insured;
        Coverage {
            insurer: enrolment.insurer.insurer.clone(),
            symbol: enrolment.symbol.clone(),
            number: enrolment.number.clone(),
            branch: enrolled.branch.clone(),
            relation: self.relation(),
            relationship: self.relationship.map(str::to_owned),
            name: enrolled.name.clone(),
            sex: enrolled.sex,
            birth_date: enrolled.birth_date,
            insured_name: (!is_insured).then(|| enrolment.insured.name.clone()),
            validity: self.validity,
            copay_percent: enrolled.copay_on(day).map(|copay| copay.percent),
            workplace: enrolment.workplace.clone(),
            dependants: if is_insured { dependants_on(enrolment, day) } else { Vec::new() },
        }
    }
}

impl Enrolled {
    /// The days on which the coverage counts; a notice that was never entered counts no longer
    /// than it says.
    fn counts(&self) -> Validity {
        let Some(notice) = self.provisional_until else { return self.validity };
        let until = self.validity.until.map_or(notice, |until| until.min(notice));
        Validity { until: Some(until), ..self.validity }
    }

    fn copay_on(&self, day: Date) -> Option<Copay> {
        let started = self.copays.iter().filter(|copay| copay.from <= day);
        started.max_by_key(|copay| copay.from).copied()
    }
}

impl Place<'_> {
    /// What the rules say of the ratio stated for `day`.
    pub(crate) fn copay(&self, day: Date) -> Option<CopayFinding> {
        let stated = self.enrolled.copay_on(day);
        let case = CopayCase {
            birth_date: self.enrolled.birth_date,
            kind: self.enrolment.insurer.insurer.kind,
            income: stated.and_then(|copay| copay.income),
            day,
        };
        copay::compare(stated.map(|copay| copay.percent), &case)
    }
}

fn dependants_on(enrolment: &Enrolment, day: Date) -> Vec<Dependant> {
    let covered = enrolment.places().filter(|place| place.validity.holds_on(day));
    covered.filter_map(|place| dependant(&place)).collect()
}

fn dependant(place: &Place<'_>) -> Option<Dependant> {
    let relationship = place.relationship?.to_owned();
    let Enrolled { name, sex, birth_date, branch, .. } = place.enrolled;
    Some(Dependant {
        name: name.clone(),
        sex: *sex,
        birth_date: *birth_date,
        relationship,
        branch: branch.clone(),
        validity: place.validity,
    })
}

/// Every stretch of time for which `person` is on a card, and how.
fn spans_of(person: &str, enrolments: &[Enrolment]) -> Vec<(Validity, Relation)> {
    let places = enrolments.iter().flat_map(Enrolment::places);
    let own = places.filter(|place| place.enrolled.person == person);
    own.map(|place| (place.validity, place.relation())).collect()
}

/// From when until when `person` is on any of the cards, and how on the newest; none on none.
pub fn membership_of(person: &str, enrolments: &[Enrolment]) -> Option<(Validity, Relation)> {
    let spans = spans_of(person, enrolments);
    let (newest, relation) = spans.iter().max_by_key(|(validity, _)| validity.from).copied()?;
    let from = spans.iter().map(|(validity, _)| validity.from).min().unwrap_or(newest.from);
    let is_open = spans.iter().any(|(validity, _)| validity.until.is_none());
    let until = spans.iter().filter_map(|(validity, _)| validity.until).max();
    Some((Validity { from, until: until.filter(|_| !is_open) }, relation))
}

/// Every coverage of `person`, newest first: a current one as it stands `today`, a past one as
/// it stood on its last day, a coming one as it will start.
pub fn coverages_of(person: &str, today: Date, enrolments: &[Enrolment]) -> Vec<Coverage> {
    let mut places: Vec<Place<'_>> = enrolments
        .iter()
        .flat_map(Enrolment::places)
        .filter(|place| place.enrolled.person == person)
        .collect();
    places.sort_by_key(|place| std::cmp::Reverse(place.validity.from));
    places.iter().map(|place| place.coverage(within(place.validity, today))).collect()
}

fn within(validity: Validity, today: Date) -> Date {
    let not_before = today.max(validity.from);
    validity.until.map_or(not_before, |until| not_before.min(until))
}
