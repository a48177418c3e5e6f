//! What must hold whatever goes wrong, checked against the chain's own books.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};
use swell_chain::RelayerKey;
use swell_core::event::RunEvent;
use swell_core::report::VerdictOutcome;
use swell_core::submit::SubmitMode;

use crate::accounts::Account;
use crate::evidence::{Evidence, Holding};
use crate::play::SWEEP_BASE_FEE;
use crate::witness::Accepted;

/// What does not hold of what must.
pub(crate) fn violations(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    arrivals(evidence, &mut found);
    events(evidence, &mut found);
    books(evidence, &mut found);
    home(evidence, &mut found);
    ledger(evidence, &mut found);
    nonces(evidence, &mut found);
    funding(evidence, &mut found);
    secrets(evidence, &mut found);
    found
}

/// Every arrival is accounted for.
fn arrivals(evidence: &Evidence, found: &mut Vec<String>) {
    let (arrivals, outcomes) = (&evidence.report.arrivals, &evidence.report.outcomes);
    if arrivals.due != arrivals.started + arrivals.shed + arrivals.abandoned {
        found.push(format!("arrivals are missing: {arrivals:?}"));
    }
    if arrivals.started != outcomes.succeeded + outcomes.failed {
        found.push(format!("{} users started, {outcomes:?}", arrivals.started));
    }
    if outcomes.by_class.values().sum::<u64>() != outcomes.failed {
        found.push(format!("failures without a class: {outcomes:?}"));
    }
    if outcomes.by_class.contains_key("internal") {
        found.push(format!("a defect: {:?}", evidence.report.failures));
    }
    if outcomes.succeeded > evidence.results_delivered {
        let delivered = evidence.results_delivered;
        found.push(format!("{} succeeded, {delivered} results were sent", outcomes.succeeded));
    }
}

/// What was told while the run went on adds up to its report.
fn events(evidence: &Evidence, found: &mut Vec<String>) {
    let (mut started, mut shed, mut abandoned, mut succeeded, mut failed) = (0, 0, 0, 0, 0);
    let mut steps: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for event in &evidence.events {
        match event {
            RunEvent::UserStarted { .. } => started += 1,
            RunEvent::Shed { .. } => shed += 1,
            RunEvent::Abandoned { count, .. } => abandoned += count,
            RunEvent::UserEnded(user) if user.failed.is_some() => failed += 1,
            RunEvent::UserEnded(_) => succeeded += 1,
            RunEvent::StepEnded(step) => {
                let (ended, errors) = steps.entry(step.step).or_default();
                *ended += 1;
                *errors += u64::from(step.failed.is_some());
            }
            _ => {}
        }
    }
    let (arrivals, outcomes) = (&evidence.report.arrivals, &evidence.report.outcomes);
    let told = [started, shed, abandoned, succeeded, failed];
    let said =
        [arrivals.started, arrivals.shed, arrivals.abandoned, outcomes.succeeded, outcomes.failed];
    if told != said {
        found.push(format!("the events tell {told:?}, the report {said:?}"));
    }
    for row in &evidence.report.steps {
        let told = steps.get(row.name.as_str()).copied().unwrap_or_default();
        if told != (row.count, row.errors) {
            found.push(format!("the events tell {told:?} of the step {row:?}"));
        }
    }
    let is_last = |event: &RunEvent| matches!(event, RunEvent::RunEnded(_));
    if !evidence.events.last().is_some_and(is_last) {
        found.push("the last event is not the run's end".into());
    }
}

/// The report's books close, and say of the chain what the chain says.
fn books(evidence: &Evidence, found: &mut Vec<String>) {
    let money = &evidence.report.money;
    if money.unexplained_wei != "0" {
        found.push(format!("the books do not close: {money:?}"));
    }
    let in_doubt = !money.in_doubt_wei.is_zero();
    if in_doubt && evidence.report.verdict.outcome == VerdictOutcome::Passed {
        found.push(format!("passed with money in doubt: {money:?}"));
    }
    let left = out_of_home(&evidence.at_end);
    if !in_doubt && left != money.left_wei.0 {
        let holders: Vec<String> = away(&evidence.at_end)
            .filter(|holding| !holding.balance.is_zero())
            .map(|holding| format!("{}: {}", holding.account, holding.balance))
            .collect();
        let said = money.left_wei;
        found.push(format!("the report says {said} wei are left, the chain {left}: {holders:?}"));
    }
}

/// After the sweep, what is not home was paid for gas, by the chain's own count.
fn home(evidence: &Evidence, found: &mut Vec<String>) {
    let statement = &evidence.statement;
    if !statement.is_complete() {
        found.push(format!("the sweep is not complete: {statement:?}"));
    }
    let fees = evidence.mined.iter().fold(U256::ZERO, |sum, mined| sum + mined.fee);
    let (start, end) = (evidence.report.money.start_wei.0, balance_of(evidence, Account::Relayer));
    let left = out_of_home(&evidence.holdings);
    if start != end + fees + left {
        let missing = format!("start {start}, end {end}, fees {fees}, left {left}");
        found.push(format!("wei are missing after the sweep: {missing}"));
    }
    // A quarter of the base fee is offered on top, and a tip.
    let transfer = U256::from(SWEEP_BASE_FEE + SWEEP_BASE_FEE / 2) * U256::from(21_000);
    for holding in away(&evidence.holdings).filter(|holding| holding.balance > transfer) {
        found.push(format!("{} still holds {} wei", holding.account, holding.balance));
    }
}

