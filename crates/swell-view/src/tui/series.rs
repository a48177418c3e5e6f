//! Stretches of a timeline as rates and columns.

use swell_core::annotation::AnnotationKind;
use swell_core::snapshot::Snapshot;
use swell_core::timeline::TimelinePoint;

/// What is counted of a stretch.
pub(super) type Counted = fn(&TimelinePoint) -> u64;

pub(super) const fn due(point: &TimelinePoint) -> u64 {
    point.due
}

pub(super) const fn succeeded(point: &TimelinePoint) -> u64 {
    point.succeeded
}

/// When load began, seconds since the run began; `None` before it.
pub(super) fn load_began_s(snapshot: &Snapshot) -> Option<f64> {
    let is_load = |kind, text: &str| kind == AnnotationKind::Phase && text == "load";
    let mut phases = snapshot.annotations.iter();
    phases.find(|note| is_load(note.kind, &note.text)).map(|note| note.at_s)
}

/// The stretch from `from_s` to `to_s` in `columns` equal parts, events per second in each; `None`
/// where the timeline says nothing.
pub(super) fn columns(
    points: &[TimelinePoint],
    (from_s, to_s): (f64, f64),
    columns: usize,
    of: Counted,
) -> Vec<Option<f64>> {
    let width = (to_s - from_s) / columns.max(1) as f64;
    let edge = |column: usize| from_s + column as f64 * width;
    (0..columns).map(|column| per_s(points, edge(column), edge(column + 1), of)).collect()
}

/// Events per second from `from_s` to `to_s`. A stretch that is only partly within counts by its part.
fn per_s(points: &[TimelinePoint], from_s: f64, to_s: f64, of: Counted) -> Option<f64> {
    let (mut events, mut covered_s) = (0.0, 0.0);
    for point in points.iter().rev().take_while(|point| point.end_s > from_s) {
        let within = point.end_s.min(to_s) - point.start_s.max(from_s);
        if within > 0.0 {
            events += of(point) as f64 * within / point.length_s();
            covered_s += within;
        }
    }
    (covered_s > 0.0).then(|| events / covered_s)
}

/// The smallest of 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20 … that is not below `value`: where an axis
/// may end.
pub(super) fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= value).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_stretches_by_their_part() {
        let point =
            |start_s, end_s, due| TimelinePoint { start_s, end_s, due, ..Default::default() };
        let points = [point(0.0, 2.0, 4), point(2.0, 4.0, 8)];
        let shown = columns(&points, (-1.0, 5.0), 6, due);
        assert_eq!(shown, [None, Some(2.0), Some(2.0), Some(4.0), Some(4.0), None]);
        assert_eq!(columns(&points, (1.0, 3.0), 1, due), [Some(3.0)]);
        assert!(columns(&points, (1.0, 3.0), 0, due).is_empty());
    }

    #[test]
    fn axes_end_at_round_numbers() {
        let shown = [0.0, 0.35, 1.0, 3.02, 7.0, 120.0, f64::NAN].map(round_up);
        assert_eq!(shown, [1.0, 0.4, 1.0, 4.0, 8.0, 150.0, 1.0]);
    }
}
