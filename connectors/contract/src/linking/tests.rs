use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::person::Sex;

fn attributes(name: &str, former: usize) -> Attributes {
    let items = FourItems {
        name: name.to_owned(),
        kana: None,
        address: "香川県高松市番町1丁目2番3号".to_owned(),
        birth_date: date(1955, 5, 5),
        sex: Sex::Male,
    };
    Attributes { items, former_names: vec!["例 太郎".to_owned(); former] }
}

#[test]
fn what_a_voucher_says_is_bounded_and_does_not_print() {
    assert!(attributes("上野 太郎", 5).is_bounded());
    assert!(!attributes("", 0).is_bounded());
    assert!(!attributes(&"長".repeat(101), 0).is_bounded());
    assert!(!attributes("上野 太郎", 6).is_bounded());
    assert!(!format!("{:?}", attributes("上野 太郎", 1)).contains("太郎"));
}

#[test]
fn a_masked_target_reads_as_people_know_it() {
    let target = MaskedTarget {
        name: masked("上野 太郎"),
        birth_year: 1955,
        organization: DisplayName { ja: "見本健康保険組合".into(), en: "Sample".into() },
        relation: Some(Relation::Insured),
    };
    let expected = "上○ 太○　昭和30年○月生まれ　見本健康保険組合　本人";
    assert_eq!(target.in_japanese(), expected);
}

proptest! {
    #[test]
    fn whatever_is_said_only_the_same_letters_are_certain(name in "[高髙橋● 太郎]{1,6}", held in "[高髙橋● 太郎]{1,6}") {
        let said = attributes(&name, 0);
        let person = crate::identity::Resident {
            reference: "one".into(),
            name: crate::person::Name { text: held.clone(), kana: String::new() },
            address: said.items.address.clone(),
            birth_date: said.items.birth_date,
            sex: said.items.sex,
            departed: None,
        };
        let member = HeldMember { person, former_names: Vec::new(), held_as: None, period: None };
        let members = [member];
        let (_, is_certain) = find(&said, &members);
        prop_assert_eq!(is_certain, name == held);
    }
}
