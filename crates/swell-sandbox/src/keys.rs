//! The sandbox's keys. All of them are published, and none may ever hold anything of worth.
//!
//! They are the development keys that the field's tools have printed at start-up for years. Real
//! money sent to their addresses is taken within seconds.

use alloy_primitives::{Address, B256, address, b256};

/// Where the sandbox's keys come from: the mnemonic every development chain uses.
///
/// The personal server derives its users' server keys from it too.
pub const PUBLISHED_MNEMONIC: &str = "test test test test test test test test test test test junk";

/// **Published, throw-away.** The relayer's key, which has money at genesis: account 3 of [`PUBLISHED_MNEMONIC`].
pub const PUBLISHED_RELAYER_KEY: B256 =
    b256!("0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6");

/// The address of [`PUBLISHED_RELAYER_KEY`].
pub const RELAYER_ADDRESS: Address = address!("0x90F79bf6EB2c4f870365E785982E1f101E93b906");

/// **Published, throw-away.** The application's key, registered as grantee
/// [`GRANTEE_ID`]: account 2 of [`PUBLISHED_MNEMONIC`].
pub const PUBLISHED_APPLICATION_KEY: B256 =
    b256!("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a");

/// The address of [`PUBLISHED_APPLICATION_KEY`].
pub const APPLICATION_ADDRESS: Address = address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");

/// **Published, throw-away.** The key of the relay's own account, which has money at genesis too:
/// account 0 of [`PUBLISHED_MNEMONIC`]. It is not the relayer's, whose nonces and books are a run's.
pub const PUBLISHED_RELAY_KEY: B256 =
    b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

/// The address of [`PUBLISHED_RELAY_KEY`].
pub const RELAY_ADDRESS: Address = address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

/// The grantee that the application is from genesis on.
pub const GRANTEE_ID: u64 = 1;

/// What the relayer holds at genesis, and the relay too, in whole tokens.
pub const RELAYER_TOKENS: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use alloy_signer_local::PrivateKeySigner;

    use super::*;

    #[test]
    fn addresses_belong_to_their_keys() {
        for (key, address) in [
            (PUBLISHED_RELAYER_KEY, RELAYER_ADDRESS),
            (PUBLISHED_APPLICATION_KEY, APPLICATION_ADDRESS),
            (PUBLISHED_RELAY_KEY, RELAY_ADDRESS),
        ] {
            assert_eq!(PrivateKeySigner::from_bytes(&key).unwrap().address(), address);
        }
    }
}
