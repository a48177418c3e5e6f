//! `swell sweep`.

use std::convert::Infallible;
use std::time::Duration;

use swell_engine::sweep::{SweepError, SweepProgress, SweepSetup, SweepStatement, sweep_run};
use swell_net::clock::RunClock;
use tokio::sync::watch;

use super::run::{Refusal, clock, runtime};
use crate::args::SweepArgs;
use crate::connection::ChainSide;
use crate::exit::Exit;
use crate::recovery::{SweepJob, SweepRefusal};
use crate::store::RunStore;
use crate::sweep_text::{begin, progress_line, statement_text};
use crate::{log, terminal};

/// Returns what a run left in wallets and lanes to its relayer.
#[must_use]
pub fn sweep(args: SweepArgs) -> Exit {
    let swept = runtime(false)
        .map_err(|error| Refusal::new(Exit::Failed, &error))
        .and_then(|runtime| runtime.block_on(perform(&args)));
    match swept {
        Ok(exit) => exit,
        Err(refusal) => {
            terminal::complain(&format!("error: {}\n", refusal.words));
            refusal.exit
        }
    }
}

impl From<SweepRefusal> for Refusal {
    fn from(error: SweepRefusal) -> Self {
        Self::new(error.exit(), &error)
    }
}

impl From<SweepError> for Refusal {
    fn from(error: SweepError) -> Self {
        Self::new(Exit::Failed, &error)
    }
}

async fn perform(args: &SweepArgs) -> Result<Exit, Refusal> {
    let clock = clock(false);
    let store = RunStore::open(|name| std::env::var(name).ok())?;
    let job = SweepJob::find(&store, &args.run_id, args.target.as_deref())?;
    begin_log(args, &job, &clock)?;
    let side = ChainSide::open(job.target.clone(), clock.clone()).await?;
    for warning in &side.warnings {
        terminal::complain(&format!("warning: {warning}\n"));
    }
    job.compare(&side)?;
    // A run that is going on holds it: its money is none of ours yet.
    let _lock = store.lock_relayer(side.genesis, side.relayer.address())?;
    terminal::print(&begin(&job, &side));
    let statement = drive(&job, side, &clock).await?;
    terminal::print(&statement_text(&job.run_id, &statement));
    Ok(if statement.is_complete() { Exit::Passed } else { Exit::Failed })
}

/// Without a folder there is no log.
fn begin_log(args: &SweepArgs, job: &SweepJob, clock: &RunClock) -> Result<(), Refusal> {
    let Some(record) = &job.record else { return Ok(()) };
    let path = record.folder.join(log::SWEEP_FILE_NAME);
    let subscriber = log::subscriber_to(path, args.log, clock.clone())
        .map_err(|error| Refusal::new(Exit::Check, &error))?;
    // Set once a process.
    let _first = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

async fn drive(
    job: &SweepJob,
    side: ChainSide,
    clock: &RunClock,
) -> Result<SweepStatement, SweepError> {
    let (progress, watching) = watch::channel(None);
    let ChainSide { chain, relayer, .. } = side;
    let sweeping =
        sweep_run(SweepSetup { chain, relayer, run_id: job.run_id, range: job.range(), progress });
    tokio::select! {
        biased;
        statement = sweeping => statement,
        never = show(watching, clock) => match never {},
    }
}

/// Shows a line every two seconds in which something changed. Never ends.
async fn show(watching: watch::Receiver<Option<SweepProgress>>, clock: &RunClock) -> Infallible {
    const EVERY: Duration = Duration::from_secs(2);
    let mut shown = None;
    loop {
        clock.sleep(EVERY).await;
        let progress = *watching.borrow();
        if let Some(progress) = progress.filter(|_| progress != shown) {
            terminal::print(&progress_line(&progress));
            shown = Some(progress);
        }
    }
}
