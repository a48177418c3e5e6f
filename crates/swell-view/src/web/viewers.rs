//! Who watches a run.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Counts those who watch, and lets in so many.
#[derive(Clone, Debug)]
pub struct Viewers(Arc<watch::Sender<usize>>);

impl Default for Viewers {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// One who watches; gone when dropped.
#[derive(Debug)]
pub(super) struct Viewer(Viewers);

impl Viewers {
    /// Streams open at once: a browser has one a tab.
    pub const MAX: usize = 32;

    /// Lets another in, unless there is no room.
    pub(super) fn enter(&self) -> Option<Viewer> {
        let entered = self.0.send_if_modified(|count| {
            let has_room = *count < Self::MAX;
            *count += usize::from(has_room);
            has_room
        });
        entered.then(|| Viewer(self.clone()))
    }

    /// Waits until all have left, but no longer than `patience`.
    pub async fn all_gone(&self, patience: Duration) {
        let mut count = self.0.subscribe();
        let gone = count.wait_for(|count| *count == 0);
        let _left_or_out_of_patience = tokio::time::timeout(patience, gone).await;
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_may_watch_and_leaving_makes_room() {
        let viewers = Viewers::default();
        let mut inside: Vec<_> = (0..Viewers::MAX).map(|_| viewers.enter().unwrap()).collect();
        assert!(viewers.enter().is_none());
        inside.pop();
        inside.push(viewers.enter().unwrap());
        drop(inside);
        viewers.all_gone(Duration::from_secs(60)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_stays_is_not_waited_for_for_ever() {
        let viewers = Viewers::default();
        let _stays = viewers.enter();
        viewers.all_gone(Duration::from_secs(3)).await;
    }
}
