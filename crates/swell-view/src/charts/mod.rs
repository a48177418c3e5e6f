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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::STYLE;

    /// The colours of one scheme by name.
    fn colours(scheme: &str) -> BTreeMap<&str, f64> {
        let declared = scheme.lines().filter_map(|line| line.trim().strip_prefix("--"));
        let named = declared.filter_map(|line| line.trim_end_matches(';').split_once(": #"));
        named.filter(|(_, hex)| hex.len() == 6).map(|(name, hex)| (name, luminance(hex))).collect()
    }

    /// Relative luminance, as WCAG 2.2 defines it.
    fn luminance(hex: &str) -> f64 {
        let linear = |at: usize| {
            let part = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.039_28 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(0) + 0.7152 * linear(2) + 0.0722 * linear(4)
    }

    #[test]
    fn text_can_be_read_in_the_light_and_in_the_dark() {
        let (light, rest) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
        let dark = rest.split_once("}\n}").unwrap().0;
        for (scheme, colours) in [("light", colours(light)), ("dark", colours(dark))] {
            let inks = ["ink", "muted", "blue", "orange", "green", "red", "violet"];
            let plain = inks.iter().flat_map(|ink| [(*ink, "card"), (*ink, "paper")]);
            let verdicts =
                [("green", "good-paper"), ("red", "bad-paper"), ("orange", "doubt-paper")];
            for (ink, paper) in plain.chain(verdicts) {
                let (one, other) = (colours[ink], colours[paper]);
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= 4.5, "{scheme}: {ink} on {paper} is {contrast:.2}");
            }
        }
    }
}
