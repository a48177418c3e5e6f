//! What every chart has around its picture.

use maud::{Markup, html};

use super::draw::percent;
use super::label::Unit;
use super::scale::Scale;

/// A colour, by what it stands for on this chart. The style says which it is on this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The first series.
    Blue,
    /// What went well.
    Green,
    /// What to look at.
    Orange,
    /// What went wrong.
    Red,
    /// The fifth series.
    Violet,
    /// What was asked, or is only there to compare with; dashed.
    Grey,
}

impl Tone {
    /// Its class.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Red => "red",
            Self::Violet => "violet",
            Self::Grey => "grey",
        }
    }
}

/// How high a picture is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Height {
    /// For what matters most.
    #[default]
    Tall,
    /// For what accompanies it.
    Low,
}

impl Height {
    const fn class(self) -> &'static str {
        match self {
            Self::Tall => "plot",
            Self::Low => "plot low",
        }
    }
}

/// Everything around a picture.
#[derive(Debug)]
pub(super) struct Figure<'a> {
    /// Unique on the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// The key numbers, in words.
    pub(super) says: &'a str,
    pub(super) height: Height,
    pub(super) legend: Markup,
    /// Axes, lines, marks: what is inside the `svg`.
    pub(super) picture: Markup,
    /// The numbers behind it.
    pub(super) data: Markup,
}

impl Figure<'_> {
    pub(super) fn markup(self) -> Markup {
        let (title_id, says_id) = (format!("{}-title", self.id), format!("{}-says", self.id));
        html! {
            figure .chart id=(self.id) {
                figcaption { strong { (self.title) } " " span .says { (self.says) } }
                (self.legend)
                svg class=(self.height.class()) role="img" aria-labelledby=(format!("{title_id} {says_id}")) {
                    title id=(title_id) { (self.title) }
                    desc id=(says_id) { (self.says) }
                    (self.picture)
                }
                (self.data)
            }
        }
    }
}

/// What stands for a series beside its name.
pub(super) fn key(tone: Tone, is_filled: bool) -> Markup {
    html! {
        svg .key aria-hidden="true" viewBox="0 0 22 10" width="22" height="10" {
            @if is_filled {
                rect class=(format!("fill {}", tone.class())) width="22" height="10" rx="2" {}
            }
            line class=(format!("line {}", tone.class())) x1="1" x2="21" y1="5" y2="5" {}
        }
    }
}

/// Horizontal lines at the ticks of `scale`, each with its value.
pub(super) fn value_axis(scale: Scale, unit: Unit) -> Markup {
    html! {
        @for tick in scale.ticks() {
            @let y = percent(1.0 - scale.place(tick));
            line .grid x1="0" x2="100%" y1=(y) y2=(y) {}
            text .end x="-6" y=(y) dy="4" { (unit.tick(tick)) }
        }
    }
}

/// Names along the lower edge: where, what, and whether only a wide page has room for it.
pub(super) fn names_below(names: impl IntoIterator<Item = (f64, String, bool)>) -> Markup {
    html! {
        @for (at, name, wide_only) in names {
            @let x = percent(at);
            @let shown = if wide_only { "wide" } else { "" };
            text class=(format!("{} {shown}", anchor(at))) x=(x) y="100%" dy="16" { (name) }
        }
    }
}

/// How text is anchored so that it does not leave the picture.
pub(super) fn anchor(at: f64) -> &'static str {
    match at {
        at if at < 0.02 => "start",
        at if at > 0.98 => "end",
        _ => "middle",
    }
}

/// A table of numbers that opens on demand.
pub(super) fn data(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Markup {
    html! {
        details .data {
            summary { "Numbers" }
            div .scroll tabindex="0" {
                table {
                    thead { tr { @for name in head { th scope="col" { (name) } } } }
                    tbody {
                        @for row in rows {
                            tr { @for cell in row { td { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}
