//! Where journeys write down what happened: a shard per worker thread, drained once a second.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use swell_core::journey::{JourneySpec, StepId};
use swell_core::stats::{Shard, Totals};

/// Shards of what is happening now.
#[derive(Debug)]
pub struct Recorder {
    shards: Box<[Mutex<Shard>]>,
    active: Box<[AtomicUsize]>,
}

impl Recorder {
    /// Empty shards for `workers` threads.
    #[must_use]
    pub fn new(spec: &JourneySpec, workers: usize) -> Self {
        Self {
            shards: (0..workers.max(1)).map(|_| Mutex::new(Shard::new(spec))).collect(),
            active: spec.steps.iter().map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// The shard of the calling thread. Never held across an await.
    pub fn shard(&self) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[thread_slot() % self.shards.len()];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves everything recorded so far into `totals`.
    pub fn drain_into(&self, totals: &mut Totals) {
        for shard in &self.shards {
            totals.absorb(&mut shard.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Marks one user as being in `step` until the guard is dropped.
    pub fn enter(&self, step: StepId) -> ActiveStep<'_> {
        let active = self.active.get(usize::from(step.0));
        if let Some(active) = active {
            active.fetch_add(1, Ordering::Relaxed);
        }
        ActiveStep { active }
    }

    /// Users in `step` right now.
    pub fn active(&self, step: StepId) -> u64 {
        self.active
            .get(usize::from(step.0))
            .map_or(0, |active| active.load(Ordering::Relaxed) as u64)
    }
}

/// One user in one step.
#[derive(Debug)]
pub struct ActiveStep<'a> {
    active: Option<&'a AtomicUsize>,
}

impl Drop for ActiveStep<'_> {
    fn drop(&mut self) {
        if let Some(active) = self.active {
            active.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A small number of the calling thread's own, so that workers seldom meet at a shard.
fn thread_slot() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SLOT: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    SLOT.with(|slot| {
        if slot.get() == usize::MAX {
            slot.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        slot.get()
    })
}
