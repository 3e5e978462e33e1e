//! The items of the test sheet about files of checks, by their numbers: people whose insurer deposits
//! (事前蓄積型) and one whose insurer is asked (リアルタイム型) in one file.

use std::sync::Arc;

use jiff::civil::{Date, date};
use warifu_contract::batch::{BatchJob, BatchState};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{InsurerKind, Validity};
use warifu_contract::person::{Name, Sex};
use warifu_relay::deposit::{Change, DepositedInsurer, Kind, Order, Person, Row, State, Status};

use crate::bed::{Bed, INSURER_NUMBER, engines};

const NUMBER: &str = "111112";
const INSURED: Date = date(1955, 5, 5);
const WIFE: Date = date(1960, 1, 2);
const HEADER: &str = "患者番号,保険者番号,記号,番号,枝番,生年月日,本人家族\n";
const VALID: &str = "有効な保険資格です";
const ENDED: &str = "有効期限を過ぎています";
const NO_NUMBER: &str = "該当する記号・番号がありません";
const NO_DEPENDANT: &str = "被扶養者が存在しません";
const NO_INSURER: &str = "該当する保険者がありません";

/// A line of the result: who, the sentence of 2005, 本人 or 家族, name.
type Answer = (String, String, String, String);

fn city() -> DepositedInsurer {
    DepositedInsurer {
        id: "city".into(),
        number: NUMBER.into(),
        name: "仮想市国民健康保険".into(),
        name_en: "Sample City".into(),
        address: String::new(),
        kind: InsurerKind::National,
        r#virtual: true,
        from: date(2000, 4, 1),
        until: None,
        usual_lag_days: Some(5),
        organization: None,
        systems: Vec::new(),
    }
}

fn row(number: &str, relationship: Option<&str>, birth_date: Date, until: Option<Date>) -> Row {
    let name = if relationship.is_some() { "上野 花子" } else { "上野 太郎" };
    let person = Person {
        relationship: relationship.map(str::to_owned),
        branch: None,
        birth_date,
        validity: Validity { from: date(2004, 4, 1), until },
        sex: if relationship.is_some() { Sex::Female } else { Sex::Male },
        copay: None,
        name: Name { text: name.into(), kana: name.into() },
        workplace: None,
        provisional_until: None,
        address: String::new(),
    };
    let (symbol, number) = ("高12".into(), number.into());
    Row { line: 2, insurer_number: NUMBER.into(), symbol, number, person, change: Change::Joined }
}

/// A family, one card that has ended, one without a family.
fn people() -> Vec<Row> {
    vec![
        row("001", None, INSURED, None),
        row("001", Some("妻"), WIFE, None),
        row("002", None, INSURED, Some(date(2005, 3, 31))),
        row("004", None, INSURED, None),
    ]
}

async fn with_city(engine: crate::bed::Engine) -> Bed {
    let mut bed = Bed::on(engine).await;
    bed.depositing(engine, city()).await;
    let deposits = bed.relay.deposits().unwrap();
    let insurer = InsurerKey::parse(NUMBER).unwrap();
    let (kind, by) = (Kind::Full, "city-staff".to_owned());
    let order = Order { insurer: insurer.clone(), kind, file: [1; 32], by };
    let rows = people().into_iter().map(Ok);
    let ready = deposits.put(order, rows, Arc::new(|_: &Status| ())).await.unwrap();
    let live = warifu_relay::go_live(deposits, bed.relay.log(), &insurer, ready.number, false);
    assert_eq!(live.await.unwrap().state, State::Live);
    bed
}

