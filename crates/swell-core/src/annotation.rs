//! What happened during a run that a reader of its charts must know.

use serde::{Deserialize, Serialize};

use crate::time::RunOffset;

/// One mark on the time axis of every chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// When, seconds since the run began.
    pub at_s: f64,
    /// Of which kind.
    pub kind: AnnotationKind,
    /// What happened, in a few words.
    pub text: String,
}

/// Kinds of annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnnotationKind {
    /// The run entered a phase.
    Phase,
    /// Somebody steered it.
    Command,
    /// A fault was made on purpose, or ended.
    Fault,
    /// Something changed by itself: the relayer ran dry, an endpoint failed.
    Condition,
}

/// The annotations of a run, in order and in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    kept: Vec<Annotation>,
    dropped: u64,
}

impl Annotations {
    /// Annotations kept; what comes after is counted.
    pub const MAX: usize = 500;
    /// Room that only phases may use: a chart without them cannot be read.
    const FOR_PHASES: usize = 16;

    /// Adds one.
    pub fn add(&mut self, at: RunOffset, kind: AnnotationKind, text: impl Into<String>) {
        let reserved = if kind == AnnotationKind::Phase { 0 } else { Self::FOR_PHASES };
        if self.kept.len() + reserved >= Self::MAX {
            self.dropped += 1;
            return;
        }
        self.kept.push(Annotation { at_s: at.as_secs_f64(), kind, text: text.into() });
    }

    /// Those kept.
    #[must_use]
    pub fn all(&self) -> &[Annotation] {
        &self.kept
    }

    /// What a report must say when some found no room.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let (dropped, kept) = (self.dropped, self.kept.len());
        (dropped > 0)
            .then(|| format!("{dropped} annotations found no room beside the first {kept}"))
    }

    /// How many found no room.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted_and_phases_find_room() {
        let mut annotations = Annotations::default();
        for _ in 0..Annotations::MAX {
            annotations.add(RunOffset::ZERO, AnnotationKind::Command, "rate 110 %");
        }
        assert_eq!(annotations.all().len() as u64 + annotations.dropped(), 500);
        assert_eq!(annotations.dropped(), 16);
        let note = annotations.note().unwrap();
        assert_eq!(note, "16 annotations found no room beside the first 484");
        annotations.add(RunOffset::from_secs_f64(2.0), AnnotationKind::Phase, "drain");
        assert_eq!(annotations.all().last().unwrap().text, "drain");
    }
}
