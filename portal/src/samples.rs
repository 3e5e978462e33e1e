//! Records and answers of virtual people, one for each state that a screen can be in.

pub mod deposits;
pub mod desks;
pub mod office;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use warifu_contract::CheckNumber;
use warifu_contract::consent::Giving;
use warifu_contract::copay::{CopayFinding, CopayFit, CopayRule};
use warifu_contract::coverage::{
    Coverage, Dependant, Insurer, InsurerKind, Relation, Validity, Workplace,
};
use warifu_contract::eligibility::{
    Decision, EligibilityAnswer, FieldHint, ReasonCheck, ReasonStep, Source, Verdict,
};
use warifu_contract::history::{
    AccessResult, Asked, ErasedEntry, HistoryEntry, HistoryPage, Purpose, Reader,
};
use warifu_contract::linking::MaskedTarget;
use warifu_contract::linking::portal::{FrozenBy, LinkEntry, LinkList, Standing};
use warifu_contract::mandate::guardian::{
    Application, ApplicationRequest, ApplicationState, Capacity, Paper, Papers, Proposal,
};
use warifu_contract::mandate::{Acceptance, InviteCode, Mandate, MandateRequest};
use warifu_contract::person::{Name, Sex};
use warifu_contract::records::{
    CareKind, Checkup, CheckupItem, CheckupRecord, CheckupValue, CostLimit, DisplayName, Expense,
    ExpensesRecord, InsuranceRecord, Meals, Panel, PanelOutcome, PensionMonth, PensionPeriod,
    PensionRecord, PensionScheme, PublicAid, Record, SchemeMonths, Service,
};

use crate::expenses::insurers::Told;

pub const TODAY: Date = date(2026, 11, 20);

pub fn now() -> Timestamp {
    "2026-11-20T01:15:02Z".parse().unwrap()
}

fn name(text: &str, kana: &str) -> Name {
    Name { text: text.into(), kana: kana.into() }
}

pub fn coverage(kind: InsurerKind, until: Option<Date>) -> Coverage {
    Coverage {
        insurer: Insurer {
            number: "00000001".into(),
            name: "東京見本健康保険組合".into(),
            address: "東京都見本区見本1-1-1".into(),
            kind,
            r#virtual: true,
        },
        symbol: "東京".into(),
        number: "001".into(),
        branch: Some("00".into()),
        relation: Relation::Insured,
        relationship: None,
        name: name("上野 太郎", "ウエノ タロウ"),
        sex: Sex::Male,
        birth_date: date(1980, 5, 5),
        insured_name: None,
        validity: Validity { from: date(2022, 4, 1), until },
        copay_percent: Some(30),
        workplace: Some(Workplace {
            name: "見本電鉄株式会社".into(),
            address: "東京都港区見本2-3-4".into(),
        }),
        dependants: dependants(),
    }
}

fn dependants() -> Vec<Dependant> {
    [
        ("上野 一子", "ウエノ イチコ", Sex::Female, date(1982, 8, 2), "妻", "01"),
        ("上野 次子", "ウエノ ツギコ", Sex::Female, date(2009, 5, 5), "長女", "02"),
        ("上野 三郎", "ウエノ サブロウ", Sex::Male, date(2012, 9, 9), "長男", "03"),
        ("上野 五郎", "ウエノ ゴロウ", Sex::Male, date(1957, 3, 3), "父", "05"),
    ]
    .into_iter()
    .map(|(text, kana, sex, birth_date, relationship, branch)| Dependant {
        name: name(text, kana),
        sex,
        birth_date,
        relationship: relationship.into(),
        branch: Some(branch.into()),
        validity: Validity { from: date(2022, 4, 1), until: None },
    })
    .collect()
}

pub fn insurance() -> InsuranceRecord {
    let old = Coverage {
        validity: Validity { from: date(2016, 4, 1), until: Some(date(2022, 3, 31)) },
        dependants: Vec::new(),
        insurer: Insurer {
            name: "見本市国民健康保険".into(),
            kind: InsurerKind::National,
            ..coverage(InsurerKind::National, None).insurer
        },
        ..coverage(InsurerKind::National, None)
    };
    InsuranceRecord {
        coverages: vec![coverage(InsurerKind::Society, None), old],
        limits: vec![CostLimit {
            class: "ウ".into(),
            base_yen: 80_100,
            hundredth_over_yen: Some(267_000),
            outpatient_yen: None,
            validity: Validity { from: date(2022, 4, 1), until: None },
        }],
        aids: vec![PublicAid {
            programme: "自立支援医療（精神通院医療）".into(),
            payer_number: "21370013".into(),
            recipient_number: "0000017".into(),
            institutions: vec!["見本クリニック<b>".into()],
            monthly_limit_yen: Some(10_000),
            copay_percent: Some(10),
            validity: Validity { from: date(2025, 4, 1), until: Some(date(2027, 3, 31)) },
        }],
        usual_lag_days: Some(3),
    }
}

