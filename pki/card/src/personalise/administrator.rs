//! Mutual authentication with the management key (SP 800-73-4 part 2, appendix A.1).

use zeroize::Zeroizing;

use super::{ManagementAlgorithm, ManagementKey, PersonaliseError};
use crate::{
    apdu::{Command, StatusWord},
    piv::Piv,
    pki_card::CardError,
    tlv,
};

/// The key reference of the management key.
pub(crate) const MANAGEMENT_KEY: u8 = 0x9B;
/// The dynamic authentication template and what is in it.
pub(crate) const TEMPLATE: u32 = 0x7C;
pub(crate) const WITNESS: u32 = 0x80;
pub(crate) const CHALLENGE: u32 = 0x81;
pub(crate) const RESPONSE: u32 = 0x82;

/// Proves `key` to the card, and has the card prove it. `false`: one of them has another key.
pub(super) fn become_one(
    card: &mut Piv<'_>,
    key: &ManagementKey,
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<bool, PersonaliseError> {
    let Some(key) = as_the_card_uses_it(card, key)? else {
        return Ok(false);
    };
    let Some(sealed) = ask(card, &key, &tlv::object(WITNESS, &[])?, WITNESS)? else {
        return Ok(false);
    };
    if sealed.len() != key.algorithm().block() {
        return Ok(false);
    }
    let mut challenge = Zeroizing::new(vec![0; key.algorithm().block()]);
    fill(&mut challenge);
    let mut proof = tlv::object(WITNESS, &key.decrypt(&sealed)?)?;
    tlv::write(&mut proof, CHALLENGE, &challenge)?;
    let expected = key.encrypt(&challenge)?;
    let response = ask(card, &key, &proof, RESPONSE)?;
    Ok(response.is_some_and(|response| same(&response, &expected)))
}

/// Some cards say which cipher their management key is for; the others are taken at their word.
fn as_the_card_uses_it(
    card: &mut Piv<'_>,
    key: &ManagementKey,
) -> Result<Option<ManagementKey>, CardError> {
    let metadata = card.metadata(MANAGEMENT_KEY)?.unwrap_or_default();
    Ok(match metadata.algorithm.and_then(ManagementAlgorithm::of_piv_id) {
        Some(algorithm) => key.for_cipher(algorithm),
        None => Some(key.clone()),
    })
}

/// One GENERAL AUTHENTICATE; `None` when the card refuses.
fn ask(
    card: &mut Piv<'_>,
    key: &ManagementKey,
    template: &[u8],
    wanted: u32,
) -> Result<Option<Vec<u8>>, CardError> {
    let command = Command::new(0x87, key.algorithm().piv_id(), MANAGEMENT_KEY)
        .with_data(&tlv::object(TEMPLATE, template)?)
        .expecting_answer();
    let response = card.send(&command)?;
    if response.status != StatusWord::OK {
        return Ok(None);
    }
    let template = tlv::find(&response.data, TEMPLATE)?.ok_or(CardError::Malformed("template"))?;
    Ok(tlv::find(template, wanted)?.map(<[u8]>::to_vec))
}

/// In constant time; lengths are no secret.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && openssl::memcmp::eq(one, other)
}
