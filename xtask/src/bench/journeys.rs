//! Full journeys a second, against a sandbox in another process.

use std::time::Duration;

use serde_json::json;

use super::figure::{Figure, Goal};
use super::machine;
use super::options::Options;
use super::report::Report;
use super::results::Part;
use super::sandbox::{Sandbox, TARGET};
use super::swell::{self, Swell};

/// Arrivals per second of each step.
const RATES: [u32; 5] = [50, 100, 200, 300, 400];
/// Arrivals of a step go on for so long.
const STEP_S: u32 = 20;
/// Besides the arrivals: funding, the last journeys, sweeping.
const DEADLINE: Duration = Duration::from_secs(90 + STEP_S as u64);
/// On two cores, with the sandbox on the same.
const GOAL_PER_S: f64 = 300.0;

/// A step is held if so many users succeed,
const SUCCESS_PERCENT_MIN: f64 = 99.0;
/// and so large a part of what was due per second, of which the last are still under way.
const SUSTAINED_MIN: f64 = 0.95;

/// What one step measured.
struct Step {
    rate: u32,
    held: bool,
    sustained_per_s: f64,
    offered_per_s: f64,
    success_percent: f64,
    response_p95_ms: f64,
    lag_p99_us: u32,
    cpu_s: f64,
    cpu_us_per_journey: f64,
    rss_peak_mib: f64,
    sandbox_cpu_s: f64,
    /// Part of the machine that neither of the two used, nor left idle, percent.
    others_percent: f64,
}

/// What a run used beside what it reports.
struct Beside {
    sandbox_cpu_s: f64,
    /// CPU of the whole machine during the run.
    machine_cpu_s: f64,
    /// CPU there was: wall time on every core.
    there_was_s: f64,
}

/// Raises the rate step by step.
pub(crate) fn measure(swell: &Swell, _: &Options) -> Result<Part, String> {
    let mut steps = Vec::new();
    let mut runs = Vec::new();
    for rate in RATES {
        let (report, beside) = run(swell, rate)?;
        let step = Step::of(rate, &report, &beside)?;
        println!("{}", step.line());
        runs.push(step.json(&report));
        steps.push(step);
    }
    Ok(Part { how: how(), figures: figures(&steps), runs })
}

fn how() -> String {
    format!(
        "Poisson arrivals for {STEP_S} s a step, S2K fast, each step against a new sandbox in \
         another process on the same cores. A step is held if {SUCCESS_PERCENT_MIN} % of its users \
         succeed and {SUSTAINED_MIN} of what is due per second is sustained. CPU and memory are \
         the load side's; the sandbox's CPU is its whole process's. What others used of \
         the machine at the time is shown: they take from the figures."
    )
}

fn run(swell: &Swell, rate: u32) -> Result<(Report, Beside), String> {
    let scratch = swell::scratch(&format!("journeys/{rate}"))?;
    let sandbox = Sandbox::serve(swell, &scratch)?;
    let (sandbox_before, machine_before) = (sandbox.cpu_s()?, machine::busy_s()?);
    let ended = swell.run(&scratch, &arguments(rate), DEADLINE)?;
    let beside = Beside {
        sandbox_cpu_s: sandbox.cpu_s()? - sandbox_before,
        machine_cpu_s: machine::busy_s()? - machine_before,
        there_was_s: ended.wall.as_secs_f64() * machine::cores(),
    };
    Ok((ended.report()?, beside))
}

/// Places and wallets for 8 s a journey, twice what one takes; a lane for every 10 users/s.
fn arguments(rate: u32) -> String {
    let (users, places, lanes) = (rate * STEP_S, rate * 8, (rate / 10).max(5));
    format!(
        "--target {TARGET} --users {users} --rate {rate} --concurrency {places} \
         --pool-size {places} --funding-workers {lanes} --s2k fast --no-default-thresholds --seed 1"
    )
}

impl Beside {
    fn others_percent(&self, load_cpu_s: f64) -> f64 {
        let others_s = self.machine_cpu_s - self.sandbox_cpu_s - load_cpu_s;
        100.0 * others_s.max(0.0) / self.there_was_s
    }
}

impl Step {
    fn of(rate: u32, report: &Report, beside: &Beside) -> Result<Self, String> {
        let used = report.used()?;
        let throughput = &report.throughput;
        let success_percent = report.success_percent();
        Ok(Self {
            rate,
            held: success_percent >= SUCCESS_PERCENT_MIN
                && throughput.sustained_per_s >= SUSTAINED_MIN * throughput.offered_per_s,
            sustained_per_s: throughput.sustained_per_s,
            offered_per_s: throughput.offered_per_s,
            success_percent,
            response_p95_ms: report.response_ms.p95,
            lag_p99_us: report.schedule_lag_us.p99,
            cpu_s: used.cpu_seconds,
            cpu_us_per_journey: 1e6 * used.cpu_seconds / f64::from(report.arrivals.started.max(1)),
            rss_peak_mib: used.rss_peak_mib(),
            sandbox_cpu_s: beside.sandbox_cpu_s,
            others_percent: beside.others_percent(used.cpu_seconds),
        })
    }

