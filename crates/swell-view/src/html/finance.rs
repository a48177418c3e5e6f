//! The money statement, and how wallets were funded.

use maud::{Markup, html};
use swell_core::funding::FundingStrategy;
use swell_core::report::{Money, Report};
use swell_core::units::Wei;

use super::Section;
use super::parts::{cell, exact_money, facts};
use super::view::RunView;
use crate::human::{count, latency, length, money};

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let report = run.report?;
    let body = html! {
        (statement(&report.money))
        @if let Some(how) = &report.money.how_to_recover { p .finding { (how) } }
        @if report.funding.wallets + report.funding.failed > 0 { h3 { "Funding" } (funding(report)) }
    };
    Some(Section { id: "money", title: "Money", body })
}

fn statement(statement: &Money) -> Markup {
    let always = |name, sign, amount| Some((name, sign, amount));
    let when_any = |name, sign, amount: Wei| (!amount.is_zero()).then_some((name, sign, amount));
    let terms = [
        always("The relayer had", "", statement.start_wei),
        when_any("In wallets of an earlier part", "+", statement.earlier_wei),
        when_any("Others sent to the relayer", "+", statement.received_wei),
        when_any("Others took from the relayer", "−", statement.taken_wei),
        always("Fees", "−", statement.spent_wei),
        when_any("Paid on purpose", "−", statement.value_wei),
        when_any("Left in wallets and lanes", "−", statement.left_wei),
        when_any("In doubt until it is final", "−", statement.in_doubt_wei),
        always("The relayer has", "−", statement.end_wei),
    ];
    let class = if statement.unexplained_wei == "0" { "good" } else { "bad" };
    html! {
        div .scroll tabindex="0" {
            table {
                thead { tr { th scope="col" { "statement" } td { } th scope="col" { "tokens" } th scope="col" { "wei" } } }
                tbody {
                    @for (name, sign, amount) in terms.into_iter().flatten() {
                        tr { th scope="row" { (name) } td { (sign) } td { (money(amount)) } td { (amount) } }
                    }
                    tr .total {
                        th scope="row" { "Unexplained" } td { "=" } td class=(class) { (statement.unexplained_wei) " wei" } td class=(class) { (statement.unexplained_wei) }
                    }
                }
            }
        }
        p .muted {
            (money(statement.sent_wei)) " went to wallets and " (money(statement.swept_wei)) " came back; "
            (money(statement.per_user_wei)) " a user that succeeded."
        }
    }
}

fn funding(report: &Report) -> Markup {
    let funding = &report.funding;
    let way = match funding.strategy {
        FundingStrategy::Direct => "one by one",
        FundingStrategy::Batch => "in batches",
    };
    let mut rows = vec![
        ("Wallets", cell(format!("{}, paid {way}", count(funding.wallets)))),
        ("Each is given", exact_money(funding.wallet_size_wei)),
        (
            "Usable after",
            cell(format!(
                "{} at p50, {} at p99",
                latency(funding.latency_ms.p50),
                latency(funding.latency_ms.p99)
            )),
        ),
        (
            "Users waited",
            cell(format!(
                "{} at p50, {} at most",
                latency(funding.wait_ms.p50),
                latency(funding.wait_ms.max)
            )),
        ),
        ("Gas a wallet", cell(format!("{:.0}", funding.gas_per_wallet))),
        ("Out at one time", exact_money(funding.locked_peak_wei)),
    ];
    if funding.failed > 0 {
        rows.push(("Could not be funded", html! { span .bad { (count(funding.failed)) } }));
    }
    if funding.droughts > 0 {
        let words =
            format!("{} times, for {} in all", count(funding.droughts), length(funding.drought_s));
        rows.push(("Droughts", html! { span .bad { (words) } }));
    }
    if !funding.because.is_empty() {
        rows.push(("Why so", cell(&funding.because)));
    }
    facts(rows)
}
