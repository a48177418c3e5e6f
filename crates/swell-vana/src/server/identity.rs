//! `GET identity`: the server that serves a user.

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

use crate::ecies::{RecipientKey, RecipientKeyError};

/// The answer to `GET identity?address=0x…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    kind: IdentityKind,
    /// The user's address, as it was given.
    pub user_address: String,
    /// The user's server.
    pub personal_server: PersonalServer,
}

/// A user's server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalServer {
    kind: PersonalServerKind,
    /// Its address, in the EIP-55 form.
    pub address: String,
    /// Its public key: `0x04` and 128 digits.
    pub public_key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum IdentityKind {
    Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PersonalServerKind {
    PersonalServer,
}

impl Identity {
    /// Makes the answer for `user_address`.
    #[must_use]
    pub const fn new(user_address: String, personal_server: PersonalServer) -> Self {
        Self { kind: IdentityKind::Identity, user_address, personal_server }
    }
}

/// Why an identity cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The server's address is none.
    #[error("the personal server's address is {found:?}, expected 0x and 40 digits")]
    Address {
        /// The text found.
        found: String,
    },
    /// The server's public key is none.
    #[error("reading the personal server's public key")]
    PublicKey(#[source] RecipientKeyError),
    /// Address and key belong to different servers.
    #[error("the personal server's address is {found}, expected {expected} from its public key")]
    Mismatch {
        /// The address given.
        found: Address,
        /// The address of the key given.
        expected: Address,
    },
}

impl PersonalServer {
    /// Makes a server from its address and public key, both as text.
    #[must_use]
    pub const fn new(address: String, public_key: String) -> Self {
        Self { kind: PersonalServerKind::PersonalServer, address, public_key }
    }

    /// Address and public key, checked against each other.
    ///
    /// A key of 64 octets gets the leading `04` that servers before September 2025 left out.
    ///
    /// # Errors
    /// [`IdentityError`] names what is wrong.
    pub fn keys(&self) -> Result<(Address, RecipientKey), IdentityError> {
        let address: Address = self
            .address
            .parse()
            .map_err(|_| IdentityError::Address { found: self.address.clone() })?;
        let key = self.recipient_key()?;
        let expected = key.address();
        if address != expected {
            return Err(IdentityError::Mismatch { found: address, expected });
        }
        Ok((address, key))
    }

    fn recipient_key(&self) -> Result<RecipientKey, IdentityError> {
        let digits = self.public_key.strip_prefix("0x").unwrap_or(&self.public_key);
        let key = if digits.len() == 128 { format!("04{digits}").parse() } else { digits.parse() };
        key.map_err(IdentityError::PublicKey)
    }
}
