//! `swell sweep`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use swell_engine::sweep::{
    SweepError, SweepProgress, SweepSetup, SweepStatement, survey_run, sweep_run,
};
use swell_net::clock::RunClock;
use tokio::sync::watch;

use super::run::{Refusal, clock, runtime};
use crate::args::SweepArgs;
use crate::connection::ChainSide;
use crate::exit::Exit;
use crate::key::KeyRing;
use crate::recovery::{Glance, SweepJob, SweepRefusal, SweptNote};
use crate::runs::{RunRow, rows};
use crate::store::{RunStore, StoreError};
use crate::sweep_text::{self, Total};
use crate::{log, terminal};

/// Returns what runs left in wallets and lanes to their relayers.
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

/// What every sweep of a command shares.
struct Tools {
    store: RunStore,
    clock: RunClock,
    keys: KeyRing,
}

async fn perform(args: &SweepArgs) -> Result<Exit, Refusal> {
    let store = RunStore::open(|name| std::env::var(name).ok())?;
    let tools = Tools { store, clock: clock(false), keys: KeyRing::default() };
    let Tools { store, clock, .. } = &tools;
    let Some(id) = &args.run_id else { return sweep_all(args, &tools).await };
    let job = SweepJob::find(store, id, args.target.as_deref(), args.up_to)?;
    if let Some(folder) = &job.folder {
        begin_log(args, folder.join(log::SWEEP_FILE_NAME), clock)?;
    }
    Ok(one(args, &tools, &job).await?.exit)
}

/// Every run that may still hold something, each by itself: what is wrong with one stops none of
/// the others.
async fn sweep_all(args: &SweepArgs, tools: &Tools) -> Result<Exit, Refusal> {
    let Tools { store, clock, .. } = tools;
    let rows = rows(store)?;
    if !rows.is_empty() {
        begin_log(args, store.home().join(log::SWEEP_FILE_NAME), clock)?;
    }
    let mut total = Total::default();
    for row in &rows {
        if let Some(why) = sweep_text::skipped(row) {
            terminal::print(&format!("run {}: {why}\n", row.id));
            total.skipped += 1;
        } else if row.may_hold() {
            match sweep_row(args, tools, row).await {
                Ok(swept) => total.add(&swept),
                Err(refusal) => {
                    terminal::complain(&format!("error: run {}: {}\n", row.id, refusal.words));
                    total.fail(refusal.exit);
                }
            }
        } else {
            total.settled += 1;
        }
    }
    terminal::print(&total.text(args.dry_run));
    Ok(total.exit())
}

async fn sweep_row(args: &SweepArgs, tools: &Tools, row: &RunRow) -> Result<Swept, Refusal> {
    let job = SweepJob::find(&tools.store, &row.id, None, None)?;
    one(args, tools, &job).await
}

/// What became of one run.
pub(crate) struct Swept {
    pub(crate) exit: Exit,
    pub(crate) found: swell_core::units::Wei,
    pub(crate) returned: swell_core::units::Wei,
    pub(crate) fees: swell_core::units::Wei,
}

async fn one(args: &SweepArgs, tools: &Tools, job: &SweepJob) -> Result<Swept, Refusal> {
    let Tools { store, clock, .. } = tools;
    let side = ChainSide::open(job.target.clone(), tools.clock.clone(), &tools.keys).await?;
    for warning in job.warnings.iter().chain(&side.warnings) {
        terminal::complain(&format!("warning: {warning}\n"));
    }
    job.compare(&side)?;
    let lock = store.lock_relayer(side.genesis, side.relayer.address());
    if args.dry_run {
        if matches!(lock, Err(StoreError::Locked { .. })) {
            terminal::complain("warning: a run is using the relayer: what is held changes\n");
        }
        // Nothing is sent, so nobody is kept waiting.
        drop(lock);
        return survey(job, side, clock).await;
    }
    // A run that is going on holds it: its money is none of ours yet.
    let _lock = lock?;
    terminal::print(&sweep_text::begin(job, &side, "sweeping"));
    let statement = drive(job, side, clock).await?;
    terminal::print(&sweep_text::statement_text(&job.run_id, &statement));
    let note = remember(job, &statement, clock);
    terminal::print(&whole_run(job, &note, &statement));
    Ok(Swept {
        exit: if statement.is_complete() { Exit::Passed } else { Exit::Failed },
        found: statement.found.amount,
        returned: statement.swept.amount,
        fees: statement.fees,
    })
}

