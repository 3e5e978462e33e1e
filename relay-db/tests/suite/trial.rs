//! The trials of 2005 again, with insurers who deposit (事前蓄積型): the numbered items of the test
//! sheet, its patterns of blanks and encodings, and the schedule week by week. What is deposited
//! are files, who asks is a desk, and the answer is what the desk would see.

mod files;
mod items;
mod patterns;
mod problems;
mod weeks;

use std::sync::Arc;

use jiff::civil::{Date, date};
use serde_json::json;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::InsurerKind;
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_files::Encoding;
use warifu_relay::deposit::{DepositFile, DepositedInsurer, Hint, Kind, Order, State, Status};
use warifu_service::Surroundings;

use crate::bed::{Bed, Engine};

const HEADER: &str =
    "異動区分,本人家族,保険者番号,記号,番号,氏名,カナ氏名,性別,生年月日,続柄,有効開始日,有効終了日";
const INSURED: Date = date(1955, 5, 5);
const WIFE: Date = date(1960, 10, 10);
/// 対象年月日.
const DAY: Date = date(2005, 7, 8);

/// A relay for which some insurers deposit, and the desk's token.
struct Trial {
    bed: Bed,
    token: String,
}

/// The card that the desk types.
#[derive(Clone, Copy)]
struct Typed<'a> {
    insurer: &'a str,
    symbol: &'a str,
    number: &'a str,
    born: Date,
}

impl Trial {
    async fn on(engine: Engine, insurers: Vec<DepositedInsurer>) -> Self {
        let mut bed = Bed::on(engine).await;
        bed.depositing_all(engine, insurers).await;
        let token = bed.token(&bed.desk_ticket()).await;
        Self { bed, token }
    }

    /// Deposits a file of these lines and lets it go live; nothing in it is wrong.
    async fn deposit(&self, insurer: &str, kind: Kind, encoding: Encoding, lines: &[String]) {
        let mut bytes = Vec::new();
        let text = format!("{HEADER}\r\n{}\r\n", lines.join("\r\n"));
        encoding.encode(&text, &mut bytes).unwrap();
        let path = self.bed.federation.path("deposit.csv");
        std::fs::write(&path, bytes).unwrap();
        let file = DepositFile::open(&path, kind, Hint::default()).unwrap();
        let insurer = InsurerKey::parse(insurer).unwrap();
        let (hash, by) = (file.hash(), "staff".to_owned());
        let order = Order { insurer: insurer.clone(), kind, file: hash, by };
        let (deposits, log) = (self.bed.relay.deposits().unwrap(), self.bed.relay.log());
        let ready = deposits.put(order, file, Arc::new(|_: &Status| ())).await.unwrap();
        assert_eq!((ready.state, ready.wrong), (State::Ready, 0));
        let live = warifu_relay::go_live(deposits, log, &insurer, ready.number, false).await;
        assert_eq!(live.unwrap().state, State::Live);
    }

    /// Asks as a desk does that has no card to tap.
    async fn ask(&self, card: Typed<'_>, day: Date) -> EligibilityAnswer {
        let body = json!({
            "subject": {
                "by": "number", "insurer_number": card.insurer, "symbol": card.symbol,
                "number": card.number, "branch": null, "birth_date": card.born,
            },
            "target_date": day,
            "idempotency_key": Surroundings::system().hex(16),
        });
        let answer = self.bed.post(&self.bed.portal, "/eligibility", &self.token, &body).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }
}

fn insurer(number: &str, until: Option<Date>) -> DepositedInsurer {
    DepositedInsurer {
        id: format!("trial-{number}"),
        number: number.to_owned(),
        name: format!("仮想保険者{number}"),
        name_en: format!("Virtual insurer {number}"),
        address: String::new(),
        kind: InsurerKind::Society,
        r#virtual: true,
        from: date(2000, 4, 1),
        until,
        usual_lag_days: Some(3),
        organization: None,
        systems: Vec::new(),
    }
}
