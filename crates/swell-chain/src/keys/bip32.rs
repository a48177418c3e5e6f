//! BIP-32 private derivation, without the serialised forms.

use hmac::{Hmac, Mac};
use secp256k1::{SECP256K1, Scalar, SecretKey};
use sha2::Sha512;
use zeroize::Zeroizing;

/// Children from here on are hardened.
#[cfg(test)]
const HARDENED: u32 = 1 << 31;

/// A private key that has children.
///
/// The public key is kept, so that a child costs one hash and one addition.
pub(super) struct ExtendedKey {
    secret: SecretKey,
    public: [u8; 33],
    chain_code: Zeroizing<[u8; 32]>,
}

impl ExtendedKey {
    /// The master key of a seed; `None` with a probability below 2⁻¹²⁷.
    pub(super) fn from_seed(seed: &[u8]) -> Option<Self> {
        let (left, chain_code) = hmac_sha512(b"Bitcoin seed", &[seed]);
        Some(Self::new(SecretKey::from_byte_array(&left).ok()?, chain_code))
    }

    /// The child at `index`; `None` with a probability below 2⁻¹²⁷.
    pub(super) fn child(&self, index: u32) -> Option<Self> {
        let (left, chain_code) = self.child_parts(index);
        Some(Self::new(self.add(&left)?, chain_code))
    }

    /// The secret of the non-hardened child at `index`, without what grandchildren need.
    pub(super) fn child_secret(&self, index: u32) -> Option<SecretKey> {
        let (left, _chain_code) = self.child_parts(index);
        self.add(&left)
    }

    fn new(secret: SecretKey, chain_code: Zeroizing<[u8; 32]>) -> Self {
        Self { secret, public: secret.public_key(SECP256K1).serialize(), chain_code }
    }

    fn child_parts(&self, index: u32) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
        #[cfg(test)]
        if index >= HARDENED {
            let secret = Zeroizing::new(self.secret.secret_bytes());
            return hmac_sha512(
                self.chain_code.as_slice(),
                &[&[0], secret.as_slice(), &index.to_be_bytes()],
            );
        }
        hmac_sha512(self.chain_code.as_slice(), &[&self.public, &index.to_be_bytes()])
    }

    fn add(&self, left: &[u8; 32]) -> Option<SecretKey> {
        self.secret.add_tweak(&Scalar::from_be_bytes(*left).ok()?).ok()
    }
}

impl Drop for ExtendedKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

type Halves = (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>);

fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Halves {
    let mut mac = <Hmac<Sha512> as Mac>::new_from_slice(key).expect("HMAC takes any key length");
    for part in parts {
        mac.update(part);
    }
    let whole: Zeroizing<[u8; 64]> = Zeroizing::new(mac.finalize().into_bytes().into());
    let (mut left, mut right) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
    left.copy_from_slice(&whole[..32]);
    right.copy_from_slice(&whole[32..]);
    (left, right)
}

#[cfg(test)]
mod tests;
