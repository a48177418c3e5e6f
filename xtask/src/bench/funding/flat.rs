//! Whether memory stays the same however many wallets are funded, used and swept.

use std::time::Duration;

use serde_json::json;

use crate::bench::figure::{Figure, Goal};
use crate::bench::options::Options;
use crate::bench::report::{self, Host};
use crate::bench::results::Part;
use crate::bench::swell::{self, Swell};

const FEW: u32 = 10_000;
const MANY: u32 = 1_000_000;
const QUICK_MANY: u32 = 40_000;
const DEADLINE: Duration = Duration::from_secs(3600);
/// Memory with many wallets over memory with few.
const GOAL: f64 = 1.1;

/// Runs few and many users at the same rate, in virtual time.
pub(super) fn measure(swell: &Swell, options: &Options) -> Result<Part, String> {
    let many = if options.quick { QUICK_MANY } else { MANY };
    let (few_mib, few_run) = run(swell, FEW)?;
    let (many_mib, many_run) = run(swell, many)?;
    let figures = vec![
        Figure::of(format!("memory with {FEW} wallets"), "MiB", &[few_mib]),
        Figure::of(format!("memory with {many} wallets"), "MiB", &[many_mib]),
        Figure::of("the one over the other", "of 1", &[many_mib / few_mib])
            .wanted(Goal::Below(GOAL)),
    ];
    let how = "Users come at 30/s in virtual time, keep a wallet for 5 s, and it is swept. The sandbox \
               is inside and keeps 256 blocks, which both runs are longer than.";
    Ok(Part { how: how.to_owned(), figures, runs: vec![few_run, many_run] })
}

fn run(swell: &Swell, users: u32) -> Result<(f64, serde_json::Value), String> {
    let arguments = format!(
        "--virtual --journey wallet --hold 5s --rate 30 --users {users} --duration 24h \
         --concurrency 400 --pool-size 400 --no-default-thresholds --seed 1"
    );
    let scratch = swell::scratch(&format!("funding/flat-{users}"))?;
    let ended = swell.run(&scratch, &arguments, DEADLINE)?;
    let report = ended.report()?;
    let used = report::read::<Host>(&ended.folder.join("host.json"))?.resources;
    let run = json!({
        "arguments": arguments,
        "wallets": report.funding.wallets,
        "failed": report.funding.failed,
        "virtual_s": report.run.duration_s,
        "wall_s": ended.wall.as_secs_f64(),
        "rss_peak_mib": used.rss_peak_mib(),
        "unexplained_wei": report.money.unexplained_wei,
    });
    Ok((used.rss_peak_mib(), run))
}
