//! Writing encrypted files: OpenPGP, two packets, nothing optional.

use pgp::crypto::{hash::HashAlgorithm, sym::SymmetricKeyAlgorithm};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{
    password::Password,
    s2k::{S2kCount, S2kKey, S2kSalt, derive_s2k_key},
};

/// Everything but the data: SKESK 48, SEIPD header at most 6, version 1, prefix 18, literal header
/// at most 6 + 6, modification detection code 22.
const OVERHEAD_OCTETS_MAX: usize = 107;

const BLOCK_OCTETS: usize = 16;
const CONTENT_KEY_OCTETS: usize = 32;
const TAG_SKESK: u8 = 0xC3;
const TAG_SEIPD: u8 = 0xD2;
const TAG_LITERAL: u8 = 0xCB;
const MDC_HEADER: [u8; 2] = [0xD3, 0x14];
const MDC_DIGEST_OCTETS: usize = 20;
/// Format, empty file name and time of the literal packet.
const LITERAL_HEADER_OCTETS: usize = 6;
const AES_256: u8 = 9;
const SHA_256: u8 = 8;
const S2K_ITERATED: u8 = 3;

/// Why a file could not be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// It does not fit in a packet.
    #[error("the file has {found} octets, expected less than 4 GiB")]
    TooLong {
        /// Octets found.
        found: usize,
    },
    /// The cipher refused; not expected to happen.
    #[error("encrypting the file")]
    Cipher(#[source] pgp::errors::Error),
}

/// Encrypts a file with the user's password.
///
/// The result is what users' software writes: a version 4 session key packet with an encrypted
/// content key, and a version 1 integrity-protected packet around one literal packet; new-format
/// headers, no partial lengths, no compression. `created_unix_s` may be 0.
///
/// # Errors
/// [`EncryptError::TooLong`] from 4 GiB.
pub fn encrypt_file<R: CryptoRng + ?Sized>(
    password: &Password,
    plaintext: &[u8],
    count: S2kCount,
    created_unix_s: u32,
    rng: &mut R,
) -> Result<Vec<u8>, EncryptError> {
    let mut salt = S2kSalt::default();
    rng.fill_bytes(&mut salt);
    let key = derive_s2k_key(password.as_bytes(), &salt, count);
    encrypt_file_with_key(&key, &salt, plaintext, count, created_unix_s, rng)
}

/// Encrypts a file with a key that was derived before, from the same `salt` and `count`.
///
/// # Errors
/// [`EncryptError::TooLong`] from 4 GiB.
pub fn encrypt_file_with_key<R: CryptoRng + ?Sized>(
    key: &S2kKey,
    salt: &S2kSalt,
    plaintext: &[u8],
    count: S2kCount,
    created_unix_s: u32,
    rng: &mut R,
) -> Result<Vec<u8>, EncryptError> {
    let too_long = || EncryptError::TooLong { found: plaintext.len() };
    let capacity = plaintext.len().checked_add(OVERHEAD_OCTETS_MAX).ok_or_else(too_long)?;
    if u32::try_from(capacity).is_err() {
        return Err(too_long());
    }
    let mut content_key = Zeroizing::new([0; CONTENT_KEY_OCTETS]);
    rng.fill_bytes(content_key.as_mut_slice());
    let mut prefix = [0; BLOCK_OCTETS];
    rng.fill_bytes(&mut prefix);

    let mut message = Vec::with_capacity(capacity);
    write_session_key(&mut message, key, salt, count, &content_key)?;

    let literal_octets = LITERAL_HEADER_OCTETS + plaintext.len();
    let content_octets = prefix.len()
        + 2
        + 1
        + length_octets(literal_octets)
        + literal_octets
        + MDC_HEADER.len()
        + MDC_DIGEST_OCTETS;
    message.push(TAG_SEIPD);
    write_length(&mut message, 1 + content_octets);
    message.push(1);
    let start = message.len();
    write_content(&mut message, &prefix, plaintext, created_unix_s)?;
    debug_assert_eq!(message.len() - start, content_octets);
    encrypt_cfb(content_key.as_slice(), &mut message[start..])?;
    Ok(message)
}

fn write_session_key(
    message: &mut Vec<u8>,
    key: &S2kKey,
    salt: &S2kSalt,
    count: S2kCount,
    content_key: &[u8; CONTENT_KEY_OCTETS],
) -> Result<(), EncryptError> {
    message.extend_from_slice(&[TAG_SKESK, 46, 4, AES_256, S2K_ITERATED, SHA_256]);
    message.extend_from_slice(salt);
    message.push(count.0);
    let start = message.len();
    message.push(AES_256);
    message.extend_from_slice(content_key);
    encrypt_cfb(key.as_bytes(), &mut message[start..])
}

/// Writes what the integrity-protected packet holds, still in clear.
fn write_content(
    message: &mut Vec<u8>,
    prefix: &[u8; BLOCK_OCTETS],
    plaintext: &[u8],
    created_unix_s: u32,
) -> Result<(), EncryptError> {
    let start = message.len();
    message.extend_from_slice(prefix);
    message.extend_from_slice(&prefix[BLOCK_OCTETS - 2..]);
    message.push(TAG_LITERAL);
    write_length(message, LITERAL_HEADER_OCTETS + plaintext.len());
    // Binary, no file name.
    message.extend_from_slice(b"b\0");
    message.extend_from_slice(&created_unix_s.to_be_bytes());
    message.extend_from_slice(plaintext);
    message.extend_from_slice(&MDC_HEADER);
    let digest = HashAlgorithm::Sha1
        .digest(&message[start..])
        .map_err(|source| EncryptError::Cipher(source.into()))?;
    message.extend_from_slice(&digest);
    Ok(())
}

fn encrypt_cfb(key: &[u8], data: &mut [u8]) -> Result<(), EncryptError> {
    SymmetricKeyAlgorithm::AES256
        .encrypt_with_iv_regular(key, &[0; BLOCK_OCTETS], data)
        .map_err(EncryptError::Cipher)
}

/// How many octets [`write_length`] writes.
const fn length_octets(length: usize) -> usize {
    match length {
        0..192 => 1,
        192..8384 => 2,
        _ => 5,
    }
}

/// Writes a new-format body length. The caller has checked that `length` fits in four octets.
#[expect(clippy::cast_possible_truncation, reason = "each arm's range is checked above it")]
fn write_length(message: &mut Vec<u8>, length: usize) {
    match length {
        0..192 => message.push(length as u8),
        192..8384 => {
            let rest = length - 192;
            message.extend_from_slice(&[192 + (rest >> 8) as u8, rest as u8]);
        }
        _ => {
            message.push(0xFF);
            message.extend_from_slice(&(length as u32).to_be_bytes());
        }
    }
}