const ITEMS: [(&str, &str, &str, [f64; 5]); 12] = [
    ("9N011000000000001", "BMI", "kg/m2", [24.1, 24.0, 23.6, 23.5, 23.1]),
    ("9N016160100000001", "腹囲", "cm", [92.0, 91.5, 89.0, 84.0, 83.5]),
    ("9A755000000000001", "収縮期血圧", "mmHg", [126.0, 128.0, 121.0, 124.0, 122.0]),
    ("9A765000000000001", "拡張期血圧", "mmHg", [78.0, 80.0, 76.0, 78.0, 75.0]),
    ("3F015000002327101", "中性脂肪", "mg/dL", [168.0, 152.0, 139.0, 141.0, 128.0]),
    ("3F070000002327101", "HDL", "mg/dL", [58.0, 59.0, 57.0, 60.0, 61.0]),
    ("3F077000002327101", "LDL", "mg/dL", [142.0, 114.0, 112.0, 110.0, 109.0]),
    ("3D010000001926101", "空腹時血糖", "mg/dL", [104.0, 102.0, 99.0, 97.0, 94.0]),
    ("3D046000001906202", "HbA1c", "%", [5.5, 5.5, 5.4, 5.4, 5.3]),
    ("3B035000002327201", "AST", "U/L", [24.0, 25.0, 23.0, 22.0, 22.0]),
    ("3B045000002327201", "ALT", "U/L", [22.0, 21.0, 20.0, 21.0, 19.0]),
    ("2A030000001930101", "ヘモグロビン", "g/dL", [14.2, 14.1, 14.4, 14.3, 14.5]),
];

pub fn checkups() -> CheckupRecord {
    let checkup = |back: usize| Checkup {
        taken_on: date(2026 - i16::try_from(back).unwrap(), 10, 8),
        place: "見本保健センター".into(),
        items: ITEMS
            .iter()
            .map(|(code, name, unit, values)| CheckupItem {
                code: (*code).into(),
                name: (*name).into(),
                value: CheckupValue::Quantity { value: values[back], unit: (*unit).into() },
            })
            .chain(unmeasured())
            .collect(),
    };
    CheckupRecord {
        sex: Sex::Male,
        birth_date: date(1980, 5, 5),
        checkups: (0..5).map(checkup).collect(),
    }
}

fn unmeasured() -> [CheckupItem; 5] {
    let item =
        |code: &str, name: &str, value| CheckupItem { code: code.into(), name: name.into(), value };
    [
        item("1A010000000190111", "尿蛋白", CheckupValue::Text { text: "（−）".into() }),
        item("9N501000000000011", "判定", CheckupValue::Text { text: "予備群該当".into() }),
        item("9N736000000000011", "喫煙", CheckupValue::Text { text: "いいえ".into() }),
        item("9E100166000000011", "眼底検査", CheckupValue::NotTaken),
        item("9Z999000000000001", "知らない項目<b>", CheckupValue::Text { text: "あり".into() }),
    ]
}

pub fn pension() -> PensionRecord {
    let month = |back: i8, paid| PensionMonth {
        month: date(2026, 10 - back, 1),
        scheme: PensionScheme::Employees,
        standard_monthly_yen: Some(360_000),
        standard_bonus_yen: (back == 1).then_some(720_000),
        paid_yen: paid,
    };
    PensionRecord {
        sample: true,
        birth_date: Some(date(1980, 5, 5)),
        counted_months: 0,
        history: vec![
            period(
                PensionScheme::NationalFirst,
                None,
                date(2000, 5, 5),
                Some(date(2003, 4, 1)),
                35,
            ),
            period(
                PensionScheme::Employees,
                Some("仮想商事株式会社<b>"),
                date(2003, 4, 1),
                Some(date(2010, 4, 1)),
                84,
            ),
            period(PensionScheme::Employees, Some("仮想出版株式会社"), date(2011, 1, 1), None, 161),
        ],
        qualifying_months: 281,
        needed_months: 120,
        schemes: vec![
            SchemeMonths { scheme: PensionScheme::NationalFirst, months: 36 },
            SchemeMonths { scheme: PensionScheme::Employees, months: 245 },
        ],
        yearly_amount_yen: 1_284_500,
        estimate: false,
        paid_total_yen: 7_392_480,
        recent: vec![month(0, Some(32_940)), month(1, Some(32_940)), month(2, None)],
    }
}

