//! What must be registered on the chain before a run: the grantee, and the schema where there is one.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, U256};
use swell_chain::ChainHandle;
use swell_core::journey::FailureClass;
use swell_core::target::{SafeUrl, Target};
use swell_engine::StepError;
use swell_journeys::data_portability::{
    Grantee, definition_urls, fetch_schema, read_grantee, read_schema,
};
use swell_vana::addresses;
use swell_vana::permissions::{self, contracts::DataPortabilityGrantees};
use swell_vana::schema::DataSchema;

use crate::connection::ConnectionError;
use crate::endpoints::Endpoints;

/// Reads the grantee of `target`, or says how the `application` is registered as one.
///
/// # Errors
/// [`ConnectionError::UnknownGrantee`], [`ConnectionError::Grantee`].
pub(crate) async fn grantee(
    chain: &ChainHandle,
    target: &Target,
    application: Address,
) -> Result<Grantee, ConnectionError> {
    let (contract, id) = (target.contracts.grantees, target.server.grantee_id);
    match read_grantee(chain, contract, id).await {
        Ok(grantee) => Ok(grantee),
        Err(error) if error.class == FailureClass::NotFound => {
            Err(ConnectionError::UnknownGrantee {
                id,
                contract,
                application,
                known: known(chain, contract, application).await,
            })
        }
        Err(error) => Err(ConnectionError::Grantee { id, contract, why: words(error) }),
    }
}

/// What the contract knows of grantees, as a phrase that follows "knows no grantee 7".
async fn known(chain: &ChainHandle, contract: Address, application: Address) -> String {
    match grantee_id(chain, contract, application).await {
        Some(id) if id > 0 => format!(", and {application} is its grantee {id}"),
        _ => String::new(),
    }
}

/// The id that `application` is registered as; 0 for none, `None` if the contract does not say.
pub(crate) async fn grantee_id(
    chain: &ChainHandle,
    contract: Address,
    application: Address,
) -> Option<u64> {
    let call = DataPortabilityGrantees::granteeAddressToIdCall { granteeAddress: application };
    let data = chain.rpc().call(contract, permissions::encode(&call)).await.ok()?;
    let id: U256 =
        permissions::decode_return::<DataPortabilityGrantees::granteeAddressToIdCall>(&data)
            .ok()?;
    u64::try_from(id).ok()
}

/// Reads schema `id` of `target` from the chain and fetches its definition; `None` for 0.
///
/// # Errors
/// [`ConnectionError::Schema`].
pub(crate) async fn schema(
    chain: &ChainHandle,
    target: &Target,
    endpoints: &Endpoints,
    id: u64,
) -> Result<Option<Arc<DataSchema>>, ConnectionError> {
    /// Nothing waits for it but the check.
    const PATIENCE: Duration = Duration::from_secs(20);
    if id == 0 {
        return Ok(None);
    }
    let contract = target.contracts.schemas.unwrap_or(addresses::SCHEMAS);
    let refused = |why: String| ConnectionError::Schema { id, contract, why };
    let place = read_schema(chain, contract, id).await.map_err(|error| refused(words(error)))?;
    let mut reasons = Vec::new();
    for url in definition_urls(&place.url).into_iter().map(SafeUrl::new) {
        let Ok(endpoint) = endpoints.at("schema", &url) else {
            return Err(refused(format!(
                "its definition is at `{url}`; expected a URL that begins with http://, https:// or \
                 ipfs://"
            )));
        };
        match fetch_schema(&endpoint, id, endpoints.clock.now() + PATIENCE).await {
            Ok(schema) => return Ok(Some(Arc::new(schema))),
            Err(error) => {
                let class = error.class;
                reasons.push(format!("its definition at {url} gave {class}, {}", words(error)));
            }
        }
    }
    Err(refused(reasons.join("; ")))
}

fn words(error: StepError) -> String {
    error.detail.body.unwrap_or_else(|| error.class.to_string())
}
