//! Encrypting to a public key, in eccrypto's format: how the password reaches the server.
//!
//! Hexadecimal text of `iv(16) ‖ ephemeral public key(65) ‖ AES-256-CBC ciphertext ‖ MAC(32)`.
//! The keys are the two halves of SHA-512 over the shared point's X coordinate, whole, even when
//! it begins with zeros.

use std::{fmt, str::FromStr};

use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::Pkcs7};
use alloy_primitives::{Address, keccak256};
use hmac::{Hmac, Mac};
use rand::CryptoRng;
use secp256k1::{PublicKey, SECP256K1, SecretKey, ecdh::shared_secret_point};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

const IV_OCTETS: usize = 16;
const PUBLIC_KEY_OCTETS: usize = 65;
const MAC_OCTETS: usize = 32;
const CIPHERTEXT_START: usize = IV_OCTETS + PUBLIC_KEY_OCTETS;
const OCTETS_MIN: usize = CIPHERTEXT_START + 16 + MAC_OCTETS;

/// A public key to encrypt to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecipientKey(PublicKey);

/// Why octets or text are not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientKeyError {
    /// The text is not hexadecimal.
    #[error("the public key is not hexadecimal text")]
    NotHex,
    /// It has another length. 64 octets lack the leading `04`.
    #[error("the public key has {found} octets, expected 33 or 65")]
    Length {
        /// Octets found.
        found: usize,
    },
    /// It is no point of the curve.
    #[error("the public key is not a point of secp256k1")]
    NotOnCurve,
}

impl RecipientKey {
    /// Reads 65 octets that begin with `04`, or 33 compressed ones.
    ///
    /// # Errors
    /// [`RecipientKeyError`] for another length, or no point.
    pub fn from_octets(octets: &[u8]) -> Result<Self, RecipientKeyError> {
        if octets.len() != 33 && octets.len() != PUBLIC_KEY_OCTETS {
            return Err(RecipientKeyError::Length { found: octets.len() });
        }
        PublicKey::from_slice(octets).map(Self).map_err(|_| RecipientKeyError::NotOnCurve)
    }

    /// The address that belongs to the key.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::from_slice(&keccak256(&self.0.serialize_uncompressed()[1..])[12..])
    }
}

impl From<PublicKey> for RecipientKey {
    fn from(key: PublicKey) -> Self {
        Self(key)
    }
}

impl FromStr for RecipientKey {
    type Err = RecipientKeyError;

    /// Reads hexadecimal text, with or without `0x`.
    fn from_str(text: &str) -> Result<Self, RecipientKeyError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        Self::from_octets(&hex::decode(digits).map_err(|_| RecipientKeyError::NotHex)?)
    }
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecipientKey({})", self.0)
    }
}

/// Why a ciphertext cannot be decrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EciesError {
    /// The text is not hexadecimal.
    #[error("the ciphertext is not hexadecimal text")]
    NotHex,
    /// It is too short.
    #[error("the ciphertext has {found} octets, expected at least {OCTETS_MIN}")]
    TooShort {
        /// Octets found.
        found: usize,
    },
    /// Its ephemeral key is no point of the curve.
    #[error("the ciphertext's ephemeral public key is not a point of secp256k1")]
    EphemeralKey,
    /// It was altered, or is for another key.
    #[error("the ciphertext's authentication code is wrong: altered, or for another key")]
    Mac,
    /// It is authentic, and its padding is not.
    #[error("the ciphertext's padding is wrong")]
    Padding,
}

/// Encrypts `plaintext` to `recipient` with a fresh ephemeral key, as lower-case hexadecimal text
/// without `0x`.
pub fn encrypt<R: CryptoRng + ?Sized>(
    plaintext: &[u8],
    recipient: &RecipientKey,
    rng: &mut R,
) -> String {
    let mut octets = Zeroizing::new([0; 32]);
    let ephemeral = loop {
        rng.fill_bytes(octets.as_mut_slice());
        // All but about one in 2^128 draws are keys.
        if let Ok(key) = SecretKey::from_slice(octets.as_slice()) {
            break key;
        }
    };
    let mut iv = [0; IV_OCTETS];
    rng.fill_bytes(&mut iv);
    hex::encode(seal(plaintext, recipient, &ephemeral, &iv))
}

