use proptest::prelude::*;

use super::*;
use crate::test_support::{text, vectors};

const NOW: u64 = 1_758_650_000;

fn grantee() -> Address {
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC".parse().unwrap()
}

fn good() -> GrantFile {
    GrantFile::inference(grantee(), "Say hello")
}

#[test]
fn the_uploaded_text_and_its_hash_follow_the_vectors() {
    let file = vectors("04-grant-file.json");
    let uploaded = text(&file, "uploaded_utf8");
    let grant = GrantFile::parse(uploaded).unwrap();
    let built = GrantFile::inference(grantee(), grant.prompt().unwrap());
    assert_eq!(built, grant);
    assert_eq!(built.to_text(), uploaded);
    assert_eq!(uploaded.len() as u64, file["uploaded_length"].as_u64().unwrap());
    assert_eq!(built.hash(), keccak256(text(&file, "hash_preimage_utf8")));
    assert!(built.wants_json());
}

#[test]
fn cases_are_accepted_or_refused_as_the_vectors_say() {
    let file = vectors("04-grant-file.json");
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let name = text(case, "name");
        let parsed = GrantFile::parse(&case["grant"].to_string());
        let outcome = text(case, "sdk_validateGrant");
        if outcome.starts_with("GrantSchemaError") {
            let error = parsed.unwrap_err();
            assert_eq!(error.code(), ErrorCode::GrantValidation, "{name}");
            continue;
        }
        let grant = parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(grant.hash().to_string(), text(case, "sdk_getGrantFileHash"), "{name}");
        let checked = grant.check(grantee(), NOW, ServerGeneration::September);
        match name {
            "good" | "good with expires" => assert!(checked.is_ok(), "{name}"),
            "expired" => {
                assert!(outcome.starts_with("GrantExpiredError"));
                assert!(matches!(checked, Err(GrantError::Expired { expires: 5, now: NOW })));
            }
            // Only the server compares the text.
            "lower-case grantee" => {
                assert!(matches!(checked, Err(GrantError::OtherGrantee { .. })));
            }
            other => panic!("{other} was not expected to have the right shape"),
        }
    }
}

#[test]
fn refusals_carry_the_codes_of_the_server() {
    for (text, code) in [
        ("not JSON", ErrorCode::FileAccess),
        ("{}", ErrorCode::FileAccess),
        ("[1]", ErrorCode::GrantValidation),
        ("{\"grantee\":7}", ErrorCode::GrantValidation),
    ] {
        assert_eq!(GrantFile::parse(text).unwrap_err().code(), code, "{text}");
    }
    let with_format = |format: Value| {
        let mut grant = good();
        grant.parameters.insert("response_format".to_owned(), format);
        grant.check(grantee(), NOW, ServerGeneration::September)
    };
    for format in
        [json!({"type": "xml"}), json!("text"), json!({}), json!({"type": "text", "a": 1})]
    {
        assert_eq!(with_format(format).unwrap_err().code(), ErrorCode::Validation);
    }
    assert!(with_format(json!({"type": "text"})).is_ok());
    let mut grant = good();
    grant.parameters.remove("response_format");
    assert!(grant.check(grantee(), NOW, ServerGeneration::September).is_ok());
}

#[test]
fn operations_depend_on_the_generation() {
    let mut grant = good();
    grant.operation = "prompt_qwen_agent".to_owned();
    let error = grant.check(grantee(), NOW, ServerGeneration::September).unwrap_err();
    assert_eq!(error.code(), ErrorCode::GrantValidation);
    assert!(grant.check(grantee(), NOW, ServerGeneration::October).is_ok());
}

#[test]
fn an_expiry_of_zero_counts_as_absent_and_the_last_second_is_valid() {
    let mut grant = good();
    for (expires, valid) in [(0, true), (NOW, true), (NOW - 1, false)] {
        grant.expires = Some(expires);
        let checked = grant.check(grantee(), NOW, ServerGeneration::September);
        assert_eq!(checked.is_ok(), valid, "{expires}");
    }
}

#[test]
fn messages_name_what_was_found_and_what_is_expected() {
    let message = |text: &str| GrantFile::parse(text).unwrap_err().to_string();
    assert_eq!(
        message(r#"{"grantee":"0x12","operation":"a","parameters":{}}"#),
        r#"grantee in the grant file is "0x12", expected an address of 0x and 40 digits"#
    );
    let long = format!(r#"{{"grantee":"{}","operation":"a","parameters":{{}}}}"#, "é".repeat(500));
    assert!(message(&long).chars().count() < 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parsing_what_was_built_gives_it_back(
        octets in any::<[u8; 20]>(),
        prompt in ".{0,200}",
        operation in ".{1,20}",
        extra in prop::collection::btree_map("[a-z]{1,8}", any::<i64>(), 0..4),
        expires in prop::option::of(any::<u64>()),
    ) {
        let mut grant = GrantFile::inference(octets.into(), &prompt);
        grant.operation = operation;
        grant.expires = expires;
        grant.parameters.extend(extra.into_iter().map(|(key, value)| (key, value.into())));
        let parsed = GrantFile::parse(&grant.to_text()).unwrap();
        prop_assert_eq!(parsed.hash(), grant.hash());
        prop_assert_eq!(parsed, grant);
    }
}
