//! What is wrong is said in one sentence before anything is sent, and no credential is repeated.

use serde_json::json;

use crate::http::rpc;
use crate::program::{Finished, Home};
use crate::served::serve;

/// Wants `code`, and `words` in what is said.
#[track_caller]
fn refused(finished: Finished, code: i32, words: &[&str]) {
    let finished = finished.expect_exit(code);
    for word in words {
        assert!(finished.stderr.contains(word), "no {word:?} in: {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn a_setting_that_cannot_be_is_named_with_what_is_expected() {
    let home = Home::new("settings");
    for (arguments, words) in [
        (&["--users", "0"][..], &["users", "0"][..]),
        (&["--rate", "-3"], &["rate", "-3"]),
        (&["--rate", "NaN"], &["rate", "NaN"]),
        (&["--duration", "soon"], &["duration", "soon"]),
        (&["--spike", "9@"], &["spike", "9@"]),
        (&["--concurrency", "0"], &["concurrency", "0"]),
        (&["--threshold", "p95(respons) < 45s"], &["respons"]),
        (&["--threshold", "p95(step.pol) < 45s"], &["pol"]),
        (&["--preset", "huge"], &["preset", "huge", "full"]),
        (&["--profile", "slow"], &["profile", "slow", "moksha"]),
        (&["--target", "nowhere.toml"], &["nowhere.toml"]),
    ] {
        refused(home.swell(&[&["run"], arguments].concat()).finish(), 2, words);
    }
}

#[test]
fn an_unknown_key_of_a_run_file_gets_a_suggestion() {
    let home = Home::new("unknown-key");
    let file = home.write("run.toml", "users = 5\nconcurency = 3\n");
    refused(home.swell(&["run", &file]).finish(), 2, &["run.toml:2", "concurency", "concurrency"]);
    refused(home.swell(&["run"]).env("SWELL_USRES", "5").finish(), 2, &["SWELL_USRES"]);
}

#[test]
fn a_node_of_another_chain_is_refused_and_nothing_is_sent() {
    let home = Home::new("wrong-chain");
    let (_sandbox, url) = serve(&home, &[]);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let other = target
        .replace("id = 14800", "id = 31337")
        .replace("funds = \"sandbox\"", "funds = \"worthless\"");
    let other = home.write("other.toml", &other);
    refused(home.swell(&["run", "--target", &other]).finish(), 3, &["14800", "31337"]);
    let relayer = json!(["0x90F79bf6EB2c4f870365E785982E1f101E93b906", "latest"]);
    assert_eq!(rpc(&url, "eth_getTransactionCount", &relayer), "0x0");
}

#[test]
fn a_relayer_without_money_is_told_what_it_needs() {
    let home = Home::new("poor");
    let (_sandbox, url) = serve(&home, &[]);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let poor = target
        .replace("funds = \"sandbox\"", "funds = \"worthless\"")
        .replace("relayer = \"published\"", "relayer = { env = \"POOR_KEY\" }");
    let poor = home.write("poor.toml", &poor);
    let key = "7b".repeat(32);
    let run = home.swell(&["run", "--target", &poor]).env("POOR_KEY", &key);
    refused(run.finish(), 3, &["has 0 wei", "needs"]);
    assert_eq!(rpc(&url, "txpool_status", &json!([]))["pending"], "0x0");
    for (path, text) in home.files() {
        assert!(!text.contains(&key), "the key is in {}", path.display());
    }
}

/// The served sandbox's target file, with its chain taken for one of the user's own and its relayer's
/// key found at `reference`.
fn keyed(home: &Home, reference: &str) -> String {
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let keyed = target
        .replace("funds = \"sandbox\"", "funds = \"worthless\"")
        .replace("relayer = \"published\"", &format!("relayer = {reference}"));
    home.write("keyed.toml", &keyed)
}

#[test]
fn a_key_that_cannot_be_had_is_missed_in_one_sentence() {
    let home = Home::new("keys");
    let (_sandbox, _url) = serve(&home, &[]);
    let store = include_str!("../../src/key/vectors/pbkdf2.json");
    home.write("store.json", store);
    home.write("broken.json", &store[..90]);
    let stored =
        |name: &str| format!("{{ keystore = {{ file = \"{name}\", password_env = \"PASS\" }} }}");
    let check = |reference: &str| {
        let target = keyed(&home, reference);
        home.swell(&["check", "--target", &target]).env("PASS", "hunter2")
    };
    for (reference, words) in [
        (stored("store.json"), "keystore store.json: the password is wrong"),
        (stored("broken.json"), "is not JSON; expected web3 secret storage, version 3"),
        (stored("nowhere.json"), "the file nowhere.json, which cannot be read"),
        ("\"stdin\"".into(), "the standard input, whose first line is empty"),
    ] {
        let finished = check(&reference).finish();
        assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
        refused(finished, 3, &[words]);
    }
    for (reference, words) in [
        (
            "{ keystore = { file = \"a\", password_env = \"not a name\" } }",
            "password_env is not the name",
        ),
        ("{ keystore = 5 }", "expected a path, or a table"),
    ] {
        refused(check(reference).finish(), 2, &[words]);
    }
    let twice = std::fs::read_to_string(keyed(&home, "\"stdin\"")).unwrap();
    let twice = twice.replace("application = \"published\"", "application = \"stdin\"");
    let twice = home.write("twice.toml", &twice);
    refused(home.swell(&["check", "--target", &twice]).finish(), 2, &["keys.application", "stdin"]);
}

#[test]
fn a_key_from_the_standard_input_or_a_keystore_opens_the_relayer() {
    let home = Home::new("key-in");
    let (_sandbox, _url) = serve(&home, &[]);
    let key = swell_sandbox::keys::PUBLISHED_RELAYER_KEY;
    let line = home.write("line", &format!("{key:#x}\nmore\n"));
    let target = keyed(&home, "\"stdin\"");
    let check = home.swell(&["check", "--target", &target, "--users", "5"]).stdin(&line);
    check.finish().expect_exit(0);
    std::fs::remove_file(&line).unwrap();
    // Its key is that of nobody: an account without money, which is named.
    home.write("store.json", include_str!("../../src/key/vectors/pbkdf2.json"));
    home.write("password", "testpassword\n");
    let stored = "{ keystore = { file = \"store.json\", password_file = \"password\" } }";
    let check = home.swell(&["check", "--target", &keyed(&home, stored)]).finish();
    let check = check.expect_exit(3);
    let poor = "the relayer 0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b has 0 wei";
    assert!(check.stdout.contains(poor), "{}", check.stdout);
    for (path, text) in home.files() {
        assert!(!text.contains(&format!("{key:x}")), "the key is in {}", path.display());
    }
}

#[test]
fn an_unreachable_node_is_named_without_its_credentials() {
    let home = Home::new("unreachable");
    let (sandbox, url) = serve(&home, &[]);
    drop(sandbox);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let host = url.strip_prefix("http://").unwrap();
    let secret = format!("http://user:hunter2@{host}/v2/SECRETKEY?token=abc");
    let plain = format!("rpc = [\"{url}/\"]");
    assert!(target.contains(&plain), "{target}");
    let hidden = target.replace(&plain, &format!("rpc = [\"{secret}\"]"));
    let hidden = home.write("hidden.toml", &hidden);
    let finished = home.swell(&["run", "--target", &hidden]).finish().expect_exit(3);
    assert!(finished.stderr.contains(host), "{}", finished.stderr);
    std::fs::remove_file(home.path("hidden.toml")).unwrap();
    let mut texts = vec![finished.stdout, finished.stderr];
    texts.extend(home.files().into_iter().map(|(_, text)| text));
    for text in texts {
        for credential in ["hunter2", "SECRETKEY", "token=abc"] {
            assert!(!text.contains(credential), "{text}");
        }
    }
}

#[test]
fn mainnet_is_never_worthless_and_takes_no_published_key() {
    let home = Home::new("mainnet");
    let (_sandbox, _url) = serve(&home, &[]);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    for (funds, words) in [("worthless", "1480"), ("real", "published key")] {
        let mainnet = target
            .replace("id = 14800", "id = 1480")
            .replace("funds = \"sandbox\"", &format!("funds = \"{funds}\""));
        let mainnet = home.write("mainnet.toml", &mainnet);
        refused(home.swell(&["run", "--target", &mainnet]).finish(), 2, &[words]);
    }
}

/// The served sandbox's target file, with `from` replaced by `to`.
fn with(home: &Home, from: &str, to: &str) -> String {
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    assert!(target.contains(from), "no {from:?} in {target}");
    home.write("with.toml", &target.replace(from, to))
}

#[test]
fn a_node_that_never_answers_is_refused_within_ten_seconds_with_its_attempts() {
    let home = Home::new("silent");
    let (_sandbox, url) = serve(&home, &[]);
    // Connections wait in its queue for ever.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let target = with(&home, &format!("rpc = [\"{url}/\"]"), &format!("rpc = [\"http://{host}\"]"));
    for command in ["check", "run"] {
        let clock = swell_net::clock::RunClock::real();
        let finished = home.swell(&[command, "--target", &target]).finish();
        let took = clock.now().since_start();
        assert!(took < std::time::Duration::from_secs(13), "{command} took {took:?}");
        refused(finished, 3, &[&host, "after 3 attempts", "no answer within 3s"]);
    }
}

#[test]
fn a_storage_out_of_reach_is_named_with_its_host() {
    let home = Home::new("no-storage");
    let (_sandbox, url) = serve(&home, &[]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let storage = format!("kind = \"sandbox\"\nurl = \"{url}\"");
    let away = format!("kind = \"sandbox\"\nurl = \"http://{free}\"");
    let checked = home.swell(&["check", "--target", &with(&home, &storage, &away)]).finish();
    let checked = checked.expect_exit(3);
    let said = checked.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let words =
        format!("the sandbox's store did not take a tiny object: http://{free}: connecting");
    assert!(said.contains(&words), "{said}");
    let checked = home.swell(&["check", "--target", "target.toml"]).finish().expect_exit(0);
    let said = checked.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("the sandbox's store took a tiny object, which it will forget"),
        "{said}"
    );
}

#[test]
fn tls_towards_a_plain_port_and_a_name_of_nothing_are_said_to_be_that() {
    let home = Home::new("slips");
    let (_sandbox, url) = serve(&home, &[]);
    let host = url.strip_prefix("http://").unwrap();
    let target =
        with(&home, &format!("rpc = [\"{url}/\"]"), &format!("rpc = [\"https://{host}\"]"));
    refused(home.swell(&["check", "--target", &target]).finish(), 3, &[host, "http://", "TLS"]);
    let named = home.swell(&["check", "--target", "mokhsa"]).finish();
    refused(named, 2, &["\"mokhsa\"", "sandbox, moksha, vana", "did you mean moksha?"]);
    home.write(".env", "RELAYER_PRIVATE_KEY=\nAPI_SERVER_PRIVATE_KEY=\n");
    let env = ["check", "--env-file", ".env", "--journey", "wallet"];
    let empty = ["the variable RELAYER_PRIVATE_KEY of the file .env, which is empty"];
    refused(home.swell(&env).finish(), 3, &empty);
}
