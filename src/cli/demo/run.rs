//! Starts every party and the card agent, says where they are, and waits for the end.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use warifu_agent::drawer::{Bay, Drawer, DrawerCard, Text, Tone};
use warifu_agent::{Agent, AgentConfig, CardKind, PromptKind, TrustedIdp};
use warifu_card::drawer::VirtualReaders;
use warifu_card::virtual_card::{SharedCard, VirtualJpki, VirtualLiteS, VirtualPiv};
use warifu_card::{PcscReaders, Readers};
use warifu_service::{Surroundings, config, telemetry};

use super::cast::{self, Kind, Shown};
use super::folder::{Folder, Member, connectors};
use super::{ReaderKind, found, jpki, keys, people};
use crate::cli::party::{self, PartyKind, Settings};
use crate::cli::serve::stop_on_signal;

/// The virtual readers: the one at the screen, and the reception's own.
const READERS: [(&str, &str, &str); 2] = [
    ("Virtual reader 1", "手前のカードリーダー", "Front reader"),
    ("Virtual reader 2", "受付のカードリーダー", "Reception's reader"),
];

/// Runs until the process is told to stop.
pub async fn run(folder: &Folder, reader: ReaderKind) -> anyhow::Result<()> {
    telemetry::start();
    let surroundings = Surroundings::system();
    if !folder.is_complete()? {
        println!("Making keys, cards and people in {} …", folder.at("").display());
        // Once, and larger than all that runs afterwards.
        Box::pin(found::found(folder, &surroundings)).await?;
    }
    let stop = CancellationToken::new();
    let mut parties = start(settings(folder, |_| true)?, &surroundings, &stop).await?;
    let witness = config::load(&folder.config(Member::Witness))?;
    let witness = party::witness(&witness, surroundings.clone()).await.context("witness")?;
    parties.spawn(witness.serve(stop.clone()));
    let agent = agent(folder, reader, &surroundings).await?;
    parties.spawn({
        let stop = stop.clone();
        async move {
            agent.serve(stop.cancelled_owned()).await;
            Ok(())
        }
    });
    greet(folder, reader);
    tokio::spawn(stop_on_signal(stop.clone()));
    while let Some(ended) = parties.join_next().await {
        // One that ends early ends the demonstration, with its reason.
        stop.cancel();
        ended??;
    }
    Ok(())
}

/// The settings of those servers.
pub fn settings(
    folder: &Folder,
    wanted: impl Fn(Member) -> bool,
) -> anyhow::Result<Vec<(Member, Settings)>> {
    let load = |(kind, member)| Ok((member, Settings::load(kind, &folder.config(member))?));
    members().filter(|(_, member)| wanted(*member)).map(load).collect()
}

/// Lets servers work until `stop`. All stand before the first one works, so that none calls another
/// that is not there yet.
pub async fn start(
    servers: Vec<(Member, Settings)>,
    surroundings: &Surroundings,
    stop: &CancellationToken,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let mut opened = Vec::new();
    for (member, settings) in servers {
        opened.push(settings.open(surroundings).await.with_context(|| member.name())?);
    }
    Ok(opened.into_iter().map(|party| party.serve(stop.clone())).collect())
}

/// Every server with its settings' kind, in the order in which they start.
fn members() -> impl Iterator<Item = (PartyKind, Member)> {
    let connectors = connectors().map(|id| (PartyKind::Connector, Member::Connector(id)));
    let office = [(PartyKind::Register, Member::Register), (PartyKind::Ca, Member::Ca)];
    office.into_iter().chain(connectors).chain([
        (PartyKind::Relay, Member::Relay),
        (PartyKind::Idp, Member::Idp),
        (PartyKind::Portal, Member::Portal),
    ])
}

