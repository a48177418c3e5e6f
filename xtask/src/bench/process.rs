//! Processes that never outlive the chore, and what they used.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use super::clock;

/// Ticks a second in `/proc`; the same on every Linux that Rust supports.
pub(crate) const TICKS_PER_S: f64 = 100.0;

/// A process that is killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    program: String,
}

impl Process {
    /// Starts a program.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
        let program = program.to_string_lossy().into_owned();
        match command.spawn() {
            Ok(child) => Ok(Self { child, program }),
            Err(error) => Err(format!("Could not start `{program}`: {error}.")),
        }
    }

    /// Waits until it ends by itself; kills it at the deadline.
    pub(crate) fn wait(&mut self, deadline: Duration) -> Result<ExitStatus, String> {
        clock::wait_for(deadline, || self.ended())?.ok_or_else(|| {
            let Self { program, .. } = self;
            format!("A run of `{program}` did not end in {} s and was killed.", deadline.as_secs())
        })
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        let ended = self.child.try_wait();
        ended.map_err(|error| format!("Could not wait for `{}`: {error}.", self.program))
    }

    /// CPU seconds of all its threads so far, those that ended included.
    pub(crate) fn cpu_s(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = fs::read_to_string(&path)
            .map_err(|error| format!("The bench needs Linux; could not read {path}: {error}."))?;
        parse_cpu_s(&stat).ok_or_else(|| format!("{path} has another shape than expected."))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails only if it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// User and system time: the fields 14 and 15. The name, field 2, may hold spaces.
fn parse_cpu_s(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::parse_cpu_s;

    #[test]
    fn cpu_is_read_past_a_name_with_spaces_and_brackets() {
        let stat = "9631 (a) b) S 9628 9628 8034 0 -1 4194304 3131 0 9 0 72 13 0 0 20 0 9 0";
        assert_eq!(parse_cpu_s(stat), Some(0.85));
        assert_eq!(parse_cpu_s("9631 (swell) S 1"), None);
    }
}
