//! The personal server, and by which way it is asked.

use serde::{Deserialize, Serialize};

use super::SafeUrl;

/// The personal server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTarget {
    /// Base URL, `/api/v1` included.
    pub url: SafeUrl,
    /// The grantee the application is registered as.
    #[serde(default = "ServerTarget::grantee_default")]
    pub grantee_id: u64,
    /// Whom operations are asked of.
    #[serde(default)]
    pub through: ServerRoute,
    /// Base URL of the application server, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_url: Option<SafeUrl>,
}

impl ServerTarget {
    const fn grantee_default() -> u64 {
        1
    }
}

/// Whom operations are asked of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerRoute {
    /// The personal server itself, by requests that the application's key signs.
    #[default]
    Direct,
    /// The application server, which signs and asks in the user's place.
    Application,
}
