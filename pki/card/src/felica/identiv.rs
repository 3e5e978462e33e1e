//! Readers of SCM and Identiv: each FeliCa command has a pseudo-APDU of its own, without the
//! packet's length, code and `IDm`, and is answered without length and code.

use super::FelicaError;
use super::transport::{FelicaTransport, data};
use crate::reader::Transaction;

const POLLING: u8 = 0x00;
const READ: u8 = 0x06;
const WRITE: u8 = 0x08;

/// A reader of SCM or Identiv (uTrust and CLOUD 37x0 F, 47x0 F).
pub struct IdentivReader<'t> {
    pub(super) transaction: &'t mut dyn Transaction,
}

impl FelicaTransport for IdentivReader<'_> {
    fn exchange(&mut self, packet: &[u8]) -> Result<Vec<u8>, FelicaError> {
        let (code, apdu) = pseudo_apdu(packet).ok_or(FelicaError::Malformed("packet"))?;
        let answer = self.transaction.transmit(&apdu)?;
        let data = data(&answer).map_err(|_| FelicaError::NotLiteS)?;
        let length = u8::try_from(data.len() + 2).map_err(|_| FelicaError::Malformed("length"))?;
        // An answer's code is one more than the command's.
        Ok([&[length, code + 1], data].concat())
    }
}

/// The command's code, and the reader's command for it; `None` for a packet of another kind.
pub(super) fn pseudo_apdu(packet: &[u8]) -> Option<(u8, Vec<u8>)> {
    let (code, instruction, counts, data) = match packet {
        [_, POLLING, rest @ ..] => (POLLING, 0x40, [0, 0], rest.to_vec()),
        [_, code @ (READ | WRITE), rest @ ..] => {
            let (_idm, rest) = rest.split_first_chunk::<8>()?;
            let (&[services, low, high, blocks], rest) = rest.split_first_chunk()?;
            let instruction = if *code == READ { 0x46 } else { 0x48 };
            (*code, instruction, [services, blocks], [&[low, high], rest].concat())
        }
        _ => return None,
    };
    let [p1, p2] = counts;
    let length = u8::try_from(data.len()).ok()?;
    Some((code, [&[0xFF, instruction, p1, p2, length][..], &data].concat()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::felica::Packet;

    #[test]
    fn commands_are_written_as_the_readers_manual_has_them() {
        let idm = [1, 2, 3, 4, 5, 6, 7, 8];
        let apdu = |packet: Packet| pseudo_apdu(&packet.encode()).unwrap().1;
        assert_eq!(apdu(Packet::Polling), [0xFF, 0x40, 0, 0, 4, 0x88, 0xB4, 0, 0]);
        let read = apdu(Packet::Read { idm, blocks: vec![0x82, 0x91] });
        assert_eq!(read, [0xFF, 0x46, 1, 2, 6, 0x0B, 0, 0x80, 0x82, 0x80, 0x91]);
        let write = apdu(Packet::Write { idm, blocks: vec![(0x80, [7; 16])] });
        assert_eq!(write[..9], [0xFF, 0x48, 1, 1, 20, 0x09, 0, 0x80, 0x80]);
        assert_eq!(write[9..], [7; 16]);
    }

    proptest! {
        #[test]
        fn any_packet_is_survived(packet in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some((_, apdu)) = pseudo_apdu(&packet) {
                prop_assert!(apdu.len() <= 260);
            }
        }
    }
}
