//! Whom to ask, and through whom to send: pure decisions over the health of all endpoints.

use alloy_primitives::{Address, keccak256};
use swell_core::time::RunOffset;

use super::health::Health;

/// The health of all endpoints, in the order of the target file, and whose turn it is.
#[derive(Debug)]
pub(super) struct Book {
    health: Vec<Health>,
    turn: usize,
}

impl Book {
    pub(super) fn new(endpoints: usize) -> Self {
        Self { health: vec![Health::new(); endpoints], turn: 0 }
    }

    pub(super) fn of(&self, endpoint: usize) -> Option<&Health> {
        self.health.get(endpoint)
    }

    /// Changes what is known of one endpoint.
    pub(super) fn note(&mut self, endpoint: usize, change: impl FnOnce(&mut Health)) {
        if let Some(health) = self.health.get_mut(endpoint) {
            change(health);
        }
    }

    /// The highest block that any endpoint stands at.
    pub(super) fn newest(&self) -> u64 {
        let usable = self.health.iter().filter(|health| health.is_usable());
        usable.filter_map(Health::head).max().unwrap_or(0)
    }

    /// Those that may be asked at all.
    pub(super) fn usable(&self) -> Vec<usize> {
        let usable = self.health.iter().enumerate().filter(|(_, health)| health.is_usable());
        usable.map(|(endpoint, _)| endpoint).collect()
    }

    /// Whom to ask a question, best first: the healthy ones by turns, those behind that failed last
    /// time, then the others, the least bad first.
    ///
    /// Of the two whose turn it is next, one that would take more than twice as long gives way.
    pub(super) fn readers(
        &mut self,
        now: RunOffset,
        in_flight: impl Fn(usize) -> u32,
    ) -> Vec<usize> {
        let mut healthy = self.healthy(now);
        if !healthy.is_empty() {
            let turn = self.turn % healthy.len();
            self.turn = self.turn.wrapping_add(1);
            healthy.rotate_left(turn);
        }
        if let [first, second, ..] = healthy[..] {
            let cost = |endpoint: usize| self.health[endpoint].cost(in_flight(endpoint));
            if cost(second) * 2 < cost(first) {
                healthy.swap(0, 1);
            }
        }
        healthy.sort_by_key(|endpoint| self.health[*endpoint].is_suspect());
        self.then_others(healthy, now)
    }

    /// Whom to ask for what is newest: of the healthy ones whose last answer was one, those that are
    /// furthest, by turns.
    pub(super) fn furthest(&mut self, now: RunOffset) -> Option<usize> {
        let mut candidates = self.healthy(now);
        candidates.retain(|endpoint| !self.health[*endpoint].is_suspect());
        if candidates.is_empty() {
            candidates = self.then_others(self.healthy(now), now);
            candidates.truncate(1);
        }
        let newest = candidates.iter().filter_map(|endpoint| self.health[*endpoint].head()).max();
        let furthest: Vec<usize> = candidates
            .into_iter()
            .filter(|endpoint| self.health[*endpoint].head() == newest)
            .collect();
        let turn = self.turn;
        self.turn = self.turn.wrapping_add(1);
        furthest.get(turn % furthest.len().max(1)).copied()
    }

    /// Through whom `sender` sends, first choice first.
    ///
    /// Rendezvous hashing over the healthy ones: each sender stays with one endpoint, and the loss
    /// of an endpoint moves only its own senders.
    pub(super) fn senders_choice(
        &self,
        sender: Address,
        now: RunOffset,
        name: impl Fn(usize) -> String,
    ) -> Vec<usize> {
        let mut healthy = self.healthy(now);
        healthy.sort_by_cached_key(|endpoint| std::cmp::Reverse(score(sender, &name(*endpoint))));
        self.then_others(healthy, now)
    }

    fn healthy(&self, now: RunOffset) -> Vec<usize> {
        let healthy = self.health.iter().enumerate().filter(|(_, health)| health.is_healthy(now));
        healthy.map(|(endpoint, _)| endpoint).collect()
    }

    /// `first`, and after them the other usable ones, the least bad first. Where none is usable, all:
    /// nobody has verified any of them yet.
    fn then_others(&self, mut first: Vec<usize>, now: RunOffset) -> Vec<usize> {
        let mut others = self.usable();
        if others.is_empty() {
            others = (0..self.health.len()).collect();
        }
        others.retain(|endpoint| !first.contains(endpoint));
        others.sort_by_key(|endpoint| self.health[*endpoint].badness(now));
        first.append(&mut others);
        first
    }
}

