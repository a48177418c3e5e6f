//! What is known of one setting.

/// What a setting's value looks like in a run file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A length of time: a number of minutes, or text with units.
    Time,
    /// Text.
    Text,
    /// `true` or `false`; an option without a value.
    Flag,
    /// Several texts; a repeatable option.
    List,
    /// An address to listen at; an option whose value may be left out for the one given here.
    Address(&'static str),
}

impl Kind {
    /// The kind in words, for messages.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Time => "a time such as \"90s\", or a number of minutes",
            Self::Text | Self::Address(_) => "text in quotes",
            Self::Flag => "true or false",
            Self::List => "a list of texts in quotes",
        }
    }
}

/// Where a setting stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// When users arrive.
    Load,
    /// How many at once, with what wallets, for how long.
    Limits,
    /// What may be spent.
    Money,
    /// What is under load.
    Target,
    /// What the run must meet.
    Verdict,
    /// What is written and shown.
    Output,
    /// Who else sees the run.
    Views,
}

impl Group {
    /// The heading in the help.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Load => "Load",
            Self::Limits => "Places, wallets and deadlines",
            Self::Money => "Money",
            Self::Target => "Target",
            Self::Verdict => "Verdict",
            Self::Output => "Output",
            Self::Views => "Pages, metrics and traces",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct SettingSpec {
    /// Its option without the dashes, and its key in a run file.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// Where it stands in the help.
    pub group: Group,
    /// What stands for the value in the help.
    pub value_name: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Its default as text; `None` when the default depends on other settings, or is nothing.
    pub default: Option<&'static str>,
    /// Its default in words, with the unit.
    pub default_words: &'static str,
    /// A value as a run file writes it.
    pub example: &'static str,
}

impl SettingSpec {
    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("SWELL_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

/// A row with a fixed default, which the help shows as it is.
pub(super) const fn row(
    name: &'static str,
    kind: Kind,
    group: Group,
    value_name: &'static str,
    help: &'static str,
    default: &'static str,
) -> SettingSpec {
    SettingSpec {
        name,
        kind,
        group,
        value_name,
        help,
        default: Some(default),
        default_words: default,
        example: default,
    }
}

impl SettingSpec {
    /// Says the default in other words than its text.
    pub(super) const fn in_words(mut self, default_words: &'static str) -> Self {
        self.default_words = default_words;
        self
    }

    /// Leaves the default to the other settings.
    pub(super) const fn derived(mut self) -> Self {
        self.default = None;
        self
    }

    /// Shows `example` in a run file.
    pub(super) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }
}
