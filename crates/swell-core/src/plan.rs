//! What a run is asked to do: valid values only, whatever they were read from.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arrival::RateProfile;
use crate::funding::StrategyWish;
use crate::seed::Seed;
use crate::submit::SubmitMode;
use crate::threshold::Threshold;
use crate::time::RunOffset;
use crate::units::{Rate, Share, Wei};

/// The whole plan of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    /// When users arrive.
    pub load: LoadPlan,
    /// What bounds them.
    pub limits: Limits,
    /// Root of all randomness that must be repeatable.
    pub seed: Seed,
    /// What the run must meet.
    pub thresholds: Vec<Threshold>,
}

/// When users arrive.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadPlan {
    /// Arrivals stop at this many.
    pub users: NonZeroU64,
    /// Rate between the ramps.
    pub rate: Rate,
    /// Arrivals stop here, ramps included, if `users` did not stop them before.
    pub duration: Duration,
    /// How arrivals are spaced.
    pub arrivals: ArrivalKind,
    /// The rate rises linearly from zero for so long.
    pub ramp_up: Duration,
    /// The rate falls linearly to zero for so long, at the end of the load.
    pub ramp_down: Duration,
    /// Intervals with another rate. They replace the rate, they do not add to it.
    pub spikes: Vec<Spike>,
}

impl LoadPlan {
    /// The rate over load time, where it ends, and how many it brings.
    #[must_use]
    pub fn profile(&self) -> RateProfile {
        RateProfile::new(self)
    }

    /// The highest rate of any spike; `None` where no spike asks for more than the rate.
    ///
    /// A spike below the rate is a dip: it asks nothing of the target.
    #[must_use]
    pub fn spike_peak(&self) -> Option<Rate> {
        let rates = self.spikes.iter().map(|spike| spike.rate.per_second());
        let highest = rates.fold(self.rate.per_second(), f64::max);
        (highest > self.rate.per_second()).then(|| Rate::new(highest)).flatten()
    }
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivalKind {
    /// Independent users: exponential gaps at the rate of the moment.
    #[default]
    Poisson,
    /// Even gaps at the rate of the moment.
    Constant,
    /// All at once, at the beginning.
    Burst,
}

/// An interval of another rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// The rate within it.
    pub rate: Rate,
    /// When it begins.
    pub start: RunOffset,
    /// How long it lasts.
    pub length: Duration,
}

/// What bounds a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Places: users in flight at most.
    pub in_flight_max: NonZeroU32,
    /// Funded and unused wallets at most.
    pub pool_max: NonZeroU32,
    /// Lanes that fund at once.
    pub funding_workers: NonZeroU32,
    /// Arrivals that may wait for a place; beyond it they are shed.
    pub backlog_max: u32,
    /// What happens to an arrival that finds no place.
    pub when_full: WhenFull,
    /// From a journey's start to its end at the latest.
    pub journey_timeout: Duration,
    /// How long the users in flight may take once the run is stopped.
    pub drain_timeout: Duration,
    /// How long a user waits for a funded wallet.
    pub funding_timeout: Duration,
    /// Who sends users' calls, and so whether users are funded at all.
    pub submit: SubmitMode,
    /// How wallets are paid.
    pub funding: StrategyWish,
    /// What funding and sweeping may use of each block's gas.
    pub funding_gas: Share,
    /// What the run may spend at most; none where the money is worth nothing.
    pub spend_max: Option<Wei>,
}

impl Limits {
    /// Arrivals that may wait for a place, unless said otherwise.
    pub const BACKLOG_DEFAULT: u32 = 10_000;
    /// A journey's deadline, unless said otherwise.
    pub const JOURNEY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(180);
    /// The funding timeout.
    pub const FUNDING_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
    /// What funding and sweeping may use of each block's gas, unless said otherwise, in percent.
    pub const FUNDING_GAS_PERCENT_DEFAULT: f64 = 25.0;
    /// Places, unless said otherwise.
    pub const IN_FLIGHT_DEFAULT: NonZeroU32 = NonZeroU32::new(50).unwrap();
    /// Size of the pool, unless said otherwise.
    pub const POOL_DEFAULT: NonZeroU32 = NonZeroU32::new(100).unwrap();
    /// Funding workers, unless said otherwise.
    pub const FUNDING_WORKERS_DEFAULT: NonZeroU32 = NonZeroU32::new(5).unwrap();
}

impl Limits {
    /// Transactions one lane keeps in a node's pool: its share of the pool of wallets, or of the users
    /// in flight whose calls it sends, within what geth's pool holds for one sender at all (64) and
    /// what it guarantees (16).
    #[must_use]
    pub fn lane_window(&self) -> u32 {
        let carried = if self.submit.funds_users() { self.pool_max } else { self.in_flight_max };
        carried.get().div_ceil(self.funding_workers.get()).clamp(16, 64)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight_max: Self::IN_FLIGHT_DEFAULT,
            pool_max: Self::POOL_DEFAULT,
            funding_workers: Self::FUNDING_WORKERS_DEFAULT,
            backlog_max: Self::BACKLOG_DEFAULT,
            when_full: WhenFull::Queue,
            journey_timeout: Self::JOURNEY_TIMEOUT_DEFAULT,
            drain_timeout: Self::JOURNEY_TIMEOUT_DEFAULT,
            funding_timeout: Self::FUNDING_TIMEOUT_DEFAULT,
            submit: SubmitMode::Own,
            funding: StrategyWish::Auto,
            funding_gas: Share::from_percent(Self::FUNDING_GAS_PERCENT_DEFAULT)
                .expect("the default is a share"),
            spend_max: None,
        }
    }
}

/// What happens to an arrival that finds no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// It waits in the backlog, its `due` untouched.
    #[default]
    Queue,
    /// It is shed at once.
    Shed,
}
