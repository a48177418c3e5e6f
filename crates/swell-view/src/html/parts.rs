//! What several sections are made of.

use maud::{Markup, html};
use swell_core::report::Latency;
use swell_core::units::Wei;

use crate::human::{latency, money};

/// A table with a row header: `head` names the columns, and each row begins with its name. `class`
/// says which columns a phone has no room for.
pub(super) fn table(class: &str, head: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div .scroll tabindex="0" {
            table class=(class) {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @if let Some((name, cells)) = row.split_first() {
                                th scope="row" { (name) }
                                @for cell in cells { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Text as a cell.
pub(super) fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// A count that is to be noticed when it is not zero.
pub(super) fn trouble(count: u64) -> Markup {
    let text = crate::human::count(count);
    if count == 0 {
        cell(text)
    } else {
        html! { span .bad { (text) } }
    }
}

/// Heads of the columns that [`percentiles`] fills.
pub(super) const PERCENTILES: [&str; 6] = ["mean", "p50", "p90", "p95", "p99", "max"];
/// Class of a table whose last columns they are.
pub(super) const SIX_TIMES: &str = "times six";

/// Heads of the columns that [`few_percentiles`] fills.
pub(super) const FEW_PERCENTILES: [&str; 4] = ["p50", "p95", "p99", "max"];
/// Class of a table whose last columns they are.
pub(super) const FOUR_TIMES: &str = "times";

/// The percentiles of a distribution, or dashes where nothing was measured.
pub(super) fn percentiles(times: &Latency, is_measured: bool) -> Vec<Markup> {
    shown(&[times.mean, times.p50, times.p90, times.p95, times.p99, times.max], is_measured)
}

/// As [`percentiles`], where there is less room.
pub(super) fn few_percentiles(times: &Latency, is_measured: bool) -> Vec<Markup> {
    shown(&[times.p50, times.p95, times.p99, times.max], is_measured)
}

fn shown(times: &[f64], is_measured: bool) -> Vec<Markup> {
    let shown = |ms: &f64| if is_measured { latency(*ms) } else { "–".into() };
    times.iter().map(|ms| cell(shown(ms))).collect()
}

/// An amount to four digits, and to the wei.
pub(super) fn exact_money(amount: Wei) -> Markup {
    html! {
        @if amount.is_zero() { "0" } @else { (money(amount)) " " small { (amount) " wei" } }
    }
}

/// Names and values.
pub(super) fn facts(facts: Vec<(&str, Markup)>) -> Markup {
    html! {
        dl .facts { @for (name, value) in facts { dt { (name) } dd { (value) } } }
    }
}
