//! Operations: accepted at once, answered later, forgotten at last.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{Rng, RngExt};
use swell_core::seed::{Seed, SeededRng};
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_vana::server::{
    OperationCreated, OperationResult, OperationState, OperationStatus, ServerGeneration,
};

use super::iso8601;
use crate::config::SandboxConfig;
use crate::delay::Delay;

/// An operation is `starting` for this share of its time, and `processing` for the rest.
const STARTING_SHARE: f64 = 0.1;

/// Characters of an operation's id, as the real inference provider's.
const ID_CHARS: usize = 26;

/// How many operations became what. Each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OperationCounts {
    pub(crate) created: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) canceled: u64,
    /// Operations of which the client saw `succeeded` at least once.
    pub(crate) results_delivered: u64,
    /// Operations that are still remembered.
    pub(crate) held: u64,
}

/// The inference provider has as many operations under way as it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttled;

/// All operations.
pub(crate) struct Operations {
    seed: Seed,
    time: Delay,
    failure_rate: f64,
    under_way_max: usize,
    generation: ServerGeneration,
    /// How long a finished one is remembered; `None` for ever.
    retention: Option<Duration>,
    clock: RunClock,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    by_id: HashMap<String, Operation>,
    /// Those under way, by when they finish, then by number.
    under_way: BTreeSet<(RunOffset, u64, String)>,
    /// Those that have finished, by when they are forgotten, then by number.
    finished: BTreeMap<(RunOffset, u64), String>,
    counts: OperationCounts,
}

struct Operation {
    number: u64,
    started_at: RunOffset,
    finished_at: RunOffset,
    end: OperationState,
    answer: String,
    is_delivered: bool,
}

impl Operations {
    pub(crate) fn new(config: &SandboxConfig, clock: RunClock) -> Self {
        Self {
            seed: config.seed,
            time: config.operation_time,
            failure_rate: config.operation_failure_rate,
            under_way_max: config.operations_max,
            generation: config.generation,
            retention: config.retention(),
            clock,
            book: Mutex::default(),
        }
    }

    /// Accepts an operation whose result will be `answer`. Those that are not the inference
    /// provider's are called by the grant's word for them, `named`, and the time.
    pub(crate) fn create(
        &self,
        answer: String,
        named: Option<&str>,
    ) -> Result<OperationCreated, Throttled> {
        let now = self.clock.now();
        let mut book = self.book(now);
        if book.under_way.len() >= self.under_way_max {
            return Err(Throttled);
        }
        let number = book.counts.created;
        book.counts.created += 1;
        let mut rng = self.seed.indexed_rng("sandbox.operation", number);
        let id = match named {
            Some(operation) => self.timed_id(operation, &book),
            None => draw_id(&mut rng),
        };
        let length = self.time.draw(&mut rng);
        let is_failure = rng.random::<f64>() < self.failure_rate;
        let end = if is_failure { OperationState::Failed } else { OperationState::Succeeded };
        let operation = Operation {
            number,
            started_at: now + length.mul_f64(STARTING_SHARE),
            finished_at: now + length,
            end,
            answer,
            is_delivered: false,
        };
        book.under_way.insert((operation.finished_at, number, id.clone()));
        book.by_id.insert(id.clone(), operation);
        drop(book);
        Ok(OperationCreated::new(id, iso8601::text(self.clock.unix_now())))
    }

    fn timed_id(&self, operation: &str, book: &Book) -> String {
        let mut unix_ms = self.clock.unix_now().as_millis();
        loop {
            let id = format!("{operation}_{unix_ms}");
            if !book.by_id.contains_key(&id) {
                return id;
            }
            // Two in one millisecond: the real server would mix them up.
            unix_ms += 1;
        }
    }

    /// How far an operation is; `None` when it is not known (any more).
    pub(crate) fn status(&self, id: &str) -> Option<OperationStatus> {
        let now = self.clock.now();
        let mut book = self.book(now);
        let operation = book.by_id.get_mut(id)?;
        let mut status = OperationStatus::new(id.to_owned(), operation.state(now));
        if now >= operation.started_at || status.status.is_final() {
            status.started_at = Some(self.instant(operation.started_at));
        }
        let is_success = status.status == OperationState::Succeeded;
        if is_success || status.status == OperationState::Failed {
            status.finished_at = Some(self.instant(operation.finished_at));
        }
        if is_success {
            let answer = operation.answer.clone();
            status.result = Some(OperationResult::new(answer, self.generation));
            if !std::mem::replace(&mut operation.is_delivered, true) {
                book.counts.results_delivered += 1;
            }
        }
        Some(status)
    }

    /// Cancels an operation unless it has ended; says whether it is known.
    pub(crate) fn cancel(&self, id: &str) -> bool {
        let now = self.clock.now();
        let mut book = self.book(now);
        let Some(operation) = book.by_id.get_mut(id) else { return false };
        if !operation.state(now).is_final() {
            let key = (operation.finished_at, operation.number, id.to_owned());
            operation.end = OperationState::Canceled;
            operation.started_at = operation.started_at.min(now);
            operation.finished_at = now;
            book.under_way.remove(&key);
            book.finish(now, key.1, key.2, self.retention);
        }
        true
    }

    /// Counts of all operations so far.
    pub(crate) fn counts(&self) -> OperationCounts {
        let book = self.book(self.clock.now());
        OperationCounts { held: book.by_id.len() as u64, ..book.counts }
    }

    /// Brings the books up to now, and forgets what is old.
    pub(crate) fn prune(&self) {
        drop(self.book(self.clock.now()));
    }

    fn instant(&self, at: RunOffset) -> String {
        let unix_origin = self.clock.unix_now().saturating_sub(self.clock.now().since_start());
        iso8601::text(unix_origin + at.since_start())
    }

    fn book(&self, now: RunOffset) -> MutexGuard<'_, Book> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        while book.under_way.first().is_some_and(|(finished_at, ..)| *finished_at <= now) {
            let Some((finished_at, number, id)) = book.under_way.pop_first() else { break };
            book.finish(finished_at, number, id, self.retention);
        }
        while let Some(oldest) = book.finished.first_entry()
            && oldest.key().0 <= now
        {
            let id = oldest.remove();
            book.by_id.remove(&id);
        }
        book
    }
}

impl Book {
    fn finish(
        &mut self,
        finished_at: RunOffset,
        number: u64,
        id: String,
        retention: Option<Duration>,
    ) {
        match self.by_id.get(&id).map(|operation| operation.end) {
            Some(OperationState::Succeeded) => self.counts.succeeded += 1,
            Some(OperationState::Canceled) => self.counts.canceled += 1,
            _ => self.counts.failed += 1,
        }
        if let Some(retention) = retention {
            self.finished.insert((finished_at + retention, number), id);
        }
    }
}

impl Operation {
    fn state(&self, now: RunOffset) -> OperationState {
        if now >= self.finished_at {
            self.end
        } else if now >= self.started_at {
            OperationState::Processing
        } else {
            OperationState::Starting
        }
    }
}

/// An id in the form of the real inference provider's.
fn draw_id(rng: &mut SeededRng) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut octets = [0; ID_CHARS];
    rng.fill_bytes(&mut octets);
    octets.iter().map(|octet| char::from(ALPHABET[usize::from(octet % 32)])).collect()
}
