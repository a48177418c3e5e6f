use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolStruct};
use proptest::prelude::*;
use serde_json::Value;

use super::{
    contracts::{
        Call3Value, DataPortabilityGrantees as Grantees, DataPortabilityPermissions as Permissions,
        DataPortabilityServers as Servers, DataRegistry as Registry, Multicall3,
    },
    *,
};
use crate::{
    addresses::{self, ContractAddresses},
    test_support::{octets, signer, text, vectors},
};

fn number(value: &Value) -> U256 {
    value.as_str().unwrap().parse().unwrap()
}

fn numbers(value: &Value) -> Vec<U256> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn address(value: &Value) -> Address {
    value.as_str().unwrap().parse().unwrap()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn message(value: &Value) -> ServerFilesAndPermission {
    let permissions = |list: &Value| -> Vec<Permission> {
        let list = list.as_array().unwrap().iter();
        list.map(|p| Permission { account: address(&p["account"]), key: string(&p["key"]) })
            .collect()
    };
    ServerFilesAndPermission {
        nonce: number(&value["nonce"]),
        granteeId: number(&value["granteeId"]),
        grant: string(&value["grant"]),
        fileUrls: value["fileUrls"].as_array().unwrap().iter().map(string).collect(),
        schemaIds: numbers(&value["schemaIds"]),
        serverAddress: address(&value["serverAddress"]),
        serverUrl: string(&value["serverUrl"]),
        serverPublicKey: string(&value["serverPublicKey"]),
        filePermissions: value["filePermissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(permissions)
            .collect(),
    }
}

fn logs(file: &Value) -> Vec<Log> {
    let logs = file["logs"].as_array().unwrap().iter();
    logs.map(|log| {
        let topics = log["topics"].as_array().unwrap().iter();
        let topics = topics.map(|topic| topic.as_str().unwrap().parse::<B256>().unwrap()).collect();
        Log::new_unchecked(address(&log["address"]), topics, octets(log, "data").into())
    })
    .collect()
}

#[test]
fn digests_and_signatures_follow_the_vectors() {
    let file = vectors("05-eip712.json");
    let user = signer(&file, "signer_private_key");
    let items = file["items"].as_array().unwrap();
    assert_eq!(items.len(), 8);
    for item in items {
        let name = text(item, "name");
        let domain = PermissionDomain::new(
            item["domain"]["chainId"].as_u64().unwrap(),
            address(&item["domain"]["verifyingContract"]),
        );
        let message = message(&item["message"]);
        assert_eq!(domain.separator().to_string(), text(item, "domain_separator"), "{name}");
        assert_eq!(message.eip712_hash_struct().to_string(), text(item, "struct_hash"), "{name}");
        assert_eq!(domain.digest(&message).to_string(), text(item, "digest"), "{name}");
        let signature = domain.sign(&message, &user).unwrap();
        assert_eq!(signature.to_vec(), octets(item, "signature"), "{name}");
        assert_eq!(domain.recover(&message, &signature), Ok(address(&item["signer"])), "{name}");
    }
}

#[test]
fn types_follow_the_vectors() {
    let file = vectors("05-eip712.json");
    let flow = message(&file["items"][0]["message"]);
    assert_eq!(ServerFilesAndPermission::eip712_encode_type(), text(&file, "struct_type_string"));
    assert_eq!(flow.eip712_type_hash().to_string(), text(&file, "struct_typehash"));
    let permission = &flow.filePermissions[0][0];
    assert_eq!(permission.eip712_type_hash().to_string(), text(&file, "permission_typehash"));
    assert_eq!(
        keccak256(text(&file, "domain_type_string")).to_string(),
        text(&file, "domain_typehash")
    );
    assert_eq!(text(&file["items"][0]["domain"], "name"), DOMAIN_NAME);
    assert_eq!(text(&file["items"][0]["domain"], "version"), DOMAIN_VERSION);
}

#[test]
fn signatures_that_the_contract_refuses_do_not_recover() {
    let file = vectors("05-eip712.json");
    let item = &file["items"][0];
    let message = message(&item["message"]);
    let domain = PermissionDomain::new(addresses::MOKSHA_CHAIN_ID, addresses::PERMISSIONS);
    let good = octets(item, "signature");

    let mut parity = good.clone();
    parity[64] -= 27;
    assert_eq!(domain.recover(&message, &parity), Err(SignatureError::Parity { found: 0 }));
    assert_eq!(domain.recover(&message, &good[..64]), Err(SignatureError::Length { found: 64 }));

    // The other valid s is the order minus this one.
    const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let s = ORDER.parse::<U256>().unwrap() - U256::from_be_slice(&good[32..64]);
    let mut high = good.clone();
    high[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    high[64] = 27 + 28 - good[64];
    assert_eq!(domain.recover(&message, &high), Err(SignatureError::HighS));

    let user = address(&item["signer"]);
    let mut altered = message.clone();
    altered.grant.push('x');
    assert_ne!(domain.recover(&altered, &good), Ok(user));
    let mainnet = PermissionDomain::new(addresses::MAINNET_CHAIN_ID, addresses::PERMISSIONS);
    assert_ne!(mainnet.recover(&message, &good), Ok(user));
}

#[test]
fn call_data_follow_the_vectors() {
    let file = vectors("06-calldata.json");
    let items = file["items"].as_array().unwrap();
    assert_eq!(items.len(), 12);
    for item in items {
        let args = &item["args"];
        let (to, data): (Address, Bytes) = match text(item, "function") {
            "addServerFilesAndPermissions" => {
                let digits = args[1].as_str().unwrap().strip_prefix("0x").unwrap();
                let signature = hex::decode(digits).unwrap().try_into().unwrap();
                let data = add_server_files_and_permissions(message(&args[0]), &signature);
                (addresses::PERMISSIONS, data)
            }
            "userNonce" => {
                let call = Permissions::userNonceCall { userAddress: address(&args[0]) };
                (addresses::PERMISSIONS, encode(&call))
            }
            "permissions" => {
                let call = Permissions::permissionsCall { permissionId: number(&args[0]) };
                (addresses::PERMISSIONS, encode(&call))
            }
            "grantees" => (
                addresses::GRANTEES,
                encode(&Grantees::granteesCall { granteeId: number(&args[0]) }),
            ),
            "granteesV2" => {
                let call = Grantees::granteesV2Call { granteeId: number(&args[0]) };
                (addresses::GRANTEES, encode(&call))
            }
            "files" => {
                (addresses::REGISTRY, encode(&Registry::filesCall { fileId: number(&args[0]) }))
            }
            "filePermissions" => {
                let (file, account) = (number(&args[0]), address(&args[1]));
                let call = Registry::filePermissionsCall { fileId: file, account };
                (addresses::REGISTRY, encode(&call))
            }
            "fileIdByUrl" => {
                (addresses::REGISTRY, encode(&Registry::fileIdByUrlCall { url: string(&args[0]) }))
            }
            "aggregate3Value" => {
                let calls = args[0].as_array().unwrap().iter();
                let calls = calls.map(|call| Call3Value {
                    target: address(&call["target"]),
                    allowFailure: true,
                    value: number(&call["value"]),
                    callData: Bytes::new(),
                });
                let call = Multicall3::aggregate3ValueCall { calls: calls.collect() };
                (addresses::MULTICALL, encode(&call))
            }
            other => panic!("{other} is not expected"),
        };
        assert_eq!(to, address(&item["to"]), "{}", text(item, "name"));
        assert_eq!(data.to_string(), text(item, "calldata"), "{}", text(item, "name"));
        assert_eq!(data.len() as u64, item["length"].as_u64().unwrap());
    }
}

#[test]
fn logs_decode_as_the_vectors_say() {
    let file = vectors("07-execution.json");
    let logs = logs(&file);
    assert_eq!(logs.len(), 6);
    for (log, expected) in logs.iter().zip(file["logs"].as_array().unwrap()) {
        let event = ProtocolEvent::decode(log, &ContractAddresses::CANONICAL).unwrap().unwrap();
        let args = &expected["args"];
        let wanted = match text(expected, "event") {
            "ServerRegistered" => ProtocolEvent::ServerRegistered(Servers::ServerRegistered {
                serverId: number(&args["serverId"]),
                owner: address(&args["owner"]),
                serverAddress: address(&args["serverAddress"]),
                publicKey: string(&args["publicKey"]),
                url: string(&args["url"]),
            }),
            "ServerTrusted" => ProtocolEvent::ServerTrusted(Servers::ServerTrusted {
                user: address(&args["user"]),
                serverId: number(&args["serverId"]),
            }),
            "FileAdded" => ProtocolEvent::FileAdded(Registry::FileAdded {
                fileId: number(&args["fileId"]),
                ownerAddress: address(&args["ownerAddress"]),
                url: string(&args["url"]),
            }),
            "FileAddedV2" => ProtocolEvent::FileAddedV2(Registry::FileAddedV2 {
                fileId: number(&args["fileId"]),
                ownerAddress: address(&args["ownerAddress"]),
                url: string(&args["url"]),
                schemaId: number(&args["schemaId"]),
            }),
            "PermissionGranted" => ProtocolEvent::PermissionGranted(Registry::PermissionGranted {
                fileId: number(&args["fileId"]),
                account: address(&args["account"]),
            }),
            "PermissionAdded" => ProtocolEvent::PermissionAdded(permission(args)),
            other => panic!("{other} is not expected"),
        };
        assert_eq!(event, wanted);
    }
    let expected = permission(&file["sdk_expected_events"]["PermissionAdded"]);
    assert_eq!(permission_added(&logs, addresses::PERMISSIONS), Ok(expected));
}

fn permission(args: &Value) -> Permissions::PermissionAdded {
    Permissions::PermissionAdded {
        permissionId: number(&args["permissionId"]),
        user: address(&args["user"]),
        granteeId: number(&args["granteeId"]),
        grant: string(&args["grant"]),
        fileIds: numbers(&args["fileIds"]),
    }
}

#[test]
fn events_of_other_emitters_do_not_count() {
    let mut logs = logs(&vectors("07-execution.json"));
    for log in &mut logs {
        log.address = addresses::MULTICALL;
        assert_eq!(ProtocolEvent::decode(log, &ContractAddresses::CANONICAL), Ok(None));
    }
    let expected = EventError::NoPermission { logs: 6, permissions: addresses::PERMISSIONS };
    assert_eq!(permission_added(&logs, addresses::PERMISSIONS), Err(expected));
}

#[test]
fn a_cut_event_is_malformed() {
    let mut log = logs(&vectors("07-execution.json")).pop().unwrap();
    log.data.data = log.data.data.slice(..64);
    assert!(matches!(
        permission_added([&log], addresses::PERMISSIONS),
        Err(EventError::Malformed { .. })
    ));
}

#[test]
fn views_follow_the_vectors() {
    let file = vectors("07-execution.json");
    for (moment, calls) in [("views_before", 9), ("views_after", 9)] {
        let views = file[moment].as_array().unwrap();
        assert_eq!(views.len(), calls, "{moment}");
        for view in views {
            check_view(view);
        }
    }
}

fn check_view(view: &Value) {
    let decoded = &view["decoded"];
    let data = octets(view, "returndata");
    match text(view, "call").split('(').next().unwrap() {
        "userNonce" => {
            assert_eq!(decode_return::<Permissions::userNonceCall>(&data), Ok(number(decoded)));
        }
        "permissions" => {
            let record = decode_return::<Permissions::permissionsCall>(&data).unwrap();
            assert_eq!(record.id, number(&decoded["id"]));
            assert_eq!(record.grantor, address(&decoded["grantor"]));
            assert_eq!(record.nonce, number(&decoded["nonce"]));
            assert_eq!(record.granteeId, number(&decoded["granteeId"]));
            assert_eq!(record.grant, string(&decoded["grant"]));
            assert_eq!(record.startBlock, number(&decoded["startBlock"]));
            assert_eq!(record.endBlock, number(&decoded["endBlock"]));
            assert_eq!(record.fileIds, numbers(&decoded["fileIds"]));
        }
        "grantees" => {
            let record = decode_return::<Grantees::granteesCall>(&data).unwrap();
            assert_eq!(record.owner, address(&decoded["owner"]));
            assert_eq!(record.granteeAddress, address(&decoded["granteeAddress"]));
            assert_eq!(record.publicKey, string(&decoded["publicKey"]));
            assert_eq!(record.permissionIds, numbers(&decoded["permissionIds"]));
        }
        "granteesV2" => {
            let record = decode_return::<Grantees::granteesV2Call>(&data).unwrap();
            assert_eq!(record.granteeAddress, address(&decoded["granteeAddress"]));
            assert_eq!(record.permissionsCount, number(&decoded["permissionsCount"]));
        }
        "files" => {
            let record = decode_return::<Registry::filesCall>(&data).unwrap();
            assert_eq!(record.id, number(&decoded["id"]));
            assert_eq!(record.ownerAddress, address(&decoded["ownerAddress"]));
            assert_eq!(record.url, string(&decoded["url"]));
            assert_eq!(record.schemaId, number(&decoded["schemaId"]));
            assert_eq!(record.addedAtBlock, number(&decoded["addedAtBlock"]));
        }
        "filePermissions" => {
            assert_eq!(decode_return::<Registry::filePermissionsCall>(&data), Ok(string(decoded)));
        }
        "fileIdByUrl" => {
            assert_eq!(decode_return::<Registry::fileIdByUrlCall>(&data), Ok(number(decoded)));
        }
        "servers" => {
            let record = decode_return::<Servers::serversCall>(&data).unwrap();
            assert_eq!(record.id, number(&decoded["id"]));
            assert_eq!(record.owner, address(&decoded["owner"]));
            assert_eq!(record.serverAddress, address(&decoded["serverAddress"]));
            assert_eq!(record.publicKey, string(&decoded["publicKey"]));
            assert_eq!(record.url, string(&decoded["url"]));
        }
        "serverAddressToId" => {
            assert_eq!(decode_return::<Servers::serverAddressToIdCall>(&data), Ok(number(decoded)));
        }
        other => panic!("{other} is not expected"),
    }
}

#[test]
fn no_return_data_means_no_such_function() {
    let result = decode_return::<Permissions::userNonceCall>(&[]);
    assert_eq!(result, Err(CallError::Empty { function: "userNonce(address)" }));
    let result = decode_return::<Permissions::userNonceCall>(&[1, 2, 3]);
    assert!(matches!(result, Err(CallError::Malformed { .. })));
}

#[test]
fn reverts_follow_the_vectors() {
    let file = vectors("08-reverts.json");
    let items = file["items"].as_array().unwrap();
    assert_eq!(items.len(), 20);
    for item in items {
        let name = text(item, "name");
        if !item["reverts"].as_bool().unwrap() {
            let data = octets(item, "returndata");
            let id = decode_return::<Permissions::addServerFilesAndPermissionsCall>(&data);
            assert_eq!(id, Ok(U256::from(2)), "{name}");
            continue;
        }
        let reason = RevertReason::decode(&octets(item, "revert_data"));
        let expected = text(item, "error").split('(').next().unwrap();
        assert_eq!(reason.name(), expected, "{name}");
        match reason {
            RevertReason::InvalidNonce { expected, provided } => {
                let wanted = match name {
                    "replay_same_nonce" => (1, 0),
                    "nonce_ahead" => (1, 5),
                    _ => (0, 1),
                };
                assert_eq!((expected, provided), (U256::from(wanted.0), U256::from(wanted.1)));
            }
            RevertReason::NotFileOwner { owner, requestor } => {
                assert_eq!(owner.to_string(), "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
                assert_eq!(requestor.to_string(), "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65");
            }
            RevertReason::InvalidSchemaIdsLength { files, schema_ids: other }
            | RevertReason::InvalidPermissionsLength { files, permissions: other } => {
                assert_eq!((files, other), (U256::from(1), U256::ZERO));
            }
            _ => {}
        }
    }
}

#[test]
fn other_reverts_have_names_too() {
    let revert = alloy_sol_types::Revert::from("out of luck").abi_encode();
    assert_eq!(RevertReason::decode(&revert), RevertReason::Message("out of luck".to_owned()));
    let panic = alloy_sol_types::Panic::from(0x11).abi_encode();
    assert_eq!(RevertReason::decode(&panic), RevertReason::Panic(U256::from(0x11)));
    assert_eq!(RevertReason::decode(&[]), RevertReason::Empty);
    for unknown in [&[0xde, 0xad, 0xbe, 0xef][..], &[0xde], &Permissions::InvalidNonce::SELECTOR] {
        assert_eq!(RevertReason::decode(unknown).name(), "unknown", "{unknown:?}");
    }
    let reason = RevertReason::InvalidNonce { expected: U256::from(1), provided: U256::ZERO };
    assert_eq!(reason.to_string(), "InvalidNonce(1, 0)");
}

#[test]
fn every_declared_error_is_known() {
    let file = vectors("09-abi.json");
    let errors = file["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 24);
    for (signature, selector) in errors {
        let mut data = hex::decode(&selector.as_str().unwrap()[2..]).unwrap();
        data.resize(4 + 64, 0);
        let reason = RevertReason::decode(&data);
        let expected = match signature.as_str() {
            "NotFileOwner()" => "NotFileOwnerRole",
            other => other.split('(').next().unwrap(),
        };
        assert_eq!(reason.name(), expected, "{signature}");
    }
}

#[test]
fn selectors_topics_and_addresses_follow_the_vectors() {
    let file = vectors("09-abi.json");
    let functions = [
        function::<Permissions::addServerFilesAndPermissionsCall>(),
        function::<Permissions::userNonceCall>(),
        function::<Permissions::permissionsCall>(),
        function::<Permissions::permissionsCountCall>(),
        function::<Grantees::granteesCall>(),
        function::<Grantees::granteesV2Call>(),
        function::<Grantees::granteesCountCall>(),
        function::<Grantees::granteeAddressToIdCall>(),
        function::<Grantees::registerGranteeCall>(),
        function::<Registry::filesCall>(),
        function::<Registry::fileIdByUrlCall>(),
        function::<Registry::filePermissionsCall>(),
        function::<Servers::serversCall>(),
        function::<Servers::serverAddressToIdCall>(),
        function::<Multicall3::aggregate3ValueCall>(),
    ];
    assert_same(&file["functions"], functions);
    let events = [
        event::<Permissions::PermissionAdded>(),
        event::<Servers::ServerRegistered>(),
        event::<Servers::ServerTrusted>(),
        event::<Registry::FileAdded>(),
        event::<Registry::FileAddedV2>(),
        event::<Registry::PermissionGranted>(),
        event::<Grantees::GranteeRegistered>(),
    ];
    assert_same(&file["events"], events);
    for chain in [addresses::MOKSHA_CHAIN_ID, addresses::MAINNET_CHAIN_ID] {
        let listed = &file["addresses"][chain.to_string()];
        for (name, expected) in [
            ("DataPortabilityPermissions", addresses::PERMISSIONS),
            ("DataPortabilityServers", addresses::SERVERS),
            ("DataPortabilityGrantees", addresses::GRANTEES),
            ("DataRegistry", addresses::REGISTRY),
            ("Multicall3", addresses::MULTICALL),
        ] {
            assert_eq!(text(listed, name), expected.to_string());
        }
    }
}

fn function<C: SolCall>() -> (&'static str, String) {
    (C::SIGNATURE, format!("0x{}", hex::encode(C::SELECTOR)))
}

fn event<E: SolEvent>() -> (&'static str, String) {
    (E::SIGNATURE, E::SIGNATURE_HASH.to_string())
}

fn assert_same<const N: usize>(listed: &Value, ours: [(&'static str, String); N]) {
    let listed = listed.as_object().unwrap();
    assert_eq!(listed.len(), N);
    for (signature, identifier) in ours {
        assert_eq!(listed[signature], identifier, "{signature}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_a_user_signs_recovers_to_the_user(
        key in 1_u64..,
        chain in any::<u64>(),
        nonce in any::<u64>(),
        grant in ".{0,80}",
        urls in prop::collection::vec(".{0,40}", 0..4),
        server in any::<[u8; 20]>(),
    ) {
        let user = alloy_signer_local::Secp256k1Signer::from_bytes(&U256::from(key).into()).unwrap();
        let permission = Permission { account: server.into(), key: grant.clone() };
        let message = ServerFilesAndPermission {
            nonce: U256::from(nonce),
            granteeId: U256::from(1),
            schemaIds: vec![U256::ZERO; urls.len()],
            filePermissions: vec![vec![permission]; urls.len()],
            fileUrls: urls,
            serverUrl: grant.clone(),
            grant,
            serverAddress: server.into(),
            serverPublicKey: String::new(),
        };
        let domain = PermissionDomain::new(chain, addresses::PERMISSIONS);
        let signature = domain.sign(&message, &user).unwrap();
        prop_assert_eq!(domain.recover(&message, &signature), Ok(user.address()));
        let data = add_server_files_and_permissions(message.clone(), &signature);
        let call = Permissions::addServerFilesAndPermissionsCall::abi_decode_validate(&data).unwrap();
        prop_assert_eq!(call.serverFilesAndPermissionInput, message);
        prop_assert_eq!(call.signature.to_vec(), signature.to_vec());
    }

    #[test]
    fn arbitrary_revert_data_have_a_name(data in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(!RevertReason::decode(&data).name().is_empty());
    }
}
