//! What each fuzz target does with its bytes. Nothing here may panic, hang, or fill the memory.

mod chain;
mod files;
mod sandbox;
mod server;
mod storage;
mod vana;

pub use chain::{announcement, retry_after, rpc_envelope, rpc_types};
pub use files::{
    env_file, keystore, ledger, run_file, run_notes, service_account, target_file, threshold,
    upload_list,
};
pub use sandbox::{chain_request, download_url, raw_transaction, relay_request};
pub use server::{
    application_answer, grant_file, identity, operation_request, operation_status, relay_answer,
    schema, server_error,
};
pub use storage::{gcs_answer, local_file, pinata_answer, s3_answer};
pub use vana::{calldata, contract_return, ecies, event, openpgp, revert};

/// A target.
pub type Target = fn(&[u8]);

/// Every target, by name. A test of the `swell` program gives each its seeds.
pub const TARGETS: &[(&str, Target)] = &[
    ("announcement", announcement),
    ("application_answer", application_answer),
    ("calldata", calldata),
    ("chain_request", chain_request),
    ("contract_return", contract_return),
    ("download_url", download_url),
    ("ecies", ecies),
    ("env_file", env_file),
    ("event", event),
    ("gcs_answer", gcs_answer),
    ("grant_file", grant_file),
    ("identity", identity),
    ("keystore", keystore),
    ("ledger", ledger),
    ("local_file", local_file),
    ("openpgp", openpgp),
    ("operation_request", operation_request),
    ("operation_status", operation_status),
    ("pinata_answer", pinata_answer),
    ("raw_transaction", raw_transaction),
    ("relay_answer", relay_answer),
    ("relay_request", relay_request),
    ("retry_after", retry_after),
    ("revert", revert),
    ("rpc_envelope", rpc_envelope),
    ("rpc_types", rpc_types),
    ("run_file", run_file),
    ("run_notes", run_notes),
    ("s3_answer", s3_answer),
    ("schema", schema),
    ("server_error", server_error),
    ("service_account", service_account),
    ("target_file", target_file),
    ("threshold", threshold),
    ("upload_list", upload_list),
];
