use std::num::NonZeroU64;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::plan::{ArrivalKind, LoadPlan, Spike};
use crate::seed::Seed;
use crate::time::RunOffset;
use crate::units::Rate;

fn rate(per_second: f64) -> Rate {
    Rate::new(per_second).unwrap()
}

fn plan(users: u64, per_second: f64, seconds: f64) -> LoadPlan {
    LoadPlan {
        users: NonZeroU64::new(users).unwrap(),
        rate: rate(per_second),
        duration: Duration::from_secs_f64(seconds),
        arrivals: ArrivalKind::Poisson,
        ramp_up: Duration::ZERO,
        ramp_down: Duration::ZERO,
        spikes: Vec::new(),
    }
}

fn spike(per_second: f64, start: f64, length: f64) -> Spike {
    Spike {
        rate: rate(per_second),
        start: RunOffset::from_secs_f64(start),
        length: Duration::from_secs_f64(length),
    }
}

fn all(mut process: impl ArrivalProcess) -> Vec<Arrival> {
    std::iter::from_fn(|| process.next_arrival()).collect()
}

/// Kolmogorov–Smirnov distance of `samples` from the unit exponential, times √n.
/// Above 1.95 a true exponential gets in one of a thousand trials.
fn ks_against_unit_exponential(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = samples.len() as f64;
    let mut distance = 0.0_f64;
    for (rank, sample) in samples.iter().enumerate() {
        let expected = 1.0 - (-sample).exp();
        let (below, above) = (rank as f64 / n, (rank + 1) as f64 / n);
        distance = distance.max(expected - below).max(above - expected);
    }
    distance * n.sqrt()
}

fn gaps(instants: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut before = 0.0;
    instants
        .into_iter()
        .map(|instant| {
            let gap = instant - before;
            before = instant;
            gap
        })
        .collect()
}

prop_compose! {
    fn any_plan()(
        users in 1_u64..3_000,
        per_second in 0.2_f64..40.0,
        seconds in 5.0_f64..900.0,
        ramp_up in prop_oneof![Just(0.0), 0.1_f64..200.0],
        ramp_down in prop_oneof![Just(0.0), 0.1_f64..200.0],
        spikes in prop::collection::vec((0.0_f64..60.0, 0.0_f64..300.0, 0.1_f64..60.0), 0..3),
    ) -> LoadPlan {
        LoadPlan {
            ramp_up: Duration::from_secs_f64(ramp_up),
            ramp_down: Duration::from_secs_f64(ramp_down),
            spikes: spikes.into_iter().map(|(r, s, l)| spike(r, s, l)).collect(),
            ..plan(users, per_second, seconds)
        }
    }
}

#[test]
fn the_first_arrivals_of_a_seed_never_change() {
    let with_ramp = LoadPlan { ramp_up: Duration::from_secs(30), ..plan(1000, 3.0, 600.0) };
    let first = |plan: &LoadPlan| -> Vec<u128> {
        let due = |arrival: &Arrival| arrival.due.since_start().as_nanos();
        all(arrivals(plan, Seed(7))).iter().take(5).map(due).collect()
    };
    assert_eq!(first(&plan(1000, 3.0, 600.0)), GOLDEN);
    assert_eq!(first(&with_ramp), GOLDEN_WITH_RAMP);
}

const GOLDEN: [u128; 5] = [642_810_686, 718_333_798, 1_253_638_810, 1_442_879_072, 1_783_808_142];
const GOLDEN_WITH_RAMP: [u128; 5] =
    [6_210_365_620, 6_565_061_148, 8_672_850_085, 9_304_447_555, 10_345_457_387];

#[test]
fn gaps_are_exponential() {
    let arrivals = all(arrivals(&plan(100_000, 50.0, 1e6), Seed(1)));
    assert_eq!(arrivals.len(), 100_000);
    let gaps = gaps(arrivals.iter().map(|arrival| arrival.due.as_secs_f64() * 50.0));
    let distance = ks_against_unit_exponential(gaps);
    assert!(distance < 1.95, "{distance}");
}

