//! Why the contracts refuse.

use std::fmt;

use alloy_primitives::{Address, B256, FixedBytes, U256};
use alloy_sol_types::{Panic, Revert, SolError};

use super::contracts::{
    DataPortabilityGrantees as Grantees, DataPortabilityPermissions as Permissions,
    DataPortabilityServers as Servers, DataRegistry as Registry,
};

/// A revert, as its data say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevertReason {
    /// The nonce is not that of the *recovered* signer. A message altered after signing ends here
    /// too, with an expected nonce of 0.
    InvalidNonce {
        /// The recovered signer's nonce.
        expected: U256,
        /// The message's nonce.
        provided: U256,
    },
    /// As many schema ids as file URLs are needed.
    InvalidSchemaIdsLength {
        /// File URLs.
        files: U256,
        /// Schema ids.
        schema_ids: U256,
    },
    /// As many lists of file permissions as file URLs are needed.
    InvalidPermissionsLength {
        /// File URLs.
        files: U256,
        /// Lists of file permissions.
        permissions: U256,
    },
    /// The URL is registered by someone else.
    NotFileOwner {
        /// Who registered it.
        owner: Address,
        /// Who sends it now.
        requestor: Address,
    },
    /// The permissions contract lacks its role on the registry, and a known URL was sent again.
    NotFileOwnerRole,
    /// The grant's URL is empty.
    EmptyGrant,
    /// There is no such grantee.
    GranteeNotFound,
    /// An address is zero, such as the server's.
    ZeroAddress,
    /// A new server has no URL.
    EmptyUrl,
    /// A new server has no public key.
    EmptyPublicKey,
    /// The schema registry does not know this id.
    InvalidSchemaId(U256),
    /// v is not 27 or 28, or nothing can be recovered.
    EcdsaInvalidSignature,
    /// s is in the upper half of the order.
    EcdsaInvalidSignatureS(B256),
    /// The signature does not have 65 octets.
    EcdsaInvalidSignatureLength(U256),
    /// The contract is paused.
    EnforcedPause,
    /// A role is missing: a fault of the deployment.
    AccessControlUnauthorizedAccount {
        /// Who lacks it.
        account: Address,
        /// The role.
        role: B256,
    },
    /// Declared by the contract, and never raised by the version known.
    InvalidSignature,
    /// The grantee is registered already.
    GranteeAlreadyRegistered,
    /// The sender may not register this grantee.
    UnauthorizedRegistration,
    /// The server is registered already.
    ServerAlreadyRegistered,
    /// There is no such server.
    ServerNotFound,
    /// The file's URL is registered already.
    FileUrlAlreadyUsed,
    /// The permission was revoked.
    InactivePermission(U256),
    /// The permission is someone else's.
    NotPermissionGrantor {
        /// Whose it is.
        owner: Address,
        /// Who asked.
        requestor: Address,
    },
    /// A `require` with a text.
    Message(String),
    /// An assertion, an overflow and their like, with Solidity's code.
    Panic(U256),
    /// No data: out of gas, a plain `revert()`, or a call to an address without code.
    Empty,
    /// An error that the protocol does not declare.
    Unknown {
        /// The first four octets, zero-filled when there are fewer.
        selector: FixedBytes<4>,
    },
}

impl RevertReason {
    /// Reads revert data.
    #[must_use]
    pub fn decode(data: &[u8]) -> Self {
        let Some(selector) = data.first_chunk::<4>() else {
            return if data.is_empty() { Self::Empty } else { Self::unknown(data) };
        };
        Self::decode_plain(*selector)
            .or_else(|| Self::decode_with_arguments(*selector, data))
            .unwrap_or_else(|| Self::unknown(data))
    }

    /// Names of the errors that the contracts declare.
    const DECLARED: [&'static str; 23] = [
        "InvalidNonce",
        "InvalidSchemaIdsLength",
        "InvalidPermissionsLength",
        "NotFileOwner",
        "EmptyGrant",
        "GranteeNotFound",
        "ZeroAddress",
        "EmptyUrl",
        "EmptyPublicKey",
        "InvalidSchemaId",
        "ECDSAInvalidSignature",
        "ECDSAInvalidSignatureS",
        "ECDSAInvalidSignatureLength",
        "EnforcedPause",
        "AccessControlUnauthorizedAccount",
        "InvalidSignature",
        "GranteeAlreadyRegistered",
        "UnauthorizedRegistration",
        "ServerAlreadyRegistered",
        "ServerNotFound",
        "FileUrlAlreadyUsed",
        "InactivePermission",
        "NotPermissionGrantor",
    ];

