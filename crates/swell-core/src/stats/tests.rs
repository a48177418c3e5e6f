use std::time::Duration;

use proptest::prelude::*;

use super::series::LoadSeries;
use super::*;
use crate::journey::{Failure, FailureClass, FailureDetail, JourneySpec, StepId, StepSpec};
use crate::time::RunOffset;

const SPEC: JourneySpec = JourneySpec {
    name: "ten",
    steps: &[
        StepSpec { name: "wallet" },
        StepSpec { name: "encrypt" },
        StepSpec { name: "upload" },
        StepSpec { name: "grant" },
        StepSpec { name: "identity" },
        StepSpec { name: "sign" },
        StepSpec { name: "submit" },
        StepSpec { name: "confirm" },
        StepSpec { name: "operate" },
        StepSpec { name: "poll" },
    ],
};

fn at(seconds: f64) -> RunOffset {
    RunOffset::from_secs_f64(seconds)
}

fn succeeded(seq: u64, due: f64, sent: f64, ended: f64) -> JourneyRecord {
    let (due, sent, ended) = (at(due), at(sent), at(ended));
    JourneyRecord { seq, due, sent, ended, outcome: Ok(()), wallet: None }
}

fn failed(seq: u64, ended: f64, class: FailureClass, step: u8) -> JourneyRecord {
    let detail = FailureDetail::words(format!("user {seq}"));
    JourneyRecord {
        outcome: Err(Failure { class, step: StepId(step), detail }),
        wallet: Some(format!("0x{seq:x}")),
        ..succeeded(seq, 0.0, 0.0, ended)
    }
}

/// A run at an even rate in which every journey takes `service` seconds; drained once a second.
fn even_run(per_second: u64, seconds: u64, service: f64) -> Totals {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    for second in 0..seconds {
        for k in 0..per_second {
            let due = second as f64 + k as f64 / per_second as f64;
            totals.record_due(at(due));
            shard.record_journey(&succeeded(second * per_second + k, due, due, due + service));
        }
        totals.absorb(&mut shard);
    }
    totals
}

#[test]
fn sustained_throughput_is_the_rate_of_an_even_run() {
    let totals = even_run(5, 400, 4.0);
    let window = LoadWindow { ramp_up_end: at(20.0), ramp_down_start: Some(at(380.0)) };
    let throughput = totals.throughput(window);
    assert!((throughput.sustained_per_s - 5.0).abs() < 0.01, "{throughput:?}");
    assert!((throughput.offered_per_s - 5.0).abs() < 0.01, "{throughput:?}");
    assert!((throughput.peak_per_s - 5.0).abs() < 0.01, "{throughput:?}");
    assert!((throughput.window_start_s - 24.0).abs() < 0.2, "ramp-up end and p50 service");
    assert!((throughput.window_end_s - 380.0).abs() < 0.2);
    assert!(!throughput.window_is_short);
}

#[test]
fn an_empty_window_gives_all_successes_over_the_whole_extent() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    for seq in 0..50 {
        totals.record_due(at(1.0));
        shard.record_journey(&succeeded(seq, 1.0, 1.0, 11.0));
    }
    totals.absorb(&mut shard);
    let throughput = totals.throughput(LoadWindow { ramp_up_end: at(1.0), ramp_down_start: None });
    assert!((throughput.sustained_per_s - 5.0).abs() < 1e-9);
    assert!((throughput.offered_per_s - 5.0).abs() < 1e-9);
    assert!((throughput.peak_per_s - 5.0).abs() < 1e-9);
    assert!(throughput.window_is_short);
}

#[test]
fn a_window_of_some_tenths_of_a_second_is_as_good_as_empty() {
    let totals = even_run(5, 4, 3.0);
    let throughput = totals.throughput(LoadWindow { ramp_up_end: at(0.0), ramp_down_start: None });
    assert!((throughput.sustained_per_s - 20.0 / 6.8).abs() < 0.05, "{throughput:?}");
    assert!(throughput.window_start_s < 0.2, "{throughput:?}");
}

#[test]
fn nothing_measured_gives_zeros() {
    let totals = Totals::new(&SPEC);
    assert_eq!(totals.throughput(LoadWindow::default()).sustained_per_s, 0.0);
    assert_eq!(totals.latency(Distribution::Response), Default::default());
    assert_eq!(totals.success_percent(), None);
    assert!(totals.failure_rows().is_empty());
}