/// Decrypts hexadecimal text, with or without `0x`.
///
/// # Errors
/// [`EciesError`]. The authentication code is checked first, in constant time.
pub fn decrypt_hex(ciphertext: &str, secret: &SecretKey) -> Result<Zeroizing<Vec<u8>>, EciesError> {
    let digits = ciphertext.strip_prefix("0x").unwrap_or(ciphertext);
    decrypt(&hex::decode(digits).map_err(|_| EciesError::NotHex)?, secret)
}

/// Decrypts the octets that the hexadecimal text stands for.
///
/// # Errors
/// [`EciesError`]. The authentication code is checked first, in constant time.
pub fn decrypt(sealed: &[u8], secret: &SecretKey) -> Result<Zeroizing<Vec<u8>>, EciesError> {
    if sealed.len() < OCTETS_MIN {
        return Err(EciesError::TooShort { found: sealed.len() });
    }
    let (authenticated, mac) = sealed.split_at(sealed.len() - MAC_OCTETS);
    let ephemeral = PublicKey::from_slice(&authenticated[IV_OCTETS..CIPHERTEXT_START])
        .map_err(|_| EciesError::EphemeralKey)?;
    let keys = Keys::agree(&ephemeral, secret);
    keys.mac(authenticated).verify_slice(mac).map_err(|_| EciesError::Mac)?;
    let mut plaintext = Zeroizing::new(authenticated[CIPHERTEXT_START..].to_vec());
    let length = cbc::Decryptor::<aes::Aes256>::new_from_slices(
        keys.encryption.as_slice(),
        &authenticated[..IV_OCTETS],
    )
    .map_err(|_| EciesError::Padding)?
    .decrypt_padded_mut::<Pkcs7>(&mut plaintext)
    .map_err(|_| EciesError::Padding)?
    .len();
    plaintext.truncate(length);
    Ok(plaintext)
}

fn seal(
    plaintext: &[u8],
    recipient: &RecipientKey,
    ephemeral: &SecretKey,
    iv: &[u8; IV_OCTETS],
) -> Vec<u8> {
    let keys = Keys::agree(&recipient.0, ephemeral);
    let ciphertext_octets = plaintext.len() / 16 * 16 + 16;
    let mut sealed = Vec::with_capacity(CIPHERTEXT_START + ciphertext_octets + MAC_OCTETS);
    sealed.extend_from_slice(iv);
    sealed.extend_from_slice(&ephemeral.public_key(SECP256K1).serialize_uncompressed());
    sealed.extend_from_slice(plaintext);
    sealed.resize(CIPHERTEXT_START + ciphertext_octets, 0);
    let cipher = cbc::Encryptor::<aes::Aes256>::new(keys.encryption.as_ref().into(), iv.into());
    // The only error is a buffer without room for the padding.
    let _has_room =
        cipher.encrypt_padded_mut::<Pkcs7>(&mut sealed[CIPHERTEXT_START..], plaintext.len());
    let mac = keys.mac(&sealed).finalize().into_bytes();
    sealed.extend_from_slice(&mac);
    sealed
}

/// The two keys that both sides agree on.
struct Keys {
    encryption: Zeroizing<[u8; 32]>,
    authentication: Zeroizing<[u8; 32]>,
}

impl Keys {
    fn agree(public: &PublicKey, secret: &SecretKey) -> Self {
        let point = Zeroizing::new(shared_secret_point(public, secret));
        let digest = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(&point[..32])));
        let mut keys =
            Self { encryption: Zeroizing::default(), authentication: Zeroizing::default() };
        keys.encryption.copy_from_slice(&digest[..32]);
        keys.authentication.copy_from_slice(&digest[32..]);
        keys
    }

    fn mac(&self, data: &[u8]) -> Hmac<Sha256> {
        // HMAC pads a shorter key with zeros, so a whole block holding it is the same key.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.authentication.as_slice());
        let mut mac = <Hmac<Sha256> as Mac>::new(block.as_ref().into());
        mac.update(data);
        mac
    }
}
