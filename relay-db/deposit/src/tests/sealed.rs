//! A stolen copy of the database, or of the runs, names nobody.

use super::bed::*;
use crate::*;

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn neither_names_nor_numbers_stand_in_the_files() {
    let bed = beds("sealed").await.remove(0);
    let mut row = joined("秘密記号", "98765432", 1);
    row.person.name.text = "秘密 太郎".to_owned();
    row.person.name.kana = "ヒミツ タロウ".to_owned();
    let seen = std::sync::Mutex::new(Vec::new());
    let folder = bed.folder.path().to_owned();
    let tell = move |_: &Status| {
        let runs = folder.join("runs/00330019-1/0.run");
        if let (Ok(bytes), Ok(mut seen)) = (std::fs::read(runs), seen.lock()) {
            seen.extend(bytes);
            assert!(!contains(&seen, "98765432") && !contains(&seen, "ヒミツ"));
        }
    };
    let rows = std::iter::once(Ok(row));
    let told = std::sync::Arc::new(tell);
    let status = bed.deposits.put(order(Kind::Full, 1), rows, told).await.unwrap();
    bed.deposits.go_live(&insurer(), status.number, false).await.unwrap();
    bed.deposits.close().await;
    for file in ["deposit.db", "deposit.db-wal"] {
        let bytes = std::fs::read(bed.folder.path().join(file)).unwrap_or_default();
        for secret in ["秘密記号", "98765432", "秘密 太郎", "ヒミツ", "1980"] {
            assert!(!contains(&bytes, secret), "{secret} in {file}");
        }
    }
}

#[tokio::test]
async fn cards_outlive_the_key_that_sealed_them() {
    for bed in beds("reseal").await {
        bed.deposit(Kind::Full, 1, vec![joined("高", "12", 1), joined("高", "13", 1)]).await;
        bed.deposit(Kind::Full, 2, vec![joined("高", "12", 1)]).await;
        assert_eq!(bed.deposits.reseal().await.unwrap(), 0, "all of it is under the current key");
        let path = bed.folder.path().join("keys.toml");
        bed.ring.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let fresh = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let text = text.replace("current = \"1\"", "current = \"2\"");
        let both = text.replace("[keys]", &format!("[keys]\n2 = \"{fresh}\""));
        let after = open_with(&bed, &both).await;
        assert_eq!(after.reseal().await.unwrap(), 2);
        assert_eq!(after.reseal().await.unwrap(), 0);
        let new: Vec<_> = both.lines().filter(|line| !line.starts_with("1 =")).collect();
        let new = new.join("\n");
        let without = open_with(&bed, &new).await;
        let asked = question("高", "13", 1, jiff::civil::date(2026, 11, 20));
        let first = without.history(&insurer(), 2).await.unwrap()[1].live_at.unwrap();
        let then = without.decide_as_known(&asked, first).await.unwrap();
        assert_eq!(then.found.decision.verdict, warifu_contract::eligibility::Verdict::Valid);
    }
}

async fn open_with(bed: &Bed, keys: &str) -> Deposits {
    let path = bed.folder.path().join("ring.toml");
    std::fs::write(&path, keys).unwrap();
    let ring = std::sync::Arc::new(warifu_service::seal::KeyRing::load(&path).unwrap());
    Deposits::open(&bed.config, ring, bed.deposits.0.surroundings.clone()).await.unwrap()
}
