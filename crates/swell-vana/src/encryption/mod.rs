//! The user's password, and files encrypted with it.

mod decrypt;
mod encrypt;
mod password;
mod s2k;

#[cfg(test)]
mod tests;

pub use decrypt::{DecryptError, decrypt_file};
pub use encrypt::{EncryptError, encrypt_file, encrypt_file_with_key};
pub use password::{Password, PasswordError, SEED_TEXT, derive_password};
pub use s2k::{S2kCount, S2kKey, S2kSalt, derive_s2k_key};

/// The largest encrypted file that a personal server downloads, in octets.
pub const ENCRYPTED_FILE_OCTETS_MAX: usize = 5 * 1024 * 1024;
