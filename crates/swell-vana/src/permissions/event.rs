//! What the contracts say happened.

use alloy_primitives::{Address, Log};
use alloy_sol_types::SolEvent;

use super::contracts::{
    DataPortabilityGrantees::GranteeRegistered,
    DataPortabilityPermissions::PermissionAdded,
    DataPortabilityServers::{ServerRegistered, ServerTrusted},
    DataRegistry::{FileAdded, FileAddedV2, PermissionGranted},
};
use crate::addresses::ContractAddresses;

/// Why a log that should be an event of the protocol is not readable.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EventError {
    /// Topics or data do not fit the event.
    #[error("decoding the event {event}")]
    Malformed {
        /// The event's signature.
        event: &'static str,
        /// What is wrong.
        #[source]
        source: alloy_sol_types::Error,
    },
    /// The logs of a successful call hold no `PermissionAdded` of the permissions contract.
    #[error("found no PermissionAdded among {logs} logs, expected one from {permissions}")]
    NoPermission {
        /// How many logs there were.
        logs: usize,
        /// The permissions contract.
        permissions: Address,
    },
}

/// An event of one of the protocol's contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolEvent {
    /// A server became known.
    ServerRegistered(ServerRegistered),
    /// A user trusts a server.
    ServerTrusted(ServerTrusted),
    /// A file became known, in the older form.
    FileAdded(FileAdded),
    /// A file became known.
    FileAddedV2(FileAddedV2),
    /// An account may read a file.
    PermissionGranted(PermissionGranted),
    /// A permission was stored.
    PermissionAdded(PermissionAdded),
    /// A grantee became known.
    GranteeRegistered(GranteeRegistered),
}

impl ProtocolEvent {
    /// Reads `log`; `None` when it is not an event of the protocol.
    ///
    /// An event is known by its first topic *and* its emitter: any contract can write the same
    /// topic.
    ///
    /// # Errors
    /// [`EventError::Malformed`] when topic and emitter fit and the rest does not.
    pub fn decode(log: &Log, contracts: &ContractAddresses) -> Result<Option<Self>, EventError> {
        let Some(&topic) = log.data.topics().first() else { return Ok(None) };
        let event = match topic {
            t if t == ServerRegistered::SIGNATURE_HASH && log.address == contracts.servers => {
                Self::ServerRegistered(decode(log)?)
            }
            t if t == ServerTrusted::SIGNATURE_HASH && log.address == contracts.servers => {
                Self::ServerTrusted(decode(log)?)
            }
            t if t == FileAdded::SIGNATURE_HASH && log.address == contracts.registry => {
                Self::FileAdded(decode(log)?)
            }
            t if t == FileAddedV2::SIGNATURE_HASH && log.address == contracts.registry => {
                Self::FileAddedV2(decode(log)?)
            }
            t if t == PermissionGranted::SIGNATURE_HASH && log.address == contracts.registry => {
                Self::PermissionGranted(decode(log)?)
            }
            t if t == PermissionAdded::SIGNATURE_HASH && log.address == contracts.permissions => {
                Self::PermissionAdded(decode(log)?)
            }
            t if t == GranteeRegistered::SIGNATURE_HASH && log.address == contracts.grantees => {
                Self::GranteeRegistered(decode(log)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(event))
    }
}

/// Finds the `PermissionAdded` that the contract at `permissions` emitted.
///
/// Check the receipt's status first: a reverted transaction has no logs.
///
/// # Errors
/// [`EventError`] when there is none or it is malformed.
pub fn permission_added<'a>(
    logs: impl IntoIterator<Item = &'a Log>,
    permissions: Address,
) -> Result<PermissionAdded, EventError> {
    let mut seen = 0;
    for log in logs {
        seen += 1;
        let is_ours = log.address == permissions
            && log.data.topics().first() == Some(&PermissionAdded::SIGNATURE_HASH);
        if is_ours {
            return decode(log);
        }
    }
    Err(EventError::NoPermission { logs: seen, permissions })
}

fn decode<E: SolEvent>(log: &Log) -> Result<E, EventError> {
    E::decode_log_data_validate(&log.data)
        .map_err(|source| EventError::Malformed { event: E::SIGNATURE, source })
}
