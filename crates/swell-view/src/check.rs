//! What the check found: ceilings, costs, and what stands in the way.

use serde::{Deserialize, Serialize};
use swell_core::report::Ceiling;
use swell_core::units::Wei;

use crate::human::{money, number};
use crate::style::Page;
use crate::table::Table;

/// Version of the check's JSON.
pub const CHECK_FORMAT: u32 = 1;

/// What the check found. No transaction was sent to find it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// [`CHECK_FORMAT`].
    pub format: u32,
    /// The target's name.
    pub target: String,
    /// The chain's id.
    pub chain_id: u64,
    /// The relayer's address.
    pub relayer: String,
    /// What is known of plan and target, one sentence each: what ends arrivals, where numbers come from.
    pub facts: Vec<String>,
    /// What limits the run.
    pub ceilings: Vec<Ceiling>,
    /// What it will cost.
    pub costs: Costs,
    /// What became of the variables of a `.env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<VariableRow>,
    /// What may go wrong, one sentence each.
    pub warnings: Vec<String>,
    /// What keeps the run from starting, one sentence each.
    pub errors: Vec<String>,
}

/// What a run will cost. Worst: every fee at its cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// For one user, as fees stand.
    pub expected_per_user_wei: Wei,
    /// For one user at most.
    pub worst_per_user_wei: Wei,
    /// For the run, as fees stand.
    pub expected_run_wei: Wei,
    /// For the run at most.
    pub worst_run_wei: Wei,
    /// What the relayer has.
    pub relayer_balance_wei: Wei,
}

/// What became of a variable of a `.env`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableRow {
    /// Its name.
    pub name: String,
    /// What it was used for; `None` if it was not.
    pub used_for: Option<String>,
    /// Why it was not used.
    pub ignored_because: Option<String>,
}

impl VariableRow {
    /// One that was used for `what`.
    #[must_use]
    pub fn used(name: &str, what: &str) -> Self {
        Self { name: name.to_owned(), used_for: Some(what.to_owned()), ignored_because: None }
    }

    /// One that was not used, and why.
    #[must_use]
    pub fn ignored(name: &str, why: &str) -> Self {
        Self { name: name.to_owned(), used_for: None, ignored_because: Some(why.to_owned()) }
    }
}

impl CheckReport {
    /// Whether the run may start.
    #[must_use]
    pub const fn may_start(&self) -> bool {
        self.errors.is_empty()
    }
}

/// The check as a page.
#[must_use]
pub fn check_text(check: &CheckReport, page: Page) -> String {
    let style = page.style;
    let word = match (check.errors.len(), check.warnings.len()) {
        (0, 0) => style.good("READY"),
        (0, warnings) => style.good("READY") + &format!(", with {}", plural(warnings, "warning")),
        (errors, _) => style.bad("NOT READY") + &format!(": {}", plural(errors, "problem")),
    };
    let mut sections = vec![format!(
        "{word}\n{}\n",
        style.faint(&format!(
            "{} (chain {}) | relayer {}",
            check.target, check.chain_id, check.relayer
        ))
    )];
    sections.push(sentences("error: ", &check.errors, page));
    sections.push(sentences("warning: ", &check.warnings, page));
    sections.push(sentences("", &check.facts, page));
    sections.push(variables(&check.variables, page));
    sections.push(ceilings(&check.ceilings, page));
    sections.push(costs(&check.costs, page));
    sections.push("No transaction was sent.\n".into());
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

/// The check as indented JSON. Ends with a newline.
///
/// # Errors
/// A number that JSON cannot hold.
pub fn check_json(check: &CheckReport) -> Result<String, serde_json::Error> {
    let mut json = serde_json::to_string_pretty(check)?;
    json.push('\n');
    Ok(json)
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn sentences(first: &str, sentences: &[String], page: Page) -> String {
    let indent = first.len().min(4);
    sentences.iter().map(|sentence| page.paragraph(first, indent, sentence)).collect()
}

fn variables(rows: &[VariableRow], page: Page) -> String {
    let mut text = String::new();
    for (head, is_used) in [("Variables used", true), ("Variables ignored", false)] {
        let rows = rows.iter().filter(|row| row.used_for.is_some() == is_used);
        let mut table = Table::new(2, &[head, ""]);
        let mut count = 0;
        for row in rows {
            let words = row.used_for.as_ref().or(row.ignored_because.as_ref());
            table.push(vec![row.name.clone(), words.cloned().unwrap_or_default()]);
            count += 1;
        }
        if count == 0 {
            continue;
        }
        for (at, line) in table.lines().iter().enumerate() {
            let line = line.trim_end();
            text.push_str(&if at == 0 { page.style.strong(line) } else { line.to_owned() });
            text.push('\n');
        }
    }
    text
}

fn ceilings(ceilings: &[Ceiling], page: Page) -> String {
    if ceilings.is_empty() {
        return String::new();
    }
    let mut table = Table::new(1, &["Ceiling", "allows", "asked", ""]);
    for ceiling in ceilings {
        table.push(vec![
            ceiling.what.clone(),
            format!("{} {}", number(ceiling.allows), ceiling.unit),
            number(ceiling.asked),
            if ceiling.fits { "fits".into() } else { "TOO LOW".into() },
        ]);
    }
    let mut text = String::new();
    for (at, line) in table.lines().iter().enumerate() {
        let Some(ceiling) = at.checked_sub(1).map(|row| &ceilings[row]) else {
            text.push_str(&(page.style.strong(line) + "\n"));
            continue;
        };
        let line = if ceiling.fits { line.clone() } else { page.style.bad(line) };
        text.push_str(&(line + "\n"));
        text.push_str(&page.paragraph("      ", 6, &ceiling.because));
        if let Some(advice) = &ceiling.advice {
            text.push_str(&page.paragraph("      -> ", 9, advice));
        }
    }
    text
}

fn costs(costs: &Costs, page: Page) -> String {
    let mut table = Table::new(1, &["Cost", "expected", "at most", "at most, wei"]);
    for (what, expected, worst) in [
        ("per user", costs.expected_per_user_wei, costs.worst_per_user_wei),
        ("the run", costs.expected_run_wei, costs.worst_run_wei),
    ] {
        table.push(vec![what.into(), money(expected), money(worst), worst.to_string()]);
    }
    let mut lines = table.lines();
    if let Some(head) = lines.first_mut() {
        *head = page.style.strong(head);
    }
    let balance = costs.relayer_balance_wei;
    format!("{}\n  The relayer has {} ({balance} wei).\n", lines.join("\n"), money(balance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_check_that_warns_as_a_page() {
        insta::assert_snapshot!(check_text(&sample::check(), Page::default()));
    }

    #[test]
    fn a_check_of_a_network_with_all_that_is_beside_the_chain_as_a_page() {
        insta::assert_snapshot!(check_text(&sample::check_of_a_network(), Page::default()));
    }

    #[test]
    fn a_check_that_fails_says_so_first() {
        let mut check = sample::check();
        check.errors = vec!["the relayer has 0.1 tokens; expected at least 2.5 tokens".into()];
        assert!(!check.may_start());
        let text = check_text(&check, Page::default());
        assert!(text.starts_with("NOT READY: 1 problem\n"), "{text}");
        assert!(text.contains("error: the relayer has 0.1 tokens"), "{text}");
    }

    #[test]
    fn the_check_reads_back_from_json() {
        for check in [sample::check(), sample::check_of_a_network()] {
            let read: CheckReport = serde_json::from_str(&check_json(&check).unwrap()).unwrap();
            assert_eq!(read, check);
        }
    }
}
