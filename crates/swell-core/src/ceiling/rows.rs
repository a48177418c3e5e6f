//! The rows of the check.

use super::inputs::{CeilingInputs, Purse};
use crate::arrival::ArrivalEnd;
use crate::report::Ceiling;
use crate::stats::LoadWindow;
use crate::submit::SubmitMode;

/// Names of the rows, as reports use them.
pub mod what {
    /// Users or duration: what ends the arrivals.
    pub const END_OF_ARRIVALS: &str = "end of arrivals";
    /// Users in flight.
    pub const PLACES: &str = "places";
    /// Users in flight in the highest spike.
    pub const PLACES_IN_SPIKE: &str = "places in the spike";
    /// Funded and unused wallets.
    pub const POOL: &str = "pool";
    /// Wallets the lanes can fund.
    pub const FUNDING: &str = "funding lanes";
    /// Calls the lanes can send.
    pub const RELAYING: &str = "relaying lanes";
    /// Users whose calls the relayer can pay for.
    pub const RELAYER: &str = "relayer's balance";
    /// Gas that funding and sweeping may use.
    pub const FUNDING_GAS: &str = "funding gas";
    /// Gas of full blocks.
    pub const BLOCK_GAS_BURST: &str = "block gas, burst";
    /// Gas of blocks at the EIP-1559 target.
    pub const BLOCK_GAS_SUSTAINED: &str = "block gas, sustained";
    /// Operations the server takes.
    pub const OPERATIONS: &str = "server operations";
    /// Identity requests the server takes.
    pub const IDENTITIES: &str = "server identities";
    /// Objects the storage takes.
    pub const STORAGE: &str = "storage";
    /// Permissions that `grantees()` can still return.
    pub const GRANTEES: &str = "grantees() call";
}

/// Gas that one permission adds to a call of `grantees()`: one storage slot read cold, and its return.
const GRANTEES_GAS_PER_PERMISSION: u64 = 2_300;

/// Objects one user stores: the file and the grant.
const UPLOADS_PER_USER: f64 = 2.0;

/// Every ceiling that is known before the run.
#[must_use]
pub fn ceilings(inputs: &CeilingInputs) -> Vec<Ceiling> {
    let rows = [
        Some(end_of_arrivals(inputs)),
        places(inputs),
        places_in_spike(inputs),
        pool(inputs),
        funding_lanes(inputs),
        funding_gas(inputs),
        relaying_lanes(inputs),
        relayers_balance(inputs),
        block_gas_burst(inputs),
        block_gas_sustained(inputs),
        operations(inputs),
        identities(inputs),
        storage(inputs),
        grantees(inputs),
    ];
    rows.into_iter().flatten().collect()
}

/// Places so that hardly anyone waits: the mean that Little's law gives, and three standard deviations
/// (users in flight are Poisson distributed while nobody waits).
#[must_use]
pub fn places_for(rate_per_s: f64, journey_s: f64) -> u64 {
    let mean = rate_per_s * journey_s;
    up(mean + 3.0 * mean.sqrt()).max(1)
}

fn row(
    what: &str,
    (allows, asked, unit): (f64, f64, &str),
    because: String,
    advice: impl FnOnce() -> String,
) -> Ceiling {
    let fits = asked <= allows * (1.0 + 1e-9);
    let (what, unit, advice) = (what.to_owned(), unit.to_owned(), (!fits).then(advice));
    Ceiling { what, allows, asked, unit, fits, because, advice }
}

fn end_of_arrivals(i: &CeilingInputs) -> Ceiling {
    let mut because = match i.end {
        _ if i.burst => format!("all {} users are due at once", i.users),
        ArrivalEnd::Users => format!(
            "--users ends the arrivals: {} users are expected to be due after {:.0} s of the {:.0} s \
             of --duration",
            i.users, i.load_end_s, i.duration_s
        ),
        ArrivalEnd::Duration => format!(
            "--duration ends the arrivals: within {:.0} s {:.0} users are expected to be due",
            i.duration_s, i.planned
        ),
    };
    because.push_str(&sustained_window(i).unwrap_or_default());
    row(what::END_OF_ARRIVALS, (i.due_by_duration, i.users as f64, "users"), because, || {
        match i.rate_per_s {
            rate if rate > 0.0 => {
                let missing = (i.users as f64 - i.planned) / rate;
                format!("--duration {}s, for all users to arrive", up(i.duration_s + missing))
            }
            _ => "a --rate above zero".to_owned(),
        }
    })
}

