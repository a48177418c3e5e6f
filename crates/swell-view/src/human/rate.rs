//! Rates.

/// `2.94/s`, `312/s`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    if per_second >= 100.0 {
        format!("{per_second:.0}/s")
    } else if per_second >= 10.0 {
        format!("{per_second:.1}/s")
    } else {
        format!("{per_second:.2}/s")
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn rates_show_three_digits() {
        assert_eq!([0.0, 2.94, 12.34, 312.4].map(rate), ["0.00/s", "2.94/s", "12.3/s", "312/s"]);
    }
}