/// What comes back of the file, as it is written.
async fn result(bed: &Bed, file: &str) -> String {
    let token = bed.token(&bed.desk_ticket()).await;
    let sent = bed.send_file(&bed.portal, Some(&token), file.as_bytes().to_vec()).await;
    let sent: BatchJob = sent.json().await.unwrap();
    for _ in 0..600 {
        let path = format!("/batches/{}", sent.id);
        let job: BatchJob = bed.get(&bed.portal, &path, Some(&token)).await.json().await.unwrap();
        if job.state == BatchState::Done {
            let path = format!("{path}/result");
            return bed.get(&bed.portal, &path, Some(&token)).await.text().await.unwrap();
        }
        assert!(!job.state.is_over(), "{job:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the file is not answered");
}

async fn answers(bed: &Bed, lines: &str) -> Vec<Answer> {
    let result = result(bed, &format!("{HEADER}{lines}")).await;
    let told = |line: &str| {
        let field = |at: usize| line.split(',').nth(at).unwrap_or_default().to_owned();
        (field(7), field(10), field(12), field(13))
    };
    result.lines().skip(1).map(told).collect()
}

fn answer(reference: &str, sentence: &str, relation: &str, name: &str) -> Answer {
    (reference.into(), sentence.into(), relation.into(), name.into())
}

/// 認証結果が正しいこと: 本人 and 家族 in one file.
#[tokio::test]
async fn item_3_02_03_01() {
    for engine in engines() {
        let bed = with_city(engine).await;
        let lines = format!(
            "1,{NUMBER},高12,001,,19550505,本人\n2,{NUMBER},高12,001,,19600102,家族\n\
             3,{INSURER_NUMBER},東京,001,,19550505,本人\n"
        );
        let told = answers(&bed, &lines).await;
        let sentences: Vec<_> = told.iter().map(|one| one.1.as_str()).collect();
        assert_eq!(sentences, [VALID; 3]);
        assert_eq!((told[0].2.as_str(), told[1].2.as_str()), ("本人", "家族"));
    }
}

/// 正しい情報を返却していること: to each line its own person, with the sender's number beside it.
#[tokio::test]
async fn item_3_02_03_02() {
    for engine in engines() {
        let bed = with_city(engine).await;
        let lines =
            format!("P-2,{NUMBER},高12,001,,19600102,\nP-1,{NUMBER},高１２,００１,,S30.5.5,\n");
        let expected =
            [answer("P-2", VALID, "家族", "上野 花子"), answer("P-1", VALID, "本人", "上野 太郎")];
        assert_eq!(answers(&bed, &lines).await, expected);
        let whole = result(&bed, &format!("{HEADER}{lines}")).await;
        assert!(whole.contains("仮想市国民健康保険") && whole.contains("2004-04-01"), "{whole}");
    }
}

/// 正常なパターンと認証NGとなるパターンの組み合わせ.
#[tokio::test]
async fn item_3_02_03_03() {
    for engine in engines() {
        let bed = with_city(engine).await;
        let lines = format!(
            "1,{NUMBER},高12,001,,19550505,本人\n2,{NUMBER},高12,002,,19550505,本人\n\
             3,{NUMBER},高12,999,,19550505,本人\n4,{NUMBER},高12,004,,19600102,家族\n\
             5,06130488,高12,001,,19550505,本人\n6,{NUMBER},高12,001,,19600102,家族\n"
        );
        let told = answers(&bed, &lines).await;
        let sentences: Vec<_> = told.iter().map(|one| one.1.as_str()).collect();
        let expected = [VALID, ENDED, NO_NUMBER, NO_DEPENDANT, NO_INSURER, VALID];
        assert_eq!(sentences, expected);
    }
}

/// XMLでもCSVでも読み込める.
#[tokio::test]
async fn item_3_02_03_04() {
    for engine in engines() {
        let bed = with_city(engine).await;
        let row = |number: &str, reference: &str| {
            format!(
                "<行><患者番号>{reference}</患者番号><保険者番号>{NUMBER}</保険者番号>\
                 <記号>高12</記号><番号>{number}</番号><生年月日>19550505</生年月日></行>"
            )
        };
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<資格確認一覧>{}{}</資格確認一覧>",
            row("001", "①㈱髙"),
            row("002", "P-2")
        );
        let told = result(&bed, &xml).await;
        assert!(told.starts_with("<?xml"), "{told}");
        for said in ["①㈱髙", "上野 太郎", VALID, ENDED] {
            assert!(told.contains(said), "{said}: {told}");
        }
        let lines =
            format!("①㈱髙,{NUMBER},高12,001,,19550505,\nP-2,{NUMBER},高12,002,,19550505,\n");
        let csv = answers(&bed, &lines).await;
        assert_eq!((csv[0].1.as_str(), csv[1].1.as_str()), (VALID, ENDED));
    }
}
