//! Makes the demonstration's folder: authorities, keys, configurations, metadata, people. Once.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use warifu_ca::{CardOffice, Ceremony};
use warifu_connectors::{Gateway, MemberId};
use warifu_idp::Idp;
use warifu_relay::Relay;
use warifu_service::Surroundings;
use warifu_service::clock::FrozenClock;

use super::folder::{CONNECTORS, Folder, Member};
use super::people::Enrolment;
use super::{cast, keys};

/// The demonstration's consortium was founded this long ago, so that a card can have ended.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 365 * 2);
/// How long a card of those days was good for.
const OLD_CARD_DAYS: u32 = 365;

/// Makes everything. What an interrupted attempt left is cleared first.
pub async fn found(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<()> {
    folder.begin()?;
    let past = Surroundings {
        clock: Arc::new(FrozenClock::at(surroundings.now() - AGE)),
        entropy: surroundings.entropy.clone(),
    };
    let ceremony = Ceremony { name: "Warifu demonstration".to_owned() };
    warifu_ca::init(&folder.at("ca"), &ceremony, &past)?;
    std::fs::copy(folder.of(Member::Ca, "ca.pem"), folder.at("ca.pem"))?;
    let mut old_config = folder.ca_config();
    old_config.validity.card_days = OLD_CARD_DAYS;
    let old_office = CardOffice::open(old_config, past).await?;
    let office = CardOffice::open(folder.ca_config(), surroundings.clone()).await?;

    keys::make(folder, &office, surroundings).await?;
    let gateways = gateways(folder, surroundings).await?;
    let insurers = insurers(&gateways).await?;
    folder.write_configs(&insurers)?;
    exchange_metadata(folder, surroundings)?;
    let enrolment = Enrolment {
        folder,
        office: &office,
        old_office: &old_office,
        idp: &Idp::open(folder.idp_config()?, surroundings.clone()).await?,
        relay: &Relay::open(folder.relay_config(&insurers), surroundings.clone()).await?,
        gateways: &gateways,
        surroundings,
    };
    let shown = enrolment.everybody().await?;
    cast::save(folder, &shown)?;
    folder.finish()
}

/// Gives identity provider and portal each other's metadata, as two organisations would.
fn exchange_metadata(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<()> {
    let idp = warifu_idp::metadata_xml(&folder.idp_config()?, surroundings)?;
    std::fs::write(folder.of(Member::Portal, "idp-metadata.xml"), idp)?;
    let portal = warifu_portal::metadata_xml(&folder.portal_config()?, surroundings)?;
    std::fs::write(folder.of(Member::Idp, "portal-metadata.xml"), portal)
        .context("cannot write the portal's metadata")
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
    for id in CONNECTORS {
        let gateway = Gateway::open(folder.gateway_config(id), surroundings.clone()).await?;
        let members = gateway.load_demo().await?;
        gateways.push((gateway, members));
    }
    Ok(gateways)
}
