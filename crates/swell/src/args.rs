//! Arguments: commands and options. Settings come from [`SETTINGS`], as text; the configuration
//! reads them, so that one message tells of every bad one, whichever layer it is in.

mod sandbox;

pub use sandbox::{SandboxArgs, SandboxKnobs};

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{
    Arg, ArgAction, ArgMatches, Args, Command as ClapCommand, FromArgMatches, Parser, Subcommand,
};

use crate::config::Layer;
use crate::config::choice::{Choice, LogLevel};
use crate::config::raw::option_layer;
use crate::config::setting::{Kind, SETTINGS, SettingSpec};
use crate::config::value::{Refusal, Value};
use crate::config::view::ListenAddress;

/// Streams users who hold wallets at a system, and tells what the system did.
#[derive(Debug, Parser)]
#[command(name = "swell", version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Begin with `swell run --users 200 --rate 10`: it needs nothing but itself.

Exit codes: 0 passed; 1 a threshold failed, or the verdict is inconclusive; 2 wrong usage;
3 the check before the run failed; 4 stopped by the user or by a limit.";

const SETTINGS_HELP: &str = "\
TIME is 500ms, 90s, 15m, 1m30s or 1h; a bare number is minutes.

Each setting can also be a variable (--pool-size is SWELL_POOL_SIZE) or a line of the run file
(pool-size = 100). Options beat variables beat the file beats the preset beats the file that
--env-file names beats the defaults.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a load test and give a verdict
    Run(RunArgs),
    /// Check a target and a plan, sending no transaction: ceilings, and costs per user and per run
    Check(CheckArgs),
    /// Write a commented run file and target file to begin with
    Init(InitArgs),
    /// Serve the sandbox on a port, for another process to put under load
    Sandbox(SandboxArgs),
    /// Return what an earlier run left in wallets to its relayer
    Sweep(SweepArgs),
    /// Delete what an earlier run uploaded
    Cleanup(CleanupArgs),
    /// List the runs of the run store, newest first, and what they still hold
    Runs(RunsArgs),
    /// Show a run that has ended as a page in the browser
    View(ViewArgs),
}

/// Arguments of `swell run`.
#[derive(Debug, Args)]
#[command(after_help = SETTINGS_HELP)]
pub struct RunArgs {
    /// A run file: settings as `name = value`, such as `swell init` writes
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The settings given as options.
    #[command(flatten)]
    pub settings: SettingArgs,
    /// Prints every setting and where it came from, as a run file, then ends
    #[arg(long, help_heading = "Output")]
    pub print_config: bool,
    /// Goes on with a run that crashed or was stopped: its plan, its seed, the users it had not begun
    #[arg(long, value_name = "RUN_ID", conflicts_with_all = ["file", "print_config"])]
    pub resume: Option<String>,
}

/// Arguments of `swell check`.
#[derive(Debug, Args)]
#[command(after_help = SETTINGS_HELP)]
pub struct CheckArgs {
    /// A run file: settings as `name = value`, such as `swell init` writes
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The settings given as options.
    #[command(flatten)]
    pub settings: SettingArgs,
    /// Prints JSON
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// Arguments of `swell init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write swell.toml and target.toml
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Replaces files that exist
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `swell sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// The run's id, as its first line and its report say
    #[arg(value_name = "RUN_ID", required_unless_present = "all")]
    pub run_id: Option<String>,
    /// Sweeps every run of the run store that may still hold something
    #[arg(long, conflicts_with_all = ["run_id", "target", "up_to"])]
    pub all: bool,
    /// Finds what is held and what a sweep would return after fees, and sends nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Looks at wallets and lanes 0 to N-1, instead of searching until 10,000 in a row are untouched,
    /// or beyond what the ledger says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=INDEX_END))]
    pub up_to: Option<u64>,
    /// The target of that run, a file or a network's name; needed when its folder is gone
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// What is logged: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = word::<LogLevel>)]
    pub log: LogLevel,
    /// Answers yes to every question
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `swell cleanup`.
#[derive(Debug, Args)]
pub struct CleanupArgs {
    /// The run's id, as its first line and its report say
    #[arg(value_name = "RUN_ID")]
    pub run_id: String,
    /// Counts what would be deleted, and sends nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The target file of that run; needed when it has moved
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
}

/// No run has more wallets or lanes.
const INDEX_END: u64 = 1 << 31;

/// Arguments of `swell runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Asks the chain what runs hold, where their targets can be reached
    #[arg(long)]
    pub ask: bool,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `swell view`.
#[derive(Debug, Args)]
pub struct ViewArgs {
    /// The run's id, or its folder
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Where the page is served; off loopback it wants a token [default: 127.0.0.1:4680, or a free
    /// port]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub web: Option<ListenAddress>,
    /// Writes the page to a file instead
    #[arg(long, value_name = "FILE", conflicts_with = "web")]
    pub html: Option<PathBuf>,
}

fn address(text: &str) -> Result<ListenAddress, String> {
    ListenAddress::read(text).map_err(|refusal| match refusal {
        Refusal::Expected(words) => format!("expected {words}"),
        Refusal::Sentence(words) => words,
    })
}

fn word<T: Choice>(text: &str) -> Result<T, String> {
    T::read(text).map_err(|words| format!("expected {words}"))
}

/// The settings given as options: raw text by name.
#[derive(Clone, Debug, Default)]
pub struct SettingArgs(BTreeMap<&'static str, Vec<String>>);

impl SettingArgs {
    /// The strongest layer of the configuration.
    #[must_use]
    pub fn layer(&self) -> Layer {
        option_layer(&self.0)
    }
}

impl FromArgMatches for SettingArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for spec in SETTINGS {
            let values = matches
                .try_get_many::<String>(spec.name)
                .map_err(|error| clap::Error::raw(ErrorKind::UnknownArgument, error))?;
            if let Some(values) = values {
                self.0.insert(spec.name, values.cloned().collect());
            }
        }
        Ok(())
    }
}

impl Args for SettingArgs {
    fn augment_args(command: ClapCommand) -> ClapCommand {
        SETTINGS.iter().fold(command, |command, spec| command.arg(arg(spec)))
    }

    fn augment_args_for_update(command: ClapCommand) -> ClapCommand {
        Self::augment_args(command)
    }
}

fn arg(spec: &SettingSpec) -> Arg {
    let arg = Arg::new(spec.name)
        .long(spec.name)
        .help(format!("{} [default: {}]", spec.help, spec.default_words))
        .help_heading(spec.group.heading());
    match spec.kind {
        // `--virtual=false` takes back what a file or a variable says.
        Kind::Flag => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .overrides_with(spec.name),
        Kind::Address(alone) => arg
            .value_name(spec.value_name)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value(alone)
            .overrides_with(spec.name),
        Kind::List => arg.action(ArgAction::Append).value_name(spec.value_name),
        // The last one of several counts: a command line can be appended to.
        _ => arg
            .action(ArgAction::Set)
            .value_name(spec.value_name)
            .overrides_with(spec.name)
            .allow_hyphen_values(matches!(spec.kind, Kind::Whole | Kind::Number | Kind::Time))
            .allow_negative_numbers(true),
    }
}

#[cfg(test)]
mod tests;
