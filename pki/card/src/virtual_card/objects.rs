//! The data objects of a virtual PIV card: GET DATA and PUT DATA (SP 800-73-4 part 2, 3.1.2 and
//! 3.3.2; the objects themselves in part 1, appendix A).

use std::collections::BTreeMap;

use super::{
    memory::{Object, ObjectName},
    piv_card::VirtualPiv,
};
use crate::{
    apdu::{Command, StatusWord},
    piv::{APPLICATION, Guid},
    tlv::{self, TlvError},
};

/// No object is longer.
const MAX_OBJECT: usize = 4096;
/// No card holds more objects.
const MAX_OBJECTS: usize = 48;

const CHUID: [u8; 3] = [0x5F, 0xC1, 0x02];
const CAPABILITIES: [u8; 3] = [0x5F, 0xC1, 0x07];
const DISCOVERY: &[u8] = &[0x7E];

/// FASC-N of a card that no federal agency issued: agency 9999, system 9999, credential 999999,
/// as other makers of such cards write it (SP 800-73-4 part 1, 3.1.2).
const FASC_N: [u8; 25] = [
    0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08,
    0x42, 0x10, 0x84, 0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB,
];
/// The card itself never ends; its certificates do.
const EXPIRY: &[u8; 8] = b"20991231";

/// The objects that every card has from the start.
pub(super) fn of_new_card(guid: Guid) -> BTreeMap<ObjectName, Object> {
    [(CHUID, chuid(guid)), (CAPABILITIES, capabilities(guid))]
        .map(|(name, bytes)| (ObjectName(name), Object(bytes)))
        .into()
}

fn chuid(Guid(guid): Guid) -> Vec<u8> {
    let end = [0x3E, 0x00, 0xFE, 0x00];
    [&[0x30, 0x19][..], &FASC_N, &[0x34, 0x10], &guid, &[0x35, 0x08], EXPIRY, &end].concat()
}

/// The card capability container: nothing in it is used any more, but programs read it.
fn capabilities(Guid(guid): Guid) -> Vec<u8> {
    const GSC_ISSUER: [u8; 5] = [0xA0, 0x00, 0x00, 0x01, 0x16];
    const VERSIONS: [u8; 14] =
        [0xF1, 0x01, 0x21, 0xF2, 0x01, 0x21, 0xF3, 0x00, 0xF4, 0x01, 0x00, 0xF5, 0x01, 0x10];
    let empty = (0xF6..=0xFE).flat_map(|tag| [tag, 0x00]).collect::<Vec<u8>>();
    [&[0xF0, 0x15][..], &GSC_ISSUER, &guid, &VERSIONS, &empty].concat()
}

/// The content of a certificate object.
pub(super) fn certificate(der: &[u8]) -> Result<Object, TlvError> {
    let mut object = tlv::object(0x70, der)?;
    tlv::write(&mut object, 0x71, &[0x00])?;
    tlv::write(&mut object, 0xFE, &[])?;
    if object.len() > MAX_OBJECT {
        return Err(TlvError);
    }
    Ok(Object(object))
}

impl VirtualPiv {
    pub(super) fn get_data(&self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let name = name_of(command)?;
        if name == DISCOVERY {
            return Ok(discovery()?);
        }
        let object = object_name(name).and_then(|name| self.memory.objects.get(&name));
        Ok(tlv::object(0x53, &object.ok_or(StatusWord::NOT_FOUND)?.0)?)
    }

    pub(super) fn put_data(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        self.require_administrator()?;
        let name = object_name(name_of(command)?).ok_or(StatusWord::WRONG_DATA)?;
        let content = tlv::find(&command.data, 0x53)?.ok_or(StatusWord::WRONG_DATA)?;
        let objects = &mut self.memory.objects;
        if content.is_empty() {
            objects.remove(&name);
        } else if content.len() > MAX_OBJECT
            || (objects.len() >= MAX_OBJECTS && !objects.contains_key(&name))
        {
            return Err(StatusWord::NO_SPACE);
        } else {
            objects.insert(name, Object(content.to_vec()));
        }
        self.save()?;
        Ok(Vec::new())
    }
}

fn name_of(command: &Command) -> Result<&[u8], StatusWord> {
    if (command.p1, command.p2) != (0x3F, 0xFF) {
        return Err(StatusWord::WRONG_PARAMETERS);
    }
    tlv::find(&command.data, 0x5C)?.ok_or(StatusWord::WRONG_DATA)
}

fn object_name(name: &[u8]) -> Option<ObjectName> {
    let name: [u8; 3] = name.try_into().ok()?;
    name.starts_with(&[0x5F]).then_some(ObjectName(name))
}

/// What the PIN policy of this card is: the PIV PIN, no other (SP 800-73-4 part 1, 3.3.2).
fn discovery() -> Result<Vec<u8>, TlvError> {
    let mut inner = Vec::new();
    tlv::write(&mut inner, 0x4F, &[&APPLICATION[..], &[0x01, 0x00]].concat())?;
    tlv::write(&mut inner, 0x5F2F, &[0x40, 0x00])?;
    tlv::object(0x7E, &inner)
}
