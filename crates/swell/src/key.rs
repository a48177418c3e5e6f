//! Keys: loaded by reference, wiped when dropped, and never shown, whatever goes wrong.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use alloy_signer_local::PrivateKeySigner;
use swell_core::target::KeyRef;
use zeroize::{Zeroize, Zeroizing};

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

    /// Reads 64 hexadecimal digits, with or without `0x`, and asks the curve whether it is a key.
    fn from_hex(text: &str) -> Option<Self> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        if digits.len() != 2 * Self::BYTES {
            return None;
        }
        let mut key = Self(Zeroizing::new([0; Self::BYTES]));
        for (byte, pair) in key.0.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        key.checked()
    }

    /// `None` when the curve refuses the number: zero, or beyond its order.
    fn checked(self) -> Option<Self> {
        PrivateKeySigner::from_slice(self.0.as_slice()).is_ok().then_some(self)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// A key as it was loaded.
#[derive(Clone, Debug)]
pub struct LoadedKey {
    /// The key.
    pub key: SecretKey,
    /// What the user should know: a file that others may read, say.
    pub warning: Option<String>,
}

/// Why a key could not be loaded. Says where it was looked for, never what was there.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The variable is not set.
    #[error("the {role} key is expected in the variable {variable}, which is not set")]
    NoVariable {
        /// Whose key.
        role: &'static str,
        /// The variable.
        variable: String,
    },
    /// The file cannot be read.
    #[error("the {role} key is expected in the file {}, which cannot be read", path.display())]
    NoFile {
        /// Whose key.
        role: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// What is there is not a key.
    #[error("the {role} key in {place} is not a key; expected 64 hexadecimal digits")]
    NotAKey {
        /// Whose key.
        role: &'static str,
        /// Where it was looked for.
        place: String,
    },
}

/// Loads the `role` key from where `reference` says; `published` is the sandbox's for that role.
///
/// # Errors
/// [`KeyError`], which never quotes what was found.
pub fn load(
    role: &'static str,
    reference: &KeyRef,
    published: B256,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<LoadedKey, KeyError> {
    match reference {
        KeyRef::Env(name) => {
            let text = variable(name)
                .map(Zeroizing::new)
                .ok_or_else(|| KeyError::NoVariable { role, variable: name.clone() })?;
            let place = format!("the variable {name}");
            let key = SecretKey::from_hex(&text).ok_or(KeyError::NotAKey { role, place })?;
            Ok(LoadedKey { key, warning: None })
        }
        KeyRef::File(path) => from_file(role, path),
        KeyRef::Published => {
            let place = "the sandbox's constants".to_owned();
            let key = SecretKey(Zeroizing::new(published.0)).checked();
            let key = key.ok_or(KeyError::NotAKey { role, place })?;
            Ok(LoadedKey { key, warning: None })
        }
    }
}

fn from_file(role: &'static str, path: &Path) -> Result<LoadedKey, KeyError> {
    let mut bytes = std::fs::read(path).map_err(|source| KeyError::NoFile {
        role,
        path: path.to_owned(),
        source,
    })?;
    let key = str::from_utf8(&bytes).ok().and_then(SecretKey::from_hex);
    bytes.zeroize();
    let place = format!("the file {}", path.display());
    let key = key.ok_or(KeyError::NotAKey { role, place })?;
    let warning = is_open_to_others(path).then(|| {
        format!(
            "the file {} holds the {role} key and others may read it; `chmod 600` keeps it yours",
            path.display()
        )
    });
    Ok(LoadedKey { key, warning })
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    const GROUP_AND_OTHERS: u32 = 0o077;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & GROUP_AND_OTHERS != 0)
}

#[cfg(not(unix))]
const fn is_open_to_others(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;
