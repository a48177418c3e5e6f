//! A `.env` as a user meets it: what it sets, what stays, what is said.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swell_core::target::{EnvFileRef, KeyRef, SecretRef, StorageTarget};
use swell_core::units::WeiPerGas;
use swell_view::check::VariableRow;

use crate::config::network::Network;
use crate::config::network_storage;
use crate::config::print::print_config;
use crate::config::raw::option_layer;
use crate::config::tests::JOURNEY;
use crate::config::{Settings, Sources, TargetChoice};

use super::EnvFile;
use super::variables::{KNOWN, find, similar};
use crate::config::Problems;

const KEY: &str = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

fn resolve(
    env: &str,
    options: &[(&'static str, &str)],
    variables: &[(&str, &str)],
) -> Result<Settings, String> {
    let mut given: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    given.insert("env-file", vec![".env".to_owned()]);
    for (name, text) in options {
        given.entry(name).or_default().push((*text).to_owned());
    }
    let read = |path: &Path| match path.to_str() {
        Some(".env") => Ok(env.to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let variables = variables.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Settings::resolve(Sources {
        options: option_layer(&given),
        variables: &variables,
        run_file: None,
        read: &read,
        random_seed: 7,
        journeys: &|_| JOURNEY,
    })
    .map_err(|problems| problems.to_string())
}

/// Nothing is stored in the journey `wallet`, so that no store need be named.
const WALLET: (&str, &str) = ("journey", "wallet");

fn settings(env: &str) -> Settings {
    resolve(env, &[WALLET], &[]).unwrap()
}

fn rows(settings: &Settings) -> Vec<String> {
    let words = |row: &VariableRow| match (&row.used_for, &row.ignored_because) {
        (Some(what), _) => format!("{} -> {what}", row.name),
        (None, why) => format!("{} ignored: {}", row.name, why.clone().unwrap_or_default()),
    };
    settings.env_notes.rows.iter().map(words).collect()
}

#[test]
fn a_file_of_the_older_load_test_works_as_it_is() {
    let env = format!(
        "LOAD_TEST_TOTAL_USERS=12500\nLOAD_TEST_MAX_CONCURRENT=1000\n\
         LOAD_TEST_DURATION_MINUTES=180\nLOAD_TEST_RAMP_UP_MINUTES=30\n\
         LOAD_TEST_SUSTAIN_MINUTES=120\nLOAD_TEST_RAMP_DOWN_MINUTES=30\n\
         LOAD_TEST_RPC_ENDPOINTS=http://127.0.0.1:1/a, http://127.0.0.1:2\n\
         LOAD_TEST_PREMIUM_GAS_MULTIPLIER=4\nMAX_GAS_PRICE=50\nTRANSACTION_TIMEOUT_MS=120000\n\
         RELAYER_PRIVATE_KEY={KEY}\nAPI_SERVER_PRIVATE_KEY={KEY}\n\
         NEXT_PUBLIC_PERSONAL_SERVER_BASE_URL=http://127.0.0.1:3/api/v1\n\
         NEXT_PUBLIC_DEFAULT_GRANTEE_ID=7\n\
         NEXT_PUBLIC_DATA_WALLET_APP_ADDRESS=0x8325C0A0948483EdA023A1A2Fd895e62C5131235\n\
         NEXT_PUBLIC_VIBES_SCHEMA_ID=12\nNODE_ENV=production\nLOAD_TEST_MAX_WALLETS=15000\n"
    );
    let settings = settings(&env);
    let (load, limits) = (&settings.plan.load, &settings.plan.limits);
    assert_eq!((load.users.get(), limits.in_flight_max.get()), (12_500, 1_000));
    assert_eq!(load.duration, Duration::from_secs(180 * 60));
    assert_eq!((load.ramp_up, load.ramp_down), (load.duration / 6, load.duration / 6));
    // 150 minutes at the full rate bring as many as 180 with both ramps.
    assert!((load.rate.per_second() - 12_500.0 / 9_000.0).abs() < 1e-9);
    assert_eq!(limits.journey_timeout, Duration::from_secs(120));
    assert_eq!(settings.fees.max_fee, Some(WeiPerGas(50_000_000_000)));
    assert_eq!((settings.fees.premium_percent, settings.schema_id), (400, 12));
    let TargetChoice::Network { network, target, env_file } = &settings.target else { panic!() };
    assert_eq!((*network, env_file.as_deref()), (Network::Moksha, Some(Path::new(".env"))));
    let rpc: Vec<&str> = target.chain.rpc.iter().map(|url| url.expose()).collect();
    assert_eq!(rpc, ["http://127.0.0.1:1/a", "http://127.0.0.1:2"]);
    assert_eq!((target.chain.id, target.server.grantee_id), (14_800, 7));
    assert_eq!(target.server.url.expose(), "http://127.0.0.1:3/api/v1");
    assert!(target.contracts.grantees.to_string().ends_with("1235"));
    let place = |variable: &str| {
        KeyRef::EnvFile(EnvFileRef { path: PathBuf::from(".env"), variable: variable.into() })
    };
    assert_eq!(target.keys.relayer, place("RELAYER_PRIVATE_KEY"));
    assert_eq!(target.keys.application, place("API_SERVER_PRIVATE_KEY"));
    insta::assert_snapshot!(rows(&settings).join("\n"));
    assert!(settings.env_notes.warnings.is_empty());
    // No key is in what is printed, or in what a run's folder keeps.
    let shown = format!("{}{settings:?}", print_config(&settings));
    assert!(!shown.contains(&KEY[2..20]));
}

#[test]
fn everything_is_stronger_than_the_file() {
    let env = "LOAD_TEST_TOTAL_USERS=9\nLOAD_TEST_MAX_CONCURRENT=8\nMAX_GAS_PRICE=3\n";
    let options = [WALLET, ("users", "5"), ("preset", "small")];
    let settings = resolve(env, &options, &[("SWELL_MAX_FEE", "2")]).unwrap();
    assert_eq!(settings.plan.load.users.get(), 5);
    assert_eq!(settings.plan.limits.in_flight_max.get(), 8);
    assert_eq!(settings.fees.max_fee, Some(WeiPerGas(2_000_000_000)));
    let rows = rows(&settings);
    assert!(rows.contains(&"LOAD_TEST_TOTAL_USERS ignored: users is set by option".to_owned()));
    assert!(
        rows.contains(
            &"MAX_GAS_PRICE ignored: max-fee is set by variable SWELL_MAX_FEE".to_owned()
        )
    );
}

#[test]
fn another_target_keeps_its_own_parts() {
    let env = format!("RELAYER_PRIVATE_KEY={KEY}\nRPC_URL=http://127.0.0.1:1\n");
    let settings = resolve(&env, &[("target", "sandbox")], &[]).unwrap();
    assert!(matches!(settings.target, TargetChoice::Sandbox { .. }));
    for row in rows(&settings) {
        assert!(row.ends_with("ignored: the target is the sandbox, which has its own"), "{row}");
    }
}

#[test]
fn what_is_malformed_is_said_in_one_sentence_each() {
    let env = "LOAD_TEST_TOTAL_USERS=many\nTRANSACTION_TIMEOUT_MS=3min\n\
        LOAD_TEST_RPC_ENDPOINTS=rpc.example\nNEXT_PUBLIC_DEFAULT_GRANTEE_ID=0\n\
        NEXT_PUBLIC_DATA_WALLET_APP_ADDRESS=0x12\nLOAD_TEST_MAX_GAS_PRICE=-1\n";
    insta::assert_snapshot!(resolve(env, &[WALLET], &[]).unwrap_err());
}

#[test]
fn contradictions_and_unknown_names_are_warned_about() {
    let env = "LOAD_TEST_DURATION_MINUTES=60\nLOAD_TEST_RAMP_UP_MINUTES=10\n\
        LOAD_TEST_SUSTAIN_MINUTES=30\nLOAD_TEST_RAMP_DOWN_MINUTES=10\nLOAD_TEST_TOTAL_USER=5\n\
        RPC_URL=http://127.0.0.1:1\nLOAD_TEST_RPC_ENDPOINTS=http://127.0.0.1:2\n";
    let settings = settings(env);
    insta::assert_snapshot!(settings.env_notes.warnings.join("\n"));
    assert!(rows(&settings).contains(&"RPC_URL ignored: LOAD_TEST_RPC_ENDPOINTS says it".into()));
}

#[test]
fn the_parts_of_a_duration_make_the_whole() {
    let settings = settings("LOAD_TEST_RAMP_UP_MINUTES=1\nLOAD_TEST_SUSTAIN_MINUTES=2\n");
    assert_eq!(settings.plan.load.duration, Duration::from_secs(180));
    assert_eq!(
        rows(&settings)[1],
        "LOAD_TEST_SUSTAIN_MINUTES -> duration, together with the ramps"
    );
}

#[test]
fn every_known_variable_is_found_and_says_something() {
    for known in KNOWN {
        assert!(std::ptr::eq(find(known.name).unwrap(), known), "{} twice", known.name);
        let settings = resolve(&format!("{}=1\n", known.name), &[WALLET], &[]);
        let Ok(settings) = settings else { continue };
        assert_eq!(settings.env_notes.rows.len(), 1, "{}", known.name);
    }
    assert_eq!(similar("LOAD_TEST_MAX_CONCURENT"), Some("LOAD_TEST_MAX_CONCURRENT"));
    assert_eq!(similar("LOAD_TEST_ZEBRA"), None);
}

#[test]
fn a_key_of_the_process_beats_that_of_the_file() {
    let env = format!("RELAYER_PRIVATE_KEY={KEY}\nAPI_SERVER_PRIVATE_KEY={KEY}\n");
    for variable in ["SWELL_RELAYER_KEY", "RELAYER_PRIVATE_KEY"] {
        let settings = resolve(&env, &[WALLET], &[(variable, KEY)]).unwrap();
        let keys = &settings.target.target().unwrap().keys;
        assert_eq!(keys.relayer, KeyRef::Env(variable.into()));
        assert!(matches!(keys.application, KeyRef::EnvFile(_)));
        let ignored = format!("RELAYER_PRIVATE_KEY ignored: {variable} is set in the environment");
        let used = "API_SERVER_PRIVATE_KEY -> the application's key".to_owned();
        assert_eq!(rows(&settings), [ignored, used]);
    }
}

#[test]
fn variables_of_a_store_are_used_only_where_it_is_the_targets() {
    const BUCKET: &str = "GOOGLE_CLOUD_STORAGE_BUCKET";
    const ACCOUNT: &str = "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON";
    let env = format!("{BUCKET}=a-bucket\n{ACCOUNT}={{}}\nPINATA_JWT=x\n");
    let told = |env: &str, options: &[(&'static str, &str)], variables: &[(&str, &str)]| {
        let settings = resolve(env, options, variables).unwrap();
        rows(&settings).join("\n")
    };
    insta::assert_snapshot!(
        [
            told(&env, &[], &[]),
            told(&env, &[], &[(BUCKET, "other-bucket")]),
            told(&format!("{BUCKET}=a-bucket\nPINATA_JWT=x\n"), &[], &[]),
            told(&format!("{ACCOUNT}={{}}\n"), &[], &[("PINATA_JWT", "y")]),
            told("PINATA_JWT=x\n", &[], &[("PINATA_JWT", "y")]),
            told(&env, &[WALLET], &[]),
        ]
        .join("\n\n")
    );
}

#[test]
fn the_servers_url_holds_no_credential() {
    let env = "NEXT_PUBLIC_PERSONAL_SERVER_BASE_URL=https://me:hunter2@h/api/v1\n";
    let problems = resolve(env, &[WALLET], &[]).unwrap_err();
    let words = ".env:1: NEXT_PUBLIC_PERSONAL_SERVER_BASE_URL is written on the chain as it is";
    assert!(problems.contains(words), "{problems}");
    assert!(!problems.contains("hunter2"), "{problems}");
}

// === networks ===

#[test]
fn networks_are_chosen_by_name() {
    for (name, id, rpc) in
        [("moksha", 14_800, "https://rpc.moksha.vana.org"), ("vana", 1_480, "https://rpc.vana.org")]
    {
        let settings = resolve("", &[WALLET, ("target", name)], &[]).unwrap();
        let target = settings.target.target().unwrap();
        assert_eq!((target.chain.id, target.chain.rpc[0].expose()), (id, rpc));
        assert_eq!(target.keys.relayer, KeyRef::Env("SWELL_RELAYER_KEY".into()));
        assert_eq!(
            crate::check::money::may_be_real(target),
            name == "vana",
            "only the main network's money is real"
        );
        insta::assert_snapshot!(name, toml::to_string(target).unwrap());
    }
    let older = [("RELAYER_PRIVATE_KEY", "x"), ("SWELL_APPLICATION_KEY", "y")];
    let settings = resolve("", &[WALLET, ("target", "vana")], &older).unwrap();
    let keys = &settings.target.target().unwrap().keys;
    assert_eq!(keys.relayer, KeyRef::Env("RELAYER_PRIVATE_KEY".into()));
    assert_eq!(keys.application, KeyRef::Env("SWELL_APPLICATION_KEY".into()));
}

#[test]
fn a_network_needs_a_store() {
    let problems = resolve("", &[], &[]).unwrap_err();
    assert!(problems.contains("the target moksha needs a store, and no variable"), "{problems}");
    let problems = resolve("GOOGLE_CLOUD_STORAGE_BUCKET=b\n", &[], &[]).unwrap_err();
    assert!(problems.contains("and GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON is not set"), "{problems}");
    let settings = resolve("", &[WALLET], &[]).unwrap();
    let storage = &settings.target.target().unwrap().storage;
    assert!(matches!(storage, StorageTarget::Sandbox { .. }));
}

#[test]
fn stores_are_found_in_the_process_first_and_google_wins() {
    let text = "GOOGLE_CLOUD_STORAGE_BUCKET=there\nGOOGLE_CLOUD_SERVICE_ACCOUNT_JSON={\"a\": 1}\n\
        PINATA_JWT=secret\n";
    let file = EnvFile::parse(".env", text, &mut Problems::default());
    let find = |variables: &[(&str, &str)]| {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        match network_storage::find(&variable, Some(&file)) {
            Ok(StorageTarget::Gcs(gcs)) => gcs,
            other => panic!("expected a bucket, found {other:?}"),
        }
    };
    let found = find(&[]);
    assert_eq!((found.bucket.as_str(), found.prefix.as_str()), ("there", "vana-load-test"));
    assert!(matches!(found.credentials, SecretRef::EnvFile(_)));
    let found =
        find(&[("GOOGLE_CLOUD_STORAGE_BUCKET", "here"), ("GOOGLE_CLOUD_FOLDER_PREFIX", "p")]);
    assert_eq!((found.bucket.as_str(), found.prefix.as_str()), ("here", "p"));
    assert!(network_storage::find(&|_| None, None).unwrap_err().contains("no variable names one"));
    let jwt = network_storage::find(&|name| (name == "PINATA_JWT").then(|| "x".into()), None);
    let StorageTarget::Pinata(pinata) = jwt.unwrap() else { panic!("expected Pinata") };
    assert_eq!(pinata.jwt, SecretRef::Env("PINATA_JWT".into()));
}

#[test]
fn a_variable_that_is_set_twice_is_warned_about_and_the_last_one_counts() {
    let twice = "LOAD_TEST_TOTAL_USERS=12\nNODE_ENV=a\nNODE_ENV=b\nLOAD_TEST_TOTAL_USERS=13\n\
        RELAYER_PRIVATE_KEY=1\nRELAYER_PRIVATE_KEY=\n";
    let settings = settings(twice);
    assert_eq!(settings.plan.load.users.get(), 13);
    assert_eq!(
        settings.env_notes.warnings,
        [
            ".env:4: LOAD_TEST_TOTAL_USERS is set again, which counts; before that it is set in line 1",
            ".env:6: RELAYER_PRIVATE_KEY is set again, and is empty there, which counts as not set; \
             before that it is set in line 5",
        ]
    );
}

#[test]
fn a_key_whose_variable_is_empty_is_missed_there() {
    let keys = |env: &str, variables: &[(&str, &str)]| {
        let settings = resolve(env, &[WALLET], variables).unwrap();
        let TargetChoice::Network { target, .. } = settings.target else { panic!("a network") };
        target.keys
    };
    let there = |variable: &str| {
        let (path, variable) = (PathBuf::from(".env"), variable.to_owned());
        KeyRef::EnvFile(EnvFileRef { path, variable })
    };
    let found = keys("RELAYER_PRIVATE_KEY=\n", &[]);
    assert_eq!(found.relayer, there("RELAYER_PRIVATE_KEY"));
    assert_eq!(found.application, KeyRef::Env("SWELL_APPLICATION_KEY".into()));
    let found = keys("RELAYER_PRIVATE_KEY=\n", &[("SWELL_RELAYER_KEY", KEY)]);
    assert_eq!(found.relayer, KeyRef::Env("SWELL_RELAYER_KEY".into()));
}
