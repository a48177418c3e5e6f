//! How fast wallets are funded, beside what the blocks' gas allows.

mod demand;
mod flat;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::anvil::Anvil;
use super::figure::{Figure, Goal};
use super::options::Options;
use super::report::Report;
use super::results::Part;
use super::sandbox::{Sandbox, TARGET};
use super::swell::{self, Swell};

/// Gas of a block; a block comes every second.
pub(crate) const BLOCK_GAS: u32 = 30_000_000;
/// Gas of one wallet: by a transfer of its own, and in a batch.
const DIRECT_GAS: f64 = 21_000.0;
const BATCH_GAS: f64 = 36_750.0;
/// Transactions a lane keeps in a node's pool at most.
const LANE_WINDOW: u32 = 64;
/// Wallets of one batch, about.
const BATCH_WALLETS: u32 = 440;
/// Blocks that funding is to take.
const BLOCKS: u32 = 16;
const QUICK_BLOCKS: u32 = 4;
/// Users keep their wallets until all have one, so that no sweep takes part in the measurement.
const HOLD: &str = "28s";
const DEADLINE: Duration = Duration::from_secs(240);
/// Of what the gas allows, where lanes do not bind.
const GOAL: f64 = 0.9;
/// Lanes that must reach it: transfers need many, as a node keeps few of each sender. Of batches two
/// fill a block, so few must do, and many must not be worse.
const DIRECT_GOAL_LANES: u32 = 30;
const BATCH_GOAL_LANES: u32 = 5;
/// A sandbox whose blocks may be full for ever.
const PINNED: &[&str] = &["--gas-limit", "30000000", "--base-fee", "1000000000", "--pin-base-fee"];
/// One whose base fee moves, as everywhere.
const MOVING: &[&str] = &["--gas-limit", "30000000", "--base-fee", "1000000000"];
const LANES: [u32; 4] = [1, BATCH_GOAL_LANES, 20, DIRECT_GOAL_LANES];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Direct,
    Batch,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Against {
    /// The base fee is pinned: blocks may be full.
    Sandbox,
    /// Blocks are half full, as the base fee would rise otherwise.
    Sustained,
    Anvil,
}

/// One run.
#[derive(Clone, Copy)]
struct Case {
    against: Against,
    strategy: Strategy,
    lanes: u32,
    blocks: u32,
}

/// Funds bursts of users, against each chain, by each strategy, with few and many lanes.
pub(crate) fn measure(swell: &Swell, options: &Options) -> Result<Part, String> {
    let blocks = if options.quick { QUICK_BLOCKS } else { BLOCKS };
    let (mut figures, mut runs) = (Vec::new(), Vec::new());
    for against in [Against::Sandbox, Against::Sustained, Against::Anvil] {
        for strategy in [Strategy::Direct, Strategy::Batch] {
            for lanes in against.lanes(strategy) {
                let case = Case { against, strategy, lanes, blocks };
                let report = case.run(swell)?;
                figures.extend(case.figures(&report));
                runs.push(case.json(&report));
            }
        }
    }
    let mut part = Part { how: how(blocks), figures, runs };
    for further in [demand::measure(swell, options)?, flat::measure(swell, options)?] {
        part.how = format!("{} {}", part.how, further.how);
        part.figures.extend(further.figures);
        part.runs.extend(further.runs);
    }
    Ok(part)
}

fn how(blocks: u32) -> String {
    format!(
        "All users come at once and keep their wallets until all have one: about {blocks} blocks of \
         {BLOCK_GAS} gas and one second. Wallets a second are all wallets over the time that the last \
         user waited for one, refills of the lanes included. The bound is the block's gas over the gas of a \
         wallet: {DIRECT_GAS} direct, {BATCH_GAS} batched. The sandbox's base fee is pinned; sustained, it \
         moves, and half of each block is the bound; anvil's moves, as it does everywhere under full \
         blocks."
    )
}

