//! Relay requests: read, and their signer recovered.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use serde::Deserialize;
use serde_json::{Value, json};
use swell_vana::permissions::{
    Permission, ServerFilesAndPermission, SignatureError, parse_signature,
};

use super::failure::RelayFailure;

/// The one operation of this flow.
const PRIMARY_TYPE: &str = "ServerFilesAndPermission";

/// What is asked of the relay.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RelayRequest {
    /// To send what a user signed.
    Submit(Box<Signed>),
    /// What became of an operation.
    Status(String),
}

/// What a user signed, verified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signed {
    pub(super) message: ServerFilesAndPermission,
    /// As the contract takes it: 0 and 1 at its end have become 27 and 28.
    pub(super) signature: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    operation: Option<String>,
    operation_id: Option<String>,
    typed_data: Option<TypedData>,
    signature: Option<String>,
    expected_user_address: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypedData {
    domain: Domain,
    types: Value,
    primary_type: String,
    message: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Domain {
    name: Option<String>,
    version: Option<String>,
    chain_id: Option<Uint>,
    verifying_contract: Option<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    nonce: Uint,
    grantee_id: Uint,
    grant: String,
    file_urls: Vec<String>,
    schema_ids: Vec<Uint>,
    server_address: Address,
    server_url: String,
    server_public_key: String,
    file_permissions: Vec<Vec<FilePermission>>,
}

#[derive(Deserialize)]
struct FilePermission {
    account: Address,
    key: String,
}

/// A whole number: decimal text, or a number as the handler takes it too.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Value")]
struct Uint(U256);

impl TryFrom<Value> for Uint {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let read = match &value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64().map(U256::from),
            _ => None,
        };
        read.map(Self).ok_or_else(|| format!("Cannot convert {value} to a BigInt"))
    }
}

impl RelayRequest {
    /// Reads and verifies the body of a request.
    pub(crate) fn read(body: &[u8]) -> Result<Self, RelayFailure> {
        let not_a_request = |why: String| RelayFailure::NotARequest(why);
        let wire: Wire =
            serde_json::from_slice(body).map_err(|error| not_a_request(error.to_string()))?;
        match wire.kind.as_deref() {
            Some("signed") => Self::signed(wire).map(|signed| Self::Submit(Box::new(signed))),
            Some("status_check") => wire
                .operation_id
                .map(Self::Status)
                .ok_or_else(|| not_a_request("operationId is missing".into())),
            Some("direct") => {
                Err(RelayFailure::Unsupported(wire.operation.unwrap_or_else(|| "direct".into())))
            }
            Some(other) => Err(not_a_request(format!("unknown type {other:?}"))),
            None => Err(not_a_request("type is missing".into())),
        }
    }

    fn signed(wire: Wire) -> Result<Signed, RelayFailure> {
        let (Some(typed), Some(signature)) = (wire.typed_data, wire.signature) else {
            return Err(RelayFailure::NotARequest("typedData or signature is missing".into()));
        };
        let mut signature = octets(&signature)?;
        if typed.primary_type != PRIMARY_TYPE {
            return Err(RelayFailure::Unsupported(typed.primary_type));
        }
        let message = message(&typed)?;
        let recovered = recover(&typed.domain.into(), &message, &signature)?;
        if let Some(expected) = wire.expected_user_address {
            let expected: Address = expected.parse().map_err(|_| {
                RelayFailure::Signature(format!("Address \"{expected}\" is invalid."))
            })?;
            if recovered != expected {
                return Err(RelayFailure::OtherSigner { recovered, expected });
            }
        }
        if let Some(v) = signature.get_mut(64).filter(|v| **v < 27) {
            *v += 27;
        }
        Ok(Signed { message, signature })
    }
}

fn octets(signature: &str) -> Result<Vec<u8>, RelayFailure> {
    let refuse = || RelayFailure::Signature("invalid signature length".to_owned());
    let digits = signature.strip_prefix("0x").ok_or_else(refuse)?;
    let octets = hex::decode(digits).map_err(|_| refuse())?;
    if octets.len() == 65 { Ok(octets) } else { Err(refuse()) }
}

/// The message, whose types must be the two that the contract knows: anything else would be a
/// signature over something that this relay does not send.
fn message(typed: &TypedData) -> Result<ServerFilesAndPermission, RelayFailure> {
    if typed.types != types() {
        let words = "typedData.types are not those of ServerFilesAndPermission";
        return Err(RelayFailure::Signature(words.to_owned()));
    }
    let message = Message::deserialize(&typed.message)
        .map_err(|error| RelayFailure::Signature(error.to_string()))?;
    let permission = |permission: FilePermission| Permission {
        account: permission.account,
        key: permission.key,
    };
    let permissions = |list: Vec<FilePermission>| list.into_iter().map(permission).collect();
    Ok(ServerFilesAndPermission {
        nonce: message.nonce.0,
        granteeId: message.grantee_id.0,
        grant: message.grant,
        fileUrls: message.file_urls,
        schemaIds: message.schema_ids.into_iter().map(|id| id.0).collect(),
        serverAddress: message.server_address,
        serverUrl: message.server_url,
        serverPublicKey: message.server_public_key,
        filePermissions: message.file_permissions.into_iter().map(permissions).collect(),
    })
}

fn recover(
    domain: &Eip712Domain,
    message: &ServerFilesAndPermission,
    signature: &[u8],
) -> Result<Address, RelayFailure> {
    let refuse = |error: &SignatureError| {
        RelayFailure::Signature(match error {
            SignatureError::Parity { found } => format!("Invalid yParityOrV value: {found}"),
            _ => "invalid signature".to_owned(),
        })
    };
    parse_signature(signature)
        .map_err(|error| refuse(&error))?
        .recover_address_from_prehash(&message.eip712_signing_hash(domain))
        .map_err(|_| refuse(&SignatureError::NotRecoverable))
}

impl From<Domain> for Eip712Domain {
    fn from(domain: Domain) -> Self {
        let chain_id = domain.chain_id.map(|id| id.0);
        let [name, version] = [domain.name, domain.version].map(|text| text.map(Into::into));
        Self::new(name, version, chain_id, domain.verifying_contract, None)
    }
}

/// The struct types as the SDK sends them.
fn types() -> Value {
    let fields = |fields: &[(&str, &str)]| -> Value {
        fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
    };
    json!({
        "Permission": fields(&[("account", "address"), ("key", "string")]),
        "ServerFilesAndPermission": fields(&[
            ("nonce", "uint256"),
            ("granteeId", "uint256"),
            ("grant", "string"),
            ("fileUrls", "string[]"),
            ("schemaIds", "uint256[]"),
            ("serverAddress", "address"),
            ("serverUrl", "string"),
            ("serverPublicKey", "string"),
            ("filePermissions", "Permission[][]"),
        ]),
    })
}