fn period(
    scheme: PensionScheme,
    workplace: Option<&str>,
    from: Date,
    lost_on: Option<Date>,
    months: u32,
) -> PensionPeriod {
    PensionPeriod { scheme, workplace: workplace.map(str::to_owned), from, lost_on, months }
}

/// Bills of a family in two years; those since September have not come.
pub fn expenses() -> ExpensesRecord {
    let bill = |year, month, own, care, total: u64| Expense {
        month: date(year, month, 1),
        patient: if own { "上野 太郎" } else { "上野 一子" }.into(),
        own,
        insured: "上野 太郎".into(),
        insurer: "東京見本健康保険組合".into(),
        institution: "見本内科医院<b>".into(),
        care,
        days: 2,
        total_yen: total,
        meals: (care == CareKind::Inpatient).then_some(Meals { count: 9, paid_yen: 4_590 }),
        public_yen: 0,
        paid_yen: total * 3 / 10,
        refund_yen: if care == CareKind::Inpatient { 12_000 } else { 0 },
    };
    ExpensesRecord {
        complete_until: Some(date(2026, 8, 1)),
        pending: 3,
        entries: vec![
            bill(2026, 8, true, CareKind::Outpatient, 6_120),
            bill(2026, 8, true, CareKind::Pharmacy, 8_340),
            bill(2026, 5, false, CareKind::Dental, 9_830),
            bill(2026, 3, true, CareKind::Inpatient, 318_600),
            bill(2025, 10, false, CareKind::HomeNursing, 34_210),
        ],
    }
}

/// Bills of the same person with another insurer, before a change of work.
pub fn expenses_elsewhere() -> ExpensesRecord {
    let mut record = expenses();
    record.complete_until = Some(date(2026, 10, 1));
    record.pending = 0;
    record.entries.truncate(2);
    for (entry, month) in record.entries.iter_mut().zip([date(2026, 4, 1), date(2024, 12, 1)]) {
        entry.month = month;
        entry.patient = "上野　太郎".into();
        entry.insurer = ELSEWHERE.into();
        entry.institution = "見本前町医院".into();
    }
    record
}

/// The insurer of [`expenses_elsewhere`].
pub const ELSEWHERE: &str = "別の見本保険者";

/// What two insurers answer who both know the person.
pub fn two_insurers() -> Vec<Panel> {
    let of = |name: &str, record| {
        let source = DisplayName { ja: name.into(), en: "Another insurer".into() };
        let outcome =
            PanelOutcome::Ready { record: Box::new(Record::Expenses(record)), as_of: now() };
        Panel { source: Some(source), ..panel(Service::Expenses, outcome) }
    };
    vec![of("見本前職健康保険組合", expenses()), of(ELSEWHERE, expenses_elsewhere())]
}

/// What an insurer told, for views.
pub fn told(record: &ExpensesRecord) -> Told<'_> {
    Told { source: None, record, as_of: now() }
}

pub fn record(service: Service) -> Record {
    match service {
        Service::Insurance => Record::Insurance(insurance()),
        Service::Expenses => Record::Expenses(expenses()),
        Service::Checkup => Record::Checkup(checkups()),
        Service::Pension => Record::Pension(pension()),
    }
}

pub fn ready(service: Service) -> PanelOutcome {
    PanelOutcome::Ready {
        record: Box::new(record(service)),
        as_of: "2026-11-19T22:10:00Z".parse().unwrap(),
    }
}

/// Every way a panel can come back.
pub fn outcomes(service: Service) -> Vec<PanelOutcome> {
    let refused = |code: &str| PanelOutcome::Refused { code: code.into() };
    let failed = |code: &str| PanelOutcome::Failed { code: code.into() };
    vec![
        ready(service),
        PanelOutcome::Empty,
        PanelOutcome::NotLinked,
        refused("level.low"),
        refused("consent.none"),
        failed("source.slow"),
        failed("source.down"),
        failed("source.broken"),
        failed("source.busy"),
        PanelOutcome::Resting {
            since: "2026-11-20T01:15:00Z".parse().unwrap(),
            again: "2026-11-20T01:15:05Z".parse().unwrap(),
        },
        failed("relay.down"),
    ]
}

pub fn panel(service: Service, outcome: PanelOutcome) -> Panel {
    let source = match service {
        Service::Insurance | Service::Expenses => {
            ("東京見本健康保険組合", "Tokyo Sample Health Insurance Society")
        }
        Service::Checkup => ("見本保健センター", "Sample Health Centre"),
        Service::Pension => ("見本年金センター", "Sample Pension Centre"),
    };
    let source = DisplayName { ja: source.0.into(), en: source.1.into() };
    Panel { service, source: Some(source), outcome, took_ms: 12 }
}

