use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{key::key_index, *};
use crate::{
    ecies,
    permissions::SignatureError,
    test_support::{octets, rng, signer, text, vectors},
};

/// Reads `value` as a `T` and demands that writing it gives the same JSON again.
fn round_trip<T: Serialize + DeserializeOwned>(value: &Value) -> T {
    let parsed = serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e}: {value}"));
    assert_eq!(&serde_json::to_value(&parsed).unwrap(), value);
    parsed
}

fn keys() -> ServerKeys {
    ServerKeys::from_mnemonic(text(&vectors("11-personal-server.json"), "identity_mnemonic"))
        .unwrap()
}

#[test]
fn keys_and_identities_follow_the_vectors() {
    let file = vectors("11-personal-server.json");
    let keys = keys();
    let items = file["identity"].as_array().unwrap();
    assert_eq!(items.len(), 5);
    for item in items {
        let user = text(item, "user_address");
        let address = user.parse().unwrap();
        assert_eq!(u64::from(key_index(address)), item["index"].as_u64().unwrap());
        let key = keys.for_user(address).unwrap();
        assert_eq!(u64::from(key.index()), item["index"].as_u64().unwrap());
        assert_eq!(key.secret().secret_bytes().to_vec(), octets(item, "private_key"));
        assert_eq!(key.public_key_text(), text(item, "public_key"));
        assert_eq!(key.address().to_string(), text(item, "server_address"));
        assert_eq!(round_trip::<Identity>(&item["identity_response"]), key.identity(user));
        let (address, recipient) = key.identity(user).personal_server.keys().unwrap();
        assert_eq!(address, key.address());
        let sealed = ecies::encrypt(b"password", &recipient, &mut rng(1));
        assert_eq!(ecies::decrypt_hex(&sealed, key.secret()).unwrap().as_slice(), b"password");
    }
}

#[test]
fn a_public_key_without_its_leading_octet_is_completed() {
    let identity = keys().for_user(alloy_primitives::Address::ZERO).unwrap().identity("0x");
    let PersonalServer { address, public_key, .. } = identity.personal_server.clone();
    let older = PersonalServer::new(address.clone(), public_key.replacen("0x04", "0x", 1));
    assert_eq!(older.keys(), identity.personal_server.keys());

    let twice = PersonalServer::new(address, public_key.replacen("0x04", "0x0404", 1));
    assert!(matches!(twice.keys(), Err(IdentityError::PublicKey(_))));
}

#[test]
fn an_identity_whose_address_is_not_its_keys_is_refused() {
    let keys = keys();
    let of = |last| {
        let user = alloy_primitives::Address::with_last_byte(last);
        keys.for_user(user).unwrap().identity("0x").personal_server
    };
    let mixed = PersonalServer::new(of(1).address, of(2).public_key);
    assert!(matches!(mixed.keys(), Err(IdentityError::Mismatch { .. })));
    let broken = PersonalServer::new("0x12".to_owned(), of(2).public_key);
    assert!(matches!(broken.keys(), Err(IdentityError::Address { .. })));
}

#[test]
fn mnemonics_of_other_lengths_are_refused() {
    for (text, found) in [("", 0), ("test test junk", 3)] {
        assert_eq!(ServerKeys::from_mnemonic(text).unwrap_err(), MnemonicError::Words { found });
    }
}

#[test]
fn long_mnemonics_derive_as_bip_39_says() {
    // 24 words are longer than HMAC's block. Address from the reference implementations of BIP-39
    // and BIP-44 for this well-known phrase, at index 0.
    let phrase = format!("{} art", ["abandon"; 23].join(" "));
    let keys = ServerKeys::from_mnemonic(&phrase).unwrap();
    assert_eq!(
        keys.at(0).unwrap().address().to_string(),
        "0xF278cF59F82eDcf871d630F28EcC8056f25C1cdb"
    );
}

