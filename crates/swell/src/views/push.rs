//! Metrics that are sent: remote write and OTLP.
//!
//! One push is under way at most, and none waits: a push holds all there is to say, so what a sink
//! missed is lost, counted, and said again by the next one, older instants apart.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use axum::http::{Method, StatusCode};
use swell_core::snapshot::Snapshot;
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_net::exchange::{Exchange, Transport};
use swell_net::timeout::Timeout;
use swell_net::transport::{SocketConfig, sockets};
use swell_net::{CallOptions, NetError, Request, Response};
use swell_view::Losses;
use swell_view::metrics::{Family, Push, families, otlp, remote_write};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Stage, TOO_LATE};
use crate::config::view::{Authorization, SinkUrl};

/// Between two remote writes.
const REMOTE_WRITE_EVERY: Duration = Duration::from_secs(5);
/// Between two pushes over OTLP.
const OTLP_EVERY: Duration = Duration::from_secs(10);
/// The longest an attempt may take, and all attempts of the last push together. When a run ends, less.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Before the first repetition; twice as long before each further one.
const BACKOFF: Duration = Duration::from_millis(500);
/// The longest answer that is read.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// What is shown of a collector's words.
const WORDS_MAX: usize = 120;
const USER_AGENT_VALUE: &str = concat!("swell/", env!("CARGO_PKG_VERSION"));

/// Sends remote writes to `url` until the run is over.
pub(super) fn open_remote_write(url: &SinkUrl, key: Option<&Authorization>, stage: &Stage) {
    let protocol = Protocol::RemoteWrite { native: true };
    Pusher::new(protocol, url.0.expose().to_owned(), key, stage).open(stage);
}

/// Sends metrics to the collector at `url` until the run is over.
pub(super) fn open_otlp(url: &SinkUrl, key: Option<&Authorization>, stage: &Stage) {
    let url = format!("{}/{}", url.0.expose().trim_end_matches('/'), otlp::PATH);
    let protocol = Protocol::Otlp { start: stage.clock.unix_now() };
    Pusher::new(protocol, url, key, stage).open(stage);
}

/// How a sink is spoken to.
#[derive(Clone, Copy)]
enum Protocol {
    RemoteWrite {
        /// Whether native histograms are sent: until somebody says that it takes none.
        native: bool,
    },
    Otlp {
        /// When counting began, Unix time.
        start: Duration,
    },
}

impl Protocol {
    /// The name under which losses are told.
    const fn view(self) -> &'static str {
        match self {
            Self::RemoteWrite { .. } => "remote write",
            Self::Otlp { .. } => "OTLP metrics",
        }
    }

    const fn every(self) -> Duration {
        match self {
            Self::RemoteWrite { .. } => REMOTE_WRITE_EVERY,
            Self::Otlp { .. } => OTLP_EVERY,
        }
    }

    /// Whether an answer asks for the same once more, as either specification has it.
    const fn repeats_after(self, status: StatusCode) -> bool {
        match self {
            Self::RemoteWrite { .. } => status.as_u16() == 429 || status.as_u16() >= 500,
            Self::Otlp { .. } => matches!(status.as_u16(), 429 | 502 | 503 | 504),
        }
    }

    fn push(self, families: &[Family<'_>], snapshot: &Snapshot, now: Duration) -> Push {
        match self {
            Self::RemoteWrite { native } => {
                remote_write::push(families, &snapshot.run, now, native)
            }
            Self::Otlp { start } => otlp::push(families, &snapshot.run, otlp::Span { start, now }),
        }
    }
}

struct Pusher {
    protocol: Protocol,
    url: String,
    authorization: Option<Authorization>,
    sink: Result<Timeout<Transport>, NetError>,
    clock: RunClock,
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    losses: Arc<Losses>,
    /// Cancelled when nobody waits for pushes any more.
    late: CancellationToken,
}

/// Why a push did not arrive.
struct Failure {
    reason: String,
    repeats: bool,
    /// Whether the sink said that it takes no native histograms.
    wants_classic: bool,
}

impl Pusher {
    fn new(
        protocol: Protocol,
        url: String,
        authorization: Option<&Authorization>,
        stage: &Stage,
    ) -> Self {
        let config = SocketConfig {
            connect_timeout: TIMEOUT,
            idle_per_host_max: 1,
            body_max_bytes: ANSWER_MAX_BYTES,
            ..SocketConfig::default()
        };
        let clock = stage.clock.clone();
        let timed = |service| Timeout::new(Transport::new(service), TIMEOUT, clock.clone());
        Self {
            protocol,
            url,
            authorization: authorization.cloned(),
            sink: sockets(config).map(timed),
            clock: stage.clock.clone(),
            snapshots: stage.snapshots.clone(),
            losses: Arc::clone(&stage.losses),
            late: stage.late.clone(),
        }
    }

