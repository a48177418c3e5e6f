//! The operator's key.

use std::fmt;
use std::str::FromStr;

use secp256k1::SecretKey;
use zeroize::Zeroizing;

use super::AccountKey;

/// The operator's key: it pays for everything, and every other key derives from it.
///
/// It cannot be printed, and is erased when dropped.
#[derive(Clone)]
pub struct RelayerKey {
    bytes: Zeroizing<[u8; 32]>,
    account: AccountKey,
}

/// Why a text is not a private key. The texts never repeat what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing was given.
    #[error("the private key is empty; expected 64 hexadecimal digits")]
    Empty,
    /// The text has another length.
    #[error("the private key has {found} characters; expected 64 hexadecimal digits")]
    Length {
        /// Characters found, without `0x`.
        found: usize,
    },
    /// A character is not a hexadecimal digit.
    #[error("character {position} of the private key is not a hexadecimal digit")]
    Digit {
        /// Counted from 1, without `0x`.
        position: usize,
    },
    /// Zero, or not below the order of the curve.
    #[error("the private key is not a number between 1 and the order of secp256k1")]
    Range,
}

impl RelayerKey {
    /// Takes the 32 bytes of a private key.
    ///
    /// # Errors
    /// [`KeyError::Range`].
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes);
        let secret = SecretKey::from_byte_array(&bytes).map_err(|_| KeyError::Range)?;
        Ok(Self { bytes, account: AccountKey::new(secret) })
    }

    /// The relayer's own account.
    #[must_use]
    pub const fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The relayer's address.
    #[must_use]
    pub const fn address(&self) -> alloy_primitives::Address {
        self.account.address()
    }

    pub(super) fn secret_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl FromStr for RelayerKey {
    type Err = KeyError;

    /// Takes 64 hexadecimal digits, with or without `0x`; white space around them is ignored.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        if digits.is_empty() {
            return Err(KeyError::Empty);
        }
        if let Some(at) = digits.chars().position(|c| !c.is_ascii_hexdigit()) {
            return Err(KeyError::Digit { position: at + 1 });
        }
        if digits.len() != 64 {
            return Err(KeyError::Length { found: digits.len() });
        }
        let mut bytes = Zeroizing::new([0; 32]);
        alloy_primitives::hex::decode_to_slice(digits, bytes.as_mut_slice())
            .map_err(|_| KeyError::Length { found: digits.len() })?;
        Self::from_bytes(*bytes)
    }
}

impl fmt::Debug for RelayerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayerKey({})", self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyError, RelayerKey};

    const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";

    #[test]
    fn a_key_is_read_with_and_without_prefix() {
        for text in [ONE.to_owned(), format!("0x{ONE}"), format!("  0x{ONE}\n")] {
            let key: RelayerKey = text.parse().unwrap();
            assert_eq!(
                key.address().to_string(),
                "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
                "the well-known address of the private key 1"
            );
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused_without_repeating_it() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        for (text, error) in [
            ("", KeyError::Empty),
            ("0x", KeyError::Empty),
            ("deadbeef", KeyError::Length { found: 8 }),
            (&format!("{ONE}00"), KeyError::Length { found: 66 }),
            (&ONE.replace('1', "g"), KeyError::Digit { position: 64 }),
            (&"0".repeat(64), KeyError::Range),
            (order, KeyError::Range),
        ] {
            let found = text.parse::<RelayerKey>().unwrap_err();
            assert_eq!(found, error);
            assert!(text.len() < 3 || !found.to_string().contains(text));
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let key: RelayerKey = format!("{}ab", &"7c".repeat(31)).parse().unwrap();
        let shown = format!("{key:?} {:?}", key.account());
        assert!(!shown.contains("7c7c"), "{shown}");
    }
}
