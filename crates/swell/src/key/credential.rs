//! Credentials of storage: from a reference to the text.

use std::io;
use std::path::PathBuf;

use swell_core::target::{EnvFileRef, SecretRef};
use zeroize::Zeroizing;

use super::KeyInputs;
use super::load::warn_if_open;
use crate::config::env_file::EnvFile;

/// A credential as it was loaded.
#[derive(Debug)]
pub struct LoadedSecret {
    /// The text, without white space around it.
    pub text: SecretText,
    /// What the user should know: files that others may read, say.
    pub warnings: Vec<String>,
}

/// A credential. Wiped when dropped; not shown by `Debug`.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The credential itself. Never to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.trim()
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Why a credential could not be loaded. Says where it was looked for, never what was there.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("{what} is expected in the variable {variable}, which is not set")]
    NoVariable {
        /// Which credential.
        what: &'static str,
        /// The variable.
        variable: String,
    },
    /// The file cannot be read.
    #[error("{what} is expected in the file {}, which cannot be read", path.display())]
    NoFile {
        /// Which credential.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{what} is expected in {place}, which is empty")]
    Empty {
        /// Which credential.
        what: &'static str,
        /// Where it was looked for.
        place: String,
    },
}

/// Loads the credential that `what` names from where `reference` says.
///
/// # Errors
/// [`SecretError`], which never quotes what was found.
pub fn load_secret(
    what: &'static str,
    reference: &SecretRef,
    inputs: &KeyInputs<'_>,
) -> Result<LoadedSecret, SecretError> {
    let mut warnings = Vec::new();
    let text = match reference {
        SecretRef::Env(name) => (inputs.variable)(name)
            .map(Zeroizing::new)
            .ok_or_else(|| SecretError::NoVariable { what, variable: name.clone() })?,
        SecretRef::File(path) => {
            let text = std::fs::read_to_string(path).map(Zeroizing::new);
            let text =
                text.map_err(|source| SecretError::NoFile { what, path: path.clone(), source })?;
            warn_if_open(path, what, &mut warnings);
            text
        }
        SecretRef::EnvFile(EnvFileRef { path, variable }) => {
            let text = EnvFile::look_up(path, variable);
            let text =
                text.map_err(|source| SecretError::NoFile { what, path: path.clone(), source })?;
            warn_if_open(path, what, &mut warnings);
            text.ok_or_else(|| SecretError::NoVariable {
                what,
                variable: format!("{variable} of the file {}", path.display()),
            })?
        }
    };
    if text.trim().is_empty() {
        let place = place(reference);
        return Err(SecretError::Empty { what, place });
    }
    Ok(LoadedSecret { text: SecretText(text), warnings })
}

/// Where a reference points, in words.
#[must_use]
pub fn place(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("the variable {name}"),
        SecretRef::File(path) => format!("the file {}", path.display()),
        SecretRef::EnvFile(EnvFileRef { path, variable }) => {
            format!("the variable {variable} of the file {}", path.display())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(reference: &SecretRef, value: Option<&str>) -> Result<LoadedSecret, SecretError> {
        let inputs = KeyInputs {
            variable: &|_| value.map(str::to_owned),
            first_line: &|| Ok(None),
            ask: &|_| Err(io::Error::other("nobody")),
        };
        load_secret("the token", reference, &inputs)
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_there_is_not() {
        let variable = SecretRef::Env("TOKEN".into());
        let loaded = load(&variable, Some(" s3cret\n")).unwrap();
        assert_eq!(loaded.text.expose(), "s3cret");
        assert_eq!(format!("{:?}", loaded.text), "SecretText(…)");
        for (reference, value, words) in [
            (&variable, None, "the token is expected in the variable TOKEN, which is not set"),
            (&variable, Some(" \n"), "the token is expected in the variable TOKEN, which is empty"),
            (
                &SecretRef::File("/nowhere/token".into()),
                None,
                "the token is expected in the file /nowhere/token, which cannot be read",
            ),
        ] {
            assert_eq!(load(reference, value).unwrap_err().to_string(), words);
        }
    }
}
