//! Numbers of any kind.

/// At most three digits behind the point, and none that say nothing: `45`, `2.5`, `0.004`.
#[must_use]
pub fn number(number: f64) -> String {
    let shown = format!("{number:.3}");
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    if shown == "-0" { "0".into() } else { shown.to_owned() }
}

/// A number with its unit: `45 s`, `85%`, `2.5/s`.
#[must_use]
pub fn measure(value: f64, unit: &str) -> String {
    let gap = if unit.is_empty() || unit.starts_with(['/', '%']) { "" } else { " " };
    format!("{}{gap}{unit}", number(value))
}

#[cfg(test)]
mod tests {
    use super::{measure, number};

    #[test]
    fn digits_that_say_nothing_are_left_out() {
        let shown = [45.0, 2.5, 0.0041, 100.0, -0.0, 1e9].map(number);
        assert_eq!(shown, ["45", "2.5", "0.004", "100", "0", "1000000000"]);
    }

    #[test]
    fn a_unit_stands_apart_unless_it_is_a_sign() {
        let shown = [("s", 45.0), ("%", 85.0), ("/s", 2.5), ("", 3.0)];
        let shown = shown.map(|(unit, value)| measure(value, unit));
        assert_eq!(shown, ["45 s", "85%", "2.5/s", "3"]);
    }
}
