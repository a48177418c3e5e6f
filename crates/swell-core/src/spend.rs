//! What a run may still commit itself to, within its spend limit.

use alloy_primitives::U256;

use crate::units::Wei;

/// What is known of spending when an event is handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendFacts {
    /// Fees, payments on purpose, and what is left or in doubt: gone, as far as is known. Where the
    /// target's relay sends users' calls, what it paid for them.
    pub spent: Wei,
    /// The most one more wallet can cost: all it is given, and the transfer that gives it; or, where
    /// others send users' calls, one call.
    pub per_wallet_max: Wei,
    /// The most that moving money to the lanes and home again can still cost, with the calls of users
    /// that have ended.
    pub lanes_max: Wei,
}

impl SpendFacts {
    /// How many more wallets fit into `limit` while `open` ones may still spend all they can.
    ///
    /// What open wallets have spent already counts twice: a limit is never passed, and may be
    /// reached a little early.
    #[must_use]
    pub fn wallets_affordable(&self, limit: Option<Wei>, open: u64) -> u64 {
        let Some(limit) = limit else { return u64::MAX };
        let committed = self.spent + self.lanes_max + self.per_wallet_max.times(open);
        let room = limit.saturating_sub(committed).0;
        let each = self.per_wallet_max.0.max(U256::from(1));
        u64::try_from(room / each).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_a_limit_everything_fits() {
        assert_eq!(SpendFacts::default().wallets_affordable(None, 1_000), u64::MAX);
    }

    #[test]
    fn open_wallets_lanes_and_what_is_gone_come_first() {
        let facts = SpendFacts {
            spent: Wei::new(100),
            per_wallet_max: Wei::new(10),
            lanes_max: Wei::new(5),
        };
        assert_eq!(facts.wallets_affordable(Some(Wei::new(155)), 2), 3);
        assert_eq!(facts.wallets_affordable(Some(Wei::new(154)), 2), 2);
        assert_eq!(facts.wallets_affordable(Some(Wei::new(20)), 2), 0);
    }

    proptest! {
        #[test]
        fn the_worst_case_of_all_that_is_allowed_is_within_the_limit(
            spent in 0_u64..1 << 40, each in 1_u64..1 << 30, lanes in 0_u64..1 << 30,
            open in 0_u64..1_000, limit in 0_u64..1 << 42,
        ) {
            let facts = SpendFacts {
                spent: Wei::new(spent.into()),
                per_wallet_max: Wei::new(each.into()),
                lanes_max: Wei::new(lanes.into()),
            };
            let limit = Wei::new(limit.into());
            let more = facts.wallets_affordable(Some(limit), open);
            let worst = facts.spent + facts.lanes_max + facts.per_wallet_max.times(open + more);
            prop_assert!(more == 0 || worst <= limit);
        }
    }
}
