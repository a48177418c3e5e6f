//! Why a key could not be loaded: where it was looked for, never what was there.

use std::io;
use std::path::PathBuf;

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
    /// The variable of a `.env` is empty or not set.
    #[error(
        "the {role} key is expected in the variable {variable} of the file {}, which is empty or not set; \
         expected 64 hexadecimal digits there, or in the environment's {variable}",
        path.display()
    )]
    NoVariableInFile {
        /// Whose key.
        role: &'static str,
        /// The file.
        path: PathBuf,
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
    /// The standard input is a terminal, which would show the key.
    #[error(
        "the {role} key is expected on the standard input, which is a terminal that would show it; \
         expected a pipe or a file"
    )]
    TypedKey {
        /// Whose key.
        role: &'static str,
    },
    /// The standard input is at its end.
    #[error("the {role} key is expected on the standard input, whose first line is empty")]
    NoLine {
        /// Whose key.
        role: &'static str,
    },
    /// The standard input cannot be read.
    #[error("the {role} key is expected on the standard input, which cannot be read")]
    NoStdin {
        /// Whose key.
        role: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The keystore's password is not where it should be.
    #[error("the password of the {role} key's keystore is expected in {place}, which {fault}")]
    NoPassword {
        /// Whose key.
        role: &'static str,
        /// Where it was looked for.
        place: String,
        /// What is wrong there.
        fault: &'static str,
    },
    /// There is nobody to ask for the keystore's password.
    #[error(
        "the password of the {role} key's keystore {} cannot be asked for; name a variable or a \
         file with it in the target file",
        path.display()
    )]
    NobodyToAsk {
        /// Whose key.
        role: &'static str,
        /// The keystore.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The keystore does not yield its key.
    #[error("the {role} key's keystore {}: {fault}", path.display())]
    Keystore {
        /// Whose key.
        role: &'static str,
        /// The keystore.
        path: PathBuf,
        /// What is wrong.
        fault: KeystoreFault,
    },
}

/// Why a keystore does not yield its key. Quotes names of algorithms only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreFault {
    /// It is not JSON.
    #[error("line {line} is not JSON; expected web3 secret storage, version 3")]
    NotJson {
        /// Where, from 1.
        line: usize,
    },
    /// A part is missing, or is none.
    #[error("{part} is missing or malformed; expected web3 secret storage, version 3")]
    Malformed {
        /// Which.
        part: &'static str,
    },
    /// Another version.
    #[error("its version is {found}; expected 3")]
    Version {
        /// What it says.
        found: u64,
    },
    /// An algorithm that is not known.
    #[error("its {part} is `{found}`; expected {expected}")]
    Unsupported {
        /// What the algorithm is for.
        part: &'static str,
        /// Its name.
        found: String,
        /// What is known.
        expected: &'static str,
    },
    /// A key derivation that would take all memory, or for ever.
    #[error("{part} is out of bounds; expected {expected}")]
    OutOfBounds {
        /// Which parameter.
        part: &'static str,
        /// What is allowed.
        expected: &'static str,
    },
    /// The password is another one.
    #[error("the password is wrong")]
    WrongPassword,
    /// What was encrypted is not a key.
    #[error("what it holds is not a key")]
    NotAKey,
}
