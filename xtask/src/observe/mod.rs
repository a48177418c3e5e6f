//! `cargo xtask observe`: a real Prometheus scrapes a run, and what is shipped for it finds data.
//!
//! Two of them: one that reads native histograms, and one that reads classic ones and is written to
//! besides. A collector that is not there shows that the run does not mind, and makes an alert fire.

mod prometheus;

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Process, wait_every};
use crate::{Outcome, shell, tools};
use prometheus::Prometheus;

/// Names a binary to watch instead of building one.
const BINARY_VARIABLE: &str = "SWELL_BIN";
/// Where configuration, data and the run go.
const SCRATCH: &str = "target/observe";
/// What is shipped.
const DEPLOY: &str = "deploy/prometheus";
const DASHBOARD: &str = "deploy/grafana/swell.json";
/// The address in the shipped configuration.
const SHIPPED_ADDRESS: &str = "127.0.0.1:4681";
/// 30 s of load: panels have something to show before it ends.
const LOAD: [&str; 8] = ["--users", "150", "--rate", "5", "--s2k", "fast", "--ui", "off"];
/// Nobody listens at port 1.
const NOBODY: &str = "http://127.0.0.1:1";
const READY_WITHIN: Duration = Duration::from_secs(45);
const RUN_WITHIN: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(250);
/// The alert that the collector that is not there must set off.
const FIRES: &str = "SwellViewLosing";

/// Checks the rules, runs everything, and asks every panel and every alert.
pub(crate) fn run() -> Outcome {
    tools::install_prometheus()?;
    for check in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "swell.rules.yml"],
        ["test", "rules", "swell.rules.test.yml"],
    ] {
        let folder = shell::root().join(DEPLOY);
        shell::run(shell::program("promtool").current_dir(folder).args(check))?;
    }
    let swell = find_swell()?;
    let scratch = shell::root().join(SCRATCH);
    let _absent = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).map_err(|error| format!("Could not make {SCRATCH}: {error}."))?;
    let [metrics, native, classic] = free_ports()?;
    configure(&scratch, metrics)?;
    let native = Prometheus::start(&scratch, native, "--enable-feature=native-histograms")?;
    let classic = Prometheus::start(&scratch, classic, "--web.enable-remote-write-receiver")?;
    let mut run = start_run(&swell, &scratch, metrics, &classic)?;
    wait_until_there_is_much_to_see(&mut run, &native, &classic)?;
    lint(&scratch, metrics)?;
    for (kind, prometheus) in [("native", &native), ("classic", &classic)] {
        let panels = panels_have_data(prometheus)?;
        let alerts = alerts_can_fire(prometheus)?;
        let median =
            prometheus.number("max(quantile_over_time(0.5, scrape_duration_seconds[1m]))")?;
        let slowest = prometheus.number("max(max_over_time(scrape_duration_seconds[1m]))")?;
        println!(
            "{kind} histograms: {panels} expressions of the dashboard and {alerts} alerts have data; \
             a scrape took {:.1} ms, the slowest {:.1} ms",
            1000.0 * median,
            1000.0 * slowest
        );
    }
    let status = run.wait(RUN_WITHIN)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("The run that was watched failed: {status}."))
    }
}

/// The binary that `SWELL_BIN` names, or else one of this repository.
fn find_swell() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(BINARY_VARIABLE) {
        let named = PathBuf::from(named);
        return fs::canonicalize(&named).map_err(|error| {
            format!("{BINARY_VARIABLE} names no program ({}): {error}.", named.display())
        });
    }
    // With the features that the tests were built with: nothing is built twice.
    shell::run(shell::cargo().args(["build", "--workspace", "--bins"]))?;
    Ok(shell::root().join("target/debug/swell"))
}

/// Ports that were free a moment ago.
fn free_ports() -> Result<[u16; 3], String> {
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|held| Ok((held.local_addr()?, held)));
    let mut ports = [0; 3];
    let mut held = Vec::new();
    for port in &mut ports {
        let (address, listener) = free().map_err(|error| format!("No port is free: {error}."))?;
        *port = address.port();
        held.push(listener);
    }
    Ok(ports)
}

/// The shipped configuration, for another port and at a quicker pace.
fn configure(scratch: &Path, metrics: u16) -> Outcome {
    let here = |name: &str| shell::root().join(DEPLOY).join(name);
    let trouble =
        |path: PathBuf| move |error| format!("Could not copy {}: {error}.", path.display());
    let (config, rules) = (here("prometheus.yml"), here("swell.rules.yml"));
    let text = fs::read_to_string(&config).map_err(trouble(config.clone()))?;
    let text = text.replace(SHIPPED_ADDRESS, &format!("127.0.0.1:{metrics}"));
    let text = text.replace("_interval: 5s", "_interval: 1s");
    fs::write(scratch.join("prometheus.yml"), text).map_err(trouble(config))?;
    let copied = fs::copy(&rules, scratch.join("swell.rules.yml"));
    copied.map(drop).map_err(trouble(rules))
}

fn start_run(
    program: &Path,
    scratch: &Path,
    metrics: u16,
    written: &Prometheus,
) -> Result<Process, String> {
    let mut swell = Command::new(program);
    let names = env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("SWELL_")) {
        swell.env_remove(name);
    }
    let address = format!("127.0.0.1:{metrics}");
    swell.current_dir(scratch).env("SWELL_HOME", scratch.join("home")).arg("run").args(LOAD);
    swell.args([&format!("--metrics={address}"), "--remote-write", &written.write_url()]);
    // Traces would be lost too.
    swell.args(["--otlp", NOBODY, "--traces", "0%"]).stdin(Stdio::null()).stdout(Stdio::null());
    Process::start(&mut swell)
}

