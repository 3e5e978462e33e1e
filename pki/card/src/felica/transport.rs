//! How readers carry FeliCa packets.

use super::identiv::{self, IdentivReader};
use super::{FelicaError, Idm, Packet};
use crate::apdu::StatusWord;
use crate::reader::Transaction;

/// Carries one packet to the card and its answer back.
pub trait FelicaTransport {
    /// Sends `packet` (its length first) and gives the card's answer, its length first too.
    fn exchange(&mut self, packet: &[u8]) -> Result<Vec<u8>, FelicaError>;
}

/// Finds out how the reader wants it, by asking for a card in each of the ways.
pub fn connect<'t>(
    transaction: &'t mut dyn Transaction,
) -> Result<Box<dyn FelicaTransport + 't>, FelicaError> {
    let polling = Packet::Polling.encode();
    if TransparentReader::start(transaction)? {
        return Ok(Box::new(TransparentReader { transaction }));
    }
    if is_ok(&transaction.transmit(&direct(&polling)?)?) {
        return Ok(Box::new(AcsReader { transaction }));
    }
    let (_, polling) = identiv::pseudo_apdu(&polling).ok_or(FelicaError::Malformed("packet"))?;
    if is_ok(&transaction.transmit(&polling)?) {
        return Ok(Box::new(IdentivReader { transaction }));
    }
    Err(FelicaError::Unsupported)
}

/// The manufacturer's identifier, as every reader tells it of a card that lies on it (PC/SC part 3,
/// 3.2.2.1.3, Get Data): of any FeliCa card. Nothing is proved by it.
pub fn read_idm(transaction: &mut dyn Transaction) -> Result<Idm, FelicaError> {
    const GET_IDENTIFIER: [u8; 5] = [0xFF, 0xCA, 0x00, 0x00, 0x00];
    if !transaction.is_storage_card() {
        return Err(FelicaError::NotLiteS);
    }
    let answer = transaction.transmit(&GET_IDENTIFIER)?;
    let identifier = data(&answer).map_err(|_| FelicaError::Unsupported)?;
    // Those of cards of other kinds are shorter.
    identifier.try_into().map_err(|_| FelicaError::NotLiteS)
}

const START: [u8; 7] = [0xFF, 0xC2, 0x00, 0x00, 0x02, 0x81, 0x00];
const TO_FELICA: [u8; 9] = [0xFF, 0xC2, 0x00, 0x02, 0x04, 0x8F, 0x02, 0x03, 0x00];
const TRANSCEIVE: [u8; 4] = [0xFF, 0xC2, 0x00, 0x01];
const END: [u8; 7] = [0xFF, 0xC2, 0x00, 0x00, 0x02, 0x82, 0x00];
/// How long the card may take, in microseconds.
const PATIENCE: u32 = 100_000;
const TIMER: [u8; 3] = [0x5F, 0x46, 0x04];
const SEND: u8 = 0x95;
const RECEIVED: u8 = 0x97;

/// A reader with transparent sessions (PC/SC part 3, supplement 2): RC-S300 and others.
pub struct TransparentReader<'t> {
    transaction: &'t mut dyn Transaction,
}

impl TransparentReader<'_> {
    /// Whether the reader has such sessions; then one is begun.
    fn start(transaction: &mut dyn Transaction) -> Result<bool, FelicaError> {
        if !is_ok(&transaction.transmit(&START)?) {
            return Ok(false);
        }
        let mut switch = TO_FELICA.to_vec();
        switch.push(0x00);
        if is_ok(&transaction.transmit(&switch)?) { Ok(true) } else { Err(FelicaError::NotLiteS) }
    }
}

impl FelicaTransport for TransparentReader<'_> {
    fn exchange(&mut self, packet: &[u8]) -> Result<Vec<u8>, FelicaError> {
        let length = u8::try_from(packet.len()).map_err(|_| FelicaError::Malformed("packet"))?;
        let mut body = [&TIMER[..], &PATIENCE.to_le_bytes(), &[SEND, length], packet].concat();
        let size = u8::try_from(body.len()).map_err(|_| FelicaError::Malformed("packet"))?;
        let mut apdu = [&TRANSCEIVE[..], &[size]].concat();
        apdu.append(&mut body);
        apdu.push(0x00);
        let answer = self.transaction.transmit(&apdu)?;
        let data = data(&answer)?;
        find(data, RECEIVED).map(<[u8]>::to_vec).ok_or(FelicaError::NotLiteS)
    }
}

impl Drop for TransparentReader<'_> {
    fn drop(&mut self) {
        // The transaction ends with a reset anyway.
        let _ = self.transaction.transmit(&END);
    }
}

/// A reader of ACS (ACR1252 and others): the packet in a direct command.
pub struct AcsReader<'t> {
    transaction: &'t mut dyn Transaction,
}

impl FelicaTransport for AcsReader<'_> {
    fn exchange(&mut self, packet: &[u8]) -> Result<Vec<u8>, FelicaError> {
        let answer = self.transaction.transmit(&direct(packet)?)?;
        Ok(data(&answer).map_err(|_| FelicaError::NotLiteS)?.to_vec())
    }
}

fn direct(packet: &[u8]) -> Result<Vec<u8>, FelicaError> {
    let length = u8::try_from(packet.len()).map_err(|_| FelicaError::Malformed("packet"))?;
    Ok([&[0xFF, 0x00, 0x00, 0x00, length], packet].concat())
}

fn is_ok(answer: &[u8]) -> bool {
    answer.ends_with(&StatusWord::OK.bytes())
}

pub(super) fn data(answer: &[u8]) -> Result<&[u8], FelicaError> {
    answer.strip_suffix(&StatusWord::OK.bytes()).ok_or(FelicaError::Malformed("status"))
}

/// The value of a one-byte tag with a one-byte length among others.
fn find(mut data: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [tag, length, rest @ ..] = data {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        if *tag == wanted {
            return Some(value);
        }
        data = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_received_packet_is_found_behind_the_status() {
        let answer = [0xC0, 0x03, 0x00, 0x90, 0x00, 0x92, 0x01, 0x00, 0x97, 0x02, 0xAA, 0xBB];
        assert_eq!(find(&answer, RECEIVED), Some(&[0xAA, 0xBB][..]));
    }

    proptest! {
        #[test]
        fn any_answer_is_searched(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(value) = find(&bytes, RECEIVED) {
                prop_assert!(value.len() < bytes.len());
            }
        }
    }
}
