//! Reading encrypted files as a personal server does.

use std::io::Read;

use pgp::{
    composed::{Edata, Esk, Message, PlainSessionKey, RawSessionKey},
    crypto::{hash::HashAlgorithm, sym::SymmetricKeyAlgorithm},
    packet::{ProtectedDataConfig, SymEncryptedProtectedDataConfig, SymKeyEncryptedSessionKey},
    types::{StringToKey, Tag},
};

use super::s2k::{S2kCount, derive_s2k_key};

/// Layers of compression that are followed; real files have at most one.
const COMPRESSION_LAYERS_MAX: usize = 4;

/// Session key packets that are tried. Real files have one, and the derivation of one may hash 62 MiB:
/// a small file must not keep the reader busy for minutes.
const SESSION_KEYS_MAX: usize = 4;

/// The largest plaintext that is read, so that a small file cannot fill the memory.
const PLAINTEXT_OCTETS_MAX: u64 = 256 * 1024 * 1024;

/// Why a file cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum DecryptError {
    /// It is not a binary OpenPGP message.
    #[error("the file is not a binary OpenPGP message")]
    NotOpenPgp(#[source] Option<Box<pgp::errors::Error>>),
    /// It is a message, and of a kind that the personal server does not read.
    #[error("the file uses {found}, expected {expected}")]
    Unsupported {
        /// What the file uses.
        found: String,
        /// What the server reads.
        expected: &'static str,
    },
    /// The password is wrong, or the file was altered.
    #[error("the password does not open the file, or the file was altered")]
    WrongPassword(#[source] Box<pgp::errors::Error>),
    /// The decrypted content is damaged.
    #[error("reading the decrypted content")]
    Content(#[source] std::io::Error),
    /// The content is too large.
    #[error("the decrypted content is larger than {PLAINTEXT_OCTETS_MAX} octets")]
    TooLarge,
}

/// Decrypts a binary OpenPGP message with a password.
///
/// Reads what the personal server reads: version 4 session key packets with a simple, salted, or
/// iterated and salted derivation; version 1 integrity-protected data; compression; partial
/// lengths. Refuses what that server refuses: Argon2, authenticated encryption, data without or
/// with a wrong modification detection code. Of many session key packets it tries the first four.
///
/// # Errors
/// [`DecryptError`] says what was found.
pub fn decrypt_file(password: impl AsRef<str>, message: &[u8]) -> Result<Vec<u8>, DecryptError> {
    // The first octet of a packet has its highest bit set, text has not.
    if message.first().is_none_or(|octet| octet & 0x80 == 0) {
        return Err(DecryptError::NotOpenPgp(None));
    }
    let parsed = Message::from_bytes(message)
        .map_err(|source| DecryptError::NotOpenPgp(Some(Box::new(source))))?;
    let Message::Encrypted { esk, edata, .. } = &parsed else {
        return Err(unsupported("no encryption".to_owned(), "a symmetrically encrypted message"));
    };
    check_data_packet(edata)?;
    let mut last_error = None;
    let mut session_key = None;
    let packets = esk.iter().filter_map(|packet| match packet {
        Esk::SymKeyEncryptedSessionKey(packet) => Some(packet),
        Esk::PublicKeyEncryptedSessionKey(_) => None,
    });
    for packet in packets.take(SESSION_KEYS_MAX) {
        match open_session_key(packet, password.as_ref().as_bytes()) {
            Ok(key) => {
                session_key = Some(key);
                break;
            }
            Err(error) => last_error = Some(error),
        }
    }
    let Some(session_key) = session_key else {
        return Err(last_error.unwrap_or_else(|| {
            unsupported("no password-based session key".to_owned(), "one of version 4")
        }));
    };
    let decrypted = parsed
        .decrypt_with_session_key(session_key)
        .map_err(|source| DecryptError::WrongPassword(Box::new(source)))?;
    read_literal(decrypted)
}

fn check_data_packet(edata: &Edata<'_>) -> Result<(), DecryptError> {
    const EXPECTED: &str = "integrity-protected data of version 1";
    match edata {
        Edata::SymEncryptedProtectedData { reader } => match reader.config() {
            ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V1) => Ok(()),
            _ => Err(unsupported("authenticated encryption".to_owned(), EXPECTED)),
        },
        _ if edata.tag() == Tag::SymEncryptedData => {
            Err(unsupported("data without integrity protection".to_owned(), EXPECTED))
        }
        _ => Err(unsupported(format!("a packet {:?}", edata.tag()), EXPECTED)),
    }
}

fn open_session_key(
    packet: &SymKeyEncryptedSessionKey,
    password: &[u8],
) -> Result<PlainSessionKey, DecryptError> {
    let SymKeyEncryptedSessionKey::V4 { sym_algorithm, s2k, encrypted_key, .. } = packet else {
        let found = format!("a session key packet {:?}", packet.version());
        return Err(unsupported(found, "version 4"));
    };
    let key = derive(s2k, *sym_algorithm, password)?;
    if encrypted_key.is_empty() {
        return Ok(PlainSessionKey::V3_4 { sym_alg: *sym_algorithm, key });
    }
    packet.decrypt(&key).map_err(|source| DecryptError::WrongPassword(Box::new(source)))
}

fn derive(
    s2k: &StringToKey,
    cipher: SymmetricKeyAlgorithm,
    password: &[u8],
) -> Result<RawSessionKey, DecryptError> {
    match s2k {
        StringToKey::IteratedAndSalted { hash_alg: HashAlgorithm::Sha256, salt, count }
            if cipher.key_size() <= 32 && cipher.key_size() > 0 =>
        {
            let key = derive_s2k_key(password, salt, S2kCount(*count));
            Ok(RawSessionKey::from(&key.as_bytes()[..cipher.key_size()]))
        }
        StringToKey::Simple { .. }
        | StringToKey::Salted { .. }
        | StringToKey::IteratedAndSalted { .. }
            if cipher.key_size() > 0 =>
        {
            s2k.derive_key(password, cipher.key_size())
                .map_err(|source| DecryptError::NotOpenPgp(Some(Box::new(source))))
        }
        StringToKey::Argon2 { .. } => Err(unsupported(
            "Argon2 to derive the key".to_owned(),
            "a simple, salted, or iterated and salted derivation",
        )),
        _ => Err(unsupported(
            format!("cipher {cipher:?} with derivation {}", s2k.id()),
            "AES with a simple, salted, or iterated and salted derivation",
        )),
    }
}

fn read_literal(mut content: Message<'_>) -> Result<Vec<u8>, DecryptError> {
    for _ in 0..COMPRESSION_LAYERS_MAX {
        if !content.is_compressed() {
            break;
        }
        content =
            content.decompress().map_err(|source| DecryptError::WrongPassword(Box::new(source)))?;
    }
    if !content.is_literal() {
        return Err(unsupported("nested packets".to_owned(), "one literal packet"));
    }
    let mut plaintext = Vec::new();
    content
        .take(PLAINTEXT_OCTETS_MAX + 1)
        .read_to_end(&mut plaintext)
        .map_err(DecryptError::Content)?;
    if plaintext.len() as u64 > PLAINTEXT_OCTETS_MAX {
        return Err(DecryptError::TooLarge);
    }
    Ok(plaintext)
}

fn unsupported(found: String, expected: &'static str) -> DecryptError {
    DecryptError::Unsupported { found, expected }
}
