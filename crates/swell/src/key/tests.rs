//! Keys load from where they should, and what goes wrong never shows them.

use std::error::Error;
use std::path::PathBuf;

use super::*;

const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

fn load_text(text: &str) -> Result<LoadedKey, KeyError> {
    let reference = KeyRef::Env("SWELL_RELAYER_KEY".into());
    load("relayer", &reference, B256::ZERO, &|_| Some(text.to_owned()))
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
    assert_eq!(shown, "LoadedKey { key: SecretKey(…), warning: None }");
}

#[test]
fn a_missing_variable_is_named() {
    let reference = KeyRef::Env("SWELL_RELAYER_KEY".into());
    let error = load("relayer", &reference, B256::ZERO, &|_| None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the relayer key is expected in the variable SWELL_RELAYER_KEY, which is not set"
    );
}

#[test]
fn a_missing_file_is_named() {
    let reference = KeyRef::File("/nowhere/key".into());
    let error = load("application", &reference, B256::ZERO, &|_| None).unwrap_err();
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
        let loaded = load("relayer", &KeyRef::File(path.clone()), B256::ZERO, &|_| None).unwrap();
        assert_eq!(loaded.warning.is_some(), warns, "{mode:o}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_file_that_holds_no_text_is_refused() {
    let path = temporary("bytes", "x");
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    let error = load("relayer", &KeyRef::File(path.clone()), B256::ZERO, &|_| None).unwrap_err();
    assert!(matches!(error, KeyError::NotAKey { .. }));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn the_published_key_is_the_one_given() {
    let published = B256::repeat_byte(7);
    let loaded = load("relayer", &KeyRef::Published, published, &|_| None).unwrap();
    assert_eq!(loaded.key.expose(), &published.0);
}
