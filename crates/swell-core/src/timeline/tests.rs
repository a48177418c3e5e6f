use super::*;
use crate::snapshot::PoolCounts;
use crate::stats::Recent;
use crate::time::RunOffset;
use crate::units::{Gas, WeiPerGas};

fn at(second: u64) -> RunOffset {
    RunOffset::from_secs_f64(second as f64)
}

/// A run of `seconds` with 3 users a second, one second at which 400 are in flight, and one at which
/// a journey takes 90 s.
fn run(seconds: u64, peak_at: u64) -> Timeline {
    let mut timeline = Timeline::default();
    for second in 1..=seconds {
        let mut recent = Recent::default();
        for _ in 0..3 {
            recent.response.record_us(if second == peak_at { 90_000_000 } else { 2_000_000 });
            recent.service.record_us(1_900_000);
        }
        if second % 6 == 0 {
            timeline.block(&BlockFacts {
                gas_used: Gas(if second == peak_at { 30_000_000 } else { 3_000_000 }),
                gas_limit: Gas(30_000_000),
                base_fee: Some(WeiPerGas(7)),
            });
        }
        timeline.tick(
            at(second),
            TickFacts {
                due: 3 * second,
                started: 3 * second,
                succeeded: 3 * second,
                gas_ours: Gas(100 * second),
                in_flight: if second == peak_at { 400 } else { 6 },
                pool: PoolCounts { ready: 9, ..PoolCounts::default() },
                recent,
                ..TickFacts::default()
            },
        );
    }
    timeline
}

#[test]
fn a_short_run_is_kept_second_by_second() {
    let points = run(10, 6).points();
    assert_eq!(points.len(), 10);
    assert_eq!((points[0].start_s, points[0].end_s, points[0].due), (0.0, 1.0, 3));
    assert!((points[3].per_s(points[3].succeeded) - 3.0).abs() < 1e-9);
    assert_eq!(points[5].in_flight, Extremes { min: 400, max: 400, last: 400 });
    let blocks = points[5].blocks.unwrap();
    assert_eq!((blocks.count, blocks.gas_ours), (1, 100));
    assert!(points[4].blocks.is_none());
}

#[test]
fn a_day_fits_into_the_same_memory_and_keeps_what_stood_out() {
    let (day, peak_at) = (24 * 3600, 7200);
    let points = run(day, peak_at).points();
    assert!((240..=480).contains(&points.len()), "{}", points.len());
    assert_eq!(points.iter().map(|point| point.due).sum::<u64>(), 3 * day);
    assert_eq!(
        points.iter().filter_map(|point| point.response_ms).map(|l| l.count).sum::<u64>(),
        3 * day
    );
    let peaks: Vec<_> = points.iter().filter(|point| point.in_flight.max == 400).collect();
    assert_eq!(peaks.len(), 1);
    assert_eq!(peaks[0].in_flight, Extremes { min: 6, max: 400, last: 6 });
    assert!((peaks[0].response_ms.unwrap().max - 90_000.0).abs() < 1e-9);
    assert!((peaks[0].blocks.unwrap().fullest_percent - 100.0).abs() < 1e-9);
    for (one, next) in points.iter().zip(points.iter().skip(1)) {
        assert!((one.end_s - next.start_s).abs() < 1e-9);
    }
}

#[test]
fn a_second_look_at_the_same_instant_loses_nothing() {
    let mut timeline = run(3, 0);
    let facts = TickFacts { due: 12, in_flight: 7, ..TickFacts::default() };
    timeline.tick(at(3), TickFacts { started: 9, succeeded: 9, gas_ours: Gas(300), ..facts });
    let points = timeline.points();
    assert_eq!((points.len(), points[2].due, points[2].in_flight.max), (3, 6, 7));
}

#[test]
fn before_the_first_look_there_is_nothing_to_show() {
    let mut timeline = Timeline::default();
    timeline.block(&BlockFacts { gas_used: Gas(1), gas_limit: Gas(2), base_fee: None });
    assert!(timeline.points().is_empty());
}
