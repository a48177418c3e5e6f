//! The report as `report.json`.

use swell_core::report::Report;

/// The report as indented JSON, its fields always in the same order. Ends with a newline.
///
/// # Errors
/// A number that JSON cannot hold.
pub fn report_json(report: &Report) -> Result<String, serde_json::Error> {
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// Every path that readers of the report may rely on; `[]` stands for the first of a list.
    const PATHS: &[&str] = &[
        "format verdict diagnosis",
        "run.{id,seed,version,duration_s}",
        "arrivals.{planned,due,started,shed,abandoned}",
        "outcomes.{succeeded,failed,by_class}",
        "throughput.{sustained_per_s,peak_per_s}",
        "response_ms.{mean,p50,p90,p95,p99,max}",
        "service_ms.{mean,p50,p90,p95,p99,max}",
        "steps.0.{name,count,errors,response_ms,service_ms}",
        "failures.0.{class,step,count,first_at_s,samples}",
        "failures.0.samples.0.{seq,wallet,tx,operation_id,status,body}",
        "schedule_lag_us.{p50,p99,max}",
        "funding.{wallets,latency_ms,wait_ms,gas_per_wallet,failed}",
        "funding.latency_ms.{p50,p95,p99,max}",
        "funding.wait_ms.{p50,p99,max}",
        "money.{start_wei,received_wei,end_wei,sent_wei,spent_wei,value_wei}",
        "money.{swept_wei,left_wei,in_doubt_wei,unexplained_wei,per_user_wei}",
        "resources.{rss_peak_bytes,cpu_seconds,cpu_percent,includes_sandbox}",
        "thresholds.0.{expr,value,limit,pass}",
        "ceilings.0",
        "inclusion.0.{tag,count,ms,blocks}",
        "inclusion.0.ms.{p50,p95,p99,max}",
        "inclusion.0.blocks.{p50,p95,p99,max}",
        "endpoints.0.{name,requests,errors,retries,rate_limited,head_lag_blocks_max,state}",
        "endpoints.0.latency_ms.{p50,p95,p99,max}",
        "storage.0.{provider,objects,bytes,errors,by_class,url_chars,url_gas}",
        "storage.0.latency_ms.{p50,p95,p99,max}",
    ];

    #[test]
    fn every_path_that_readers_rely_on_is_there() {
        let json = report_json(&sample::report()).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        for paths in PATHS {
            let (base, names) = match paths.split_once('{') {
                Some((base, names)) => (base, names.trim_end_matches('}')),
                None => ("", *paths),
            };
            for name in names.split([',', ' ']) {
                let pointer = format!("/{base}{name}").replace('.', "/");
                assert!(report.pointer(&pointer).is_some(), "{base}{name} is missing");
            }
        }
    }

    #[test]
    fn money_is_decimal_text() {
        let json = report_json(&sample::report()).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let money = report["money"].as_object().unwrap();
        for (name, amount) in money.iter().filter(|(name, _)| name.ends_with("_wei")) {
            assert!(amount.as_str().unwrap().parse::<i128>().is_ok(), "{name}");
        }
    }

    #[test]
    fn the_report_reads_back() {
        let report = sample::report();
        let read: Report = serde_json::from_str(&report_json(&report).unwrap()).unwrap();
        assert_eq!(read, report);
    }
}
