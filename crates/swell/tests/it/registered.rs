//! Networks by name, a `.env` as it is, and what must be registered before a run.

use alloy_primitives::B256;
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use swell_chain::{FeeQuote, RelayerKey, TxSpec};
use swell_core::units::{Gas, WeiPerGas};
use swell_sandbox::contracts::SCHEMAS;
use swell_sandbox::keys::{PUBLISHED_APPLICATION_KEY, PUBLISHED_RELAY_KEY, PUBLISHED_RELAYER_KEY};
use swell_vana::permissions::{self, contracts::DataRefinerRegistry};

use crate::http;
use crate::program::{Finished, Home};
use crate::report::{assert_all_succeeded, assert_sound, count, list};
use crate::served::serve;
use crate::storage::serve_here;

/// Wants `code`, and `words` in what was printed, whose lines end anywhere.
#[track_caller]
fn says(finished: Finished, code: i32, words: &[&str]) {
    let finished = finished.expect_exit(code);
    let text = format!("{} {}", finished.stdout, finished.stderr);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

/// The target file of a served sandbox, with `from` replaced by `to`.
fn changed(home: &Home, from: &str, to: &str) -> String {
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    assert!(target.contains(from), "no {from:?} in {target}");
    home.write("changed.toml", &target.replace(from, to))
}

#[test]
fn data_is_checked_against_a_schema_of_the_chain() {
    let home = Home::new("schema");
    // So few that come at random may come too slowly for the throughput that is asked for.
    let load = "run --virtual --users 20 --rate 5 --arrivals constant --schema-id 1";
    let load: Vec<&str> = load.split(' ').collect();
    home.swell(&load).finish().expect_exit(0);
    assert_sound(&home.report());
    assert_all_succeeded(&home.report(), 20);
    let check = ["check", "--virtual", "--schema-id"];
    let known = home.swell(&[&check[..], &["1"]].concat()).finish();
    says(known, 0, &["the users' data satisfies schema 1 (\"Swell user profile\") of the chain"]);
    let unknown = home.swell(&[&check[..], &["9"]].concat()).finish();
    says(
        unknown,
        3,
        &["schema 9 of the contract 0x93c3EF89369fDcf08Be159D9DeF0F18AB6Be008c cannot"],
    );
}

/// Registers the definition at `url` as a schema on the chain of the sandbox at `sandbox`, which
/// answers slowly enough to be asked for the receipt until it is there.
fn add_schema(sandbox: &str, url: &str) {
    let call = DataRefinerRegistry::addSchemaCall {
        name: "Few sessions".into(),
        dialect: "json".into(),
        definitionUrl: url.to_owned(),
    };
    let spec = TxSpec::call(SCHEMAS, Gas(500_000), permissions::encode(&call));
    let gwei = |count: u128| WeiPerGas(count * 1_000_000_000);
    let quote = FeeQuote { max_fee: gwei(20), tip: gwei(1), legacy: false };
    let key = RelayerKey::from_bytes(PUBLISHED_RELAY_KEY.0).unwrap();
    let tx = spec.sign(key.account(), 14_800, 0, &quote);
    let rpc = format!("{sandbox}/rpc");
    let hash: B256 = tx.hash;
    assert_eq!(http::rpc(&rpc, "eth_sendRawTransaction", &json!([tx.raw])), json!(hash));
    let receipt = loop {
        let receipt = http::rpc(&rpc, "eth_getTransactionReceipt", &json!([hash]));
        if !receipt.is_null() {
            break receipt;
        }
    };
    assert_eq!(receipt["status"], "0x1", "{receipt}");
}

#[test]
fn users_whose_data_does_not_satisfy_the_schema_fail_with_its_class() {
    let home = Home::new("schema-fails");
    let (_sandbox, url) = serve(&home, &["--retain-all", "--latency", "20ms"]);
    // One user in twenty-five has more sessions. None of the check's samples does.
    let definition = json!({ "name": "Few sessions", "dialect": "json", "schema": {
        "type": "object",
        "required": ["activity"],
        "properties": { "activity": { "properties": { "sessionCount": { "maximum": 96 } } } },
    } });
    let definition = definition.to_string();
    let router = |_: &str| Router::new().route("/few.json", get(|| async { definition }));
    let (elsewhere, _served) = serve_here(router);
    add_schema(&url, &format!("{elsewhere}/few.json"));
    let target = ["--target", "target.toml", "--schema-id", "2", "--seed", "1"];
    let checked = home.swell(&[&["check"], &target[..]].concat()).finish();
    says(checked, 0, &["the users' data satisfies schema 2 (\"Few sessions\") of the chain"]);
    let load = ["run", "--users", "100", "--rate", "50", "--s2k", "fast"];
    let judged = ["--no-default-thresholds", "--threshold", "success >= 80%"];
    home.swell(&[&load, &target[..], &judged].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    let failed = count(&report, "/outcomes/failed");
    assert!(failed > 0, "{}", report["outcomes"]);
    assert_eq!(report["outcomes"]["by_class"], json!({ "schema": failed }));
    let [row] = list(&report, "/failures") else { panic!("{}", report["failures"]) };
    assert_eq!((&row["class"], &row["step"]), (&json!("schema"), &json!("encrypt")));
    for sample in list(row, "/samples") {
        let body = sample["body"].as_str().unwrap();
        let words = "schema 2 is not satisfied at /activity/sessionCount: ";
        assert!(body.starts_with(words), "{body}");
    }
    // Nothing of them was uploaded, or asked for.
    let stats = http::get(&format!("{url}/sandbox/stats"));
    assert_eq!(stats["operations_created"].as_u64(), Some(100 - failed), "{stats}");
    assert_eq!(objects(&report), 2 * (100 - failed));
}

/// What the run uploaded.
fn objects(report: &Value) -> u64 {
    count(&report["storage"][0], "/objects")
}

#[test]
fn what_is_not_registered_is_said_with_how_to_get_it() {
    let home = Home::new("registered");
    let (_sandbox, url) = serve(&home, &[]);
    let check =
        |target: &str| home.swell(&["check", "--target", target]).env("MY_KEY", KEY).finish();
    const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    let other_grantee = changed(&home, "grantee_id = 1", "grantee_id = 7");
    says(
        check(&other_grantee),
        3,
        &[
            "knows no grantee 7, and 0x",
            "is its grantee 1; register",
            "registerGrantee(address owner,",
        ],
    );
    let other_key =
        changed(&home, "application = \"published\"", "application = { env = \"MY_KEY\" }");
    says(
        check(&other_key),
        3,
        &[
            "grantee 1 is 0x",
            "application key is 0x2c7536E3605D9C16a7a3D7b1898e529396a65c23's",
            "is no grantee of",
        ],
    );
    let unversioned = changed(&home, "/api/v1\"", "\"");
    says(check(&unversioned), 3, &["does not tell its identity", "does not end in /api/v1"]);
    says(check("target.toml"), 0, &[&url, "which is new to the chain"][1..]);
    // A contract, and not the one that the permissions contract calls.
    let [servers, registry] =
        [swell_sandbox::contracts::SERVERS, swell_sandbox::contracts::REGISTRY];
    let (named, other) = (format!("servers = \"{servers:?}"), format!("servers = \"{registry:?}"));
    says(
        check(&changed(&home, &named, &other)),
        0,
        &[&format!("registers servers in {servers}"), &format!("contracts.servers is {registry}")],
    );
}

#[test]
fn a_dotenv_of_the_older_load_test_runs_as_it_is() {
    let home = Home::new("dotenv");
    let (_sandbox, url) = serve(&home, &[]);
    let keys = [PUBLISHED_RELAYER_KEY, PUBLISHED_APPLICATION_KEY].map(|key| key.to_string());
    let env = format!(
        "# of another tool\nLOAD_TEST_TOTAL_USERS=12\nLOAD_TEST_DURATION_MINUTES=0.05\n\
         LOAD_TEST_RPC_ENDPOINTS={url}/rpc\nRELAYER_PRIVATE_KEY={}\n\
         API_SERVER_PRIVATE_KEY=\"{}\"\nNEXT_PUBLIC_PERSONAL_SERVER_BASE_URL={url}/api/v1\n\
         LOAD_TEST_MAX_WALLETS=15000\nLOAD_TEST_GAS_LIMT=600000\n",
        keys[0], keys[1]
    );
    home.write(".env", &env);
    let wallets = ["--env-file", ".env", "--journey", "wallet"];
    says(
        home.swell(&[&["check"], &wallets[..]].concat()).finish(),
        0,
        &[
            "moksha (chain 14800)",
            "Variables used LOAD_TEST_TOTAL_USERS users",
            "RELAYER_PRIVATE_KEY the relayer's key",
            "LOAD_TEST_MAX_WALLETS no wallets are made beforehand",
            "no variable is called LOAD_TEST_GAS_LIMT; did you mean LOAD_TEST_GAS_LIMIT?",
        ],
    );
    // Of users that come at random some may come after the end.
    let run = [&["run", "--arrivals", "constant"], &wallets[..]].concat();
    home.swell(&run).finish().expect_exit(0);
    let report = home.report();
    assert_all_succeeded(&report, 12);
    assert_eq!(report["run"]["target"], "moksha");
    // The run can be swept without being told of the file again.
    let id = report["run"]["id"].as_str().unwrap();
    says(home.swell(&["sweep", id, "--yes"]).finish(), 0, &[]);
    for (path, text) in home.files() {
        let is_its_own = path.ends_with(".env");
        for key in &keys {
            assert!(is_its_own || !text.contains(&key[2..]), "a key is in {}", path.display());
        }
    }
    let vana = [&["check", "--target", "vana"], &wallets[..]].concat();
    says(home.swell(&vana).finish(), 3, &["14800", "1480"]);
}
