//! The sample run over time.

use swell_core::annotation::{Annotation, AnnotationKind};
use swell_core::report::{CurvePoint, LatencyClock, LatencyCurve};
use swell_core::snapshot::PoolCounts;
use swell_core::stats::Recent;
use swell_core::time::RunOffset;
use swell_core::timeline::{BlockFacts, HostPoint, TickFacts, Timeline, TimelinePoint};
use swell_core::units::{Gas, WeiPerGas};

/// The first `seconds` of a run whose target slows down after 180 s.
pub(crate) fn timeline(seconds: u64) -> Vec<TimelinePoint> {
    let mut timeline = Timeline::default();
    let (mut succeeded, mut failed) = (0, 0);
    for second in 1..=seconds {
        let is_slow = second > 180;
        let wave = (second as f64 / 9.0).sin();
        let mut recent = Recent::default();
        let ended = if second < 10 { 0 } else { 2 + second % 3 };
        for user in 0..ended {
            let ms = if is_slow { 31_000.0 } else { 2_900.0 } + 400.0 * wave + 120.0 * user as f64;
            recent.response.record_us((1_100.0 * ms) as u64);
            recent.service.record_us((1_000.0 * ms) as u64);
        }
        let shed = second.saturating_sub(300).min(4);
        let lost = u64::from(is_slow && second % 4 == 0);
        (succeeded, failed) = (succeeded + ended.saturating_sub(lost), failed + lost);
        if second % 6 == 0 {
            timeline.block(&BlockFacts {
                gas_used: Gas(9_000_000
                    + 40_000 * second
                    + if second == 240 { 10_000_000 } else { 0 }),
                gas_limit: Gas(30_000_000),
                base_fee: Some(WeiPerGas(1_000_000_000 + u128::from(second) * 2_000_000)),
            });
        }
        timeline.tick(
            RunOffset::from_secs_f64(second as f64),
            TickFacts {
                due: 3 * second,
                started: 3 * second - shed,
                succeeded,
                failed,
                shed,
                funded: 3 * second + 90.min(9 * second),
                gas_ours: Gas(1_100_000 * second),
                in_flight: if is_slow { 50 } else { 9 + (3.0 * wave).abs() as u64 },
                backlog: if is_slow { second - 180 } else { 0 },
                pool: PoolCounts {
                    ready: 86 - second % 7,
                    funding: 4 + second % 5,
                    sweeping: second % 4,
                    ..PoolCounts::default()
                },
                host: Some(HostPoint {
                    rss_bytes_max: (44 << 20) + second * 8_192,
                    cpu_percent_of_core_max: (36.0 + 10.0 * wave).round() / 10.0,
                }),
                recent,
            },
        );
    }
    timeline.points()
}

/// Phases, a pause, and an endpoint that failed for a while.
pub(crate) fn annotations() -> Vec<Annotation> {
    let note = |at_s, kind, text: &str| Annotation { at_s, kind, text: text.into() };
    vec![
        note(0.0, AnnotationKind::Phase, "prime"),
        note(8.0, AnnotationKind::Phase, "load"),
        note(90.0, AnnotationKind::Command, "rate 110 % from the terminal"),
        note(110.0, AnnotationKind::Command, "rate 100 % from the terminal"),
        note(181.0, AnnotationKind::Condition, "server is failing"),
        note(334.0, AnnotationKind::Phase, "drain"),
    ]
}

/// Distributions of the journey and of its longest step.
pub(crate) fn curves() -> Vec<LatencyCurve> {
    let curve = |of: &str, clock, ms: f64| LatencyCurve {
        of: of.into(),
        clock,
        count: 996,
        points: [0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0]
            .map(|percent| CurvePoint {
                percent,
                ms: (ms * (0.6 + percent * percent / 12_000.0)).round(),
            })
            .into(),
    };
    vec![
        curve("journey", LatencyClock::Response, 34_000.0),
        curve("journey", LatencyClock::Service, 28_400.0),
        curve("poll", LatencyClock::Response, 25_100.0),
        curve("poll", LatencyClock::Service, 24_900.0),
    ]
}
