//! Every problem that a deposited file can have has its own error in a row, or its own refusal, and
//! leaves every other card as it should be.

use warifu_relay::deposit::{FileError, Status};

use super::*;
use crate::bed::engines;

const NUMBER: &str = "88888888";
/// Cards in each file that are as they should be: one wrong row among them does not refuse it.
const GOOD: usize = 40;

fn line(number: usize) -> String {
    format!(",本人,{NUMBER},東京,{number:03},上野 太郎,ウエノ タロウ,男,19550505,,20040401,")
}

/// A file of good lines with others behind them.
fn file(others: &str) -> Vec<u8> {
    let good: Vec<String> = (1..=GOOD).map(line).collect();
    let mut bytes = Vec::new();
    let text = format!("{HEADER}\r\n{}\r\n{others}", good.join("\r\n"));
    Encoding::Cp932.encode(&text, &mut bytes).unwrap();
    bytes
}

impl Trial {
    /// Puts a file, and gives what came of it with the codes of its faults.
    async fn put(&self, bytes: &[u8]) -> Result<(Status, Vec<String>), FileError> {
        let path = self.bed.federation.path("problem.csv");
        std::fs::write(&path, bytes).unwrap();
        let file = DepositFile::open(&path, Kind::Full, Hint::default())?;
        let insurer = InsurerKey::parse(NUMBER).unwrap();
        let (hash, by) = (file.hash(), "staff".to_owned());
        let order = Order { insurer: insurer.clone(), kind: Kind::Full, file: hash, by };
        let deposits = self.bed.relay.deposits().unwrap();
        let status = deposits.put(order, file, Arc::new(|_: &Status| ())).await.unwrap();
        let faults = deposits.faults(&insurer, status.number).await.unwrap();
        if status.state == State::Ready {
            deposits.cancel(&insurer, status.number).await.unwrap();
        }
        Ok((status, faults.into_iter().map(|fault| fault.code).collect()))
    }
}

#[tokio::test]
async fn a_wrong_row_costs_itself_and_has_its_own_code() {
    let wrong = line(99);
    let short = wrong.rsplit_once(',').unwrap().0.to_owned() + "\r\n";
    let day = wrong.replace("19550505", "20050230") + "\r\n";
    let word = wrong.replace(",男,", ",雄,") + "\r\n";
    let twice = format!("{}\r\n", line(1));
    let long = wrong.replace("東京", &"x".repeat(1_000_000)) + "\r\n";
    let mixed = [file(""), format!("{wrong}\r\n").into_bytes()].concat();
    for engine in engines() {
        let trial = Trial::on(engine, vec![insurer(NUMBER, None)]).await;
        for (bytes, code) in [
            (file(&short), "file.columns"),
            (file(&day), "file.date"),
            (file(&word), "file.code"),
            (file(&twice), "duplicate"),
            (file(&long), "file.line-too-long"),
            (mixed.clone(), "file.encoding"),
        ] {
            let (status, codes) = trial.put(&bytes).await.unwrap();
            assert_eq!(
                (status.state, status.written),
                (State::Ready, i64::try_from(GOOD).unwrap()),
                "{code}"
            );
            assert_eq!(codes.first().map(String::as_str), Some(code));
        }
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_trusted_is_refused_whole_with_its_own_code() {
    for engine in engines() {
        let trial = Trial::on(engine, vec![insurer(NUMBER, None)]).await;
        let cut = file(&line(99).chars().take(24).collect::<String>());
        let (status, codes) = trial.put(&cut).await.unwrap();
        assert_eq!((status.state, codes), (State::Refused, vec!["file.truncated".to_owned()]));
        // Nothing is unpacked, so that it does not matter what an archive would grow to.
        for bomb in [&b"PK\x03\x04"[..], b"\x1f\x8b\x08"] {
            let refused = trial.put(&[bomb, &[0; 4_096]].concat()).await.unwrap_err();
            let FileError::Shape(error) = refused else { panic!("{refused}") };
            assert_eq!(error.code().as_str(), "file.compressed");
        }
    }
}
