//! Sizes of run that have a name.

use super::choice::Choice;
use super::raw::{Layer, Origin, Raw};

/// A size of run that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// 100 users at 1/s for 5 minutes.
    Small,
    /// 500 users at 2/s for 10 minutes.
    Medium,
    /// 1000 users at 3/s for 15 minutes, judged by the full-scale criteria.
    Full,
}

impl Choice for Preset {
    const ALL: &'static [(&'static str, Self)] =
        &[("small", Self::Small), ("medium", Self::Medium), ("full", Self::Full)];
}

impl Preset {
    /// What the preset says, stronger than the defaults and weaker than everything else.
    #[must_use]
    pub fn layer(self) -> Layer {
        let [users, rate, duration] = match self {
            Self::Small => ["100", "1", "5m"],
            Self::Medium => ["500", "2", "10m"],
            Self::Full => ["1000", "3", "15m"],
        };
        [("users", users), ("rate", rate), ("duration", duration)]
            .into_iter()
            .map(|(name, text)| {
                (name, Raw { values: vec![text.into()], origin: Origin::Preset(self) })
            })
            .collect()
    }
}
