//! Virtual FeliCa cards, and an identity provider that takes them.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use warifu_card::felica::{Answer, Idm, LiteS, MasterKey, diversify, login_challenge};
use warifu_card::virtual_card::VirtualLiteS;
use warifu_pki::security_event::Event;
use warifu_pki::{KeySource, MasterSettings};

use super::rig::Rig;
use crate::config::FelicaConfig;

pub(crate) const IDM: Idm = [0x01, 0x2E, 0x44, 0x10, 0x20, 0x30, 0x40, 0x50];

/// The card office registers with the keys of that version.
fn master(version: u16) -> [u8; 24] {
    let version = u8::try_from(version).unwrap();
    std::array::from_fn(|i| version.wrapping_mul(29).wrapping_add(7 * u8::try_from(i).unwrap()))
}

/// The master keys of these versions.
pub(crate) fn masters(folder: &Path, versions: &[u16]) -> FelicaConfig {
    let settings = |&version: &u16| {
        let path = folder.join(format!("felica-{version}.key"));
        std::fs::write(&path, HEXLOWER.encode(&master(version))).unwrap();
        MasterSettings { version, key: KeySource::file(path) }
    };
    FelicaConfig { masters: versions.iter().map(settings).collect(), identification: false }
}

/// A rig that takes FeliCa cards with keys of the versions 1 and 2.
pub(crate) async fn felica_rig() -> Rig {
    let now = "2026-11-20T01:15:00Z".parse().unwrap();
    Rig::at_with(now, |config, _, folder| config.felica = Some(masters(folder, &[1, 2]))).await
}

/// A virtual Lite-S card.
pub(crate) struct FelicaToken(VirtualLiteS);

impl FelicaToken {
    /// One that the card office has registered with a key of that version.
    pub(crate) fn registered(idm: Idm, version: u16) -> Self {
        Self::by(idm, &MasterKey::new(master(version)), version)
    }

    /// One of the same name whose maker does not know the master key.
    pub(crate) fn forged(idm: Idm, version: u16) -> Self {
        Self::by(idm, &MasterKey::new([0xA5; 24]), version)
    }

    fn by(idm: Idm, master: &MasterKey, version: u16) -> Self {
        let key = diversify(master, &id_block(idm)).unwrap();
        Self(VirtualLiteS::registered(idm, key, version).unwrap())
    }

    /// What anybody can read of it.
    pub(crate) fn copied(&self) -> Self {
        Self(self.0.copied_by_reading())
    }

    /// What the card software makes of it.
    pub(crate) fn answer(&mut self, origin: &str, nonce: &str) -> Value {
        let rc = login_challenge(origin, nonce);
        let Answer { id_block, version_block, mac } =
            LiteS::find(&mut self.0).unwrap().answer(rc).unwrap();
        json!({
            "format": "warifu-felica:1",
            "idBlock": STANDARD.encode(id_block),
            "keyVersion": STANDARD.encode(version_block),
            "mac": STANDARD.encode(mac),
        })
    }

    pub(crate) fn told(idm: Idm, key_version: u16) -> Event {
        Event::TokenRegistered { token: Self::digits(idm), key_version }
    }

    pub(crate) fn ended(idm: Idm) -> Event {
        Event::TokenEnded { token: Self::digits(idm) }
    }

    pub(crate) fn digits(idm: Idm) -> String {
        HEXLOWER.encode(&id_block(idm))
    }
}

pub(crate) fn id_block(idm: Idm) -> [u8; 16] {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&idm);
    block
}
