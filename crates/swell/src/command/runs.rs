//! `swell runs`.

use swell_core::units::Wei;
use swell_engine::sweep::{SweepSetup, survey_run};
use swell_net::clock::RunClock;
use tokio::sync::watch;

use super::run::{Refusal, clock, runtime};
use crate::args::RunsArgs;
use crate::connection::ChainSide;
use crate::exit::Exit;
use crate::key::KeyRing;
use crate::recovery::SweepJob;
use crate::runs::{RunRow, rows, runs_json, runs_text};
use crate::store::RunStore;
use crate::terminal;

/// Lists the runs of the store.
#[must_use]
pub fn runs(args: &RunsArgs) -> Exit {
    let listed = runtime(false)
        .map_err(|error| Refusal::new(Exit::Failed, &error))
        .and_then(|runtime| runtime.block_on(perform(args)));
    match listed {
        Ok(()) => Exit::Passed,
        Err(refusal) => {
            terminal::complain(&format!("error: {}\n", refusal.words));
            refusal.exit
        }
    }
}

async fn perform(args: &RunsArgs) -> Result<(), Refusal> {
    let store = RunStore::open(|name| std::env::var(name).ok())?;
    let mut rows = rows(&store)?;
    if args.ask {
        let (clock, keys) = (clock(false), KeyRing::default());
        let asked = rows.iter().filter(|row| row.may_hold()).count();
        for (at, row) in rows.iter_mut().filter(|row| row.may_hold()).enumerate() {
            // Each is a search of its own; the list itself goes to the standard output.
            terminal::complain(&format!(
                "asking the chain of run {}, {} of {asked}\n",
                row.id,
                at + 1
            ));
            match held(&store, row, &clock, &keys).await {
                Ok(wei) => row.hold_by_chain(wei),
                Err(refusal) => row.tell(refusal.words),
            }
        }
    }
    let text = if args.json {
        runs_json(&rows).map_err(|error| Refusal::new(Exit::Failed, &error))?
    } else {
        runs_text(&rows, &store.home().display().to_string())
    };
    terminal::print(&text);
    Ok(())
}

/// What the chain says that a run holds, dust included.
async fn held(
    store: &RunStore,
    row: &RunRow,
    clock: &RunClock,
    keys: &KeyRing,
) -> Result<Wei, Refusal> {
    let job = SweepJob::find(store, &row.id, None, None)?;
    let side = ChainSide::open(job.target.clone(), clock.clone(), keys).await?;
    job.compare(&side)?;
    let (progress, _unwatched) = watch::channel(None);
    let ChainSide { chain, relayer, .. } = side;
    let (run_id, range) = (job.run_id, job.range());
    let survey = survey_run(SweepSetup { chain, relayer, run_id, range, progress }).await?;
    Ok(survey.worth.amount + survey.dust.amount)
}
