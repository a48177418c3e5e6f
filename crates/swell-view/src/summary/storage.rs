//! What was uploaded, and what its URLs cost.

use swell_core::report::{Report, StorageRow};

use crate::human::{bytes, count, latency};
use crate::style::Page;
use crate::table::Table;

/// A row a provider, and a line on what failed.
pub(super) fn storage(report: &Report, page: Page) -> String {
    if report.storage.is_empty() {
        return String::new();
    }
    let head = ["Storage", "objects", "size", "errors", "p50", "p95", "p99", "max"];
    let mut table = Table::new(1, &head);
    for row in &report.storage {
        table.push(cells(row));
    }
    let mut text = String::new();
    for (at, line) in table.lines().iter().enumerate() {
        let row = at.checked_sub(1).map(|row| &report.storage[row]);
        let line = if row.is_none() { page.style.strong(line) } else { line.clone() };
        text.push_str(&(line + "\n"));
        if let Some(row) = row {
            text.push_str(&page.paragraph("      ", 6, &in_words(row)));
        }
    }
    text
}

/// What its URLs cost, and what failed.
fn in_words(row: &StorageRow) -> String {
    let mut words = format!(
        "its URLs have {:.0} characters on average: {} gas a user",
        row.url_chars,
        count(row.url_gas)
    );
    if row.errors > 0 {
        let classes = row.by_class.iter().map(|(class, n)| format!("{} {class}", count(*n)));
        words.push_str(&format!("; failed: {}", classes.collect::<Vec<_>>().join(", ")));
    }
    words
}

fn cells(row: &StorageRow) -> Vec<String> {
    let mut cells =
        vec![row.provider.clone(), count(row.objects), bytes(row.bytes), count(row.errors)];
    let times = &row.latency_ms;
    for ms in [times.p50, times.p95, times.p99, times.max] {
        cells.push(latency(ms));
    }
    cells
}
