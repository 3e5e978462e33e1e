//! Whose insurance card is this? For guardians with papers: a child on a parent's card.

use jiff::civil::{Date, date};
use warifu_contract::coverage::Relation;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::linking::{CardMatchAnswer, CardMember};
use warifu_contract::person::{Name, Sex};

use super::bed::*;
use super::linked::{Linked, TODAY, on, taro};
use crate::*;

const ERRAND: &str = "fedcba9876543210fedcba9876543210";
const BORN: Date = date(2015, 6, 1);

fn child(name: &str, born: Date) -> Person {
    Person {
        relationship: Some("子".to_owned()),
        branch: None,
        birth_date: born,
        sex: Sex::Female,
        name: Name { text: name.to_owned(), kana: "ウエノ カオル".to_owned() },
        ..taro()
    }
}

fn typed(born: Date) -> TypedCard {
    TypedCard {
        insurer_number: NUMBER.to_owned(),
        symbol: "高".to_owned(),
        number: "12".to_owned(),
        branch: None,
        birth_date: born,
    }
}

async fn find(linked: &Linked, born: Date) -> Option<CardMember> {
    let found = linked.bed.deposits.match_card(ERRAND, &typed(born), TODAY).await.unwrap();
    match found {
        CardMatchAnswer::Found { member } => Some(member),
        CardMatchAnswer::Unknown => None,
    }
}

#[tokio::test]
async fn a_child_on_a_parents_card_is_found_and_linked_alone() {
    for bed in beds("wards").await {
        let linked = Linked::of(bed).await;
        let rows = vec![on("12", taro()), on("12", child("上野 薫", BORN))];
        linked.bed.deposit(Kind::Full, 1, rows).await;
        let member = find(&linked, BORN).await.unwrap();
        assert_eq!(
            (member.target.name.as_str(), member.target.relation),
            ("上○ ○", Some(Relation::Dependant))
        );
        assert_eq!((member.target.birth_year, &member.held_as), (2015, &None));
        assert_eq!(find(&linked, date(2015, 6, 2)).await, None, "another birth date");
        assert_eq!(linked.verdict(&member.pseudonym).await, None, "an offer opens nothing");

        let member = find(&linked, BORN).await.unwrap();
        let deposits = &linked.bed.deposits;
        let bound = deposits.confirm_link(&insurer(), ERRAND, &member.pseudonym).await.unwrap();
        assert_eq!(bound, Bound::Done);
        let held = deposits.membership(&insurer(), &member.pseudonym).await.unwrap().unwrap();
        assert_eq!(held.coverages.len(), 1);
        assert_eq!(held.coverages[0].name.text, "上野 薫");
        assert_eq!(held.coverages[0].relation, Relation::Dependant);
        assert!(held.coverages[0].dependants.is_empty(), "nobody else of the family");
        let again = find(&linked, BORN).await.unwrap();
        assert_eq!(again.held_as, Some(member.pseudonym));
    }
}

#[tokio::test]
async fn twins_on_one_card_are_not_guessed() {
    for bed in beds("wards_twins").await {
        let linked = Linked::of(bed).await;
        // An insurer tells them apart by their 枝番, which the papers may leave out.
        let twins = [("上野 薫", "02"), ("上野 香", "03")].map(|(name, branch)| {
            on("12", Person { branch: Some(branch.to_owned()), ..child(name, BORN) })
        });
        let rows = std::iter::once(on("12", taro())).chain(twins).collect();
        linked.bed.deposit(Kind::Full, 1, rows).await;
        assert_eq!(find(&linked, BORN).await, None);
    }
}