pub fn history() -> HistoryPage {
    let organization =
        |code: &str, name: &str| Reader::Organization { code: code.into(), name: name.into() };
    let clinic = || organization("3710000001", "春日見本医院");
    let eligibility = Asked::Eligibility;
    let insurance = Asked::Record(Service::Insurance);
    let rows = [
        (Reader::Oneself, insurance, AccessResult::Shown),
        (
            Reader::Oneself,
            Asked::Record(Service::Pension),
            AccessResult::Failed("source.slow".into()),
        ),
        (clinic(), eligibility, AccessResult::Answered(Verdict::Valid)),
        (clinic(), Asked::Record(Service::Checkup), AccessResult::Refused("consent.none".into())),
        (Reader::Oneself, Asked::Record(Service::Checkup), AccessResult::Empty),
        (Reader::OnBehalf { name: "母".into() }, insurance, AccessResult::Shown),
        (Reader::Proxy { name: "一子".into() }, Asked::History, AccessResult::Shown),
        (
            organization("3740000002", "さぬき見本薬局"),
            eligibility,
            AccessResult::Answered(Verdict::Expired),
        ),
    ];
    let entries =
        rows.into_iter().zip(0_u64..).map(|((reader, asked, result), back)| HistoryEntry {
            index: 4210 - back * 7,
            subject_sequence: 12 - back,
            at: now() - jiff::SignedDuration::from_hours(5 + 31 * i64::try_from(back).unwrap()),
            purpose: match reader {
                Reader::Oneself => Purpose::OwnLook,
                Reader::Organization { .. } => Purpose::Treatment,
                Reader::Proxy { .. } | Reader::OnBehalf { .. } => Purpose::OnBehalf,
            },
            check_number: matches!(asked, Asked::Eligibility)
                .then(|| CheckNumber::new(now(), 1, 7)),
            source: Some(panel(Service::Insurance, PanelOutcome::Empty).source.unwrap()),
            ground: None,
            named: None,
            reader,
            asked,
            result,
        });
    let erased = vec![ErasedEntry { index: 12, subject_sequence: 2 }];
    HistoryPage { entries: entries.collect(), erased, before: Some(4100) }
}

fn holder(connector: &str, name: [&str; 2], services: &[Service], standing: Standing) -> LinkEntry {
    LinkEntry {
        id: Some(format!("{connector:0>32}")),
        connector: connector.into(),
        name: DisplayName { ja: name[0].into(), en: name[1].into() },
        services: services.to_vec(),
        standing,
        earlier: Vec::new(),
    }
}

/// An insurer that was left for another of late, one link stopped by its person, and one holder that
/// waits for a yes.
pub fn links() -> LinkList {
    let days = |n: i64| now() - jiff::SignedDuration::from_hours(24 * n);
    let linked = |since, until, frozen_by| {
        let period = Some(Validity { from: date(2022, 4, 1), until });
        Standing::Linked { target: None, since, period, frozen_by }
    };
    let organization =
        DisplayName { ja: "見本年金センター".into(), en: "Sample Pension Centre".into() };
    let name = "上○ 太○".into();
    let target = MaskedTarget { name, birth_year: 1980, organization, relation: None };
    let left = linked(days(900), Some(date(2026, 11, 9)), None);
    let links = vec![
        holder("aa", ["東京見本健康保険組合", "Tokyo Sample Society"], &[Service::Insurance], left),
        holder(
            "bb",
            ["見本市<b>国保", "Sample City"],
            &[Service::Insurance],
            linked(days(10), None, None),
        ),
        holder(
            "cc",
            ["見本保健センター", "Sample Health Centre"],
            &[Service::Checkup],
            linked(days(300), None, Some(FrozenBy::Oneself)),
        ),
        holder(
            "dd",
            ["見本年金センター", "Sample Pension Centre"],
            &[Service::Pension],
            Standing::Confirming { target },
        ),
    ];
    LinkList { links }
}

/// A guardian's application for what the city keeps, with a code that can be used.
pub fn applied() -> Application {
    Application {
        id: "ab".repeat(16),
        request: ApplicationRequest {
            capacity: Capacity::Parent,
            services: vec![Service::Insurance],
            declared: vec!["city/infants".parse().unwrap()],
            history: true,
            name: "長男".into(),
            own_name: "認証 母子".into(),
            text_version: "2026-11".into(),
        },
        at: now(),
        until: now(),
        state: ApplicationState::Applied,
        refused: None,
        code: Some(InviteCode::new([7; 16])),
    }
}

