use super::*;
use crate::testing::{Maker, PIN, jpki};
use warifu_card::Readers;
use warifu_card::drawer::VirtualReaders;
use warifu_card::virtual_card::VirtualLiteS;

fn drawer() -> (Drawer, VirtualReaders) {
    let readers = VirtualReaders::new(["one", "two"]);
    let bay =
        |name: &str, ja: &str, en: &str| Bay { reader: name.into(), label: Text::new(ja, en) };
    let bays = vec![
        bay("one", "カードリーダー", "card reader"),
        bay("two", "受付のカードリーダー", "desk reader"),
    ];
    let cards = vec![
        card("ueno-taro", "上野太郎", "Ueno Taro", 1),
        card("uketsuke", "<b>受付</b>", "Reception", 2),
    ];
    (Drawer::new(readers.clone(), bays, cards), readers)
}

fn card(id: &str, ja: &str, en: &str, number: u8) -> DrawerCard {
    DrawerCard {
        id: id.into(),
        kind: CardKind::Piv,
        name: Text::new(ja, en),
        note: Text::new("見本", "sample"),
        hint: PIN.into(),
        tone: Tone::Resident,
        card: Maker::new(number).shared(),
    }
}

fn present(readers: &VirtualReaders) -> Vec<bool> {
    readers.list().unwrap().iter().map(|state| state.card_present).collect()
}

#[test]
fn cards_go_in_move_over_and_come_out() {
    let (drawer, readers) = drawer();
    drawer.insert("ueno-taro", 1).unwrap();
    assert_eq!(present(&readers), [true, false]);
    drawer.insert("ueno-taro", 2).unwrap();
    assert_eq!(present(&readers), [false, true]);
    drawer.insert("uketsuke", 2).unwrap();
    assert_eq!(present(&readers), [false, true]);
    assert_eq!(place(&drawer.held(), 1), Some(2));
    assert_eq!(place(&drawer.held(), 0), None);
    drawer.remove(2).unwrap();
    assert_eq!(present(&readers), [false, false]);
}

#[test]
fn cards_of_every_kind_lie_side_by_side() {
    let readers = VirtualReaders::new(["one"]);
    let bays = vec![Bay { reader: "one".into(), label: Text::new("手前", "front") }];
    let felica = SharedCard::new(VirtualLiteS::blank([7; 8]));
    let cards = vec![
        DrawerCard { kind: CardKind::Jpki, card: jpki(3), ..card("jpki", "甲", "A", 1) },
        DrawerCard { kind: CardKind::Felica, card: felica, ..card("felica", "乙", "B", 2) },
    ];
    let drawer = Drawer::new(readers.clone(), bays, cards);
    for id in ["jpki", "felica"] {
        drawer.insert(id, 1).unwrap();
        assert_eq!(present(&readers), [true]);
    }
    let page = view(&drawer, Language::Ja).render().unwrap();
    assert!(page.contains("マイナンバーカード") && page.contains("FeliCaカード"), "{page}");
}

#[test]
fn putting_in_what_is_in_disturbs_nothing() {
    let (drawer, readers) = drawer();
    drawer.insert("ueno-taro", 1).unwrap();
    let before = readers.list().unwrap();
    drawer.insert("ueno-taro", 1).unwrap();
    assert_eq!(readers.list().unwrap(), before);
}

#[test]
fn unknown_cards_and_readers_are_refused() {
    let (drawer, _) = drawer();
    assert_eq!(drawer.insert("nobody", 1), Err(DrawerError::NoCard));
    for reader in [0, 3, usize::MAX] {
        assert_eq!(drawer.insert("ueno-taro", reader), Err(DrawerError::NoReader));
        assert_eq!(drawer.remove(reader), Err(DrawerError::NoReader));
    }
}

#[test]
fn the_page_shows_readers_cards_and_hints_in_both_languages() {
    let (drawer, _) = drawer();
    drawer.insert("ueno-taro", 1).unwrap();
    let page = view(&drawer, Language::Ja).render().unwrap();
    for part in
        ["上野太郎さんのカードが入っています", "受付のカードリーダーに入れる", PIN, "lang=\"ja\""]
    {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("<b>"), "names must not become markup");
    assert!(!page.contains("style=") && !page.contains("<script>"), "inline code");
    let page = view(&drawer, Language::En).render().unwrap();
    assert!(page.contains("Ueno Taro&#39;s card") && page.contains("Put into desk reader"));
}