#[test]
fn the_peak_is_the_best_ten_seconds() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    for second in 0..300_u64 {
        let per_second = if (100..112).contains(&second) { 9 } else { 2 };
        for k in 0..per_second {
            let ended = second as f64 + k as f64 / 10.0;
            shard.record_journey(&succeeded(0, 0.0, 0.0, ended));
        }
        totals.absorb(&mut shard);
    }
    assert!((totals.throughput(LoadWindow::default()).peak_per_s - 9.0).abs() < 1e-9);
}

#[test]
fn the_live_rate_looks_back_a_minute() {
    let totals = even_run(5, 200, 0.0);
    assert!((totals.throughput_now(at(200.0), at(0.0)) - 5.0).abs() < 0.1);
    assert!((totals.throughput_now(at(230.0), at(0.0)) - 2.5).abs() < 0.1);
    assert!(totals.throughput_now(at(400.0), at(0.0)) < 1e-9);
    let young = even_run(5, 10, 0.0);
    assert!((young.throughput_now(at(10.0), at(0.0)) - 5.0).abs() < 0.1);
}

#[test]
fn rates_over_other_windows_are_of_those_windows_however_long_the_run() {
    let totals = even_run(5, 20_000, 0.0);
    let after = |seconds| totals.throughput_lately(at(20_000.0 + seconds), at(0.0));
    assert!((after(0.0).last_10_s - 5.0).abs() < 0.2);
    assert!((after(5.0).last_10_s - 2.5).abs() < 0.2);
    assert!(after(11.0).last_10_s < 1e-9);
    assert!((after(0.0).last_5_min - 5.0).abs() < 0.1);
    assert!((after(150.0).last_5_min - 2.5).abs() < 0.1);
    assert!(after(301.0).last_5_min < 1e-9);
    let mut offered = Totals::new(&SPEC);
    for second in 0..20 {
        offered.record_due(at(f64::from(second)));
    }
    let lately = offered.offered_lately(at(20.0), at(0.0));
    assert!((lately.last_10_s - 1.0).abs() < 1e-9 && (lately.last_5_min - 1.0).abs() < 1e-9);
}

#[test]
fn response_counts_the_wait_and_service_does_not() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    shard.record_journey(&succeeded(0, 0.0, 7.0, 10.0));
    totals.absorb(&mut shard);
    assert!((totals.latency(Distribution::Response).max - 10_000.0).abs() < 1e-9);
    assert!((totals.latency(Distribution::Service).max - 3_000.0).abs() < 1e-9);
}

#[test]
fn percentiles_include_failures_and_the_succeeded_are_shown_beside() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    shard.record_journey(&succeeded(0, 0.0, 0.0, 1.0));
    shard.record_journey(&failed(1, 60.0, FailureClass::Timeout, 9));
    totals.absorb(&mut shard);
    assert!((totals.latency(Distribution::Response).max - 60_000.0).abs() < 1e-9);
    assert!((totals.latency(Distribution::ResponseSucceeded).max - 1_000.0).abs() < 1e-9);
    assert_eq!((totals.succeeded(), totals.failed()), (1, 1));
    assert_eq!(totals.success_percent(), Some(50.0));
    assert_eq!(totals.outcomes().by_class["timeout"], 1);
    assert_eq!(totals.failed_as(FailureClass::Timeout), 1);
}

#[test]
fn failures_keep_the_first_five_samples_and_the_most_frequent_come_first() {
    let mut totals = Totals::new(&SPEC);
    let mut shards = [Shard::new(&SPEC), Shard::new(&SPEC)];
    for seq in (0..20).rev() {
        let shard = &mut shards[seq as usize % 2];
        shard.record_journey(&failed(seq, 10.0 + seq as f64, FailureClass::Timeout, 9));
        totals.absorb(shard);
    }
    shards[0].record_journey(&failed(77, 1.0, FailureClass::Funding, 0));
    totals.absorb(&mut shards[0]);
    let rows = totals.failure_rows();
    assert_eq!(
        (rows[0].class.as_str(), rows[0].step.as_str(), rows[0].count),
        ("timeout", "poll", 20)
    );
    assert_eq!(rows[0].samples.iter().map(|s| s.seq).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!((rows[0].first_at_s - 10.0).abs() < 1e-9);
    assert_eq!(rows[0].samples[0].wallet.as_deref(), Some("0x0"));
    assert_eq!(
        (rows[1].class.as_str(), rows[1].step.as_str(), rows[1].count),
        ("funding", "wallet", 1)
    );
}

#[test]
fn step_rows_tell_counts_errors_and_both_latencies() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    for failed in [false, false, true] {
        let (response, service) = (Duration::from_millis(30), Duration::from_millis(20));
        shard.record_step(&StepRecord { step: StepId(2), response, service, failed });
    }
    totals.absorb(&mut shard);
    let rows = totals.step_rows();
    assert_eq!(rows.len(), 10);
    assert_eq!((rows[2].name.as_str(), rows[2].count, rows[2].errors), ("upload", 3, 1));
    assert!((rows[2].response_ms.p50 - 30.0).abs() < 0.1);
    assert!((rows[2].service_ms.max - 20.0).abs() < 1e-9);
    assert_eq!(rows[3].count, 0);
    assert_eq!(totals.step_snapshots(&[0, 0, 4])[2].active, 4);
}

