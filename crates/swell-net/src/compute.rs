//! Where CPU work goes, so that it never delays a timer.

use std::any::Any;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::background::lower_priority;
use crate::clock::RunClock;

/// What the names of compute threads begin with.
pub const THREAD_PREFIX: &str = "swell-compute-";

/// Where CPU work goes. Cheap to clone.
///
/// In real time it is a few threads of its own behind a bounded queue; in virtual time the work
/// runs inline and is charged with its modelled time. Callers cannot tell.
#[derive(Clone, Debug)]
pub struct Compute {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// The threads end when the last sender is gone.
    Threads(mpsc::Sender<Job>),
    Inline(RunClock),
}

type Job = Box<dyn FnOnce() + Send>;

/// Why CPU work has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    /// The work panicked: a bug, contained to its caller.
    #[error("the computation panicked: {0}")]
    Panicked(String),
    /// The threads are gone.
    #[error("the compute threads have ended")]
    Ended,
}

impl Compute {
    /// `count` threads of its own; at most `queue_max` pieces of work wait for them, and callers
    /// beyond wait for a place in the queue.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn threads(count: NonZeroUsize, queue_max: NonZeroUsize) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(queue_max.get());
        let receiver = Arc::new(Mutex::new(receiver));
        for index in 0..count.get() {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(format!("{THREAD_PREFIX}{index}"))
                .spawn(move || work_off(&receiver))?;
        }
        Ok(Self { place: Place::Threads(sender) })
    }

    /// For virtual time: work runs where it is asked for, then its modelled time passes.
    #[must_use]
    pub const fn inline(clock: RunClock) -> Self {
        Self { place: Place::Inline(clock) }
    }

    /// Runs `work`; in virtual time it takes `modelled`.
    ///
    /// Cancel-safe: work whose caller went away before it began is not done.
    ///
    /// # Errors
    /// [`ComputeError`] when the work panicked or the threads have ended.
    pub async fn run<T: Send + 'static>(
        &self,
        modelled: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ComputeError> {
        match &self.place {
            Place::Inline(clock) => {
                let result = contained(work);
                clock.sleep(modelled).await;
                result
            }
            Place::Threads(queue) => {
                let (reply, result) = oneshot::channel();
                let job = move || {
                    if !reply.is_closed() {
                        // The caller may leave while the work is done: nobody wants the result.
                        let _unwanted = reply.send(contained(work));
                    }
                };
                queue.send(Box::new(job)).await.map_err(|_| ComputeError::Ended)?;
                result.await.unwrap_or(Err(ComputeError::Ended))
            }
        }
    }
}

/// Runs jobs until there are no more senders.
fn work_off(jobs: &Mutex<mpsc::Receiver<Job>>) {
    lower_priority();
    loop {
        // The guard goes before the job runs: one thread waits for the queue, others for the guard.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        match job {
            Some(job) => job(),
            None => return,
        }
    }
}

fn contained<T>(work: impl FnOnce() -> T) -> Result<T, ComputeError> {
    // What `work` captured is dropped with it: nothing half done can be seen later.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| ComputeError::Panicked(panic_message(&*panic)))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

#[cfg(test)]
mod tests;
