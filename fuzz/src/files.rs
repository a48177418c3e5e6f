//! Files that people write, and those that a run leaves.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use swell::cleanup::{CLEANUP_FILE, Cleanup};
use swell::config::choice::JourneyKind;
use swell::config::env_file::{Asked, EnvFile};
use swell::config::print::print_config;
use swell::config::{Layer, Problems, Settings, Sources, target_file};
use swell::recovery::{Glance, SWEPT_FILE, SweptNote};
use swell::results::REPORT_FILE;
use swell_core::threshold::Threshold;
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

/// A run file. What is printed of it is a run file too, and means the same.
pub fn run_file(data: &[u8]) {
    with_text(data, |text| match resolve(text) {
        Ok(settings) => {
            let again = resolve(&print_config(&settings));
            let again = again.unwrap_or_else(|problems| panic!("it can be read:\n{problems}"));
            for (first, second) in settings.values.iter().zip(&again.values) {
                assert_eq!((first.name, &first.toml), (second.name, &second.toml));
            }
        }
        Err(problems) => {
            let _said = problems.to_string();
        }
    });
}

fn resolve(run_file: &str) -> Result<Settings, Problems> {
    let path = Path::new("swell.toml");
    Settings::resolve(Sources {
        options: Layer::new(),
        variables: &BTreeMap::new(),
        run_file: Some(path),
        read: &|asked| {
            let is_run_file = asked == path;
            is_run_file.then(|| run_file.to_owned()).ok_or(io::ErrorKind::NotFound.into())
        },
        random_seed: 7,
        journeys: &JourneyKind::spec,
    })
}

/// A threshold. What is shown of it is the same one.
pub fn threshold(data: &[u8]) {
    with_text(data, |text| match text.parse::<Threshold>() {
        Ok(threshold) => {
            // One with another step is refused.
            if threshold.check(&JourneyKind::default().spec()).is_ok() {
                assert!(!threshold.expr.contains(char::is_control), "it stands in one line");
            }
            assert_eq!(threshold.expr.parse(), Ok(threshold));
        }
        Err(error) => {
            let _said = error.to_string();
        }
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
    with_folder(&[UPLOADS_FILE], data, |folder| {
        for from in [0, data.len() as u64 / 2, data.len() as u64 + 1] {
            let Ok(Some(mut list)) = UploadList::open(folder, from) else { continue };
            let mut end = 0;
            while let Ok(Some(line)) = list.next_line() {
                assert!(line.end > end && line.end <= data.len() as u64, "it goes on, and ends");
                end = line.end;
            }
        }
        let cleanup = Cleanup::open("00000000000000aa", folder);
        let _left = cleanup.map(|cleanup| (cleanup.remaining(), cleanup.provider()));
    });
}

/// What later commands read of a run that is over: its report, its sweeps, its cleanup.
pub fn run_notes(data: &[u8]) {
    with_folder(&[REPORT_FILE, SWEPT_FILE, CLEANUP_FILE], data, |folder| {
        match Glance::read(folder) {
            Ok(report) => {
                let _held = report.and_then(|report| report.money.held());
            }
            Err(error) => {
                let _said = error.to_string();
            }
        }
        let _swept = SweptNote::read(folder);
        if let Err(error) = Cleanup::open("00000000000000aa", folder) {
            let _said = error.to_string();
        }
    });
}

/// Works in a folder that holds files with `data` in them, and is gone afterwards.
fn with_folder(files: &[&str], data: &[u8], work: impl FnOnce(&Path)) {
    let folder = std::env::temp_dir().join(format!("swell-fuzz-{}", std::process::id()));
    let write = |name: &&str| std::fs::write(folder.join(name), data);
    let written = std::fs::create_dir_all(&folder).and_then(|()| files.iter().try_for_each(write));
    assert!(written.is_ok(), "the files can be written");
    work(&folder);
    let _removed = std::fs::remove_dir_all(&folder);
}

fn with_text(data: &[u8], work: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        work(text);
    }
}
