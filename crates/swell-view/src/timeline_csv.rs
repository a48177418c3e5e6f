//! The run over time as a table for spreadsheets and notebooks.

use swell_core::timeline::{Extremes, PointLatency, TimelinePoint};

use crate::human::number;

/// The columns, each with its unit last.
const COLUMNS: [&str; 37] = [
    "start_s",
    "end_s",
    "due",
    "started",
    "succeeded",
    "failed",
    "shed",
    "funded",
    "in_flight_min",
    "in_flight_max",
    "backlog_min",
    "backlog_max",
    "pool_ready_min",
    "pool_ready_max",
    "pool_funding_min",
    "pool_funding_max",
    "pool_sweeping_min",
    "pool_sweeping_max",
    "ended",
    "response_p50_ms",
    "response_p95_ms",
    "response_p99_ms",
    "response_max_ms",
    "service_p50_ms",
    "service_p95_ms",
    "service_p99_ms",
    "service_max_ms",
    "blocks",
    "gas_used",
    "gas_limit",
    "gas_ours",
    "fullest_block_percent",
    "base_fee_max_wei",
    "rss_max_bytes",
    "cpu_max_percent_of_core",
    "offered_per_s",
    "succeeded_per_s",
];

/// One line a stretch of the run, after a line of column names. What was not measured is empty.
///
/// # Errors
/// Nothing that numbers can cause.
pub fn timeline_csv(points: &[TimelinePoint]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for point in points {
        writer.write_record(line(point))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(point: &TimelinePoint) -> Vec<String> {
    let mut line = vec![number(point.start_s), number(point.end_s)];
    let counts =
        [point.due, point.started, point.succeeded, point.failed, point.shed, point.funded];
    line.extend(counts.map(|count| count.to_string()));
    let stands =
        [point.in_flight, point.backlog, point.pool_ready, point.pool_funding, point.pool_sweeping];
    line.extend(
        stands
            .into_iter()
            .flat_map(|Extremes { min, max, .. }| [min, max])
            .map(|stand| stand.to_string()),
    );
    line.push(point.response_ms.map_or(0, |latency| latency.count).to_string());
    line.extend(latency(point.response_ms));
    line.extend(latency(point.service_ms));
    line.extend(blocks(point));
    line.push(point.host.map_or_else(String::new, |host| host.rss_bytes_max.to_string()));
    line.push(point.host.map_or_else(String::new, |host| number(host.cpu_percent_of_core_max)));
    line.extend([point.due, point.succeeded].map(|count| number(point.per_s(count))));
    line
}

fn latency(latency: Option<PointLatency>) -> [String; 4] {
    let cells = latency.map(|latency| [latency.p50, latency.p95, latency.p99, latency.max]);
    cells.map_or_else(Default::default, |cells| cells.map(number))
}

fn blocks(point: &TimelinePoint) -> [String; 6] {
    let Some(blocks) = point.blocks else { return Default::default() };
    [
        blocks.count.to_string(),
        blocks.gas_used.to_string(),
        blocks.gas_limit.to_string(),
        blocks.gas_ours.to_string(),
        number(blocks.fullest_percent),
        blocks.base_fee_max.map_or_else(String::new, |fee| fee.0.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_stretch_is_a_line_with_every_column() {
        let report = sample::report();
        let text = timeline_csv(&report.timeline).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let lines: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), report.timeline.len());
        let due: u64 = lines.iter().map(|line| line[2].parse::<u64>().unwrap()).sum();
        assert_eq!(due, report.timeline.iter().map(|point| point.due).sum::<u64>());
        insta::assert_snapshot!(text.lines().take(14).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn what_was_not_measured_is_empty() {
        let text =
            timeline_csv(&[TimelinePoint { end_s: 1.0, ..TimelinePoint::default() }]).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line.split(',').count(), COLUMNS.len());
        assert!(line.contains(",0,,,,,,,,"), "{line}");
    }
}
