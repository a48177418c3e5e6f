//! The server's keys: one per user, all from one mnemonic.

use std::fmt;

use alloy_primitives::{Address, keccak256};
use hmac::{Hmac, Mac};
use secp256k1::{PublicKey, SECP256K1, Scalar, SecretKey};
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

use super::identity::{Identity, PersonalServer};

/// BIP-39's rounds of PBKDF2.
const SEED_ROUNDS: u32 = 2048;
const HARDENED: u32 = 1 << 31;
/// `m/44'/60'/0'/0`, the parent of every server key (BIP-44, Ethereum).
const PARENT_PATH: [u32; 4] = [HARDENED + 44, HARDENED + 60, HARDENED, 0];

/// Why a mnemonic gives no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MnemonicError {
    /// It is not a number of words that BIP-39 knows.
    #[error("the mnemonic has {found} words, expected 12, 15, 18, 21 or 24")]
    Words {
        /// Words found.
        found: usize,
    },
    /// The derivation hit one of the 2^-127 cases without a key.
    #[error("the mnemonic derives no key")]
    NoKey,
}

/// The server keys of one deployment.
///
/// The path down to the users' common parent is walked once, so a user costs one HMAC and one
/// point multiplication.
pub struct ServerKeys {
    parent: ExtendedKey,
    parent_public: [u8; 33],
}

impl ServerKeys {
    /// Derives the common parent from an English mnemonic without passphrase.
    ///
    /// The words themselves are not looked up: any text of as many words gives keys.
    ///
    /// # Errors
    /// [`MnemonicError`].
    pub fn from_mnemonic(mnemonic: &str) -> Result<Self, MnemonicError> {
        let words: Vec<_> = mnemonic.split_whitespace().collect();
        if !matches!(words.len(), 12 | 15 | 18 | 21 | 24) {
            return Err(MnemonicError::Words { found: words.len() });
        }
        let phrase = Zeroizing::new(words.join(" "));
        let seed = mnemonic_seed(phrase.as_bytes());
        let mut parent =
            ExtendedKey::from_digest(&hmac_sha512(b"Bitcoin seed", &[seed.as_slice()]))?;
        for index in PARENT_PATH {
            parent = parent.child(index)?;
        }
        let parent_public = parent.secret.public_key(SECP256K1).serialize();
        Ok(Self { parent, parent_public })
    }

    /// The key of the server that serves `user`.
    ///
    /// # Errors
    /// [`MnemonicError::NoKey`], with a probability of 2^-127.
    pub fn for_user(&self, user: Address) -> Result<ServerKey, MnemonicError> {
        self.at(key_index(user))
    }

    pub(super) fn at(&self, index: u32) -> Result<ServerKey, MnemonicError> {
        let child = self.parent.child_of(index, &self.parent_public)?;
        let public = child.secret.public_key(SECP256K1);
        Ok(ServerKey { secret: child.secret, public, index })
    }
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKeys(redacted)")
    }
}

/// Index of a user's key: the first four octets of SHA-256 over the lower-case address, modulo 2^31.
#[must_use]
pub(super) fn key_index(user: Address) -> u32 {
    let digest: [u8; 32] = Sha256::digest(format!("{user:#x}").as_bytes()).into();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % HARDENED
}

/// The key of one user's server. Wiped when dropped; never shown by `Debug`.
pub struct ServerKey {
    secret: SecretKey,
    public: PublicKey,
    index: u32,
}

impl ServerKey {
    /// The private key, to decrypt passwords with.
    #[must_use]
    pub const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The last index of the derivation path.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::from_slice(&keccak256(&self.public.serialize_uncompressed()[1..])[12..])
    }

    /// The public key as the identity gives it: `0x04` and 128 digits.
    #[must_use]
    pub fn public_key_text(&self) -> String {
        format!("0x{}", hex::encode(self.public.serialize_uncompressed()))
    }

    /// The answer to `GET identity?address=user_address`, the address as it was given.
    #[must_use]
    pub fn identity(&self, user_address: &str) -> Identity {
        Identity::new(
            user_address.to_owned(),
            PersonalServer::new(self.address().to_checksum(None), self.public_key_text()),
        )
    }
}

impl Drop for ServerKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// A private key that has children (BIP-32).
struct ExtendedKey {
    secret: SecretKey,
    chain_code: Zeroizing<[u8; 32]>,
}

impl ExtendedKey {
    fn from_digest(digest: &[u8; 64]) -> Result<Self, MnemonicError> {
        let secret = SecretKey::from_slice(&digest[..32]).map_err(|_| MnemonicError::NoKey)?;
        let mut chain_code = Zeroizing::new([0; 32]);
        chain_code.copy_from_slice(&digest[32..]);
        Ok(Self { secret, chain_code })
    }

    fn child(&self, index: u32) -> Result<Self, MnemonicError> {
        if index >= HARDENED {
            let secret = Zeroizing::new(self.secret.secret_bytes());
            let mut data = Zeroizing::new([0; 33]);
            data[1..].copy_from_slice(secret.as_slice());
            return self.child_of(index, &data);
        }
        self.child_of(index, &self.secret.public_key(SECP256K1).serialize())
    }

    fn child_of(&self, index: u32, key_data: &[u8; 33]) -> Result<Self, MnemonicError> {
        let digest = hmac_sha512(self.chain_code.as_slice(), &[key_data, &index.to_be_bytes()]);
        let mut child = Self::from_digest(&digest)?;
        let tweak = Scalar::from(child.secret);
        child.secret = self.secret.add_tweak(&tweak).map_err(|_| MnemonicError::NoKey)?;
        Ok(child)
    }
}

impl Drop for ExtendedKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

/// BIP-39: PBKDF2 over HMAC-SHA-512, one output block.
fn mnemonic_seed(phrase: &[u8]) -> Zeroizing<[u8; 64]> {
    let mut block = hmac_sha512(phrase, &[b"mnemonic", &1_u32.to_be_bytes()]);
    let mut seed = block.clone();
    for _ in 1..SEED_ROUNDS {
        block = hmac_sha512(phrase, &[block.as_slice()]);
        for (octet, next) in seed.iter_mut().zip(block.iter()) {
            *octet ^= next;
        }
    }
    seed
}

fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    // HMAC hashes keys longer than its block first, and pads shorter ones with zeros.
    let mut block = [0; 128];
    if key.len() > block.len() {
        block[..64].copy_from_slice(&Sha512::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = <Hmac<Sha512> as Mac>::new(&block.into());
    block.zeroize();
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}
