//! Every metric there is.

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, with its unit; that of a counter ends in `_total`.
    pub name: &'static str,
    /// What it does over time.
    pub kind: Kind,
    /// What is counted or measured.
    pub unit: Unit,
    /// The names of its labels, in order.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

impl Metric {
    /// Its name without `_total`, as OpenMetrics names families.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.name.strip_suffix("_total").unwrap_or(self.name)
    }
}

/// What a metric does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// A whole distribution, which only grows.
    Histogram,
}

impl Kind {
    /// The word that Prometheus uses.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What is counted or measured. Base units only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things, or a yes as 1 and a no as 0.
    One,
    /// Seconds.
    Seconds,
    /// Octets.
    Bytes,
    /// Wei. A float tells 16 digits of it.
    Wei,
    /// A share; 1 is all.
    Ratio,
}

impl Unit {
    /// The last word of a name; `None` where there is none.
    #[must_use]
    pub const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::One => None,
            Self::Seconds => Some("seconds"),
            Self::Bytes => Some("bytes"),
            Self::Wei => Some("wei"),
            Self::Ratio => Some("ratio"),
        }
    }

    /// The unit as OpenTelemetry writes it (UCUM).
    #[must_use]
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::One | Self::Ratio => "1",
            Self::Seconds => "s",
            Self::Bytes => "By",
            Self::Wei => "{wei}",
        }
    }
}

/// A label, and what keeps its values few.
#[derive(Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Which values it has.
    pub values: &'static str,
}

/// Every label, and what keeps its values few.
pub const LABELS: &[Label] = &[
    label("run_id", "one: a process makes one run"),
    label("journey", "one"),
    label("target", "one"),
    label("version", "one"),
    label("phase", "the 7 phases"),
    label("reason", "the 2 reasons for which an arrival is shed"),
    label("outcome", "`succeeded` and `failed`"),
    label("class", "the 26 classes of failures"),
    label("step", "the journey's steps, 10 at most"),
    label("state", "the 5 states of a wallet, or of an endpoint"),
    label("endpoint", "the endpoints of the target file"),
    label("percentile", "`50`, `95` and `99`"),
    label("expr", "the thresholds, which are fixed when the run begins"),
    label("unit", "that of the threshold"),
    label("view", "the views that lost something, 6 at most"),
    label("what", "what that view is made of"),
];

const fn label(name: &'static str, values: &'static str) -> Label {
    Label { name, values }
}

