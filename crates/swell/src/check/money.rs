//! What guards money that is real.

use swell_chain::Head;
use swell_core::target::{Funds, Target};
use swell_core::units::Wei;
use swell_vana::addresses::MOKSHA_CHAIN_ID;
use swell_view::check::Costs;

use crate::config::Settings;

/// Whether the chain's money may be worth something.
#[must_use]
pub fn may_be_real(target: &Target) -> bool {
    let worthless = matches!(target.chain.funds, Funds::Worthless | Funds::Sandbox);
    !worthless && target.chain.id != MOKSHA_CHAIN_ID
}

/// Refuses to spend real money without a limit, and limits that allow nothing.
pub(super) fn guard(
    target: &Target,
    settings: &Settings,
    costs: &Costs,
    head: &Head,
    errors: &mut Vec<String>,
) {
    let limit = settings.plan.limits.spend_max;
    if may_be_real(target) && limit.is_none() {
        errors.push(format!(
            "chain {} may hold real money; expected --max-spend with the most that may be spent, such as \
             --max-spend {} for the whole run as expected (a development chain's target file may say funds = \
             \"worthless\")",
            target.chain.id,
            tokens_up(costs.expected_run_wei),
        ));
    }
    let one = costs.worst_per_user_wei;
    if let Some(limit) = limit.filter(|limit| *limit < one) {
        errors.push(format!(
            "--max-spend is {limit} wei and one user can cost {one} wei; expected at least that"
        ));
    }
    if let (Some(max_fee), Some(base_fee)) = (settings.fees.max_fee, head.base_fee)
        && max_fee < base_fee
    {
        errors.push(format!(
            "--max-fee is {} wei and the base fee is {} wei: no block would include a transaction; \
             expected more than the base fee",
            max_fee.0, base_fee.0
        ));
    }
}

/// An amount in tokens, rounded up to a hundredth, as an option takes it.
fn tokens_up(amount: Wei) -> String {
    let hundredths = (amount.as_tokens_f64() * 100.0).ceil() / 100.0;
    format!("{hundredths}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_suggested_rounded_up() {
        assert_eq!(tokens_up(Wei::new(1_501_000_000_000_000_000)), "1.51");
        assert_eq!(tokens_up(Wei::from_tokens(2)), "2");
    }
}
