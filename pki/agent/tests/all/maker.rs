//! Cards for the tests, made as an issuer makes them.

use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Name};
use warifu_card::piv::{Guid, KeyAlgorithm};
use warifu_card::virtual_card::{KeySlot, SharedCard, VirtualJpki, VirtualPiv};
use warifu_card::{Pin, PinForm};

pub const PIN: &str = "271828";
pub const WRONG: &str = "000000";
/// The PIN of JPKI cards.
pub const JPKI_PIN: &str = "2718";
/// What stands in the letter: the PUK.
pub const CODE: &str = "31415926";

/// A JPKI card.
pub fn jpki(number: u8) -> SharedCard {
    let maker = Maker::new(number).with_keys(KeyAlgorithm::Rsa2048);
    let key = maker.key();
    let pem = key.private_key_to_pem_pkcs8().unwrap();
    let pin = Pin::of(PinForm::Jpki, JPKI_PIN).unwrap();
    SharedCard::new(VirtualJpki::new(&pin, &pem, &maker.certificate(&key)).unwrap())
}

/// A card in the making: keys and certificates for 9A and 9E.
pub struct Maker {
    number: u8,
    algorithm: KeyAlgorithm,
    from: Timestamp,
    until: Timestamp,
    slots: Vec<KeySlot>,
}

impl Maker {
    /// P-256, valid from 2026 to 2031.
    pub fn new(number: u8) -> Self {
        Self {
            number,
            algorithm: KeyAlgorithm::P256,
            from: "2026-01-01T00:00:00Z".parse().unwrap(),
            until: "2031-01-01T00:00:00Z".parse().unwrap(),
            slots: vec![KeySlot::Authentication, KeySlot::CardAuthentication],
        }
    }

    pub fn with_keys(self, algorithm: KeyAlgorithm) -> Self {
        Self { algorithm, ..self }
    }

    pub fn valid_from(self, from: Timestamp) -> Self {
        Self { from, ..self }
    }

    pub fn valid_until(self, until: Timestamp) -> Self {
        Self { until, ..self }
    }

    pub fn without(mut self, slot: KeySlot) -> Self {
        self.slots.retain(|known| *known != slot);
        self
    }

    /// The only attribute of the certificates' subject.
    pub fn holder(&self) -> String {
        format!("{:032x}", self.number)
    }

    pub fn shared(&self) -> SharedCard {
        let pin = |digits| Pin::new(digits).unwrap();
        let blank = VirtualPiv::builder(Guid([self.number; 16]), &pin(PIN), &pin(CODE));
        let card = self.slots.iter().fold(blank, |card, slot| {
            let key = self.key();
            let pem = key.private_key_to_pem_pkcs8().unwrap();
            card.key(*slot, &pem, &self.certificate(&key)).unwrap()
        });
        SharedCard::new(card.finish(Box::new(|bytes| bytes.fill(7))))
    }

    fn key(&self) -> PKey<Private> {
        let on = |curve| EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap();
        match self.algorithm {
            KeyAlgorithm::P256 => PKey::from_ec_key(on(Nid::X9_62_PRIME256V1)).unwrap(),
            KeyAlgorithm::P384 => PKey::from_ec_key(on(Nid::SECP384R1)).unwrap(),
            KeyAlgorithm::Rsa2048 => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        }
    }

    fn certificate(&self, key: &PKey<Private>) -> Vec<u8> {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, &self.holder()).unwrap();
        let name = name.build();
        let serial = BigNum::from_u32(u32::from(self.number)).unwrap().to_asn1_integer().unwrap();
        let mut made = X509::builder().unwrap();
        made.set_version(2).unwrap();
        made.set_serial_number(&serial).unwrap();
        made.set_subject_name(&name).unwrap();
        made.set_issuer_name(&name).unwrap();
        made.set_not_before(&Asn1Time::from_unix(self.from.as_second()).unwrap()).unwrap();
        made.set_not_after(&Asn1Time::from_unix(self.until.as_second()).unwrap()).unwrap();
        made.set_pubkey(key).unwrap();
        made.sign(key, MessageDigest::sha256()).unwrap();
        made.build().to_der().unwrap()
    }
}
