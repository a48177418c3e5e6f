//! Settings that are one of a few words.

use swell_core::funding::{FundingStrategy, StrategyWish};
use swell_core::journey::JourneySpec;
use swell_core::plan::{ArrivalKind, WhenFull};
use swell_core::submit::SubmitMode;
use swell_journeys::data_portability::DataPortability;
use swell_journeys::wallet_only::WalletOnly;
use swell_sandbox::RelayAnswers;
use swell_vana::server::ServerGeneration;

/// One of a few words.
pub trait Choice: Copy + PartialEq + 'static {
    /// Each word with what it means.
    const ALL: &'static [(&'static str, Self)];

    /// The word for this choice.
    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, choice)| *choice == self).map_or("?", |(word, _)| word)
    }

    /// What `word` means.
    ///
    /// # Errors
    /// The words that would do, as a phrase.
    fn read(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == word);
        found.map(|(_, choice)| *choice).ok_or_else(Self::words)
    }

    /// All words as a phrase: `queue or shed`.
    fn words() -> String {
        let words: Vec<&str> = Self::ALL.iter().map(|(word, _)| *word).collect();
        match words.split_last() {
            Some((last, before)) if !before.is_empty() => {
                format!("{} or {last}", before.join(", "))
            }
            _ => words.concat(),
        }
    }
}

impl Choice for ArrivalKind {
    const ALL: &'static [(&'static str, Self)] =
        &[("poisson", Self::Poisson), ("constant", Self::Constant), ("burst", Self::Burst)];
}

impl Choice for WhenFull {
    const ALL: &'static [(&'static str, Self)] = &[("queue", Self::Queue), ("shed", Self::Shed)];
}

impl Choice for StrategyWish {
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("direct", Self::Only(FundingStrategy::Direct)),
        ("batch", Self::Only(FundingStrategy::Batch)),
    ];
}

impl Choice for SubmitMode {
    const ALL: &'static [(&'static str, Self)] =
        &[("self", Self::Own), ("relayed", Self::Relayed), ("endpoint", Self::Endpoint)];
}

/// What a user does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JourneyKind {
    /// It moves its data.
    #[default]
    DataPortability,
    /// It only gets its wallet.
    Wallet,
}

impl Choice for JourneyKind {
    const ALL: &'static [(&'static str, Self)] =
        &[("data-portability", Self::DataPortability), ("wallet", Self::Wallet)];
}

impl JourneyKind {
    /// Its name and steps.
    #[must_use]
    pub const fn spec(self) -> JourneySpec {
        match self {
            Self::DataPortability => DataPortability::SPEC,
            Self::Wallet => WalletOnly::SPEC,
        }
    }
}

/// The target that the sandbox plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// A local target that is never the bottleneck.
    #[default]
    Fast,
    /// The Moksha testnet with its personal server.
    Moksha,
    /// Moksha with 120M gas and no rate limits.
    Staging,
}

impl Choice for Profile {
    const ALL: &'static [(&'static str, Self)] =
        &[("fast", Self::Fast), ("moksha", Self::Moksha), ("staging", Self::Staging)];
}

impl Choice for ServerGeneration {
    const ALL: &'static [(&'static str, Self)] =
        &[("sept", Self::September), ("main", Self::October)];
}

impl Choice for RelayAnswers {
    const ALL: &'static [(&'static str, Self)] =
        &[("signed", Self::Signed), ("submitted", Self::Submitted), ("pending", Self::Pending)];
}

/// How costly the key stretching of the users' encryption is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum S2kMode {
    /// As in real users' browsers: about 10 ms of CPU a user.
    Faithful,
    /// Cheap, for Swell and for the server that decrypts. Reports say so.
    Fast,
}

impl Choice for S2kMode {
    const ALL: &'static [(&'static str, Self)] =
        &[("faithful", Self::Faithful), ("fast", Self::Fast)];
}

/// What is shown while the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UiMode {
    /// The best that the terminal can do.
    Auto,
    /// The whole terminal.
    Tui,
    /// A line every two seconds.
    Plain,
    /// A JSON object per line.
    Json,
    /// Nothing before the end.
    Off,
}

impl Choice for UiMode {
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("tui", Self::Tui),
        ("plain", Self::Plain),
        ("json", Self::Json),
        ("off", Self::Off),
    ];
}

/// What `run.log` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Errors.
    Error,
    /// Warnings too.
    Warn,
    /// What happened, in large.
    Info,
    /// What happened, in small.
    Debug,
    /// Everything.
    Trace,
}

impl Choice for LogLevel {
    const ALL: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
}
