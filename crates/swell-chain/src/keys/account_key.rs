//! One account: its address and its signatures.

use std::fmt;

use alloy_primitives::{Address, B256, ChainId, Signature, eip191_hash_message};
use alloy_signer::SignerSync;
use secp256k1::{Message, SECP256K1, SecretKey};

/// The key of one account. It cannot be printed, and is erased when dropped.
///
/// Signatures are deterministic (RFC 6979, HMAC-SHA256) with low `s`.
#[derive(Clone)]
pub struct AccountKey {
    address: Address,
    secret: SecretKey,
}

impl AccountKey {
    pub(crate) fn new(secret: SecretKey) -> Self {
        let address = Address::from_raw_public_key(
            &secret.public_key(SECP256K1).serialize_uncompressed()[1..],
        );
        Self { address, secret }
    }

    /// The account's address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs a digest.
    #[must_use]
    pub fn sign_hash(&self, digest: &B256) -> Signature {
        let message = Message::from_digest(digest.0);
        let (recovery, bytes) =
            SECP256K1.sign_ecdsa_recoverable(&message, &self.secret).serialize_compact();
        Signature::from_bytes_and_parity(&bytes, i32::from(recovery) & 1 == 1)
    }

    /// Signs a message as wallets do (EIP-191, `personal_sign`).
    #[must_use]
    pub fn sign_message(&self, message: &[u8]) -> Signature {
        self.sign_hash(&eip191_hash_message(message))
    }
}

impl SignerSync for AccountKey {
    fn sign_hash_sync(&self, hash: &B256) -> alloy_signer::Result<Signature> {
        Ok(self.sign_hash(hash))
    }

    fn chain_id_sync(&self) -> Option<ChainId> {
        None
    }
}

impl Drop for AccountKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey({})", self.address)
    }
}
