//! What a sweep says.

use std::time::Duration;

use alloy_primitives::I256;
use swell_chain::{Role, RunId};
use swell_core::progress::left_s;
use swell_core::units::Wei;
use swell_engine::sweep::{Held, SweepProgress, SweepRange, SweepStatement, SweepSurvey};
use swell_view::human::{count, money, time_left};

use crate::command::sweep::Swept;
use crate::connection::ChainSide;
use crate::exit::Exit;
use crate::recovery::{MoneyGlance, SweepJob, SweptNote};
use crate::runs::RunRow;

/// The first lines: what is swept, and how far it is searched.
#[must_use]
pub fn begin(job: &SweepJob, side: &ChainSide, verb: &str) -> String {
    let extent = match job.range() {
        SweepRange::Below(marks) if job.is_given_up_to() => format!(
            "As asked, the first {} wallets and {} lanes are looked at.",
            count(marks.wallets),
            count(marks.lanes)
        ),
        SweepRange::Below(marks) => format!(
            "Its ledger says that money may be in the first {} wallets and {} lanes.",
            count(marks.wallets),
            count(marks.lanes)
        ),
        SweepRange::Beyond(marks, gap) => format!(
            "Its ledger is damaged: the first {} wallets and {} lanes are searched, and on until {} \
             in a row have neither money nor a transaction.",
            count(marks.wallets),
            count(marks.lanes),
            count(gap)
        ),
        SweepRange::UntilUntouched(gap) => format!(
            "Its ledger is not here: wallets and lanes are searched until {} in a row have neither \
             money nor a transaction.",
            count(gap)
        ),
    };
    format!(
        "swell {version}: {verb} run {id} on {target}, chain {chain}, home to {relayer}\n{extent}\n",
        version = env!("CARGO_PKG_VERSION"),
        id = job.run_id,
        target = side.target.name,
        chain = side.chain.chain_id(),
        relayer = side.relayer.address(),
    )
}

/// How far it is, in one line.
#[must_use]
pub fn progress_line(progress: &SweepProgress, elapsed: Duration) -> String {
    let role = match progress.role {
        Role::Wallet => "wallets",
        Role::Lane => "lanes",
    };
    let of = progress.of.map_or_else(String::new, |of| format!(" of {}", count(of)));
    let again = if progress.round > 1 { ", once more" } else { "" };
    // A later round goes over the same accounts, and nobody knows how many rounds there are.
    let of_known = progress.of.filter(|_| progress.round == 1);
    let left = of_known.and_then(|of| left_s(progress.looked_at, of, elapsed.as_secs_f64()));
    let left = left.map_or_else(String::new, |left| format!("; {}", time_left(left)));
    format!(
        "{}{of} {role} searched{again}; {} to sweep; {} swept{left}\n",
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

/// What a sweep would do.
#[must_use]
pub fn survey_text(survey: &SweepSurvey) -> String {
    let dust = match survey.dust.accounts {
        0 => "nothing".to_owned(),
        _ => format!("{}: dust, worth no more than its own transfer", exact(survey.dust)),
    };
    let (fees, returns) = (survey.fees, survey.returns());
    [
        format!("Searched  {} wallets, {} lanes", count(survey.wallets), count(survey.lanes)),
        format!("Held      {}", exact(survey.worth)),
        format!("Returns   {} ({returns} wei), if it were swept now", money(returns)),
        format!("Fees      {} ({fees} wei)", money(fees)),
        format!("Left      {dust}"),
        "Nothing was sent.\n".to_owned(),
    ]
    .join("\n")
}

/// The money of a run that left a report, with all sweeps after it.
#[must_use]
pub fn by_report(report: &MoneyGlance, note: &SweptNote) -> String {
    let spent = report.spent_wei + note.fees_wei;
    let paid = match report.value_wei.is_zero() {
        true => String::new(),
        false => format!("; {} paid on purpose", wei(report.value_wei)),
    };
    let swept =
        format!("{} during the run, {} after it", wei(report.swept_wei), wei(note.swept_wei));
    let unexplained = I256::from_dec_str(&report.unexplained_wei).map(|before| {
        let held = signed(report.left_wei + report.in_doubt_wei);
        before + held - signed(note.swept_wei + note.fees_wei + note.left_wei)
    });
    let unexplained = match unexplained {
        Ok(wei) if wei.is_zero() => "0 wei".to_owned(),
        Ok(wei) => format!(
            "{wei} wei: what transactions spent or brought that were in doubt when the report was \
             written, or a sweep that was not noted down"
        ),
        Err(_) => "not known: the report says nothing that can be read".to_owned(),
    };
    [
        format!("The whole run, by its report and {}:", sweeps(note)),
        format!("Sent         {} to wallets", wei(report.sent_wei)),
        format!("Spent        {} on fees{paid}", wei(spent)),
        format!("Swept        {swept}"),
        format!("Left         {}", wei(note.left_wei)),
        format!("Unexplained  {unexplained}\n"),
    ]
    .join("\n")
}

/// The money of a run that left no report; `start` is what the relayer had when it began.
#[must_use]
pub fn by_chain(start: Option<Wei>, note: &SweptNote, statement: &SweepStatement) -> String {
    let spent = start.map(|start| {
        let gone = signed(start) - signed(statement.end) - signed(note.left_wei);
        match gone.is_negative() {
            true => "not known: others paid the relayer since the run began".to_owned(),
            false => format!(
                "{}, if nobody else used the relayer: it had {} wei when the run began",
                wei(Wei(gone.unsigned_abs())),
                start
            ),
        }
    });
    let unknown = || "not known: the run left no report".to_owned();
    [
        format!("The whole run, by the chain and {}:", sweeps(note)),
        format!("Sent         {}", unknown()),
        format!("Spent        {}", spent.unwrap_or_else(unknown)),
        format!("Swept        {} after the run", wei(note.swept_wei)),
        format!("Left         {}", wei(note.left_wei)),
        format!("Unexplained  {}\n", unknown()),
    ]
    .join("\n")
}

fn sweeps(note: &SweptNote) -> String {
    match note.sweeps {
        1 => "this sweep".to_owned(),
        more => format!("{more} sweeps"),
    }
}

/// Why a run is no matter for a sweep of all; `None` when it is.
#[must_use]
pub fn skipped(row: &RunRow) -> Option<&'static str> {
    if row.was_in_process() {
        return Some("skipped: its sandbox was in its own process, and that chain ended with it");
    }
    row.is_going_on().then_some("skipped: it is going on")
}

/// What a sweep of all runs came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Total {
    /// Runs that hold nothing, as is known without asking.
    pub settled: u64,
    /// Runs that are no matter for a sweep.
    pub skipped: u64,
    looked_at: u64,
    failed: u64,
    found: Wei,
    returned: Wei,
    fees: Wei,
    worst: u8,
}

