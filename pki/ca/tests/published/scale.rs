//! A hundred thousand revoked cards: what one more costs.

use std::fmt::Write as _;
use std::time::Instant;

use jiff::SignedDuration;
use warifu_pki::Reason;
use warifu_service::storage::micros;
use warifu_service::{execute, fetch_one};

use crate::rig::{House, on_sqlite};

const REVOKED: usize = 100_000;
const LISTS: usize = 64;

/// Certificates that were revoked and listed long ago.
async fn fill(house: &House) {
    let (since, end) =
        (micros(house.now()), micros(house.now() + SignedDuration::from_hours(9_000)));
    for block in 0..REVOKED / 1000 {
        let mut sql = "INSERT INTO certificates (serial, authority, generation, shard, profile, \
                       card, key_hash, not_before, not_after, state, since, reason, listed) VALUES "
            .to_owned();
        for number in block * 1000..(block + 1) * 1000 {
            let (serial, shard) = (0x40_u128 << 120 | number as u128, number % LISTS);
            let comma = if number % 1000 == 0 { "" } else { "," };
            write!(
                sql,
                "{comma}('{serial:032x}', 'cards', 1, {shard}, 'card-authentication', \
                 'filler-{number}', 'key-{number}', {since}, {end}, 'revoked', {since}, 1, 'revoked')"
            )
            .unwrap();
        }
        let sql: &'static str = sql.leak();
        execute!(house.ca.database().write(), sql).unwrap();
    }
}

#[tokio::test]
async fn one_more_among_a_hundred_thousand_costs_one_list() {
    on_sqlite(&async |house: House| {
        fill(&house).await;
        house.pass(SignedDuration::from_hours(12));
        let start = Instant::now();
        house.ca.publish_if_due().await.unwrap();
        println!("{REVOKED} revoked: all {LISTS} lists renewed in {:?}", start.elapsed());

        let card = house.card("one more").await;
        let sql = "SELECT count(*), max(number) FROM lists";
        let (before, _) = fetch_one!(house.ca.database().read(), (i64, i64), sql).unwrap();
        let start = Instant::now();
        house.revoke("one more", Reason::KeyCompromise).await;
        let took = start.elapsed();
        let (after, _) = fetch_one!(house.ca.database().read(), (i64, i64), sql).unwrap();
        assert_eq!(after, before + 1);

        let shard = u16::from_be_bytes(*card.serial().last_chunk().unwrap()) % 64;
        let list = house.get(&format!("/crl/cards-1-{shard:02x}.crl")).await.body;
        println!("one more: revoked and its list of {} bytes out in {took:?}", list.len());
        let start = Instant::now();
        house.ca.publish_if_due().await.unwrap();
        println!("a look that finds nothing to do: {:?}", start.elapsed());
    })
    .await;
}
