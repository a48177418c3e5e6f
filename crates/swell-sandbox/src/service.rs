//! A router as an HTTP service, without sockets.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use swell_net::{HttpService, NetError, Request, Response};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// `router`, called in the caller's own task.
pub(crate) fn in_process(router: Router) -> HttpService {
    BoxCloneSyncService::new(tower::service_fn(move |request| answer(router.clone(), request)))
}

/// Lets `router` answer `request`.
pub(crate) async fn answer(router: Router, request: Request) -> Result<Response, NetError> {
    let answered = router.oneshot(request.map(Body::from)).await;
    let response = answered.unwrap_or_else(|never| match never {});
    let (parts, body) = response.into_parts();
    let body: Bytes =
        body.collect().await.map_err(|error| NetError::Lost(error.to_string()))?.to_bytes();
    Ok(Response::from_parts(parts, body))
}
