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
/// The gateways that the software development kit asks first; of them, the one that answers without
/// sending the asker to another host comes first, since redirects are not followed.
#[must_use]
pub fn definition_urls(url: &str) -> Vec<String> {
    const GATEWAYS: [&str; 3] =
        ["https://ipfs.io/ipfs/", "https://dweb.link/ipfs/", "https://gateway.pinata.cloud/ipfs/"];
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
    if response.status().is_redirection() {
        let mut failure = StepError::from_status(response.status().as_u16(), b"");
        failure.detail = failure.detail.with_body(&format!(
            "it answers {} and sends the asker elsewhere; redirects are not followed",
            response.status().as_u16()
        ));
        return Err(failure);
    }
    if !response.status().is_success() {
        return Err(StepError::from_status(response.status().as_u16(), response.body()));
    }
    DataSchema::compile(id, response.body())
        .map_err(|error| StepError::new(FailureClass::Schema, error))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use swell_core::seed::Seed;
    use swell_core::target::SafeUrl;
    use swell_net::clock::RunClock;
    use swell_net::{EndpointId, EndpointSettings, Request, Response};
    use tower::util::BoxCloneSyncService;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_redirect_is_not_followed_and_said_to_be_none() {
        let service = BoxCloneSyncService::new(tower::service_fn(|_: Request| async {
            let answer = http::Response::builder().status(301).header("location", "https://b/");
            let answer: Response = answer.body(bytes::Bytes::new()).unwrap();
            Ok(answer)
        }));
        let clock = RunClock::virtual_time();
        let id = EndpointId::new("schema");
        let (url, settings) = (SafeUrl::new("https://a.example/x"), EndpointSettings::default());
        let endpoint = Endpoint::new(id, &url, service, settings, clock, Seed(1)).unwrap();
        let by = RunOffset::new(Duration::from_secs(9));
        let error = fetch_schema(&endpoint, 1, by).await.unwrap_err();
        assert_eq!((error.class, error.detail.status), (FailureClass::Protocol, Some(301)));
        let words = error.detail.body.unwrap();
        assert!(words.ends_with("redirects are not followed"), "{words}");
    }

    #[test]
    fn files_of_ipfs_are_fetched_at_gateways() {
        let urls = definition_urls("ipfs://QmX/schema.json");
        assert_eq!(urls[0], "https://ipfs.io/ipfs/QmX/schema.json");
        assert_eq!(urls.len(), 3);
        assert_eq!(definition_urls("http://127.0.0.1:1/a"), ["http://127.0.0.1:1/a"]);
    }
}
