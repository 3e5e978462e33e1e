//! What the printer gets, over HTTP.

use std::process::Command;
use std::sync::Arc;

use reqwest::Response;
use serde_json::json;
use warifu_card::drawer::VirtualReaders;
use warifu_card::virtual_card::{SharedCard, VirtualPiv};
use warifu_contract::card_office::{Batch, Card, CardEvent};
use warifu_office::{Actor, Fed, Feeder, OfficeError};
use warifu_service::clock::{Entropy as _, SystemEntropy};

use crate::bed::{Bed, Call, refusal};
use crate::federation::{Engine, engines};

async fn text(answer: Response) -> String {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pdf");
    std::fs::write(&path, answer.bytes().await.unwrap()).unwrap();
    let output = Command::new("pdftotext").args(["-layout"]).arg(&path).arg("-").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_card_gets_its_face_its_letter_and_its_sheet() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let card = bed.made("山﨑 髙志").await;
        let (clerk, approver) = (bed.clerk(), bed.approver());
        let path = |paper: &str| format!("/cards/{}/{paper}.pdf", card.id);
        let number = card.number.clone().unwrap();

        let face = text(clerk.get(&path("face")).await).await;
        assert!(face.contains("カナ シメイ") && face.contains(&number), "{face}");
        let letter = text(clerk.get(&path("letter")).await).await;
        assert!(letter.contains("山﨑 髙志 様") && !letter.contains(&number), "{letter}");
        let cover = text(clerk.get(&path("cover")).await).await;
        assert!(cover.contains("山﨑 髙志 様") && !cover.contains(&number), "{cover}");

        let again = clerk.get(&path("letter")).await;
        assert_eq!(refusal(again).await, (409, "office.letter-printed".into()));
        let reprinted = text(approver.get(&path("letter")).await).await;
        assert_eq!(reprinted, letter, "the same code");
        let history: Vec<CardEvent> =
            clerk.get(&format!("/cards/{}/history", card.id)).await.json().await.unwrap();
        let kinds: Vec<&str> = history.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds[kinds.len() - 2..], ["card.letter-printed", "card.letter-reprinted"]);
    }
}

#[tokio::test]
async fn a_card_that_is_not_made_has_no_papers() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = bed.clerk();
    let card: Card = clerk.apply("上野 太郎").await.json().await.unwrap();
    for paper in ["face", "letter", "cover"] {
        let answer = clerk.get(&format!("/cards/{}/{paper}.pdf", card.id)).await;
        assert_eq!(refusal(answer).await, (422, "office.impossible".into()), "{paper}");
    }
}

/// A pile of blank cards.
struct Pile(u32);

impl Feeder for Pile {
    async fn next(&mut self) -> Result<Option<Fed>, OfficeError> {
        let Some(left) = self.0.checked_sub(1) else { return Ok(None) };
        self.0 = left;
        let readers = VirtualReaders::new(["one"]);
        let random = Box::new(|bytes: &mut [u8]| SystemEntropy.fill(bytes));
        readers.insert("one", SharedCard::new(VirtualPiv::blank(left).finish(random))).unwrap();
        Ok(Some(Fed { readers: Arc::new(readers), reader: "one".into() }))
    }
}

#[tokio::test]
async fn a_batch_gives_one_file_of_faces() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let (clerk, approver) = (bed.clerk(), bed.approver());
        for name in ["上野 太郎", "山﨑 髙志", "𠮷野 花子"] {
            let card: Card = clerk.apply(name).await.json().await.unwrap();
            approver.does(&clerk.does(&card, "prove").await, "approve").await;
        }
        let answer = clerk.call(Call::post("/batches", json!({}))).await;
        assert_eq!(answer.status(), 201);
        let batch: Batch = answer.json().await.unwrap();
        assert_eq!((batch.total, batch.done), (3, 0));

        let machine = Actor::machine("printing");
        bed.office.batch_run(&machine, &batch.id, Pile(2), |_| ()).await.unwrap();
        let path = format!("/batches/{}", batch.id);
        let batch: Batch = clerk.get(&path).await.json().await.unwrap();
        assert_eq!((batch.total, batch.done), (3, 2));
        let faces = text(clerk.get(&format!("{path}/faces.pdf")).await).await;
        assert_eq!(faces.matches("カナ シメイ").count(), 2, "{faces}");
        let none = clerk.get("/batches/0000").await;
        assert_eq!(refusal(none).await, (404, "office.no-batch".into()));
    }
}
