//! What people and machines read of a run: live lines, the summary, the check, the report.
//!
//! Rendering: data in, text out. Nothing here prints, waits or asks; [`EventFile`] alone writes files.

pub mod charts;
pub mod check;
mod event_file;
pub mod html;
pub mod human;
mod junit;
pub mod live;
mod losses;
pub mod metrics;
pub mod otlp;
pub mod report_json;
mod serving;
mod step_summary;
pub mod style;
pub mod summary;
pub mod tui;
pub mod web;

mod table;
mod timeline_csv;

#[cfg(test)]
mod sample;

pub use check::{CheckReport, Costs, check_json, check_text};
pub use event_file::{EventFile, FileLimits, LostEvents};
pub use html::report_html;
pub use junit::junit;
pub use live::{live_head, live_json, live_line};
pub use losses::Losses;
pub use report_json::report_json;
pub use serving::{CONNECTIONS_MAX, REQUEST_DEADLINE, serve_bounded};
pub use step_summary::step_summary;
pub use style::{Page, Style};
pub use summary::summary;
pub use table::Table;
pub use timeline_csv::timeline_csv;
