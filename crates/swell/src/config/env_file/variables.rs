//! What each variable of the `.env` means here.

/// A variable and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub means: Means,
}

/// What a variable means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A setting's value, as it is.
    Setting(&'static str),
    /// The setting `journey-timeout`, in milliseconds.
    Milliseconds,
    /// How long the rate stays up between the ramps: the duration where none is given.
    Sustain,
    /// A part of the target.
    Part(Part),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// A part of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The RPC endpoints.
    Rpc,
    /// The key that pays.
    RelayerKey,
    /// The key that asks for operations.
    ApplicationKey,
    /// The personal server.
    Server,
    /// The grantee.
    Grantee,
    /// The contract that knows grantees.
    Grantees,
    /// The store.
    Storage,
    /// The relay that submits.
    Relay,
}

impl Part {
    /// What it is called in the check.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rpc => "RPC endpoints",
            Self::RelayerKey => "the relayer's key",
            Self::ApplicationKey => "the application's key",
            Self::Server => "the personal server",
            Self::Grantee => "the grantee's id",
            Self::Grantees => "the grantees contract",
            Self::Storage => "storage",
            Self::Relay => "the relay",
        }
    }
}

const fn known(name: &'static str, means: Means) -> Known {
    Known { name, means }
}

const DERIVED: &str = "users' wallets are derived from the relayer's key";
const LOGGING: &str = "--log says what run.log holds";

/// Every variable that the older load test knows. Of two that mean one thing, the first one counts.
///
/// # Source
/// The load test's own documentation of its environment.
pub static KNOWN: &[Known] = &[
    known("LOAD_TEST_TOTAL_USERS", Means::Setting("users")),
    known("LOAD_TEST_MAX_CONCURRENT", Means::Setting("concurrency")),
    known("LOAD_TEST_DURATION_MINUTES", Means::Setting("duration")),
    known("LOAD_TEST_RAMP_UP_MINUTES", Means::Setting("ramp-up")),
    known("LOAD_TEST_SUSTAIN_MINUTES", Means::Sustain),
    known("LOAD_TEST_RAMP_DOWN_MINUTES", Means::Setting("ramp-down")),
    known("LOAD_TEST_RPC_ENDPOINTS", Means::Part(Part::Rpc)),
    known("RPC_URL", Means::Part(Part::Rpc)),
    known(
        "LOAD_TEST_MAX_WALLETS",
        Means::Nothing("no wallets are made beforehand; --pool-size bounds those that wait"),
    ),
    known(
        "LOAD_TEST_WALLET_FUNDING_AMOUNT",
        Means::Nothing("what a wallet needs is computed from gas and fees"),
    ),
    known("LOAD_TEST_PREMIUM_GAS_MULTIPLIER", Means::Setting("fee-premium")),
    known("PREMIUM_GAS_MULTIPLIER", Means::Setting("fee-premium")),
    known("LOAD_TEST_MAX_GAS_PRICE", Means::Setting("max-fee")),
    known("MAX_GAS_PRICE", Means::Setting("max-fee")),
    known(
        "LOAD_TEST_GAS_LIMIT",
        Means::Nothing("the chain estimates the gas of a user, once a run"),
    ),
    known("TRANSACTION_TIMEOUT_MS", Means::Milliseconds),
    known("RELAYER_PRIVATE_KEY", Means::Part(Part::RelayerKey)),
    known("API_SERVER_PRIVATE_KEY", Means::Part(Part::ApplicationKey)),
    known("TEST_WALLET_PRIVATE_KEY", Means::Nothing(DERIVED)),
    known("FUNDING_WALLET_PRIVATE_KEY", Means::Nothing("the relayer pays for everything")),
    known("NEXT_PUBLIC_PERSONAL_SERVER_BASE_URL", Means::Part(Part::Server)),
    known("NEXT_PUBLIC_DEFAULT_GRANTEE_ID", Means::Part(Part::Grantee)),
    known("NEXT_PUBLIC_DATA_WALLET_APP_ADDRESS", Means::Part(Part::Grantees)),
    known("NEXT_PUBLIC_VIBES_SCHEMA_ID", Means::Setting("schema-id")),
    known("GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON", Means::Part(Part::Storage)),
    known("GOOGLE_CLOUD_STORAGE_BUCKET", Means::Part(Part::Storage)),
    known("GOOGLE_CLOUD_FOLDER_PREFIX", Means::Part(Part::Storage)),
    known("PINATA_JWT", Means::Part(Part::Storage)),
    known("PINATA_GATEWAY", Means::Nothing("files are only uploaded; the server downloads them")),
    known("RELAY_ENDPOINT_URL", Means::Part(Part::Relay)),
    known("FORCE_REAL_SYSTEMS", Means::Nothing("nothing is ever replaced by a mock")),
    known("LOAD_TEST_ENABLE_DEBUG", Means::Nothing(LOGGING)),
    known("DEBUG", Means::Nothing(LOGGING)),
    known(
        "LOAD_TEST_METRICS_INTERVAL",
        Means::Nothing("live lines come every two seconds; the report has every second"),
    ),
    known(
        "LOAD_TEST_FAIL_FAST",
        Means::Nothing("a threshold such as 'success >= 50% abort after 60s' stops a run early"),
    ),
    known("STRESS_TEST_TIMEOUT", Means::Nothing("--duration and --drain-timeout end a run")),
];

/// The variable called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// What every variable of the load test itself begins with.
pub const PREFIX: &str = "LOAD_TEST_";

/// The known variable that looks most like `name`, if one does.
#[must_use]
pub fn similar(name: &str) -> Option<&'static str> {
    /// All begin alike, so that less likeness would be no reason.
    const LIKENESS_MIN: f64 = 0.75;
    let tail = |name: &'static str| name.strip_prefix(PREFIX);
    let wanted = name.strip_prefix(PREFIX)?;
    KNOWN
        .iter()
        .filter_map(|known| Some((known.name, strsim::jaro_winkler(wanted, tail(known.name)?))))
        .filter(|(_, likeness)| *likeness > LIKENESS_MIN)
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(name, _)| name)
}