/// Scraped, written, and with something lost.
fn wait_until_there_is_much_to_see(
    run: &mut Process,
    native: &Prometheus,
    classic: &Prometheus,
) -> Outcome {
    let scraped = r#"swell_journeys_total{outcome="succeeded", instance=~"127.*"} > 30"#;
    let written = r#"swell_journeys_total{outcome="succeeded", instance!~"127.*"} > 30"#;
    // Rules are evaluated a moment after what they look at was scraped.
    let lost = format!(r#"ALERTS{{alertname="{FIRES}", alertstate="firing"}} == 1"#);
    let lost = lost.as_str();
    let wanted = [
        (native, scraped),
        (classic, scraped),
        (classic, written),
        (native, lost),
        (classic, lost),
    ];
    for (prometheus, expression) in wanted {
        let found = wait_every(ASK_EVERY, READY_WITHIN, || {
            if let Some(status) = run.ended()? {
                return Err(format!("The run ended before Prometheus had seen it: {status}."));
            }
            // It may not be up yet.
            Ok(prometheus.has(expression).ok().filter(|has| *has))
        })?;
        found.ok_or_else(|| {
            format!("Prometheus found nothing for `{expression}` within {READY_WITHIN:?}.")
        })?;
    }
    Ok(())
}

/// Lets promtool judge names, units and help.
fn lint(scratch: &Path, metrics: u16) -> Outcome {
    let path = scratch.join("metrics.txt");
    let trouble = |error| format!("Could not keep {}: {error}.", path.display());
    fs::write(&path, prometheus::page(metrics, "/metrics")?).map_err(trouble)?;
    let text = fs::File::open(&path).map_err(trouble)?;
    shell::run(shell::program("promtool").args(["check", "metrics"]).stdin(text))
}

/// How many expressions the dashboard has; each must have data.
fn panels_have_data(prometheus: &Prometheus) -> Result<usize, String> {
    let text = fs::read_to_string(shell::root().join(DASHBOARD))
        .map_err(|error| format!("Could not read {DASHBOARD}: {error}."))?;
    let board: Value = serde_json::from_str(&text)
        .map_err(|error| format!("{DASHBOARD} is not JSON: {error}."))?;
    let mut expressions = Vec::new();
    collect(&board["panels"], &mut expressions);
    for expression in &expressions {
        if !prometheus.has(&as_grafana_asks(expression))? {
            return Err(format!("{DASHBOARD}: nothing to show for `{expression}`."));
        }
    }
    Ok(expressions.len())
}

/// Every expression, however deep.
fn collect<'a>(json: &'a Value, found: &mut Vec<&'a str>) {
    match json {
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str));
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// An expression with the variables that Grafana fills in.
fn as_grafana_asks(expression: &str) -> String {
    expression.replace("$__rate_interval", "15s").replace("$run", ".+")
}

/// How many alerts there are; each must be evaluated, and what it looks at must be there.
fn alerts_can_fire(prometheus: &Prometheus) -> Result<usize, String> {
    let rules = prometheus.get("/api/v1/rules")?;
    let groups = rules["groups"].as_array().ok_or("Prometheus told no rules.")?;
    let rules: Vec<&Value> =
        groups.iter().filter_map(|group| group["rules"].as_array()).flatten().collect();
    for rule in &rules {
        let (name, query) = (&rule["name"], rule["query"].as_str().unwrap_or_default());
        if rule["health"] != "ok" {
            return Err(format!("The alert {name} is {}: {}.", rule["health"], rule["lastError"]));
        }
        for metric in metrics(query) {
            // Either kind of histogram: rules ask for both, and a Prometheus has one.
            let base = metric.trim_end_matches("_bucket");
            if !prometheus.has(&format!(r#"count({{__name__=~"{base}|{base}_bucket"}})"#))? {
                return Err(format!("The alert {name} looks at {metric}, which is not there."));
            }
        }
        if name == FIRES && rule["state"] != "firing" {
            return Err(format!("The alert {name} is {}; it was expected to fire.", rule["state"]));
        }
    }
    if rules.iter().all(|rule| rule["name"] != FIRES) {
        return Err(format!("There is no alert {FIRES}."));
    }
    Ok(rules.len())
}

/// Every metric of ours in an expression.
fn metrics(expression: &str) -> Vec<&str> {
    let words = expression.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    words.filter(|word| word.starts_with("swell_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_expression_looks_at_is_found() {
        let expression = r#"rate(swell_a_total{x="y"}[5m]) / swell_b > 1 and on (job) other"#;
        assert_eq!(metrics(expression), ["swell_a_total", "swell_b"]);
    }

    #[test]
    fn variables_of_grafana_are_filled_in() {
        let asked = as_grafana_asks(r#"rate(a{run=~"$run"}[$__rate_interval])"#);
        assert_eq!(asked, r#"rate(a{run=~".+"}[15s])"#);
    }

    #[test]
    fn expressions_are_found_in_rows_too() {
        let board = serde_json::json!([{"panels": [{"targets": [{"expr": "a"}]}]}, {"expr": "b"}]);
        let mut found = Vec::new();
        collect(&board, &mut found);
        assert_eq!(found, ["a", "b"]);
    }
}
