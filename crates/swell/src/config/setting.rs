//! Every setting there is: one row each, from which options, variables, keys and help come.

mod spec;

use spec::row;
pub use spec::{Group, Kind, SettingSpec};

/// Where `--web` listens unless it is told.
const WEB_DEFAULT: &str = "127.0.0.1:4680";
/// Where `--metrics` listens unless it is told.
const METRICS_DEFAULT: &str = "127.0.0.1:4681";

/// The setting called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static SettingSpec> {
    SETTINGS.iter().find(|spec| spec.name == name)
}

/// The setting whose name looks most like `name`, if one does.
#[must_use]
pub fn similar(name: &str) -> Option<&'static SettingSpec> {
    let likeness = |spec: &SettingSpec| strsim::jaro_winkler(name, spec.name);
    SETTINGS
        .iter()
        .filter(|spec| likeness(spec) > LIKENESS_MIN)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// Below this, a suggestion puzzles more than it helps.
const LIKENESS_MIN: f64 = 0.75;

/// Every setting, in the order that help, run files and `--print-config` list them.
pub const SETTINGS: &[SettingSpec] = &[
    row(
        "preset",
        Kind::Text,
        Group::Load,
        "small|medium|full",
        "Sets users, rate and duration: 100 users at 1/s for 5 min, 500 at 2/s for 10, \
         or 1000 at 3/s for 15",
        "none",
    )
    .derived()
    .example("\"medium\""),
    row("users", Kind::Whole, Group::Load, "N", "Users that arrive in all", "1000"),
    row(
        "rate",
        Kind::Number,
        Group::Load,
        "USERS/S",
        "Users that arrive per second between the ramps",
        "3.0",
    ),
    row(
        "duration",
        Kind::Time,
        Group::Load,
        "TIME",
        "Arrivals end after so long, ramps included",
        "10m",
    )
    .example("\"10m\""),
    row(
        "arrivals",
        Kind::Text,
        Group::Load,
        "poisson|constant|burst",
        "Spaces arrivals like independent users, evenly, or not at all",
        "poisson",
    )
    .example("\"poisson\""),
    row("ramp-up", Kind::Time, Group::Load, "TIME", "The rate rises from zero for so long", "0s")
        .example("\"1m\""),
    row(
        "ramp-down",
        Kind::Time,
        Group::Load,
        "TIME",
        "The rate falls to zero for so long, at the end",
        "0s",
    )
    .example("\"1m\""),
    row(
        "spike",
        Kind::List,
        Group::Load,
        "RATE@START+LENGTH",
        "Another rate for a while, such as 10@2m+30s; repeatable",
        "none",
    )
    .derived()
    .example("[\"10@2m+30s\"]"),
    row(
        "seed",
        Kind::Whole,
        Group::Load,
        "N",
        "Repeats the arrivals and the synthetic data of a run with the same seed",
        "drawn at random",
    )
    .derived()
    .example("42"),
    row("concurrency", Kind::Whole, Group::Limits, "PLACES", "Users in flight at most", "50"),
    row(
        "when-full",
        Kind::Text,
        Group::Limits,
        "queue|shed",
        "A user who finds no place waits in the backlog, or is refused",
        "queue",
    )
    .example("\"queue\""),
    row("backlog", Kind::Whole, Group::Limits, "USERS", "Users that may wait for a place", "10000"),
    row(
        "pool-size",
        Kind::Whole,
        Group::Limits,
        "WALLETS",
        "Wallets funded and unused at most",
        "100",
    ),
    row(
        "funding-workers",
        Kind::Whole,
        Group::Limits,
        "N",
        "Lanes that fund wallets side by side",
        "5",
    ),
    row(
        "funding",
        Kind::Text,
        Group::Limits,
        "auto|direct|batch",
        "Pays each wallet by its own transfer, many at once through Multicall3, or as \
         what binds allows",
        "auto",
    )
    .example("\"auto\""),
    row(
        "funding-gas",
        Kind::Text,
        Group::Limits,
        "PERCENT",
        "What funding and sweeping may use of each block's gas",
        "25%",
    )
    .example("\"25%\""),
    row(
        "journey-timeout",
        Kind::Time,
        Group::Limits,
        "TIME",
        "A user who takes longer has failed",
        "3m",
    )
    .example("\"3m\""),
    row(
        "drain-timeout",
        Kind::Time,
        Group::Limits,
        "TIME",
        "Users in flight may take so long once the run is stopped",
        "as --journey-timeout",
    )
    .derived()
    .example("\"3m\""),
    row(
        "max-spend",
        Kind::Text,
        Group::Money,
        "AMOUNT",
        "Stops new arrivals before more than this can be spent; in tokens, or as 25000wei",
        "no limit; must be given where money is real",
    )
    .derived()
    .example("\"2.5\""),
    row(
        "max-fee",
        Kind::Text,
        Group::Money,
        "GWEI",
        "Pays no more than this for a unit of gas, tip included",
        "four times the base fee, and the tip",
    )
    .derived()
    .example("\"50\""),
    row(
        "fee-premium",
        Kind::Number,
        Group::Money,
        "FACTOR",
        "Multiplies the tip, or the gas price where there is no base fee",
        "1.0",
    ),
    row(
        "yes-real-money",
        Kind::Flag,
        Group::Money,
        "",
        "Consents to spend money that is real, up to --max-spend",
        "false",
    )
    .in_words("off")
    .example("true"),
    row(
        "target",
        Kind::Text,
        Group::Target,
        "sandbox|moksha|vana|FILE",
        "The embedded sandbox, a network by name, or a target file",
        "sandbox",
    )
    .in_words("sandbox; moksha with --env-file")
    .example("\"target.toml\""),
    row(
        "env-file",
        Kind::Text,
        Group::Target,
        "PATH",
        "Reads the .env of an older load test, beneath run file and preset",
        "none",
    )
    .derived()
    .example("\".env\""),
    row(
        "profile",
        Kind::Text,
        Group::Target,
        "fast|moksha|staging",
        "The target that the sandbox plays",
        "fast",
    )
    .example("\"fast\""),
    row(
        "submit",
        Kind::Text,
        Group::Target,
        "self|relayed|endpoint",
        "Who sends what users sign: each user from its funded wallet, the relayer's lanes, or the \
         target's relay; with the last two nobody is funded",
        "self",
    )
    .example("\"relayed\""),
    row(
        "journey",
        Kind::Text,
        Group::Target,
        "data-portability|wallet",
        "What a user does: moves its data, or only gets a wallet, which shows what funding can do",
        "data-portability",
    )
    .example("\"data-portability\""),
    row(
        "hold",
        Kind::Time,
        Group::Target,
        "TIME",
        "A user of the journey wallet keeps its wallet for so long",
        "0s",
    )
    .example("\"30s\""),
    row(
        "s2k",
        Kind::Text,
        Group::Target,
        "faithful|fast",
        "Key stretching as costly as real users' browsers do it, or a cheap one",
        "faithful; fast with --virtual",
    )
    .derived()
    .example("\"faithful\""),
    row(
        "schema-id",
        Kind::Whole,
        Group::Target,
        "ID",
        "The schema on the chain that the users' data must satisfy; 0 means none",
        "0",
    ),
    row(
        "poll-interval",
        Kind::Time,
        Group::Target,
        "TIME",
        "A user asks for its result so often",
        "500ms on the profile fast, else what the target file expects, or 5s",
    )
    .derived()
    .example("\"5s\""),
    row(
        "virtual",
        Kind::Flag,
        Group::Target,
        "",
        "Runs in virtual time against the sandbox: hours in seconds",
        "false",
    )
    .in_words("off")
    .example("true"),
    row(
        "threshold",
        Kind::List,
        Group::Verdict,
        "EXPR",
        "A number that the run must meet, such as 'p95(response) < 45s', 'success >= \
         85%' or 'throughput >= 2.5/s abort after 60s'; repeatable",
        "none besides the default ones",
    )
    .derived()
    .example("[\"p95(step.poll) < 20s\", \"success >= 99%\"]"),
    row(
        "no-default-thresholds",
        Kind::Flag,
        Group::Verdict,
        "",
        "Judges by the given thresholds alone",
        "false",
    )
    .in_words("off")
    .example("true"),
    row("out", Kind::Text, Group::Output, "DIR", "The run's folder", "a new one in the run store")
        .derived()
        .example("\"runs/first\""),
    row(
        "ui",
        Kind::Text,
        Group::Output,
        "auto|tui|plain|json|off",
        "What is shown while the run goes on: a screen, lines, JSON, or nothing; auto is a screen on a \
         terminal of 80x24 or more, and lines elsewhere",
        "auto",
    )
    .example("\"plain\""),
    row(
        "log",
        Kind::Text,
        Group::Output,
        "off|error|warn|info|debug|trace",
        "What run.log holds",
        "info",
    )
    .example("\"debug\""),
    row("yes", Kind::Flag, Group::Output, "", "Answers yes to every question", "false")
        .in_words("off")
        .example("true"),
    row("junit", Kind::Text, Group::Output, "FILE", "Writes the thresholds as JUnit XML", "none")
        .derived()
        .example("\"swell.xml\""),
    row(
        "events",
        Kind::Text,
        Group::Output,
        "FILE",
        "Writes a JSON line for everything that happens, and begins a new file every 64 MiB",
        "none",
    )
    .derived()
    .example("\"events.jsonl\""),
    row(
        "web",
        Kind::Address(WEB_DEFAULT),
        Group::Views,
        "ADDRESS",
        "Serves the run as a page while it goes on; off loopback it wants a token",
        "none; --web alone is --web=127.0.0.1:4680",
    )
    .derived()
    .example("\"127.0.0.1:4680\""),
    row(
        "metrics",
        Kind::Address(METRICS_DEFAULT),
        Group::Views,
        "ADDRESS",
        "Serves /metrics for Prometheus while the run goes on",
        "none; --metrics alone is --metrics=127.0.0.1:4681",
    )
    .derived()
    .example("\"127.0.0.1:4681\""),
    row(
        "remote-write",
        Kind::Text,
        Group::Views,
        "URL",
        "Sends the metrics to a Prometheus that accepts remote write",
        "none",
    )
    .derived()
    .example("\"http://127.0.0.1:9090/api/v1/write\""),
    row(
        "otlp",
        Kind::Text,
        Group::Views,
        "URL",
        "Sends metrics and traces to an OpenTelemetry collector (OTLP over HTTP)",
        "none",
    )
    .derived()
    .example("\"http://127.0.0.1:4318\""),
    row(
        "traces",
        Kind::Text,
        Group::Views,
        "PERCENT",
        "Of so many users a trace is made, and sent along to the target",
        "1%",
    )
    .in_words("1% with --otlp, else none")
    .example("\"1%\""),
];
