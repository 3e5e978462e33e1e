//! The administrator of a virtual PIV card: proves the 3DES management key (9B), then may make
//! keys and write objects (SP 800-73-4 part 2, 3.2.4 and appendix A.2, A.3).

use openssl::{
    error::ErrorStack,
    symm::{Cipher, Crypter, Mode},
};

use super::{
    key::{CardKey, KeySlot},
    piv_card::VirtualPiv,
};
use crate::{
    apdu::{Command, StatusWord},
    piv::KeyAlgorithm,
    tlv,
};

const BLOCK: usize = 8;
/// 3DES in P1; 00 means the card's default, which is the same.
const TRIPLE_DES: [u8; 2] = [0x00, 0x03];

const TEMPLATE: u32 = 0x7C;
const WITNESS: u32 = 0x80;
const CHALLENGE: u32 = 0x81;
const RESPONSE: u32 = 0x82;

/// What the card asked last, and expects the answer to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Mutual authentication: the host must decrypt this witness.
    Witness([u8; BLOCK]),
    /// External authentication: the host must encrypt this challenge.
    Challenge([u8; BLOCK]),
}

impl VirtualPiv {
    pub(super) fn require_administrator(&self) -> Result<(), StatusWord> {
        if self.session.administrator { Ok(()) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }

    pub(super) fn authenticate_administrator(
        &mut self,
        command: &Command,
    ) -> Result<Vec<u8>, StatusWord> {
        if !TRIPLE_DES.contains(&command.p1) {
            return Err(StatusWord::WRONG_DATA);
        }
        self.session.administrator = false;
        let asked = self.session.asked.take();
        let template = tlv::find(&command.data, TEMPLATE)?.ok_or(StatusWord::WRONG_DATA)?;
        let [witness, challenge, response] = [
            tlv::find(template, WITNESS)?,
            tlv::find(template, CHALLENGE)?,
            tlv::find(template, RESPONSE)?,
        ];
        match (witness, challenge, response, asked) {
            (Some([]), None, None, _) => self.offer_witness(),
            (None, Some([]), None, _) => self.offer_challenge(),
            (Some(witness), Some(challenge), _, Some(Asked::Witness(expected))) => {
                self.accept_if(same(witness, &expected))?;
                let challenge = challenge.try_into().map_err(|_| StatusWord::WRONG_DATA)?;
                answer(RESPONSE, &self.encrypted(challenge)?)
            }
            (None, None, Some(response), Some(Asked::Challenge(sent))) => {
                let expected = self.encrypted(sent)?;
                self.accept_if(same(response, &expected))?;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::SECURITY_NOT_SATISFIED),
        }
    }

    fn offer_witness(&mut self) -> Result<Vec<u8>, StatusWord> {
        let witness = self.random_block();
        self.session.asked = Some(Asked::Witness(witness));
        answer(WITNESS, &self.encrypted(witness)?)
    }

    fn offer_challenge(&mut self) -> Result<Vec<u8>, StatusWord> {
        let challenge = self.random_block();
        self.session.asked = Some(Asked::Challenge(challenge));
        answer(CHALLENGE, &challenge)
    }

    fn accept_if(&mut self, proven: bool) -> Result<(), StatusWord> {
        self.session.administrator = proven;
        self.require_administrator()
    }

    fn random_block(&mut self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        (self.random)(&mut block);
        block
    }

    fn encrypted(&self, block: [u8; BLOCK]) -> Result<[u8; BLOCK], StatusWord> {
        Ok(encrypt_block(&self.memory.management_key, block)?)
    }

    pub(super) fn generate(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        self.require_administrator()?;
        let (0x00, Some(slot)) = (command.p1, KeySlot::of_reference(command.p2)) else {
            return Err(StatusWord::WRONG_PARAMETERS);
        };
        let template = tlv::find(&command.data, 0xAC)?.ok_or(StatusWord::WRONG_DATA)?;
        let algorithm = match tlv::find(template, 0x80)? {
            Some(&[id]) => KeyAlgorithm::of_piv_id(id).ok_or(StatusWord::WRONG_DATA)?,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        let key = CardKey::generate(algorithm)?;
        let public = key.public_template()?;
        self.memory.keys.insert(slot, key);
        self.save()?;
        Ok(public)
    }
}

fn answer(tag: u32, value: &[u8]) -> Result<Vec<u8>, StatusWord> {
    Ok(tlv::object(TEMPLATE, &tlv::object(tag, value)?)?)
}

/// In constant time; lengths are no secret.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && openssl::memcmp::eq(one, other)
}

fn encrypt_block(key: &[u8], block: [u8; BLOCK]) -> Result<[u8; BLOCK], ErrorStack> {
    let mut crypter = Crypter::new(Cipher::des_ede3_ecb(), Mode::Encrypt, key, None)?;
    crypter.pad(false);
    // The crypter wants room for one block more than it writes.
    let mut output = [0; 2 * BLOCK];
    crypter.update(&block, &mut output)?;
    let mut encrypted = [0; BLOCK];
    for (to, from) in encrypted.iter_mut().zip(output) {
        *to = from;
    }
    Ok(encrypted)
}
