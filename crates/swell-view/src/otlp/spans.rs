//! A trace a user, with a span a step, made of events.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use swell_core::event::{RunEvent, StepEnded, UserEnded};
use swell_core::snapshot::RunIdentity;
use swell_core::time::RunOffset;
use swell_core::trace::TraceContext;

/// Makes spans of events, and requests of spans.
#[derive(Debug)]
pub struct Spans {
    /// Unix time at the run's beginning.
    unix_origin: Duration,
    run: RunIdentity,
    made: Vec<Span>,
}

impl Spans {
    /// Spans that a request holds at most.
    pub const BATCH_MAX: usize = 512;
    /// W3C flag: the span is sampled, and so is what hangs below it.
    const SAMPLED: u32 = 1;
    /// A shorter wait for a place is the schedule's own lateness, and no span.
    const WAIT_MIN: Duration = Duration::from_millis(1);

    /// None yet. `unix_origin` is Unix time at the run's beginning.
    #[must_use]
    pub fn new(unix_origin: Duration) -> Self {
        Self { unix_origin, run: RunIdentity::default(), made: Vec::new() }
    }

    /// Takes in an event. Only steps and users with a trace become spans.
    pub fn add(&mut self, event: RunEvent) {
        match event {
            RunEvent::RunBegan(began) => self.run = began.run,
            RunEvent::StepEnded(step) => {
                if let Some(context) = step.span {
                    self.made.push(self.step(&step, context));
                }
            }
            RunEvent::UserEnded(user) => {
                if let Some(context) = user.span {
                    self.made.extend(self.wait(&user, context));
                    self.made.push(self.user(&user, context));
                }
            }
            _ => {}
        }
    }

