//! What a sweep says.

use alloy_primitives::I256;
use swell_chain::{Role, RunId};
use swell_core::units::Wei;
use swell_engine::sweep::{Held, SweepProgress, SweepRange, SweepStatement};
use swell_view::human::{count, money};

use crate::connection::ChainSide;
use crate::recovery::SweepJob;

/// The first lines: what is swept, and how far it is searched.
#[must_use]
pub fn begin(job: &SweepJob, side: &ChainSide) -> String {
    let extent = match job.range() {
        SweepRange::Below(marks) => format!(
            "Its ledger says that money may be in the first {} wallets and {} lanes.",
            count(marks.wallets),
            count(marks.lanes)
        ),
        SweepRange::UntilUntouched(gap) => format!(
            "Its ledger is not here: wallets and lanes are searched until {} in a row have neither \
             money nor a transaction.",
            count(gap)
        ),
    };
    format!(
        "swell {version}: sweeping run {id} on {target}, chain {chain}, home to {relayer}\n{extent}\n",
        version = env!("CARGO_PKG_VERSION"),
        id = job.run_id,
        target = side.target.name,
        chain = side.chain.chain_id(),
        relayer = side.relayer.address(),
    )
}

/// How far it is, in one line.
#[must_use]
pub fn progress_line(progress: &SweepProgress) -> String {
    let role = match progress.role {
        Role::Wallet => "wallets",
        Role::Lane => "lanes",
    };
    let of = progress.of.map_or_else(String::new, |of| format!(" of {}", count(of)));
    let again = if progress.round > 1 { ", once more" } else { "" };
    format!(
        "{}{of} {role} searched{again}; {} to sweep; {} swept\n",
        count(progress.looked_at),
        held(progress.found),
        held(progress.swept),
    )
}

/// What was found and what became of it.
#[must_use]
pub fn statement_text(id: &RunId, statement: &SweepStatement) -> String {
    let mut lines = vec![
        format!("Searched  {} wallets, {} lanes", count(statement.wallets), count(statement.lanes)),
        format!("Found     {}", exact(statement.found)),
        format!("Swept     {}", exact(statement.swept)),
        format!("Fees      {} ({} wei)", money(statement.fees), statement.fees),
        format!("Left      {}", left(id, statement)),
    ];
    let moved = statement.moved();
    if !moved.is_zero() {
        lines.push(format!(
            "Moved     {moved} wei by the run's own transactions, which were included meanwhile"
        ));
    }
    lines.push(format!("Books     {}", books(statement)));
    lines.join("\n") + "\n"
}

fn left(id: &RunId, statement: &SweepStatement) -> String {
    let dust = statement.dust;
    let mut words = match dust.accounts {
        0 => "nothing".to_owned(),
        _ => format!("{}: dust, worth no more than its own transfer", exact(dust)),
    };
    if !statement.is_complete() {
        words = format!(
            "{} could not be sent; `swell sweep {id}` tries again; besides, {words}",
            exact(statement.stuck)
        );
    }
    words
}

fn books(statement: &SweepStatement) -> String {
    let SweepStatement { start, end, .. } = statement;
    let unexplained = statement.unexplained();
    if unexplained == I256::ZERO {
        return format!("close: the relayer had {start} wei, and has {end} wei");
    }
    format!(
        "do not close: the relayer had {start} wei and has {end} wei, {unexplained} wei more than \
         was swept; somebody else used it, or a transaction is not final"
    )
}

fn held(held: Held) -> String {
    format!("{} with {}", accounts(held.accounts), money(held.amount))
}

fn exact(held: Held) -> String {
    let Held { accounts: number, amount: Wei(wei) } = held;
    if number == 0 {
        return "nothing".into();
    }
    format!("{} with {} ({wei} wei)", accounts(number), money(held.amount))
}

fn accounts(number: u64) -> String {
    if number == 1 { "1 account".into() } else { format!("{} accounts", count(number)) }
}