/// How long throughput can be measured at a level rate, as the end of a sentence.
fn sustained_window(i: &CeilingInputs) -> Option<String> {
    let window_s = i.level_s - i.journey_s?;
    let full_s = LoadWindow::FULL.as_secs_f64();
    (window_s > 0.0).then(|| {
        let missing_s = full_s - window_s;
        let more = match i.end {
            ArrivalEnd::Users if missing_s > 0.0 => {
                let users = i.users as f64 + missing_s * i.rate_per_s;
                let duration_s = (i.load_end_s + missing_s).max(i.duration_s);
                format!(
                    "; 10 minutes would take --users {users:.0} and --duration {duration_s:.0}s or more"
                )
            }
            _ => String::new(),
        };
        format!("; sustained throughput is measured over about {window_s:.0} s{more}")
    })
}

fn places(i: &CeilingInputs) -> Option<Ceiling> {
    let journey_s = i.journey_s?;
    let source = &i.journey_source;
    let (allows, unit) = (f64::from(i.places), "places");
    if i.burst {
        let because = format!("all {} users are due at once, and the rest wait", i.users);
        let advice = || format!("--concurrency {}", i.users);
        return Some(row(what::PLACES, (allows, i.users as f64, unit), because, advice));
    }
    let asked = clean(i.rate_per_s * journey_s);
    let because = format!(
        "Little's law: {}/s × {} s a journey ({source}) = {} places on average",
        shown(i.rate_per_s),
        shown(journey_s),
        up(asked)
    );
    Some(row(what::PLACES, (allows, asked, unit), because, || {
        format!(
            "--concurrency {} ({} on average and 3 standard deviations), or --rate {}",
            places_for(i.rate_per_s, journey_s),
            up(asked),
            down(allows / journey_s)
        )
    }))
}

fn places_in_spike(i: &CeilingInputs) -> Option<Ceiling> {
    let journey_s = i.journey_s?;
    let more_per_s = i.rate_peak_per_s - i.rate_per_s;
    if i.burst || i.spike_s <= 0.0 || more_per_s <= 0.0 {
        return None;
    }
    let overlap_s = i.spike_s.min(journey_s);
    let asked = clean(i.rate_per_s * journey_s + more_per_s * overlap_s);
    let because = format!(
        "{}/s × {} s a journey ({}), and {}/s more for {} s = {} places",
        shown(i.rate_per_s),
        shown(journey_s),
        i.journey_source,
        shown(more_per_s),
        shown(overlap_s),
        up(asked)
    );
    Some(row(what::PLACES_IN_SPIKE, (f64::from(i.places), asked, "places"), because, || {
        format!("--concurrency {}, or users of the spike wait", up(asked + 3.0 * asked.sqrt()))
    }))
}

fn funding_gas(i: &CeilingInputs) -> Option<Ceiling> {
    if !i.submit.funds_users() {
        return None;
    }
    let (block_gas, block_s, asked) = (i.block_gas?, i.block_s?, carried_per_s(i)?);
    let share = i.funding_gas;
    let allows = share.of(block_gas).0 as f64 / block_s / i.gas_per_wallet.0.max(1) as f64;
    let because = format!(
        "{} % of {:.1}M gas a block ÷ {} s ÷ {} gas to fund and sweep a wallet = {allows:.1} \
         wallets/s",
        shown(share.percent()),
        block_gas.0 as f64 / 1e6,
        shown(block_s),
        i.gas_per_wallet.0
    );
    Some(row(what::FUNDING_GAS, (allows, asked, "wallets/s"), because, || {
        let needed = up(share.percent() * asked / allows.max(f64::MIN_POSITIVE)).min(100);
        format!("--funding-gas {needed}%, or --rate {}", down(allows))
    }))
}

/// Arrivals per second that wallets, gas and servers have to carry.
fn carried_per_s(i: &CeilingInputs) -> Option<f64> {
    if !i.burst {
        return Some(i.rate_per_s);
    }
    // A burst is worked off as fast as places come free.
    let journey_s = i.journey_s.filter(|seconds| *seconds > 0.0)?;
    Some(f64::from(i.places).min(i.users as f64) / journey_s)
}

fn funding_latency_s(i: &CeilingInputs) -> Option<(f64, &'static str)> {
    match i.funding_latency_s {
        Some(latency_s) => Some((latency_s, "measured")),
        None => i.block_s.map(|block_s| (2.0 * block_s, "taken as two blocks")),
    }
}

fn pool(i: &CeilingInputs) -> Option<Ceiling> {
    if !i.submit.funds_users() {
        return None;
    }
    let (latency_s, source) = funding_latency_s(i)?;
    let (block_s, rate) = (i.block_s?, carried_per_s(i)?);
    let mean = rate * (latency_s + block_s);
    let asked = clean(mean + 3.0 * mean.sqrt()).min(i.users as f64);
    let because = format!(
        "{rate:.2}/s × ({} s to fund a wallet, {source}, + one block of {} s) + 3 standard deviations = \
         {} wallets, of {} users",
        shown(latency_s),
        shown(block_s),
        up(asked),
        i.users
    );
    Some(row(what::POOL, (f64::from(i.pool), asked, "wallets"), because, || {
        format!("--pool-size {}", up(asked))
    }))
}

