//! A valid configuration.

use std::path::PathBuf;
use std::time::Duration;

use swell_chain::FeePolicy;
use swell_core::plan::RunPlan;
use swell_core::target::Target;

use super::choice::{JourneyKind, LogLevel, Profile, S2kMode, UiMode};
use super::env_file::EnvNotes;
use super::network::Network;
use super::preset::Preset;
use super::raw::Origin;
use super::view::ViewSettings;

/// Everything a run or a check is told: valid values only.
///
/// [`Settings::resolve`] makes them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the run is asked to do.
    pub plan: RunPlan,
    /// What is under load.
    pub target: TargetChoice,
    /// What the run is willing to pay for gas.
    pub fees: FeePolicy,
    /// Whether spending real money is consented to.
    pub yes_real_money: bool,
    /// What a user does.
    pub journey: JourneyKind,
    /// How long a user of the journey `wallet` keeps its wallet.
    pub hold: Duration,
    /// How costly the users' encryption is.
    pub s2k: S2kMode,
    /// The schema that the users' data must satisfy; 0 means none.
    pub schema_id: u64,
    /// How often a user asks for its result.
    pub poll_interval: Duration,
    /// Whether time is virtual.
    pub virtual_time: bool,
    /// What is shown while the run goes on.
    pub ui: UiMode,
    /// Who else sees the run.
    pub views: ViewSettings,
    /// The run's folder; `None` leaves it to the run store.
    pub out: Option<PathBuf>,
    /// What `run.log` holds.
    pub log: LogLevel,
    /// Whether every question is answered with yes.
    pub yes: bool,
    /// The size of run that was asked for by name.
    pub preset: Option<Preset>,
    /// What became of the variables of the file that `--env-file` names.
    pub env_notes: EnvNotes,
    /// Every setting as a run file would say it, and where it came from.
    pub values: Vec<ResolvedValue>,
}

impl Settings {
    /// Where the setting `name` came from.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.values.iter().find(|value| value.name == name).map(|value| &value.origin)
    }
}

/// What is under load.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetChoice {
    /// The embedded sandbox.
    Sandbox {
        /// The target that it plays.
        profile: Profile,
    },
    /// A public network.
    Network {
        /// Which.
        network: Network,
        /// What it is, with what the environment asks for.
        target: Box<Target>,
        /// The file that `--env-file` names.
        env_file: Option<PathBuf>,
    },
    /// A system of one's own.
    File {
        /// The target file.
        path: PathBuf,
        /// What it says.
        target: Box<Target>,
    },
}

impl TargetChoice {
    /// The target, unless it is the embedded sandbox.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Sandbox { .. } => None,
            Self::Network { target, .. } | Self::File { target, .. } => Some(target),
        }
    }

    /// What messages call it.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Sandbox { .. } => "the sandbox".into(),
            Self::Network { network, .. } => format!("the network {}", network.name()),
            Self::File { path, .. } => path.display().to_string(),
        }
    }
}

/// One setting as it was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedValue {
    /// Its name.
    pub name: &'static str,
    /// What a run file would say; `None` when nothing was asked and there is no default.
    pub toml: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}
