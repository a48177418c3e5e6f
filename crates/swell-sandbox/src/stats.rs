//! What a sandbox has seen, so that a run's figures can be checked against it.

use serde::{Deserialize, Serialize};

/// What a sandbox has seen since it began. `GET /sandbox/stats` answers with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxStats {
    /// Number of the newest block.
    pub blocks: u64,
    /// Transactions mined.
    pub transactions: u64,
    /// Permissions on the chain: `permissionsCount()` of the contract.
    pub permissions: u64,
    /// Operations accepted.
    pub operations_created: u64,
    /// Operations that succeeded, whether or not anyone asked.
    pub operations_succeeded: u64,
    /// Operations that failed.
    pub operations_failed: u64,
    /// Operations that were canceled.
    pub operations_canceled: u64,
    /// Operations whose `succeeded` was fetched at least once.
    pub results_delivered: u64,
    /// Operations remembered now.
    pub operations_held: u64,
    /// Objects stored.
    pub objects_stored: u64,
    /// Objects held now.
    pub objects_held: u64,
    /// Octets of the objects held now.
    pub object_octets_held: u64,
    /// Requests refused by the personal server's rate limits.
    pub rate_limited: u64,
    /// Requests refused by a set error rate, of all parts.
    pub faults: u64,
    /// Requests to the chain's RPC.
    pub rpc_requests: u64,
    /// Requests to the object store.
    pub store_requests: u64,
    /// Requests to the personal server.
    pub server_requests: u64,
    /// Requests to the application server.
    #[serde(default)]
    pub application_requests: u64,
    /// Requests to the relay.
    #[serde(default)]
    pub relay_requests: u64,
}
