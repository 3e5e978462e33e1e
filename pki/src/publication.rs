//! Where an authority publishes what others must know about the certificates it issues.

use crate::PolicyArc;

/// Addresses written into the certificates that an authority issues, and the arc of its policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Where its revocation lists are (RFC 5280 §4.2.1.13).
    pub lists: Lists,
    /// Where its own certificate is (RFC 5280 §4.2.2.1).
    pub certificate_url: Option<String>,
    /// Where it answers questions about single certificates (RFC 6960).
    pub ocsp_url: Option<String>,
    /// Under which its policies are numbered.
    pub policies: PolicyArc,
}

/// The revocation lists of one authority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    /// It has none.
    #[default]
    None,
    /// One list for everything, at this address.
    One(String),
    /// Several, so that each stays small: which one covers a certificate follows from its serial
    /// number and never changes.
    Sharded {
        /// What the addresses begin with; the shard's number and `.crl` follow.
        prefix: String,
        /// How many there are, 1 to 256.
        count: u16,
    },
}

impl Lists {
    /// How many lists there are.
    pub fn count(&self) -> u16 {
        match self {
            Self::None => 0,
            Self::One(_) => 1,
            Self::Sharded { count, .. } => (*count).clamp(1, 256),
        }
    }

    /// Which list covers a serial number (big-endian): its last two bytes, modulo the count.
    pub fn shard_of(&self, serial: &[u8]) -> u16 {
        let last = serial.last_chunk::<2>().map_or(0, |bytes| u16::from_be_bytes(*bytes));
        last.checked_rem(self.count()).unwrap_or(0)
    }

    /// The address of a list, two hexadecimal digits naming the shard.
    pub fn url(&self, shard: u16) -> Option<String> {
        match self {
            Self::None => None,
            Self::One(url) => Some(url.clone()),
            Self::Sharded { prefix, .. } => Some(format!("{prefix}{shard:02x}.crl")),
        }
    }

    /// The address of the list that covers a serial number.
    pub fn url_of(&self, serial: &[u8]) -> Option<String> {
        self.url(self.shard_of(serial))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_names_its_list() {
        let lists = Lists::Sharded { prefix: "http://ca/crl/cards-1-".into(), count: 64 };
        assert_eq!(lists.url_of(&[0x40, 0, 0x01, 0x3f]).unwrap(), "http://ca/crl/cards-1-3f.crl");
        assert_eq!(lists.url_of(&[0x40, 0, 0x01, 0x40]).unwrap(), "http://ca/crl/cards-1-00.crl");
        assert_eq!(lists.shard_of(&[7]), 0);
        assert_eq!(lists.count(), 64);
    }

    #[test]
    fn one_list_covers_everything_and_none_nothing() {
        let one = Lists::One("http://ca/root.crl".into());
        assert_eq!(one.url_of(&[1, 2, 3]).unwrap(), "http://ca/root.crl");
        assert_eq!(Lists::None.url_of(&[1, 2, 3]), None);
    }
}
