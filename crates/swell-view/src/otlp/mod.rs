//! OpenTelemetry's protocol, as messages: what is sent, and what is answered.

mod spans;

pub use spans::{Spans, rejected_spans};
