//! A revoked card opens nothing, however many were revoked before it; and although nobody hears
//! from the certification authority, nobody relies on lists that have ended.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use warifu_ca::Ca;
use warifu_card::piv::Slot;
use warifu_office::OfficeConfig;
use warifu_pki::Certificate;
use warifu_service::storage::micros;
use warifu_service::{Database, Surroundings, config, execute, fetch_one, tls};

use crate::parties::Parties;
use crate::private_stack::isolated;
use crate::relay::Access;
use crate::rig::{FRONT, PIN, Rig};
use crate::walker::{IDP, Walker};

/// Where revocation lists are published.
const LISTS: &str = "http://localhost:8446/crl";
/// So long a revoked card may still open something.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);
/// The pause between two tries with it: the agent takes so many sign-ins at once and no more.
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// Cards that were revoked long ago, and the lists that share them.
const REVOKED: usize = 100_000;
const SHARDS: u16 = 64;
/// Rows in one statement.
const ROWS: usize = 500;

#[test]
fn one_more_among_a_hundred_thousand_is_refused_at_once() {
    isolated("revocation::one_more_among_a_hundred_thousand_is_refused_at_once", || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.kill_demo();
            fill(&rig).await;
            rig.start_demo();
            let _card = rig.insert("ueno-ichiko", FRONT);
            let mut resident = Walker::new(&rig.dir());
            resident.sign_in().await;
            let certificate = rig.certificate("ueno-ichiko", Slot::Authentication);
            let holder = certificate.subject_cn().unwrap();
            let access = Access::of_resident(&rig.dir(), holder).await.unwrap();
            assert_eq!(access.history().await, 200, "the token is good before");
            // What was granted in the very second of the end counts as granted after it.
            tokio::time::sleep(Duration::from_secs(2)).await;
            revoke(&rig, &certificate, &access, &mut resident).await;
        });
    });
}

/// Revokes the card, and sees where that is in effect how soon.
async fn revoke(rig: &Rig, certificate: &Certificate, access: &Access, resident: &mut Walker) {
    let begun = Instant::now();
    rig.office(&["revoke", &certificate.serial_hex(), "--reason", "stolen"]);
    println!("the command took {:?}", begun.elapsed());
    let refused = async || Walker::new(&rig.dir()).try_card().await.err();
    tokio::join!(
        until(begun, "its list is out", async || is_listed(certificate).await),
        until(begun, "the relay refuses the token", async || access.history().await == 401),
        until(begun, "the card is refused", async || {
            refused().await.as_deref() == Some("card.revoked")
        }),
        until(begun, "the portal's session is over", async || {
            resident.session().await["signed_in"] == false
        }),
    );
}

