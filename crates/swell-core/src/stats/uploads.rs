//! Uploads: how many, how large, how long, and how long their URLs are.

use std::collections::BTreeMap;
use std::time::Duration;

use super::LatencyHistogram;
use crate::journey::FailureClass;
use crate::report::StorageRow;
use crate::units::Gas;

/// What became of the uploads to one provider. Its memory does not grow with their number.
#[derive(Clone, Debug, Default)]
pub struct UploadStats {
    objects: u64,
    bytes: u64,
    url_chars: u64,
    failed: BTreeMap<FailureClass, u64>,
    time: LatencyHistogram,
}

impl UploadStats {
    /// Adds an upload of `bytes` octets, which gave a URL of `url_chars` characters.
    pub fn succeed(&mut self, time: Duration, bytes: u64, url_chars: u64) {
        self.objects += 1;
        self.bytes += bytes;
        self.url_chars += url_chars;
        self.time.record(time);
    }

    /// Adds an upload that failed.
    pub fn fail(&mut self, time: Duration, class: FailureClass) {
        *self.failed.entry(class).or_default() += 1;
        self.time.record(time);
    }

    /// The figures a report shows; `None` when nothing was uploaded or tried.
    #[must_use]
    pub fn row(&self, provider: &str) -> Option<StorageRow> {
        let errors: u64 = self.failed.values().sum();
        if self.objects + errors == 0 {
            return None;
        }
        let url_chars = self.url_chars as f64 / self.objects.max(1) as f64;
        Some(StorageRow {
            provider: provider.to_owned(),
            objects: self.objects,
            bytes: self.bytes,
            errors,
            by_class: self.failed.iter().map(|(class, n)| (class.label().into(), *n)).collect(),
            latency_ms: self.time.latency(),
            url_chars: (url_chars * 10.0).round() / 10.0,
            url_gas: url_gas(url_chars).0,
        })
    }
}

/// Gas that the URLs of a user's two objects cost on the chain, at `chars` characters each.
///
/// # Source
/// The gas of a whole call at URLs of 60, 240, 578 and 859 characters, measured with the
/// contracts' sources, between which it runs along straight lines; less what it would be at none.
#[must_use]
pub fn url_gas(chars: f64) -> Gas {
    const MEASURED: [(f64, f64); 4] =
        [(60.0, 1_510_000.0), (240.0, 1_790_000.0), (578.0, 2_300_000.0), (859.0, 2_670_000.0)];
    let at = |chars: f64| {
        // The last line goes on for ever, the first one back to nothing.
        let line = MEASURED.windows(2).find(|line| chars <= line[1].0);
        let [(x0, y0), (x1, y1)] = line.map_or([MEASURED[2], MEASURED[3]], |l| [l[0], l[1]]);
        y0 + (chars - x0) * (y1 - y0) / (x1 - x0)
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of gas")]
    Gas((at(chars.max(0.0)) - at(0.0)).round() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_never_used_has_no_row() {
        assert_eq!(UploadStats::default().row("gcs"), None);
    }

    #[test]
    fn a_row_tells_what_uploads_were() {
        let mut stats = UploadStats::default();
        stats.succeed(Duration::from_millis(10), 100, 570);
        stats.succeed(Duration::from_millis(30), 50, 580);
        stats.fail(Duration::from_millis(20), FailureClass::ServerError);
        let row = stats.row("gcs").unwrap();
        assert_eq!((row.objects, row.bytes, row.errors), (2, 150, 1));
        assert_eq!(row.by_class, BTreeMap::from([("server-error".to_owned(), 1)]));
        assert!((row.url_chars - 575.0).abs() < f64::EPSILON);
        assert!((row.latency_ms.max - 30.0).abs() < 0.1);
    }

    #[test]
    fn gas_is_what_was_measured() {
        let (none, short, long) = (url_gas(0.0), url_gas(60.0), url_gas(859.0));
        assert_eq!(none, Gas(0));
        assert_eq!(long.0 - short.0, 1_160_000);
        assert_eq!(url_gas(859.0).0 - url_gas(578.0).0, 370_000);
    }

    proptest! {
        #[test]
        fn a_longer_url_never_costs_less(chars in 0.0..3_000.0_f64, more in 0.0..100.0_f64) {
            prop_assert!(url_gas(chars) <= url_gas(chars + more));
        }
    }
}
