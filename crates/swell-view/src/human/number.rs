//! Numbers of any kind.

/// At most three digits behind the point, and none that say nothing: `45`, `2.5`, `0.004`.
#[must_use]
pub fn number(number: f64) -> String {
    let shown = format!("{number:.3}");
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    if shown == "-0" { "0".into() } else { shown.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn digits_that_say_nothing_are_left_out() {
        let shown = [45.0, 2.5, 0.0041, 100.0, -0.0, 1e9].map(number);
        assert_eq!(shown, ["45", "2.5", "0.004", "100", "0", "1000000000"]);
    }
}
