//! What is shipped for Prometheus and Grafana names metrics and labels that there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::catalogue::{CATALOGUE, Kind, LABELS, Metric};

/// Labels that whoever scrapes, writes or alerts puts on.
const TARGET_LABELS: [&str; 3] = ["job", "instance", "alertname"];

fn shipped(name: &str) -> String {
    let path = format!("{}/../../deploy/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every string under the key `wanted`, however deep.
fn strings<'a>(json: &'a Value, wanted: &str, found: &mut Vec<&'a str>) {
    match json {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Some(text) = value.as_str().filter(|_| key == wanted) {
                    found.push(text);
                }
                strings(value, wanted, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| strings(value, wanted, found)),
        _ => {}
    }
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// The metrics that a text names, each with the labels of its selector.
fn selectors(text: &str) -> Vec<(&str, Vec<&str>)> {
    let starts = text.match_indices("swell_").map(|(at, _)| at);
    let starts = starts.filter(|at| !text[..*at].ends_with(is_word));
    starts
        .map(|at| {
            let rest = &text[at..];
            let name = &rest[..rest.find(|char| !is_word(char)).unwrap_or(rest.len())];
            let labels = rest[name.len()..].strip_prefix('{').map(|matchers| {
                let matchers = &matchers[..matchers.find('}').unwrap()];
                matchers
                    .split(',')
                    .map(|matcher| matcher.trim().split(['=', '!']).next().unwrap())
                    .collect()
            });
            (name, labels.unwrap_or_default())
        })
        .collect()
}

/// What stands in parentheses after one of the words that group.
fn grouped(text: &str) -> Vec<&str> {
    let lists = ["by (", "on (", "without (", "ignoring ("].into_iter().flat_map(|word| {
        text.match_indices(word).map(|(at, _)| {
            let rest = &text[at + word.len()..];
            &rest[..rest.find(')').unwrap()]
        })
    });
    lists
        .flat_map(|list| list.split(',').map(str::trim))
        .filter(|label| !label.is_empty())
        .collect()
}

/// The metric that `name` is a series of, and whether the series has buckets.
fn metric(name: &str) -> Option<(&'static Metric, bool)> {
    let find = |wanted: &str| CATALOGUE.iter().copied().find(|metric| metric.name == wanted);
    if let Some(found) = find(name) {
        return Some((found, false));
    }
    ["_bucket", "_sum", "_count"].into_iter().find_map(|end| {
        let found = find(name.strip_suffix(end)?)?;
        (found.kind == Kind::Histogram).then_some((found, end == "_bucket"))
    })
}

/// Everything that is wrong with a text that holds one expression.
fn problems(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut there: BTreeSet<&str> = TARGET_LABELS.into();
    for (name, labels) in selectors(text) {
        let Some((metric, has_buckets)) = metric(name) else {
            problems.push(format!("{name} is no metric"));
            continue;
        };
        let mut known: BTreeSet<&str> = TARGET_LABELS.into();
        known.extend(metric.labels);
        known.extend(has_buckets.then_some("le"));
        let unknown = labels.iter().filter(|label| !known.contains(*label));
        problems.extend(unknown.map(|label| format!("{name} has no label {label}")));
        there.extend(known);
    }
    let unknown = grouped(text).into_iter().filter(|label| !there.contains(label));
    problems.extend(unknown.map(|label| format!("{label} is a label of nothing in: {text}")));
    problems
}

#[test]
fn what_is_not_in_step_is_found() {
    assert_eq!(problems("rate(swell_arrivals_gone_total[1m])").len(), 1);
    assert_eq!(problems(r#"swell_phase{stage="load"}"#).len(), 1);
    assert_eq!(problems("swell_phase_bucket").len(), 1);
    assert_eq!(problems("sum by (job, le) (swell_step_response_seconds)").len(), 1);
    let right =
        r#"sum by (job, step, le) (swell_step_response_seconds_bucket{step!="a", job="b"})"#;
    assert_eq!(selectors(right), [("swell_step_response_seconds_bucket", vec!["step", "job"])]);
    assert!(problems(right).is_empty());
}

#[test]
fn rules_name_metrics_and_labels_that_there_are() {
    for file in ["prometheus/swell.rules.yml", "prometheus/swell.rules.test.yml"] {
        let text = shipped(file);
        let alerts: Vec<&str> = text.split("- alert:").collect();
        let wrong: Vec<String> = alerts.iter().flat_map(|alert| problems(alert)).collect();
        assert!(wrong.is_empty(), "{file}: {wrong:#?}");
        assert!(!selectors(&text).is_empty());
    }
    let text = shipped("prometheus/swell.rules.yml");
    for (at, word) in text.match_indices("$labels.") {
        let rest = &text[at + word.len()..];
        let label = &rest[..rest.find(|char| !is_word(char)).unwrap()];
        let is_known = LABELS.iter().any(|known| known.name == label);
        assert!(is_known || TARGET_LABELS.contains(&label), "{label}");
    }
}

#[test]
fn the_dashboard_names_metrics_and_labels_that_there_are() {
    let board: Value = serde_json::from_str(&shipped("grafana/swell.json")).unwrap();
    let mut expressions = Vec::new();
    strings(&board["panels"], "expr", &mut expressions);
    assert!(expressions.len() > 40, "{} expressions", expressions.len());
    let wrong: Vec<String> = expressions.iter().flat_map(|text| problems(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let chosen = expressions.iter().filter(|text| text.contains(r#"{run_id=~"$run"}"#));
    assert_eq!(chosen.count(), expressions.len(), "every panel shows the chosen run");
    let mut legends = Vec::new();
    strings(&board["panels"], "legendFormat", &mut legends);
    for label in legends.iter().flat_map(|text| text.split("{{").skip(1)) {
        let label = label.split("}}").next().unwrap();
        assert!(label == "le" || LABELS.iter().any(|known| known.name == label), "{label}");
    }
}

#[test]
fn prometheus_scrapes_where_metrics_are_served() {
    // The default of --metrics, which the settings have.
    assert!(shipped("prometheus/prometheus.yml").contains(r#"targets: ["127.0.0.1:4681"]"#));
}
