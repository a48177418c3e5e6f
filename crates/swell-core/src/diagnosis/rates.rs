//! The rate that a run had to carry.

use crate::annotation::AnnotationKind;
use crate::plan::RunPlan;
use crate::report::Report;
use crate::timeline::TimelinePoint;

/// Users per second that the run had to carry for `lasting_s` at a time: as planned, spikes included,
/// or, where somebody steered it, the most that were due over so long, to the hundredth.
pub(super) fn rate_to_carry(report: &Report, plan: &RunPlan, lasting_s: f64) -> f64 {
    let steered = report.annotations.iter().any(|mark| mark.kind == AnnotationKind::Command);
    let measured = if steered { most_due(&report.timeline, lasting_s) } else { None };
    if let Some(rate) = measured {
        return (100.0 * rate).round() / 100.0;
    }
    let lasting = plan.load.spikes.iter().filter(|spike| spike.length.as_secs_f64() >= lasting_s);
    let rates = lasting.map(|spike| spike.rate.per_second());
    rates.fold(plan.load.rate.per_second(), f64::max)
}

/// The most that were due per second over any stretches that last at least `lasting_s` together.
fn most_due(points: &[TimelinePoint], lasting_s: f64) -> Option<f64> {
    let (mut first, mut due, mut most) = (0, 0, None::<f64>);
    for point in points {
        due += point.due;
        while let Some(begin) = points.get(first) {
            let length_s = point.end_s - begin.start_s;
            if length_s < lasting_s.max(1.0) {
                break;
            }
            let rate = due as f64 / length_s;
            most = Some(most.map_or(rate, |most| most.max(rate)));
            // Without its first stretch it may still be long enough; the shortest such is the sharpest.
            due -= begin.due;
            first += 1;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_over_so_long_is_found_wherever_it_lies() {
        let point = |second: u32, due| TimelinePoint {
            start_s: f64::from(second),
            end_s: f64::from(second + 1),
            due,
            ..TimelinePoint::default()
        };
        let points: Vec<_> = (0..100)
            .map(|second| point(second, if (40..50).contains(&second) { 30 } else { 3 }))
            .collect();
        assert_eq!(most_due(&points, 10.0), Some(30.0));
        assert_eq!(most_due(&points, 20.0), Some(16.5));
        assert_eq!(most_due(&points, 1_000.0), None);
        assert_eq!(most_due(&[], 1.0), None);
    }
}
