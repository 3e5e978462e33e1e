//! The data objects of a PIV card that are read here (SP 800-73-4 part 1, appendix A).

use std::{fmt, io::Read};

use flate2::read::GzDecoder;

use super::PivError;
use crate::tlv;

/// The longest certificate that is taken from a card, unpacked.
const MAX_CERTIFICATE: usize = 16 * 1024;

/// The 16 bytes that name one card.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guid(pub [u8; 16]);

impl fmt::Debug for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// The certificate (DER) out of the content of a certificate object.
pub(super) fn certificate(object: &[u8]) -> Result<Vec<u8>, PivError> {
    let bytes = tlv::find(object, 0x70)?.ok_or(PivError::NoCertificate)?;
    match tlv::find(object, 0x71)? {
        None | Some([] | [0x00]) => bounded(bytes.to_vec()),
        Some([0x01]) => unpack(bytes),
        Some(_) => Err(PivError::Malformed("certinfo")),
    }
}

fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, PivError> {
    match bytes.len() {
        0 => Err(PivError::NoCertificate),
        1..=MAX_CERTIFICATE => Ok(bytes),
        _ => Err(PivError::Malformed("certificate")),
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, PivError> {
    let mut certificate = Vec::new();
    // One byte more than allowed tells a long one from one that just fits.
    GzDecoder::new(bytes)
        .take(MAX_CERTIFICATE as u64 + 1)
        .read_to_end(&mut certificate)
        .map_err(|_| PivError::Malformed("gzip"))?;
    bounded(certificate)
}

/// The GUID out of the content of the CHUID object.
pub(super) fn guid(object: &[u8]) -> Result<Guid, PivError> {
    let bytes = tlv::find(object, 0x34)?.ok_or(PivError::Malformed("chuid"))?;
    bytes.try_into().map(Guid).map_err(|_| PivError::Malformed("chuid"))
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
        assert_eq!(certificate(&object(b"der", &[2])), Err(PivError::Malformed("certinfo")));
        assert_eq!(certificate(&object(b"der", &[1])), Err(PivError::Malformed("gzip")));
        let bomb = packed(&vec![0; 8 << 20]);
        assert!(bomb.len() < 16 * 1024);
        assert_eq!(certificate(&object(&bomb, &[1])), Err(PivError::Malformed("certificate")));
        assert_eq!(certificate(&object(b"", &[0])), Err(PivError::NoCertificate));
    }

    #[test]
    fn finds_the_guid() {
        let mut chuid = tlv::object(0x30, &[0; 25]).unwrap();
        tlv::write(&mut chuid, 0x34, &[7; 16]).unwrap();
        assert_eq!(guid(&chuid), Ok(Guid([7; 16])));
        assert_eq!(format!("{:?}", Guid([0xAB; 16])), "ab".repeat(16));
        assert_eq!(guid(&[0x34, 0x01, 0x00]), Err(PivError::Malformed("chuid")));
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
