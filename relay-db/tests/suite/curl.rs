//! The worked example of the manual for hospital systems, as it stands there, run by a shell with
//! curl against a real relay.

use std::process::Stdio;

use tokio::process::Command;
use warifu_contract::batch::DisclosureLevel;
use warifu_contract::deposits::{ApprovalBar, DepositDetail};
use warifu_relay::batch::config::SystemConfig;
use warifu_relay::deposit::{DepositedInsurer, DepositingSystem};

use crate::bed::{Bed, Engine, clinic};
use crate::deposits::city;

const MANUAL: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hospital-systems.md"));

const INSURERS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/insurer-systems.md"));

/// The shell's lines of a manual.
fn example(manual: &str) -> String {
    let blocks = manual.split("```sh\n").skip(1);
    let code = blocks.map(|block| block.split("```").next().unwrap());
    format!("set -eu\n{}", code.collect::<String>())
}

#[tokio::test]
async fn the_example_of_the_manual_works() {
    let mut bed = Bed::new().await;
    bed.federation.party("his");
    bed.config.systems.push(SystemConfig {
        party: "his".into(),
        certificate: None,
        organization: clinic().code,
        name: clinic().name,
        disclosure: DisclosureLevel::OkNg,
    });
    bed.restart().await;
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("sh")
        .arg("-c")
        .arg(example(MANUAL))
        .current_dir(folder.path())
        .env("RELAY", bed.url(""))
        .env("CA", bed.federation.path("ca.pem"))
        .env("CERT", bed.federation.path("his.pem"))
        .env("KEY", bed.federation.path("his.key"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&read("answer.json")).unwrap();
    assert_eq!(
        (&answer["valid"], &answer["message"]),
        (&true.into(), &"有効な保険資格です".into())
    );
    let result = read("checks.result.csv");
    assert!(result.contains("P-0001") && result.contains(",ok,有効な保険資格です"), "{result}");
    let errors = read("checks.errors.csv");
    assert!(errors.contains("P-0002") && !errors.contains("P-0001"), "{errors}");
}

#[tokio::test]
async fn the_example_for_insurers_works() {
    let mut bed = Bed::new().await;
    bed.federation.party("city-system");
    let system = DepositingSystem { party: "city-system".into(), certificate: None };
    bed.depositing(Engine::Sqlite, DepositedInsurer { systems: vec![system], ..city() }).await;
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("sh")
        .arg("-c")
        .arg(example(INSURERS))
        .current_dir(folder.path())
        .env("RELAY", bed.url(""))
        .env("CA", bed.federation.path("ca.pem"))
        .env("CERT", bed.federation.path("city-system.pem"))
        .env("KEY", bed.federation.path("city-system.key"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let checked: DepositDetail = serde_json::from_str(&read("checked.json")).unwrap();
    let counts = checked.deposit.counts;
    assert_eq!((counts.lines, counts.wrong, counts.added), (21, 1, 20));
    assert_eq!(checked.deposit.approval_bar, Some(ApprovalBar::Duty), "a system only proposes");
    let faults = read("wrong.csv");
    assert!(faults.contains("file.date") && faults.lines().count() == 2, "{faults}");
}
