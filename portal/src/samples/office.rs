//! Cards of virtual people, one at each stage of a card's life.

use jiff::SignedDuration;
use jiff::civil::date;
use warifu_contract::card_office::{
    Batch, Card, CardCertificate, CardEvent, CardKind, CardLine, CardList, Channel, Employment,
    Possibility, Proxy, Stage, StageCount, StopReason,
};
use warifu_contract::identity::{Departure, FourItems, IdentityOutcome, ItemLevels, MatchLevel};
use warifu_contract::person::Sex;

use super::now;
use crate::view::office::stage::{REST, WORK};

pub const ID: &str = "A7K2-9QXM";
/// What escaping is tested with: a name is never a tag.
pub const NAME: &str = "上野 <b>太郎";

pub fn stages() -> impl Iterator<Item = Stage> {
    WORK.into_iter().chain(REST)
}

pub fn items() -> FourItems {
    FourItems {
        name: NAME.into(),
        kana: Some("ウエノ タロウ".into()),
        address: "香川県高松市見本町一丁目2番3号".into(),
        birth_date: date(1980, 5, 5),
        sex: Sex::Male,
    }
}

/// A card at that stage, with everything that such a card has.
pub fn card(stage: Stage) -> Card {
    let ordered = !matches!(
        stage,
        Stage::Applied | Stage::Doubtful | Stage::Proved | Stage::Rejected | Stage::Withdrawn
    );
    let made = ordered && !matches!(stage, Stage::Ordered | Stage::Personalising);
    Card {
        id: ID.into(),
        version: 7,
        stage,
        since: now() - SignedDuration::from_hours(50),
        kind: CardKind::Resident,
        channel: Channel::Paper,
        number: ordered.then(|| "3710 0042 9031 7746".into()),
        applicant: Some(items()),
        phone: Some("087-839-2011".into()),
        proxy: None,
        employment: None,
        proof: (stage != Stage::Applied).then(|| proof(stage)),
        tracking: (made && stage != Stage::Personalised).then(|| "1234-5678-9012".into()),
        reason: matches!(stage, Stage::Suspended | Stage::Revoked).then_some(StopReason::Lost),
        expires: made.then(|| date(2027, 1, 17)),
        certificates: if made { certificates(stage) } else { Vec::new() },
        replaces: None,
        replaced_by: (stage == Stage::Revoked).then(|| "B3M4-7TRW".into()),
        possible: possible(stage),
    }
}

/// The same for a member of a clinic's staff, applied for by somebody else.
pub fn staff_card() -> Card {
    Card {
        kind: CardKind::Staff,
        proxy: Some(Proxy {
            name: "上野 花子".into(),
            relation: "妻".into(),
            power_of_attorney_seen: true,
        }),
        employment: Some(Employment {
            organization_code: "3710000001".into(),
            organization_name: "春日見本医院".into(),
            roles: vec!["urn:warifu:role:clinic-desk".into(), "urn:example:other".into()],
        }),
        replaces: Some("C2N8-4HJD".into()),
        ..card(Stage::Active)
    }
}

fn proof(stage: Stage) -> IdentityOutcome {
    match stage {
        Stage::Doubtful => proofs().swap_remove(1),
        Stage::Rejected => IdentityOutcome::Unknown,
        _ => proofs().swap_remove(0),
    }
}

/// Everything that the register may say.
pub fn proofs() -> Vec<IdentityOutcome> {
    let person = "0123456789abcdef0123456789abcdef".to_owned();
    let exact = ItemLevels {
        name: MatchLevel::Exact,
        kana: Some(MatchLevel::Exact),
        address: MatchLevel::Normalised,
        birth_date: MatchLevel::Exact,
        sex: MatchLevel::Exact,
    };
    let folded = ItemLevels {
        name: MatchLevel::Folded,
        kana: None,
        address: MatchLevel::Different,
        ..exact
    };
    vec![
        IdentityOutcome::Proved { person: person.clone(), items: exact },
        IdentityOutcome::Doubtful { person: Some(person), items: folded, candidates: 1 },
        IdentityOutcome::Doubtful { person: None, items: folded, candidates: 3 },
        IdentityOutcome::Gone { why: Departure::Deceased },
        IdentityOutcome::Gone { why: Departure::MovedAway },
        IdentityOutcome::Unknown,
    ]
}

fn certificates(stage: Stage) -> Vec<CardCertificate> {
    let standing = match stage {
        Stage::Active => "valid",
        Stage::Revoked | Stage::Destroyed => "revoked",
        _ => "held",
    };
    ["card-authentication", "card-presence"]
        .map(|profile| CardCertificate {
            profile: profile.into(),
            serial: "4f1c09a2b77e40d19c3355aa0e1d2b90".into(),
            not_before: "2024-01-18T00:00:00Z".parse().unwrap(),
            not_after: "2027-01-17T14:59:59Z".parse().unwrap(),
            state: standing.into(),
        })
        .into()
}

