//! Call data and return data.

use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;

use super::contracts::{DataPortabilityPermissions, ServerFilesAndPermission};

/// Why return data cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// There is nothing to read: no contract at that address, or an older one.
    #[error("calling {function} returned no data, expected a contract that has this function")]
    Empty {
        /// The function called.
        function: &'static str,
    },
    /// The data do not have the function's return types.
    #[error("decoding what {function} returned")]
    Malformed {
        /// The function called.
        function: &'static str,
        /// What is wrong.
        #[source]
        source: alloy_sol_types::Error,
    },
}

/// Encodes a call, for `eth_call` or a transaction.
#[must_use]
pub fn encode<C: SolCall>(call: &C) -> Bytes {
    call.abi_encode().into()
}

/// Decodes what the function `C` returned.
///
/// # Errors
/// [`CallError`] when the data are empty or of another shape.
pub fn decode_return<C: SolCall>(data: &[u8]) -> Result<C::Return, CallError> {
    if data.is_empty() {
        return Err(CallError::Empty { function: C::SIGNATURE });
    }
    C::abi_decode_returns_validate(data)
        .map_err(|source| CallError::Malformed { function: C::SIGNATURE, source })
}

/// Encodes `addServerFilesAndPermissions` with the user's 65-octet signature.
#[must_use]
pub fn add_server_files_and_permissions(
    message: ServerFilesAndPermission,
    signature: &[u8; 65],
) -> Bytes {
    encode(&DataPortabilityPermissions::addServerFilesAndPermissionsCall {
        serverFilesAndPermissionInput: message,
        signature: Bytes::copy_from_slice(signature),
    })
}
