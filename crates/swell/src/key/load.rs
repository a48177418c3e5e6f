//! From a reference to a key.

use std::cell::RefCell;
use std::path::Path;

use alloy_primitives::B256;
use swell_core::target::{EnvFileRef, KeyRef, KeystoreRef, PasswordRef};
use zeroize::Zeroizing;

use super::keystore;
use super::{KeyError, KeyInputs, SecretKey};
use crate::config::env_file::EnvFile;

/// A key as it was loaded.
#[derive(Clone, Debug)]
pub struct LoadedKey {
    /// The key.
    pub key: SecretKey,
    /// What the user should know: files that others may read, say.
    pub warnings: Vec<String>,
}

/// Keys that can be had only once, or at the price of a question, kept as long as a command lasts.
#[derive(Debug, Default)]
pub struct KeyRing(RefCell<Vec<(KeyRef, SecretKey)>>);

impl KeyRing {
    /// [`load`], asking nobody for the same key twice.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn load(
        &self,
        role: &'static str,
        reference: &KeyRef,
        published: B256,
        inputs: &KeyInputs<'_>,
    ) -> Result<LoadedKey, KeyError> {
        let known = self.0.borrow().iter().find(|(known, _)| known == reference).cloned();
        if let Some((_, key)) = known {
            return Ok(LoadedKey { key, warnings: Vec::new() });
        }
        let loaded = load(role, reference, published, inputs)?;
        if matches!(reference, KeyRef::Stdin | KeyRef::Keystore(_)) {
            self.0.borrow_mut().push((reference.clone(), loaded.key.clone()));
        }
        Ok(loaded)
    }
}

/// Loads the `role` key from where `reference` says; `published` is the sandbox's for that role.
///
/// # Errors
/// [`KeyError`], which never quotes what was found.
pub fn load(
    role: &'static str,
    reference: &KeyRef,
    published: B256,
    inputs: &KeyInputs<'_>,
) -> Result<LoadedKey, KeyError> {
    let mut warnings = Vec::new();
    let key = match reference {
        KeyRef::Env(name) => {
            let text = (inputs.variable)(name)
                .map(Zeroizing::new)
                .ok_or_else(|| KeyError::NoVariable { role, variable: name.clone() })?;
            from_hex(role, &text, || format!("the variable {name}"))?
        }
        KeyRef::File(path) => {
            let bytes = read(role, path)?;
            let text = str::from_utf8(&bytes).unwrap_or_default();
            let key = from_hex(role, text, || format!("the file {}", path.display()))?;
            warn_if_open(path, &format!("the {role} key"), &mut warnings);
            key
        }
        KeyRef::EnvFile(place) => from_env_file(role, place, &mut warnings)?,
        KeyRef::Keystore(keystore) => from_keystore(role, keystore, inputs, &mut warnings)?,
        KeyRef::Stdin => from_stdin(role, inputs)?,
        KeyRef::Published => {
            let place = || "the sandbox's constants".to_owned();
            let key = SecretKey::from_bytes(Zeroizing::new(published.0));
            key.ok_or_else(|| KeyError::NotAKey { role, place: place() })?
        }
    };
    Ok(LoadedKey { key, warnings })
}

fn from_hex(
    role: &'static str,
    text: &str,
    place: impl FnOnce() -> String,
) -> Result<SecretKey, KeyError> {
    SecretKey::from_hex(text).ok_or_else(|| KeyError::NotAKey { role, place: place() })
}

fn from_env_file(
    role: &'static str,
    place: &EnvFileRef,
    warnings: &mut Vec<String>,
) -> Result<SecretKey, KeyError> {
    let EnvFileRef { path, variable } = place;
    let words = || format!("{variable} of the file {}", path.display());
    let text = EnvFile::look_up(path, variable)
        .map_err(|source| KeyError::NoFile { role, path: path.clone(), source })?
        .ok_or_else(|| {
            let (path, variable) = (path.clone(), variable.clone());
            KeyError::NoVariableInFile { role, path, variable }
        })?;
    let key = from_hex(role, &text, || format!("the variable {}", words()))?;
    let what = format!("the {role} key");
    warn_if_open(path, &what, warnings);
    Ok(key)
}

fn read(role: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = std::fs::read(path).map(Zeroizing::new);
    bytes.map_err(|source| KeyError::NoFile { role, path: path.to_owned(), source })
}

fn from_stdin(role: &'static str, inputs: &KeyInputs<'_>) -> Result<SecretKey, KeyError> {
    let line = (inputs.first_line)().map_err(|source| KeyError::NoStdin { role, source })?;
    let line = line.ok_or(KeyError::TypedKey { role })?;
    if line.trim().is_empty() {
        return Err(KeyError::NoLine { role });
    }
    from_hex(role, &line, || "the first line of the standard input".to_owned())
}

fn from_keystore(
    role: &'static str,
    keystore: &KeystoreRef,
    inputs: &KeyInputs<'_>,
    warnings: &mut Vec<String>,
) -> Result<SecretKey, KeyError> {
    let path = &keystore.file;
    let text = read(role, path)?;
    let password = password(role, keystore, inputs, warnings)?;
    let key = keystore::open(&text, &password).map_err(|fault| KeyError::Keystore {
        role,
        path: path.clone(),
        fault,
    })?;
    warn_if_open(path, &format!("the {role} key (encrypted)"), warnings);
    Ok(key)
}

/// The password, without the end of its line.
fn password(
    role: &'static str,
    keystore: &KeystoreRef,
    inputs: &KeyInputs<'_>,
    warnings: &mut Vec<String>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let absent = |place: String, fault| KeyError::NoPassword { role, place, fault };
    match &keystore.password {
        PasswordRef::Env(name) => {
            let place = || format!("the variable {name}");
            let text = (inputs.variable)(name).ok_or_else(|| absent(place(), "is not set"))?;
            Ok(Zeroizing::new(text.into_bytes()))
        }
        PasswordRef::File(path) => {
            let place = || format!("the file {}", path.display());
            let mut text = std::fs::read(path)
                .map(Zeroizing::new)
                .map_err(|_| absent(place(), "cannot be read"))?;
            for end in [b'\n', b'\r'] {
                if text.last() == Some(&end) {
                    text.pop();
                }
            }
            warn_if_open(path, "the keystore's password", warnings);
            Ok(text)
        }
        PasswordRef::Ask => {
            let path = &keystore.file;
            let question = format!("Password of the {role} key's keystore {}: ", path.display());
            let mut text = (inputs.ask)(&question).map_err(|source| KeyError::NobodyToAsk {
                role,
                path: path.clone(),
                source,
            })?;
            Ok(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
        }
    }
}

pub(super) fn warn_if_open(path: &Path, what: &str, warnings: &mut Vec<String>) {
    if is_open_to_others(path) {
        warnings.push(format!(
            "the file {} holds {what} and others may read it; `chmod 600` keeps it yours",
            path.display()
        ));
    }
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
