//! What a relay is asked to send.

use alloy_primitives::{Address, U256, hex};
use serde::{Serialize, Serializer};

use super::contracts::{Permission, ServerFilesAndPermission};
use super::signing::{DOMAIN_NAME, DOMAIN_VERSION};

/// The request that a relay takes: a user's message with its types and signature.
///
/// Keys come in the order in which the published SDK writes them, for readers that compare text;
/// whole numbers of the message are decimal text, addresses have their EIP-55 form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayRequest {
    #[serde(rename = "type")]
    kind: &'static str,
    operation: &'static str,
    typed_data: TypedData,
    signature: String,
    expected_user_address: Checksummed,
}

impl RelayRequest {
    /// Asks to send `message`, which `user` signed for the contract at `permissions` on the chain
    /// `chain_id`.
    #[must_use]
    pub fn new(
        chain_id: u64,
        permissions: Address,
        message: ServerFilesAndPermission,
        signature: &[u8; 65],
        user: Address,
    ) -> Self {
        Self {
            kind: "signed",
            operation: "submitAddServerFilesAndPermissions",
            typed_data: TypedData {
                domain: Domain {
                    name: DOMAIN_NAME,
                    version: DOMAIN_VERSION,
                    chain_id,
                    verifying_contract: Checksummed(permissions),
                },
                types: TYPES,
                primary_type: "ServerFilesAndPermission",
                message: Signed(message),
            },
            signature: hex::encode_prefixed(signature),
            expected_user_address: Checksummed(user),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct TypedData {
    domain: Domain,
    types: Types,
    primary_type: &'static str,
    message: Signed,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Domain {
    name: &'static str,
    version: &'static str,
    chain_id: u64,
    verifying_contract: Checksummed,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Types {
    #[serde(rename = "Permission")]
    permission: [Field; 2],
    #[serde(rename = "ServerFilesAndPermission")]
    server_files_and_permission: [Field; 9],
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Field {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

const fn field(name: &'static str, kind: &'static str) -> Field {
    Field { name, kind }
}

const TYPES: Types = Types {
    permission: [field("account", "address"), field("key", "string")],
    server_files_and_permission: [
        field("nonce", "uint256"),
        field("granteeId", "uint256"),
        field("grant", "string"),
        field("fileUrls", "string[]"),
        field("schemaIds", "uint256[]"),
        field("serverAddress", "address"),
        field("serverUrl", "string"),
        field("serverPublicKey", "string"),
        field("filePermissions", "Permission[][]"),
    ],
};

#[derive(Clone, Debug, PartialEq)]
struct Signed(ServerFilesAndPermission);

impl Serialize for Signed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Message::of(&self.0).serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    nonce: Decimal,
    grantee_id: Decimal,
    grant: &'a str,
    file_urls: &'a [String],
    schema_ids: Vec<Decimal>,
    server_address: Checksummed,
    server_url: &'a str,
    server_public_key: &'a str,
    file_permissions: Vec<Vec<FilePermission<'a>>>,
}

impl<'a> Message<'a> {
    fn of(message: &'a ServerFilesAndPermission) -> Self {
        let permission = |permission: &'a Permission| FilePermission {
            account: Checksummed(permission.account),
            key: &permission.key,
        };
        let permissions = |list: &'a Vec<Permission>| list.iter().map(permission).collect();
        Self {
            nonce: Decimal(message.nonce),
            grantee_id: Decimal(message.granteeId),
            grant: &message.grant,
            file_urls: &message.fileUrls,
            schema_ids: message.schemaIds.iter().copied().map(Decimal).collect(),
            server_address: Checksummed(message.serverAddress),
            server_url: &message.serverUrl,
            server_public_key: &message.serverPublicKey,
            file_permissions: message.filePermissions.iter().map(permissions).collect(),
        }
    }
}

#[derive(Serialize)]
struct FilePermission<'a> {
    account: Checksummed,
    key: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Decimal(U256);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Checksummed(Address);

impl Serialize for Checksummed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_checksum(None))
    }
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::SolCall;
    use serde_json::Value;

    use super::*;
    use crate::permissions::contracts::DataPortabilityPermissions::addServerFilesAndPermissionsCall;

    const RELAY: &str = include_str!("../../vectors/10-relay.json");
    const CALLDATA: &str = include_str!("../../vectors/06-calldata.json");

    fn item(file: &str, key: &str, name: &str) -> Value {
        let mut file: Value = serde_json::from_str(file).unwrap();
        let items = file["items"].as_array_mut().unwrap();
        items.iter_mut().find(|item| item[key] == name).unwrap().take()
    }

    #[test]
    fn the_request_is_the_recorded_one_and_its_domain_in_the_sdks_order() {
        let recorded = item(RELAY, "name", "good_decimal_strings")["request"].take();
        let calldata = item(CALLDATA, "name", "addServerFilesAndPermissions_flow_14800");
        let calldata = hex::decode(calldata["calldata"].as_str().unwrap()).unwrap();
        let call = addServerFilesAndPermissionsCall::abi_decode(&calldata).unwrap();
        let user: Address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8".parse().unwrap();
        let signature: [u8; 65] = call.signature.as_ref().try_into().unwrap();
        let request = RelayRequest::new(
            crate::addresses::MOKSHA_CHAIN_ID,
            crate::addresses::PERMISSIONS,
            call.serverFilesAndPermissionInput,
            &signature,
            user,
        );
        assert_eq!(serde_json::to_value(&request).unwrap(), recorded);
        let domain = "\"domain\":{\"name\":\"VanaDataPortabilityPermissions\",\"version\":\"1\",\
            \"chainId\":14800,\"verifyingContract\":\"0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF\"}";
        assert!(serde_json::to_string(&request).unwrap().contains(domain));
    }
}
