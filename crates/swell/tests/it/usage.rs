//! What the program says and how it exits before anything is sent.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs `swell` without any `SWELL_*` variable but those given.
fn swell(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swell"));
    let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SWELL_"));
    for (name, _) in ours {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn wrong_usage_exits_with_2_and_prints_nothing_on_stdout() {
    for arguments in [
        &["run", "--users", "0"][..],
        &["run", "--rate", "-1"],
        &["run", "--no-such-option"],
        &["run", "no-such-file.toml"],
        &["check", "--threshold", "speed"],
        &["no-such-command"],
        &["sandbox"],
        &["sweep", "no-run"],
        &["sweep"],
        &["sweep", "--all", "04hmasw9nf6yy044"],
        &["sweep", "--all", "--up-to", "5"],
        &["sweep", "04hmasw9nf6yy044", "--up-to", "0"],
        &["sweep", "04hmasw9nf6yy044", "--up-to", "2147483649"],
        &["runs", "04hmasw9nf6yy044"],
        &[],
    ] {
        let output = swell(arguments, &[("SWELL_HOME", env!("CARGO_TARGET_TMPDIR"))]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let output = swell(&["run", "--users", "0", "--ui", "gui"], &[("SWELL_RATE", "-1")]);
    assert_eq!(stderr(&output).lines().filter(|line| line.starts_with("error: ")).count(), 3);
}

#[test]
fn help_and_version_exit_with_0() {
    for arguments in [["--help"], ["--version"]] {
        let output = swell(&arguments, &[]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("swell"));
    }
}

#[test]
fn print_config_prints_a_run_file_that_says_the_same() {
    let folder = folder("print-config");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("run.toml");
    let first = swell(&["run", "--preset", "small", "--print-config"], &[("SWELL_POOL_SIZE", "7")]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    std::fs::write(&file, stdout(&first)).unwrap();
    let second = swell(&["run", file.to_str().unwrap(), "--print-config"], &[]);
    let settings = |output: &Output| {
        let lines = stdout(output);
        let entries = lines.lines().filter_map(|line| line.split_once("  # "));
        entries.map(|(entry, _)| entry.trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert!(settings(&first).contains(&"pool-size = 7".to_owned()));
    assert_eq!(settings(&first), settings(&second));
}

#[test]
fn init_writes_files_that_are_read() {
    let folder = folder("init");
    let place = folder.to_str().unwrap();
    let init = swell(&["init", "--dir", place], &[]);
    assert_eq!(init.status.code(), Some(0), "{}", stderr(&init));
    let again = swell(&["init", "--dir", place], &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"));
    let (run, target) = (folder.join("swell.toml"), folder.join("target.toml"));
    let arguments =
        ["run", run.to_str().unwrap(), "--target", target.to_str().unwrap(), "--print-config"];
    let printed = swell(&arguments, &[]);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
}

#[test]
fn two_runs_without_a_seed_draw_different_ones() {
    let seed = || {
        let output = stdout(&swell(&["run", "--print-config"], &[]));
        output.lines().find(|line| line.starts_with("seed = ")).unwrap().to_owned()
    };
    assert_ne!(seed(), seed());
}
