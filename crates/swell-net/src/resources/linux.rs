//! Reading `/proc/self`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::time::Duration;

/// The process's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) rss_bytes: u64,
    pub(super) rss_peak_bytes: u64,
}

pub(super) fn memory() -> io::Result<Memory> {
    parse_memory(&fs::read_to_string("/proc/self/status")?).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "/proc/self/status has no VmRSS or VmHWM")
    })
}

/// `VmRSS` and `VmHWM` of `/proc/self/status`; both are in kB.
pub(super) fn parse_memory(status: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 =
            line.trim_start_matches(':').split_whitespace().next()?.parse().ok()?;
        kilobytes.checked_mul(1024)
    };
    Some(Memory { rss_bytes: bytes("VmRSS")?, rss_peak_bytes: bytes("VmHWM")? })
}

/// CPU time of the threads whose name begins with a prefix, ended ones as far as they were seen.
#[derive(Debug)]
pub(super) struct ExcludedThreads {
    prefix: String,
    /// What each living one had used at the last sample, by id and start: ids are used again.
    living: BTreeMap<(u32, u64), Duration>,
    /// What those had used that are gone.
    ended: Duration,
}

impl ExcludedThreads {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), living: BTreeMap::new(), ended: Duration::ZERO }
    }

    /// Their CPU time so far.
    pub(super) fn cpu(&mut self) -> io::Result<Duration> {
        let (mut living, mut listed) = (BTreeMap::new(), BTreeSet::new());
        for entry in fs::read_dir("/proc/self/task")? {
            let path = entry?.path();
            listed.extend(path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
            // A thread may end between the listing and the reading.
            let Ok(stat) = fs::read_to_string(path.join("stat")) else { continue };
            let Some(thread) = ThreadStat::parse(&stat) else { continue };
            if !thread.name.starts_with(&self.prefix) {
                continue;
            }
            let cpu = fs::read_to_string(path.join("schedstat"))
                .ok()
                .and_then(|stat| parse_schedstat(&stat))
                .unwrap_or_else(|| thread.cpu());
            living.insert((thread.id, thread.started_ticks), cpu);
        }
        // One that is listed and could not be read is not gone, and is counted as it was.
        for (thread, cpu) in &self.living {
            if listed.contains(&thread.0) {
                living.entry(*thread).or_insert(*cpu);
            }
        }
        let gone = self.living.iter().filter(|(thread, _)| !living.contains_key(thread));
        self.ended += gone.map(|(_, cpu)| *cpu).sum::<Duration>();
        self.living = living;
        Ok(self.ended + self.living.values().sum::<Duration>())
    }
}

/// A line of `/proc/self/task/*/stat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ThreadStat<'a> {
    pub(super) id: u32,
    pub(super) name: &'a str,
    pub(super) cpu_ticks: u64,
    pub(super) started_ticks: u64,
}

impl<'a> ThreadStat<'a> {
    /// Fields as proc(5) numbers them: 1 id, 2 name, 14 and 15 user and system time, 22 start.
    pub(super) fn parse(stat: &'a str) -> Option<Self> {
        // The name is in parentheses and may contain some itself.
        let (id, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.split_ascii_whitespace().skip(14 - 3);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        let started_ticks = fields.nth(22 - 16)?.parse().ok()?;
        Some(Self { id: id.parse().ok()?, name, cpu_ticks: user + system, started_ticks })
    }

    fn cpu(&self) -> Duration {
        let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
        Duration::from_millis(self.cpu_ticks.saturating_mul(1_000) / ticks_per_second)
    }
}

/// The first field of `/proc/self/task/*/schedstat`: nanoseconds on a CPU. Not every kernel has
/// it; where there is one it is far finer than the ticks in `stat`.
pub(super) fn parse_schedstat(schedstat: &str) -> Option<Duration> {
    schedstat.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
