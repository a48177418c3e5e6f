//! Failures by class and step, each with its first few in full context.

use std::collections::BTreeMap;
use std::mem::{size_of, take};

use super::JourneyRecord;
use crate::journey::{Failure, FailureClass, FailureDetail, JourneySpec, StepId};
use crate::report::{FailureRow, FailureSample};
use crate::time::RunOffset;

/// Longest hash or operation id kept of a failure, characters.
const ID_CHARS_MAX: usize = 200;

/// Failures by class and step: at most as many rows as there are classes times steps.
#[derive(Clone, Debug, Default)]
pub(super) struct FailureTable {
    rows: BTreeMap<(FailureClass, StepId), Row>,
}

#[derive(Clone, Debug)]
struct Row {
    count: u64,
    first_at: RunOffset,
    /// The earliest, in order of when they ended.
    samples: Vec<(RunOffset, FailureSample)>,
    /// The latest, once there are more than are kept.
    last: Option<(RunOffset, FailureSample)>,
}

impl FailureTable {
    pub(super) fn record(&mut self, record: &JourneyRecord, failure: &Failure) {
        let row = self.rows.entry((failure.class, failure.step)).or_insert_with(|| Row {
            count: 0,
            first_at: record.ended,
            samples: Vec::new(),
            last: None,
        });
        row.count += 1;
        row.first_at = row.first_at.min(record.ended);
        let (seq, wallet) = (record.seq, record.wallet.as_deref().map(cut));
        let sample =
            (record.ended, FailureSample { seq, wallet, detail: bounded(&failure.detail) });
        if row.samples.len() < FailureRow::SAMPLES_MAX {
            row.samples.push(sample);
        } else {
            row.last = later(row.last.take(), sample);
        }
    }

    /// Moves all of `other` here.
    pub(super) fn absorb(&mut self, other: &mut Self) {
        for (key, theirs) in take(&mut other.rows) {
            let Some(mine) = self.rows.get_mut(&key) else {
                self.rows.insert(key, theirs);
                continue;
            };
            mine.count += theirs.count;
            mine.first_at = mine.first_at.min(theirs.first_at);
            mine.samples.extend(theirs.samples);
            mine.samples.sort_by_key(|(at, sample)| (*at, sample.seq));
            let beyond = mine.samples.split_off(FailureRow::SAMPLES_MAX.min(mine.samples.len()));
            for sample in beyond.into_iter().chain(theirs.last) {
                mine.last = later(mine.last.take(), sample);
            }
        }
    }

    /// Most frequent first; ties in the order of classes and steps.
    pub(super) fn rows(&self, spec: &JourneySpec) -> Vec<FailureRow> {
        let mut rows: Vec<FailureRow> = self
            .rows
            .iter()
            .map(|((class, step), row)| FailureRow {
                class: class.label().to_owned(),
                step: spec.name_of(*step).to_owned(),
                count: row.count,
                first_at_s: row.first_at.as_secs_f64(),
                samples: row.samples.iter().map(|(_, sample)| sample.clone()).collect(),
                last: row.last.as_ref().map(|(_, sample)| sample.clone()),
            })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.count));
        rows
    }

    pub(super) fn count_of(&self, class: FailureClass) -> u64 {
        self.rows.iter().filter(|((of, _), _)| *of == class).map(|(_, row)| row.count).sum()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::capacity);
        let sample = |sample: &FailureSample| {
            let detail = &sample.detail;
            text(&sample.wallet)
                + text(&detail.tx)
                + text(&detail.operation_id)
                + text(&detail.body)
                + size_of::<(RunOffset, FailureSample)>()
        };
        let row = |row: &Row| {
            size_of::<((FailureClass, StepId), Row)>()
                + row.samples.iter().chain(&row.last).map(|(_, s)| sample(s)).sum::<usize>()
        };
        self.rows.values().map(row).sum()
    }
}

/// The later of what was the latest and `sample`.
fn later(
    latest: Option<(RunOffset, FailureSample)>,
    sample: (RunOffset, FailureSample),
) -> Option<(RunOffset, FailureSample)> {
    let place = |(at, sample): &(RunOffset, FailureSample)| (*at, sample.seq);
    match latest {
        Some(latest) if place(&latest) >= place(&sample) => Some(latest),
        _ => Some(sample),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(ID_CHARS_MAX).collect()
}

fn bounded(detail: &FailureDetail) -> FailureDetail {
    let bounded = FailureDetail {
        tx: detail.tx.as_deref().map(cut),
        operation_id: detail.operation_id.as_deref().map(cut),
        status: detail.status,
        body: None,
    };
    match &detail.body {
        Some(body) => bounded.with_body(body),
        None => bounded,
    }
}
