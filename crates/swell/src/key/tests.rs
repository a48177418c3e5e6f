//! Keys load from where they should, and what goes wrong never shows them.

use std::cell::Cell;
use std::error::Error;
use std::io;
use std::path::PathBuf;

use alloy_primitives::B256;
use proptest::prelude::*;
use swell_core::target::{KeyRef, KeystoreRef, PasswordRef};
use zeroize::Zeroizing;

use super::*;

const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

/// What the vectors of web3 secret storage hold, and their password.
const STORED: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PASSWORD: &str = "testpassword";
const PBKDF2: &str = include_str!("vectors/pbkdf2.json");
const SCRYPT: &str = include_str!("vectors/scrypt.json");

fn nothing() -> KeyInputs<'static> {
    KeyInputs {
        variable: &|_| None,
        first_line: &|| Ok(Some(Zeroizing::new(String::new()))),
        ask: &|_| Err(io::ErrorKind::NotFound.into()),
    }
}

fn load_text(text: &str) -> Result<LoadedKey, KeyError> {
    let reference = KeyRef::Env("SWELL_RELAYER_KEY".into());
    let inputs = KeyInputs { variable: &|_| Some(text.to_owned()), ..nothing() };
    load("relayer", &reference, B256::ZERO, &inputs)
}

fn temporary(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("swell-key-{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_key_is_64_digits_with_or_without_prefix() {
    let plain = load_text(KEY).unwrap();
    let prefixed = load_text(&format!(" 0x{KEY}\n")).unwrap();
    assert_eq!(plain.key.expose(), prefixed.key.expose());
    assert_eq!(plain.key.expose()[0], 0x4c);
}

#[test]
fn what_is_no_key_is_refused_without_being_quoted() {
    let beyond_the_order = "f".repeat(64);
    for text in ["", "hunter2", &KEY[1..], &format!("{KEY}0"), &"0".repeat(64), &beyond_the_order] {
        let error = load_text(text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the relayer key in the variable SWELL_RELAYER_KEY is not a key; expected 64 hexadecimal digits"
        );
        assert!(error.source().is_none());
    }
}

#[test]
fn debug_does_not_show_the_key() {
    let shown = format!("{:?}", load_text(KEY).unwrap());
    assert_eq!(shown, "LoadedKey { key: SecretKey(…), warnings: [] }");
}

#[test]
fn a_missing_variable_is_named() {
    let reference = KeyRef::Env("SWELL_RELAYER_KEY".into());
    let error = load("relayer", &reference, B256::ZERO, &nothing()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the relayer key is expected in the variable SWELL_RELAYER_KEY, which is not set"
    );
}

#[test]
fn a_missing_file_is_named() {
    let reference = KeyRef::File("/nowhere/key".into());
    let error = load("application", &reference, B256::ZERO, &nothing()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the application key is expected in the file /nowhere/key, which cannot be read"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let path = temporary("modes", KEY);
    for (mode, warns) in [(0o600, false), (0o644, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let loaded = load("relayer", &KeyRef::File(path.clone()), B256::ZERO, &nothing()).unwrap();
        assert_eq!(!loaded.warnings.is_empty(), warns, "{mode:o}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_file_that_holds_no_text_is_refused() {
    let path = temporary("bytes", "x");
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    let error = load("relayer", &KeyRef::File(path.clone()), B256::ZERO, &nothing()).unwrap_err();
    assert!(matches!(error, KeyError::NotAKey { .. }));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn the_published_key_is_the_one_given() {
    let published = B256::repeat_byte(7);
    let loaded = load("relayer", &KeyRef::Published, published, &nothing()).unwrap();
    assert_eq!(loaded.key.expose(), &published.0);
}

fn load_line(line: &str) -> Result<LoadedKey, KeyError> {
    let inputs =
        KeyInputs { first_line: &|| Ok(Some(Zeroizing::new(line.to_owned()))), ..nothing() };
    load("relayer", &KeyRef::Stdin, B256::ZERO, &inputs)
}

#[test]
fn a_key_comes_from_the_first_line_of_the_standard_input() {
    assert_eq!(load_line(KEY).unwrap().key.expose()[0], 0x4c);
    for (line, words) in [
        ("", "the relayer key is expected on the standard input, whose first line is empty"),
        (
            "hunter2",
            "the relayer key in the first line of the standard input is not a key; expected 64 \
             hexadecimal digits",
        ),
    ] {
        assert_eq!(load_line(line).unwrap_err().to_string(), words);
    }
    let terminal = KeyInputs { first_line: &|| Ok(None), ..nothing() };
    let typed = load("relayer", &KeyRef::Stdin, B256::ZERO, &terminal).unwrap_err();
    assert!(typed.to_string().contains("which is a terminal that would show it"), "{typed}");
}

#[test]
fn one_line_is_read_and_no_more() {
    let mut input = io::Cursor::new(format!("{KEY}\r\nnext"));
    assert_eq!(inputs::read_line(&mut input).unwrap().trim(), KEY);
    assert_eq!(input.position(), 66);
    let endless = "a".repeat(10_000);
    assert_eq!(inputs::read_line(&mut endless.as_bytes()).unwrap().len(), 4_096);
}

fn open_keystore(
    text: &str,
    password: PasswordRef,
    inputs: &KeyInputs<'_>,
) -> Result<LoadedKey, KeyError> {
    let file = temporary(&format!("keystore-{:x}", crc(text, &password)), text);
    let reference = KeyRef::Keystore(KeystoreRef { file: file.clone(), password });
    let loaded = load("relayer", &reference, B256::ZERO, inputs);
    std::fs::remove_file(file).unwrap();
    loaded
}

/// A name for each keystore, so that tests side by side do not share a file.
fn crc(text: &str, password: &PasswordRef) -> B256 {
    alloy_primitives::keccak256(format!("{text}{password:?}{:?}", std::thread::current().id()))
}

fn fault(text: &str) -> String {
    let inputs = KeyInputs { variable: &|_| Some(PASSWORD.into()), ..nothing() };
    let error = open_keystore(text, PasswordRef::Env("PASSWORD".into()), &inputs).unwrap_err();
    let words = error.to_string();
    assert!(words.starts_with("the relayer key's keystore "), "{words}");
    assert!(!words.contains(PASSWORD) && !words.contains(STORED), "{words}");
    words.split_once(": ").unwrap().1.to_owned()
}

#[test]
fn the_published_vectors_yield_their_key_whoever_knows_the_password() {
    let of_variable = KeyInputs { variable: &|_| Some(PASSWORD.into()), ..nothing() };
    let asked = KeyInputs { ask: &|_| Ok(Zeroizing::new(PASSWORD.into())), ..nothing() };
    let file = temporary("password", &format!("{PASSWORD}\r\n"));
    for (text, password, inputs) in [
        (PBKDF2, PasswordRef::Env("PASSWORD".into()), &of_variable),
        (SCRYPT, PasswordRef::Ask, &asked),
        (PBKDF2, PasswordRef::File(file.clone()), &nothing()),
    ] {
        let loaded = open_keystore(text, password, inputs).unwrap();
        assert_eq!(hex::encode(loaded.key.expose()), STORED);
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_wrong_password_is_called_wrong() {
    let inputs = KeyInputs { variable: &|_| Some("hunter2".into()), ..nothing() };
    let error = open_keystore(PBKDF2, PasswordRef::Env("PASSWORD".into()), &inputs).unwrap_err();
    assert!(error.to_string().ends_with(": the password is wrong"), "{error}");
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn what_is_wrong_with_a_keystore_is_said_without_quoting_it() {
    for (from, to, words) in [
        ("\"version\": 3", "\"version\": 1", "its version is 1; expected 3"),
        ("\"version\": 3", "\"v\": 3", "version is missing or malformed"),
        ("aes-128-ctr", "aes-256-gcm", "its cipher is `aes-256-gcm`; expected aes-128-ctr"),
        ("\"pbkdf2\"", "\"argon2id\"", "its kdf is `argon2id`; expected scrypt or pbkdf2"),
        ("hmac-sha256", "hmac-md5", "its prf is `hmac-md5`; expected hmac-sha256"),
        ("\"dklen\": 32", "\"dklen\": 16", "kdfparams.dklen is out of bounds; expected 32"),
        ("262144", "4000000000", "kdfparams.c is out of bounds; expected 1 to 10,000,000"),
        ("262144", "0", "kdfparams.c is out of bounds; expected 1 to 10,000,000"),
        ("6087dab2", "xx", "crypto.cipherparams.iv is missing or malformed"),
        ("\"mac\"", "\"tag\"", "crypto is missing or malformed"),
        ("\"crypto\"", "\"vault\"", "crypto is missing or malformed"),
    ] {
        assert!(PBKDF2.contains(from), "{from}");
        assert!(
            fault(&PBKDF2.replace(from, to)).starts_with(words),
            "{}",
            fault(&PBKDF2.replace(from, to))
        );
    }
    assert!(fault(KEY).starts_with("line 1 is not JSON; expected web3 secret storage"));
    assert!(fault("").starts_with("line 1 is not JSON"));
    assert!(fault("[3]").starts_with("version is missing"));
}

#[test]
fn a_keystore_cannot_take_all_memory() {
    for (from, to, part) in [
        ("262144", "1073741824", "kdfparams.n times kdfparams.r"),
        ("\"r\": 1", "\"r\": 18446744073709551615", "kdfparams.n times kdfparams.r"),
        ("262144", "262143", "kdfparams.n"),
        ("\"p\": 8", "\"p\": 17", "kdfparams.p"),
    ] {
        assert!(fault(&SCRYPT.replace(from, to)).starts_with(&format!("{part} is out of bounds")));
    }
    assert!(fault(&SCRYPT.replace("\"r\": 1", "\"r\": 0")).starts_with("crypto.kdfparams is"));
}

#[test]
fn a_password_that_is_not_there_is_missed_by_name() {
    for (password, words) in [
        (PasswordRef::Env("PASS".into()), "is expected in the variable PASS, which is not set"),
        (
            PasswordRef::File("/nowhere".into()),
            "is expected in the file /nowhere, which cannot be read",
        ),
        (
            PasswordRef::Ask,
            "cannot be asked for; name a variable or a file with it in the target file",
        ),
    ] {
        let error = open_keystore(PBKDF2, password, &nothing()).unwrap_err();
        assert!(error.to_string().ends_with(words), "{error}");
    }
}

#[test]
fn nobody_is_asked_for_the_same_key_twice() {
    let asked = Cell::new(0);
    let first_line = || {
        asked.set(asked.get() + 1);
        Ok(Some(Zeroizing::new(KEY.to_owned())))
    };
    let (ring, inputs) = (KeyRing::default(), KeyInputs { first_line: &first_line, ..nothing() });
    for _ in 0..3 {
        let loaded = ring.load("relayer", &KeyRef::Stdin, B256::ZERO, &inputs).unwrap();
        assert_eq!(loaded.key.expose()[0], 0x4c);
    }
    assert_eq!(asked.get(), 1);
}

proptest! {
    #[test]
    fn no_bytes_make_a_keystore_panic(text in "[ -~]{0,200}", cut in 0_usize..600) {
        let _refused = keystore::open(text.as_bytes(), b"x");
        let cut = cut.min(PBKDF2.len() - 2);
        prop_assert!(keystore::open(&PBKDF2.as_bytes()[..cut], b"x").is_err());
    }
}
