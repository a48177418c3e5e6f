//! Paths inside a picture. The box they are drawn in is 1000 wide and 1000 high, and is stretched over
//! the picture.

use std::fmt::Write;

/// Side of the box.
pub(super) const SIDE: f64 = 1000.0;

/// A place in the picture: from 0 at the left to 1, and from 0 at the bottom to 1.
pub(super) type Place = (f64, f64);

/// A share as an attribute: `12.5%`.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", short(share * 100.0))
}

/// A line through `runs`, each in one piece.
pub(super) fn line(runs: &[Vec<Place>]) -> String {
    let mut path = String::new();
    for run in runs {
        trace(&mut path, run.iter().copied(), 'M');
        if let [(x, y)] = run[..] {
            // A line of no length is a dot, where its ends are round.
            let _infallible = write!(path, "L{} {}", coordinate(x), coordinate(1.0 - y));
        }
    }
    path
}

/// What lies between `low` and `high`, which have the same places from left to right.
pub(super) fn band(low: &[Place], high: &[Place]) -> String {
    let mut path = String::new();
    if high.len() < 2 {
        return path;
    }
    trace(&mut path, high.iter().copied(), 'M');
    trace(&mut path, low.iter().rev().copied(), 'L');
    path.push('Z');
    path
}

/// What lies below `run`.
pub(super) fn area(run: &[Place]) -> String {
    let floor: Vec<Place> = run.iter().map(|(x, _)| (*x, 0.0)).collect();
    match (floor.first(), floor.last()) {
        (Some(first), Some(last)) => band(&[*first, *last], run),
        _ => String::new(),
    }
}

fn trace(path: &mut String, places: impl Iterator<Item = Place>, begin: char) {
    for (at, (x, y)) in places.enumerate() {
        let letter = if at == 0 { begin } else { 'L' };
        let _infallible = write!(path, "{letter}{} {}", coordinate(x), coordinate(1.0 - y));
    }
}

fn coordinate(share: f64) -> String {
    short(share * SIDE)
}

/// At most two digits behind the point, and none that say nothing.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_down_as_values_go_up() {
        assert_eq!(line(&[vec![(0.0, 0.0), (0.5, 1.0)]]), "M0 1000L500 0");
        assert_eq!(line(&[vec![(0.25, 0.5)]]), "M250 500L250 500");
    }

    #[test]
    fn bands_come_back_along_the_lower_edge() {
        let (low, high) = ([(0.0, 0.0), (1.0, 0.25)], [(0.0, 0.5), (1.0, 1.0)]);
        assert_eq!(band(&low, &high), "M0 500L1000 0L1000 750L0 1000Z");
        assert_eq!(area(&high), "M0 500L1000 0L1000 1000L0 1000Z");
        assert_eq!(band(&low[..1], &high[..1]), "");
    }
}
