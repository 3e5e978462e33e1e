//! One card: where it stands, what can be done, and all that is known of it.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::card_office::{
    Card, CardCertificate, CardEvent, CardKind, Channel, Employment, Proxy, Stage,
};
use warifu_contract::identity::FourItems;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::deeds::Deeds;
use super::list::{Expiry, expiry};
use super::proof::ProofView;
use super::rail::{self, Step};
use super::{Notice, history, reason, role, stage};
use crate::access::Role;
use crate::dates::words;
use crate::view::site::Site;
use crate::view::{Fact, Link, Tone, sex};

/// A card that is finished and not over: its papers can be printed.
const MADE: [Stage; 5] =
    [Stage::Personalised, Stage::Sent, Stage::Returned, Stage::Delivered, Stage::Active];

/// A card's page.
#[derive(Debug, Template)]
#[template(path = "office/card.html")]
pub struct CardScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// For the forms.
    pub stamp: String,
    /// The card.
    pub card: CardView,
}

/// A card in words.
#[derive(Debug, Clone)]
pub struct CardView {
    /// 受付番号.
    pub id: String,
    /// For `If-Match`.
    pub version: u32,
    /// Whose card it is.
    pub title: String,
    /// 受付番号 and the number printed on it, for whom.
    pub lead: String,
    /// Where it stands.
    pub stage: String,
    /// How it stands.
    pub tone: Tone,
    /// Since when, and why.
    pub since: String,
    /// What comes next.
    pub next: String,
    /// How far it has come.
    pub steps: Vec<Step>,
    /// What can be done.
    pub deeds: Deeds,
    /// Who it is for.
    pub person: Vec<Fact>,
    /// How it came about, and where it goes.
    pub facts: Vec<Fact>,
    /// Its last day.
    pub expires: Option<Expiry>,
    /// What the register said.
    pub proof: Option<ProofView>,
    /// Its certificates.
    pub certificates: Vec<CertificateRow>,
    /// The card before it and the card after it.
    pub kin: Vec<Link>,
    /// The face can be printed.
    pub face: bool,
    /// The letter can be printed.
    pub letter: bool,
}

/// A certificate on a card.
#[derive(Debug, Clone)]
pub struct CertificateRow {
    /// What it is for.
    pub purpose: String,
    /// Its serial number, in fours.
    pub serial: String,
    /// From when until when.
    pub validity: String,
    /// How it stands.
    pub tone: Tone,
    /// The same in words.
    pub state: String,
}

impl CardView {
    /// The card as it is on `today`, for somebody with these `roles`.
    pub fn new(voice: Voice<'_>, today: Date, card: &Card, roles: &[Role]) -> Self {
        let (clerk, approver) =
            (roles.contains(&Role::CardClerk), roles.contains(&Role::CardApprover));
        let made = MADE.contains(&card.stage);
        Self {
            id: card.id.clone(),
            version: card.version,
            title: title(voice, card),
            lead: lead(voice, card),
            stage: stage::word(voice, card.stage),
            tone: stage::tone(card.stage),
            since: since(voice, card),
            next: voice.attribute(&stage::key(card.stage), "next"),
            steps: rail::steps(voice, card),
            deeds: Deeds::new(voice, card, roles),
            person: card.applicant.as_ref().map(|items| person(voice, items)).unwrap_or_default(),
            facts: facts(voice, card),
            expires: card.expires.map(|day| expiry(voice, today, card.stage, day)),
            proof: card.proof.as_ref().map(|outcome| ProofView::new(voice, outcome)),
            certificates: card.certificates.iter().map(|one| certificate(voice, one)).collect(),
            kin: kin(voice, card),
            face: made && clerk,
            letter: made && (clerk || approver),
        }
    }
}

/// Whose card it is, as far as whoever asks may know.
pub fn title(voice: Voice<'_>, card: &Card) -> String {
    match &card.applicant {
        Some(items) => voice.tell("card-of", &[("name", items.name.as_str().into())]),
        None => voice.tell("card-nameless", &[("id", card.id.as_str().into())]),
    }
}

fn lead(voice: Voice<'_>, card: &Card) -> String {
    let id = voice.tell("card-id", &[("id", card.id.as_str().into())]);
    let kind = voice.say(match card.kind {
        CardKind::Resident => "kind-resident",
        CardKind::Staff => "kind-staff",
    });
    let number = card
        .number
        .as_ref()
        .map(|number| voice.tell("card-number", &[("number", number.as_str().into())]));
    [Some(kind), Some(id), number].into_iter().flatten().collect::<Vec<_>>().join("　")
}

