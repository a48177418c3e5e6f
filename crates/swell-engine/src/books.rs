//! The money statement: every wei that leaves the relayer is spent, home again, or named.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::{I256, U256};
use swell_core::report::Money;
use swell_core::units::Wei;

/// Running totals of one run. Memory does not grow with the number of transfers.
#[derive(Debug, Default)]
pub struct Books {
    totals: Mutex<Totals>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    earlier: Wei,
    lent: Wei,
    lent_peak: Wei,
    sent: Wei,
    swept: Wei,
    left: Wei,
    in_doubt: Wei,
    value: Wei,
    /// Whether an account could not be read: what is missing then may be there.
    lost_sight: bool,
}

/// What is read from the chain to close the books.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    /// The relayer's balance at the beginning.
    pub start: Wei,
    /// The relayer's balance at the end.
    pub end: Wei,
    /// What others sent to the relayer.
    pub received: Wei,
    /// What others took from it, with its key.
    pub taken: Wei,
    /// Fees of every transaction of ours that is final.
    pub spent: Wei,
    /// Users that reached their end.
    pub succeeded: u64,
}

impl Books {
    /// `amount` lay in wallets that an earlier part of the run had funded, and is this part's now.
    pub fn inherit(&self, amount: Wei) {
        self.totals().earlier += amount;
    }

    /// The relayer paid `amount` to a lane.
    pub fn lend(&self, amount: Wei) {
        let mut totals = self.totals();
        totals.lent += amount;
        totals.lent_peak = totals.lent_peak.max(totals.lent);
    }

    /// A lane returned `amount` to the relayer.
    pub fn repay(&self, amount: Wei) {
        let mut totals = self.totals();
        totals.lent = totals.lent.saturating_sub(amount);
    }

    /// A wallet was paid `amount`.
    pub fn send(&self, amount: Wei) {
        self.totals().sent += amount;
    }

    /// A wallet returned `amount` to a lane.
    pub fn sweep(&self, amount: Wei) {
        self.totals().swept += amount;
    }

    /// `amount` stays where it is: it is less than sending it home would cost, or could not be sent.
    pub fn leave(&self, amount: Wei) {
        self.totals().left += amount;
    }

    /// It is not known where `amount` is.
    pub fn doubt(&self, amount: Wei) {
        self.totals().in_doubt += amount;
    }

    /// An account could not be read: what will be missing may be in it.
    pub fn lose_sight(&self) {
        self.totals().lost_sight = true;
    }

    /// Every account of the run was looked into: what was written down of them one by one gives way
    /// to what they hold. `worth` can still be brought home; `dust` is left.
    pub fn recount(&self, dust: Wei, worth: Wei) {
        let mut totals = self.totals();
        totals.left = dust;
        totals.in_doubt = worth;
    }

    /// A journey paid `amount` to others on purpose.
    pub fn pay(&self, amount: Wei) {
        self.totals().value += amount;
    }

    /// What will not come home, as far as is known: paid on purpose, left, or in doubt.
    pub fn gone(&self) -> Wei {
        let totals = self.totals();
        totals.value + totals.left + totals.in_doubt
    }

    /// Most money out of the relayer's account at one time.
    pub fn lent_peak(&self) -> Wei {
        self.totals().lent_peak
    }

    /// The statement.
    pub fn close(&self, closing: &Closing) -> Money {
        let mut totals = *self.totals();
        let gone = closing.taken + closing.spent + totals.value + totals.left + totals.in_doubt;
        let had = closing.start + totals.earlier + closing.received;
        let mut unexplained = signed(had) - signed(closing.end) - signed(gone);
        if totals.lost_sight && unexplained.is_positive() {
            totals.in_doubt += Wei(unexplained.unsigned_abs());
            unexplained = I256::ZERO;
        }
        let per_user = closing.spent.0.checked_div(U256::from(closing.succeeded));
        Money {
            start_wei: closing.start,
            earlier_wei: totals.earlier,
            received_wei: closing.received,
            taken_wei: closing.taken,
            end_wei: closing.end,
            sent_wei: totals.sent,
            spent_wei: closing.spent,
            value_wei: totals.value,
            swept_wei: totals.swept,
            left_wei: totals.left,
            in_doubt_wei: totals.in_doubt,
            unexplained_wei: unexplained.to_string(),
            per_user_wei: Wei(per_user.unwrap_or_default()),
            how_to_recover: None,
        }
    }

    fn totals(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All the wei there are fit into 255 bits many times over.
pub(crate) fn signed(wei: Wei) -> I256 {
    I256::try_from(wei.0).unwrap_or(I256::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closing(end: u128, spent: u128) -> Closing {
        Closing {
            start: Wei::new(1_000),
            end: Wei::new(end),
            received: Wei::ZERO,
            taken: Wei::ZERO,
            spent: Wei::new(spent),
            succeeded: 2,
        }
    }

    #[test]
    fn spent_and_left_explain_what_is_missing() {
        let books = Books::default();
        books.lend(Wei::new(300));
        books.send(Wei::new(200));
        books.sweep(Wei::new(120));
        books.leave(Wei::new(5));
        books.repay(Wei::new(180));
        let money = books.close(&closing(945, 50));
        assert_eq!(money.unexplained_wei, "0");
        assert_eq!((money.sent_wei, money.swept_wei), (Wei::new(200), Wei::new(120)));
        assert_eq!(money.per_user_wei, Wei::new(25));
        assert_eq!(books.lent_peak(), Wei::new(300));
    }

    #[test]
    fn what_an_earlier_part_left_in_wallets_is_accounted_for() {
        let books = Books::default();
        books.inherit(Wei::new(70));
        let money = books.close(&closing(1_020, 50));
        assert_eq!((money.earlier_wei, money.unexplained_wei.as_str()), (Wei::new(70), "0"));
    }

    #[test]
    fn what_others_send_and_take_is_told_apart() {
        let books = Books::default();
        let others = Closing { received: Wei::new(70), taken: Wei::new(20), ..closing(1_000, 50) };
        assert_eq!(books.close(&others).unexplained_wei, "0");
    }

    #[test]
    fn what_may_be_in_an_account_out_of_sight_is_in_doubt() {
        let books = Books::default();
        books.lose_sight();
        let money = books.close(&closing(900, 50));
        assert_eq!((money.in_doubt_wei, money.unexplained_wei.as_str()), (Wei::new(50), "0"));
    }

    #[test]
    fn what_is_found_in_the_accounts_replaces_what_was_thought_of_them() {
        let books = Books::default();
        books.leave(Wei::new(9));
        books.doubt(Wei::new(30));
        books.recount(Wei::new(2), Wei::new(40));
        let money = books.close(&closing(908, 50));
        let found = (money.left_wei, money.in_doubt_wei, money.unexplained_wei.as_str());
        assert_eq!(found, (Wei::new(2), Wei::new(40), "0"));
    }

    #[test]
    fn a_missing_wei_is_unexplained_and_so_is_one_too_many() {
        let books = Books::default();
        assert_eq!(books.close(&closing(949, 50)).unexplained_wei, "1");
        assert_eq!(books.close(&closing(951, 50)).unexplained_wei, "-1");
    }
}