impl Strategy {
    fn goal_lanes(self) -> u32 {
        if self == Self::Direct { DIRECT_GOAL_LANES } else { BATCH_GOAL_LANES }
    }
}

impl Case {
    /// What the blocks' gas allows, wallets a second.
    fn bound(self) -> f64 {
        let each = if self.strategy == Strategy::Direct { DIRECT_GAS } else { BATCH_GAS };
        f64::from(BLOCK_GAS) * self.against.percent() / 100.0 / each
    }

    /// Enough for the blocks, as far as gas and lanes allow.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
    fn wallets(self) -> u32 {
        let each = if self.strategy == Strategy::Direct { 1 } else { BATCH_WALLETS };
        let slots = self.lanes * LANE_WINDOW * each;
        self.blocks * slots.min(self.bound() as u32)
    }

    fn arguments(self) -> String {
        let Self { strategy, lanes, .. } = self;
        let percent = self.against.percent();
        let wallets = self.wallets();
        format!(
            "--target {TARGET} --journey wallet --hold {HOLD} --arrivals burst --users {wallets} \
             --concurrency {wallets} --pool-size {wallets} --funding {strategy} --funding-gas {percent}% \
             --funding-workers {lanes} --no-default-thresholds --seed 1"
        )
    }

    fn run(self, swell: &Swell) -> Result<Report, String> {
        let scratch =
            swell::scratch(&format!("funding/{}-{}-{}", self.against, self.strategy, self.lanes))?;
        match self.against {
            Against::Sandbox | Against::Sustained => {
                let knobs = if self.against == Against::Sandbox { PINNED } else { MOVING };
                let _sandbox = Sandbox::serve_with(swell, &scratch, knobs)?;
                self.carry_out(swell, &scratch)
            }
            Against::Anvil => {
                let _anvil = Anvil::serve(&scratch)?;
                self.carry_out(swell, &scratch)
            }
        }
    }

    fn carry_out(self, swell: &Swell, scratch: &Path) -> Result<Report, String> {
        swell.run(scratch, &self.arguments(), DEADLINE)?.report()
    }

    fn name(self) -> String {
        format!("{}, {}, {} lanes", self.against, self.strategy, self.lanes)
    }

    fn figures(self, report: &Report) -> Vec<Figure> {
        let rate = f64::from(report.funding.wallets) / report.last_wallet_s().max(1e-3);
        let share = Figure::of(
            format!("{}: of what gas allows", self.name()),
            "of 1",
            &[rate / self.bound()],
        );
        let is_goal = [self.strategy.goal_lanes(), DIRECT_GOAL_LANES].contains(&self.lanes);
        let must = self.against == Against::Sandbox && is_goal;
        vec![
            Figure::of(format!("{}: wallets", self.name()), "/s", &[rate]),
            if must { share.wanted(Goal::AtLeast(GOAL)) } else { share },
            Figure::of(
                format!("{}: gas a wallet", self.name()),
                "gas",
                &[report.funding.gas_per_wallet],
            ),
        ]
    }

    fn json(self, report: &Report) -> serde_json::Value {
        json!({
            "arguments": self.arguments(),
            "against": self.against.to_string(),
            "wallets": report.funding.wallets,
            "failed": report.funding.failed,
            "latency_p50_ms": report.funding.latency_ms.p50,
            "latency_max_ms": report.funding.latency_ms.max,
            "last_wallet_s": report.last_wallet_s(),
            "bound_per_s": self.bound(),
            "unexplained_wei": report.money.unexplained_wei,
        })
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Direct { "direct" } else { "batch" })
    }
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sandbox => "sandbox",
            Self::Sustained => "sustained",
            Self::Anvil => "anvil",
        })
    }
}

impl Against {
    /// What funding may use of a block's gas.
    fn percent(self) -> f64 {
        if self == Self::Sustained { 50.0 } else { 100.0 }
    }

    fn lanes(self, strategy: Strategy) -> Vec<u32> {
        if self == Self::Sustained { vec![strategy.goal_lanes()] } else { LANES.to_vec() }
    }
}
