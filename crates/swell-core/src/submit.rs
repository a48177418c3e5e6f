//! Who sends users' calls to the chain, and who pays for them.

use serde::{Deserialize, Serialize};

/// Who sends users' calls to the chain, and who pays for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubmitMode {
    /// Each user, from a wallet that was funded for it.
    #[default]
    #[serde(rename = "self")]
    Own,
    /// The relayer's lanes, with the user's signature in the call: nobody is funded.
    Relayed,
    /// An HTTP relay that is part of the target, with the user's signature: nobody is funded, and
    /// Swell pays for nothing.
    Endpoint,
}

impl SubmitMode {
    /// Whether users' wallets hold money.
    #[must_use]
    pub const fn funds_users(self) -> bool {
        matches!(self, Self::Own)
    }

    /// Whether the relayer's lanes send anything.
    #[must_use]
    pub const fn uses_lanes(self) -> bool {
        matches!(self, Self::Own | Self::Relayed)
    }

    /// The word that settings and reports use.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Relayed => "relayed",
            Self::Endpoint => "endpoint",
        }
    }
}
