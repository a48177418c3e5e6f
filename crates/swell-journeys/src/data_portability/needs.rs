//! What one user's transaction costs: one estimate a run, at the size it will really have.

use alloy_primitives::{Address, B256, Bytes, U256};
use swell_chain::{AccountKey, CallRequest, ChainHandle, RelayerKey};
use swell_core::journey::FailureClass;
use swell_core::units::Wei;
use swell_engine::StepError;
use swell_engine::journey::JourneyNeeds;
use swell_vana::permissions::{
    Permission, ServerFilesAndPermission, add_server_files_and_permissions,
};

use super::Settings;

/// Characters of an encrypted password: 257 octets as hexadecimal text.
const SEALED_PASSWORD_CHARS: usize = 514;

/// Asks the chain what the call of a user nobody has seen before would use. Sends nothing.
pub(super) async fn estimate(
    settings: &Settings,
    chain: &ChainHandle,
) -> Result<JourneyNeeds, StepError> {
    let user = stranger(settings, chain.chain_id())?;
    let data = call_data(settings, &user)?;
    let request = CallRequest {
        from: Some(user.address()),
        to: settings.contracts.permissions,
        data,
        ..CallRequest::default()
    };
    let gas = chain.rpc().estimate_gas(&request).await?;
    Ok(JourneyNeeds { gas, value: Wei::ZERO })
}

/// A key nobody uses: derived from public facts, so that the estimate is the same every time.
fn stranger(settings: &Settings, chain_id: u64) -> Result<AccountKey, StepError> {
    let facts = format!("swell estimate {chain_id} {}", settings.contracts.permissions);
    let octets: B256 = alloy_primitives::keccak256(facts);
    RelayerKey::from_bytes(octets.0)
        .map(|key| key.account().clone())
        .map_err(|error| StepError::new(FailureClass::Internal, error))
}

fn call_data(settings: &Settings, user: &AccountKey) -> Result<Bytes, StepError> {
    // A server of the user's own, as nearly every user has one.
    let server = Address::from_slice(&user.address().0[..]);
    let message = ServerFilesAndPermission {
        nonce: U256::ZERO,
        granteeId: U256::from(settings.grantee.id),
        grant: url("grant", settings.url_chars),
        fileUrls: vec![url("file", settings.url_chars)],
        schemaIds: vec![settings.schema_id()],
        serverAddress: server,
        serverUrl: settings.server_url.clone(),
        serverPublicKey: format!("0x04{}", "ab".repeat(64)),
        filePermissions: vec![vec![Permission {
            account: server,
            key: "cd".repeat(SEALED_PASSWORD_CHARS / 2),
        }]],
    };
    let signature = settings
        .domain
        .sign(&message, user)
        .map_err(|error| StepError::new(FailureClass::Internal, error))?;
    Ok(add_server_files_and_permissions(message, &signature))
}

fn url(name: &str, chars: usize) -> String {
    format!("{name:-<chars$}")
}
