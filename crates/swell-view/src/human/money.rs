//! Money.

use swell_core::units::Wei;

/// An amount to four digits, for reading: `0`, `12.35 tokens`, `0.001234 tokens`, `35.2 gwei`, `12 wei`.
///
/// Never for accounting: what must be exact is shown in wei.
#[must_use]
pub fn money(amount: Wei) -> String {
    const GWEI_PER_TOKEN: f64 = 1e9;
    let tokens = amount.as_tokens_f64();
    let gwei = tokens * GWEI_PER_TOKEN;
    if amount.is_zero() {
        "0".into()
    } else if gwei < 0.1 {
        format!("{amount} wei")
    } else if tokens < 1e-6 {
        format!("{} gwei", four_digits(gwei))
    } else {
        format!("{} tokens", four_digits(tokens))
    }
}

fn four_digits(number: f64) -> String {
    let decimals = match number {
        n if n >= 1000.0 => 0,
        n if n >= 100.0 => 1,
        n if n >= 10.0 => 2,
        n if n >= 1.0 => 3,
        n if n >= 0.1 => 4,
        n if n >= 0.01 => 5,
        n if n >= 0.001 => 6,
        n if n >= 0.000_1 => 7,
        n if n >= 0.000_01 => 8,
        _ => 9,
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_take_the_unit_that_fits() {
        for (wei, shown) in [
            (0, "0"),
            (12, "12 wei"),
            (35_210_000_000, "35.21 gwei"),
            (1_234_000_000_000_000, "0.001234 tokens"),
            (12_345_678_000_000_000_000, "12.35 tokens"),
            (1_000_000_000_000_000_000_000_000, "1000000 tokens"),
        ] {
            assert_eq!(money(Wei::new(wei)), shown);
        }
    }
}