    fn line(&self) -> String {
        format!(
            "  {}/s asked, {:.1}/s due, {:.1}/s sustained ({}), {:.2} % succeeded, p95 {:.0} ms, \
             lag p99 {} µs, {:.2} CPU s ({:.0} µs a journey), {:.1} MiB; sandbox {:.2} CPU s; \
             others {:.0} % of the machine",
            self.rate,
            self.offered_per_s,
            self.sustained_per_s,
            if self.held { "held" } else { "not held" },
            self.success_percent,
            self.response_p95_ms,
            self.lag_p99_us,
            self.cpu_s,
            self.cpu_us_per_journey,
            self.rss_peak_mib,
            self.sandbox_cpu_s,
            self.others_percent,
        )
    }

    fn json(&self, report: &Report) -> serde_json::Value {
        json!({
            "arguments": arguments(self.rate),
            "asked_per_s": self.rate,
            "due_per_s": self.offered_per_s,
            "sustained_per_s": self.sustained_per_s,
            "held": self.held,
            "started": report.arrivals.started,
            "waited_for_place": report.arrivals.waited_for_place,
            "success_percent": self.success_percent,
            "failed_by_class": report.outcomes.by_class,
            "response_p95_ms": self.response_p95_ms,
            "schedule_lag_p99_us": self.lag_p99_us,
            "cpu_s": self.cpu_s,
            "cpu_us_per_journey": self.cpu_us_per_journey,
            "rss_peak_mib": self.rss_peak_mib,
            "sandbox_cpu_s": self.sandbox_cpu_s,
            "others_percent_of_machine": self.others_percent,
        })
    }
}

/// The sustained rate of the fastest held step, and that step's other numbers.
fn figures(steps: &[Step]) -> Vec<Figure> {
    let held = steps.iter().filter(|step| step.held);
    let best = held.max_by(|a, b| a.sustained_per_s.total_cmp(&b.sustained_per_s));
    let sustained = best.map_or(0.0, |step| step.sustained_per_s);
    let mut figures = vec![
        Figure::of("journeys sustained", "/s", &[sustained]).wanted(Goal::AtLeast(GOAL_PER_S)),
    ];
    for step in steps {
        let name = |what: &str| format!("{}/s: {what}", step.rate);
        let sandbox_us = 1e6 * step.sandbox_cpu_s / f64::from(step.rate * STEP_S);
        figures.extend([
            Figure::of(name("sustained"), "/s", &[step.sustained_per_s]),
            Figure::of(name("succeeded"), "%", &[step.success_percent]),
            Figure::of(name("response p95"), "ms", &[step.response_p95_ms]),
            Figure::of(name("schedule lag p99"), "µs", &[f64::from(step.lag_p99_us)]),
            Figure::of(name("CPU a journey"), "µs", &[step.cpu_us_per_journey]),
            Figure::of(name("the sandbox's CPU a journey"), "µs", &[sandbox_us]),
            Figure::of(name("memory at the peak"), "MiB", &[step.rss_peak_mib]),
            Figure::of(name("machine used by others"), "%", &[step.others_percent]),
        ]);
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::{Beside, Step, arguments, figures};

    fn step(rate: u32, sustained_per_s: f64, held: bool) -> Step {
        Step {
            rate,
            held,
            sustained_per_s,
            offered_per_s: f64::from(rate),
            success_percent: 100.0,
            response_p95_ms: 3_000.0,
            lag_p99_us: 200,
            cpu_s: 1.0,
            cpu_us_per_journey: 2_000.0,
            rss_peak_mib: 40.0,
            sandbox_cpu_s: 1.0,
            others_percent: 0.0,
        }
    }

    #[test]
    fn only_a_held_step_counts() {
        let steps = [step(50, 50.0, true), step(100, 99.0, true), step(200, 150.0, false)];
        let best = &figures(&steps)[0];
        assert_eq!((best.value, best.met), (99.0, Some(false)));
        assert_eq!(figures(&[step(300, 301.0, true)])[0].met, Some(true));
        assert_eq!(figures(&[step(50, 10.0, false)])[0].met, Some(false));
    }

    #[test]
    fn others_are_what_neither_process_used() {
        let beside = Beside { sandbox_cpu_s: 3.0, machine_cpu_s: 10.0, there_was_s: 20.0 };
        assert!((beside.others_percent(2.0) - 25.0).abs() < 1e-9);
        assert!(beside.others_percent(8.0).abs() < 1e-9, "ticks round");
    }

    #[test]
    fn places_and_lanes_grow_with_the_rate() {
        let low = arguments(50);
        assert!(low.contains("--users 1000 ") && low.contains("--concurrency 400 "));
        assert!(low.contains("--funding-workers 5 "));
        assert!(arguments(300).contains("--funding-workers 30 "));
    }
}
