//! kill -9 at any write: after the restart card, certificates, lists and events agree.
//!
//! The test starts itself again as a child that lives the lives of cards without pause, kills it
//! after a random time, and audits what is there.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use warifu_ca::Ca;
use warifu_contract::card_office::{Action, StopReason};
use warifu_contract::identity::Departure;
use warifu_service::Surroundings;
use warifu_service::storage::DatabaseConfig;

use super::*;
use crate::testing::{
    application, approver, ca_config, clerk, found, other_approver, proofs, resident, serve,
    settings_in,
};
use crate::{Actor, CardKey};

const FOLDER: &str = "WARIFU_OFFICE_CRASH_FOLDER";
const DEATHS: u32 = 12;

async fn office_in(folder: &Path) -> (CardOffice, impl Drop + use<>) {
    let database = DatabaseConfig::sqlite(&folder.join("office.db"));
    let surroundings = Surroundings::system();
    let ca = Ca::open(ca_config(folder, database), surroundings.clone()).await.unwrap();
    let residents = (0..400).map(resident).collect();
    let (register, stop) = serve(folder, &ca, residents).await;
    let settings = settings_in(folder, Some(register));
    (CardOffice::open(&settings, ca, surroundings).await.unwrap(), stop)
}

/// The child: never ends by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "only the test below starts it"]
async fn child_lives_until_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (office, _stop) = office_in(&PathBuf::from(folder)).await;
    println!("open");
    let mut number = 0;
    loop {
        // What an earlier child left half done may be in the way of a step; the next life begins.
        let _ = live(&office, number % 400).await;
        number += 1;
    }
}

/// One life, all ways in turn.
async fn live(office: &CardOffice, number: u32) -> Result<(), OfficeError> {
    let act = async |actor: &Actor, id: &CardKey, action| office.act(actor, id, None, action).await;
    let card = office.apply(&clerk(), application(number), None).await?;
    let id: CardKey = card.id.parse().map_err(|_| OfficeError::UnknownCard)?;
    act(&clerk(), &id, Action::Prove).await?;
    act(&approver(), &id, Action::Approve).await?;
    office.personalise_with(&clerk(), &id, proofs).await?;
    act(&clerk(), &id, Action::Deliver).await?;
    let holder = office.file(&id).await?.row.holder.ok_or(OfficeError::UnknownCard)?;
    office.activated(&holder).await?;
    let reason = StopReason::Lost;
    match number % 4 {
        0 => {
            act(&clerk(), &id, Action::Suspend { reason }).await?;
            act(&approver(), &id, Action::Release).await?;
            act(&clerk(), &id, Action::Revoke { reason }).await.map(drop)
        }
        1 => act(&clerk(), &id, Action::Reissue { reason }).await.map(drop),
        2 => {
            office.end_person(&clerk(), &id, Departure::Deceased).await?;
            office.end_person(&other_approver(), &id, Departure::Deceased).await.map(drop)
        }
        _ => {
            act(&clerk(), &id, Action::Revoke { reason }).await?;
            act(&clerk(), &id, Action::Destroy).await.map(drop)
        }
    }
}

/// Kills the child so long after it has begun its first life.
fn run_and_kill(folder: &Path, after: Duration) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "audit::tests::child_lives_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("open")), "the child ended early");
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_write_everything_agrees_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let surroundings = Surroundings::system();
    found(folder.path(), &surroundings);
    let mut events = 0;
    for _ in 0..DEATHS {
        let [extra] = surroundings.bytes::<1>();
        let after = Duration::from_millis(300 + 3 * u64::from(extra));
        let path = folder.path().to_owned();
        tokio::task::spawn_blocking(move || run_and_kill(&path, after)).await.unwrap();
        let (office, _stop) = office_in(folder.path()).await;
        assert_eq!(office.audit().await.unwrap(), []);
        let now = count(&office).await;
        assert!(now > events, "the child did nothing in {after:?}");
        events = now;
    }
    eprintln!("{events} events, {DEATHS} deaths");
}

async fn count(office: &CardOffice) -> i64 {
    let sql = "SELECT count(*) FROM office_events";
    warifu_service::fetch_one!(office.database().read(), (i64,), sql).unwrap().0
}
