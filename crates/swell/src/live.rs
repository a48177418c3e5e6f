//! What is shown while a run goes on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use swell_chain::RunId;
use swell_core::report::{Ceiling, Report, Resumed};
use swell_core::snapshot::Snapshot;
use swell_core::submit::SubmitMode;
use swell_view::human::{count, length, money};
use swell_view::{live_head, live_json, live_line, summary};

use crate::check::Checked;
use crate::config::choice::UiMode;
use crate::config::{Settings, TargetChoice};
use crate::results::{PAGE_FILE, REPORT_FILE};
use crate::terminal;

/// What is shown while a run goes on.
pub struct Live {
    mode: UiMode,
    is_virtual: bool,
    lines: AtomicUsize,
    /// Whether the relayer had no money left in the last picture.
    is_dry: AtomicBool,
}

impl Live {
    /// The columns are named anew after so many lines: one screen.
    const LINES_PER_HEAD: usize = 20;

    /// `auto` is plain lines; in virtual time, where two seconds pass in no time, it is silence.
    #[must_use]
    pub const fn new(mode: UiMode, is_virtual: bool) -> Self {
        Self { mode, is_virtual, lines: AtomicUsize::new(0), is_dry: AtomicBool::new(false) }
    }

    /// Whether lines are shown while the run goes on.
    #[must_use]
    pub const fn shows_lines(&self) -> bool {
        match self.mode {
            UiMode::Auto => !self.is_virtual,
            UiMode::Tui | UiMode::Plain | UiMode::Json => true,
            UiMode::Off => false,
        }
    }

    /// The first line, and how what the run's accounts hold can be recovered, unless the chain ends with
    /// the run.
    pub fn begin(&self, settings: &Settings, id: &RunId, target: &str) {
        let seed = settings.plan.seed.0;
        if self.mode == UiMode::Json {
            let begin =
                json!({"event": "begin", "run": id.to_string(), "target": target, "seed": seed});
            terminal::print(&format!("{begin}\n"));
            return;
        }
        let when = if self.is_virtual { " in virtual time" } else { "" };
        let version = env!("CARGO_PKG_VERSION");
        terminal::print(&format!("swell {version}: run {id} on {target}{when}, seed {seed}\n"));
        if !matches!(settings.target, TargetChoice::Sandbox { .. }) {
            terminal::print(&(recovery_sentence(settings.plan.limits.submit, id) + "\n"));
        }
    }

    /// What an earlier part of the run left, before this one begins.
    pub fn resumed(&self, resumed: &Resumed) {
        if self.mode == UiMode::Json {
            terminal::print(&format!("{}\n", json!({"event": "resumed", "resumed": resumed})));
            return;
        }
        terminal::print(&format!("{}\n", resumed_sentence(resumed)));
    }

    /// What the check found that the user should know.
    pub fn checked(&self, checked: &Checked) {
        for error in &checked.report.errors {
            terminal::complain(&format!("error: {error}\n"));
        }
        for warning in &checked.report.warnings {
            terminal::complain(&format!("warning: {warning}\n"));
        }
        for ceiling in checked.report.ceilings.iter().filter(|ceiling| !ceiling.fits) {
            terminal::complain(&format!("warning: {}\n", ceiling_sentence(ceiling)));
        }
    }

    /// Says that the relayer has no money left, and that it goes on.
    fn drought(&self, snapshot: &Snapshot) {
        let is_dry = snapshot.relayer_needs.is_some();
        let was_dry = self.is_dry.swap(is_dry, Ordering::Relaxed);
        match snapshot.relayer_needs {
            Some(needed) if !was_dry => terminal::complain(&format!(
                "warning: the relayer has run dry and its lanes wait; send it {needed} wei or more\n"
            )),
            None if was_dry => terminal::complain("the relayer has money again: its lanes go on\n"),
            _ => {}
        }
    }

    /// One picture of the run; `is_covered` means that a screen shows it.
    pub fn line(&self, snapshot: &Snapshot, is_covered: bool) {
        self.drought(snapshot);
        if is_covered {
            return;
        }
        if self.mode == UiMode::Json {
            // A snapshot holds nothing that JSON cannot say.
            terminal::print(&(live_json(snapshot).unwrap_or_default() + "\n"));
            return;
        }
        if self.lines.fetch_add(1, Ordering::Relaxed).is_multiple_of(Self::LINES_PER_HEAD) {
            terminal::print(&(live_head() + "\n"));
        }
        terminal::print(&(live_line(snapshot) + "\n"));
    }

    /// Ctrl-C was heard.
    pub fn stopping(&self) {
        terminal::complain(
            "stopping: users in flight may end, then money goes home; Ctrl-C again ends them now\n",
        );
    }

    /// The terminal is no more. Who can still read this, reads a file.
    pub fn terminal_gone(&self) {
        terminal::complain(
            "warning: the terminal was closed: users in flight may end, then money goes home\n",
        );
    }

    /// The screen had to go; the run goes on.
    pub fn screen_lost(&self, why: &str) {
        terminal::complain(&format!("warning: {why}; the run goes on, and lines are shown\n"));
    }

    /// The summary. `has_page` is whether the report could be written as a page.
    pub fn end(&self, report: &Report, folder: &Path, has_page: bool) {
        let page = has_page.then(|| folder.join(PAGE_FILE));
        let path = folder.join(REPORT_FILE);
        if self.mode == UiMode::Json {
            let end =
                json!({"event": "end", "verdict": report.verdict, "report": path, "page": page});
            terminal::print(&format!("{end}\n"));
            return;
        }
        let files: Vec<String> =
            page.into_iter().chain([path]).map(|path| path.display().to_string()).collect();
        terminal::print(&format!("\n{}", summary(report, &files, terminal::page())));
    }
}

/// What came before a part of a run, in one sentence.
#[must_use]
pub fn resumed_sentence(resumed: &Resumed) -> String {
    format!(
        "part {} of the run, after a gap of {}: {} arrivals came before and are not counted here; {} \
         wallets were taken over, and {} came home for {} of fees",
        resumed.part,
        length(Duration::from_secs(resumed.gap_s).as_secs_f64()),
        count(resumed.arrivals_before),
        count(resumed.wallets_reused),
        money(resumed.swept_wei),
        money(resumed.fees_wei),
    )
}

/// A ceiling that what was asked does not fit under, in one sentence.
fn ceiling_sentence(ceiling: &Ceiling) -> String {
    let Ceiling { what, allows, asked, unit, because, advice, .. } = ceiling;
    let advice = advice.as_ref().map_or_else(String::new, |advice| format!("; {advice}"));
    format!("{what}: {asked:.1} {unit} asked, {allows:.1} allowed: {because}{advice}")
}
/// Where the run's money lies meanwhile, and what brings it back.
fn recovery_sentence(submit: SubmitMode, id: &RunId) -> String {
    match submit {
        SubmitMode::Own => {
            format!("With the relayer's key this id recovers every wallet: swell sweep {id}")
        }
        SubmitMode::Relayed => format!(
            "No user's wallet holds money; with the relayer's key this id recovers what its lanes hold: \
             swell sweep {id}"
        ),
        SubmitMode::Endpoint => {
            "No wallet of this run holds money: the target's relay pays for what users sign"
                .to_owned()
        }
    }
}