#[test]
fn counts_per_window_vary_as_much_as_their_mean() {
    let arrivals = all(arrivals(&plan(200_000, 20.0, 1e6), Seed(2)));
    let windows = (arrivals.last().unwrap().due.as_secs_f64() / 2.0) as usize;
    let mut counts = vec![0.0_f64; windows + 1];
    for arrival in &arrivals {
        counts[(arrival.due.as_secs_f64() / 2.0) as usize] += 1.0;
    }
    counts.pop();
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / n;
    assert!((mean - 40.0).abs() < 0.5, "{mean}");
    assert!((variance / mean - 1.0).abs() < 0.1, "{}", variance / mean);
}

#[test]
fn under_ramps_and_spikes_time_changed_gaps_are_unit_exponential() {
    let plan = LoadPlan {
        ramp_up: Duration::from_secs(300),
        ramp_down: Duration::from_secs(600),
        spikes: vec![spike(200.0, 400.0, 60.0), spike(0.0, 500.0, 20.0)],
        ..plan(50_000, 40.0, 1e5)
    };
    let profile = RateProfile::new(&plan);
    let arrivals = all(arrivals(&plan, Seed(3)));
    assert!(arrivals.len() > 49_000, "{}", arrivals.len());
    let distance = ks_against_unit_exponential(gaps(
        arrivals.iter().map(|arrival| profile.count_until(arrival.due)),
    ));
    assert!(distance < 1.95, "{distance}");
}

#[test]
fn the_mean_count_is_the_planned_count() {
    let plan = LoadPlan {
        ramp_up: Duration::from_secs(20),
        ramp_down: Duration::from_secs(40),
        spikes: vec![spike(9.0, 30.0, 10.0)],
        ..plan(1_000_000, 3.0, 100.0)
    };
    let planned = RateProfile::new(&plan).planned();
    assert!((planned - 270.0).abs() < 1e-9, "30 + 10·9 + 3·30 + 60 = 270, not {planned}");
    let seeds = 200;
    let total: usize = (0..seeds).map(|seed| all(arrivals(&plan, Seed(seed))).len()).sum();
    let mean = total as f64 / seeds as f64;
    // Four standard errors.
    assert!((mean - planned).abs() < 4.0 * (planned / seeds as f64).sqrt(), "{mean}");
}

#[test]
fn the_bound_that_comes_first_ends_the_arrivals() {
    let by_users = RateProfile::new(&plan(1000, 3.0, 600.0));
    assert_eq!(by_users.end(), ArrivalEnd::Users);
    assert!((by_users.planned() - 1000.0).abs() < 1e-9);
    assert!((by_users.load_end().as_secs_f64() - 333.333).abs() < 0.001);

    let by_duration = RateProfile::new(&plan(1000, 3.0, 300.0));
    assert_eq!(by_duration.end(), ArrivalEnd::Duration);
    assert!((by_duration.planned() - 900.0).abs() < 1e-9);
    assert_eq!(by_duration.load_end(), RunOffset::new(Duration::from_secs(300)));
}

#[test]
fn a_ramp_down_ends_where_the_expected_count_is_users() {
    let plan = LoadPlan {
        ramp_up: Duration::from_secs(30),
        ramp_down: Duration::from_secs(60),
        ..plan(900, 3.0, 6000.0)
    };
    let profile = RateProfile::new(&plan);
    // 45 in the ramp-up, 90 in the ramp-down, 765 at 3/s between.
    assert_eq!(profile.end(), ArrivalEnd::Users);
    assert!((profile.load_end().as_secs_f64() - 345.0).abs() < 1e-6);
    assert!((profile.ramp_down_start().unwrap().as_secs_f64() - 285.0).abs() < 1e-6);
    assert!((profile.planned() - 900.0).abs() < 1e-6);
    assert!(profile.rate_at(profile.load_end()).per_second() < 1e-6);
}

#[test]
fn ramps_that_overlap_make_a_triangle() {
    let plan = LoadPlan {
        ramp_up: Duration::from_secs(100),
        ramp_down: Duration::from_secs(100),
        ..plan(1_000_000, 10.0, 100.0)
    };
    let profile = RateProfile::new(&plan);
    assert!((profile.planned() - 250.0).abs() < 1e-9);
    assert!((profile.peak().per_second() - 5.0).abs() < 1e-9);
}

