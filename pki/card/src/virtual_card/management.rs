//! The administrator of a virtual PIV card: proves the management key (9B), then may make keys and
//! write objects (SP 800-73-4 part 2, 3.2.4 and appendix A.2, A.3), and give the card another key.

use zeroize::Zeroizing;

use super::{
    key::{CardKey, KeySlot},
    piv_card::VirtualPiv,
};
use crate::{
    apdu::{Command, StatusWord},
    personalise::{
        ManagementAlgorithm, ManagementKey,
        administrator::{CHALLENGE, MANAGEMENT_KEY, RESPONSE, TEMPLATE, WITNESS, same},
    },
    piv::KeyAlgorithm,
    tlv,
};

/// In P1: the algorithm of the key that the card has.
const DEFAULT: u8 = 0x00;

/// What the card asked last, and expects the answer to.
pub(super) enum Asked {
    /// Mutual authentication: the host must decrypt this witness.
    Witness(Vec<u8>),
    /// External authentication: the host must encrypt this challenge.
    Challenge(Vec<u8>),
}

impl VirtualPiv {
    pub(super) fn require_administrator(&self) -> Result<(), StatusWord> {
        if self.session.administrator { Ok(()) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }

    pub(super) fn authenticate_administrator(
        &mut self,
        command: &Command,
    ) -> Result<Vec<u8>, StatusWord> {
        let algorithm = self.kept.memory.management_key.algorithm();
        if ![DEFAULT, algorithm.piv_id()].contains(&command.p1) {
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
                answer(RESPONSE, &self.encrypted(challenge)?)
            }
            (None, None, Some(response), Some(Asked::Challenge(sent))) => {
                let expected = self.encrypted(&sent)?;
                self.accept_if(same(response, &expected))?;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::SECURITY_NOT_SATISFIED),
        }
    }

    fn offer_witness(&mut self) -> Result<Vec<u8>, StatusWord> {
        let witness = self.random_block();
        let sealed = self.encrypted(&witness)?;
        self.session.asked = Some(Asked::Witness(witness));
        answer(WITNESS, &sealed)
    }

    fn offer_challenge(&mut self) -> Result<Vec<u8>, StatusWord> {
        let challenge = self.random_block();
        self.session.asked = Some(Asked::Challenge(challenge.clone()));
        answer(CHALLENGE, &challenge)
    }

    fn accept_if(&mut self, proven: bool) -> Result<(), StatusWord> {
        self.session.administrator = proven;
        self.require_administrator()
    }

    fn random_block(&mut self) -> Vec<u8> {
        let mut block = vec![0; self.kept.memory.management_key.algorithm().block()];
        (self.random)(&mut block);
        block
    }

    fn encrypted(&self, block: &[u8]) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        let key = &self.kept.memory.management_key;
        if block.len() != key.algorithm().block() {
            return Err(StatusWord::WRONG_DATA);
        }
        Ok(key.encrypt(block)?)
    }

    /// Yubico's SET MANAGEMENT KEY: cipher, reference, length, key. P2 says whether it wants a
    /// touch, which this card cannot feel.
    pub(super) fn set_management_key(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        self.require_administrator()?;
        let (&[id, MANAGEMENT_KEY, length], key) =
            command.data.split_first_chunk().ok_or(StatusWord::WRONG_LENGTH)?
        else {
            return Err(StatusWord::WRONG_DATA);
        };
        let algorithm = ManagementAlgorithm::of_piv_id(id).ok_or(StatusWord::WRONG_DATA)?;
        if usize::from(length) != key.len() || command.p1 != 0xFF {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let key = ManagementKey::new(algorithm, key).map_err(|_| StatusWord::WRONG_LENGTH)?;
        self.kept.memory.management_key = key;
        self.save()?;
        Ok(Vec::new())
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
        let public = tlv::object(0x7F49, &key.public_parts()?)?;
        self.kept.memory.keys.insert(slot, key);
        self.save()?;
        Ok(public)
    }
}

fn answer(tag: u32, value: &[u8]) -> Result<Vec<u8>, StatusWord> {
    Ok(tlv::object(TEMPLATE, &tlv::object(tag, value)?)?)
}
