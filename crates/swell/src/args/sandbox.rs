//! Arguments of `swell sandbox`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use swell_sandbox::RelayAnswers;
use swell_vana::server::ServerGeneration;

use super::word;
use crate::config::choice::{LogLevel, Profile};
use crate::config::duration;

/// Arguments of `swell sandbox`.
#[derive(Clone, Debug, Args)]
pub struct SandboxArgs {
    /// The port on 127.0.0.1 to serve on; 0 takes a free one
    #[arg(long, value_name = "N")]
    pub port: u16,
    /// The target that the sandbox plays: fast, moksha or staging
    #[arg(long, value_name = "PROFILE", default_value = "fast", value_parser = word::<Profile>)]
    pub profile: Profile,
    /// Where to write the target file that `swell run --target` reads
    #[arg(long, value_name = "FILE", default_value = "sandbox.toml")]
    pub target_file: PathBuf,
    /// The seed of drawn delays and faults
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// What is logged: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = word::<LogLevel>)]
    pub log: LogLevel,
    /// What differs from the profile.
    #[command(flatten)]
    pub knobs: SandboxKnobs,
}

/// What differs from the profile. `None` leaves it as the profile has it.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Unlike the profile")]
pub struct SandboxKnobs {
    /// Time between two blocks
    #[arg(long, value_name = "TIME", value_parser = positive_time)]
    pub block_time: Option<Duration>,
    /// Gas a block may use; half of it is what can be sustained
    #[arg(long, value_name = "GAS", value_parser = clap::value_parser!(u64).range(21_000..))]
    pub gas_limit: Option<u64>,
    /// The base fee to begin with, in wei per gas
    #[arg(long, value_name = "WEI")]
    pub base_fee: Option<u64>,
    /// Keeps the base fee where it begins
    #[arg(long, requires = "base_fee")]
    pub pin_base_fee: bool,
    /// How long every request to RPC, store and server waits before it is looked at
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub latency: Option<Duration>,
    /// Share of requests to RPC, store and server that are refused with status 503
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub error_rate: Option<f64>,
    /// How long an operation of the personal server takes: a time, or a range such as 2s..5s
    #[arg(long, value_name = "TIME", value_parser = range)]
    pub operation_time: Option<(Duration, Duration)>,
    /// Share of operations that end as failed
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub operation_failures: Option<f64>,
    /// Lifts the personal server's rate limits
    #[arg(long)]
    pub no_rate_limits: bool,
    /// The least length of a stored object's URL, in characters; it is paid for in gas
    #[arg(long, value_name = "CHARS")]
    pub url_chars: Option<usize>,
    /// Keeps everything for ever, instead of forgetting finished users after 256 blocks
    #[arg(long)]
    pub retain_all: bool,
    /// Reads the grantee as older servers do, whose cost grows with every permission
    #[arg(long)]
    pub legacy_grantees: bool,
    /// The personal server's version: sept (September 2025) or main (October 2025)
    #[arg(long, value_name = "VERSION", value_parser = word::<ServerGeneration>)]
    pub server_version: Option<ServerGeneration>,
    /// How the relay answers: signed, submitted, or pending and then confirmed
    #[arg(long, value_name = "KIND", value_parser = word::<RelayAnswers>)]
    pub relay_answers: Option<RelayAnswers>,
}

fn time(text: &str) -> Result<Duration, String> {
    duration::parse(text).ok_or_else(|| format!("expected {}", duration::EXPECTED))
}

fn positive_time(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    if time.is_zero() { Err("expected a time above 0".into()) } else { Ok(time) }
}

fn range(text: &str) -> Result<(Duration, Duration), String> {
    let (least, most) = match text.split_once("..") {
        Some((least, most)) => (time(least)?, time(most)?),
        None => (time(text)?, time(text)?),
    };
    if least > most {
        return Err("expected a range that begins with the shorter time".into());
    }
    Ok((least, most))
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "expected a percentage from 0 to 100".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_times_in_order() {
        let seconds = Duration::from_secs;
        assert_eq!(range("2s..5s"), Ok((seconds(2), seconds(5))));
        assert_eq!(range("2s"), Ok((seconds(2), seconds(2))));
        assert!(range("5s..2s").is_err());
        assert!(range("..2s").is_err());
    }

    #[test]
    fn percentages_end_at_100() {
        assert_eq!(percent("2.5"), Ok(2.5));
        assert_eq!(percent("100%"), Ok(100.0));
        for text in ["-1", "101", "NaN", "many"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_block_takes_time() {
        assert!(positive_time("0s").is_err());
        assert!(positive_time("1s").is_ok());
    }
}