async fn agent(
    folder: &Folder,
    reader: ReaderKind,
    surroundings: &Surroundings,
) -> anyhow::Result<Agent> {
    let mut config = AgentConfig::serving(vec![TrustedIdp {
        origin: folder.address(Member::Idp),
        request_key_pem: keys::public(folder, Member::Idp, "agent-request")?.pem(),
    }]);
    config.listen = vec![folder.listen(Member::Agent)];
    config.ca = Some(folder.at("ca.pem"));
    config.prompt = PromptKind::Page;
    let (clock, entropy) = (surroundings.clock.clone(), surroundings.entropy.clone());
    let own =
        warifu_agent::Surroundings::new(move || clock.now(), move |bytes| entropy.fill(bytes));
    match reader {
        ReaderKind::Pcsc => Ok(Agent::bind(config, Arc::new(PcscReaders::new()), own).await?),
        ReaderKind::Virtual => {
            let readers = VirtualReaders::new(READERS.map(|(name, _, _)| name));
            let drawer = drawer(folder, &readers, surroundings)?;
            let readers: Arc<dyn Readers> = Arc::new(readers);
            Ok(Agent::bind(config, readers, own).await?.with_drawer(drawer))
        }
    }
}

fn drawer(
    folder: &Folder,
    readers: &VirtualReaders,
    surroundings: &Surroundings,
) -> anyhow::Result<Drawer> {
    let bays =
        READERS.map(|(name, ja, en)| Bay { reader: name.to_owned(), label: Text::new(ja, en) });
    let shown = cast::load(folder)?;
    let cards: anyhow::Result<Vec<_>> =
        shown.into_iter().map(|card| drawer_card(folder, card, surroundings)).collect();
    Ok(Drawer::new(readers.clone(), bays.to_vec(), cards?))
}

fn drawer_card(
    folder: &Folder,
    shown: Shown,
    surroundings: &Surroundings,
) -> anyhow::Result<DrawerCard> {
    let (kind, card) = virtual_card(folder, &shown, surroundings)
        .with_context(|| format!("the card {}", shown.id))?;
    Ok(DrawerCard {
        kind,
        name: Text::new(&shown.name, &shown.name),
        note: Text::new(shown.note_ja, shown.note_en),
        hint: shown.hint.clone(),
        tone: match shown.kind {
            Kind::Resident => Tone::Resident,
            Kind::Staff => Tone::Staff,
            Kind::New | Kind::Refused | Kind::Felica | Kind::Jpki => Tone::Other,
        },
        card,
        id: shown.id,
    })
}

fn virtual_card(
    folder: &Folder,
    shown: &Shown,
    surroundings: &Surroundings,
) -> anyhow::Result<(CardKind, SharedCard)> {
    let file = folder.card(&shown.id);
    Ok(match shown.kind {
        Kind::Felica => (CardKind::Felica, SharedCard::new(VirtualLiteS::load(&file)?)),
        Kind::Jpki => (CardKind::Jpki, SharedCard::new(VirtualJpki::load(&file)?)),
        Kind::Resident | Kind::Staff | Kind::New | Kind::Refused => {
            let random = super::card_randomness(surroundings);
            (CardKind::Piv, SharedCard::new(VirtualPiv::load(&file, random)?))
        }
    })
}

fn greet(folder: &Folder, reader: ReaderKind) {
    println!();
    println!("  Warifu is ready. All people and cards are virtual.");
    println!();
    println!("  Portal            {}", folder.address(Member::Portal));
    match reader {
        ReaderKind::Virtual => {
            println!("  Cards and reader  {}", folder.address(Member::Agent));
        }
        ReaderKind::Pcsc => println!("  Card agent        on this machine's PC/SC readers"),
    }
    println!();
    println!("  1. Put a card into the reader (PIN: {}; of the individual", people::PIN);
    println!("     number card: {}).", jpki::PIN);
    println!("  2. Open the portal and sign in with the card.");
    println!();
    println!("  The browser does not know the demonstration's CA: accept its warning once for");
    println!("  the portal and once for {}, or run", folder.address(Member::Idp));
    println!("  `warifu demo trust` first (`warifu demo untrust` takes it back).");
    println!();
    println!("  Ctrl-C ends it.");
}
