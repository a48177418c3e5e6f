//! The schema that users' data must satisfy: read from the chain, its definition fetched once a run.

use alloy_primitives::{Address, U256};
use swell_chain::ChainHandle;
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::{CallOptions, Endpoint, request};
use swell_vana::permissions::{self, contracts::DataRefinerRegistry};
use swell_vana::schema::DataSchema;

/// A schema as the chain knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaPlace {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Where its definition is.
    pub url: String,
}

/// Reads schema `id` from the registry at `contract`.
///
/// # Errors
/// Class `not-found` when there is no such schema, and the classes of the chain's answers.
pub async fn read_schema(
    chain: &ChainHandle,
    contract: Address,
    id: u64,
) -> Result<SchemaPlace, StepError> {
    let call = DataRefinerRegistry::schemasCall { schemaId: U256::from(id) };
    let data = chain.rpc().call(contract, permissions::encode(&call)).await?;
    let record = permissions::decode_return::<DataRefinerRegistry::schemasCall>(&data)
        .map_err(|error| StepError::new(FailureClass::Protocol, error))?;
    if record.definitionUrl.is_empty() {
        let words = format!("the contract knows no schema {id}");
        return Err(StepError::new(FailureClass::NotFound, words));
    }
    Ok(SchemaPlace { id, name: record.name, url: record.definitionUrl })
}

/// Where the definition at `url` may be fetched: a file of IPFS at public gateways, in this order.
///
/// # Source
/// The gateways that the software development kit asks first.
#[must_use]
pub fn definition_urls(url: &str) -> Vec<String> {
    const GATEWAYS: [&str; 3] =
        ["https://dweb.link/ipfs/", "https://ipfs.io/ipfs/", "https://gateway.pinata.cloud/ipfs/"];
    match url.strip_prefix("ipfs://") {
        Some(path) => GATEWAYS.iter().map(|gateway| format!("{gateway}{path}")).collect(),
        None => vec![url.to_owned()],
    }
}

/// Fetches the definition of schema `id` that `endpoint` is the address of, and compiles it.
///
/// # Errors
/// The class of the answer, or of its absence; class `schema` when it is no definition.
pub async fn fetch_schema(
    endpoint: &Endpoint,
    id: u64,
    by: RunOffset,
) -> Result<DataSchema, StepError> {
    let response = endpoint.send(request::get("/")?, CallOptions::idempotent().by(by)).await?;
    if !response.status().is_success() {
        return Err(StepError::from_status(response.status().as_u16(), response.body()));
    }
    DataSchema::compile(id, response.body())
        .map_err(|error| StepError::new(FailureClass::Schema, error))
}

#[cfg(test)]
mod tests {
    use super::definition_urls;

    #[test]
    fn files_of_ipfs_are_fetched_at_gateways() {
        let urls = definition_urls("ipfs://QmX/schema.json");
        assert_eq!(urls[0], "https://dweb.link/ipfs/QmX/schema.json");
        assert_eq!(urls.len(), 3);
        assert_eq!(definition_urls("http://127.0.0.1:1/a"), ["http://127.0.0.1:1/a"]);
    }
}
