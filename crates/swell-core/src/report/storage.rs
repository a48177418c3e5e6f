//! What was uploaded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Latency;

/// One provider of storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StorageRow {
    /// Its name: `sandbox`, `gcs`, `s3`, `pinata` or `local`.
    pub provider: String,
    /// Objects that were uploaded.
    pub objects: u64,
    /// Their octets.
    pub bytes: u64,
    /// Uploads that failed.
    pub errors: u64,
    /// `errors` by class.
    pub by_class: BTreeMap<String, u64>,
    /// From the request to its answer or error, repetitions and waits included.
    pub latency_ms: Latency,
    /// Mean length of an object's URL, characters; 0 when there was none.
    pub url_chars: f64,
    /// Gas that two URLs of this length, the data's and the grant's, cost each user on the chain.
    pub url_gas: u64,
}
