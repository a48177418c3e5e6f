//! `swell cleanup`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use swell_chain::RunId;
use swell_core::progress::{Progress, left_s};
use swell_core::seed::Seed;
use swell_core::target::StorageTarget;
use swell_engine::ledger::{LEDGER_FILE, is_kept};
use swell_net::compute::Compute;
use swell_net::transport::{SocketConfig, sockets};
use swell_view::human::{bytes, count, progress};

use super::run::{Refusal, clock, runtime};
use crate::args::CleanupArgs;
use crate::cleanup::{Cleaned, Cleanup, CleanupError, Remaining};
use crate::connection::ConnectionError;
use crate::endpoints::Endpoints;
use crate::exit::Exit;
use crate::recovery::{SweepJob, SweepRefusal};
use crate::storage::{OpenStorage, Purpose, open};
use crate::store::RunStore;
use crate::terminal;

/// Deletes what a run uploaded.
#[must_use]
pub fn cleanup(args: &CleanupArgs) -> Exit {
    let cleaned = runtime(false)
        .map_err(|error| Refusal::new(Exit::Failed, &error))
        .and_then(|runtime| runtime.block_on(perform(args)));
    cleaned.unwrap_or_else(|refusal| {
        terminal::complain(&format!("error: {}\n", refusal.words));
        refusal.exit
    })
}

impl From<CleanupError> for Refusal {
    fn from(error: CleanupError) -> Self {
        Self::new(Exit::Failed, &error)
    }
}

async fn perform(args: &CleanupArgs) -> Result<Exit, Refusal> {
    let store = RunStore::open(|name| std::env::var(name).ok())?;
    let job = find(&store, args)?;
    let id = job.run_id.to_string();
    let folder = folder(&job)?;
    let mut cleanup = Cleanup::open(&id, &folder)?;
    let Some(remaining) = cleanup.remaining()? else {
        terminal::print(&format!("run {id}: it uploaded nothing that has to be deleted\n"));
        return Ok(Exit::Passed);
    };
    if args.dry_run || remaining.objects == 0 {
        terminal::print(&left(&id, remaining));
        return Ok(Exit::Passed);
    }
    if is_kept(&folder.join(LEDGER_FILE)) {
        let words = format!("the run {id} is going on; expected one that has ended");
        return Err(Refusal { exit: Exit::Usage, words });
    }
    compare(&id, cleanup.provider()?.as_deref(), &job.target.storage)?;
    let clock = clock(false);
    let transport = sockets(SocketConfig::default())
        .map_err(|source| ConnectionError::Net { what: "the storage".into(), source })?;
    /// Spreads the pauses between attempts; nothing else is drawn.
    const SEED: Seed = Seed(0);
    let endpoints = Endpoints::new(transport, clock.clone(), SEED);
    let opened = open(&job.target.storage, &endpoints, Purpose::Cleanup).await?;
    let OpenStorage { storage, warnings, .. } = opened;
    for warning in job.warnings.iter().chain(&warnings) {
        terminal::complain(&format!("warning: {warning}\n"));
    }
    terminal::print(&format!(
        "swell {}: cleaning up run {id}, {} objects of {} in {}\n",
        env!("CARGO_PKG_VERSION"),
        count(remaining.objects),
        bytes(remaining.bytes),
        storage.place(),
    ));
    let one = NonZeroUsize::MIN;
    let compute = Compute::threads(one, one).map_err(|error| Refusal::new(Exit::Failed, &error))?;
    let tell = |cleaned: &Cleaned, elapsed: Duration| {
        terminal::print(&progress_line(cleaned, remaining, elapsed));
    };
    let cleaned = cleanup.work_off(&storage, &compute, &clock, tell).await?;
    terminal::print(&statement(&id, &cleaned));
    let is_clean = cleaned.failed == 0 && !cleaned.is_given_up;
    Ok(if is_clean { Exit::Passed } else { Exit::Failed })
}

