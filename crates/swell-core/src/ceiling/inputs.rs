//! What the check's arithmetic starts from.

use crate::arrival::ArrivalEnd;
use crate::plan::{ArrivalKind, Limits, LoadPlan};
use crate::submit::SubmitMode;
use crate::units::{Gas, Share, Wei, WeiPerGas};

/// What the check's arithmetic starts from. `None` is unknown, and leaves its rows out.
#[derive(Clone, Debug, PartialEq)]
pub struct CeilingInputs {
    /// Arrivals per second between the ramps; zero for a burst.
    pub rate_per_s: f64,
    /// Arrivals per second at their highest.
    pub rate_peak_per_s: f64,
    /// How long they are at their highest, seconds; zero without a spike.
    pub spike_s: f64,
    /// Whether all users come at once.
    pub burst: bool,
    /// Arrivals stop at this many.
    pub users: u64,
    /// Arrivals stop here, seconds.
    pub duration_s: f64,
    /// Expected number of arrivals.
    pub planned: f64,
    /// Which of the two bounds ends the arrivals.
    pub end: ArrivalEnd,
    /// When arrivals are expected to end, seconds since the load began.
    pub load_end_s: f64,
    /// How long the load neither rises nor falls, seconds.
    pub level_s: f64,
    /// Arrivals expected until `duration`, if `users` did not stop them.
    pub due_by_duration: f64,
    /// Who sends users' calls.
    pub submit: SubmitMode,
    /// What the relayer has, and what one user's call costs it; where it sends users' calls.
    pub purse: Option<Purse>,
    /// Users in flight at most.
    pub places: u32,
    /// Funded and unused wallets at most.
    pub pool: u32,
    /// Lanes that fund at once.
    pub funding_workers: u32,
    /// How long one journey is expected to take, seconds.
    pub journey_s: Option<f64>,
    /// Where that comes from, such as "the profile `fast`".
    pub journey_source: String,
    /// Where the chain's numbers come from, such as "the latest block".
    pub chain_source: String,
    /// Where the limits of server and storage come from, such as "the target file".
    pub server_source: String,
    /// Seconds between blocks.
    pub block_s: Option<f64>,
    /// Gas a block may hold.
    pub block_gas: Option<Gas>,
    /// The share of it that EIP-1559 sustains.
    pub gas_target_share: f64,
    /// Gas of one journey's transactions.
    pub gas_per_journey: Option<Gas>,
    /// Gas to fund and to sweep one wallet; none where nobody is funded.
    pub gas_per_wallet: Gas,
    /// Characters of a stored object's URL, which are paid for in gas.
    pub url_chars: Option<u64>,
    /// The base fee now.
    pub base_fee: Option<WeiPerGas>,
    /// The highest fee the run pays.
    pub fee_cap: Option<WeiPerGas>,
    /// From demand to a usable wallet, seconds; two blocks if it is not known.
    pub funding_latency_s: Option<f64>,
    /// Payments one lane keeps in flight.
    pub lane_window: Option<u32>,
    /// Wallets that one payment funds.
    pub wallets_per_payment: u64,
    /// The share of a block's gas that funding and sweeping may use.
    pub funding_gas: Share,
    /// Operations the server takes from one address an hour.
    pub operations_per_hour: Option<u64>,
    /// Identity requests the server takes from one address a minute.
    pub identities_per_minute: Option<u64>,
    /// Objects the storage takes a second; a user writes two, the file and the grant.
    pub uploads_per_s: Option<f64>,
    /// The grantee, where its permissions are read with `grantees()`, whose cost grows with each.
    pub grantee: Option<Grantee>,
}

/// What pays for the calls that the relayer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// What the relayer has.
    pub balance: Wei,
    /// What one user's call is expected to cost.
    pub per_user: Wei,
}

/// A grantee whose permissions are read all at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grantee {
    /// Permissions it has already.
    pub permissions: u64,
    /// Gas that the node allows a call.
    pub call_gas_cap: Gas,
}

impl CeilingInputs {
    /// What EIP-1559 sustains of a block: its elasticity of 2.
    pub const GAS_TARGET_SHARE: f64 = 0.5;

    /// What a plan tells; all that a target tells is unknown.
    #[must_use]
    pub fn new(load: &LoadPlan, limits: &Limits) -> Self {
        let profile = load.profile();
        let unbounded = LoadPlan { users: std::num::NonZeroU64::MAX, ..load.clone() };
        let burst = load.arrivals == ArrivalKind::Burst;
        let peak = profile.peak().per_second();
        let spikes = load.spikes.iter().filter(|spike| Some(spike.rate) == load.spike_peak());
        let level_end = profile.ramp_down_start().unwrap_or_else(|| profile.load_end());
        Self {
            rate_per_s: if burst { 0.0 } else { load.rate.per_second().min(peak) },
            rate_peak_per_s: peak,
            spike_s: spikes.map(|spike| spike.length.as_secs_f64()).fold(0.0, f64::max),
            burst,
            users: load.users.get(),
            duration_s: load.duration.as_secs_f64(),
            planned: profile.planned(),
            end: profile.end(),
            load_end_s: profile.load_end().as_secs_f64(),
            level_s: level_end.saturating_since(profile.ramp_up_end()).as_secs_f64(),
            due_by_duration: if burst { profile.planned() } else { unbounded.profile().planned() },
            submit: limits.submit,
            purse: None,
            places: limits.in_flight_max.get(),
            pool: limits.pool_max.get(),
            funding_workers: limits.funding_workers.get(),
            journey_s: None,
            journey_source: String::new(),
            chain_source: String::new(),
            server_source: String::new(),
            block_s: None,
            block_gas: None,
            gas_target_share: Self::GAS_TARGET_SHARE,
            gas_per_journey: None,
            gas_per_wallet: match limits.submit {
                SubmitMode::Own => Gas::TRANSFER + Gas::TRANSFER,
                SubmitMode::Relayed | SubmitMode::Endpoint => Gas(0),
            },
            url_chars: None,
            base_fee: None,
            fee_cap: None,
            funding_latency_s: None,
            wallets_per_payment: 1,
            funding_gas: limits.funding_gas,
            lane_window: Some(limits.lane_window()),
            operations_per_hour: None,
            identities_per_minute: None,
            uploads_per_s: None,
            grantee: None,
        }
    }
}
