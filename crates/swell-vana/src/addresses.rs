//! Where the protocol's contracts live, and on which chains.

use alloy_primitives::{Address, address};

/// Chain id of the Moksha testnet.
pub const MOKSHA_CHAIN_ID: u64 = 14_800;
/// Chain id of the main network.
pub const MAINNET_CHAIN_ID: u64 = 1_480;

/// `DataPortabilityPermissions`, on both chains.
pub const PERMISSIONS: Address = address!("0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF");
/// `DataPortabilityGrantees`, on both chains.
pub const GRANTEES: Address = address!("0x8325C0A0948483EdA023A1A2Fd895e62C5131234");
/// `DataPortabilityServers`, on both chains.
pub const SERVERS: Address = address!("0x1483B1F634DBA75AeaE60da7f01A679aabd5ee2c");
/// `DataRegistry`, on both chains.
pub const REGISTRY: Address = address!("0x8C8788f98385F6ba1adD4234e551ABba0f82Cb7C");
/// `DataRefinerRegistry`, on both chains: knows schemas.
///
/// # Source
/// The addresses in the software development kit 0.1.0-alpha.47bbd13.
pub const SCHEMAS: Address = address!("0x93c3EF89369fDcf08Be159D9DeF0F18AB6Be008c");
/// `Multicall3`, on both chains; not at the address where most chains have it.
pub const MULTICALL: Address = address!("0xD8d2dFca27E8797fd779F8547166A2d3B29d360E");

/// The contracts of one deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractAddresses {
    /// `DataPortabilityPermissions`.
    pub permissions: Address,
    /// `DataPortabilityGrantees`.
    pub grantees: Address,
    /// `DataPortabilityServers`.
    pub servers: Address,
    /// `DataRegistry`.
    pub registry: Address,
}

impl ContractAddresses {
    /// The deployment on Moksha and on the main network.
    pub const CANONICAL: Self =
        Self { permissions: PERMISSIONS, grantees: GRANTEES, servers: SERVERS, registry: REGISTRY };
}
