//! Memory and CPU of the load side at full scale, in real time.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::figure::{Figure, Goal};
use super::options::{Options, S2k};
use super::report::Report;
use super::results::Part;
use super::sandbox::{Sandbox, TARGET};
use super::swell::{self, Swell};

/// The full scale of `swell run`, where users end the run before its duration does.
const USERS: u32 = 1000;
const QUICK_USERS: u32 = 200;
const DEADLINE: Duration = Duration::from_secs(900);

const RSS_GOAL_MIB: f64 = 60.0;
const CPU_GOAL_PERCENT: f64 = 5.0;

/// One run.
struct Run {
    s2k: S2k,
    report: Report,
    cpu_s: f64,
    /// Percent of one core, over the whole run.
    cpu_percent: f64,
    rss_peak_mib: f64,
    load_begins_s: f64,
    sandbox_cpu_s: f64,
}

/// Runs the full scale once for each key stretching that is asked for.
pub(crate) fn measure(swell: &Swell, options: &Options) -> Result<Part, String> {
    let users = if options.quick { QUICK_USERS } else { USERS };
    let runs: Result<Vec<Run>, String> =
        options.s2k.iter().map(|s2k| run(swell, users, *s2k)).collect();
    let runs = runs?;
    Ok(Part {
        how: how(users),
        figures: figures(&runs),
        runs: runs.iter().map(|run| run.json(users)).collect(),
    })
}

fn how(users: u32) -> String {
    format!(
        "{users} users at 3/s with the settings of full scale, against a sandbox in another \
         process. With S2K fast, encryption costs next to nothing: that run's CPU is what is \
         besides encryption. What the faithful run takes more is the cost of encryption."
    )
}

fn arguments(users: u32, s2k: S2k) -> String {
    format!("--target {TARGET} --users {users} --rate 3 --s2k {} --seed 1", s2k.label())
}

fn run(swell: &Swell, users: u32, s2k: S2k) -> Result<Run, String> {
    let scratch = swell::scratch(&format!("memory/{}", s2k.label()))?;
    let sandbox = Sandbox::serve(swell, &scratch)?;
    let before = sandbox.cpu_s()?;
    let ended = swell.run(&scratch, &arguments(users, s2k), DEADLINE)?;
    let sandbox_cpu_s = sandbox.cpu_s()? - before;
    let report = ended.report()?;
    let used = report.used()?;
    Ok(Run {
        s2k,
        cpu_s: used.cpu_seconds,
        cpu_percent: 100.0 * used.cpu_seconds / report.run.duration_s,
        rss_peak_mib: used.rss_peak_mib(),
        load_begins_s: load_begins_s(&ended.folder)?,
        sandbox_cpu_s,
        report,
    })
}

/// When the run's log says that users may arrive, seconds since the run began.
fn load_begins_s(folder: &Path) -> Result<f64, String> {
    let log = fs::read_to_string(folder.join("run.log"))
        .map_err(|error| format!("The run left no run.log: {error}."))?;
    parse_load_begins_s(&log).ok_or_else(|| "run.log says nothing of the load's begin.".to_owned())
}

fn parse_load_begins_s(log: &str) -> Option<f64> {
    let line = log.lines().find(|line| line.contains("phase=\"load\""))?;
    let (_, at) = line.split_once("at=")?;
    let value = at.split_ascii_whitespace().next()?;
    match value.strip_suffix("ms") {
        Some(ms) => ms.parse::<f64>().ok().map(|ms| ms / 1e3),
        None => value.strip_suffix('s')?.parse().ok(),
    }
}

impl Run {
    fn json(&self, users: u32) -> serde_json::Value {
        json!({
            "arguments": arguments(users, self.s2k),
            "duration_s": self.report.run.duration_s,
            "started": self.report.arrivals.started,
            "success_percent": self.report.success_percent(),
            "failed_by_class": self.report.outcomes.by_class,
            "response_p95_ms": self.report.response_ms.p95,
            "schedule_lag_p99_us": self.report.schedule_lag_us.p99,
            "cpu_s": self.cpu_s,
            "cpu_percent_of_core": self.cpu_percent,
            "rss_peak_mib": self.rss_peak_mib,
            "load_begins_s": self.load_begins_s,
            "sandbox_cpu_s": self.sandbox_cpu_s,
        })
    }
}

fn figures(runs: &[Run]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for run in runs {
        let name = |what: &str| format!("{what}, S2K {}", run.s2k.label());
        let cpu = Figure::of(name("CPU of one core"), "%", &[run.cpu_percent]);
        figures.extend([
            Figure::of(name("memory at the peak"), "MiB", &[run.rss_peak_mib])
                .wanted(Goal::Below(RSS_GOAL_MIB)),
            match run.s2k {
                S2k::Fast => cpu.wanted(Goal::Below(CPU_GOAL_PERCENT)),
                S2k::Faithful => cpu,
            },
            Figure::of(name("succeeded"), "%", &[run.report.success_percent()]),
            Figure::of(
                name("schedule lag p99"),
                "µs",
                &[f64::from(run.report.schedule_lag_us.p99)],
            ),
            Figure::of(name("load begins"), "s", &[run.load_begins_s]),
        ]);
    }
    figures.extend(encryption(runs));
    figures
}

/// What one user's faithful encryption takes, where both were run.
fn encryption(runs: &[Run]) -> Option<Figure> {
    let of = |s2k| runs.iter().find(|run| run.s2k == s2k);
    let (fast, faithful) = (of(S2k::Fast)?, of(S2k::Faithful)?);
    let users = f64::from(faithful.report.arrivals.started.max(1));
    let ms = 1e3 * (faithful.cpu_s - fast.cpu_s) / users;
    Some(Figure::of("CPU of encryption, a user", "ms", &[ms]))
}

#[cfg(test)]
mod tests {
    use super::parse_load_begins_s;

    #[test]
    fn the_begin_of_the_load_is_read_from_the_log() {
        let log = "1s  INFO a: phase phase=\"prime\" at=1s\n\
                   2s  INFO a: phase phase=\"load\" at=2.081s\n";
        assert_eq!(parse_load_begins_s(log), Some(2.081));
        assert_eq!(parse_load_begins_s("phase=\"load\" at=500.0ms other=1"), Some(0.5));
        assert_eq!(parse_load_begins_s("phase=\"drain\" at=2.0s"), None);
    }
}
