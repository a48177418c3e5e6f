//! `cargo xtask fuzz`: every parser of bytes that come from outside, one after the other.

use std::fs;
use std::path::PathBuf;

use crate::{Outcome, shell};

/// The workspace of the fuzz targets.
const FOLDER: &str = "fuzz";
/// Where the corpus grows; what is committed is in `fuzz/seeds`.
const SCRATCH: &str = "target/fuzz";
/// Minutes for each target.
const MINUTES_DEFAULT: f64 = 1.0;

/// What may follow `cargo xtask fuzz`.
#[derive(Debug, PartialEq)]
struct Options {
    minutes: f64,
    /// Empty means all.
    targets: Vec<String>,
}

/// Builds the targets and runs each for a while: `[--minutes N] [TARGET…]`.
///
/// # Errors
///
/// If an argument means nothing, the build fails, or a target finds what it looks for. The input that
/// did it is kept.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let known = targets()?;
    let options = Options::parse(arguments, &known)?;
    let manifest = format!("{FOLDER}/Cargo.toml");
    let mut build = shell::cargo();
    // Cargo has no flags for single crates.
    build.env("RUSTC_WRAPPER", shell::root().join(FOLDER).join("rustc.sh"));
    build.args(["build", "--bins", "--target-dir", "target"]);
    shell::run(build.args(["--manifest-path", &manifest]))?;
    let mut broken = Vec::new();
    for target in known.iter().filter(|target| options.wants(target)) {
        if let Err(problem) = one(target, options.minutes) {
            eprintln!("{problem}");
            broken.push(target.as_str());
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!("Fuzzing broke {}; inputs are in {SCRATCH}.", broken.join(", ")))
}

fn one(target: &str, minutes: f64) -> Outcome {
    let corpus = shell::root().join(SCRATCH).join(target);
    fs::create_dir_all(&corpus)
        .map_err(|error| format!("Could not make {}: {error}.", corpus.display()))?;
    let seconds = (minutes * 60.0).ceil();
    let mut command = shell::program(&format!("target/debug/{target}"));
    command
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1"])
        .args(["-verbosity=0", "-use_value_profile=1"])
        .arg(format!("-artifact_prefix={SCRATCH}/{target}-"))
        .arg(corpus)
        .arg(format!("{FOLDER}/seeds/{target}"));
    shell::run(&mut command)
}

/// The names of all targets, in order.
fn targets() -> Result<Vec<String>, String> {
    let folder: PathBuf = shell::root().join(FOLDER).join("fuzz_targets");
    let unreadable =
        |error: std::io::Error| format!("Could not read {}: {error}.", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

impl Options {
    fn parse(arguments: &[String], known: &[String]) -> Result<Self, String> {
        let mut options = Self { minutes: MINUTES_DEFAULT, targets: Vec::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if word == "--minutes" {
                let minutes = words.next().and_then(|text| text.parse().ok());
                let minutes = minutes.filter(|minutes: &f64| minutes.is_finite() && *minutes > 0.0);
                options.minutes = minutes.ok_or("--minutes wants a number above 0.")?;
            } else if known.contains(word) {
                options.targets.push(word.clone());
            } else {
                let known = known.join(", ");
                return Err(format!("There is no fuzz target {word:?}: there are {known}."));
            }
        }
        Ok(options)
    }

    fn wants(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|name| name == target)
    }
}

#[cfg(test)]
mod tests {
    use super::{FOLDER, Options, targets};
    use crate::shell;

    fn parse(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::parse(&words, &["event".to_owned(), "openpgp".to_owned()])
    }

    #[test]
    fn targets_and_minutes_are_taken() {
        let all = parse(&[]).unwrap();
        assert!(all.wants("event") && all.wants("openpgp"));
        let some = parse(&["event", "--minutes", "10"]).unwrap();
        assert!(some.wants("event") && !some.wants("openpgp"));
        assert!((some.minutes - 10.0).abs() < 1e-9);
        assert!(parse(&["--minutes", "0"]).is_err());
        assert!(parse(&["events"]).unwrap_err().contains("event, openpgp"));
    }

    #[test]
    fn every_target_has_seeds_and_a_binary() {
        let manifest =
            std::fs::read_to_string(shell::root().join(FOLDER).join("Cargo.toml")).unwrap();
        let names = targets().unwrap();
        assert!(names.len() >= 20);
        for name in names {
            let seeds = shell::root().join(FOLDER).join("seeds").join(&name);
            assert!(
                std::fs::read_dir(&seeds).is_ok_and(|mut seeds| seeds.next().is_some()),
                "{name}"
            );
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        }
    }
}
