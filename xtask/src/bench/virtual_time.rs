//! The full scale in virtual time.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::figure::{Figure, Goal};
use super::options::Options;
use super::report::{self, Host};
use super::results::Part;
use super::swell::{self, Swell};

const REPEATS: u32 = 5;
const DEADLINE: Duration = Duration::from_secs(180);
const ARGUMENTS: &str = "--virtual --seed 1";
const GOAL_S: f64 = 10.0;

/// Repeats the run that every default makes, and compares the reports.
pub(crate) fn measure(swell: &Swell, _: &Options) -> Result<Part, String> {
    let mut wall_s = Vec::new();
    let mut rss_mib = Vec::new();
    let mut reports = Vec::new();
    let mut runs = Vec::new();
    for repeat in 1..=REPEATS {
        let scratch = swell::scratch(&format!("virtual/{repeat}"))?;
        let ended = swell.run(&scratch, ARGUMENTS, DEADLINE)?;
        let report = ended.report()?;
        let used = report::read::<Host>(&ended.folder.join("host.json"))?.resources;
        runs.push(json!({
            "arguments": ARGUMENTS,
            "wall_s": ended.wall.as_secs_f64(),
            "cpu_s": used.cpu_seconds,
            "rss_peak_mib": used.rss_peak_mib(),
            "virtual_s": report.run.duration_s,
            "started": report.arrivals.started,
            "success_percent": report.success_percent(),
        }));
        wall_s.push(ended.wall.as_secs_f64());
        rss_mib.push(used.rss_peak_mib());
        reports.push(
            fs::read(ended.folder.join("report.json"))
                .map_err(|error| format!("Could not read report.json: {error}."))?,
        );
    }
    let figures = vec![
        Figure::of("full scale in virtual time", "s", &wall_s).wanted(Goal::Below(GOAL_S)),
        Figure::of("memory at the peak, the sandbox included", "MiB", &rss_mib),
        Figure::of("reports equal to the first", "", &[equal_to_first(&reports)])
            .wanted(Goal::AtLeast(f64::from(REPEATS))),
    ];
    let how = "`swell run --virtual` with every default (1000 users at 3/s, S2K fast) and one \
               seed; wall time of the whole process; reports are compared byte by byte.";
    Ok(Part { how: how.to_owned(), figures, runs })
}

/// How many are the same as the first, itself included.
fn equal_to_first(reports: &[Vec<u8>]) -> f64 {
    let equal = reports.iter().filter(|report| Some(*report) == reports.first());
    equal.map(|_| 1.0).sum()
}

#[cfg(test)]
mod tests {
    use super::equal_to_first;

    #[test]
    fn reports_that_differ_are_counted_out() {
        let reports = [b"a".to_vec(), b"a".to_vec(), b"b".to_vec()];
        assert!((equal_to_first(&reports) - 2.0).abs() < 1e-9);
    }
}