    /// The first error of the contracts that words of somebody else name, or quote as revert data.
    #[must_use]
    pub fn named_in(words: &str) -> Option<&'static str> {
        let mut words = words.split(|c: char| !c.is_ascii_alphanumeric());
        words.find_map(|word| {
            let declared = Self::DECLARED.into_iter().find(|name| *name == word);
            declared.or_else(|| Self::quoted(word))
        })
    }

    fn quoted(word: &str) -> Option<&'static str> {
        let data = hex::decode(word.strip_prefix("0x")?).ok()?;
        let name = Self::decode(&data).name();
        Self::DECLARED.into_iter().find(|declared| *declared == name)
    }

    /// A short name that stays the same, for counting and for reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::InvalidNonce { .. } => "InvalidNonce",
            Self::InvalidSchemaIdsLength { .. } => "InvalidSchemaIdsLength",
            Self::InvalidPermissionsLength { .. } => "InvalidPermissionsLength",
            Self::NotFileOwner { .. } => "NotFileOwner",
            Self::NotFileOwnerRole => "NotFileOwnerRole",
            Self::EmptyGrant => "EmptyGrant",
            Self::GranteeNotFound => "GranteeNotFound",
            Self::ZeroAddress => "ZeroAddress",
            Self::EmptyUrl => "EmptyUrl",
            Self::EmptyPublicKey => "EmptyPublicKey",
            Self::InvalidSchemaId(_) => "InvalidSchemaId",
            Self::EcdsaInvalidSignature => "ECDSAInvalidSignature",
            Self::EcdsaInvalidSignatureS(_) => "ECDSAInvalidSignatureS",
            Self::EcdsaInvalidSignatureLength(_) => "ECDSAInvalidSignatureLength",
            Self::EnforcedPause => "EnforcedPause",
            Self::AccessControlUnauthorizedAccount { .. } => "AccessControlUnauthorizedAccount",
            Self::InvalidSignature => "InvalidSignature",
            Self::GranteeAlreadyRegistered => "GranteeAlreadyRegistered",
            Self::UnauthorizedRegistration => "UnauthorizedRegistration",
            Self::ServerAlreadyRegistered => "ServerAlreadyRegistered",
            Self::ServerNotFound => "ServerNotFound",
            Self::FileUrlAlreadyUsed => "FileUrlAlreadyUsed",
            Self::InactivePermission(_) => "InactivePermission",
            Self::NotPermissionGrantor { .. } => "NotPermissionGrantor",
            Self::Message(_) => "Error",
            Self::Panic(_) => "Panic",
            Self::Empty => "empty",
            Self::Unknown { .. } => "unknown",
        }
    }

    fn unknown(data: &[u8]) -> Self {
        let mut selector = [0; 4];
        let length = data.len().min(4);
        selector[..length].copy_from_slice(&data[..length]);
        Self::Unknown { selector: selector.into() }
    }

    fn decode_plain(selector: [u8; 4]) -> Option<Self> {
        Some(match selector {
            Registry::NotFileOwner::SELECTOR => Self::NotFileOwnerRole,
            Permissions::EmptyGrant::SELECTOR => Self::EmptyGrant,
            Permissions::GranteeNotFound::SELECTOR => Self::GranteeNotFound,
            Permissions::ZeroAddress::SELECTOR => Self::ZeroAddress,
            Servers::EmptyUrl::SELECTOR => Self::EmptyUrl,
            Servers::EmptyPublicKey::SELECTOR => Self::EmptyPublicKey,
            Permissions::ECDSAInvalidSignature::SELECTOR => Self::EcdsaInvalidSignature,
            Permissions::EnforcedPause::SELECTOR => Self::EnforcedPause,
            Permissions::InvalidSignature::SELECTOR => Self::InvalidSignature,
            Grantees::GranteeAlreadyRegistered::SELECTOR => Self::GranteeAlreadyRegistered,
            Grantees::UnauthorizedRegistration::SELECTOR => Self::UnauthorizedRegistration,
            Servers::ServerAlreadyRegistered::SELECTOR => Self::ServerAlreadyRegistered,
            Servers::ServerNotFound::SELECTOR => Self::ServerNotFound,
            Registry::FileUrlAlreadyUsed::SELECTOR => Self::FileUrlAlreadyUsed,
            _ => return None,
        })
    }

    fn decode_with_arguments(selector: [u8; 4], data: &[u8]) -> Option<Self> {
        Some(match selector {
            Permissions::InvalidNonce::SELECTOR => {
                let e: Permissions::InvalidNonce = decode(data)?;
                Self::InvalidNonce { expected: e.expectedNonce, provided: e.providedNonce }
            }
            Permissions::InvalidSchemaIdsLength::SELECTOR => {
                let e: Permissions::InvalidSchemaIdsLength = decode(data)?;
                Self::InvalidSchemaIdsLength { files: e.filesLength, schema_ids: e.schemaIdsLength }
            }
            Permissions::InvalidPermissionsLength::SELECTOR => {
                let e: Permissions::InvalidPermissionsLength = decode(data)?;
                Self::InvalidPermissionsLength {
                    files: e.filesLength,
                    permissions: e.permissionsLength,
                }
            }
            Permissions::NotFileOwner::SELECTOR => {
                let e: Permissions::NotFileOwner = decode(data)?;
                Self::NotFileOwner { owner: e.fileOwner, requestor: e.requestor }
            }
            Permissions::AccessControlUnauthorizedAccount::SELECTOR => {
                let e: Permissions::AccessControlUnauthorizedAccount = decode(data)?;
                Self::AccessControlUnauthorizedAccount { account: e.account, role: e.neededRole }
            }
            Permissions::NotPermissionGrantor::SELECTOR => {
                let e: Permissions::NotPermissionGrantor = decode(data)?;
                Self::NotPermissionGrantor { owner: e.permissionOwner, requestor: e.requestor }
            }
            _ => return Self::decode_with_one_argument(selector, data),
        })
    }

    fn decode_with_one_argument(selector: [u8; 4], data: &[u8]) -> Option<Self> {
        Some(match selector {
            Registry::InvalidSchemaId::SELECTOR => {
                Self::InvalidSchemaId(decode::<Registry::InvalidSchemaId>(data)?.schemaId)
            }
            Permissions::ECDSAInvalidSignatureS::SELECTOR => {
                Self::EcdsaInvalidSignatureS(decode::<Permissions::ECDSAInvalidSignatureS>(data)?.s)
            }
            Permissions::ECDSAInvalidSignatureLength::SELECTOR => {
                Self::EcdsaInvalidSignatureLength(
                    decode::<Permissions::ECDSAInvalidSignatureLength>(data)?.length,
                )
            }
            Permissions::InactivePermission::SELECTOR => Self::InactivePermission(
                decode::<Permissions::InactivePermission>(data)?.permissionId,
            ),
            Revert::SELECTOR => Self::Message(decode::<Revert>(data)?.reason),
            Panic::SELECTOR => Self::Panic(decode::<Panic>(data)?.code),
            _ => return None,
        })
    }
}