macro_rules! catalogue {
    ($($id:ident = $name:literal, $kind:ident, $unit:ident, [$($label:literal),*], $help:literal;)*) => {
        $(pub(super) static $id: Metric = Metric {
            name: $name,
            kind: Kind::$kind,
            unit: Unit::$unit,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// Every metric there is, in the order in which they are told.
        pub static CATALOGUE: &[&Metric] = &[$(&$id),*];
    };
}

catalogue! {
    RUN_INFO = "swell_run_info", Gauge, One, ["run_id", "journey", "target", "version"],
        "What the run is; always 1.";
    ELAPSED = "swell_run_elapsed_seconds", Gauge, Seconds, [],
        "Time since the run began.";
    PHASE = "swell_phase", Gauge, One, ["phase"],
        "1 for the phase that the run is in, 0 for the others.";
    PAUSED = "swell_paused", Gauge, One, [],
        "1 while somebody has paused arrivals.";
    RATE = "swell_rate_ratio", Gauge, Ratio, [],
        "At which share of the planned rate users arrive.";
    PLANNED = "swell_arrivals_planned", Gauge, One, [],
        "Expected number of arrivals.";
    DUE = "swell_arrivals_due_total", Counter, One, [],
        "Arrivals whose time came.";
    STARTED = "swell_arrivals_started_total", Counter, One, [],
        "Arrivals that got a place.";
    SHED = "swell_arrivals_shed_total", Counter, One, ["reason"],
        "Arrivals that were refused a place.";
    ABANDONED = "swell_arrivals_abandoned_total", Counter, One, [],
        "Arrivals that never started because the run was stopped.";
    WAITED = "swell_arrivals_waited_total", Counter, One, [],
        "Arrivals that waited for a place before they started.";
    PLACES = "swell_places", Gauge, One, [],
        "Users that may be in flight.";
    IN_FLIGHT = "swell_users_in_flight", Gauge, One, [],
        "Users in flight.";
    BACKLOG = "swell_users_backlog", Gauge, One, [],
        "Users that are due and wait for a place.";
    JOURNEYS = "swell_journeys_total", Counter, One, ["outcome"],
        "Journeys that ended.";
    FAILURES = "swell_journey_failures_total", Counter, One, ["class"],
        "Journeys that failed, by class of failure.";
    JOURNEY_RESPONSE = "swell_journey_response_seconds", Histogram, Seconds, ["outcome"],
        "From when a user was due to the end of its journey.";
    JOURNEY_SERVICE = "swell_journey_service_seconds", Histogram, Seconds, ["outcome"],
        "From when a user got its place to the end of its journey.";
    STEP_USERS = "swell_step_users", Gauge, One, ["step"],
        "Users in a step.";
    STEP_RESPONSE = "swell_step_response_seconds", Histogram, Seconds, ["step", "outcome"],
        "From when a step was due to its end.";
    STEP_SERVICE = "swell_step_service_seconds", Histogram, Seconds, ["step", "outcome"],
        "From when a step was sent to its end.";
    WALLETS = "swell_wallets", Gauge, One, ["state"],
        "Wallets by state.";
    FUNDED = "swell_wallets_funded_total", Counter, One, [],
        "Wallets that became usable.";
    FUNDING_FAILED = "swell_wallets_funding_failed_total", Counter, One, [],
        "Wallets that could not be funded.";
    FUNDING_LATENCY = "swell_funding_latency_seconds", Histogram, Seconds, [],
        "From the demand for a wallet until it is usable.";
    SPENT = "swell_spent_wei", Gauge, Wei, [],
        "Fees so far, and what journeys paid on purpose.";
    RELAYER_NEEDS = "swell_relayer_needs_wei", Gauge, Wei, [],
        "What the relayer needs at least for funding to go on; 0 while it has enough.";
    ENDPOINT_REQUESTS = "swell_endpoint_requests_total", Counter, One, ["endpoint"],
        "Requests that were sent, each repetition counted.";
    ENDPOINT_ERRORS = "swell_endpoint_errors_total", Counter, One, ["endpoint"],
        "Requests without an answer, and answers that were errors, rate limits apart.";
    ENDPOINT_RETRIES = "swell_endpoint_retries_total", Counter, One, ["endpoint"],
        "Requests that were repetitions.";
    ENDPOINT_LIMITED = "swell_endpoint_rate_limited_total", Counter, One, ["endpoint"],
        "Answers that asked for fewer requests.";
    ENDPOINT_LATENCY = "swell_endpoint_latency_seconds", Gauge, Seconds, ["endpoint", "percentile"],
        "From request to answer or error, over the whole run.";
    ENDPOINT_STATE = "swell_endpoint_state", Gauge, One, ["endpoint", "state"],
        "1 for the state that an endpoint is in, 0 for the others.";
    ENDPOINT_LAG = "swell_endpoint_head_lag_blocks", Gauge, One, ["endpoint"],
        "The most blocks that an endpoint was behind the newest one known.";
    BLOCK = "swell_block_number", Gauge, One, [],
        "The latest block known.";
    BASE_FEE = "swell_base_fee_wei", Gauge, Wei, [],
        "Base fee of the latest block, for one unit of gas.";
    SCHEDULE_LAG = "swell_schedule_lag_seconds", Histogram, Seconds, [],
        "From when an arrival was due until Swell noticed: its own lateness.";
    RSS = "swell_process_resident_memory_bytes", Gauge, Bytes, [],
        "Resident set of the load side.";
    CPU = "swell_process_cpu_seconds_total", Counter, Seconds, [],
        "CPU time of the load side since the run began.";
    THRESHOLD_OK = "swell_threshold_ok", Gauge, One, ["expr"],
        "1 while a threshold is met, 0 while it is not.";
    THRESHOLD_VALUE = "swell_threshold_value", Gauge, One, ["expr", "unit"],
        "What a threshold measured, in the unit of its label; absent before there is something.";
    THRESHOLD_LIMIT = "swell_threshold_limit", Gauge, One, ["expr", "unit"],
        "What a threshold asks for, in the unit of its label.";
    LOST = "swell_view_losses_total", Counter, One, ["view", "what"],
        "What pages, metrics, traces and files could not deliver.";
}