fn funding_lanes(i: &CeilingInputs) -> Option<Ceiling> {
    if !i.submit.funds_users() {
        return None;
    }
    let (latency_s, source) = funding_latency_s(i)?;
    let (window, asked) = (i.lane_window?, carried_per_s(i)?);
    if latency_s <= 0.0 {
        return None;
    }
    let per_lane = f64::from(window) * i.wallets_per_payment as f64 / latency_s;
    let allows = f64::from(i.funding_workers) * per_lane;
    let batch = match i.wallets_per_payment {
        1 => String::new(),
        wallets => format!(" of {wallets} wallets"),
    };
    let because = format!(
        "{} lanes × {window} payments{batch} in flight ÷ {} s each ({source}) = {allows:.1} wallets/s",
        i.funding_workers,
        shown(latency_s)
    );
    Some(row(what::FUNDING, (allows, asked, "wallets/s"), because, || {
        format!("--funding-workers {}", up(asked / per_lane))
    }))
}

/// Calls that the lanes can have in flight, where they send users' calls.
fn relaying_lanes(i: &CeilingInputs) -> Option<Ceiling> {
    if i.submit != SubmitMode::Relayed {
        return None;
    }
    let (window, block_s, asked) = (i.lane_window?, i.block_s?, carried_per_s(i)?);
    // In the next block at best, and the one after that when it is full.
    let seconds = 2.0 * block_s;
    if seconds <= 0.0 {
        return None;
    }
    let per_lane = f64::from(window) / seconds;
    let allows = f64::from(i.funding_workers) * per_lane;
    let because = format!(
        "{} lanes × {window} calls in flight ÷ {} s each (taken as two blocks) = {allows:.1} users/s",
        i.funding_workers,
        shown(seconds)
    );
    Some(row(what::RELAYING, (allows, asked, "users/s"), because, || {
        format!("--funding-workers {}", up(asked / per_lane))
    }))
}

/// Users whose calls the relayer can pay for, as fees stand.
fn relayers_balance(i: &CeilingInputs) -> Option<Ceiling> {
    let Purse { balance, per_user } = i.purse?;
    let each = per_user.as_tokens_f64();
    if each <= 0.0 {
        return None;
    }
    let allows = clean(balance.as_tokens_f64() / each).floor();
    let because = format!(
        "the relayer has {balance} wei ÷ {per_user} wei for one user's call, as fees stand = {allows} users"
    );
    Some(row(what::RELAYER, (allows, i.planned, "users"), because, || {
        let missing = per_user.times(up(i.planned)).saturating_sub(balance);
        format!("{missing} wei more for the relayer, or --users {allows}")
    }))
}

/// Gas of one user, with its wallet, and that in words.
fn gas_per_user(i: &CeilingInputs) -> Option<(f64, String)> {
    let (journey, wallet) = (i.gas_per_journey?, i.gas_per_wallet);
    let gas = (journey + wallet).0 as f64;
    let urls = i.url_chars.map(|chars| format!(" at URLs of {chars} characters"));
    let with_wallet = match wallet.0 {
        0 => String::new(),
        gas => format!(", wallet {:.2}M", gas as f64 / 1e6),
    };
    let words = format!(
        "{:.2}M gas a user (journey {:.2}M{}{with_wallet})",
        gas / 1e6,
        journey.0 as f64 / 1e6,
        urls.unwrap_or_default(),
    );
    Some((gas, words))
}

/// Users a second whose gas fits in `share` of each block.
fn gas_allows(i: &CeilingInputs, share: f64) -> Option<f64> {
    let (block_gas, block_s) = (i.block_gas?.0 as f64, i.block_s?);
    let (gas, _) = gas_per_user(i)?;
    (block_s > 0.0 && gas > 0.0).then(|| block_gas * share / block_s / gas)
}

fn block_gas_burst(i: &CeilingInputs) -> Option<Ceiling> {
    let allows = gas_allows(i, 1.0)?;
    let asked = if i.burst { carried_per_s(i)? } else { i.rate_peak_per_s };
    let because = format!(
        "{:.1}M gas a block ÷ {} s ({}) ÷ {} = {allows:.1} users/s, for a moment",
        i.block_gas?.0 as f64 / 1e6,
        shown(i.block_s?),
        i.chain_source,
        gas_per_user(i)?.1
    );
    Some(row(what::BLOCK_GAS_BURST, (allows, asked, "users/s"), because, || {
        format!("--rate {}, or blocks with more gas", down(allows))
    }))
}

