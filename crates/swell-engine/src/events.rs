//! Who is told what happens in a run, and what becomes of it when they do not keep up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use swell_core::event::RunEvent;
use tokio::sync::mpsc;

/// Where events go. Cheap to clone; without listeners it costs one look.
///
/// A listener is never waited for: what finds no room with it is lost to it, and counted.
#[derive(Clone, Debug, Default)]
pub struct EventSink(Option<Arc<[Listener]>>);

/// What a listener is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Everything.
    All,
    /// How the run begins, and what users with a trace do.
    Traced,
}

/// Somebody who is told.
#[derive(Debug)]
pub struct Listener {
    wants: Wants,
    sender: mpsc::Sender<RunEvent>,
    lost: Arc<AtomicU64>,
}

/// What a listener hears. It ends when the run has.
#[derive(Debug)]
pub struct EventStream {
    receiver: mpsc::Receiver<RunEvent>,
    lost: Arc<AtomicU64>,
}

impl Listener {
    /// A listener with room for so many events that it has not looked at yet, and what it hears.
    #[must_use]
    pub fn new(wants: Wants, room: usize) -> (Self, EventStream) {
        let (sender, receiver) = mpsc::channel(room.max(1));
        let lost = Arc::new(AtomicU64::new(0));
        (Self { wants, sender, lost: Arc::clone(&lost) }, EventStream { receiver, lost })
    }

    fn tell(&self, event: RunEvent) {
        if self.sender.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl EventStream {
    /// Waits for events and takes up to `max` of them. 0 means that there will be none any more.
    /// Cancel-safe.
    pub async fn take(&mut self, events: &mut Vec<RunEvent>, max: usize) -> usize {
        self.receiver.recv_many(events, max).await
    }

    /// An event that is there already.
    pub fn try_next(&mut self) -> Option<RunEvent> {
        self.receiver.try_recv().ok()
    }

    /// Events that found no room since this was last asked.
    pub fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

impl EventSink {
    /// A sink that tells these.
    #[must_use]
    pub fn new(listeners: Vec<Listener>) -> Self {
        Self((!listeners.is_empty()).then(|| listeners.into()))
    }

    /// Tells whoever wants to hear everything.
    pub(crate) fn tell(&self, event: impl FnOnce() -> RunEvent) {
        self.tell_of(false, event);
    }

    /// The same, of a user that has a trace or has not.
    pub(crate) fn tell_of(&self, is_traced: bool, event: impl FnOnce() -> RunEvent) {
        let Some(listeners) = &self.0 else { return };
        let mut wanting =
            listeners.iter().filter(|listener| is_traced || listener.wants == Wants::All);
        let Some(first) = wanting.next() else { return };
        let event = event();
        for other in wanting {
            other.tell(event.clone());
        }
        first.tell(event);
    }
}

#[cfg(test)]
mod tests {
    use swell_core::time::RunOffset;

    use super::*;

    fn abandoned(count: u64) -> RunEvent {
        RunEvent::Abandoned { at: RunOffset::ZERO, count }
    }

    #[test]
    fn nobody_is_waited_for_and_what_finds_no_room_is_counted() {
        let (listener, mut stream) = Listener::new(Wants::All, 2);
        let sink = EventSink::new(vec![listener]);
        (0..5).for_each(|count| sink.tell(|| abandoned(count)));
        assert_eq!(stream.try_next(), Some(abandoned(0)));
        assert_eq!(stream.try_next(), Some(abandoned(1)));
        assert_eq!((stream.try_next(), stream.take_lost(), stream.take_lost()), (None, 3, 0));
    }

    #[test]
    fn an_event_that_nobody_wants_is_not_made() {
        let (listener, mut stream) = Listener::new(Wants::Traced, 2);
        let sink = EventSink::new(vec![listener]);
        sink.tell(|| unreachable!("nobody wants it"));
        sink.tell_of(true, || abandoned(1));
        assert!(stream.try_next().is_some());
        EventSink::default().tell_of(true, || unreachable!("nobody listens"));
    }
}