#[test]
fn a_duration_beyond_the_range_is_counted_as_such() {
    let mut histogram = LatencyHistogram::default();
    histogram.record(Duration::from_secs(25 * 3600));
    histogram.record(Duration::MAX);
    assert_eq!((histogram.count(), histogram.over_range()), (2, 2));
}

#[test]
fn ten_steps_and_ten_million_users_stay_below_four_mebibytes() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    // Every histogram touched with a value of half an hour, every class and step with samples, four months.
    for step in 0..10 {
        for failed in [false, true] {
            let half_hour = Duration::from_secs(1800);
            let (step, response, service) = (StepId(step), half_hour, half_hour);
            let record = StepRecord { step, response, service, failed };
            shard.record_step(&record);
        }
        for class in FailureClass::ALL {
            shard.record_journey(&failed(1, 1800.0, class, step));
        }
    }
    for day in 0..120 {
        totals.record_due(at(f64::from(day) * 86_400.0));
        shard.record_journey(&succeeded(1, 0.0, 0.0, f64::from(day) * 15.0));
        totals.absorb(&mut shard);
    }
    let bytes = totals.memory_bytes();
    assert!(bytes < 4 << 20, "{bytes}");
}

#[test]
fn the_slope_of_a_growing_resident_set_is_found_and_a_flat_one_is_flat() {
    let (mut growing, mut flat) = (ResourceTrack::default(), ResourceTrack::default());
    for second in 0..3_000_u32 {
        let minutes = f64::from(second) / 60.0;
        growing.record(at(f64::from(second)), (100e6 * (1.0 + 0.02 * (minutes - 1.0))) as u64);
        // The first minute fills caches; it must not count.
        flat.record(at(f64::from(second)), if second < 60 { 1_000_000 } else { 50_000_000 });
    }
    assert!((growing.slope_percent_per_min().unwrap() - 2.0).abs() < 0.05);
    assert!(flat.slope_percent_per_min().unwrap().abs() < 0.05);
    assert_eq!(flat.peak_bytes(), 50_000_000);
}

