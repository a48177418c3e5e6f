//! References to keys, never keys.

use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRefs {
    /// The account that pays for everything.
    pub relayer: KeyRef,
    /// The key registered as the grantee, which signs operation requests.
    pub application: KeyRef,
}

/// A reference to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyRef {
    /// An environment variable that holds it as hex.
    Env(String),
    /// A file that holds it as hex.
    File(PathBuf),
    /// A variable of a `.env` that holds it as hex.
    EnvFile(EnvFileRef),
    /// A keystore that holds it encrypted.
    Keystore(KeystoreRef),
    /// The first line of the standard input holds it as hex.
    Stdin,
    /// The sandbox's published key for this role.
    Published,
}

/// A variable of a `.env`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvFileRef {
    /// The file.
    pub path: PathBuf,
    /// The variable.
    pub variable: String,
}

/// A keystore (web3 secret storage, version 3) and where its password is.
///
/// Written as the file's path alone, or as a table with `file` and one of `password_env` and
/// `password_file`. Without either, the password is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeystoreRef {
    /// The file.
    pub file: PathBuf,
    /// Its password.
    pub password: PasswordRef,
}

/// A reference to a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordRef {
    /// Asked for at the terminal.
    Ask,
    /// In an environment variable.
    Env(String),
    /// In a file.
    File(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeystoreTable {
    file: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_file: Option<PathBuf>,
}

impl Serialize for KeystoreRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let file = self.file.clone();
        let (password_env, password_file) = match &self.password {
            PasswordRef::Ask => return file.serialize(serializer),
            PasswordRef::Env(name) => (Some(name.clone()), None),
            PasswordRef::File(path) => (None, Some(path.clone())),
        };
        KeystoreTable { file, password_env, password_file }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeystoreRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathOrTable)
    }
}

struct PathOrTable;

impl<'de> Visitor<'de> for PathOrTable {
    type Value = KeystoreRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or a table with file and password_env or password_file")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<KeystoreRef, E> {
        Ok(KeystoreRef { file: path.into(), password: PasswordRef::Ask })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeystoreRef, A::Error> {
        let table = KeystoreTable::deserialize(MapAccessDeserializer::new(map))?;
        let password = match (table.password_env, table.password_file) {
            (None, None) => PasswordRef::Ask,
            (Some(name), None) => PasswordRef::Env(name),
            (None, Some(path)) => PasswordRef::File(path),
            (Some(_), Some(_)) => {
                return Err(A::Error::custom(
                    "both password_env and password_file; expected one of them",
                ));
            }
        };
        Ok(KeystoreRef { file: table.file, password })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<KeyRef, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn every_reference_is_written_as_it_is_read() {
        for written in [
            json!({"env": "SWELL_RELAYER_KEY"}),
            json!({"file": "relayer.key"}),
            json!({"env-file": {"path": ".env", "variable": "RELAYER_PRIVATE_KEY"}}),
            json!({"keystore": "relayer.json"}),
            json!({"keystore": {"file": "relayer.json", "password_env": "RELAYER_PASSWORD"}}),
            json!({"keystore": {"file": "relayer.json", "password_file": "password"}}),
            json!("stdin"),
            json!("published"),
        ] {
            let reference = read(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(&reference).unwrap(), written);
        }
    }

    #[test]
    fn a_keystore_has_one_password() {
        let both = json!({"file": "a", "password_env": "B", "password_file": "c"});
        let error = read(json!({ "keystore": both })).unwrap_err().to_string();
        assert!(error.contains("expected one of them"), "{error}");
        let typo = read(json!({"keystore": {"file": "a", "pasword_env": "B"}})).unwrap_err();
        assert!(typo.to_string().contains("unknown field `pasword_env`"), "{typo}");
        let bare = read(json!({"keystore": {"file": "a"}})).unwrap();
        let asked = KeystoreRef { file: "a".into(), password: PasswordRef::Ask };
        assert_eq!(bare, KeyRef::Keystore(asked));
    }
}
