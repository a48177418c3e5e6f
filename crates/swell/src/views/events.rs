//! `--events`: everything that happens, as JSON lines.

use std::iter::from_fn;
use std::time::Duration;

use swell_core::event::RunEvent;
use swell_engine::EventStream;
use swell_view::EventFile;
use tokio::task::spawn_blocking;

use super::Stage;

/// What the losses are told under.
const VIEW: &str = "events";
/// What is counted there.
const UNIT: &str = "events";
/// Written at once when there are so many.
const BATCH_MAX: usize = 1024;
/// Otherwise so long after the first of them.
const EVERY: Duration = Duration::from_secs(1);
/// Why events are lost that a hanging disk has not taken.
const TOO_LATE: &str = "the disk did not take them within the time that the end gives";

/// Writes what `stream` tells to `file` until the run is over.
pub(super) async fn write(mut stream: EventStream, mut file: EventFile, stage: Stage) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut is_open = true;
    while is_open {
        is_open = gather(&mut stream, &mut batch, &stage).await;
        let Some(written) = put(file, std::mem::take(&mut batch), &stage).await else {
            // The disk hangs, and the run is over.
            let count = from_fn(|| stream.try_next()).count() as u64;
            if count > 0 {
                stage.losses.lost(VIEW, count, UNIT, TOO_LATE);
            }
            return note_overflow(&stream, &stage);
        };
        file = written;
        note_overflow(&stream, &stage);
    }
}

/// Waits for a batch. `false` when it is the last one.
async fn gather(stream: &mut EventStream, batch: &mut Vec<RunEvent>, stage: &Stage) -> bool {
    let mut latest = None;
    while batch.len() < BATCH_MAX {
        let room = BATCH_MAX - batch.len();
        let deadline = latest;
        let is_late = async {
            match deadline {
                Some(at) => stage.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            taken = stream.take(batch, room) => {
                if taken == 0 {
                    return false;
                }
            }
            () = is_late => return true,
            () = stage.over.cancelled() => {
                // What was told before is there already.
                batch.extend(from_fn(|| stream.try_next()));
                return false;
            }
        }
        latest.get_or_insert_with(|| stage.clock.now() + EVERY);
    }
    true
}

/// Writes a batch, and tells what is lost of it. A slow disk holds no worker up; in virtual time, whose
/// clock must not wait for anything, it is written at once. `None` when the disk still hangs as nobody
/// waits for it any more.
async fn put(mut file: EventFile, batch: Vec<RunEvent>, stage: &Stage) -> Option<EventFile> {
    let count = batch.len() as u64;
    let work = move || {
        let lost = file.write(&batch);
        (file, lost)
    };
    let (file, lost) = if stage.clock.is_virtual() {
        work()
    } else {
        let written = tokio::select! {
            biased;
            written = spawn_blocking(work) => written,
            () = stage.late.cancelled() => {
                stage.losses.lost(VIEW, count, UNIT, TOO_LATE);
                return None;
            }
        };
        match written {
            Ok(done) => done,
            // Blocking work is not cancelled, so this is a panic, and a defect like any other.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    };
    for lost in lost {
        stage.losses.lost(VIEW, lost.count, UNIT, &lost.reason);
    }
    Some(file)
}

fn note_overflow(stream: &EventStream, stage: &Stage) {
    let count = stream.take_lost();
    if count > 0 {
        stage.losses.lost(VIEW, count, UNIT, "they came faster than they could be written");
    }
}
