//! The trials of 2005 again, on the real gateway: the numbered items of its test sheet that ask an
//! insurer in real time, its schedule week by week, and its 625 accesses as a load.

mod accesses;
mod items;
mod weeks;

use std::sync::Arc;

use jiff::civil::{Date, date};
use warifu_contract::card_key::{CardKey, InsurerKey};
use warifu_contract::coverage::{Insurer, InsurerKind, Validity};
use warifu_contract::eligibility::{
    ConnectorEligibilityAnswer, ConnectorEligibilityRequest, TypedCard,
};
use warifu_contract::person::{Name, Sex};
use warifu_contract::register::{Copay, Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};

use super::rig::Rig;
use crate::config::ConnectorKind;
use crate::store::{Member, Update};

const BEGINNING: Date = date(2000, 4, 1);
const RUNNING: &str = "88888888";
const DISSOLVED: &str = "89898989";
const INSURED: Date = date(1955, 5, 5);
const WIFE: Date = date(1960, 10, 10);
/// The day asked about.
const DAY: Date = date(2005, 7, 8);

/// A gateway whose store the test fills.
struct Trial {
    rig: Rig,
    client: crate::ConnectorClient,
}

impl Trial {
    async fn start() -> Self {
        let rig = Rig::start(ConnectorKind::Insurer).await;
        let client = crate::ConnectorClient::new(&rig.base, rig.relay.http.clone()).unwrap();
        Self { rig, client }
    }

    async fn update(&self) -> Update {
        self.rig.gateway.store().update().await.unwrap()
    }

    /// Asks about a typed card as the relay does.
    async fn ask(&self, typed: TypedCard, day: Date) -> ConnectorEligibilityAnswer {
        let question = ConnectorEligibilityRequest { typed: Some(typed), target_date: day };
        let token = self.rig.token(&self.rig.treatment(None));
        self.client.eligibility(&token, &question, super::answers::DEADLINE).await.unwrap()
    }

    /// The sentence that the clinic sees.
    async fn sentence(&self, typed: TypedCard, day: Date) -> &'static str {
        self.ask(typed, day).await.decision.verdict.legacy_message()
    }

    /// Two insurers, one of them dissolved, and four cards: running, ended, to come, and one
    /// without a family.
    async fn with_cards() -> Self {
        let trial = Self::start().await;
        let mut update = trial.update().await;
        let running = insurer(RUNNING, None);
        let dissolved = insurer(DISSOLVED, Some(date(2005, 3, 31)));
        for at in [&running, &dissolved] {
            enter_insurer(&mut update, at).await;
        }
        for (at, number, from, until, has_family) in [
            (&running, "001", date(2004, 4, 1), Some(date(2010, 3, 31)), true),
            (&running, "002", date(2001, 4, 1), Some(date(2005, 7, 7)), true),
            (&running, "003", date(2005, 7, 9), None, true),
            (&running, "004", date(2004, 4, 1), None, false),
            (&dissolved, "005", date(2004, 4, 1), None, false),
        ] {
            let days = Validity { from, until };
            let insured = member(&mut update, &format!("{number}-insured"), INSURED, days).await;
            let mut card = card(at, "東京", number, insured);
            if has_family {
                let wife = member(&mut update, &format!("{number}-wife"), WIFE, days).await;
                card.dependants.push(dependant(wife));
            }
            update.put_enrolment(&format!("trial-{number}"), &card).await.unwrap();
        }
        update.commit().await.unwrap();
        trial
    }
}

fn insurer(number: &str, until: Option<Date>) -> Arc<RegisteredInsurer> {
    Arc::new(RegisteredInsurer {
        key: InsurerKey::parse(number).unwrap(),
        insurer: Insurer {
            number: number.to_owned(),
            name: format!("仮想保険者{number}"),
            address: String::new(),
            kind: InsurerKind::Society,
            r#virtual: true,
        },
        validity: Validity { from: BEGINNING, until },
    })
}

async fn enter_insurer(update: &mut Update, at: &RegisteredInsurer) {
    let changed_at = "2005-07-01T00:00:00Z".parse().unwrap();
    update.put_insurer(&at.insurer, at.validity, Some(3), changed_at).await.unwrap();
}

/// Enters a member under a made-up reference and gives their place on a card.
async fn member(update: &mut Update, who: &str, birth_date: Date, days: Validity) -> Enrolled {
    let name = Name { text: format!("認証 {who}"), kana: "ニンショウ".to_owned() };
    let member = Member {
        reference: format!("trial-{who}"),
        name: name.clone(),
        sex: Sex::Unknown,
        birth_date,
        address: None,
        former_names: Vec::new(),
        changed_at: "2005-07-01T00:00:00Z".parse().unwrap(),
    };
    let id = update.put_member(format!("trial-{who}"), &member).await.unwrap();
    Enrolled {
        person: id.as_str().to_owned(),
        name,
        sex: Sex::Unknown,
        birth_date,
        branch: None,
        validity: days,
        provisional_until: None,
        copays: vec![Copay { from: days.from, percent: 30, income: None }],
    }
}

fn card(at: &Arc<RegisteredInsurer>, symbol: &str, number: &str, insured: Enrolled) -> Enrolment {
    Enrolment {
        insurer: at.clone(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        key: CardKey::parse(symbol, number).unwrap(),
        workplace: None,
        insured,
        dependants: Vec::new(),
    }
}

fn dependant(enrolled: Enrolled) -> EnrolledDependant {
    EnrolledDependant { enrolled, relationship: "妻".to_owned() }
}

fn typed(insurer: &str, symbol: &str, number: &str, birth_date: Date) -> TypedCard {
    TypedCard {
        insurer_number: insurer.to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date,
    }
}
