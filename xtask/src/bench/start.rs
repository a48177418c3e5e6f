//! From the start of the process to its first user.

use std::time::Duration;

use serde_json::json;

use super::clock::Stopwatch;
use super::figure::{Figure, Goal};
use super::options::Options;
use super::process::Process;
use super::results::Part;
use super::sandbox::{Sandbox, TARGET};
use super::swell::{self, Swell};

const REPEATS: u32 = 5;
const DEADLINE: Duration = Duration::from_secs(60);
const GOAL_S: f64 = 3.0;

/// Starts a run a few times.
pub(crate) fn measure(swell: &Swell, _: &Options) -> Result<Part, String> {
    let mut first_user_s = Vec::new();
    let mut process_s = Vec::new();
    let mut runs = Vec::new();
    for seed in 1..=REPEATS {
        let scratch = swell::scratch(&format!("start/{seed}"))?;
        let sandbox = Sandbox::serve(swell, &scratch)?;
        let bare = bare_process_s(swell, &scratch)?;
        let report = swell.run(&scratch, &arguments(seed), DEADLINE)?.report()?;
        drop(sandbox);
        let due = report.throughput.window_start_s;
        let late = f64::from(report.schedule_lag_us.max) / 1e6;
        runs.push(json!({
            "arguments": arguments(seed),
            "process_s": bare,
            "first_due_s": due,
            "first_late_s": late,
        }));
        first_user_s.push(bare + due + late);
        process_s.push(bare);
    }
    let figures = vec![
        Figure::of("start to first user", "s", &first_user_s).wanted(Goal::Below(GOAL_S)),
        Figure::of("of which the process itself, at most", "s", &process_s),
    ];
    Ok(Part { how: how(), figures, runs })
}

fn how() -> String {
    "One Poisson user at 3/s, so that the report's window begins when the first user is due; to \
     that come how late the user started, and, as an upper bound of what passes before the run's \
     clock begins, the whole of a process that only prints its settings. Each time against a new \
     sandbox in another process with a block a second: two blocks and the wait for a Poisson \
     arrival, 0.33 s in the mean, are in it."
        .to_owned()
}

/// One user alone: no success can fall into the window, which then begins with the first due.
fn arguments(seed: u32) -> String {
    format!("--target {TARGET} --users 1 --rate 3 --s2k fast --no-default-thresholds --seed {seed}")
}

fn bare_process_s(swell: &Swell, scratch: &std::path::Path) -> Result<f64, String> {
    let mut command = swell.command(scratch);
    command.args(["run", "--print-config"]).stdout(std::process::Stdio::null());
    let watch = Stopwatch::start();
    Process::start(&mut command)?.wait(DEADLINE)?;
    Ok(watch.elapsed().as_secs_f64())
}