    fn open(self, stage: &Stage) {
        stage.tasks.spawn(self.run(stage.over.clone()));
    }

    /// Pushes until the run is `over`, and once more then.
    async fn run(mut self, over: CancellationToken) {
        let mut next = self.clock.now() + self.protocol.every();
        loop {
            tokio::select! {
                biased;
                () = over.cancelled() => break,
                () = self.clock.sleep_until(next) => {}
            }
            next = next + self.protocol.every();
            self.deliver(next, &over).await;
            // What a slow sink has missed is not made up for.
            next = next.max(self.clock.now());
        }
        let late = self.late.clone();
        self.deliver(self.clock.now() + TIMEOUT, &late).await;
    }

    /// Pushes what is to be said now, and gives up at `deadline`, or before a repetition when `over`.
    async fn deliver(&mut self, deadline: RunOffset, over: &CancellationToken) {
        let Some(mut push) = self.encode() else { return };
        let mut wait = BACKOFF;
        let reason = loop {
            let Err(failure) = self.attempt(&push, deadline).await else { return };
            if failure.wants_classic && self.takes_native() {
                self.protocol = Protocol::RemoteWrite { native: false };
                let Some(classic) = self.encode() else { return };
                push = classic;
                continue;
            }
            if !failure.repeats || self.clock.now() + wait >= deadline {
                break failure.reason;
            }
            tokio::select! {
                biased;
                () = over.cancelled() => break failure.reason,
                () = self.clock.sleep(wait) => {}
            }
            wait *= 2;
        };
        self.losses.lost(self.protocol.view(), push.samples, "samples", &reason);
    }

    const fn takes_native(&self) -> bool {
        matches!(self.protocol, Protocol::RemoteWrite { native: true })
    }

    fn encode(&self) -> Option<Push> {
        let snapshot = self.snapshots.borrow().clone()?;
        let lost = self.losses.lost_so_far();
        let families = families(&snapshot, &lost);
        Some(self.protocol.push(&families, &snapshot, self.clock.unix_now()))
    }

    async fn attempt(&self, push: &Push, deadline: RunOffset) -> Result<(), Failure> {
        let failed = |error: &NetError| Failure {
            reason: error.to_string(),
            repeats: !matches!(error, NetError::Invalid(_)),
            wants_classic: false,
        };
        let sink = self.sink.as_ref().map_err(failed)?;
        let request = self.request(push, deadline).map_err(|error| failed(&error))?;
        let answer = tokio::select! {
            biased;
            () = self.late.cancelled() => {
                let reason = TOO_LATE.to_owned();
                return Err(Failure { reason, repeats: false, wants_classic: false });
            }
            answer = sink.exchange(request) => answer.map_err(|error| failed(&error))?,
        };
        self.judge(&answer)
    }

    fn request(&self, push: &Push, deadline: RunOffset) -> Result<Request, NetError> {
        let mut request = axum::http::Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(USER_AGENT, USER_AGENT_VALUE)
            .extension(CallOptions::once().by(deadline));
        request = match self.protocol {
            Protocol::RemoteWrite { .. } => {
                let (name, version) = remote_write::VERSION_HEADER;
                request
                    .header(CONTENT_TYPE, remote_write::CONTENT_TYPE)
                    .header(CONTENT_ENCODING, remote_write::CONTENT_ENCODING)
                    .header(name, version)
            }
            Protocol::Otlp { .. } => request.header(CONTENT_TYPE, otlp::CONTENT_TYPE),
        };
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.header());
        }
        // The error of a builder may quote what it was given.
        let invalid = |_| NetError::Invalid("its URL cannot be asked".into());
        request.body(push.body.clone().into()).map_err(invalid)
    }

    fn judge(&self, answer: &Response) -> Result<(), Failure> {
        let status = answer.status();
        if status.is_success() {
            if let Protocol::Otlp { .. } = self.protocol
                && let Some((count, words)) = otlp::refused(answer.body())
            {
                let reason = format!("the collector refused some: {}", plain(&words));
                self.losses.lost(self.protocol.view(), count, "samples", &reason);
            }
            return Ok(());
        }
        let words = String::from_utf8_lossy(answer.body()).to_lowercase();
        Err(Failure {
            reason: format!("the other side answered {}", status.as_u16()),
            repeats: self.protocol.repeats_after(status),
            wants_classic: words.contains("native histogram"),
        })
    }
}

/// Somebody else's words, for a line of ours.
fn plain(words: &str) -> String {
    words.chars().filter(|char| !char.is_control()).take(WORDS_MAX).collect()
}
