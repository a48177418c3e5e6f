//! One random tree: a run's seed, split once per component.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A generator whose output is the same on every machine.
pub type SeededRng = ChaCha12Rng;

/// The run's seed. Equal seeds give equal arrivals and equal synthetic data everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The generator of one component, such as `"arrivals"`.
    ///
    /// Components that draw more or less than before do not disturb each other.
    #[must_use]
    pub fn rng(self, component: &str) -> SeededRng {
        self.indexed_rng(component, 0)
    }

    /// The generator of one member of a component, such as user 17 of `"user-data"`.
    #[must_use]
    pub fn indexed_rng(self, component: &str, index: u64) -> SeededRng {
        let mut hasher = Sha256::new();
        hasher.update(self.0.to_le_bytes());
        hasher.update(index.to_le_bytes());
        hasher.update(component.as_bytes());
        SeededRng::from_seed(hasher.finalize().into())
    }
}