/// No account is used that the ledger does not know.
fn ledger(evidence: &Evidence, found: &mut Vec<String>) {
    for account in &evidence.unreserved {
        found.push(format!("{account} was paid before the ledger knew of it"));
    }
    let ours: BTreeMap<Address, Account> =
        evidence.holdings.iter().map(|holding| (holding.address, holding.account)).collect();
    for mined in evidence.mined.iter().filter(|mined| !mined.value.is_zero() && mined.succeeded) {
        let is_known = |payee: &Address| match ours.get(payee) {
            Some(Account::Relayer) => true,
            Some(Account::Lane(index)) => u64::from(*index) < evidence.marks.lanes,
            Some(Account::Wallet(index)) => u64::from(*index) < evidence.marks.wallets,
            None => false,
        };
        if mined.payees.is_empty() || !mined.payees.iter().all(is_known) {
            found.push(format!("a stranger was paid: {mined:?}, marks {:?}", evidence.marks));
        }
    }
}

/// A nonce is spent once, knowingly, and none is left out.
fn nonces(evidence: &Evidence, found: &mut Vec<String>) {
    let mut taken: BTreeMap<(Address, u64), &Accepted> = BTreeMap::new();
    for accepted in &evidence.accepted {
        // A sweep takes a doubtful nonce on purpose, so that it cannot be spent later.
        if is_sweep(evidence, accepted) {
            continue;
        }
        let first = taken.entry((accepted.from, accepted.nonce)).or_insert(accepted);
        let payload = |tx: &Accepted| (tx.to, tx.value, tx.input.clone());
        if payload(first) != payload(accepted) {
            found.push(format!("one nonce, two payloads: {first:?} and {accepted:?}"));
        }
    }
    for holding in &evidence.holdings {
        let mined = evidence.mined.iter().filter(|mined| mined.from == holding.address).count();
        if holding.nonce != mined as u64 || holding.pending != holding.nonce {
            found.push(format!("{mined} transactions in blocks, and {holding:?}"));
        }
    }
    if evidence.pooled != (0, 0) {
        found.push(format!("transactions still wait in the pool: {:?}", evidence.pooled));
    }
}

/// A wallet is funded once, or never where a lane sends its user's call; a second payment is a top-up,
/// where fees have risen.
fn funding(evidence: &Evidence, found: &mut Vec<String>) {
    let payments_max = match (evidence.storm.plan.limits.submit, evidence.storm.raises_fees()) {
        (SubmitMode::Own, false) => 1,
        (SubmitMode::Own, true) => 2,
        // Nobody is funded whose call somebody else sends.
        (SubmitMode::Relayed | SubmitMode::Endpoint, _) => 0,
    };
    let wallets = evidence.holdings.iter().filter(|h| matches!(h.account, Account::Wallet(_)));
    for wallet in wallets {
        let to_it = evidence.mined.iter().filter(|mined| mined.payees.contains(&wallet.address));
        let payments = to_it.filter(|mined| mined.succeeded).count();
        if payments > payments_max {
            found.push(format!("{} was paid {payments} times", wallet.account));
        }
    }
}

/// No file and no log line holds a key: nothing in them leads to an account of ours.
fn secrets(evidence: &Evidence, found: &mut Vec<String>) {
    let ours: BTreeSet<Address> = evidence.holdings.iter().map(|h| h.address).collect();
    let report = serde_json::to_string(&evidence.report).unwrap_or_default();
    let told: Vec<String> = evidence.events.iter().filter_map(json).collect();
    let texts = evidence.files.iter().chain(&told).chain([&evidence.log, &report]);
    let words: BTreeSet<&str> = texts
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()))
        .map(|word| word.strip_prefix("0x").unwrap_or(word))
        .filter(|word| word.len() == 64)
        .collect();
    for word in words {
        let octets = word.parse::<alloy_primitives::B256>().ok();
        let key = octets.and_then(|octets| RelayerKey::from_bytes(octets.0).ok());
        if key.is_some_and(|key| ours.contains(&key.address())) {
            found.push("a key was written down".into());
        }
    }
}

fn json(event: &RunEvent) -> Option<String> {
    serde_json::to_string(event).ok()
}

/// Whether it brings money home: a lane's to the relayer, a wallet's to either.
fn is_sweep(evidence: &Evidence, tx: &Accepted) -> bool {
    let account = |address: Address| {
        evidence.holdings.iter().find(|h| h.address == address).map(|h| h.account)
    };
    let home = tx.to.and_then(account);
    match account(tx.from) {
        Some(Account::Wallet(_)) => matches!(home, Some(Account::Relayer | Account::Lane(_))),
        Some(Account::Lane(_)) => home == Some(Account::Relayer),
        Some(Account::Relayer) | None => false,
    }
}

fn away(holdings: &[Holding]) -> impl Iterator<Item = &Holding> {
    holdings.iter().filter(|holding| holding.account != Account::Relayer)
}

fn out_of_home(holdings: &[Holding]) -> U256 {
    away(holdings).fold(U256::ZERO, |sum, holding| sum + holding.balance)
}

fn balance_of(evidence: &Evidence, account: Account) -> U256 {
    let mut holdings = evidence.holdings.iter();
    holdings.find(|holding| holding.account == account).map_or(U256::ZERO, |h| h.balance)
}