fn since(voice: Voice<'_>, card: &Card) -> String {
    let moment = words::full_moment(voice.language, card.since);
    let since = voice.tell("card-since", &[("moment", moment.into())]);
    match card.reason {
        Some(why) => {
            let why = voice.tell("card-reason", &[("reason", reason(voice, why).into())]);
            format!("{since}　{why}")
        }
        None => since,
    }
}

/// The four items as facts.
pub fn person(voice: Voice<'_>, items: &FourItems) -> Vec<Fact> {
    [
        ("person-name", Some(items.name.clone())),
        ("person-kana", items.kana.clone()),
        ("person-birth", Some(words::day_in_both_eras(voice.language, items.birth_date))),
        ("person-sex", Some(sex(voice, items.sex))),
        ("person-address", Some(items.address.clone())),
    ]
    .into_iter()
    .filter_map(|(key, value)| value.map(|value| Fact { label: voice.say(key), value }))
    .collect()
}

fn facts(voice: Voice<'_>, card: &Card) -> Vec<Fact> {
    let channel = voice.say(match card.channel {
        Channel::Paper => "channel-paper",
        Channel::Online => "channel-online",
    });
    [
        ("person-phone", card.phone.clone()),
        ("application-channel", Some(channel)),
        ("card-proxy", card.proxy.as_ref().map(|one| proxy(voice, one))),
        ("card-employment", card.employment.as_ref().map(|one| employment(voice, one))),
        ("deed-tracking", card.tracking.clone()),
    ]
    .into_iter()
    .filter_map(|(key, value)| value.map(|value| Fact { label: voice.say(key), value }))
    .collect()
}

fn proxy(voice: Voice<'_>, proxy: &Proxy) -> String {
    let seen = if proxy.power_of_attorney_seen { "card-proxy-seen" } else { "card-proxy-not-seen" };
    let gaps = [
        ("name", proxy.name.as_str().into()),
        ("relation", proxy.relation.as_str().into()),
        ("seen", voice.say(seen).into()),
    ];
    voice.tell("card-proxy-line", &gaps)
}

fn employment(voice: Voice<'_>, employment: &Employment) -> String {
    let roles: Vec<_> = employment.roles.iter().map(|urn| role(voice, urn)).collect();
    let (name, code) = (&employment.organization_name, &employment.organization_code);
    format!("{name}（{code}）\n{}", roles.join("、"))
}

fn certificate(voice: Voice<'_>, one: &CardCertificate) -> CertificateRow {
    let day = |at| words::plain_day(voice.language, warifu_contract::calendar::today_in_japan(at));
    let key = format!("profile-{}", one.profile.replace('_', "-").to_ascii_lowercase());
    let (tone, state) = match one.state.as_str() {
        "valid" => (Tone::Ok, "certificate-valid"),
        "held" => (Tone::Warn, "certificate-held"),
        _ => (Tone::Bad, "certificate-revoked"),
    };
    let gaps = [("from", day(one.not_before).into()), ("until", day(one.not_after).into())];
    CertificateRow {
        purpose: if voice.knows(&key) { voice.say(&key) } else { one.profile.clone() },
        serial: in_fours(&one.serial),
        validity: voice.tell("from-until", &gaps),
        tone,
        state: voice.say(state),
    }
}

fn in_fours(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    all.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn kin(voice: Voice<'_>, card: &Card) -> Vec<Link> {
    let link = |key: &str, id: &String| Link {
        href: format!("/office/cards/{id}"),
        words: voice.tell(key, &[("id", id.as_str().into())]),
    };
    let before = card.replaces.as_ref().map(|id| link("card-replaces", id));
    let after = card.replaced_by.as_ref().map(|id| link("card-replaced-by", id));
    before.into_iter().chain(after).collect()
}

/// Tells kindly that somebody else was faster, and who.
pub fn moved_on(voice: Voice<'_>, card: &Card, events: &[CardEvent]) -> Notice {
    let Some(last) = events.iter().max_by_key(|event| event.sequence) else {
        return Notice::warning(voice, "moved-on");
    };
    let gaps = [
        ("who", history::who(voice, last).into()),
        ("moment", words::moment(voice.language, last.at).into()),
        ("what", history::what(voice, last).into()),
        ("stage", stage::word(voice, card.stage).into()),
    ];
    Notice { text: voice.tell("moved-on-by", &gaps), ..Notice::warning(voice, "moved-on") }
}