/// As the office says it to a clerk who has taken the application.
fn possible(stage: Stage) -> Vec<Possibility> {
    let names: &[(&str, Option<&str>)] = match stage {
        Stage::Applied => &[("prove", None), ("reject", None), ("withdraw", None)],
        Stage::Doubtful => &[
            ("prove", None),
            ("resolve-doubt", Some("office.same-person")),
            ("reject", None),
            ("withdraw", None),
        ],
        Stage::Proved => {
            &[("approve", Some("office.same-person")), ("reject", None), ("withdraw", None)]
        }
        Stage::Ordered => &[("withdraw", None)],
        Stage::Personalising => &[("spoil", None)],
        Stage::Personalised | Stage::Returned => {
            &[("send", None), ("deliver", None), ("revoke", None)]
        }
        Stage::Sent => &[("return", None), ("deliver", None), ("suspend", None)],
        Stage::Delivered => &[("suspend", None), ("revoke", None), ("reissue", None)],
        Stage::Active => &[
            ("suspend", None),
            ("revoke", None),
            ("reissue", None),
            ("renew", Some("office.too-early")),
        ],
        Stage::Suspended => {
            &[("release", Some("office.role")), ("revoke", None), ("reissue", None)]
        }
        Stage::Revoked | Stage::Expired => {
            &[("reissue", Some("office.never-heard-of")), ("destroy", None)]
        }
        Stage::Rejected | Stage::Withdrawn | Stage::Destroyed => &[],
    };
    let possibility = |(action, refused): &(&str, Option<&str>)| Possibility {
        action: (*action).into(),
        refused: refused.map(str::to_owned),
    };
    names.iter().map(possibility).collect()
}

pub fn line(card: &Card) -> CardLine {
    CardLine {
        id: card.id.clone(),
        stage: card.stage,
        since: card.since,
        kind: card.kind,
        number: card.number.as_ref().map(|_| "**** **** **** 7746".into()),
        name: card.applicant.as_ref().map(|items| items.name.clone()),
        expires: card.expires,
    }
}

pub fn list() -> CardList {
    let counts = stages().zip([2, 1, 1, 1_204, 1, 0, 18, 1, 3, 1, 12_408]);
    CardList {
        cards: stages().map(|stage| line(&card(stage))).chain([line(&staff_card())]).collect(),
        next: Some("1700000000000000.A7K29QXM".into()),
        counts: counts.map(|(stage, count)| StageCount { stage, count }).collect(),
    }
}

pub fn empty_list() -> CardList {
    CardList { cards: Vec::new(), next: None, counts: Vec::new() }
}

/// Kind, actor, role, from, to.
type EventRow = (&'static str, &'static str, Option<&'static str>, Option<Stage>, Stage);

pub fn events() -> Vec<CardEvent> {
    let rows: [EventRow; 8] = [
        ("card.applied", "k3jd9f", Some("clerk"), None, Stage::Applied),
        ("card.doubted", "k3jd9f", Some("clerk"), Some(Stage::Applied), Stage::Doubtful),
        ("card.doubt-resolved", "p0q8za", Some("approver"), Some(Stage::Doubtful), Stage::Proved),
        ("card.approved", "m2x7rr", Some("approver"), Some(Stage::Proved), Stage::Ordered),
        ("card.personalised", "machine:desk-1", None, Some(Stage::Ordered), Stage::Personalised),
        ("card.activated", "system", None, Some(Stage::Delivered), Stage::Active),
        ("card.suspended", "z81mmc", Some("call-centre"), Some(Stage::Active), Stage::Suspended),
        ("card.unheard-of", "z81mmc", Some("conjurer"), Some(Stage::Suspended), Stage::Suspended),
    ];
    let event = |(place, (kind, actor, role, from, to)): (u32, EventRow)| CardEvent {
        sequence: place,
        at: now() - SignedDuration::from_hours(24 * i64::from(9 - place)),
        kind: kind.to_owned(),
        actor: actor.to_owned(),
        role: role.map(str::to_owned),
        from,
        to,
        reason: (to == Stage::Suspended).then_some(StopReason::Lost),
        note: (place == 3)
            .then(|| "運転免許証の写しと見くらべました。\n<b>髙</b>は旧字です。".into()),
    };
    (1..).zip(rows).map(event).collect()
}

pub fn batch(done: u32, failed: u32) -> Batch {
    Batch { id: "20261120-3f".into(), made_at: now(), total: 1_000, done, failed }
}