/// What one member of staff proposed about it, and another has to look at.
pub fn proposal(by_you: bool) -> Proposal {
    let target = |ja: &str, en: &str| MaskedTarget {
        name: "認○ 双○".into(),
        birth_year: 2015,
        organization: DisplayName { ja: ja.into(), en: en.into() },
        relation: None,
    };
    let state = ApplicationState::Proposed;
    Proposal {
        application: Application { state, code: None, ..applied() },
        papers: Papers {
            capacity: Capacity::Parent,
            paper: Paper::FamilyRegister,
            dated: date(2026, 11, 1),
        },
        until: date(2033, 5, 31),
        target: target("見本保険者", "Sample"),
        more: vec![target("見本市", "City")],
        without: vec![DisplayName { ja: "見本市教育委員会".into(), en: "Board".into() }],
        note: Some("原本を確認".into()),
        at: now(),
        by_you,
    }
}

/// A mandate that holds.
pub fn mandate() -> Mandate {
    let at = now() - jiff::SignedDuration::from_hours(5);
    let terms = MandateRequest {
        services: vec![Service::Insurance, Service::Pension],
        declared: vec!["city/infants".parse().unwrap()],
        history: true,
        until: date(2027, 5, 20),
        name: "母".into(),
        text_version: "2026-11".into(),
    };
    Mandate {
        id: "ab".repeat(16),
        terms,
        given: Giving { at, level: "high".into(), client: "portal".into() },
        code_until: at + jiff::SignedDuration::from_hours(24),
        accepted: Some(Acceptance { name: "一子<b>".into(), at }),
        confirmed: Some(at),
        rests: Vec::new(),
        papers: None,
        stopped: None,
        ended: None,
    }
}

pub fn answer(verdict: Verdict) -> EligibilityAnswer {
    let until = match verdict {
        Verdict::Expired | Verdict::Superseded => Some(date(2026, 9, 30)),
        Verdict::Provisional => Some(date(2026, 12, 31)),
        _ => None,
    };
    let known = verdict.shows_coverage();
    let stated = if verdict == Verdict::Provisional { 20 } else { 30 };
    let covered =
        || Coverage { copay_percent: Some(stated), ..coverage(InsurerKind::Society, until) };
    let decision = Decision {
        hint: (verdict == Verdict::DependantUnknown).then_some(FieldHint::Branch),
        coverage: known.then(covered),
        copay: known.then(|| copay(verdict, stated)),
        ..Decision::bare(verdict, reasons(verdict))
    };
    EligibilityAnswer {
        check_number: CheckNumber::new(now(), 1, 4407),
        message: verdict.legacy_message().into(),
        next: decision.advice(),
        decision,
        target_date: TODAY,
        source: Some("東京見本健康保険組合".into()),
        as_of: Some(changed_at()),
        usual_lag_days: Some(2),
        answered_at: now(),
        took_ms: 312,
    }
}

fn changed_at() -> Timestamp {
    "2026-11-19T22:10:00Z".parse().unwrap()
}

/// The ratio fits, but for one verdict.
fn copay(verdict: Verdict, stated: u8) -> CopayFinding {
    let fit = if verdict == Verdict::Provisional { CopayFit::Impossible } else { CopayFit::Fits };
    CopayFinding { rule: CopayRule::General, stated: Some(stated), possible: vec![30], fit }
}

fn reasons(verdict: Verdict) -> Vec<ReasonStep> {
    let step = ReasonStep::new;
    let decided = match verdict {
        Verdict::Valid => vec![step(ReasonCheck::NotEnded, true)],
        Verdict::Provisional => {
            vec![step(ReasonCheck::NotEnded, true), step(ReasonCheck::Entered, false)]
        }
        Verdict::Superseded => {
            vec![step(ReasonCheck::NotEnded, false).with(vec![step(ReasonCheck::NewerKnown, true)])]
        }
        _ => vec![step(ReasonCheck::NumberKnown, false)],
    };
    let name = |name: Option<&str>| Source {
        name: name.map(str::to_owned),
        as_of: Some(changed_at()),
        usual_lag_days: Some(2),
    };
    let aside = step(ReasonCheck::InsurerAnswered, true)
        .by(name(None))
        .with(vec![step(ReasonCheck::CoverageInForce, false)]);
    vec![
        step(ReasonCheck::CardGenuine, true),
        step(ReasonCheck::Linked, true),
        step(ReasonCheck::InsurerAnswered, true)
            .by(name(Some("東京見本健康保険組合")))
            .with(decided),
        step(ReasonCheck::OneCoverage, true).with(vec![aside]),
    ]
}
