//! Every key of a run, from the relayer's key and the run id.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::bip32::ExtendedKey;
use super::{AccountKey, RelayerKey, RunId};

/// What a derived account is for. The number is its place in the derivation path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A user's wallet: path element 0.
    Wallet = 0,
    /// A lane: path element 1.
    Lane = 1,
}

/// Every key of a run. Cheap to clone.
///
/// # Derivation, version 1: the recovery specification
///
/// ```text
/// seed  = HKDF-SHA256(ikm = relayer private key (32 bytes, big-endian),
///                     salt = "swell/keys/1" (12 bytes ASCII),
///                     info = run id (the 10 bytes behind its 16 characters),
///                     length = 64)
/// run   = BIP-32 master key of seed
/// key   = BIP-32 private key at  run / agent / role / index   (none hardened)
/// ```
///
/// `role` is 0 for wallets and 1 for lanes; `agent` is 0 unless the run is distributed; `index`
/// counts from 0. Each is below 2³¹. A run id's characters are Crockford's base 32 of its bytes,
/// most significant bit first.
///
/// The relayer's key and the run id recover everything; neither the seed nor any key is stored.
/// A single leaked wallet key does not give others away, as no chain code ever leaves this type.
#[derive(Clone)]
pub struct KeyTree {
    inner: Arc<Inner>,
}

struct Inner {
    run: ExtendedKey,
    /// The parents of an agent's wallets and lanes: one entry an agent, not a user.
    agents: Mutex<BTreeMap<u32, Arc<[ExtendedKey; 2]>>>,
}

/// Why the unwraps below hold.
const NEGLIGIBLE: &str = "a BIP-32 child is missing with a probability below 2^-127";

impl KeyTree {
    /// Salt of the derivation: its version.
    pub const SALT: &'static [u8; 12] = b"swell/keys/1";

    /// The first agent number or index that does not exist.
    pub const INDEX_END: u32 = 1 << 31;

    /// The keys of one run.
    #[must_use]
    pub fn new(relayer: &RelayerKey, run: &RunId) -> Self {
        let mut seed = Zeroizing::new([0; 64]);
        Hkdf::<Sha256>::new(Some(Self::SALT), relayer.secret_bytes())
            .expand(run.as_bytes(), seed.as_mut_slice())
            .expect("64 bytes are fewer than HKDF can give");
        let run = ExtendedKey::from_seed(seed.as_slice()).expect(NEGLIGIBLE);
        Self { inner: Arc::new(Inner { run, agents: Mutex::default() }) }
    }

    /// The wallet of one user.
    ///
    /// # Panics
    /// When `agent` or `index` is not below [`Self::INDEX_END`]: a defect of the caller.
    #[must_use]
    pub fn wallet(&self, agent: u32, index: u32) -> AccountKey {
        self.key(agent, Role::Wallet, index)
    }

    /// One lane.
    ///
    /// # Panics
    /// When `agent` or `index` is not below [`Self::INDEX_END`]: a defect of the caller.
    #[must_use]
    pub fn lane(&self, agent: u32, index: u32) -> AccountKey {
        self.key(agent, Role::Lane, index)
    }

    /// The key at `agent / role / index`.
    ///
    /// # Panics
    /// When `agent` or `index` is not below [`Self::INDEX_END`]: a defect of the caller.
    #[must_use]
    pub fn key(&self, agent: u32, role: Role, index: u32) -> AccountKey {
        assert!(agent < Self::INDEX_END && index < Self::INDEX_END, "path element out of range");
        let parents = self.parents(agent);
        AccountKey::new(parents[role as usize].child_secret(index).expect(NEGLIGIBLE))
    }

    fn parents(&self, agent: u32) -> Arc<[ExtendedKey; 2]> {
        let mut agents = self.inner.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let parents = agents.entry(agent).or_insert_with(|| {
            let agent = self.inner.run.child(agent).expect(NEGLIGIBLE);
            Arc::new(
                [Role::Wallet, Role::Lane].map(|role| agent.child(role as u32).expect(NEGLIGIBLE)),
            )
        });
        Arc::clone(parents)
    }
}

impl fmt::Debug for KeyTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyTree")
    }
}

#[cfg(test)]
mod tests;
