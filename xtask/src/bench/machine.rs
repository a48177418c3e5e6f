//! On what, and with what, figures were measured.

use std::fs;
use std::thread;

use serde::Serialize;

use super::process;
use crate::shell;

/// The machine, as it was before the measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: f64,
    memory_mib: u64,
    /// Processes that wanted a core during the last minute: other work on the machine shows here.
    load_before: f64,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Versions {
    rustc: String,
    /// The commit, and what is not certain of it.
    swell: String,
}

impl Machine {
    /// Reads `/proc`.
    pub(crate) fn read() -> Result<Self, String> {
        let text = |path: &str| {
            fs::read_to_string(path)
                .map_err(|error| format!("The bench needs Linux; could not read {path}: {error}."))
        };
        Ok(Self {
            cpu: value(&text("/proc/cpuinfo")?, "model name").unwrap_or_default(),
            cores: cores(),
            memory_mib: value(&text("/proc/meminfo")?, "MemTotal")
                .and_then(|total| total.trim_end_matches(" kB").parse::<u64>().ok())
                .map_or(0, |kib| kib / 1024),
            load_before: first_number(&text("/proc/loadavg")?),
        })
    }
}

impl Versions {
    /// Of the compiler here, and of what was measured.
    pub(crate) fn read(swell: String) -> Self {
        let rustc = shell::output(shell::program("rustc").arg("--version"));
        Self { rustc: rustc.unwrap_or_default(), swell }
    }
}

/// Cores this process may use.
pub(crate) fn cores() -> f64 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    f64::from(u16::try_from(cores).unwrap_or(u16::MAX))
}

/// CPU seconds of everything that ran since the machine started, and what its host took away.
pub(crate) fn busy_s() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/stat")
        .map_err(|error| format!("The bench needs Linux; could not read /proc/stat: {error}."))?;
    parse_busy_s(&stat).ok_or_else(|| "/proc/stat has another shape than expected.".to_owned())
}

/// All of the first line but the fields `idle` and `iowait`; `guest` is in `user` already.
fn parse_busy_s(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    let ticks: Option<Vec<f64>> = fields.map(|field| field.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() >= 8)?;
    let busy: f64 = ticks[..3].iter().chain(&ticks[5..8]).sum();
    Some(busy / process::TICKS_PER_S)
}

/// The time now, in UTC.
pub(crate) fn date() -> String {
    shell::output(shell::program("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])).unwrap_or_default()
}

/// What follows `name:` in a file of `/proc`.
fn value(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn first_number(text: &str) -> f64 {
    text.split_ascii_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{first_number, parse_busy_s, value};

    #[test]
    fn idle_and_waiting_time_is_not_busy() {
        let stat = "cpu  100 200 300 9000 9000 10 20 30 7 7\ncpu0 1 1 1 1\n";
        assert_eq!(parse_busy_s(stat), Some(6.6));
        assert_eq!(parse_busy_s("intr 1 2 3"), None);
    }

    #[test]
    fn proc_files_are_read_by_name() {
        let text = "processor\t: 0\nmodel name\t: Some CPU\nMemTotal:  24684000 kB\n";
        assert_eq!(value(text, "model name").unwrap(), "Some CPU");
        assert_eq!(value(text, "MemTotal").unwrap(), "24684000 kB");
        assert_eq!(value(text, "model"), None);
        assert!((first_number("1.25 2.0 3.0 1/90 7\n") - 1.25).abs() < 1e-9);
    }
}
