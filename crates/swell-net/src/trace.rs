//! Which span the running task's requests belong to.
//!
//! It travels with the task, not with the request: work that tasks share, such as a question that is
//! asked once for many, belongs to nobody's trace.

use std::future::Future;

use futures_util::future::Either;
use http::HeaderValue;
use http::header::HeaderName;
use swell_core::trace::TraceContext;
use tokio::task::futures::TaskLocalFuture;

/// The W3C header that tells a target which span a request belongs to.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// `work`, whose requests belong to `span`. Without one it is `work` itself, and costs nothing.
pub fn within<F: Future>(
    span: Option<TraceContext>,
    work: F,
) -> Either<TaskLocalFuture<TraceContext, F>, F> {
    match span {
        Some(span) => Either::Left(CURRENT.scope(span, work)),
        None => Either::Right(work),
    }
}

/// The header's value for a request that the running task makes now.
pub(crate) fn traceparent() -> Option<HeaderValue> {
    let span = CURRENT.try_with(|span| *span).ok()?;
    HeaderValue::try_from(span.traceparent()).ok()
}
