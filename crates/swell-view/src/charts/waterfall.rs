//! Where a user's time went: one bar a step, each beginning where the one before it ended.

use maud::{Markup, html};

use super::draw::percent;
use super::figure::Tone;
use super::label::Unit;

/// Pixels from one row to the next.
const ROW: usize = 36;

/// A row of a waterfall, milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What the time went into.
    pub name: String,
    /// How long it took.
    pub ms: f64,
    /// How it is coloured.
    pub tone: Tone,
    /// What is said beside its time, such as how many failed.
    pub note: Option<String>,
}

/// Bars, each beginning where the one before it ended.
#[derive(Clone, Debug)]
pub struct Waterfall<'a> {
    /// Unique on the page; a word.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// The key numbers, in words.
    pub says: String,
    /// From first to last.
    pub bars: Vec<Bar>,
}

impl Waterfall<'_> {
    /// The waterfall; nothing without bars. The numbers behind it are told beside each bar.
    #[must_use]
    pub fn markup(&self) -> Markup {
        let total: f64 = self.bars.iter().map(|bar| bar.ms).sum();
        if total <= 0.0 {
            return html! {};
        }
        let (title_id, says_id) = (format!("{}-title", self.id), format!("{}-says", self.id));
        let mut begin = 0.0;
        html! {
            figure .chart id=(self.id) {
                figcaption { strong { (self.title) } " " span .says { (self.says) } }
                svg .rows role="img" aria-labelledby=(format!("{title_id} {says_id}")) width="100%" height=(self.bars.len() * ROW + 6) {
                    title id=(title_id) { (self.title) }
                    desc id=(says_id) { (self.in_words(total)) }
                    @for (at, bar) in self.bars.iter().enumerate() {
                        @let share = bar.ms / total;
                        @let end = begin + share;
                        @let from = std::mem::replace(&mut begin, end);
                        @let top = at * ROW;
                        text .row x="0" y=(top + 15) { (bar.name) }
                        text .row-end x="100%" y=(top + 15) { (told(bar, share)) }
                        rect .track x="0" y=(top + 21) width="100%" height="9" rx="2" {}
                        rect class=(format!("bar {}", bar.tone.class())) x=(percent(from.min(0.997))) y=(top + 21) width=(percent(share.max(0.003))) height="9" rx="1.5" {}
                    }
                }
            }
        }
    }

    fn in_words(&self, total: f64) -> String {
        let bars =
            self.bars.iter().map(|bar| format!("{} {}", bar.name, told(bar, bar.ms / total)));
        format!("{}. {}", self.says.trim_end_matches('.'), bars.collect::<Vec<_>>().join("; "))
    }
}

fn told(bar: &Bar, share: f64) -> String {
    let note = bar.note.as_ref().map_or_else(String::new, |note| format!("{note} · "));
    format!("{note}{} · {}", Unit::Millis.value(bar.ms), Unit::Percent.value(100.0 * share))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, ms: f64) -> Bar {
        Bar { name: name.into(), ms, tone: Tone::Blue, note: None }
    }

    #[test]
    fn each_bar_begins_where_the_one_before_it_ended() {
        let waterfall = Waterfall {
            id: "w",
            title: "Steps",
            says: "4 s in all.".into(),
            bars: vec![bar("one", 1_000.0), bar("two", 3_000.0)],
        };
        let text = waterfall.markup().into_string();
        assert!(text.contains("x=\"25%\" y=\"57\" width=\"75%\""), "{text}");
        assert!(text.contains("4 s in all. one 1.00 s · 25%; two 3.00 s · 75%"), "{text}");
    }

    #[test]
    fn no_time_is_no_waterfall() {
        let waterfall =
            Waterfall { id: "w", title: "Steps", says: String::new(), bars: vec![bar("one", 0.0)] };
        assert!(waterfall.markup().into_string().is_empty());
    }
}
