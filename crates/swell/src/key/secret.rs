//! A private key that wipes itself.

use std::fmt;

use alloy_signer_local::PrivateKeySigner;
use zeroize::Zeroizing;

/// A private key. Wiped when dropped; not shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; SecretKey::BYTES]>);

impl SecretKey {
    /// Length of a key.
    pub const BYTES: usize = 32;

    /// The key itself, to sign with. Never to be shown.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Asks the curve whether `bytes` are a key: not zero, and below its order.
    pub(super) fn from_bytes(bytes: Zeroizing<[u8; Self::BYTES]>) -> Option<Self> {
        PrivateKeySigner::from_slice(bytes.as_slice()).is_ok().then_some(Self(bytes))
    }

    /// Reads 64 hexadecimal digits, with or without `0x`.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        if digits.len() != 2 * Self::BYTES {
            return None;
        }
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        Self::from_bytes(bytes)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}
