//! What the personal server reads from the chain.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use swell_vana::permissions::contracts::{
    DataPortabilityGrantees::{granteesCall, granteesV2Call},
    DataPortabilityPermissions::permissionsCall,
    DataRegistry::{filePermissionsCall, filesCall},
    FileRecord, PermissionRecord,
};
use swell_vana::permissions::{decode_return, encode};

use futures_util::future::{BoxFuture, ready};

use crate::chain::SharedChain;
use crate::config::Grantees;
use crate::contracts;

/// Calls of contracts. `None` is any failure: the real server takes them all for "not found".
pub(crate) trait ContractCalls: Send + Sync {
    /// Calls `to` with `data` and gives its output.
    fn call(&self, to: Address, data: Bytes) -> BoxFuture<'_, Option<Bytes>>;
}

impl ContractCalls for SharedChain {
    fn call(&self, to: Address, data: Bytes) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(ready(Self::call(self, to, data).ok()))
    }
}

/// The records of the protocol's contracts.
pub(crate) struct Records<'a> {
    pub(crate) calls: &'a dyn ContractCalls,
    pub(crate) grantees: Grantees,
}

impl Records<'_> {
    /// A permission; an id that the chain does not know gives an empty record.
    pub(crate) async fn permission(&self, id: u64) -> Option<PermissionRecord> {
        self.read(contracts::PERMISSIONS, &permissionsCall { permissionId: U256::from(id) }).await
    }

    /// The address of a grantee.
    pub(crate) async fn grantee(&self, id: U256) -> Option<Address> {
        let address = match self.grantees {
            Grantees::Modern => {
                let call = granteesV2Call { granteeId: id };
                self.read(contracts::GRANTEES, &call).await?.granteeAddress
            }
            Grantees::Legacy => {
                let call = granteesCall { granteeId: id };
                self.read(contracts::GRANTEES, &call).await?.granteeAddress
            }
        };
        (!address.is_zero()).then_some(address)
    }

    /// A file.
    pub(crate) async fn file(&self, id: U256) -> Option<FileRecord> {
        let file = self.read(contracts::REGISTRY, &filesCall { fileId: id }).await?;
        (!file.url.is_empty()).then_some(file)
    }

    /// The file's password, encrypted to `server`.
    pub(crate) async fn file_key(&self, id: U256, server: Address) -> Option<String> {
        let call = filePermissionsCall { fileId: id, account: server };
        self.read(contracts::REGISTRY, &call).await.filter(|key| !key.is_empty())
    }

    async fn read<C: SolCall + Sync>(&self, to: Address, call: &C) -> Option<C::Return> {
        let output = self.calls.call(to, encode(call)).await?;
        decode_return::<C>(&output).ok()
    }
}
