//! What happened during the run, as marks on the time axis of every chart.

use maud::{Markup, html};
use swell_core::annotation::{Annotation, AnnotationKind};

use super::draw::percent;
use super::label::instant;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, seconds since the run began.
    pub at_s: f64,
    /// Of which kind.
    pub kind: MarkKind,
    /// What happened.
    pub text: String,
    /// Its number in the list beside the charts; phases are named instead.
    pub number: Option<usize>,
}

/// Kinds of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// As in the run's annotations.
    Annotated(AnnotationKind),
    /// The time between two parts of a run.
    Gap,
}

impl MarkKind {
    /// The word lists use.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Annotated(AnnotationKind::Phase) => "phase",
            Self::Annotated(AnnotationKind::Command) => "command",
            Self::Annotated(AnnotationKind::Fault) => "fault",
            Self::Annotated(AnnotationKind::Condition) => "condition",
            Self::Gap => "gap",
        }
    }
}

/// The marks of a run, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    all: Vec<Mark>,
}

/// Marks closer together than this share of a picture are drawn as one line.
const APART: f64 = 0.004;

impl Marks {
    /// Those of `annotations`. `gap` is the time before the run began, when it is a later part.
    #[must_use]
    pub fn of(annotations: &[Annotation], gap: Option<String>) -> Self {
        let mut all = Vec::with_capacity(annotations.len() + 1);
        all.extend(gap.map(|text| Mark { at_s: 0.0, kind: MarkKind::Gap, text, number: Some(1) }));
        let mut number = all.len();
        for annotation in annotations {
            let is_phase = annotation.kind == AnnotationKind::Phase;
            number += usize::from(!is_phase);
            all.push(Mark {
                at_s: annotation.at_s,
                kind: MarkKind::Annotated(annotation.kind),
                text: annotation.text.clone(),
                number: (!is_phase).then_some(number),
            });
        }
        Self { all }
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> &[Mark] {
        &self.all
    }

    /// The list beside the charts, which says in words what the marks are; empty without marks.
    #[must_use]
    pub fn list(&self) -> Markup {
        html! {
            @if !self.all.is_empty() {
                ol .marks aria-label="What happened" {
                    @for mark in &self.all {
                        li class=(mark.kind.label()) {
                            span .number { @if let Some(number) = mark.number { (number) } }
                            span .when { (instant(mark.at_s)) }
                            span .kind { (mark.kind.label()) }
                            span .what { (mark.text) }
                        }
                    }
                }
            }
        }
    }

    /// Lines through the picture, and their names above it. `place` is from seconds to the picture.
    pub(super) fn drawn(&self, place: impl Fn(f64) -> f64) -> Markup {
        let mut lines: Vec<(f64, &'static str)> = Vec::new();
        for mark in &self.all {
            let (at, kind) = (place(mark.at_s), mark.kind.label());
            let near = |(x, of): &&(f64, &'static str)| *of == kind && at - x < APART;
            if !lines.iter().rev().take(8).any(|line| near(&line)) {
                lines.push((at, kind));
            }
        }
        html! {
            @for (at, kind) in &lines {
                @let x = percent(*at);
                line class=(format!("mark {kind}")) x1=(x) x2=(x) y1="0" y2="100%" {}
            }
            @for name in self.names(place) {
                text class=(name.class()) x=(percent(name.at)) y="0" dy="-5" {
                    (name.text)
                }
            }
        }
    }

    /// The names that find room, from left to right.
    fn names(&self, place: impl Fn(f64) -> f64) -> Vec<Name> {
        let (mut narrow_until, mut wide_until) = (0.0, 0.0);
        let mut names = Vec::new();
        for mark in &self.all {
            let text = mark.number.map_or_else(|| mark.text.clone(), |number| number.to_string());
            let (at, letters) = (place(mark.at_s), text.chars().count() as f64 + 1.0);
            // A letter is about 6 px; a picture is 270 px wide on a phone, and 700 px elsewhere.
            let (narrow, wide) = (letters * 6.0 / 270.0, letters * 6.0 / 700.0);
            // What would leave the picture on the right ends at its mark instead of beginning there.
            let is_before = at + narrow > 1.0;
            let begin = |width: f64| if is_before { at - width } else { at };
            if begin(wide) < wide_until {
                continue;
            }
            let wide_only = begin(narrow) < narrow_until;
            wide_until = begin(wide) + wide;
            if !wide_only {
                narrow_until = begin(narrow) + narrow;
            }
            names.push(Name { at, text, kind: mark.kind.label(), is_before, wide_only });
        }
        names
    }
}

struct Name {
    at: f64,
    text: String,
    kind: &'static str,
    /// Whether it ends at its mark.
    is_before: bool,
    /// Whether a phone has no room for it.
    wide_only: bool,
}

impl Name {
    fn class(&self) -> String {
        let end = if self.is_before { " end" } else { "" };
        let wide = if self.wide_only { " wide" } else { "" };
        format!("mark {}{end}{wide}", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_happened_is_numbered_and_phases_are_named() {
        let marks = Marks::of(&sample::report().annotations, Some("2 minutes".into()));
        let told: Vec<_> =
            marks.all().iter().map(|mark| (mark.number, mark.text.as_str())).collect();
        assert_eq!(told[0], (Some(1), "2 minutes"));
        assert_eq!(told[1], (None, "prime"));
        assert_eq!(told[3], (Some(2), "rate 110 % from the terminal"));
    }

    #[test]
    fn names_never_lie_on_each_other_and_lines_that_do_are_one() {
        let note = |at_s| Annotation { at_s, kind: AnnotationKind::Fault, text: "f".into() };
        let crowd: Vec<_> = (0..500).map(|at| note(f64::from(at))).collect();
        let marks = Marks::of(&crowd, None);
        let names = marks.names(|at_s| at_s / 500.0);
        assert!(names.len() > 10 && names.len() < 60, "{}", names.len());
        assert!(names.windows(2).all(|pair| pair[1].at - pair[0].at > 0.015));
        let drawn = marks.drawn(|at_s| at_s / 500.0).into_string();
        assert!(drawn.matches("<line").count() <= 250, "{}", drawn.matches("<line").count());
    }
}
