//! The HTTP relay, where a target has one.

use serde::{Deserialize, Serialize};

use super::SafeUrl;

/// The HTTP relay: it sends users' signed permissions and pays for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayTarget {
    /// Where requests are posted to.
    pub url: SafeUrl,
}