#[test]
fn a_short_run_has_no_slope() {
    let mut track = ResourceTrack::default();
    for second in 0..110 {
        track.record(at(f64::from(second)), 1_000);
    }
    assert_eq!(track.slope_percent_per_min(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merged_histograms_equal_one_that_saw_everything(
        us in prop::collection::vec(0_u64..10_000_000_000, 1..400), parts in 1_usize..5,
    ) {
        let mut whole = LatencyHistogram::default();
        let mut shares = vec![LatencyHistogram::default(); parts];
        for (k, us) in us.iter().enumerate() {
            whole.record_us(*us);
            shares[k % parts].record_us(*us);
        }
        let mut merged = LatencyHistogram::default();
        shares.iter().for_each(|share| merged.merge(share));
        prop_assert_eq!(merged.latency(), whole.latency());
        prop_assert_eq!(merged.count(), whole.count());
    }

    #[test]
    fn percentiles_are_right_to_three_digits(
        mut us in prop::collection::vec(1_u64..10_000_000_000, 1..400), percent in 0.0_f64..100.0,
    ) {
        let mut histogram = LatencyHistogram::default();
        us.iter().for_each(|us| histogram.record_us(*us));
        us.sort_unstable();
        let rank = ((percent / 100.0 * us.len() as f64).ceil() as usize).clamp(1, us.len());
        let (found, exact) = (histogram.percentile_us(percent) as f64, us[rank - 1] as f64);
        prop_assert!((found - exact).abs() <= exact * 0.001 + 1.0, "{found} {exact}");
        prop_assert_eq!(histogram.max_us(), *us.last().unwrap());
    }

    #[test]
    fn how_records_are_spread_over_shards_and_drains_does_not_matter(
        ends in prop::collection::vec((0_u32..90_000, any::<bool>()), 1..300),
        shards in 1_usize..4, drain_every in 1_usize..50,
    ) {
        let record = |shard: &mut Shard, seq: usize, (ms, ok): (u32, bool)| {
            let ended = f64::from(ms) / 1000.0;
            let journey = if ok {
                succeeded(seq as u64, 0.0, 0.0, ended)
            } else {
                failed(seq as u64, ended, FailureClass::Protocol, 3)
            };
            shard.record_journey(&journey);
        };
        let (mut one, mut one_shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
        let (mut many, mut many_shards) = (Totals::new(&SPEC), vec![Shard::new(&SPEC); shards]);
        for (seq, end) in ends.iter().enumerate() {
            one.record_due(at(0.0));
            many.record_due(at(0.0));
            record(&mut one_shard, seq, *end);
            record(&mut many_shards[seq % shards], seq, *end);
            if seq % drain_every == 0 {
                many.absorb(&mut many_shards[seq / drain_every % shards]);
            }
        }
        one.absorb(&mut one_shard);
        many_shards.iter_mut().for_each(|shard| many.absorb(shard));
        let window = LoadWindow::default();
        prop_assert_eq!(one.throughput(window), many.throughput(window));
        prop_assert_eq!(one.outcomes(), many.outcomes());
        prop_assert_eq!(one.latency(Distribution::Response), many.latency(Distribution::Response));
        prop_assert_eq!(one.failure_rows().len(), many.failure_rows().len());
        prop_assert_eq!(
            one.outcomes().succeeded + one.outcomes().failed, ends.len() as u64
        );
    }

    #[test]
    fn a_long_series_loses_resolution_and_no_event(
        starts in prop::collection::vec(0.0_f64..1e6, 1..200),
    ) {
        let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
        for (seq, start) in starts.iter().enumerate() {
            totals.record_due(at(*start));
            shard.record_journey(&succeeded(seq as u64, *start, *start, *start));
            totals.absorb(&mut shard);
        }
        let whole = LoadWindow { ramp_up_end: at(2e6), ramp_down_start: None };
        let throughput = totals.throughput(whole);
        let length = throughput.window_end_s - throughput.window_start_s;
        let counted = throughput.sustained_per_s * length;
        let expected = if length > 0.0 { starts.len() as f64 } else { 0.0 };
        prop_assert!((counted - expected).abs() < 1e-6 * starts.len() as f64);
    }
}

#[test]
fn a_flooded_shard_folds_and_loses_nothing() {
    let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
    for seq in 0..20_000 {
        shard.record_journey(&succeeded(seq, 0.0, 0.0, 1.0));
        shard.record_lag(150);
        shard.record_wallet_wait(Duration::from_millis(2));
        shard.record_funding_latency(at(1.0), Duration::from_secs(1));
    }
    assert!(shard.folded.is_some());
    totals.absorb(&mut shard);
    assert!(shard.folded.is_none());
    assert_eq!(totals.succeeded(), 20_000);
    assert_eq!(totals.lag().max, 150);
    assert_eq!((totals.funding().wallets, totals.funding().wait_ms.max), (20_000, 2.0));
    assert_eq!(totals.distribution(Distribution::WalletWait).count(), 20_000);
    assert!(totals.funding_now(at(2.0), at(0.0)) > 9_999.0);
}

#[test]
fn a_window_at_the_end_of_time_is_empty() {
    let mut series = LoadSeries::default();
    (0..100).for_each(|second| series.record_due(at(f64::from(second))));
    assert_eq!(series.between(RunOffset::new(Duration::MAX), at(60.0)), None);
    assert!(series.between(at(10.0), RunOffset::new(Duration::MAX)).is_some());
}

#[test]
fn what_exporters_were_told_never_shrinks() {
    let mut histogram = LatencyHistogram::default();
    histogram.record_us(999_990);
    let before = histogram.exponential();
    histogram.record_us(2_000_000);
    let after = histogram.exponential();
    for (index, count) in before.buckets(5) {
        assert!(after.buckets(5).contains(&(index, count)), "bucket {index} lost something");
    }
    assert_eq!(after.max_us(), 2_000_000);
    assert_eq!(before.max_us(), 999_990);
}
