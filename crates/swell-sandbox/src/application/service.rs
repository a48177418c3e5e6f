//! The application server without HTTP.

use std::sync::Arc;

use alloy_primitives::Address;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use http::StatusCode;
use serde_json::{Value, json};
use swell_net::clock::RunClock;
use swell_vana::server::{CreateOperation, OperationState, parse_identity_address};

use crate::config::SandboxConfig;
use crate::keys::PUBLISHED_APPLICATION_KEY;
use crate::server::{Limited, PersonalServer, Refusal, UNKNOWN_OPERATION};

/// What stands before every failure of the personal server.
const NO_MOCK: &str = "❌ REAL SYSTEMS REQUIRED";

/// Whom the personal server's rate limits count its requests to: one client, whoever asks it.
const CLIENT: &str = "application";

/// The application server.
pub(crate) struct Application {
    server: Arc<PersonalServer>,
    key: PrivateKeySigner,
    clock: RunClock,
    server_url: String,
}

/// An answer on its way out.
pub(super) type Answer = (StatusCode, Value);

impl Application {
    /// An application server in front of `server`, with [`PUBLISHED_APPLICATION_KEY`].
    ///
    /// # Errors
    /// Never: the key is a constant, and valid.
    pub(crate) fn new(
        config: &SandboxConfig,
        server: Arc<PersonalServer>,
        clock: RunClock,
    ) -> Result<Self, alloy_signer::k256::ecdsa::Error> {
        let key = PrivateKeySigner::from_bytes(&PUBLISHED_APPLICATION_KEY)?;
        Ok(Self { server, key, clock, server_url: format!("{}/api/v1", config.base_url) })
    }

    /// Who serves the user at `address`, in the SDK's words.
    pub(super) fn identity(&self, address: Option<&str>) -> Answer {
        let Some(address) = address.filter(|address| !address.is_empty()) else {
            return failure(StatusCode::BAD_REQUEST, "Missing address parameter");
        };
        let asked = parse_identity_address(Some(address), self.server.generation());
        let identity = asked.map_err(Refusal::from).and_then(|user: Address| {
            self.server.admit(Limited::Identity { address }, CLIENT)?;
            self.server.identity(user, address)
        });
        match identity {
            Ok(identity) => {
                let server = identity.personal_server;
                let answer = json!({
                    "kind": "PersonalServer", "address": server.address,
                    "publicKey": server.public_key, "baseUrl": self.server_url,
                    "name": "Hosted Vana Server",
                });
                (StatusCode::OK, answer)
            }
            Err(refusal) => {
                let why = refused("Local identity API request failed", &refusal);
                failure(StatusCode::INTERNAL_SERVER_ERROR, &why)
            }
        }
    }

    /// Asks for the operation of the permission that `body` names.
    pub(super) async fn create(&self, body: &Value) -> Answer {
        let Some(permission) = given(body, "permissionId") else {
            return failure(StatusCode::BAD_REQUEST, "Missing permissionId field");
        };
        let text = json!({ "permission_id": permission }).to_string();
        match self.ask(text).await {
            Ok(id) => {
                let data = json!({ "id": id, "status": "starting", "createdAt": self.unix_ms() });
                success(&data)
            }
            Err(refusal) => {
                let why = refused("Personal server API request failed", &refusal);
                let why = format!("{NO_MOCK}: AI inference failed: {why}");
                failure(StatusCode::INTERNAL_SERVER_ERROR, &why)
            }
        }
    }

    /// How far the operation that `body` names is.
    pub(super) fn poll(&self, body: &Value) -> Answer {
        let Some(id) = given(body, "operationId").and_then(Value::as_str) else {
            return failure(StatusCode::BAD_REQUEST, "Missing operationId field");
        };
        let Some(status) = self.server.operations.status(id) else {
            let refusal = Refusal::new(swell_vana::server::ErrorCode::Compute, UNKNOWN_OPERATION);
            let why = refused("Status polling failed", &refusal);
            let why = format!("{NO_MOCK}: Polling failed: {why}");
            return failure(StatusCode::INTERNAL_SERVER_ERROR, &why);
        };
        let now = self.unix_ms();
        let mut data = json!({
            "id": status.id, "status": status.status, "createdAt": now, "updatedAt": now,
        });
        if status.status == OperationState::Succeeded {
            data["result"] = json!(status.result);
        }
        success(&data)
    }

    async fn ask(&self, text: String) -> Result<String, Refusal> {
        let signature = self.key.sign_message_sync(text.as_bytes());
        let signature = signature.map_err(|_| Refusal::internal())?;
        let app_signature = format!("0x{}", hex::encode(signature.as_bytes()));
        self.server.admit(Limited::Operation { signature: &app_signature }, CLIENT)?;
        let request = CreateOperation { app_signature, operation_request_json: text };
        Ok(self.server.create(&request).await?.id)
    }

    fn unix_ms(&self) -> u64 {
        u64::try_from(self.clock.unix_now().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The value of `key`, unless it is missing in the sense of JavaScript.
fn given<'a>(body: &'a Value, key: &str) -> Option<&'a Value> {
    body.get(key).filter(|value| {
        !matches!(value, Value::Null | Value::Bool(false))
            && value.as_f64() != Some(0.0)
            && value.as_str() != Some("")
    })
}

fn success(data: &Value) -> Answer {
    (StatusCode::OK, json!({ "success": true, "data": data }))
}

fn failure(status: StatusCode, error: &str) -> Answer {
    (status, json!({ "success": false, "error": error }))
}

/// A refusal of the personal server as the SDK words it.
fn refused(what: &str, refusal: &Refusal) -> String {
    let (status, body) = refusal.answer();
    let reason = status.canonical_reason().unwrap_or_default();
    format!("NetworkError: {what}: {} {reason} - {body}", status.as_u16())
}
