//! The run on a whole terminal: drawing, and what keys mean. Nothing here reads or writes a terminal.

mod charts;
mod endpoints;
mod failures;
mod frame;
mod grid;
mod help;
mod host;
mod messages;
mod overview;
mod palette;
mod question;
mod screen;
mod series;
mod step_rates;
mod steps;
mod thresholds;
mod throughput;
mod times;
mod wallets;

pub use frame::{MIN_HEIGHT, MIN_WIDTH, draw};
pub use palette::Palette;
pub use screen::{Panel, Question, Screen};

#[cfg(test)]
mod tests;
