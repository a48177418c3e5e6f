//! Storms, by the hundred.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use swell_core::seed::Seed;

use crate::{Evidence, Storm, play};

/// Storms in every test run. `SWELL_SEEDS=n` plays more or fewer, `SWELL_SEED=n` the one, with
/// its trace.
const SEEDS: u64 = 500;

/// Storms beyond those that once broke something: a lane without a refill that asked without end,
/// gaps that could not be filled.
const REMEMBERED: [u64; 5] = [548, 577, 649, 1_082, 1_368];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays the storm of `seed` in a folder of its own.
fn played(seed: u64, aloud: bool) -> Evidence {
    let name = format!("swell-sim-{}-{seed}-{:?}", std::process::id(), std::thread::current().id());
    let folder: PathBuf = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let evidence = play(&Storm::draw(Seed(seed)), &folder, aloud);
    std::fs::remove_dir_all(&folder).unwrap();
    evidence
}

fn tell(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// Plays one storm aloud.
fn replay(seed: u64) {
    tell(&format!("{:#?}\n", Storm::draw(Seed(seed))));
    let evidence = played(seed, true);
    tell(&format!(
        "{:#?}\n{:#?}\ndigest {}\n",
        evidence.report,
        evidence.statement,
        evidence.digest()
    ));
    assert_eq!(evidence.violations(), Vec::<String>::new());
}

#[test]
fn no_wei_is_lost_and_no_nonce_is_spent_twice_in_any_storm() {
    if let Some(seed) = number("SWELL_SEED") {
        return replay(seed);
    }
    let end = number("SWELL_SEEDS").unwrap_or(SEEDS);
    let seeds: Vec<u64> = REMEMBERED.into_iter().chain(0..end).collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&seed) = seeds.get(at) else { return };
                    let violations = std::panic::catch_unwind(|| played(seed, false).violations());
                    let violations = violations.unwrap_or_else(|_| vec!["it panicked".into()]);
                    if !violations.is_empty() {
                        failed.lock().unwrap().push((seed, violations));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    for (seed, violations) in &failed {
        tell(&format!("seed {seed}: {violations:#?}\n"));
    }
    let seeds: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
    assert!(failed.is_empty(), "replay with SWELL_SEED=n cargo test -p swell-sim: {seeds:?}");
}

#[test]
fn equal_seeds_tell_the_same_story_and_others_do_not() {
    for seed in 0..6 {
        assert_eq!(played(seed, false).digest(), played(seed, false).digest(), "seed {seed}");
    }
    assert_ne!(played(0, false).digest(), played(1, false).digest());
}