#[test]
fn constant_arrivals_are_evenly_spaced_and_exactly_as_many_as_planned() {
    let even = LoadPlan { arrivals: ArrivalKind::Constant, ..plan(10_000, 4.0, 60.0) };
    let arrivals_even = all(arrivals(&even, Seed(1)));
    assert_eq!(arrivals_even.len(), 240);
    assert_eq!(arrivals_even[0].due, RunOffset::ZERO);
    assert_eq!(arrivals_even[10].due, RunOffset::from_secs_f64(2.5));

    let ramped = LoadPlan {
        arrivals: ArrivalKind::Constant,
        ramp_up: Duration::from_secs(10),
        ramp_down: Duration::from_secs(10),
        ..plan(500, 4.0, 6000.0)
    };
    assert_eq!(all(arrivals(&ramped, Seed(1))).len(), 500);
}

#[test]
fn a_burst_is_due_at_once() {
    let burst = LoadPlan { arrivals: ArrivalKind::Burst, ..plan(50, 3.0, 60.0) };
    let arrivals = all(arrivals(&burst, Seed(1)));
    assert_eq!(arrivals.len(), 50);
    assert!(arrivals.iter().all(|arrival| arrival.due == RunOffset::ZERO));
    assert_eq!(RateProfile::new(&burst).end(), ArrivalEnd::Users);
}

#[test]
fn nobody_arrives_in_a_gap() {
    let plan = LoadPlan { spikes: vec![spike(0.0, 0.0, 5.0)], ..plan(10_000, 20.0, 60.0) };
    assert!(all(arrivals(&plan, Seed(5))).iter().all(|a| a.due.as_secs_f64() >= 5.0));
    let even = LoadPlan { arrivals: ArrivalKind::Constant, ..plan };
    assert_eq!(all(arrivals(&even, Seed(5)))[0].due, RunOffset::from_secs_f64(5.0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn due_never_decreases_and_sequences_repeat(plan in any_plan(), seed: u64) {
        let first = all(arrivals(&plan, Seed(seed)));
        prop_assert!(first.is_sorted_by_key(|arrival| arrival.due));
        prop_assert!(first.iter().enumerate().all(|(k, arrival)| arrival.seq == k as u64));
        prop_assert!(first.len() as u64 <= plan.users.get());
        let within = RunOffset::new(plan.duration);
        prop_assert!(first.last().is_none_or(|arrival| arrival.due <= within));
        prop_assert_eq!(first, all(arrivals(&plan, Seed(seed))));
    }

    #[test]
    fn the_inverse_undoes_the_integral(plan in any_plan(), share in 0.0_f64..1.0) {
        let profile = RateProfile::new(&plan);
        let count = profile.planned() * share;
        if let Some(at) = profile.time_of(count) {
            prop_assert!((profile.count_until(at) - count).abs() < 1e-6 * (1.0 + count));
        } else {
            prop_assert!(share > 0.999_999 || profile.planned() == 0.0);
        }
    }

    #[test]
    fn the_integral_of_the_rate_is_the_expected_count(plan in any_plan()) {
        let profile = RateProfile::new(&plan);
        let end = profile.load_end().as_secs_f64();
        let slices = 20_000_u32;
        let slice = end / f64::from(slices);
        let sum: f64 = (0..slices)
            .map(|k| profile.rate_at(RunOffset::from_secs_f64((f64::from(k) + 0.5) * slice)))
            .map(|rate| rate.per_second() * slice)
            .sum();
        // Slices that a step of the rate cuts are wrong by at most the step.
        let slack = 8.0 * 60.0 * slice + 1e-6;
        prop_assert!((sum - profile.planned()).abs() < slack, "{sum} {}", profile.planned());
        let users = plan.users.get() as f64;
        match profile.end() {
            ArrivalEnd::Users => prop_assert!((profile.planned() - users).abs() < 1e-6 * users),
            ArrivalEnd::Duration => prop_assert!(profile.planned() < users),
        }
    }

    #[test]
    fn stripes_partition_the_schedule(plan in any_plan(), seed: u64, agents in 1_u64..5) {
        let agents = NonZeroU64::new(agents).unwrap();
        let whole = all(arrivals(&plan, Seed(seed)));
        let mut shares: Vec<Arrival> = (0..agents.get())
            .flat_map(|agent| all(Stripe::new(arrivals(&plan, Seed(seed)), agent, agents).unwrap()))
            .collect();
        shares.sort_by_key(|arrival| arrival.seq);
        prop_assert_eq!(shares, whole);
    }
}
