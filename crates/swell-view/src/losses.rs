//! What views could not deliver: a run goes on without them, says so once, and counts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::metrics::Lost;

/// What views could not deliver, by view. The first loss of each is told at once, the rest counted.
pub struct Losses {
    tell: Box<dyn Fn(&str) + Send + Sync>,
    by_view: Mutex<BTreeMap<&'static str, Loss>>,
}

struct Loss {
    count: u64,
    /// What is counted, such as `samples`.
    unit: &'static str,
    first: String,
}

impl Losses {
    /// None yet. `tell` is given one sentence when a view first loses something.
    pub fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { tell: Box::new(tell), by_view: Mutex::default() }
    }

    /// `view` could not deliver `count` of `unit`, because of `reason`.
    pub fn lost(&self, view: &'static str, count: u64, unit: &'static str, reason: &str) {
        let mut by_view = self.by_view.lock().unwrap_or_else(PoisonError::into_inner);
        let known = by_view.get_mut(view);
        if let Some(loss) = known {
            loss.count += count;
            return;
        }
        by_view.insert(view, Loss { count, unit, first: reason.to_owned() });
        drop(by_view);
        (self.tell)(&format!("{view}: {reason}; the run goes on, and what is lost is counted"));
    }

    /// What was lost so far, by view.
    #[must_use]
    pub fn lost_so_far(&self) -> Vec<Lost> {
        let by_view = self.by_view.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = |(view, loss): (&&'static str, &Loss)| Lost {
            view,
            count: loss.count,
            what: loss.unit,
        };
        by_view.iter().map(lost).collect()
    }

    /// One sentence a view that lost something, for the report's notes.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let by_view = self.by_view.lock().unwrap_or_else(PoisonError::into_inner);
        let note = |(view, loss): (&&str, &Loss)| {
            format!("{view} lost {} {}, first because {}", loss.count, loss.unit, loss.first)
        };
        by_view.iter().map(note).collect()
    }
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.notes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_first_loss_is_told_and_all_are_counted() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&told);
        let losses = Losses::new(move |words| hearing.lock().unwrap().push(words.to_owned()));
        losses.lost("remote write", 12, "samples", "the server answered 500");
        losses.lost("remote write", 30, "samples", "the server hung up");
        assert_eq!(told.lock().unwrap().len(), 1);
        assert!(told.lock().unwrap()[0].starts_with("remote write: the server answered 500"));
        assert_eq!(
            losses.notes(),
            ["remote write lost 42 samples, first because the server answered 500"]
        );
    }
}
