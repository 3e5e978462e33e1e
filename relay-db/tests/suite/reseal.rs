//! Sealing again under a new key, broken off in the middle, and begun again under yet another.

use std::time::Duration;

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
    let mark = [&[u8::try_from(key.len()).unwrap()], key.as_bytes()].concat();
    let (mut under, mut all) = (0, 0);
    for sql in SEALED {
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
