//! Traces: which users have one, and the ids in it. Ids are hashes, so that nobody keeps any.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::journey::StepId;
use crate::seed::Seed;
use crate::time::RunOffset;

/// The id of one user's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub [u8; 16]);

/// The id of one span of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub [u8; 8]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A span of a user's trace: what a request tells the target, so that its own spans hang below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The span in it.
    pub span_id: SpanId,
}

impl TraceContext {
    /// The user's own span, above all its steps.
    #[must_use]
    pub fn root(trace_id: TraceId) -> Self {
        Self { trace_id, span_id: span_id(trace_id, &[b"user"]) }
    }

    /// The span of a `step` of the same user that was sent at `sent`. A step that is done twice has
    /// two.
    #[must_use]
    pub fn step(self, step: StepId, sent: RunOffset) -> Self {
        let sent = sent.since_start().as_nanos().to_le_bytes();
        Self { span_id: span_id(self.trace_id, &[b"step", &[step.0], &sent]), ..self }
    }

    /// The span of the same user's wait for a place.
    #[must_use]
    pub fn wait(self) -> Self {
        Self { span_id: span_id(self.trace_id, &[b"wait"]), ..self }
    }

    /// The value of a W3C `traceparent` header that says: sampled, and below this span.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace_id, self.span_id)
    }
}

/// Says which users of a run have a trace: the same ones whenever the seed is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSampler {
    seed: Seed,
    run: String,
    /// Of 2^32 users, so many.
    share: u64,
}

impl TraceSampler {
    /// Traces a `share` of users, from 0 to 1, of the run called `run`. `None` when that is nobody.
    #[must_use]
    pub fn new(share: f64, seed: Seed, run: impl Into<String>) -> Option<Self> {
        const ALL: f64 = 4_294_967_296.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped just before, and a float cast saturates"
        )]
        let share = (share.clamp(0.0, 1.0) * ALL).round() as u64;
        (share > 0).then(|| Self { seed, run: run.into(), share })
    }

    /// The root span of user `seq`, if that one has a trace.
    #[must_use]
    pub fn user(&self, seq: u64) -> Option<TraceContext> {
        let drawn = hash(&[b"sampled", &self.seed.0.to_le_bytes(), &seq.to_le_bytes()]);
        let drawn = u32::from_le_bytes([drawn[0], drawn[1], drawn[2], drawn[3]]);
        if u64::from(drawn) >= self.share {
            return None;
        }
        let id = hash(&[b"trace", self.run.as_bytes(), &seq.to_le_bytes()]);
        let mut trace_id = [0; 16];
        trace_id.copy_from_slice(&id[..16]);
        Some(TraceContext::root(TraceId(trace_id)))
    }
}

fn span_id(trace_id: TraceId, parts: &[&[u8]]) -> SpanId {
    let all: Vec<&[u8]> = std::iter::once(&trace_id.0[..]).chain(parts.iter().copied()).collect();
    let hash = hash(&all);
    let mut id = [0; 8];
    id.copy_from_slice(&hash[..8]);
    SpanId(id)
}

/// All zeros, which is no valid id, does not happen: the chance is that of breaking the hash.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sampled(share: f64, seed: u64) -> Vec<u64> {
        let sampler = TraceSampler::new(share, Seed(seed), "r1").unwrap();
        (0..10_000).filter(|seq| sampler.user(*seq).is_some()).collect()
    }

    #[test]
    fn the_share_is_kept_and_the_seed_says_who() {
        assert_eq!(TraceSampler::new(0.0, Seed(1), "r1"), None);
        assert_eq!(sampled(1.0, 1).len(), 10_000);
        let some = sampled(0.1, 1);
        assert!((900..1_100).contains(&some.len()), "{}", some.len());
        assert_eq!(some, sampled(0.1, 1));
        assert_ne!(some, sampled(0.1, 2));
    }

    #[test]
    fn no_two_spans_share_an_id_and_no_two_runs_a_trace() {
        let all = |run: &str| TraceSampler::new(1.0, Seed(1), run).unwrap();
        let (first, other) = (all("r1").user(7).unwrap(), all("r2").user(7).unwrap());
        assert_ne!(first.trace_id, other.trace_id);
        let sent = RunOffset::from_secs_f64;
        let spans = [
            first,
            first.wait(),
            first.step(StepId(0), sent(1.0)),
            first.step(StepId(1), sent(1.0)),
            first.step(StepId(1), sent(2.0)),
        ];
        assert!(spans.iter().all(|span| span.trace_id == first.trace_id));
        assert_eq!(spans.iter().map(|span| span.span_id).collect::<BTreeSet<_>>().len(), 5);
        assert_eq!(TraceContext::root(first.trace_id), first, "the root is known from the trace");
    }

    #[test]
    fn a_traceparent_is_as_the_w3c_wants_it() {
        let trace_id = TraceId([0xab; 16]);
        let context = TraceContext { trace_id, span_id: SpanId([0x01; 8]) };
        assert_eq!(
            context.traceparent(),
            "00-abababababababababababababababab-0101010101010101-01"
        );
    }
}
