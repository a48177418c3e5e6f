//! Files that people write, and those that a run leaves.

use std::path::Path;

use swell::config::env_file::{Asked, EnvFile};
use swell::config::{Problems, file, target_file};
use swell_journeys::storage::{ServiceAccount, UPLOADS_FILE, UploadList};

/// A target file.
pub fn target_file(data: &[u8]) {
    with_text(data, |text| {
        let mut problems = Problems::default();
        let target = target_file::read("target.toml", text, &mut problems);
        assert_eq!(target.is_none(), !problems.is_empty(), "a problem is said, or there is none");
        let _said = problems.to_string();
    });
}

/// A run file.
pub fn run_file(data: &[u8]) {
    with_text(data, |text| {
        let mut problems = Problems::default();
        let _layer = file::layer("swell.toml", text, &mut problems);
        let _said = problems.to_string();
    });
}

/// A `.env`.
pub fn env_file(data: &[u8]) {
    with_text(data, |text| {
        let mut problems = Problems::default();
        let file = EnvFile::parse(".env", text, &mut problems);
        let _asked = Asked::of(&file, &mut problems);
        let _said = problems.to_string();
    });
}

/// A ledger.
pub fn ledger(data: &[u8]) {
    let _record = swell_engine::ledger::parse_ledger(Path::new("ledger.jsonl"), data);
}

/// A keystore. What would take long to derive is left out: that is what it is for.
pub fn keystore(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(data) {
        let crypto = value.get("crypto").or_else(|| value.get("Crypto"));
        let params = crypto.and_then(|crypto| crypto.get("kdfparams"));
        let number = |name: &str| params?.get(name)?.as_u64();
        let is_dear = |name: &str, most: u64| number(name).is_some_and(|found| found > most);
        if is_dear("n", 64) || is_dear("r", 16) || is_dear("p", 4) || is_dear("c", 500) {
            return;
        }
    }
    swell::key::fuzzing::keystore(data);
}

/// The key of a service account. A key that is none is refused; one that is one may be there.
pub fn service_account(data: &[u8]) {
    with_text(data, |text| {
        if let Err(error) = ServiceAccount::parse(text) {
            let _said = error.to_string();
        }
    });
}

/// The list of what a run uploaded, from its beginning and from anywhere in it.
pub fn upload_list(data: &[u8]) {
    let folder = std::env::temp_dir().join(format!("swell-fuzz-{}", std::process::id()));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join(UPLOADS_FILE), data));
    assert!(written.is_ok(), "the list can be written");
    for from in [0, data.len() as u64 / 2, data.len() as u64 + 1] {
        let Ok(Some(mut list)) = UploadList::open(&folder, from) else { continue };
        let mut end = 0;
        while let Ok(Some(line)) = list.next_line() {
            assert!(line.end > end && line.end <= data.len() as u64, "it goes on, and ends");
            end = line.end;
        }
    }
    let _removed = std::fs::remove_dir_all(&folder);
}

fn with_text(data: &[u8], work: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        work(text);
    }
}
