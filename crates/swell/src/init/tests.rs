//! What `init` writes reads back, and what exists is safe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::config::{Problems, file, target_file};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("swell-init-{}-{name}", std::process::id()));
    let _absent = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn the_run_file_says_nothing_as_written() {
    let mut problems = Problems::default();
    assert!(file::layer(RUN_FILE, &run_text(), &mut problems).is_empty());
    assert_eq!(problems, Problems::default());
}

#[test]
fn every_setting_of_the_run_file_reads_once_uncommented() {
    let text: String = run_text()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(entry) if is_entry(entry) => format!("{entry}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let mut problems = Problems::default();
    let layer = file::layer(RUN_FILE, &text, &mut problems);
    assert_eq!(problems.to_string(), "");
    let names: Vec<&str> = layer.keys().copied().collect();
    let mut all: Vec<&str> = SETTINGS.iter().map(|spec| spec.name).collect();
    all.sort_unstable();
    assert_eq!(names, all);
}

fn is_entry(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, _)| SETTINGS.iter().any(|spec| spec.name == name))
}

#[test]
fn the_target_file_is_valid_as_written() {
    let mut problems = Problems::default();
    let target = target_file::read(TARGET_FILE, TARGET_TEXT, &mut problems);
    assert_eq!(problems.to_string(), "");
    assert_eq!(target.unwrap().chain.id, 14800);
}

#[test]
fn nothing_is_replaced_unless_forced() {
    let dir = folder("force");
    let mut args = InitArgs { dir: dir.clone(), force: false };
    init(&args).unwrap();
    let run_file = dir.join(RUN_FILE);
    fs::write(&run_file, "users = 7").unwrap();
    assert!(matches!(init(&args), Err(InitError::Exists { path }) if path == run_file));
    assert_eq!(fs::read_to_string(&run_file).unwrap(), "users = 7");
    args.force = true;
    init(&args).unwrap();
    assert_eq!(fs::read_to_string(&run_file).unwrap(), run_text());
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn one_file_that_exists_keeps_both_from_being_written() {
    let dir = folder("both");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(TARGET_FILE), "mine").unwrap();
    let error = init(&InitArgs { dir: dir.clone(), force: false }).unwrap_err();
    assert!(error.to_string().ends_with("--force to replace it"));
    assert!(!dir.join(RUN_FILE).exists());
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_run_file_as_text() {
    insta::assert_snapshot!(run_text());
}

#[test]
fn next_steps_as_text() {
    insta::assert_snapshot!(next_steps(Path::new("net/swell.toml"), Path::new("net/target.toml")));
}

#[test]
fn both_files_together_resolve() {
    let read = |path: &Path| match path.to_str() {
        Some(RUN_FILE) => Ok(run_text()),
        _ => Ok(TARGET_TEXT.to_owned()),
    };
    let options = BTreeMap::from([("target", vec![TARGET_FILE.to_owned()])]);
    let settings = crate::config::Settings::resolve(crate::config::Sources {
        options: crate::config::raw::option_layer(&options),
        variables: &BTreeMap::new(),
        run_file: Some(Path::new(RUN_FILE)),
        read: &read,
        random_seed: 1,
        journeys: &|_| crate::config::tests::JOURNEY,
    });
    assert_eq!(settings.unwrap().poll_interval.as_secs(), 5);
}