fn find(store: &RunStore, args: &CleanupArgs) -> Result<SweepJob, Refusal> {
    let refuse = |words| Refusal { exit: Exit::Usage, words };
    SweepJob::find(store, &args.run_id, args.target.as_deref(), None).map_err(|error| match error {
        SweepRefusal::InProcess { id } => refuse(format!(
            "the run {id} had its sandbox in its own process: what it uploaded ended with it"
        )),
        SweepRefusal::NoFolder { id } => refuse(no_folder(id)),
        SweepRefusal::NoLedger { id, folder } => refuse(format!(
            "the folder {} of the run {id} holds no {LEDGER_FILE}: the run uploaded nothing, unless \
             the file was removed; then give --target FILE",
            folder.display()
        )),
        error => error.into(),
    })
}

fn folder(job: &SweepJob) -> Result<PathBuf, Refusal> {
    let missing = || Refusal { exit: Exit::Usage, words: no_folder(job.run_id) };
    job.folder.clone().ok_or_else(missing)
}

fn no_folder(id: RunId) -> String {
    format!("no folder of the run {id} is known here; the list of what it uploaded is in it")
}

/// Refuses a storage of another kind than the run's: nothing of it could be deleted there. A network's
/// comes from variables, which may be others by now.
fn compare(id: &str, held_by: Option<&str>, storage: &StorageTarget) -> Result<(), Refusal> {
    let ours = storage.label();
    let Some(theirs) = held_by.filter(|theirs| *theirs != ours) else { return Ok(()) };
    let theirs: String = theirs.chars().filter(|c| !c.is_control()).take(20).collect();
    let words = format!(
        "the run {id} uploaded to the storage `{theirs}`, and the target's storage is `{ours}`; expected \
         the variables that the run had, or --target FILE with the run's storage"
    );
    Err(Refusal { exit: Exit::Usage, words })
}

fn left(id: &str, Remaining { objects, bytes: octets }: Remaining) -> String {
    if objects == 0 {
        return format!("run {id}: nothing is left to be deleted\n");
    }
    format!("run {id}: {} objects of {} would be deleted\n", count(objects), bytes(octets))
}

fn progress_line(cleaned: &Cleaned, remaining: Remaining, elapsed: Duration) -> String {
    let (done, of) = (cleaned.deleted + cleaned.gone + cleaned.failed, remaining.objects);
    let left_s = left_s(done, of, elapsed.as_secs_f64());
    format!("{}\n", progress(&Progress { what: "objects worked off", done, of, left_s }))
}

fn statement(id: &str, cleaned: &Cleaned) -> String {
    let mut text = format!(
        "{} deleted, {} were gone already, {} failed\n",
        count(cleaned.deleted),
        count(cleaned.gone),
        count(cleaned.failed)
    );
    if cleaned.unreadable > 0 {
        text.push_str(&format!(
            "{} lines of the list cannot be read; a crash leaves one, of an upload that never began\n",
            count(cleaned.unreadable)
        ));
    }
    if let Some((object, error)) = &cleaned.sample {
        let status =
            error.detail.status.map_or_else(String::new, |code| format!("status {code}: "));
        let said = error.detail.body.as_deref().unwrap_or_default();
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: String = said.chars().take(160).collect();
        text.push_str(&format!(
            "the first that failed is {object} ({}): {status}{said}\n",
            error.class
        ));
    }
    if cleaned.is_given_up {
        text.push_str("nothing could be deleted any more, and the rest was not tried\n");
    }
    if cleaned.failed > 0 {
        text.push_str(&format!("`swell cleanup {id}` tries again what failed, and goes on\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use swell_core::target::SafeUrl;

    use super::*;

    #[test]
    fn a_storage_of_another_kind_than_the_runs_is_refused_with_what_to_do() {
        let storage = StorageTarget::Sandbox { url: SafeUrl::new("http://h") };
        for same in [None, Some("sandbox")] {
            assert!(compare("r", same, &storage).is_ok());
        }
        let refusal = compare("r", Some("gcs"), &storage).unwrap_err();
        assert!(matches!(refusal.exit, Exit::Usage));
        assert_eq!(
            refusal.words,
            "the run r uploaded to the storage `gcs`, and the target's storage is `sandbox`; expected \
             the variables that the run had, or --target FILE with the run's storage"
        );
    }
}
