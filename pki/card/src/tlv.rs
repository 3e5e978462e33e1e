//! BER-TLV as cards use it (ISO/IEC 7816-4, 5.2.2): tags of up to three bytes, definite lengths
//! of up to two bytes.

use thiserror::Error;

/// The bytes are not well-formed BER-TLV of the kind cards use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("malformed card data")]
pub struct TlvError;

/// One data object: its tag (up to three bytes, big-endian) and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The tag, such as `0x53` or `0x5FC105`.
    pub tag: u32,
    /// The value, without tag and length.
    pub value: &'a [u8],
}

/// Reads data objects one after the other. After an error it ends.
#[derive(Clone, Debug)]
pub struct TlvReader<'a> {
    rest: &'a [u8],
}

impl<'a> TlvReader<'a> {
    /// Starts at the first byte, which is that of a tag.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn byte(&mut self) -> Result<u8, TlvError> {
        let (first, rest) = self.rest.split_first().ok_or(TlvError)?;
        self.rest = rest;
        Ok(*first)
    }

    fn tag(&mut self) -> Result<u32, TlvError> {
        let first = self.byte()?;
        let mut tag = u32::from(first);
        if first & 0x1F != 0x1F {
            return Ok(tag);
        }
        for _ in 0..2 {
            let next = self.byte()?;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                return Ok(tag);
            }
        }
        Err(TlvError)
    }

    fn length(&mut self) -> Result<usize, TlvError> {
        match self.byte()? {
            short @ 0..=0x7F => Ok(usize::from(short)),
            0x81 => Ok(usize::from(self.byte()?)),
            0x82 => Ok(usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]))),
            _ => Err(TlvError),
        }
    }

    fn object(&mut self) -> Result<Tlv<'a>, TlvError> {
        let tag = self.tag()?;
        let length = self.length()?;
        let (value, rest) = self.rest.split_at_checked(length).ok_or(TlvError)?;
        self.rest = rest;
        Ok(Tlv { tag, value })
    }
}

impl<'a> Iterator for TlvReader<'a> {
    type Item = Result<Tlv<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let object = self.object();
        if object.is_err() {
            self.rest = &[];
        }
        Some(object)
    }
}

/// The value of the first object with this tag; `None` if the bytes are well formed without it.
pub fn find(bytes: &[u8], tag: u32) -> Result<Option<&[u8]>, TlvError> {
    for object in TlvReader::new(bytes) {
        let object = object?;
        if object.tag == tag {
            return Ok(Some(object.value));
        }
    }
    Ok(None)
}

/// Appends one object to `out`. A value longer than 65,535 bytes is an error.
pub fn write(out: &mut Vec<u8>, tag: u32, value: &[u8]) -> Result<(), TlvError> {
    let length = u16::try_from(value.len()).map_err(|_| TlvError)?;
    let [top, upper, middle, lower] = tag.to_be_bytes();
    match (top, upper, middle) {
        (0, 0, 0) => out.push(lower),
        (0, 0, _) => out.extend([middle, lower]),
        (0, _, _) => out.extend([upper, middle, lower]),
        _ => return Err(TlvError),
    }
    let [high, low] = length.to_be_bytes();
    match length {
        0..=0x7F => out.push(low),
        0x80..=0xFF => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(value);
    Ok(())
}

/// One object by itself, as [`write()`] writes it.
pub fn object(tag: u32, value: &[u8]) -> Result<Vec<u8>, TlvError> {
    let mut out = Vec::with_capacity(value.len().saturating_add(6));
    write(&mut out, tag, value)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_certificate_object() {
        let inner = [0x70, 0x82, 0x00, 0x02, 0xAA, 0xBB, 0x71, 0x01, 0x00, 0xFE, 0x00];
        assert_eq!(find(&inner, 0x70), Ok(Some(&[0xAA, 0xBB][..])));
        assert_eq!(find(&inner, 0x71), Ok(Some(&[0x00][..])));
        assert_eq!(find(&inner, 0x72), Ok(None));
    }

    #[test]
    fn refuses_lengths_that_lie() {
        for bytes in [&[0x53][..], &[0x53, 0x01], &[0x53, 0x80], &[0x53, 0x83, 0, 0, 1, 0]] {
            assert_eq!(find(bytes, 0x53), Err(TlvError), "{bytes:02X?}");
        }
    }

    #[test]
    fn writes_the_shortest_length() {
        assert_eq!(object(0x5F_C105, &[1]).unwrap(), [0x5F, 0xC1, 0x05, 0x01, 0x01]);
        assert_eq!(object(0x53, &[7; 0x80]).unwrap()[..3], [0x53, 0x81, 0x80]);
        assert_eq!(object(0x7F49, &[7; 0x100]).unwrap()[..5], [0x7F, 0x49, 0x82, 0x01, 0x00]);
        assert_eq!(object(0x53, &vec![0; 0x1_0000]), Err(TlvError));
    }

    fn tag() -> impl Strategy<Value = u32> {
        prop_oneof![
            (0u32..=0xFF).prop_filter("one byte", |tag| tag & 0x1F != 0x1F),
            (0u32..0x80).prop_map(|low| 0x7F00 | low),
            (0u32..0x80, 0x80u32..=0xFF).prop_map(|(low, middle)| 0x5F_0000 | middle << 8 | low),
        ]
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_never_grows(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let mut seen = 0;
            for object in TlvReader::new(&bytes) {
                seen += object.map_or(1, |object| object.value.len() + 2);
            }
            prop_assert!(seen <= bytes.len() + 1);
        }

        #[test]
        fn what_is_written_is_read(objects in prop::collection::vec(
            (tag(), prop::collection::vec(any::<u8>(), 0..400)), 0..6,
        )) {
            let mut bytes = Vec::new();
            for (tag, value) in &objects {
                write(&mut bytes, *tag, value).unwrap();
            }
            let read: Vec<_> = TlvReader::new(&bytes)
                .map(|object| object.map(|object| (object.tag, object.value.to_vec())).unwrap())
                .collect();
            prop_assert_eq!(read, objects);
        }
    }
}
