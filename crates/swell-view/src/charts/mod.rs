//! Charts as SVG inside HTML: the same ones live and in the report, without scripts and without assets.
//!
//! A chart is a `figure`: its title, its key numbers in words, a legend, the picture, and the numbers
//! behind it in a table. Everything inside a picture is placed in percent, so that it takes the width
//! it is given while its text stays as large as the page's.

mod draw;
mod figure;
mod label;
mod marks;
mod over_time;
mod percentiles;
mod scale;
mod waterfall;

pub use figure::{Height, Tone};
pub use label::{Unit, instant};
pub use marks::{Mark, MarkKind, Marks};
pub use over_time::{Series, Shape, TimeChart};
pub use percentiles::PercentilePlot;
pub use scale::{Scale, time_ticks};
pub use waterfall::{Bar, Waterfall};

/// The style of every page that shows charts: colours, light and dark, type and layout.
pub const STYLE: &str = include_str!("style.css");