/// The sender's liking for an endpoint: a fixed draw for each pair.
fn score(sender: Address, name: &str) -> [u8; 32] {
    keccak256([sender.as_slice(), name.as_bytes()].concat()).0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const NOW: RunOffset = RunOffset::ZERO;

    fn choice(book: &Book, sender: u64) -> Vec<usize> {
        let sender = Address::left_padding_from(&sender.to_be_bytes());
        book.senders_choice(sender, NOW, |endpoint| format!("rpc-{}", endpoint + 1))
    }

    fn fail(book: &mut Book, endpoint: usize) {
        (0..3).for_each(|_| book.note(endpoint, Health::on_failure));
    }

    #[test]
    fn questions_are_spread_evenly_over_the_healthy() {
        let mut book = Book::new(4);
        fail(&mut book, 2);
        let mut asked = BTreeMap::new();
        for _ in 0..300 {
            *asked.entry(book.readers(NOW, |_| 0)[0]).or_insert(0) += 1;
        }
        assert_eq!(asked, BTreeMap::from([(0, 100), (1, 100), (3, 100)]));
        assert_eq!(book.readers(NOW, |_| 0)[3], 2, "a failing one is the last resort");
    }

    #[test]
    fn one_that_takes_more_than_twice_as_long_gives_way() {
        let mut book = Book::new(2);
        book.note(0, |health| health.on_answer(Duration::from_millis(10)));
        book.note(1, |health| health.on_answer(Duration::from_millis(15)));
        let firsts: Vec<_> = (0..4).map(|_| book.readers(NOW, |_| 0)[0]).collect();
        assert_eq!(firsts, [0, 1, 0, 1]);
        // Three requests wait for the first one's answer.
        let firsts: Vec<_> = (0..4).map(|_| book.readers(NOW, |n| [3, 0][n])[0]).collect();
        assert_eq!(firsts, [1, 1, 1, 1]);
    }

    #[test]
    fn what_is_newest_is_asked_of_those_that_are_furthest() {
        let mut book = Book::new(3);
        for (endpoint, head) in [(0, 9), (1, 10), (2, 10)] {
            book.note(endpoint, |health| health.on_head(head, 10));
        }
        let asked: Vec<_> = (0..4).map(|_| book.furthest(NOW)).collect();
        assert_eq!(asked, [Some(1), Some(2), Some(1), Some(2)].map(|n| n));
        fail(&mut book, 1);
        fail(&mut book, 2);
        assert_eq!(book.furthest(NOW), Some(0));
    }

    #[test]
    fn where_none_is_healthy_the_least_bad_comes_first() {
        let mut book = Book::new(3);
        fail(&mut book, 0);
        book.note(1, |health| health.on_head(10, 50));
        book.note(2, |health| health.on_head(40, 50));
        assert_eq!(book.readers(NOW, |_| 0), [2, 1, 0]);
        assert_eq!(choice(&book, 1), [2, 1, 0]);
    }

    #[test]
    fn another_chains_endpoint_is_no_resort() {
        let mut book = Book::new(2);
        book.note(1, |health| health.on_chain_id(Some(false)));
        fail(&mut book, 0);
        assert_eq!(book.readers(NOW, |_| 0), [0]);
        book.note(1, |health| health.on_head(1_000, 1_000));
        assert_eq!(book.newest(), 0, "its blocks are not ours");
    }

    #[test]
    fn senders_are_spread_and_few_are_alone() {
        let book = Book::new(4);
        let mut share = [0; 4];
        (0..4_000).for_each(|sender| share[choice(&book, sender)[0]] += 1);
        assert!(share.iter().all(|count| (850..1_150).contains(count)), "{share:?}");
    }

    proptest! {
        #[test]
        fn the_loss_of_an_endpoint_moves_its_own_senders_only(sender in any::<u64>(), lost in 0_usize..5) {
            let mut book = Book::new(5);
            let before = choice(&book, sender);
            fail(&mut book, lost);
            let after = choice(&book, sender);
            let expected: Vec<_> = before.iter().copied().filter(|n| *n != lost).collect();
            prop_assert_eq!(&after[..4], &expected[..]);
            prop_assert_eq!(after[4], lost);
        }

        #[test]
        fn every_usable_endpoint_is_named_once(failing in prop::collection::vec(any::<bool>(), 1..6)) {
            let mut book = Book::new(failing.len());
            for (endpoint, _) in failing.iter().enumerate().filter(|(_, fails)| **fails) {
                fail(&mut book, endpoint);
            }
            let mut named = book.readers(NOW, |_| 0);
            named.sort_unstable();
            prop_assert_eq!(named, (0..failing.len()).collect::<Vec<_>>());
        }
    }
}
