//! `cargo xtask fuzz`: every parser of bytes that come from outside.

mod options;
mod record;
mod statistics;

use std::fs;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use options::Options;
use record::Record;
use statistics::Statistics;

use crate::bench::{Machine, Process, Stopwatch, date, wait_for};
use crate::{Outcome, shell};

/// The workspace of the fuzz targets.
const FOLDER: &str = "fuzz";
/// Where the corpus grows; what is committed is in `fuzz/seeds`.
const SCRATCH: &str = "target/fuzz";
/// How long a target may go on after its time: its last input, and statistics.
const GRACE: Duration = Duration::from_secs(120);

/// Builds the targets and runs each for a while:
/// `[--minutes N] [--jobs N] [--keep] [TARGET…]`.
///
/// # Errors
///
/// If an argument means nothing, the build fails, or a target finds what it looks for. The input that
/// did it is kept.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let known = targets()?;
    let options = Options::parse(arguments, &known)?;
    let wanted: Vec<&str> =
        known.iter().map(String::as_str).filter(|target| options.wants(target)).collect();
    let version = version();
    build()?;
    let before = options.keep.then(Machine::read).transpose()?;
    let runs = all(&wanted, &options, &version);
    let mut records = Vec::new();
    let mut problems = Vec::new();
    for run in runs {
        match run {
            Ok(record) => records.push(record),
            Err(problem) => problems.push(problem),
        }
    }
    print!("{}", record::table(&records));
    if let Some(before) = before {
        record::keep(&records, &known, &before, &version)?;
    }
    let broken = records.iter().filter(|record| record.is_broken).map(|record| {
        let Record { target, statistics, .. } = record;
        let inputs = statistics.found.join(", ");
        format!("{target} is broken by {inputs}, in {SCRATCH}; see {SCRATCH}/{target}.log.")
    });
    problems.extend(broken);
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn build() -> Outcome {
    let manifest = format!("{FOLDER}/Cargo.toml");
    let mut build = shell::cargo();
    // Cargo has no flags for single crates.
    build.env("RUSTC_WRAPPER", shell::root().join(FOLDER).join("rustc.sh"));
    build.args(["build", "--bins", "--target-dir", "target"]);
    shell::run(build.args(["--manifest-path", &manifest]))
}

/// Runs the targets, so many at once as they are allowed to; what came of them is in their order.
fn all(targets: &[&str], options: &Options, version: &str) -> Vec<Result<Record, String>> {
    let waiting = Mutex::new(targets.iter().enumerate());
    let ended = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..options.jobs.get().min(targets.len()) {
            scope.spawn(|| {
                while let Some((place, target)) = next() {
                    let record = one(target, options.minutes, version);
                    ended.lock().unwrap_or_else(PoisonError::into_inner).push((place, record));
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    ended.sort_by_key(|(place, _)| *place);
    ended.into_iter().map(|(_, record)| record).collect()
}

/// Runs one target. What it says is in a file, as others may run beside it.
fn one(target: &str, minutes: f64, version: &str) -> Result<Record, String> {
    let cannot = |what: &str, error| format!("Could not {what} for {target}: {error}.");
    let corpus = shell::root().join(SCRATCH).join(target);
    fs::create_dir_all(&corpus).map_err(|error| cannot("make the corpus's folder", error))?;
    let log = shell::root().join(SCRATCH).join(format!("{target}.log"));
    let said = fs::File::create(&log).map_err(|error| cannot("make a log", error))?;
    let also_said = said.try_clone().map_err(|error| cannot("make a log", error))?;
    let seconds = (minutes * 60.0).ceil();
    let mut command = shell::program(&format!("target/debug/{target}"));
    command
        .arg(format!("-max_total_time={seconds}"))
        // Of wall time: others may want the cores too.
        .args(["-timeout=60", "-report_slow_units=30"])
        .args(["-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1"])
        .args(["-verbosity=0", "-use_value_profile=1"])
        .arg(format!("-artifact_prefix={SCRATCH}/{target}-"))
        .arg(corpus)
        .arg(format!("{FOLDER}/seeds/{target}"));
    command.stdin(Stdio::null()).stdout(said).stderr(also_said);
    println!("{} {target}: {minutes} min", date());
    let watch = Stopwatch::start();
    let mut process = Process::start(&mut command)?;
    let (status, cpu_s) = wait(&mut process, Duration::from_secs_f64(seconds) + GRACE)?
        .ok_or_else(|| format!("{target} did not end in its time; see {SCRATCH}/{target}.log."))?;
    let minutes = watch.elapsed().as_secs_f64() / 60.0;
    let text = fs::read(&log).map_err(|error| cannot("read the log", error))?;
    let statistics = Statistics::parse(&String::from_utf8_lossy(&text)).ok_or_else(|| {
        format!("{target} left no statistics ({status}); see {SCRATCH}/{target}.log.")
    })?;
    println!("{} {target}: {} executions, {status}", date(), statistics.executions);
    Ok(Record {
        target: target.to_owned(),
        date: date(),
        swell: version.to_owned(),
        minutes,
        cpu_s,
        statistics,
        is_broken: !status.success(),
    })
}

/// Waits for its end, and says what CPU time it used, to a second, where that can be known; `None`
/// when it does not end.
fn wait(
    process: &mut Process,
    deadline: Duration,
) -> Result<Option<(ExitStatus, Option<f64>)>, String> {
    const LOOKED_EVERY: Duration = Duration::from_secs(1);
    let mut cpu_s = None;
    let mut looked = Stopwatch::start();
    let status = wait_for(deadline, || {
        if looked.elapsed() >= LOOKED_EVERY {
            looked = Stopwatch::start();
            // It may end between two looks.
            cpu_s = process.cpu_s().ok().or(cpu_s);
        }
        process.ended()
    })?;
    Ok(status.map(|status| (status, cpu_s)))
}

/// The commit that is built, and whether it is more than that.
fn version() -> String {
    let described = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    let version = shell::output(shell::program("git").args(described));
    version.unwrap_or_else(|| "unknown".to_owned())
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

#[cfg(test)]
mod tests {
    use super::{FOLDER, targets};
    use crate::shell;

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
