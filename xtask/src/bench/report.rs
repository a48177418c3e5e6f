//! What the bench reads of a run's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The part of `report.json` that figures come from.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) run: RunFacts,
    pub(crate) arrivals: Arrivals,
    pub(crate) outcomes: Outcomes,
    pub(crate) throughput: Throughput,
    pub(crate) response_ms: Latency,
    pub(crate) schedule_lag_us: Lag,
    pub(crate) funding: Funding,
    pub(crate) steps: Vec<Step>,
    pub(crate) money: Money,
    /// Absent in virtual time.
    pub(crate) resources: Option<Resources>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RunFacts {
    pub(crate) duration_s: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Arrivals {
    pub(crate) started: u32,
    pub(crate) waited_for_place: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Outcomes {
    pub(crate) succeeded: u32,
    pub(crate) by_class: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Throughput {
    pub(crate) sustained_per_s: f64,
    pub(crate) offered_per_s: f64,
    pub(crate) window_start_s: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p95: f64,
}

/// How wallets were funded.
#[derive(Debug, Deserialize)]
pub(crate) struct Funding {
    pub(crate) wallets: u32,
    pub(crate) failed: u32,
    pub(crate) gas_per_wallet: f64,
    pub(crate) latency_ms: FundingLatency,
    pub(crate) wait_ms: FundingLatency,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FundingLatency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) response_ms: StepResponse,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StepResponse {
    pub(crate) max: f64,
}

impl Report {
    /// Of users that came at once: how long the last one waited for its wallet, seconds.
    pub(crate) fn last_wallet_s(&self) -> f64 {
        let step = self.steps.iter().find(|step| step.name == "wallet");
        step.map_or(0.0, |step| step.response_ms.max / 1e3)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Money {
    pub(crate) unexplained_wei: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Lag {
    pub(crate) p99: u32,
    pub(crate) max: u32,
}

/// What the load side used.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Resources {
    rss_peak_bytes: u64,
    pub(crate) cpu_seconds: f64,
}

impl Resources {
    #[expect(clippy::cast_precision_loss, reason = "a resident set is below 2⁵³ bytes")]
    pub(crate) fn rss_peak_mib(self) -> f64 {
        self.rss_peak_bytes as f64 / f64::from(1 << 20)
    }
}

/// `host.json` of a virtual run.
#[derive(Debug, Deserialize)]
pub(crate) struct Host {
    pub(crate) resources: Resources,
}

impl Report {
    /// What the load side used.
    pub(crate) fn used(&self) -> Result<Resources, String> {
        self.resources.ok_or_else(|| "The report says nothing of resources.".to_owned())
    }

    /// Successes of those that started, percent.
    pub(crate) fn success_percent(&self) -> f64 {
        100.0 * f64::from(self.outcomes.succeeded) / f64::from(self.arrivals.started.max(1))
    }
}

/// Reads a JSON file that a run left.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = fs::read(path).map_err(|error| format!("The run left no {name}: {error}."))?;
    serde_json::from_slice(&text).map_err(|error| format!("Could not read {name}: {error}."))
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn figures_are_read_and_what_is_not_known_is_left() {
        let text = r#"{"run": {"duration_s": 20.5, "id": "a"},
            "arrivals": {"started": 200, "waited_for_place": 3},
            "outcomes": {"succeeded": 150, "failed": 50, "by_class": {"network": 50}},
            "throughput": {"sustained_per_s": 9.5, "offered_per_s": 10.0, "window_start_s": 2.0},
            "response_ms": {"p95": 2.0}, "schedule_lag_us": {"p99": 7, "max": 9},
            "funding": {"wallets": 900, "failed": 0, "gas_per_wallet": 21000.0,
                "latency_ms": {"p50": 500.0, "p99": 1900.0, "max": 2000.0},
                "wait_ms": {"p50": 0.0, "p99": 4.0, "max": 5.0}},
            "money": {"unexplained_wei": "0"},
            "steps": [{"name": "wallet", "response_ms": {"max": 2000.0}}],
            "resources": {"rss_peak_bytes": 3145728, "cpu_seconds": 1.5}}"#;
        let report: Report = serde_json::from_str(text).unwrap();
        assert!((report.success_percent() - 75.0).abs() < 1e-9);
        assert!((report.used().unwrap().rss_peak_mib() - 3.0).abs() < 1e-9);
        assert_eq!(report.outcomes.by_class["network"], 50);
        assert!((report.last_wallet_s() - 2.0).abs() < 1e-9);
    }
}
