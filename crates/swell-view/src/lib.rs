//! What people and machines read of a run: live lines, the summary, the check, the report.
//!
//! Pure rendering: data in, text out. Nothing here prints, waits or asks.

pub mod charts;
pub mod check;
pub mod html;
pub mod human;
pub mod live;
mod losses;
pub mod report_json;
pub mod style;
pub mod summary;

mod table;

#[cfg(test)]
mod sample;

pub use check::{CheckReport, Costs, check_json, check_text};
pub use html::report_html;
pub use live::{live_head, live_json, live_line};
pub use losses::Losses;
pub use report_json::report_json;
pub use style::{Page, Style};
pub use summary::summary;
pub use table::Table;
