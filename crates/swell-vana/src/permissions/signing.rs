//! The typed-data signature over a permission.

use alloy_primitives::{Address, B256, Signature, keccak256};
use alloy_signer::SignerSync;
use alloy_sol_types::{Eip712Domain, SolStruct};

use super::contracts::ServerFilesAndPermission;

/// The name in the signing domain.
pub const DOMAIN_NAME: &str = "VanaDataPortabilityPermissions";
/// The version in the signing domain.
pub const DOMAIN_VERSION: &str = "1";

/// The signing domain of one permissions contract on one chain, hashed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermissionDomain {
    chain_id: u64,
    contract: Address,
    separator: B256,
}

impl PermissionDomain {
    /// Makes the domain of the contract at `permissions` on the chain `chain_id`.
    #[must_use]
    pub fn new(chain_id: u64, permissions: Address) -> Self {
        let domain = Eip712Domain::new(
            Some(DOMAIN_NAME.into()),
            Some(DOMAIN_VERSION.into()),
            Some(alloy_primitives::U256::from(chain_id)),
            Some(permissions),
            None,
        );
        Self { chain_id, contract: permissions, separator: domain.separator() }
    }

    /// The chain that signatures are for.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The contract that signatures are for.
    #[must_use]
    pub const fn contract(&self) -> Address {
        self.contract
    }

    /// The domain separator.
    #[must_use]
    pub const fn separator(&self) -> B256 {
        self.separator
    }

    /// The digest that the user signs.
    #[must_use]
    pub fn digest(&self, message: &ServerFilesAndPermission) -> B256 {
        let mut preimage = [0; 66];
        preimage[..2].copy_from_slice(&[0x19, 0x01]);
        preimage[2..34].copy_from_slice(self.separator.as_slice());
        preimage[34..].copy_from_slice(message.eip712_hash_struct().as_slice());
        keccak256(preimage)
    }

    /// Signs `message`: 65 octets `r ‖ s ‖ v`, v 27 or 28, s in the lower half.
    ///
    /// # Errors
    /// What the signer says; a key in memory cannot fail.
    pub fn sign(
        &self,
        message: &ServerFilesAndPermission,
        signer: &impl SignerSync,
    ) -> Result<[u8; 65], alloy_signer::Error> {
        Ok(signer.sign_hash_sync(&self.digest(message))?.as_bytes())
    }

    /// The address whose key signed `message`.
    ///
    /// A message altered after signing recovers to *some* address, so compare it with the expected
    /// one: the contract cannot.
    ///
    /// # Errors
    /// [`SignatureError`] when the signature is not one that the contract takes.
    pub fn recover(
        &self,
        message: &ServerFilesAndPermission,
        signature: &[u8],
    ) -> Result<Address, SignatureError> {
        let v = signature.get(64).copied().unwrap_or_default();
        let parsed = parse_signature(signature)?;
        if v != 27 && v != 28 {
            return Err(SignatureError::Parity { found: v });
        }
        if parsed.normalize_s().is_some() {
            return Err(SignatureError::HighS);
        }
        parsed
            .recover_address_from_prehash(&self.digest(message))
            .map_err(|_| SignatureError::NotRecoverable)
    }
}

/// Why a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not hexadecimal text.
    #[error("the signature is not hexadecimal text")]
    NotHex,
    /// It has another length.
    #[error("the signature has {found} octets, expected 65")]
    Length {
        /// Octets found.
        found: usize,
    },
    /// Its last octet says nothing about the parity of y.
    #[error("the signature ends with v = {found}, expected 27 or 28")]
    Parity {
        /// The octet found.
        found: u8,
    },
    /// Its s is in the upper half of the order.
    #[error("the signature's s is in the upper half of the order, expected the lower half")]
    HighS,
    /// No public key belongs to it.
    #[error("no public key can be recovered from the signature")]
    NotRecoverable,
}

/// Reads the 65 octets `r ‖ s ‖ v`; v may be 0 or 1 as well as 27 or 28.
///
/// # Errors
/// [`SignatureError::Length`] or [`SignatureError::Parity`].
pub fn parse_signature(octets: &[u8]) -> Result<Signature, SignatureError> {
    let array: &[u8; 65] =
        octets.try_into().map_err(|_| SignatureError::Length { found: octets.len() })?;
    Signature::from_raw_array(array).map_err(|_| SignatureError::Parity { found: array[64] })
}
