//! What the load side costs: memory and CPU of this process.

use std::io;
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
mod linux;

/// What the process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceSample {
    /// Resident set of the whole process, bytes; 0 where the system does not say.
    pub rss_bytes: u64,
    /// The largest it ever was; 0 where the system does not say.
    pub rss_peak_bytes: u64,
    /// CPU time of all threads but the excluded ones, ended threads included.
    pub cpu: Duration,
    /// CPU time of the excluded threads.
    pub cpu_excluded: Duration,
}

/// Reads what the process uses; threads with a given prefix in their name are kept apart.
///
/// On Linux it reads `/proc/self`. Elsewhere memory is not known and no thread is kept apart: `cpu`
/// is the whole process's.
#[derive(Debug)]
pub struct ResourceMeter {
    #[cfg(target_os = "linux")]
    threads: linux::ExcludedThreads,
}

impl ResourceMeter {
    /// A meter that keeps apart the threads whose name begins with `excluded_prefix`, such as
    /// `"sandbox"`.
    ///
    /// What such a thread used after the last sample before its end counts as ours: sample once a
    /// second and it is below a second. Linux cuts names at 15 bytes.
    #[must_use]
    pub fn new(excluded_prefix: &str) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _no_thread_names_here = excluded_prefix;
        Self {
            #[cfg(target_os = "linux")]
            threads: linux::ExcludedThreads::new(excluded_prefix),
        }
    }

    /// Cores this process may use.
    #[must_use]
    pub fn cores() -> usize {
        thread::available_parallelism().map_or(1, Into::into)
    }

    /// What the process has used so far.
    ///
    /// # Errors
    /// `/proc/self` cannot be read.
    #[cfg(target_os = "linux")]
    pub fn sample(&mut self) -> io::Result<ResourceSample> {
        let memory = linux::memory()?;
        // Threads first: what they use between the two readings must not make the rest negative.
        let cpu_excluded = self.threads.cpu()?;
        Ok(ResourceSample {
            rss_bytes: memory.rss_bytes,
            rss_peak_bytes: memory.rss_peak_bytes,
            cpu: process_cpu().saturating_sub(cpu_excluded),
            cpu_excluded,
        })
    }

    /// What the process has used so far.
    ///
    /// # Errors
    /// None on this system.
    #[cfg(not(target_os = "linux"))]
    pub fn sample(&mut self) -> io::Result<ResourceSample> {
        Ok(ResourceSample { cpu: process_cpu(), ..ResourceSample::default() })
    }
}

/// CPU time of the whole process, ended threads included.
fn process_cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(used).unwrap_or_default()
}

#[cfg(test)]
mod tests;
