//! What it costs to be watched: throughput with every exporter on, a scrape, and the page of a day.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::clock::{Stopwatch, wait_for};
use super::figure::{Figure, Goal};
use super::options::Options;
use super::report::Report;
use super::results::Part;
use super::sandbox::{Sandbox, TARGET};
use super::sink::{Sink, get};
use super::swell::{self, Swell};

/// Arrivals per second.
const RATE: u32 = 300;
/// For so long.
const LOAD_S: u32 = 20;
/// Besides the arrivals: funding, the last journeys, sweeping.
const DEADLINE: Duration = Duration::from_secs(90 + LOAD_S as u64);
/// Runs without and with views, by turns.
const PAIRS: usize = 3;
/// Between two scrapes.
const SCRAPED_EVERY: Duration = Duration::from_secs(1);
/// Of what is sustained without.
const THROUGHPUT_MIN: f64 = 0.95;
const SCRAPE_MS_MAX: f64 = 10.0;
const PAGE_S_MAX: f64 = 2.0;

/// A day in virtual time, with few users: its page is drawn from as many points as any.
const DAY: &str =
    "--virtual --duration 24h --users 2000 --rate 0.023 --no-default-thresholds --seed 1";
const DAY_DEADLINE: Duration = Duration::from_secs(300);

/// Runs with and without views, by turns, on the same machine in the same minutes.
pub(crate) fn measure(swell: &Swell, options: &Options) -> Result<Part, String> {
    let pairs = if options.quick { 1 } else { PAIRS };
    let (mut throughput, mut cpu, mut scrapes, mut runs) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let without = run(swell, &format!("views/without-{pair}"), "")?;
        let watched = watched_run(swell, pair)?;
        throughput
            .push(watched.report.throughput.sustained_per_s / without.throughput.sustained_per_s);
        cpu.push(cpu_us(&watched.report)? / cpu_us(&without)?);
        scrapes.extend(watched.scrapes_ms);
        runs.push(json!({
            "without_per_s": without.throughput.sustained_per_s,
            "with_per_s": watched.report.throughput.sustained_per_s,
            "without_cpu_us": cpu_us(&without)?,
            "with_cpu_us": cpu_us(&watched.report)?,
            "pushes": watched.pushes,
            "scrape_bytes": watched.scrape_bytes,
        }));
    }
    let page_s = page_of_a_day(swell)?;
    let figures = vec![
        Figure::of("throughput with every view on, of without", "", &throughput)
            .wanted(Goal::AtLeast(THROUGHPUT_MIN)),
        Figure::of("CPU a journey with every view on, of without", "", &cpu),
        Figure::of("scrape of /metrics", "ms", &scrapes).wanted(Goal::Below(SCRAPE_MS_MAX)),
        Figure::of("page of a day, the whole process", "s", &[page_s])
            .wanted(Goal::Below(PAGE_S_MAX)),
    ];
    Ok(Part { how: how(), figures, runs })
}

fn how() -> String {
    format!(
        "{RATE} users/s for {LOAD_S} s, S2K fast, against a new sandbox in another process on the same \
         cores, without views and with --metrics (scraped every second), --web, --events, \
         --remote-write and --otlp with 1 % of users traced (both to a server in the bench that accepts \
         everything), by turns. The page is that of 24 h in virtual time, made by `swell view --html`."
    )
}

fn arguments() -> String {
    let (users, places, lanes) = (RATE * LOAD_S, RATE * 8, RATE / 10);
    format!(
        "--target {TARGET} --users {users} --rate {RATE} --concurrency {places} --pool-size {places} \
         --funding-workers {lanes} --s2k fast --no-default-thresholds --seed 1"
    )
}

fn run(swell: &Swell, name: &str, views: &str) -> Result<Report, String> {
    let scratch = swell::scratch(name)?;
    let _sandbox = Sandbox::serve(swell, &scratch)?;
    swell.run(&scratch, &format!("{}{views}", arguments()), DEADLINE)?.report()
}

/// A run with every view on.
struct Watched {
    report: Report,
    scrapes_ms: Vec<f64>,
    scrape_bytes: usize,
    pushes: u64,
}

fn watched_run(swell: &Swell, pair: usize) -> Result<Watched, String> {
    let sink = Sink::open()?;
    let (metrics, web) = (free_address()?, free_address()?);
    let to = sink.address;
    let views = format!(
        " --metrics={metrics} --web={web} --events events.jsonl --remote-write http://{to}/api/v1/write \
         --otlp http://{to} --traces 1%"
    );
    let over = Arc::new(AtomicBool::new(false));
    let scraping = {
        let over = Arc::clone(&over);
        thread::spawn(move || scrape(metrics, &over))
    };
    let report = run(swell, &format!("views/with-{pair}"), &views);
    over.store(true, Ordering::Relaxed);
    let pages = scraping.join().map_err(|_| "The scraper panicked.".to_owned())?;
    let report = report?;
    if pages.is_empty() {
        return Err("/metrics could not be scraped once during the run.".to_owned());
    }
    if sink.requests() == 0 {
        return Err("Nothing was pushed during the run.".to_owned());
    }
    Ok(Watched {
        report,
        scrapes_ms: pages.iter().map(|(ms, _)| *ms).collect(),
        scrape_bytes: pages.iter().map(|(_, bytes)| *bytes).max().unwrap_or_default(),
        pushes: sink.requests(),
    })
}

/// Scrapes until the run is over; before it serves, and after, there is nothing to read.
fn scrape(metrics: SocketAddr, over: &AtomicBool) -> Vec<(f64, usize)> {
    let mut pages = Vec::new();
    loop {
        if let Ok(page) = get(metrics, "/metrics") {
            pages.push((page.took_ms, page.bytes));
        }
        if let Ok(Some(())) =
            wait_for(SCRAPED_EVERY, || Ok(over.load(Ordering::Relaxed).then_some(())))
        {
            return pages;
        }
    }
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr, String> {
    let cannot = |error| format!("Could not find a free port on 127.0.0.1: {error}.");
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(cannot)
}

fn cpu_us(report: &Report) -> Result<f64, String> {
    let used = report.used()?;
    Ok(1e6 * used.cpu_seconds / f64::from(report.arrivals.started.max(1)))
}

fn page_of_a_day(swell: &Swell) -> Result<f64, String> {
    let scratch = swell::scratch("views/day")?;
    let ended = swell.run(&scratch, DAY, DAY_DEADLINE)?;
    let mut command = swell.command(&scratch);
    command.arg("view").arg(&ended.folder).args(["--html", "day.html"]);
    let watch = Stopwatch::start();
    let status = super::Process::start(&mut command)?.wait(DEADLINE)?;
    let took_s = watch.elapsed().as_secs_f64();
    if !scratch.join("day.html").is_file() {
        return Err(format!("`swell view --html` left no page: {status}."));
    }
    Ok(took_s)
}
