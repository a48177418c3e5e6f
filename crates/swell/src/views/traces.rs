//! `--otlp`: a trace for a share of the users, sent to a collector.

use std::time::Duration;

use swell_core::event::RunEvent;
use swell_engine::EventStream;
use swell_view::otlp::{Spans, rejected_spans};

use super::otlp_client::OtlpClient;
use super::{Stage, TOO_LATE};

/// What the losses are told under.
const VIEW: &str = "traces";
/// What is counted there.
const UNIT: &str = "spans";
/// Where spans go, below the collector's URL.
pub(super) const PATH: &str = "/v1/traces";
/// Spans are sent so long after the first of them, or when a request is full.
const EVERY: Duration = Duration::from_secs(2);
/// Events that are looked at together.
const EVENTS_MAX: usize = 256;

/// Sends the spans of what `stream` tells until the run is over. `client` may be the reason why none
/// can be sent.
pub(super) async fn send(
    mut stream: EventStream,
    client: Result<OtlpClient, String>,
    stage: Stage,
) {
    let unix_origin = stage.clock.unix_at(swell_core::time::RunOffset::ZERO);
    let mut sender = Sender { spans: Spans::new(unix_origin), client, stage };
    while sender.gather(&mut stream).await {
        sender.send_one().await;
        sender.note_overflow(&stream);
    }
    sender.send_rest().await;
    sender.note_overflow(&stream);
}

struct Sender {
    spans: Spans,
    client: Result<OtlpClient, String>,
    stage: Stage,
}

impl Sender {
    /// Waits for a request's worth of spans. `false` when nothing more will come.
    async fn gather(&mut self, stream: &mut EventStream) -> bool {
        let mut events: Vec<RunEvent> = Vec::with_capacity(EVENTS_MAX);
        let mut latest = None;
        while self.spans.len() < Spans::BATCH_MAX {
            if latest.is_none() && !self.spans.is_empty() {
                latest = Some(self.stage.clock.now() + EVERY);
            }
            let deadline = latest;
            let is_late = async {
                match deadline {
                    Some(at) => self.stage.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                taken = stream.take(&mut events, EVENTS_MAX) => {
                    if taken == 0 {
                        return false;
                    }
                }
                () = is_late => return true,
                () = self.stage.over.cancelled() => {
                    // What was told before is there already.
                    std::iter::from_fn(|| stream.try_next()).for_each(|event| self.spans.add(event));
                    return false;
                }
            }
            events.drain(..).for_each(|event| self.spans.add(event));
        }
        true
    }

    /// Sends one request, if there is anything to send. Whether that went well.
    async fn send_one(&mut self) -> bool {
        let Some((request, count)) = self.spans.take_request() else { return true };
        let answer = match &self.client {
            Ok(client) => tokio::select! {
                biased;
                () = self.stage.late.cancelled() => Err(TOO_LATE.to_owned()),
                answer = client.post(request) => answer,
            },
            Err(reason) => Err(reason.clone()),
        };
        match answer {
            Ok(answer) => {
                if let Some((count, words)) = rejected_spans(&answer) {
                    // A stranger's words: cut like those of a failure.
                    let said = swell_core::journey::FailureDetail::words(words).body;
                    let said = said.unwrap_or_default();
                    self.lose(count, &format!("the collector refused them: {said}"));
                }
                true
            }
            Err(reason) => {
                self.lose(count, &reason);
                false
            }
        }
    }

    /// Sends what is left. A collector that fails now is not waited for again.
    async fn send_rest(&mut self) {
        let mut goes_well = true;
        while !self.spans.is_empty() {
            if goes_well {
                goes_well = self.send_one().await;
            } else if let Some((_, count)) = self.spans.take_request() {
                self.lose(count, "the collector failed at the end");
            }
        }
    }

    fn note_overflow(&self, stream: &EventStream) {
        let count = stream.take_lost();
        if count > 0 {
            self.lose(count, "they came faster than the collector took them");
        }
    }

    fn lose(&self, count: u64, reason: &str) {
        self.stage.losses.lost(VIEW, count, UNIT, reason);
    }
}
