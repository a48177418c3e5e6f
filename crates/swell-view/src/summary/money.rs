//! The money statement: for reading in tokens, and to the wei where it must be exact.

use swell_core::report::Money;
use swell_core::units::Wei;

use super::labelled;
use crate::human::money;
use crate::style::Page;

pub(super) fn money_statement(statement: &Money, page: Page) -> String {
    let mut spent = format!(
        "{} spent on fees, {} a user ({} wei in all)",
        money(statement.spent_wei),
        money(statement.per_user_wei),
        statement.spent_wei
    );
    if !statement.value_wei.is_zero() {
        spent.push_str(&format!(
            "; {} paid on purpose ({} wei)",
            money(statement.value_wei),
            statement.value_wei
        ));
    }
    let flow = format!(
        "{} went to wallets and {} came back; {}, {}, {} unexplained",
        money(statement.sent_wei),
        money(statement.swept_wei),
        exact("left in wallets", statement.left_wei),
        exact("in doubt", statement.in_doubt_wei),
        unexplained(&statement.unexplained_wei, page),
    );
    let mut text = labelled(page, "Money", &spent) + &labelled(page, "", &flow);
    if !statement.earlier_wei.is_zero() {
        let earlier = exact("was in wallets of an earlier part", statement.earlier_wei);
        text.push_str(&labelled(page, "", &earlier));
    }
    if !statement.received_wei.is_zero() {
        let received = exact("came from others", statement.received_wei);
        text.push_str(&labelled(page, "", &received));
    }
    text
}

/// Nothing, or an amount that has to be found again to the wei.
fn exact(what: &str, amount: Wei) -> String {
    if amount.is_zero() {
        return format!("nothing {what}");
    }
    format!("{} {what} ({amount} wei)", money(amount))
}

fn unexplained(wei: &str, page: Page) -> String {
    match wei {
        "0" => "0 wei".into(),
        _ => page.style.bad(&format!("{wei} wei")),
    }
}