#[test]
fn operation_requests_follow_the_vectors() {
    let file = vectors("11-personal-server.json");
    let app = signer(&file["signature"], "signer_private_key");
    let items = file["signature"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    for (item, request) in items.iter().zip(&file["sdk_requests"].as_array().unwrap()[1..]) {
        let id = item["permission_id"].as_u64().unwrap();
        let create = sign_operation(id, &app).unwrap();
        assert_eq!(create.operation_request_json, text(item, "operation_request_json"));
        assert_eq!(create.app_signature, text(item, "app_signature"));
        assert_eq!(serde_json::to_string(&create).unwrap(), text(request, "body"));
        assert_eq!(round_trip::<CreateOperation>(&request["body_json"]), create);
        assert_eq!(parse_operation_request(&create.operation_request_json), Ok(id));
        for signature in [&create.app_signature[..], &create.app_signature[2..]] {
            let signer = recover_app(&create.operation_request_json, signature);
            assert_eq!(signer, Ok(app.address()));
        }
        let spaced = create.operation_request_json.replace(':', ": ");
        assert_ne!(recover_app(&spaced, &create.app_signature), Ok(app.address()));
        assert_eq!(parse_operation_request(&spaced), Ok(id));
    }
    assert_eq!(recover_app("{}", "0x1234"), Err(SignatureError::Length { found: 2 }));
    assert_eq!(recover_app("{}", "hello"), Err(SignatureError::NotHex));
}

#[test]
fn artifact_signatures_recover_too() {
    let file = vectors("11-personal-server.json");
    let items = file["signature"]["artifact_items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    let signer = recover_app(text(&items[0], "signed_text"), text(&items[0], "signature")).unwrap();
    assert_eq!(signer.to_string(), text(&file["signature"], "signer"));
}

#[test]
fn wrong_operation_requests_get_the_codes_of_the_server() {
    use ErrorCode::{InternalServer, ValidationOperationRequestJson, ValidationPermissionId};
    for (text, code) in [
        ("{\"permission_id\":", ValidationOperationRequestJson),
        ("{\"foo\":1}", ValidationOperationRequestJson),
        ("[1]", ValidationOperationRequestJson),
        ("{\"permission_id\":1,\"parameters\":{}}", ValidationOperationRequestJson),
        ("{\"permission_id\":0}", ValidationPermissionId),
        ("{\"permission_id\":-3}", ValidationPermissionId),
        ("{\"permission_id\":\"1\"}", InternalServer),
    ] {
        assert_eq!(parse_operation_request(text).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn every_recorded_answer_is_read_and_written_back() {
    let file = vectors("11-personal-server.json");
    let responses = file["responses"].as_array().unwrap();
    assert_eq!(responses.len(), 44);
    let mut errors = 0;
    for response in responses {
        for generation in ["september_2025", "main_october_2025"] {
            let answer = &response[generation];
            if answer.is_null() {
                continue;
            }
            let body = &answer["body"];
            match answer["status"].as_u64().unwrap() {
                200 => drop(round_trip::<OperationStatus>(body)),
                202 => drop(round_trip::<OperationCreated>(body)),
                204 => assert_eq!(body, ""),
                status => {
                    let error: ErrorBody = round_trip(body);
                    check_error(&error, status);
                    errors += 1;
                }
            }
        }
    }
    assert_eq!(errors, 69);
}

fn check_error(error: &ErrorBody, status: u64) {
    assert_eq!(u64::from(error.status()), status);
    assert!(!error.message().is_empty());
    match (&error.detail, error.code()) {
        (ErrorDetail::Validation(issues), None) => {
            assert_eq!(status, 422);
            assert!(!issues.is_empty());
        }
        (_, Some(code)) => {
            assert_eq!(code.status().map(u64::from), Some(status), "{code}");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        other => panic!("{other:?} is not expected with {status}"),
    }
}

#[test]
fn results_give_their_text_in_both_generations() {
    let file = vectors("11-personal-server.json");
    let responses = file["responses"].as_array().unwrap();
    let name = "status after success, JSON mode";
    let response = responses.iter().find(|response| response["name"] == name).unwrap();
    for (key, generation) in [
        ("september_2025", ServerGeneration::September),
        ("main_october_2025", ServerGeneration::October),
    ] {
        let status: OperationStatus = round_trip(&response[key]["body"]);
        assert_eq!(status.status, OperationState::Succeeded);
        let expected = OperationResult::new("{\"a\": 1}".to_owned(), generation);
        assert_eq!(status.result, Some(expected));
        assert_eq!(status.result.unwrap().into_text(), "{\"a\": 1}");
    }
    let object: OperationResult = serde_json::from_value(json!({"a": 1})).unwrap();
    assert_eq!(object, OperationResult::Json(json!({"a": 1})));
    assert_eq!(object.into_text(), "{\"a\":1}");
}

#[test]
fn only_ended_operations_are_final() {
    for (text, is_final) in [
        ("starting", false),
        ("processing", false),
        ("succeeded", true),
        ("failed", true),
        ("canceled", true),
    ] {
        let state: OperationState = round_trip(&json!(text));
        assert_eq!(state.as_str(), text);
        assert_eq!(state.is_final(), is_final, "{text}");
    }
    assert!(serde_json::from_value::<OperationState>(json!("cancelled")).is_err());
}

#[test]
fn built_answers_equal_the_recorded_ones() {
    let file = vectors("11-personal-server.json");
    let recorded = |name: &str| {
        let responses = file["responses"].as_array().unwrap();
        let response = responses.iter().find(|response| response["name"] == name).unwrap();
        response["september_2025"].clone()
    };
    let written = |body: &ErrorBody| serde_json::to_value(body).unwrap();

    let limited = RateLimited { limit: 3, reset_unix_s: 1_795_418_400, retry_after_s: 3 };
    let answer = recorded("rate limited");
    assert_eq!(written(&limited.body()), answer["body"]);
    for (name, value) in limited.headers() {
        assert_eq!(answer["headers"][name], value, "{name}");
    }

    let empty = ErrorBody::validation(vec![
        ValidationIssue::missing(["body", "app_signature"], json!({})),
        ValidationIssue::missing(["body", "operation_request_json"], json!({})),
    ]);
    assert_eq!(written(&empty), recorded("body {}")["body"]);
    let not_json = ErrorBody::validation(vec![ValidationIssue::not_json(0, "Expecting value")]);
    assert_eq!(written(&not_json), recorded("body not JSON")["body"]);
    let missing =
        ErrorBody::validation(vec![ValidationIssue::missing(["query", "address"], Value::Null)]);
    assert_eq!(written(&missing), recorded("identity without address")["body"]);
    let zero = ErrorBody::new(
        ErrorCode::ValidationPermissionId,
        "Valid permission ID is required",
        Some("permission_id"),
    );
    assert_eq!(written(&zero), recorded("permission_id 0")["body"]);
}

#[test]
fn codes_and_failures_of_other_kinds_are_read_too() {
    let other: ErrorBody = round_trip(&json!({
        "detail": {"kind": "Error", "detail": "x", "error_code": "NEW_ERROR", "field": null}
    }));
    assert_eq!(other.code(), Some(&ErrorCode::Other("NEW_ERROR".to_owned())));
    let uncaught: ErrorBody =
        round_trip(&json!({"detail": "Internal server error", "traceback": "line 1"}));
    assert_eq!(uncaught.message(), "Internal server error");
}

#[test]
fn secrets_do_not_show() {
    let keys = keys();
    let key = keys.for_user(alloy_primitives::Address::ZERO).unwrap();
    let shown = format!("{keys:?} {key:?}");
    assert!(!shown.contains(&hex::encode(key.secret().secret_bytes())), "{shown}");
}

#[test]
fn wrong_bodies_get_the_recorded_answers() {
    let file = vectors("11-personal-server.json");
    let recorded = |name: &str, generation: &str| {
        let responses = file["responses"].as_array().unwrap();
        let response = responses.iter().find(|response| response["name"] == name).unwrap();
        response[generation].clone()
    };
    let item = &file["signature"]["items"][1];
    let signature = text(item, "app_signature");
    let request = text(item, "operation_request_json");
    let body = |signature: &str, request: &str| {
        json!({ "app_signature": signature, "operation_request_json": request }).to_string()
    };
    let september = ServerGeneration::September;
    let october = ServerGeneration::October;
    for (name, sent, generation, key) in [
        ("body {}", "{}".to_owned(), september, "september_2025"),
        ("body {}", "{}".to_owned(), october, "main_october_2025"),
        ("body not JSON", "hello".to_owned(), september, "september_2025"),
        ("signature too short", body("0x1234", request), october, "main_october_2025"),
        ("signature without 0x", body(&signature[2..], request), october, "main_october_2025"),
        ("no permission_id", body(signature, "{\"foo\":1}"), october, "main_october_2025"),
    ] {
        let error = CreateOperation::parse(sent.as_bytes(), generation).unwrap_err();
        let answer = recorded(name, key);
        assert_eq!(serde_json::to_value(&error).unwrap(), answer["body"], "{name}");
        assert_eq!(error.status(), 422);
    }
    for (name, sent) in [
        ("signature too short", body("0x1234", request)),
        ("signature without 0x", body(&signature[2..], request)),
        ("broken JSON text", body(signature, "{\"permission_id\":")),
    ] {
        let parsed = CreateOperation::parse(sent.as_bytes(), september);
        assert!(parsed.is_ok(), "{name} is not a question of shape in September");
    }
    let broken = body(signature, "{\"permission_id\":");
    for sent in ["[]", "{\"app_signature\":1,\"operation_request_json\":\"{}\"}", &broken] {
        let error = CreateOperation::parse(sent.as_bytes(), october).unwrap_err();
        assert_eq!(error.status(), 422, "{sent}");
    }
    let good = CreateOperation::parse(body(signature, request).as_bytes(), october).unwrap();
    assert_eq!(good.app_signature, signature);
}

#[test]
fn wrong_identity_addresses_get_the_recorded_answers() {
    let file = vectors("11-personal-server.json");
    let responses = file["responses"].as_array().unwrap();
    for (name, address) in
        [("identity with a malformed address", Some("0x1234")), ("identity without address", None)]
    {
        let response = responses.iter().find(|response| response["name"] == name).unwrap();
        for (key, generation) in [
            ("september_2025", ServerGeneration::September),
            ("main_october_2025", ServerGeneration::October),
        ] {
            let error = parse_identity_address(address, generation).unwrap_err();
            assert_eq!(serde_json::to_value(&error).unwrap(), response[key]["body"], "{name}");
            assert_eq!(json!(error.status()), response[key]["status"], "{name}");
        }
    }
    let user = text(&file["identity"][0], "user_address");
    for text in [user, &user.to_lowercase()] {
        let address = parse_identity_address(Some(text), ServerGeneration::October);
        assert_eq!(address, Ok(user.parse().unwrap()));
    }
}