impl Total {
    /// Adds a run.
    pub(crate) fn add(&mut self, swept: &Swept) {
        self.looked_at += 1;
        self.found += swept.found;
        self.returned += swept.returned;
        self.fees += swept.fees;
        self.worst = self.worst.max(swept.exit as u8);
    }

    /// Adds a run that could not be looked at.
    pub fn fail(&mut self, exit: Exit) {
        self.failed += 1;
        self.worst = self.worst.max(exit as u8);
    }

    /// The worst of all exits.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let exits = [Exit::Failed, Exit::Usage, Exit::Check, Exit::Stopped];
        exits.into_iter().find(|exit| *exit as u8 == self.worst).unwrap_or(Exit::Passed)
    }

    /// The last lines.
    #[must_use]
    pub fn text(&self, is_dry: bool) -> String {
        let runs = |number: u64| match number {
            1 => "1 run".to_owned(),
            _ => format!("{} runs", count(number)),
        };
        let (did, would) =
            if is_dry { ("looked at", "would return") } else { ("swept", "returned") };
        format!(
            "Total     {} {did}, {} could not be, {} skipped, {} known to hold nothing\n\
             Money     {} found, {} {would}, {} for fees\n",
            runs(self.looked_at),
            count(self.failed),
            count(self.skipped),
            count(self.settled),
            wei(self.found),
            wei(self.returned),
            wei(self.fees),
        )
    }
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

/// An amount for reading, and to the wei.
fn wei(amount: Wei) -> String {
    let shown = money(amount);
    match amount.is_zero() {
        true => "nothing".into(),
        false if shown.ends_with(" wei") => shown,
        false => format!("{shown} ({amount} wei)"),
    }
}

/// All the wei there are fit into 255 bits many times over.
fn signed(amount: Wei) -> I256 {
    I256::try_from(amount.0).unwrap_or(I256::MAX)
}

fn accounts(number: u64) -> String {
    if number == 1 { "1 account".into() } else { format!("{} accounts", count(number)) }
}

#[cfg(test)]
mod tests;