fn block_gas_sustained(i: &CeilingInputs) -> Option<Ceiling> {
    let (allows, asked) = (gas_allows(i, i.gas_target_share)?, carried_per_s(i)?);
    let mut because = format!(
        "EIP-1559 sustains {:.0} % of a block of {:.1}M gas, ÷ {} s ({}) ÷ {} = {allows:.1} users/s, for \
         good; above it the base fee grows up to 12.5 % a block",
        100.0 * i.gas_target_share,
        i.block_gas?.0 as f64 / 1e6,
        shown(i.block_s?),
        i.chain_source,
        gas_per_user(i)?.1
    );
    if let Some(seconds) = seconds_to_fee_cap(i, asked / allows) {
        because.push_str(&format!(", and passes the fee cap after {seconds:.0} s"));
    }
    Some(row(what::BLOCK_GAS_SUSTAINED, (allows, asked, "users/s"), because, || {
        format!("--rate {}, or blocks with more gas", down(allows))
    }))
}

/// Seconds until the base fee passes the fee cap, if blocks are `load` times as full as they should be.
fn seconds_to_fee_cap(i: &CeilingInputs, load: f64) -> Option<f64> {
    let (base_fee, fee_cap) = (i.base_fee?.0 as f64, i.fee_cap?.0 as f64);
    let growth = 1.0 + (load.min(1.0 / i.gas_target_share) - 1.0) / 8.0;
    if growth <= 1.0 || base_fee <= 0.0 || fee_cap <= base_fee {
        return None;
    }
    Some(i.block_s? * (libm::log(fee_cap / base_fee) / libm::log(growth)).ceil())
}

fn operations(i: &CeilingInputs) -> Option<Ceiling> {
    let allows = i.operations_per_hour? as f64;
    let asked = i.planned.min(carried_per_s(i)? * 3600.0);
    let because = format!(
        "the server takes {allows} operations an hour from one address ({}); each user asks for one",
        i.server_source
    );
    Some(row(what::OPERATIONS, (allows, asked, "operations/h"), because, || {
        format!("--users {allows}, or a server that allows {} an hour", up(asked))
    }))
}

fn identities(i: &CeilingInputs) -> Option<Ceiling> {
    let allows = i.identities_per_minute? as f64;
    let rate = carried_per_s(i)?.max(if i.burst { 0.0 } else { i.rate_peak_per_s });
    let asked = i.planned.min(clean(rate * 60.0));
    let because = format!(
        "the server takes {allows} identity requests a minute from one address ({}); each user sends one",
        i.server_source
    );
    Some(row(what::IDENTITIES, (allows, asked, "identities/min"), because, || {
        format!("--rate {}, or a server that allows {} a minute", down(allows / 60.0), up(asked))
    }))
}

fn storage(i: &CeilingInputs) -> Option<Ceiling> {
    let (allows, rate) = (i.uploads_per_s?, carried_per_s(i)?);
    let asked = rate * UPLOADS_PER_USER;
    let because = format!(
        "the storage takes {} objects a second ({}); each user stores two, the file and the grant",
        shown(allows),
        i.server_source
    );
    Some(row(what::STORAGE, (allows, asked, "objects/s"), because, || {
        format!("--rate {}", down(allows / UPLOADS_PER_USER))
    }))
}

fn grantees(i: &CeilingInputs) -> Option<Ceiling> {
    let grantee = i.grantee?;
    let allows = (grantee.call_gas_cap.0 / GRANTEES_GAS_PER_PERMISSION) as f64;
    let asked = grantee.permissions as f64 + i.planned;
    let because = format!(
        "a call of grantees() costs about {GRANTEES_GAS_PER_PERMISSION} gas a permission; the node allows a \
         call {:.1}M gas ({}), and the grantee has {} permissions already",
        grantee.call_gas_cap.0 as f64 / 1e6,
        i.chain_source,
        grantee.permissions
    );
    Some(row(what::GRANTEES, (allows, asked, "permissions"), because, || {
        match grantee.permissions as f64 {
            has if has < allows => format!("--users {}, or a new grantee", allows - has),
            _ => "a new grantee".to_owned(),
        }
    }))
}

/// At most three digits behind the point, six of a small number, and none that say nothing.
fn shown(number: f64) -> String {
    let shown = if number < 0.01 { format!("{number:.6}") } else { format!("{number:.3}") };
    shown.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A product without the dust of binary fractions, so that 0.1/s × 30 s is 3 and not more.
fn clean(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

/// The next whole number.
fn up(number: f64) -> u64 {
    clean(number).ceil() as u64
}

/// Cut to two digits behind the point: a rate that surely fits.
fn down(number: f64) -> f64 {
    (number * 100.0).floor() / 100.0
}
