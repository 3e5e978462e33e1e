//! The data objects of a virtual PIV card: GET DATA and PUT DATA (SP 800-73-4 part 2, 3.1.2 and
//! 3.3.2; the objects themselves in part 1, appendix A).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    memory::{Object, ObjectName},
    piv_card::VirtualPiv,
};
use crate::{
    apdu::{Command, StatusWord},
    personalise::CAPABILITIES,
    piv::{APPLICATION, CHUID, Guid, object},
    tlv::{self, TlvError},
};

/// No object is longer.
const MAX_OBJECT: usize = 4096;
/// No card holds more objects.
const MAX_OBJECTS: usize = 48;

const DISCOVERY: &[u8] = &[0x7E];

/// The card itself never ends; its certificates do.
const EXPIRY: Date = jiff::civil::date(2099, 12, 31);

/// The objects that tell one card from another.
pub(super) fn of_new_card(guid: Guid) -> BTreeMap<ObjectName, Object> {
    [(CHUID, object::chuid(guid, EXPIRY)), (CAPABILITIES, object::capabilities(guid))]
        .map(|(tag, bytes)| (ObjectName::of_tag(tag), Object(bytes)))
        .into()
}

/// The content of a certificate object.
pub(super) fn certificate(der: &[u8]) -> Result<Object, TlvError> {
    let object = object::certificate_object(der)?;
    if object.len() > MAX_OBJECT { Err(TlvError) } else { Ok(Object(object)) }
}

impl VirtualPiv {
    pub(super) fn get_data(&self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let name = name_of(command)?;
        if name == DISCOVERY {
            return Ok(discovery()?);
        }
        let object = object_name(name).and_then(|name| self.kept.memory.objects.get(&name));
        Ok(tlv::object(0x53, &object.ok_or(StatusWord::NOT_FOUND)?.0)?)
    }

    pub(super) fn put_data(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        self.require_administrator()?;
        let name = object_name(name_of(command)?).ok_or(StatusWord::WRONG_DATA)?;
        let content = tlv::find(&command.data, 0x53)?.ok_or(StatusWord::WRONG_DATA)?;
        let objects = &mut self.kept.memory.objects;
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
