//! Permissions on the chain: what users sign, calls, events and reverts.

pub mod contracts;

mod call;
mod event;
mod relay_request;
mod revert;
mod signing;

#[cfg(test)]
mod tests;

pub use call::{CallError, add_server_files_and_permissions, decode_return, encode};
pub use contracts::{Permission, ServerFilesAndPermission};
pub use event::{EventError, ProtocolEvent, permission_added};
pub use relay_request::RelayRequest;
pub use revert::RevertReason;
pub use signing::{DOMAIN_NAME, DOMAIN_VERSION, PermissionDomain, SignatureError, parse_signature};
