//! The end of a run on one page: the verdict first, then why, then the numbers.

mod figures;
mod money;
mod network;
mod relay;
mod storage;
mod verdict;

use swell_core::report::Report;

use crate::style::Page;

/// Columns of the labels that stand before the text.
const LABEL: usize = 13;

/// The page that a person reads in ten seconds. `files` are where the report lies.
#[must_use]
pub fn summary(report: &Report, files: &[String], page: Page) -> String {
    let sections = [
        verdict::verdict(report, page),
        verdict::diagnosis(report, page),
        figures::users(report, page),
        figures::steps(report, page),
        figures::failures(report, page),
        figures::funding(report, page)
            + &relay::relay(report, page)
            + &network::inclusion(report, page)
            + &money::money_statement(&report.money, page),
        storage::storage(report, page),
        network::endpoints(report, page),
        verdict::thresholds(report, page),
        verdict::notes(report, page),
        place(report, files, page),
    ];
    let written: Vec<String> = sections.into_iter().filter(|text| !text.is_empty()).collect();
    written.join("\n")
}

/// One labelled paragraph.
fn labelled(page: Page, label: &str, text: &str) -> String {
    page.paragraph(&format!("{label:<LABEL$}"), LABEL, text)
}

fn heading(page: Page, text: &str) -> String {
    page.style.strong(text) + "\n"
}

fn place(report: &Report, files: &[String], page: Page) -> String {
    let mut text = String::new();
    for (at, file) in files.iter().enumerate() {
        let label = if at == 0 { "Report" } else { "" };
        text.push_str(&format!("{label:<LABEL$}{file}\n"));
    }
    if let Some(how) = &report.money.how_to_recover {
        text.push_str(&labelled(page, "Money left", how));
    }
    text
}

#[cfg(test)]
mod tests;
