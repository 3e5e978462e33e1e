//! What RSA signs: the digest with the name of its hash, and the block around it (RFC 8017, 9.2).

use openssl::sha::sha256;

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017, 9.2, note 1).
const SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// `DigestInfo` of the message's SHA-256.
pub(crate) fn digest_info(message: &[u8]) -> Vec<u8> {
    [&SHA256[..], &sha256(message)].concat()
}

/// The block of `width` bytes around it, for the bare RSA operation (EMSA-PKCS1-v1_5).
pub(crate) fn block(digest_info: &[u8], width: usize) -> Vec<u8> {
    let padding = width.saturating_sub(3 + digest_info.len());
    let mut block = vec![0x00, 0x01];
    block.resize(2 + padding, 0xFF);
    block.push(0x00);
    block.extend_from_slice(digest_info);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_as_pkcs1_says() {
        let block = block(&digest_info(b"abc"), 256);
        assert_eq!(block.len(), 256);
        assert_eq!(block[..2], [0, 1]);
        assert!(block[2..204].iter().all(|byte| *byte == 0xFF));
        assert_eq!(block[204], 0);
        assert_eq!(block[205..224], SHA256);
        assert_eq!(block[224..], sha256(b"abc"));
    }
}
