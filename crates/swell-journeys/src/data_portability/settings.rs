//! What all users of one run share.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::U256;
use swell_chain::AccountKey;
use swell_core::target::Contracts;
use swell_vana::encryption::S2kCount;
use swell_vana::permissions::PermissionDomain;
use swell_vana::schema::DataSchema;

use super::{Grantee, PersonalServer, Relay};
use crate::storage::Storage;

/// Who sends users' signed permissions.
#[derive(Clone, Debug)]
pub enum Submission {
    /// Each user, from its own wallet.
    Own,
    /// The relayer's lanes.
    Lanes,
    /// The target's relay.
    Relay(Relay),
}

/// What all users of one run share.
#[derive(Debug)]
pub struct Settings {
    /// The protocol's contracts.
    pub contracts: Contracts,
    /// The domain that signatures are for.
    pub domain: PermissionDomain,
    /// Who is granted access; read once a run.
    pub grantee: Grantee,
    /// The grantee's key: signs operation requests.
    pub application: AccountKey,
    /// Where data and grants are uploaded.
    pub storage: Storage,
    /// Who sends users' signed permissions.
    pub submission: Submission,
    /// Who works on the data.
    pub server: PersonalServer,
    /// The base URL of the personal server as it is written on the chain.
    pub server_url: String,
    /// What the data must satisfy; read once a run.
    pub schema: Option<Arc<DataSchema>>,
    /// Cost of the password hash.
    pub s2k: S2kCount,
    /// Between two looks at an operation, or at what the relay does.
    pub poll_interval: Duration,
    /// Length of a stored object's URL, for the estimate of gas.
    pub url_chars: usize,
}

impl Settings {
    /// The schema's id as it is signed; 0 means none.
    #[must_use]
    pub fn schema_id(&self) -> U256 {
        U256::from(self.schema.as_ref().map_or(0, |schema| schema.id()))
    }

    /// CPU time that encrypting one user's file is charged in virtual time.
    ///
    /// # Source
    /// Measured on one core with SHA instructions: 10.9 ms at 16 MiB hashed, 0.06 ms at 64 KiB.
    #[must_use]
    pub fn encryption_cost(&self) -> Duration {
        const NANOS_PER_KIB: u64 = 650;
        let hashed_kib = self.s2k.octets() as u64 / 1024;
        Duration::from_micros(20) + Duration::from_nanos(hashed_kib * NANOS_PER_KIB)
    }
}
