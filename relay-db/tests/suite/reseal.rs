//! Sealing again under a new key, broken off in the middle, and begun again under yet another.

use std::time::Duration;

use warifu_contract::batch::{BatchJob, BatchPreview};
use warifu_service::{Database, Surroundings, fetch_all};

use crate::bed::{Bed, engines};

/// More than are looked at in one go.
const PEOPLE: usize = 300;
const SEALED: [&str; 3] = [
    "SELECT pseudonym FROM relay_link",
    "SELECT terms FROM relay_link WHERE terms IS NOT NULL",
    "SELECT subject FROM relay_alias",
];

fn subject(number: usize) -> String {
    format!("person-{number:04}")
}

fn pseudonym(number: usize) -> String {
    format!("{number:032x}")
}

/// Makes `fresh` the current key beside those that are there.
fn add_key(bed: &Bed, before: &str, fresh: &str) {
    let path = bed.federation.path("columns.toml");
    let ring = std::fs::read_to_string(&path).unwrap();
    let key = data_encoding::BASE64.encode(&Surroundings::system().bytes::<32>());
    let ring = ring
        .replace(&format!("current = \"{before}\""), &format!("current = \"{fresh}\""))
        .replace("[keys]", &format!("[keys]\n{fresh} = \"{key}\""));
    std::fs::write(&path, ring).unwrap();
}

/// How many values are sealed under `key`, and how many there are.
async fn sealed_under(database: &Database, key: &str) -> (usize, usize) {
    sealed_in(database, &SEALED, key).await
}

async fn sealed_in(database: &Database, columns: &[&'static str], key: &str) -> (usize, usize) {
    let mark = [&[u8::try_from(key.len()).unwrap()], key.as_bytes()].concat();
    let (mut under, mut all) = (0, 0);
    for sql in columns.iter().copied() {
        let rows = fetch_all!(database.read(), (Vec<u8>,), sql).unwrap();
        under += rows.iter().filter(|(sealed,)| sealed.starts_with(&mark)).count();
        all += rows.len();
    }
    (under, all)
}

async fn wait_until(
    database: &Database,
    key: &str,
    enough: impl Fn(usize, usize) -> bool,
) -> usize {
    for _ in 0..6_000 {
        let (under, all) = sealed_under(database, key).await;
        if enough(under, all) {
            return under;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{key}: {:?}", sealed_under(database, key).await);
}

#[tokio::test]
async fn a_pass_that_is_broken_off_is_taken_up_under_a_newer_key() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let link = async |number| {
            bed.relay.link(&subject(number), "pension", &pseudonym(number)).await.unwrap();
        };
        futures::future::join_all((0..PEOPLE).map(link)).await;
        let database = Database::connect(&bed.config.database).await.unwrap();

        add_key(&bed, "test", "second");
        bed.restart().await;
        let some = wait_until(&database, "second", |under, _| under > PEOPLE / 10).await;
        add_key(&bed, "second", "third");
        // Ends the relay in the middle of its work.
        bed.restart().await;
        let (second, all) = sealed_under(&database, "second").await;
        println!("{engine:?}: broken off after {some} of {all} values, {second} of them left");
        assert!(some < all, "in the middle");

        wait_until(&database, "third", |under, all| under == all).await;
        for number in 0..PEOPLE {
            // Known already, so that nothing is written: both ways lead where they led.
            let size = bed.relay.log().checkpoint().await.unwrap().size;
            bed.relay.link(&subject(number), "pension", &pseudonym(number)).await.unwrap();
            assert_eq!(bed.relay.log().checkpoint().await.unwrap().size, size, "{number}");
        }
        let before = sealed_under(&database, "third").await;
        bed.restart().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(sealed_under(&database, "third").await, before);
    }
}

const FILES: [&str; 5] = [
    "SELECT terms FROM relay_batch",
    "SELECT progress FROM relay_batch",
    "SELECT preview FROM relay_batch WHERE preview IS NOT NULL",
    "SELECT body FROM relay_batch_piece",
    "SELECT body FROM relay_batch_chunk",
];

/// Sends a file of checks about an insurer that nobody answers for.
async fn send(bed: &Bed, token: &str, start: bool) -> BatchJob {
    let lines = if start { "東京,1" } else { "東京,2" };
    let file = format!("保険者番号,記号,番号,生年月日\n06130488,{lines},19550505\n");
    let url = bed.url(&format!("/batches?start={start}"));
    let sent = bed.portal.http.post(url).bearer_auth(token).body(file).send().await.unwrap();
    sent.json().await.unwrap()
}

#[tokio::test]
async fn files_of_checks_with_their_answers_open_under_the_new_key() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let token = bed.token(&bed.desk_ticket()).await;
        let (waiting, sent) = (send(&bed, &token, false).await, send(&bed, &token, true).await);
        let result = format!("/batches/{}/result", sent.id);
        let answers = async |bed: &Bed| loop {
            let answer = bed.get(&bed.portal, &result, Some(&token)).await;
            if answer.status() == 200 {
                return answer.text().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let before = answers(&bed).await;
        let database = Database::connect(&bed.config.database).await.unwrap();
        add_key(&bed, "test", "second");
        bed.restart().await;
        let mut patience = 6_000;
        loop {
            let (under, all) = sealed_in(&database, &FILES, "second").await;
            if under == all {
                // Two jobs with three columns of their own and a piece each, and an answer.
                assert_eq!(all, 2 + 2 + 1 + 2 + 1);
                break;
            }
            patience -= 1;
            assert!(patience > 0, "{under} of {all}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(answers(&bed).await, before);
        let path = format!("/batches/{}/preview", waiting.id);
        let seen: BatchPreview =
            bed.get(&bed.portal, &path, Some(&token)).await.json().await.unwrap();
        assert_eq!(seen.lines, 1);
    }
}
