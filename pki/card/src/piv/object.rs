//! The data objects of a PIV card that are read and written here (SP 800-73-4 part 1, appendix A).

use std::{fmt, io::Read};

use flate2::read::GzDecoder;
use jiff::civil::Date;

use crate::{
    pki_card::{CardError, MAX_CERTIFICATE},
    tlv::{self, TlvError},
};

/// FASC-N of a card that no federal agency issued: agency 9999, system 9999, credential 999999,
/// as other makers of such cards write it (SP 800-73-4 part 1, 3.1.2).
const FASC_N: [u8; 25] = [
    0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08,
    0x42, 0x10, 0x84, 0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB,
];

/// The 16 bytes that name one card.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guid(pub [u8; 16]);

impl fmt::Debug for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// The certificate (DER) out of the content of a certificate object.
pub(super) fn certificate(object: &[u8]) -> Result<Vec<u8>, CardError> {
    let bytes = tlv::find(object, 0x70)?.ok_or(CardError::NoCertificate)?;
    match tlv::find(object, 0x71)? {
        None | Some([] | [0x00]) => bounded(bytes.to_vec()),
        Some([0x01]) => unpack(bytes),
        Some(_) => Err(CardError::Malformed("certinfo")),
    }
}

fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, CardError> {
    match bytes.len() {
        0 => Err(CardError::NoCertificate),
        1..=MAX_CERTIFICATE => Ok(bytes),
        _ => Err(CardError::Malformed("certificate")),
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, CardError> {
    let mut certificate = Vec::new();
    // One byte more than allowed tells a long one from one that just fits.
    GzDecoder::new(bytes)
        .take(MAX_CERTIFICATE as u64 + 1)
        .read_to_end(&mut certificate)
        .map_err(|_| CardError::Malformed("gzip"))?;
    bounded(certificate)
}

/// The GUID out of the content of the CHUID object.
pub(crate) fn guid(object: &[u8]) -> Result<Guid, CardError> {
    let bytes = tlv::find(object, 0x34)?.ok_or(CardError::Malformed("chuid"))?;
    bytes.try_into().map(Guid).map_err(|_| CardError::Malformed("chuid"))
}

/// The content of a CHUID object without a signature: GUID, and the day until which the card is
/// good.
pub(crate) fn chuid(Guid(guid): Guid, expires: Date) -> Vec<u8> {
    let day = format!("{:04}{:02}{:02}", expires.year().max(0), expires.month(), expires.day());
    let end = [0x3E, 0x00, 0xFE, 0x00];
    [&[0x30, 0x19][..], &FASC_N, &[0x34, 0x10], &guid, &[0x35, 0x08], day.as_bytes(), &end].concat()
}

/// The content of the card capability container: nothing in it is used any more, but programs read
/// it.
pub(crate) fn capabilities(Guid(guid): Guid) -> Vec<u8> {
    const GSC_ISSUER: [u8; 5] = [0xA0, 0x00, 0x00, 0x01, 0x16];
    const VERSIONS: [u8; 14] =
        [0xF1, 0x01, 0x21, 0xF2, 0x01, 0x21, 0xF3, 0x00, 0xF4, 0x01, 0x00, 0xF5, 0x01, 0x10];
    let empty = (0xF6..=0xFE).flat_map(|tag| [tag, 0x00]).collect::<Vec<u8>>();
    [&[0xF0, 0x15][..], &GSC_ISSUER, &guid, &VERSIONS, &empty].concat()
}

/// The content of a certificate object that holds this certificate (DER), not compressed.
pub(crate) fn certificate_object(der: &[u8]) -> Result<Vec<u8>, TlvError> {
    let mut object = tlv::object(0x70, der)?;
    tlv::write(&mut object, 0x71, &[0x00])?;
    tlv::write(&mut object, 0xFE, &[])?;
    Ok(object)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn object(bytes: &[u8], info: &[u8]) -> Vec<u8> {
        let mut object = tlv::object(0x70, bytes).unwrap();
        tlv::write(&mut object, 0x71, info).unwrap();
        tlv::write(&mut object, 0xFE, &[]).unwrap();
        object
    }

    #[test]
    fn takes_plain_and_packed_certificates() {
        assert_eq!(certificate(&object(b"der", &[0])), Ok(b"der".to_vec()));
        assert_eq!(certificate(&object(&packed(b"der"), &[1])), Ok(b"der".to_vec()));
        assert_eq!(certificate(&object(b"der", &[])), Ok(b"der".to_vec()));
    }

    #[test]
    fn refuses_unknown_packing_and_bombs() {
        assert_eq!(certificate(&object(b"der", &[2])), Err(CardError::Malformed("certinfo")));
        assert_eq!(certificate(&object(b"der", &[1])), Err(CardError::Malformed("gzip")));
        let bomb = packed(&vec![0; 8 << 20]);
        assert!(bomb.len() < 16 * 1024);
        assert_eq!(certificate(&object(&bomb, &[1])), Err(CardError::Malformed("certificate")));
        assert_eq!(certificate(&object(b"", &[0])), Err(CardError::NoCertificate));
    }

    #[test]
    fn what_is_written_is_read() {
        let day = jiff::civil::date(2031, 3, 9);
        let object = chuid(Guid([7; 16]), day);
        assert_eq!(guid(&object), Ok(Guid([7; 16])));
        assert_eq!(tlv::find(&object, 0x35), Ok(Some(&b"20310309"[..])));
        assert_eq!(certificate(&certificate_object(b"der").unwrap()), Ok(b"der".to_vec()));
        assert_eq!(capabilities(Guid([7; 16])).len(), 2 + 21 + 14 + 18);
    }

    #[test]
    fn finds_the_guid() {
        let mut chuid = tlv::object(0x30, &[0; 25]).unwrap();
        tlv::write(&mut chuid, 0x34, &[7; 16]).unwrap();
        assert_eq!(guid(&chuid), Ok(Guid([7; 16])));
        assert_eq!(format!("{:?}", Guid([0xAB; 16])), "ab".repeat(16));
        assert_eq!(guid(&[0x34, 0x01, 0x00]), Err(CardError::Malformed("chuid")));
    }

    proptest! {
        #[test]
        fn any_object_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(certificate) = certificate(&bytes) {
                prop_assert!(certificate.len() <= MAX_CERTIFICATE);
            }
            let _ = guid(&bytes);
            let _ = certificate(&object(&bytes, &[1]));
        }

        #[test]
        fn packing_is_undone(bytes in prop::collection::vec(any::<u8>(), 1..4000)) {
            prop_assert_eq!(certificate(&object(&packed(&bytes), &[1])), Ok(bytes));
        }
    }
}
