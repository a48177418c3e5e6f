//! `cargo xtask bench`: speed and memory, measured through the `swell` program alone.
//!
//! Every load runs against a sandbox in another process on 127.0.0.1, but virtual time, which has
//! its sandbox inside. What is asked of a machine is bounded in count and time.

mod anvil;
mod clock;
mod figure;
mod funding;
mod journey;
mod journeys;
mod machine;
mod memory;
mod options;
mod process;
mod report;
mod results;
mod sandbox;
mod sink;
mod start;
mod swell;
mod views;
mod virtual_time;

pub(crate) use clock::{Stopwatch, wait_every, wait_for};
pub(crate) use figure::{Figure, Goal};
pub(crate) use machine::{Machine, date};
pub(crate) use process::Process;
pub(crate) use results::{Part, keep as keep_part, kept as kept_part};

use options::Options;
use swell::Swell;

use crate::Outcome;

/// One part: its name, and what measures it.
struct Bench {
    name: &'static str,
    measure: fn(&Swell, &Options) -> Result<Part, String>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "journey", measure: journey::measure },
    Bench { name: "journeys", measure: journeys::measure },
    Bench { name: "funding", measure: funding::measure },
    Bench { name: "memory", measure: memory::measure },
    Bench { name: "start", measure: start::measure },
    Bench { name: "views", measure: views::measure },
    Bench { name: "virtual", measure: virtual_time::measure },
];

/// Measures the named parts, or all; prints a table and keeps each part in `bench/results`.
///
/// # Errors
///
/// If an argument means nothing, the program cannot be had, or a run leaves no report. A goal that
/// is not reached is a result, and no error.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
    let options = Options::parse(arguments, &names)?;
    let swell = Swell::find()?;
    for bench in BENCHES.iter().filter(|bench| options.wants(bench.name)) {
        println!("{}", bench.name);
        let before = Machine::read()?;
        let part = (bench.measure)(&swell, &options)?;
        print!("{}", figure::table(bench.name, &part.figures));
        keep_part(bench.name, &part, &before, swell.version())?;
    }
    Ok(())
}
