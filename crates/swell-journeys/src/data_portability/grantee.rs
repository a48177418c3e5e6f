//! Who is granted access.

use alloy_primitives::{Address, U256};
use swell_chain::{ChainHandle, Rpc};
use swell_core::journey::FailureClass;
use swell_engine::StepError;
use swell_vana::permissions::{self, contracts::DataPortabilityGrantees};

/// A grantee as the chain knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grantee {
    /// Its id.
    pub id: u64,
    /// Its address: that of the application's key.
    pub address: Address,
    /// Permissions it holds already.
    pub permissions: Option<u64>,
    /// Whether the contract could only tell by listing every permission.
    pub read_whole: bool,
}

/// Reads grantee `id`: by `granteesV2` where it exists, else by `grantees`, whose cost grows with
/// every permission ever granted.
///
/// # Errors
/// Class `not-found` when there is no such grantee, and the classes of the chain's answers.
pub async fn read_grantee(
    chain: &ChainHandle,
    contract: Address,
    id: u64,
) -> Result<Grantee, StepError> {
    let rpc = chain.rpc();
    let grantee = match read_constant_size(rpc, contract, id).await {
        Ok(grantee) => grantee,
        Err(_) => read_whole(rpc, contract, id).await?,
    };
    if grantee.address.is_zero() {
        let words = format!("the contract knows no grantee {id}");
        return Err(StepError::new(FailureClass::NotFound, words));
    }
    Ok(grantee)
}

async fn read_constant_size(rpc: &Rpc, contract: Address, id: u64) -> Result<Grantee, StepError> {
    let call = DataPortabilityGrantees::granteesV2Call { granteeId: U256::from(id) };
    let data = rpc.call(contract, permissions::encode(&call)).await?;
    let record = permissions::decode_return::<DataPortabilityGrantees::granteesV2Call>(&data)
        .map_err(|error| StepError::new(FailureClass::Protocol, error))?;
    Ok(Grantee {
        id,
        address: record.granteeAddress,
        permissions: u64::try_from(record.permissionsCount).ok(),
        read_whole: false,
    })
}

async fn read_whole(rpc: &Rpc, contract: Address, id: u64) -> Result<Grantee, StepError> {
    let call = DataPortabilityGrantees::granteesCall { granteeId: U256::from(id) };
    let data = rpc.call(contract, permissions::encode(&call)).await?;
    let record = permissions::decode_return::<DataPortabilityGrantees::granteesCall>(&data)
        .map_err(|error| StepError::new(FailureClass::Protocol, error))?;
    Ok(Grantee {
        id,
        address: record.granteeAddress,
        permissions: u64::try_from(record.permissionIds.len()).ok(),
        read_whole: true,
    })
}
