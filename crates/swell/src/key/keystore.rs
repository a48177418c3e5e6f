//! Keystores: web3 secret storage, version 3, as geth, Foundry and most wallets write it.
//!
//! # Source
//! <https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage>, whose
//! test vectors the tests hold.

use aes::Aes128;
use alloy_primitives::keccak256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::Hmac;
use scrypt::Params;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeystoreFault, SecretKey};

/// Memory that scrypt may take: four times what geth's costly setting takes.
const SCRYPT_BYTES_MAX: u64 = 1 << 30;
/// Lanes of scrypt, one after the other.
const SCRYPT_LANES_MAX: u64 = 16;
/// Rounds of PBKDF2: forty times what is usual, and half a minute.
const PBKDF2_ROUNDS_MAX: u64 = 10_000_000;
/// Bytes that are derived: half of them decrypt, half of them prove the password.
const DERIVED: usize = 32;
/// Longest name of an algorithm that is quoted.
const NAME_CHARS_MAX: usize = 40;

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    kdf: String,
    kdfparams: KdfParams,
    mac: String,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

/// Those of either derivation.
#[derive(Deserialize)]
struct KdfParams {
    dklen: u64,
    salt: String,
    n: Option<u64>,
    r: Option<u64>,
    p: Option<u64>,
    c: Option<u64>,
    prf: Option<String>,
}

/// Decrypts the key of the keystore `text`.
pub(super) fn open(text: &[u8], password: &[u8]) -> Result<SecretKey, KeystoreFault> {
    let crypto = read(text)?;
    if crypto.cipher != "aes-128-ctr" {
        return Err(unsupported("cipher", &crypto.cipher, "aes-128-ctr"));
    }
    let iv: [u8; 16] = bytes(&crypto.cipherparams.iv, "crypto.cipherparams.iv")?;
    let mac: [u8; 32] = bytes(&crypto.mac, "crypto.mac")?;
    let ciphertext: [u8; 32] = bytes(&crypto.ciphertext, "crypto.ciphertext")?;
    let derived = derive(&crypto, password)?;
    let (decrypts, proves) = derived.split_at(DERIVED / 2);
    if keccak256([proves, &ciphertext].concat()) != mac {
        return Err(KeystoreFault::WrongPassword);
    }
    let mut key = Zeroizing::new(ciphertext);
    let mut cipher = Ctr128BE::<Aes128>::new_from_slices(decrypts, &iv)
        .map_err(|_| KeystoreFault::Malformed { part: "crypto.cipherparams" })?;
    cipher.apply_keystream(key.as_mut_slice());
    SecretKey::from_bytes(key).ok_or(KeystoreFault::NotAKey)
}

/// Nothing that stands there is quoted: the file may be something else, a bare key even.
fn read(text: &[u8]) -> Result<Crypto, KeystoreFault> {
    let json: Value = serde_json::from_slice(text)
        .map_err(|error| KeystoreFault::NotJson { line: error.line().max(1) })?;
    let Some(version) = json.get("version").and_then(Value::as_u64) else {
        return Err(KeystoreFault::Malformed { part: "version" });
    };
    if version != 3 {
        return Err(KeystoreFault::Version { found: version });
    }
    // Some old wallets begin it with a capital.
    let crypto = json.get("crypto").or_else(|| json.get("Crypto")).cloned().unwrap_or_default();
    Crypto::deserialize(crypto).map_err(|_| KeystoreFault::Malformed { part: "crypto" })
}

fn derive(crypto: &Crypto, password: &[u8]) -> Result<Zeroizing<[u8; DERIVED]>, KeystoreFault> {
    let params = &crypto.kdfparams;
    if params.dklen != DERIVED as u64 {
        return Err(KeystoreFault::OutOfBounds { part: "kdfparams.dklen", expected: "32" });
    }
    let salt = hex::decode(&params.salt)
        .map_err(|_| KeystoreFault::Malformed { part: "crypto.kdfparams.salt" })?;
    let mut derived = Zeroizing::new([0; DERIVED]);
    match crypto.kdf.as_str() {
        "scrypt" => {
            let params = scrypt_params(params)?;
            scrypt::scrypt(password, &salt, &params, derived.as_mut_slice())
                .map_err(|_| KeystoreFault::Malformed { part: "crypto.kdfparams" })?;
        }
        "pbkdf2" => {
            let rounds = pbkdf2_rounds(params)?;
            pbkdf2::pbkdf2::<Hmac<Sha256>>(password, &salt, rounds, derived.as_mut_slice())
                .map_err(|_| KeystoreFault::Malformed { part: "crypto.kdfparams" })?;
        }
        other => return Err(unsupported("kdf", other, "scrypt or pbkdf2")),
    }
    Ok(derived)
}

fn scrypt_params(params: &KdfParams) -> Result<Params, KeystoreFault> {
    let (Some(n), Some(r), Some(p)) = (params.n, params.r, params.p) else {
        return Err(KeystoreFault::Malformed { part: "crypto.kdfparams" });
    };
    if n < 2 || !n.is_power_of_two() {
        return Err(KeystoreFault::OutOfBounds { part: "kdfparams.n", expected: "a power of 2" });
    }
    let memory = n.saturating_mul(r).saturating_mul(128);
    if memory > SCRYPT_BYTES_MAX {
        let (part, expected) = ("kdfparams.n times kdfparams.r", "at most 1 GiB of memory");
        return Err(KeystoreFault::OutOfBounds { part, expected });
    }
    if p > SCRYPT_LANES_MAX {
        return Err(KeystoreFault::OutOfBounds { part: "kdfparams.p", expected: "at most 16" });
    }
    let narrow = |number| u32::try_from(number).unwrap_or(0);
    let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(0);
    Params::new(log_n, narrow(r), narrow(p))
        .map_err(|_| KeystoreFault::Malformed { part: "crypto.kdfparams" })
}

fn pbkdf2_rounds(params: &KdfParams) -> Result<u32, KeystoreFault> {
    let prf = params.prf.as_deref().unwrap_or_default();
    if prf != "hmac-sha256" {
        return Err(unsupported("prf", prf, "hmac-sha256"));
    }
    let rounds = params.c.filter(|rounds| (1..=PBKDF2_ROUNDS_MAX).contains(rounds));
    rounds
        .and_then(|rounds| u32::try_from(rounds).ok())
        .ok_or(KeystoreFault::OutOfBounds { part: "kdfparams.c", expected: "1 to 10,000,000" })
}

fn bytes<const N: usize>(hex: &str, part: &'static str) -> Result<[u8; N], KeystoreFault> {
    let mut bytes = [0; N];
    let digits = hex.strip_prefix("0x").unwrap_or(hex);
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeystoreFault::Malformed { part })?;
    Ok(bytes)
}

fn unsupported(part: &'static str, found: &str, expected: &'static str) -> KeystoreFault {
    let is_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let found = found.chars().filter(is_name).take(NAME_CHARS_MAX).collect();
    KeystoreFault::Unsupported { part, found, expected }
}