impl fmt::Display for RevertReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::InvalidNonce { expected: a, provided: b }
            | Self::InvalidSchemaIdsLength { files: a, schema_ids: b }
            | Self::InvalidPermissionsLength { files: a, permissions: b } => {
                write!(f, "{name}({a}, {b})")
            }
            Self::NotFileOwner { owner: a, requestor: b }
            | Self::NotPermissionGrantor { owner: a, requestor: b } => {
                write!(f, "{name}({a}, {b})")
            }
            Self::AccessControlUnauthorizedAccount { account, role } => {
                write!(f, "{name}({account}, {role})")
            }
            Self::InvalidSchemaId(value)
            | Self::EcdsaInvalidSignatureLength(value)
            | Self::InactivePermission(value)
            | Self::Panic(value) => write!(f, "{name}({value})"),
            Self::EcdsaInvalidSignatureS(s) => write!(f, "{name}({s})"),
            Self::Message(text) => write!(f, "{name}({text:?})"),
            Self::Empty => write!(f, "reverted without data"),
            Self::Unknown { selector } => write!(f, "unknown error {selector}"),
            _ => f.write_str(name),
        }
    }
}

fn decode<E: SolError>(data: &[u8]) -> Option<E> {
    E::abi_decode_validate(data).ok()
}
