//! What each fuzz target does with its bytes. Nothing here may panic, hang, or fill the memory.

mod chain;
mod files;
mod server;
mod vana;

pub use chain::{announcement, retry_after, rpc_envelope, rpc_types};
pub use files::{env_file, keystore, ledger, run_file, service_account, target_file, upload_list};
pub use server::{
    application_answer, grant_file, identity, operation_request, operation_status, relay_answer,
    schema, server_error,
};
pub use vana::{calldata, ecies, event, openpgp, revert};
