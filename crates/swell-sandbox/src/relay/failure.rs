//! Why the relay refuses, in the handler's words: clients show them.

use alloy_primitives::Address;
use swell_vana::permissions::RevertReason;

use crate::chain::{CallError, PoolError};

/// Why the relay refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum RelayFailure {
    /// The body is no relay request at all.
    #[error("Invalid relay request: {0}")]
    NotARequest(String),
    /// Nobody can be recovered from the signature.
    #[error("Signature verification failed: {0}")]
    Signature(String),
    /// Someone else signed.
    #[error(
        "Security verification failed: Recovered signer address ({recovered}) does not match \
         expected user address ({expected})"
    )]
    OtherSigner {
        /// Who signed.
        recovered: Address,
        /// Who should have.
        expected: Address,
    },
    /// The handler has no such operation.
    #[error("Unsupported operation type: {0}")]
    Unsupported(String),
    /// The node refuses the call or the transaction.
    #[error("Add server files and permissions submission failed: {0}")]
    Submission(String),
    /// No operation is remembered by this id.
    #[error("Operation not found")]
    UnknownOperation,
}

impl From<CallError> for RelayFailure {
    fn from(error: CallError) -> Self {
        Self::Submission(match error {
            CallError::Revert(data) => reverted(&data),
            CallError::Halt(why) | CallError::Rejected(why) => {
                format!("Execution reverted for an unknown reason.\n\nDetails: {why}")
            }
        })
    }
}

impl From<PoolError> for RelayFailure {
    fn from(error: PoolError) -> Self {
        Self::Submission(format!("Transaction creation failed.\n\nDetails: {error}"))
    }
}

/// As the client library says it: errors that the permissions contract declares by name and
/// arguments, those of other contracts by selector.
fn reverted(data: &[u8]) -> String {
    const FUNCTION: &str = "The contract function \"addServerFilesAndPermissions\" reverted";
    let reason = RevertReason::decode(data);
    let (parameters, arguments) = match &reason {
        RevertReason::InvalidNonce { expected, provided } => {
            ("uint256 expectedNonce, uint256 providedNonce", format!("{expected}, {provided}"))
        }
        RevertReason::InvalidSchemaIdsLength { files, schema_ids } => {
            ("uint256 filesLength, uint256 schemaIdsLength", format!("{files}, {schema_ids}"))
        }
        RevertReason::InvalidPermissionsLength { files, permissions } => {
            ("uint256 filesLength, uint256 permissionsLength", format!("{files}, {permissions}"))
        }
        RevertReason::NotFileOwner { owner, requestor } => {
            ("address fileOwner, address requestor", format!("{owner}, {requestor}"))
        }
        RevertReason::EcdsaInvalidSignatureLength(length) => ("uint256 length", length.to_string()),
        RevertReason::EcdsaInvalidSignatureS(s) => ("bytes32 s", s.to_string()),
        RevertReason::GranteeNotFound
        | RevertReason::EmptyGrant
        | RevertReason::ZeroAddress
        | RevertReason::EcdsaInvalidSignature
        | RevertReason::EnforcedPause => ("", String::new()),
        _ => {
            let selector = alloy_primitives::hex::encode_prefixed(&data[..data.len().min(4)]);
            return format!("{FUNCTION} with the following signature:\n{selector}");
        }
    };
    let name = reason.name();
    let error = format!("{FUNCTION}.\n\nError: {name}({parameters})");
    if arguments.is_empty() {
        return error;
    }
    // The arguments stand below the parameters.
    let indent = " ".repeat("Error: ".len() + name.len());
    format!("{error}\n{indent}({arguments})")
}
