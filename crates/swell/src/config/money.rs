//! Amounts of money, prices of gas and shares, as people write them.

use alloy_primitives::U256;
use swell_core::units::{Share, Wei, WeiPerGas};

use super::value::{Refusal, Value, quoted};

/// Decimals of a whole token.
const TOKEN_DECIMALS: u32 = 18;
/// Decimals of a gwei.
const GWEI_DECIMALS: u32 = 9;

/// An amount above zero: tokens, or wei where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub Wei);

impl Value for Amount {
    fn read(text: &str) -> Result<Self, Refusal> {
        let amount = units(text, &[("wei", 0), ("gwei", GWEI_DECIMALS), ("", TOKEN_DECIMALS)]);
        amount.filter(|wei| !wei.is_zero()).map(|wei| Self(Wei(wei))).ok_or_else(|| {
            "an amount above 0 in tokens, such as 2.5, or in wei, such as 2500000wei".into()
        })
    }

    fn toml(&self) -> String {
        quoted(&format!("{}wei", self.0))
    }
}

/// A price of gas above zero: gwei, or wei where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GasPrice(pub WeiPerGas);

impl Value for GasPrice {
    fn read(text: &str) -> Result<Self, Refusal> {
        let price = units(text, &[("wei", 0), ("gwei", GWEI_DECIMALS), ("", GWEI_DECIMALS)]);
        let price = price.and_then(|wei| u128::try_from(wei).ok()).filter(|wei| *wei > 0);
        price.map(|wei| Self(WeiPerGas(wei))).ok_or_else(|| {
            "a price of gas above 0 in gwei, such as 50 or 0.1, or in wei, such as 100wei".into()
        })
    }

    fn toml(&self) -> String {
        quoted(&format!("{}wei", self.0.0))
    }
}

impl Value for Share {
    fn read(text: &str) -> Result<Self, Refusal> {
        let percent = text.trim().trim_end_matches('%').trim_end().parse().ok();
        percent
            .and_then(Self::from_percent)
            .filter(|share| share.percent() > 0.0)
            .ok_or_else(|| "a percentage above 0%, at most 100%".into())
    }

    fn toml(&self) -> String {
        quoted(&format!("{}%", self.percent()))
    }
}

/// How much more is tipped than the chain's usual tip: a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Premium {
    /// The factor, in percent.
    pub percent: u32,
}

impl Value for Premium {
    fn read(text: &str) -> Result<Self, Refusal> {
        let percent = decimal(text, 2).filter(|percent| *percent > U256::ZERO);
        let percent = percent.and_then(|percent| u32::try_from(percent).ok());
        percent.filter(|percent| *percent <= 10_000).map(|percent| Self { percent }).ok_or_else(
            || "a factor above 0, at most 100, with at most two decimals, such as 1.5".into(),
        )
    }

    fn toml(&self) -> String {
        format!("{:?}", f64::from(self.percent) / 100.0)
    }
}

/// A number with one of the units, in the smallest of them.
fn units(text: &str, known: &[(&str, u32)]) -> Option<U256> {
    let text = text.trim();
    let start = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(start);
    let (_, decimals) = known.iter().find(|(name, _)| *name == unit)?;
    decimal(number.trim_end(), *decimals)
}

/// A decimal number times ten to the power of `decimals`, exactly; `None` if that is no whole
/// number.
fn decimal(text: &str, decimals: u32) -> Option<U256> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = decimals.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let all = format!("{whole}{fraction}{}", "0".repeat(missing as usize));
    U256::from_str_radix(&all, 10).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wei(text: &str) -> Option<u128> {
        Amount::read(text).ok().map(|Amount(Wei(wei))| u128::try_from(wei).unwrap())
    }

    #[test]
    fn amounts_are_tokens_unless_they_say_otherwise() {
        assert_eq!(wei("2.5"), Some(2_500_000_000_000_000_000));
        assert_eq!(wei(".000000000000000001"), Some(1));
        assert_eq!(wei("3gwei"), Some(3_000_000_000));
        assert_eq!(wei("17 wei"), Some(17));
        for bad in
            ["", ".", "0", "-1", "1e18", "1.5wei", "2 ether", "0.0000000000000000001", "1.2.3"]
        {
            assert_eq!(wei(bad), None, "{bad}");
        }
    }

    #[test]
    fn prices_of_gas_are_gwei_unless_they_say_otherwise() {
        let price = |text| GasPrice::read(text).ok().map(|GasPrice(WeiPerGas(wei))| wei);
        assert_eq!(price("50"), Some(50_000_000_000));
        assert_eq!(price("0.1gwei"), Some(100_000_000));
        assert_eq!(price("7wei"), Some(7));
        assert_eq!(price("0"), None);
    }

    #[test]
    fn shares_and_premiums_have_bounds() {
        assert_eq!(Share::read("25%").unwrap(), Share::from_percent(25.0).unwrap());
        assert_eq!(Share::read("100").unwrap(), Share::from_percent(100.0).unwrap());
        assert_eq!(Premium::read("1.25").unwrap().percent, 125);
        for bad in ["0", "0%", "101%", "-5", "much"] {
            assert!(Share::read(bad).is_err(), "{bad}");
        }
        for bad in ["0", "100.01", "-1", "1.001"] {
            assert!(Premium::read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_a_run_file_says_reads_back(wei in 1_u128.., percent in 1_u32..=10_000) {
            let amount = Amount(Wei::new(wei));
            prop_assert_eq!(Amount::read(amount.toml().trim_matches('"')), Ok(amount));
            let price = GasPrice(WeiPerGas(wei));
            prop_assert_eq!(GasPrice::read(price.toml().trim_matches('"')), Ok(price));
            let premium = Premium { percent };
            prop_assert_eq!(Premium::read(&premium.toml()), Ok(premium));
        }
    }
}