    /// Spans that wait to be sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.made.len()
    }

    /// Whether none wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// The oldest spans as a request, and how many; `None` when there are none.
    #[must_use]
    pub fn take_request(&mut self) -> Option<(Vec<u8>, u64)> {
        if self.made.is_empty() {
            return None;
        }
        let spans: Vec<Span> = self.made.drain(..self.made.len().min(Self::BATCH_MAX)).collect();
        let count = spans.len() as u64;
        let scope = InstrumentationScope {
            name: "swell".into(),
            version: self.run.version.clone(),
            ..InstrumentationScope::default()
        };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }];
        let resource = Some(self.resource());
        let spans = ResourceSpans { resource, scope_spans, schema_url: String::new() };
        let request = ExportTraceServiceRequest { resource_spans: vec![spans] };
        Some((request.encode_to_vec(), count))
    }

    fn resource(&self) -> Resource {
        let attributes = vec![
            text("service.name", "swell"),
            text("service.version", &self.run.version),
            text("swell.run.id", &self.run.id),
            text("swell.target", &self.run.target),
            number("swell.chain.id", self.run.chain_id),
        ];
        Resource { attributes, ..Resource::default() }
    }

    /// The span above all others of the user, from when it ought to have begun.
    fn user(&self, user: &UserEnded, context: TraceContext) -> Span {
        let outcome = if user.failed.is_some() { "failed" } else { "succeeded" };
        let mut attributes = vec![
            text("swell.run.id", &self.run.id),
            number("swell.user.seq", user.seq),
            text("swell.outcome", outcome),
        ];
        attributes.extend(user.wallet.as_ref().map(|wallet| text("swell.wallet", wallet)));
        if let Some(failure) = &user.failed {
            attributes.push(text("error.type", failure.class.label()));
            attributes.push(text("swell.failed.step", failure.step));
        }
        Span {
            kind: SpanKind::Internal.into(),
            attributes,
            status: user.failed.as_ref().map(|failure| failed(failure.class.label())),
            ..self.span(context, &self.run.journey, user.due, user.at)
        }
    }

    fn wait(&self, user: &UserEnded, context: TraceContext) -> Option<Span> {
        let waited = user.sent.saturating_since(user.due) >= Self::WAIT_MIN;
        waited.then(|| Span {
            parent_span_id: context.span_id.0.to_vec(),
            kind: SpanKind::Internal.into(),
            ..self.span(context.wait(), "wait for a place", user.due, user.sent)
        })
    }

    fn step(&self, step: &StepEnded, context: TraceContext) -> Span {
        let mut attributes = vec![number("swell.user.seq", step.seq)];
        attributes.extend(step.failed.map(|class| text("error.type", class.label())));
        let root = TraceContext::root(context.trace_id);
        Span {
            parent_span_id: root.span_id.0.to_vec(),
            kind: SpanKind::Client.into(),
            attributes,
            status: step.failed.map(|class| failed(class.label())),
            ..self.span(context, step.step, step.sent, step.at)
        }
    }

    fn span(&self, context: TraceContext, name: &str, start: RunOffset, end: RunOffset) -> Span {
        Span {
            trace_id: context.trace_id.0.to_vec(),
            span_id: context.span_id.0.to_vec(),
            flags: Self::SAMPLED,
            name: name.to_owned(),
            start_time_unix_nano: self.unix_nanos(start),
            end_time_unix_nano: self.unix_nanos(end),
            ..Span::default()
        }
    }

    fn unix_nanos(&self, at: RunOffset) -> u64 {
        u64::try_from((self.unix_origin + at.since_start()).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Spans that a collector refused although it took the request, and why it says it did.
#[must_use]
pub fn rejected_spans(answer: &[u8]) -> Option<(u64, String)> {
    let answer = ExportTraceServiceResponse::decode(answer).ok()?;
    let partial = answer.partial_success?;
    let count = u64::try_from(partial.rejected_spans).ok().filter(|count| *count > 0)?;
    Some((count, partial.error_message))
}

fn failed(class: &str) -> Status {
    Status { message: class.to_owned(), code: StatusCode::Error.into() }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

#[cfg(test)]
mod tests {
    use swell_core::event::UserFailure;
    use swell_core::journey::{FailureClass, FailureDetail, StepId};
    use swell_core::trace::TraceId;

    use super::*;

    fn at(seconds: f64) -> RunOffset {
        RunOffset::from_secs_f64(seconds)
    }

    fn root() -> TraceContext {
        TraceContext::root(TraceId([7; 16]))
    }

    fn step(span: Option<TraceContext>) -> RunEvent {
        let (due, sent) = (at(1.0), at(1.5));
        let failed = Some(FailureClass::Timeout);
        RunEvent::StepEnded(StepEnded {
            at: at(2.0),
            seq: 3,
            step: "upload",
            due,
            sent,
            failed,
            span,
        })
    }

    fn user(sent: f64) -> RunEvent {
        let failed = UserFailure {
            class: FailureClass::Timeout,
            step: "upload",
            detail: FailureDetail::default(),
        };
        RunEvent::UserEnded(Box::new(UserEnded {
            at: at(3.0),
            seq: 3,
            due: at(1.0),
            sent: at(sent),
            wallet: Some("0xabc".into()),
            failed: Some(failed),
            span: Some(root()),
        }))
    }

    fn sent(spans: &mut Spans) -> Vec<Span> {
        let (request, count) = spans.take_request().unwrap();
        let request = ExportTraceServiceRequest::decode(&request[..]).unwrap();
        let spans = request.resource_spans[0].scope_spans[0].spans.clone();
        assert_eq!(count, spans.len() as u64);
        spans
    }

    #[test]
    fn a_user_is_a_trace_and_its_steps_hang_below_it() {
        let mut spans = Spans::new(Duration::from_secs(100));
        spans.add(step(None));
        spans.add(step(Some(root().step(StepId(2), at(1.5)))));
        spans.add(user(1.4));
        let spans = sent(&mut spans);
        let [step, wait, user] = &spans[..] else { panic!("{spans:?}") };
        assert!(user.parent_span_id.is_empty());
        for child in [step, wait] {
            assert_eq!((&child.parent_span_id, &child.trace_id), (&user.span_id, &user.trace_id));
            assert!(child.start_time_unix_nano >= user.start_time_unix_nano);
            assert!(child.end_time_unix_nano <= user.end_time_unix_nano);
        }
        assert_eq!((&step.name[..], &wait.name[..]), ("upload", "wait for a place"));
        assert_eq!(step.start_time_unix_nano, 101_500_000_000);
        assert_eq!(
            (wait.start_time_unix_nano, wait.end_time_unix_nano),
            (101_000_000_000, 101_400_000_000)
        );
        let status = user.status.as_ref().unwrap();
        assert_eq!((status.code(), &status.message[..]), (StatusCode::Error, "timeout"));
        assert!(user.attributes.contains(&text("swell.wallet", "0xabc")));
    }

    #[test]
    fn a_request_has_its_bound_and_lateness_is_no_wait() {
        let mut spans = Spans::new(Duration::ZERO);
        (0..Spans::BATCH_MAX + 1).for_each(|_| spans.add(user(1.000_1)));
        assert_eq!(sent(&mut spans).len(), Spans::BATCH_MAX);
        assert_eq!((sent(&mut spans).len(), spans.is_empty()), (1, true));
        assert_eq!(spans.take_request(), None);
    }

    #[test]
    fn an_answer_tells_what_was_refused() {
        use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
        let answer = |rejected_spans| {
            let error_message = "too old".to_owned();
            let partial = ExportTracePartialSuccess { rejected_spans, error_message };
            ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        };
        assert_eq!(rejected_spans(&answer(3)), Some((3, "too old".into())));
        assert_eq!(rejected_spans(&answer(0)), None);
        assert_eq!((rejected_spans(b""), rejected_spans(b"<html>")), (None, None));
    }
}