/// Waits for something that must hold in time, and says how long it took.
pub async fn until(since: Instant, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    loop {
        let asked = since.elapsed();
        if holds().await {
            break println!("{what} after {:?}", since.elapsed());
        }
        assert!(asked < REVOKED_WITHIN, "{what}: not after {asked:?}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Puts the certificates of a hundred thousand revoked cards into the authority's records, and has
/// it renew every list.
async fn fill(rig: &Rig) {
    let config: OfficeConfig = config::load(&rig.dir().join("ca/config.toml")).unwrap();
    let database = Database::connect(&config.authority.database).await.unwrap();
    let surroundings = Surroundings::system();
    let mut transaction = database.begin().await.unwrap();
    for _ in 0..REVOKED / ROWS {
        let sql: &'static str = rows(&surroundings).leak();
        execute!(transaction.on(), sql).unwrap();
    }
    let half_over = micros(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(13));
    let sql = "UPDATE lists SET this_update = this_update - $1, next_update = next_update - $1";
    execute!(transaction.on(), sql, half_over).unwrap();
    transaction.commit().await.unwrap();

    let begun = Instant::now();
    let ca = Ca::open(config.authority, surroundings).await.unwrap();
    let sql = "SELECT MAX(LENGTH(der)), COUNT(DISTINCT shard) FROM lists WHERE authority = 'cards'";
    let (longest, shards) = fetch_one!(ca.database().read(), (i64, i64), sql).unwrap();
    assert_eq!(shards, i64::from(SHARDS));
    println!(
        "{REVOKED} revoked: all {SHARDS} lists made and signed in {:?}, the longest has {longest} \
         bytes",
        begun.elapsed()
    );
}

/// One statement with rows as a card's revocation leaves them.
fn rows(surroundings: &Surroundings) -> String {
    let now = surroundings.now();
    let (issued, end) =
        (now - SignedDuration::from_hours(9_000), now + SignedDuration::from_hours(9_000));
    let mut sql = "INSERT INTO certificates (serial, authority, generation, shard, profile, card, \
                   key_hash, not_before, not_after, state, since, reason, listed) VALUES "
        .to_owned();
    for row in 0..ROWS {
        let [first, rest @ ..] = surroundings.bytes::<16>();
        let mut serial = format!("{:02x}", 0x40 | (first & 0x3f));
        for byte in &rest {
            write!(serial, "{byte:02x}").unwrap();
        }
        let shard = u16::from_be_bytes(*rest.last_chunk().unwrap()) % SHARDS;
        let since = now - SignedDuration::from_hours(i64::from(shard) * 100 + 1);
        let (card, key) = (surroundings.hex(8), surroundings.hex(32));
        let comma = if row == 0 { "" } else { "," };
        write!(
            sql,
            "{comma}('{serial}', 'cards', 1, {shard}, 'card-authentication', '{card}', '{key}', \
             {}, {}, 'revoked', {}, 1, 'revoked')",
            micros(issued),
            micros(end),
            micros(since)
        )
        .unwrap();
    }
    sql
}

/// Whether the list that the certificate's serial number names has it.
async fn is_listed(certificate: &Certificate) -> bool {
    let serial = certificate.serial();
    let shard = u16::from_be_bytes(*serial.last_chunk().unwrap()) % SHARDS;
    let client = tls::plain_client(Duration::from_secs(5)).unwrap();
    let list = client.get(format!("{LISTS}/cards-1-{shard:02x}.crl")).send().await.unwrap();
    list.bytes().await.unwrap().windows(serial.len()).any(|window| window == serial)
}

#[test]
fn a_silent_authority_is_survived_as_long_as_its_lists() {
    isolated("revocation::a_silent_authority_is_survived_as_long_as_its_lists", || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.kill_demo();
            lists_live_for_a_minute(&rig).await;
            let mut parties = Parties::all_of(&rig).await;
            let _card = rig.insert("ueno-taro", FRONT);
            let end = fresh_lists_end().await;
            // The identity provider fetches them every two seconds.
            tokio::time::sleep(Duration::from_secs(5)).await;
            let mut resident = Walker::new(&rig.dir());
            resident.sign_in().await;
            parties.kill("ca");

            until_nobody_gets_in(&rig, end).await;
            says_so(&rig, &mut resident).await;

            parties.start("ca");
            let back = Instant::now();
            until(back, "people get in again", async || {
                Walker::new(&rig.dir()).try_card().await.is_ok()
            })
            .await;
            until(back, "the identity provider says that it is ready", async || {
                Walker::new(&rig.dir()).get(&format!("{IDP}/readyz")).await.status == 200
            })
            .await;
        });
    });
}

/// Sees that cards are taken by the last lists until these end, and no longer.
async fn until_nobody_gets_in(rig: &Rig, end: Timestamp) {
    let (clock, mut taken) = (Surroundings::system().clock, 0);
    let refused = loop {
        match Walker::new(&rig.dir()).try_card().await {
            Ok(_) => taken += 1,
            Err(code) => break code,
        }
        assert!(clock.now() < end + SignedDuration::from_secs(5), "the list is over");
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    let late = clock.now() - end;
    println!("{taken} sign-ins by the last lists; {late:?} after their end: {refused}");
    assert_eq!(refused, "revocation.unavailable");
    assert!(taken > 3 && late.is_positive(), "no sooner than the lists end");
}

/// Lists that were made for a day are due now, and the next ones live for a minute.
async fn lists_live_for_a_minute(rig: &Rig) {
    let file = rig.dir().join("ca/config.toml");
    let config: OfficeConfig = config::load(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let short = text.replace("list_minutes = 1440", "list_minutes = 1");
    assert_ne!(short, text);
    std::fs::write(&file, short).unwrap();
    let database = Database::connect(&config.authority.database).await.unwrap();
    let half_over = micros(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(13));
    let sql = "UPDATE lists SET this_update = this_update - $1, next_update = next_update - $1";
    execute!(database.write(), sql, half_over).unwrap();
}

/// When the first of the lists that are out ends.
async fn fresh_lists_end() -> Timestamp {
    let client = tls::plain_client(Duration::from_secs(5)).unwrap();
    let index = client.get(format!("{LISTS}/index.json")).send().await.unwrap();
    let index: Value = serde_json::from_slice(&index.bytes().await.unwrap()).unwrap();
    let lists = index["lists"].as_array().unwrap().iter();
    let cards = lists.filter(|list| list["url"].as_str().unwrap().contains("/cards-"));
    cards.map(|list| list["next_update"].as_str().unwrap().parse().unwrap()).min().unwrap()
}

/// The page says why nobody gets in, and so does the check of readiness; whoever was in stays in.
async fn says_so(rig: &Rig, resident: &mut Walker) {
    assert_eq!(Walker::new(&rig.dir()).get(&format!("{IDP}/readyz")).await.status, 503);
    assert_eq!(resident.session().await["signed_in"], true);
    let browser = rig.browser().await;
    browser.begin_sign_in().await;
    browser.enter_pin(PIN).await;
    browser.see_screen("revocation-unavailable").await;
    browser.check_accessibility().await;
    browser.picture("revocation-unavailable").await;
}