async fn survey(job: &SweepJob, side: ChainSide, clock: &RunClock) -> Result<Swept, Refusal> {
    terminal::print(&sweep_text::begin(job, &side, "looking at"));
    let (setup, watching) = setup(job, side);
    let survey = tokio::select! {
        biased;
        survey = survey_run(setup) => survey?,
        never = show(watching, clock) => match never {},
    };
    terminal::print(&sweep_text::survey_text(&survey));
    Ok(Swept {
        exit: Exit::Passed,
        found: survey.worth.amount + survey.dust.amount,
        returned: survey.returns(),
        fees: survey.fees,
    })
}

/// Keeps in the run's folder what has been done. Without a folder, nobody asks for it later.
fn remember(job: &SweepJob, statement: &SweepStatement, clock: &RunClock) -> SweptNote {
    let earlier = job.folder.as_deref().and_then(SweptNote::read);
    let unix_s = clock.unix_now().as_secs();
    let note = SweptNote::after(earlier, job.run_id.to_string(), unix_s, statement);
    if let Some(Err(error)) = job.folder.as_deref().map(|folder| note.write(folder)) {
        terminal::complain(&format!("warning: the sweep could not be noted down: {error}\n"));
    }
    note
}

/// The money of the whole run, as far as it can be known.
fn whole_run(job: &SweepJob, note: &SweptNote, statement: &SweepStatement) -> String {
    let glance = job.folder.as_deref().map_or(Ok(None), Glance::read);
    match glance {
        Ok(Some(report)) if report.run.id == job.run_id.to_string() => {
            sweep_text::by_report(&report.money, note)
        }
        _ => {
            let began = job.record.as_ref().and_then(|record| record.header.began);
            sweep_text::by_chain(began.map(|began| began.relayer_wei), note, statement)
        }
    }
}

fn begin_log(args: &SweepArgs, path: PathBuf, clock: &RunClock) -> Result<(), Refusal> {
    let subscriber = log::subscriber_to(path, args.log, clock.clone())
        .map_err(|error| Refusal::new(Exit::Check, &error))?;
    // Set once a process.
    let _first = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

fn setup(job: &SweepJob, side: ChainSide) -> (SweepSetup, watch::Receiver<Option<SweepProgress>>) {
    let (progress, watching) = watch::channel(None);
    let ChainSide { chain, relayer, .. } = side;
    (SweepSetup { chain, relayer, run_id: job.run_id, range: job.range(), progress }, watching)
}

async fn drive(
    job: &SweepJob,
    side: ChainSide,
    clock: &RunClock,
) -> Result<SweepStatement, SweepError> {
    let (setup, watching) = setup(job, side);
    tokio::select! {
        biased;
        statement = sweep_run(setup) => statement,
        never = show(watching, clock) => match never {},
    }
}

/// Shows a line every two seconds in which something changed. Never ends.
pub(super) async fn show(
    watching: watch::Receiver<Option<SweepProgress>>,
    clock: &RunClock,
) -> Infallible {
    const EVERY: Duration = Duration::from_secs(2);
    let mut shown = None;
    // Lanes come after wallets, and are a search of their own.
    let mut began = (None, clock.now());
    loop {
        clock.sleep(EVERY).await;
        let progress = *watching.borrow();
        if let Some(progress) = progress.filter(|_| progress != shown) {
            if began.0 != Some(progress.role) {
                began =
                    (Some(progress.role), if began.0.is_none() { began.1 } else { clock.now() });
            }
            let elapsed = clock.now().saturating_since(began.1);
            terminal::print(&sweep_text::progress_line(&progress, elapsed));
            shown = Some(progress);
        }
    }
}
