//! `swell view`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use swell_core::report::Report;
use swell_view::html::report_html;
use swell_view::web::{Shows, Site, serve};
use tokio_util::sync::CancellationToken;

use super::run::{Refusal, runtime};
use crate::args::ViewArgs;
use crate::connection::sentence;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::page::{Doorway, PageError, TOKEN_VARIABLE};
use crate::recovery::{GlanceError, read_report};
use crate::redact::redact;
use crate::results::{CONFIG_FILE, REPORT_FILE};
use crate::store::{RunStore, StoreError};
use crate::terminal;

/// Where the page is served unless it is told.
const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4680);

/// Why a run cannot be shown.
#[derive(Debug, thiserror::Error)]
enum ViewError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Report(#[from] GlanceError),
    #[error("the folder {} holds no {REPORT_FILE}: its run goes on, or did not live to write one", folder.display())]
    NoReport { folder: PathBuf },
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("{} could not be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl From<ViewError> for Refusal {
    fn from(error: ViewError) -> Self {
        Self { exit: Exit::Usage, words: sentence(&error) }
    }
}

/// Shows a run that has ended, until Ctrl-C, or writes its page to a file.
#[must_use]
pub fn view(args: &ViewArgs) -> Exit {
    let shown = runtime(false)
        .map_err(|error| Refusal::new(Exit::Failed, &error))
        .and_then(|runtime| runtime.block_on(perform(args)));
    match shown {
        Ok(()) => Exit::Passed,
        Err(refusal) => {
            terminal::complain(&format!("error: {}\n", refusal.words));
            refusal.exit
        }
    }
}

async fn perform(args: &ViewArgs) -> Result<(), Refusal> {
    let folder = find(&args.run).map_err(ViewError::from)?;
    let report: Report = read_report(&folder)
        .map_err(ViewError::from)?
        .ok_or_else(|| ViewError::NoReport { folder: folder.clone() })?;
    let configuration = std::fs::read_to_string(folder.join(CONFIG_FILE)).ok();
    // The file is the owner's own; a page is shown to others.
    let configuration = configuration.map(|text| redact(&text).into_owned());
    if let Some(path) = &args.html {
        return Ok(write(path, &report, configuration.as_deref())?);
    }
    let doorway = open(args)?;
    terminal::print(&format!("run {} at {}\nCtrl-C ends it\n", plain_id(&report), doorway.url));
    for warning in &doorway.warnings {
        terminal::complain(&format!("warning: {warning}\n"));
    }
    let mut interrupts =
        Interrupts::listen(false).map_err(|error| Refusal::new(Exit::Failed, &error))?;
    let site = Site {
        guard: doorway.guard,
        shows: Shows::Report { report: Box::new(report), configuration },
    };
    tokio::select! {
        biased;
        () = interrupts.next() => {}
        () = serve(doorway.listener, site, CancellationToken::new()) => {}
    }
    Ok(())
}

/// The run's id, as far as it can be one: a report from elsewhere must not steer the terminal.
fn plain_id(report: &Report) -> String {
    report.run.id.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The folder of a run: `run` itself, or the one that the store knows by that id.
fn find(run: &Path) -> Result<PathBuf, StoreError> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    let store = RunStore::open(|name| std::env::var(name).ok())?;
    store.find_run(&run.to_string_lossy())
}

/// Opens the door where it was asked for, else where there is room.
fn open(args: &ViewArgs) -> Result<Doorway, ViewError> {
    let token = std::env::var(TOKEN_VARIABLE).ok();
    let at = |address| Doorway::open(address, token.as_deref());
    let opened = match args.web {
        Some(address) => at(address.0),
        None => at(DEFAULT).or_else(|_| at(SocketAddr::new(DEFAULT.ip(), 0))),
    };
    Ok(opened?)
}

fn write(path: &Path, report: &Report, configuration: Option<&str>) -> Result<(), ViewError> {
    std::fs::write(path, report_html(report, configuration))
        .map_err(|source| ViewError::Write { path: path.to_owned(), source })?;
    terminal::print(&format!("run {} written to {}\n", plain_id(report), path.display()));
    Ok(())
}
