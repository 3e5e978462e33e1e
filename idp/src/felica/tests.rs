//! Answers of virtual cards, and of those who would like to be them.

use serde_json::{Value, json};

use super::*;
use crate::testing::{FelicaToken, IDM, masters};

const ORIGIN: &str = "https://idp.example";
const NONCE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

async fn judge(answer: Value, versions: &[u16]) -> Result<Identity, FelicaRefusal> {
    let folder = tempfile::tempdir().unwrap();
    let felica = Felica::open(&masters(folder.path(), versions)).unwrap();
    felica.verify(&serde_json::from_value(answer).unwrap(), ORIGIN, NONCE).await
}

#[tokio::test]
async fn a_card_proves_itself_by_the_key_of_its_version() {
    for version in [1, 2] {
        let answer = FelicaToken::registered(IDM, version).answer(ORIGIN, NONCE);
        let identity = judge(answer, &[1, 2]).await.unwrap();
        assert_eq!((identity.key_version, &identity.id_block[..8]), (version, &IDM[..]));
    }
}

#[tokio::test]
async fn who_is_not_the_card_or_answers_another_question_proves_nothing() {
    let mut card = FelicaToken::registered(IDM, 1);
    let mut other_block = card.answer(ORIGIN, NONCE);
    let of_other = FelicaToken::registered([9; 8], 1).answer(ORIGIN, NONCE);
    other_block["idBlock"] = of_other["idBlock"].clone();
    let mut newer = card.answer(ORIGIN, NONCE);
    newer["keyVersion"] =
        FelicaToken::registered(IDM, 2).answer(ORIGIN, NONCE)["keyVersion"].clone();
    let mut one_bit = card.answer(ORIGIN, NONCE);
    one_bit["mac"] = json!("AAAAAAAAAAA=");
    for (what, answer) in [
        ("a copy of what can be read", card.copied().answer(ORIGIN, NONCE)),
        ("a card with a made-up key", FelicaToken::forged(IDM, 1).answer(ORIGIN, NONCE)),
        ("another nonce", card.answer(ORIGIN, "guess")),
        ("another origin", card.answer("https://idp.example.evil.example", NONCE)),
        ("another card's name", other_block),
        ("another version's name", newer),
        ("another MAC", one_bit),
        ("a version nobody has", FelicaToken::forged(IDM, 7).answer(ORIGIN, NONCE)),
    ] {
        let refused = judge(answer, &[1, 2]).await;
        assert!(matches!(refused, Err(FelicaRefusal::WrongMac)), "{what}");
    }
}

#[tokio::test]
async fn an_answer_of_another_form_is_not_reckoned() {
    let mut answer = FelicaToken::registered(IDM, 1).answer(ORIGIN, NONCE);
    answer["format"] = json!("warifu-felica:2");
    assert!(matches!(judge(answer, &[1]).await, Err(FelicaRefusal::Format)));
}

#[test]
fn without_a_master_key_nothing_is_offered() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Felica::open(&masters(folder.path(), &[])).is_err());
    assert!(Felica::open(&masters(folder.path(), &[0])).is_err());
    assert!(Felica::open(&masters(folder.path(), &[1, 1])).is_err());
}
