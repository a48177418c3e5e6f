//! Writes down, before they begin, how far the run's arrivals have come.

use std::sync::Arc;

use swell_core::time::RunOffset;
use swell_core::units::Rate;
use swell_net::clock::RunClock;

use crate::ledger::Ledger;

/// Keeps the ledger's mark of arrivals ahead of the schedule, so that a run that goes on after a
/// crash starts nobody twice.
///
/// At every tick the mark is raised beside the run; an arrival waits for the disk only where a
/// burst has overtaken the mark, and then for longer strides each time.
#[derive(Debug)]
pub(crate) struct Progress {
    ledger: Arc<Ledger>,
    clock: RunClock,
    /// The arrival after the last one.
    next: u64,
    stride: u64,
    raised_at: RunOffset,
}

impl Progress {
    /// The mark is this many seconds of arrivals ahead, and raised when half of it is used up.
    const AHEAD_S: f64 = 2.0;
    /// However many come at once, so many more are marked at most.
    const STRIDE_MAX: u64 = 1 << 20;

    /// The progress of a run whose first arrival is `next`.
    pub(crate) fn new(ledger: Arc<Ledger>, clock: RunClock, next: u64) -> Self {
        Self { ledger, clock, next, stride: 1, raised_at: RunOffset::ZERO }
    }

    /// Makes sure that arrival `seq` is below the mark, on disk, before it is begun.
    pub(crate) fn pass(&mut self, seq: u64) {
        self.next = seq + 1;
        if self.ledger.arrivals() > seq {
            return;
        }
        let now = self.clock.now();
        let is_burst = now.saturating_since(self.raised_at).as_secs() < 1;
        self.stride = if is_burst { (self.stride * 2).min(Self::STRIDE_MAX) } else { 1 };
        self.raised_at = now;
        raise(&self.ledger, &self.clock, self.next + self.stride);
    }

    /// What is to be written now, so that what is due at `rate` finds its mark raised.
    pub(crate) fn ahead(&self, rate: Rate) -> Option<impl FnOnce() + Send + use<>> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is not negative, and a float cast saturates"
        )]
        let wanted = (rate.per_second() * Self::AHEAD_S).ceil() as u64;
        let room = self.ledger.arrivals().saturating_sub(self.next);
        let (ledger, clock, mark) =
            (Arc::clone(&self.ledger), self.clock.clone(), self.next + wanted);
        (wanted > 0 && room < wanted / 2 + 1).then_some(move || raise(&ledger, &clock, mark))
    }

    /// Every arrival is told: no more than those before were begun.
    pub(crate) fn settle(&self) {
        let unix_s = self.clock.unix_now().as_secs();
        if let Err(error) = self.ledger.settle_arrivals(self.next, unix_s) {
            tracing::warn!(%error, "the last arrival could not be written down");
        }
    }
}

/// Without its mark a run goes on: money does not hang on it, only that nobody is started twice.
fn raise(ledger: &Ledger, clock: &RunClock, mark: u64) {
    if let Err(error) = ledger.reserve_arrivals(mark, clock.unix_now().as_secs()) {
        tracing::error!(%error, mark, "arrivals begin that the ledger does not know");
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::ledger::{LEDGER_FILE, LEDGER_FORMAT, LedgerHeader, read_ledger};

    fn folder(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("swell-progress-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn progress(folder: &std::path::Path) -> Progress {
        let header = LedgerHeader {
            format: LEDGER_FORMAT,
            run: "r1".into(),
            relayer: "0x0".into(),
            chain_id: 14_800,
            target: "sandbox".into(),
            place: None,
            began: None,
        };
        let ledger = Ledger::create(folder, &header).unwrap();
        Progress::new(Arc::new(ledger), RunClock::virtual_time(), 0)
    }

    fn lines(folder: &std::path::Path) -> usize {
        std::fs::read_to_string(folder.join(LEDGER_FILE)).unwrap().lines().count() - 1
    }

    #[tokio::test(start_paused = true)]
    async fn no_arrival_begins_above_its_mark_and_the_disk_is_asked_once_a_second() {
        let folder = folder("steady");
        let mut progress = progress(&folder);
        let rate = Rate::new(50.0).unwrap();
        for seq in 0..1_000 {
            if seq % 50 == 0
                && let Some(write) = progress.ahead(rate)
            {
                write();
            }
            progress.pass(seq);
            let arrived = read_ledger(&folder.join(LEDGER_FILE)).unwrap().arrived.unwrap();
            assert!(arrived.arrivals > seq && arrived.arrivals <= seq + 101, "{arrived:?}");
            progress.clock.sleep(Duration::from_millis(20)).await;
        }
        assert!(lines(&folder) <= 21, "{} lines in 20 s", lines(&folder));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_asks_the_disk_a_few_times_only_and_ends_exact() {
        let folder = folder("burst");
        let mut progress = progress(&folder);
        (0..10_000).for_each(|seq| progress.pass(seq));
        assert!(lines(&folder) < 20, "{} lines", lines(&folder));
        let late = progress.ahead(Rate::new(1e6).unwrap());
        progress.settle();
        late.unwrap()();
        let arrived = read_ledger(&folder.join(LEDGER_FILE)).unwrap().arrived.unwrap();
        assert_eq!(
            arrived.arrivals, 10_000,
            "what was to be written before it ended comes too late"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}
