//! Mistakes of newcomers, and nothing said of what is right.

use serde_json::{Value, json};
use swell_core::target::Target;

use super::*;

fn mistakes_of(text: &str) -> Vec<String> {
    let table = DeTable::parse(text).unwrap();
    mistakes(text, &table).into_iter().map(|(line, words)| format!("{line}: {words}")).collect()
}

/// The commented target file, with `from` replaced by `to`.
fn with(from: &str, to: &str) -> String {
    let text = include_str!("../../init/target.toml");
    assert!(text.contains(from), "{from}");
    mistakes_of(&text.replace(from, to)).join("\n")
}

#[test]
fn each_mistake_is_a_sentence_with_key_finding_and_expectation() {
    let relayer = "relayer = { env = \"SWELL_RELAYER_KEY\" }";
    let said = [
        with(
            "0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF",
            "0xD54523048AdD05b4d734aFaE7C68324Ebb73",
        ),
        with("\"0x8325C0A0948483EdA023A1A2Fd895e62C5131234\"", "5"),
        with("kind = \"sandbox\"", "kind = 4"),
        with("kind = \"sandbox\"", "kindd = \"sandbox\""),
        with("kind = \"sandbox\"", "kind = \"gsc\""),
        with("kind = \"sandbox\"\n", ""),
        with("kind = \"sandbox\"", "kind = \"gcs\""),
        with("funds = \"real\"", "funds = \"worthles\""),
        with("grantee_id = 1", "grante-id = 1"),
        with("grantee_id = 1", "grantee_id = -1"),
        with("grantee_id = 1", "colour = 1"),
        with("id = 14800", "id = \"hunter2\""),
        with("rpc = [\"https://rpc.moksha.vana.org\"]", "rpc = \"https://rpc.moksha.vana.org\""),
        with("name = \"moksha\"", ""),
        with("[server]", "[sever]"),
        with("block_s = 6.0", "block_s = \"6s\""),
        with(relayer, "relayer = {}"),
        with(relayer, "relayer = \"hunter2\""),
        with(relayer, "relayer = \"publised\""),
        with(relayer, "relayer = { enf = \"SWELL_RELAYER_KEY\" }"),
        with(relayer, "relayer = { env = \"A\", file = \"b\" }"),
        with(relayer, "relayer = { env-file = { path = \".env\" } }"),
        with(relayer, "relayer = { keystore = 5 }"),
    ];
    let said = said.join("\n");
    assert!(!said.contains("hunter2"), "{said}");
    insta::assert_snapshot!(said);
}

/// A target with every key, once for each storage.
fn whole_targets() -> Vec<Value> {
    let secret = json!({"env": "A"});
    let [address, url] = ["0x8325c0a0948483eda023a1a2fd895e62c5131234", "http://h"];
    let storages = [
        json!({"kind": "sandbox", "url": url}),
        json!({"kind": "gcs", "bucket": "b", "prefix": "p", "credentials": secret,
               "signed_urls": "v4", "url": url}),
        json!({"kind": "s3", "bucket": "b", "region": "r", "endpoint": url, "prefix": "p",
               "access_key_id": secret, "secret_access_key": {"file": "f"},
               "session_token": {"env-file": {"path": ".env", "variable": "T"}}, "urls": "public"}),
        json!({"kind": "pinata", "jwt": secret, "url": url}),
        json!({"kind": "local", "folder": "f", "listen": "127.0.0.1:1", "url": url}),
    ];
    let keys = [
        json!({"relayer": "stdin", "application": "published"}),
        json!({"relayer": {"keystore": "k"}, "application": {"file": "f"}}),
        json!({"relayer": {"keystore": {"file": "k", "password_env": "P"}},
               "application": {"keystore": {"file": "k", "password_file": "p"}}}),
        json!({"relayer": {"env-file": {"path": ".env", "variable": "V"}}, "application": secret}),
    ];
    let whole = |(at, storage): (usize, Value)| {
        json!({
            "format": 1, "name": "n",
            "chain": {"id": 1, "rpc": [url], "ws": [url], "finality_blocks": 3, "funds": "real"},
            "contracts": {"permissions": address, "grantees": address, "servers": address,
                          "registry": address, "multicall": address, "schemas": address},
            "storage": storage,
            "server": {"url": url, "grantee_id": 1, "through": "application",
                       "application_url": url},
            "relay": {"url": url}, "keys": keys[at % keys.len()],
            "expected": {"journey_s": 1.0, "block_s": 1.0, "operations_per_hour": 1,
                         "identities_per_minute": 1, "url_chars": 1, "poll_interval_s": 1.0,
                         "rpc_per_s": 1.0},
        })
    };
    storages.into_iter().enumerate().map(whole).collect()
}

#[test]
fn what_a_target_can_say_is_right_and_nothing_else_is() {
    for whole in whole_targets() {
        let target: Target = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(serde_json::to_value(&target).unwrap(), whole, "every key is there");
        assert_eq!(mistakes_of(&toml::to_string(&target).unwrap()), [""; 0]);
        // What is missing here is missing there, and what is strange here is strange there.
        for path in paths(&whole, "") {
            let without = changed(&whole, &path, None);
            let text = toml::to_string(&without).unwrap();
            let is_right = serde_json::from_value::<Target>(without).is_ok();
            assert_eq!(mistakes_of(&text).is_empty(), is_right, "without {path}");
            let strange = changed(&whole, &path, Some(json!([[true]])));
            let text = toml::to_string(&strange).unwrap();
            assert!(serde_json::from_value::<Target>(strange).is_err());
            assert!(!mistakes_of(&text).is_empty(), "strange {path}");
        }
    }
}

/// The JSON pointer of every value in tables.
fn paths(value: &Value, path: &str) -> Vec<String> {
    let Value::Object(members) = value else { return Vec::new() };
    let each = members.iter().flat_map(|(name, value)| {
        let path = format!("{path}/{name}");
        [vec![path.clone()], paths(value, &path)].concat()
    });
    each.collect()
}

/// `whole` with another value at `path`, or none.
fn changed(whole: &Value, path: &str, value: Option<Value>) -> Value {
    let mut whole = whole.clone();
    let (table, name) = path.rsplit_once('/').unwrap();
    let table = whole.pointer_mut(table).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(table.insert(name.to_owned(), value)),
        None => drop(table.remove(name)),
    }
    whole
}
