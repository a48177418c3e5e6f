//! How funding keeps up with users who come one after another, or all at once.

use std::time::Duration;

use serde_json::json;

use super::{BLOCK_GAS, PINNED};
use crate::bench::figure::{Figure, Goal};
use crate::bench::options::Options;
use crate::bench::report::Report;
use crate::bench::results::Part;
use crate::bench::sandbox::{Sandbox, TARGET};
use crate::bench::swell::{self, Swell};

const DEADLINE: Duration = Duration::from_secs(240);
/// A wallet that is at hand is handed over in less.
const AT_HAND_MS: f64 = 10.0;
/// A block comes every second.
const BLOCK_MS: f64 = 1000.0;

/// Users who come in one way, and what it must show.
struct Demand {
    name: &'static str,
    /// Of the sandbox.
    knobs: &'static [&'static str],
    arguments: &'static str,
    figure: fn(&str, &Report) -> Figure,
}

const DEMANDS: [Demand; 3] = [
    Demand {
        name: "3 users/s",
        knobs: &[],
        arguments: "--rate 3 --users 180 --hold 5s",
        figure: |name, report| {
            let waited = report.funding.wait_ms.max;
            Figure::of(format!("{name}: longest wait for a wallet"), "ms", &[waited])
                .wanted(Goal::Below(AT_HAND_MS))
        },
    },
    // 1,142/s is 80 % of what a block's gas allows; users keep their wallets while others come, so
    // that no sweep takes part.
    Demand {
        name: "80 % of what gas allows",
        knobs: PINNED,
        arguments: "--rate 1142 --users 17130 --concurrency 17130 --pool-size 6000 --hold 20s \
                    --funding direct --funding-gas 100% --funding-workers 30",
        figure: |name, report| {
            let blocks = report.funding.latency_ms.p99 / BLOCK_MS;
            Figure::of(format!("{name}: funding latency p99"), "blocks", &[blocks])
                .wanted(Goal::Below(3.0))
        },
    },
    Demand {
        name: "10,000 at once",
        knobs: PINNED,
        arguments: "--arrivals burst --users 10000 --concurrency 10000 --pool-size 10000 --hold 20s \
                    --funding direct --funding-gas 100% --funding-workers 20",
        figure: |name, report| {
            Figure::of(format!("{name}: the last wallet"), "s", &[report.last_wallet_s()])
                .wanted(Goal::Below(15.0))
        },
    },
];

/// Carries each demand out against a sandbox of its own.
pub(super) fn measure(swell: &Swell, _: &Options) -> Result<Part, String> {
    let (mut figures, mut runs) = (Vec::new(), Vec::new());
    for (number, demand) in DEMANDS.iter().enumerate() {
        let scratch = swell::scratch(&format!("funding/demand-{number}"))?;
        let _sandbox = Sandbox::serve_with(swell, &scratch, demand.knobs)?;
        let arguments = format!(
            "--target {TARGET} --journey wallet --no-default-thresholds --seed 1 {}",
            demand.arguments
        );
        let report = swell.run(&scratch, &arguments, DEADLINE)?.report()?;
        figures.push((demand.figure)(demand.name, &report));
        runs.push(json!({
            "arguments": arguments,
            "wallets": report.funding.wallets,
            "failed": report.funding.failed,
            "latency_p50_ms": report.funding.latency_ms.p50,
            "latency_p99_ms": report.funding.latency_ms.p99,
            "wait_max_ms": report.funding.wait_ms.max,
            "last_wallet_s": report.last_wallet_s(),
            "unexplained_wei": report.money.unexplained_wei,
        }));
    }
    let how = format!(
        "Users come at 3/s; at 80 % of what {BLOCK_GAS} gas and a block a second allow; and 10,000 \
         at once. Longest wait and last wallet are from due to usable."
    );
    Ok(Part { how, figures, runs })
}
