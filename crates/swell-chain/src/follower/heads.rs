//! The newest block, and who waits for the next one.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::types::Head;

/// The newest block, and who waits for the next one.
///
/// A watch channel would do but for one thing: tokio's wakes its waiters in random order, and runs
/// in virtual time must repeat. Here who came first is told first.
pub(super) struct Heads {
    newest: Mutex<Head>,
    /// How many heads there were.
    version: AtomicU64,
    news: Notify,
}

impl Heads {
    pub(super) fn new(first: Head) -> Self {
        Self { newest: Mutex::new(first), version: AtomicU64::new(0), news: Notify::new() }
    }

    pub(super) fn newest(&self) -> Head {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn publish(&self, head: Head) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = head;
        self.version.fetch_add(1, Ordering::Release);
        self.news.notify_waiters();
    }

    pub(super) fn subscribe(self: &Arc<Self>) -> HeadReceiver {
        HeadReceiver { seen: self.version.load(Ordering::Acquire), heads: Arc::clone(self) }
    }
}

/// Hears of every new head; a slow one sees only the newest.
pub struct HeadReceiver {
    heads: Arc<Heads>,
    seen: u64,
}

impl HeadReceiver {
    /// Waits for a head that this receiver has not been told of. Cancel-safe.
    pub async fn changed(&mut self) -> Head {
        loop {
            let mut news = pin!(self.heads.news.notified());
            // Registered before the look: a head that comes in between is not missed.
            news.as_mut().enable();
            let version = self.heads.version.load(Ordering::Acquire);
            if version != self.seen {
                self.seen = version;
                return self.heads.newest();
            }
            news.await;
        }
    }

    /// Waits until the newest head is one that `is_it`, be it the present one. Cancel-safe.
    pub async fn wait_for(&mut self, is_it: impl Fn(&Head) -> bool) -> Head {
        let mut head = self.heads.newest();
        while !is_it(&head) {
            head = self.changed().await;
        }
        head
    }
}

impl fmt::Debug for HeadReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadReceiver(block {})", self.heads.newest().number)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;
    use swell_core::units::Gas;

    use super::*;

    fn head(number: u64) -> Head {
        Head {
            number,
            hash: B256::ZERO,
            timestamp: 0,
            base_fee: None,
            gas_used: Gas(0),
            gas_limit: Gas(0),
        }
    }

    #[tokio::test]
    async fn waiters_are_told_in_the_order_in_which_they_came() {
        let heads = Arc::new(Heads::new(head(0)));
        let told = Arc::new(Mutex::new(Vec::new()));
        let waiters: Vec<_> = (0..50)
            .map(|waiter| {
                let mut receiver = heads.subscribe();
                let told = Arc::clone(&told);
                tokio::spawn(async move {
                    receiver.changed().await;
                    told.lock().unwrap().push(waiter);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        heads.publish(head(1));
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert_eq!(*told.lock().unwrap(), (0..50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_head_that_came_before_the_look_is_not_missed() {
        let heads = Arc::new(Heads::new(head(0)));
        let mut receiver = heads.subscribe();
        heads.publish(head(1));
        heads.publish(head(2));
        assert_eq!(receiver.changed().await.number, 2);
        assert_eq!(receiver.wait_for(|head| head.number >= 2).await.number, 2);
    }
}
