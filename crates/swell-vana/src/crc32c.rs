//! The checksum that object stores give with an object.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The Castagnoli polynomial, bits reversed.
const POLYNOMIAL: u32 = 0x82f6_3b78;

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "index is below 256")]
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

/// CRC-32C of `data`.
#[must_use]
pub fn crc32c(data: &[u8]) -> u32 {
    let step = |crc: u32, &octet: &u8| {
        let index = usize::from(crc.to_le_bytes()[0] ^ octet);
        (crc >> 8) ^ TABLE[index]
    };
    !data.iter().fold(!0, step)
}

/// CRC-32C as Google Cloud Storage writes it: base64 of the big-endian octets.
#[must_use]
pub fn crc32c_text(data: &[u8]) -> String {
    STANDARD.encode(crc32c(data).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_follow_rfc_3720() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c_text(b"123456789"), "4waSgw==");
    }
}
