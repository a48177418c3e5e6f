//! From password to key: the costly part of encrypting a file.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How much is hashed to turn a password into a key, as OpenPGP's one-octet code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S2kCount(pub u8);

impl S2kCount {
    /// What real users' software does: 16,777,216 octets, some 10 ms of work.
    pub const FAITHFUL: Self = Self(224);
    /// A legal file that costs next to nothing, for its producer and for the server: 65,536 octets.
    pub const FAST: Self = Self(96);

    /// Octets hashed.
    #[must_use]
    pub const fn octets(self) -> usize {
        (16 + (self.0 as usize & 15)) << ((self.0 as usize >> 4) + 6)
    }
}

/// The salt of one derivation.
pub type S2kSalt = [u8; 8];

/// A key derived from a password. Wiped when dropped; never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct S2kKey([u8; 32]);

impl S2kKey {
    /// The key's octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for S2kKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S2kKey(redacted)")
    }
}

/// Derives the key that encrypts a file's content key: iterated and salted SHA-256.
///
/// It depends on nothing but its arguments, so it can be computed long before the file exists.
#[must_use]
pub fn derive_s2k_key(password: &[u8], salt: &S2kSalt, count: S2kCount) -> S2kKey {
    /// Hashing a long buffer of whole copies is faster than hashing each copy by itself.
    const COPIES_PER_UPDATE: usize = 16;

    let period = salt.len() + password.len();
    let mut copies = Vec::with_capacity(period * COPIES_PER_UPDATE);
    for _ in 0..COPIES_PER_UPDATE {
        copies.extend_from_slice(salt);
        copies.extend_from_slice(password);
    }

    let mut hasher = Sha256::new();
    // Never less than one whole copy.
    let mut left = count.octets().max(period);
    while left > 0 {
        let step = left.min(copies.len());
        hasher.update(&copies[..step]);
        left -= step;
    }
    copies.zeroize();
    S2kKey(hasher.finalize().into())
}
