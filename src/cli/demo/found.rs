//! Makes the demonstration's folder: authorities, keys, configurations, metadata, people. Once.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use warifu_ca::{Ca, Ceremony};
use warifu_connectors::demo::services::ORGANISATIONS;
use warifu_connectors::{Gateway, MemberId, ResidentRegister, services};
use warifu_idp::Idp;
use warifu_office::{CardOffice, Outbox};
use warifu_pki::{FileKey, KeySource};
use warifu_relay::Relay;
use warifu_service::Surroundings;
use warifu_service::clock::FrozenClock;

use super::folder::{Folder, Member, connectors};
use super::jpki::Jpki;
use super::people::Enrolment;
use super::run::{settings, start};
use super::{cast, deposited, keys};

/// The demonstration's consortium was founded this long ago, so that a card can have ended.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 365 * 2);

/// Makes everything. What an interrupted attempt left is cleared first.
pub async fn found(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<()> {
    folder.begin()?;
    let past = Surroundings {
        clock: Arc::new(FrozenClock::at(surroundings.now() - AGE)),
        entropy: surroundings.entropy.clone(),
    };
    let ceremony = Ceremony::new("Warifu demonstration", folder.address(Member::Ca));
    warifu_ca::init(&folder.at("ca"), &ceremony, &past)?;
    let old_authority = Ca::open(folder.ca_config(), past).await?;
    // The root's list of those days has ended meanwhile.
    let root_key = KeySource::file(folder.of(Member::Ca, "ca.key"));
    warifu_ca::root_crl(&folder.at("ca"), &root_key, surroundings)?;
    warifu_office::init(&folder.of(Member::Office, ""), surroundings)?;
    std::fs::copy(folder.of(Member::Ca, "ca.pem"), folder.at("ca.pem"))?;
    let authority = Ca::open(folder.ca_config(), surroundings.clone()).await?;

    keys::make(folder, &authority, surroundings).await?;
    let jpki = Jpki::found(folder, surroundings)?;
    declare(folder)?;
    let gateways = gateways(folder, surroundings).await?;
    let insurers = insurers(&gateways).await?;
    folder.write_configs(&insurers)?;
    exchange_metadata(folder, surroundings)?;
    register(folder, surroundings).await?;

    let config = folder.office_config();
    let office = CardOffice::open(&config.office, authority, surroundings.clone()).await?;
    let founding = Founding::open(folder, surroundings).await?;
    let enrolment = Enrolment {
        folder,
        outbox: &Outbox::open(&config.notify, office.clone())?,
        office: &office,
        old_authority: &old_authority,
        idp: &Box::pin(Idp::open(folder.idp_config()?, surroundings.clone())).await?,
        relay: &Relay::open(folder.relay_config(&insurers)?, surroundings.clone()).await?,
        gateways: &gateways,
        jpki: &jpki,
        surroundings,
    };
    deposited::Deposited { folder, relay: enrolment.relay, surroundings }.deposit().await?;
    let shown = enrolment.everybody().await?;
    enrolment.relay.close().await;
    founding.close().await?;
    cast::save(folder, &shown)?;
    folder.finish()
}

/// The parties that the card office talks to while the first cards are made.
struct Founding {
    parties: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Founding {
    async fn open(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let needed = [Member::Register, Member::Ca, Member::Idp];
        let needed = settings(folder, |member| needed.contains(&member))?;
        Ok(Self { parties: start(needed, surroundings, &stop).await?, stop })
    }

    async fn close(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.parties.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// The resident register, with the virtual people, those who work here, and one who has no card
/// yet.
async fn register(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<()> {
    let register = ResidentRegister::open(folder.register_config(), surroundings.clone()).await?;
    register.load_demo().await?;
    let mut update = register.store().update().await?;
    let staff = cast::STAFF.iter().map(|member| (member.card, member.resident()));
    for (number, mut resident) in staff.chain([("applicant", cast::applicant())]) {
        resident.reference = surroundings.hex(16);
        update.put(number, &resident, surroundings.now()).await?;
    }
    Ok(update.commit().await?)
}

/// Gives identity provider and portal each other's metadata, as two organisations would.
fn exchange_metadata(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<()> {
    let idp = warifu_idp::metadata_xml(&folder.idp_config()?, surroundings)?;
    std::fs::write(folder.of(Member::Portal, "idp-metadata.xml"), idp)?;
    let portal = warifu_portal::metadata_xml(&folder.portal_config()?, surroundings)?;
    std::fs::write(folder.of(Member::Idp, "portal-metadata.xml"), portal)
        .context("cannot write the portal's metadata")
}

/// Signs what the organisations declare, as each of them would, where its key is.
fn declare(folder: &Folder) -> anyhow::Result<()> {
    for organisation in &ORGANISATIONS {
        let member = Member::Connector(organisation.id);
        let manifest = services::read(organisation.manifest)?;
        let key = FileKey::load(&folder.of(member, "manifest.key"))?;
        let path = folder.of(member, "manifest.jws");
        std::fs::write(&path, services::sign(&manifest, &key)?)
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// The 保険者番号 of every virtual insurer.
async fn insurers(
    gateways: &[(Gateway, BTreeMap<String, MemberId>)],
) -> anyhow::Result<Vec<String>> {
    let mut numbers = Vec::new();
    for (gateway, _) in gateways {
        numbers.extend(gateway.store().insurer_numbers().await?);
    }
    Ok(numbers)
}

/// The connectors, with the virtual people who are their members.
async fn gateways(
    folder: &Folder,
    surroundings: &Surroundings,
) -> anyhow::Result<Vec<(Gateway, BTreeMap<String, MemberId>)>> {
    let mut gateways = Vec::new();
    for id in connectors() {
        let gateway = Gateway::open(folder.gateway_config(id), surroundings.clone()).await?;
        let members = gateway.load_demo().await?;
        gateways.push((gateway, members));
    }
    Ok(gateways)
}
