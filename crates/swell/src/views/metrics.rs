//! `/metrics`: what Prometheus reads of a run.

use std::net::TcpListener as StdListener;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use swell_core::snapshot::Snapshot;
use swell_view::metrics::{Exposition, families};
use swell_view::{Losses, serve_bounded};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Stage;
use crate::config::view::ListenAddress;
use crate::terminal;

/// What cannot be listened at is lost under this name.
const VIEW: &str = "metrics";

/// Serves `/metrics` until the process ends, so that the last state can still be read. An address that
/// is not to be had is a loss.
pub(super) fn open(address: ListenAddress, stage: &Stage) {
    let listening = listen(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (bound, listener) = match listening {
        Ok(listening) => listening,
        Err(error) => {
            let reason = format!("{} cannot be listened at: {error}", address.0);
            return stage.losses.lost(VIEW, 1, "address", &reason);
        }
    };
    terminal::complain(&format!("metrics: http://{bound}/metrics\n"));
    if !bound.ip().is_loopback() {
        terminal::complain(&format!(
            "warning: /metrics at {bound} is not encrypted and asks for no token: whoever can reach it \
             can read it; use it on a network of your own, or serve on 127.0.0.1 and come by ssh -L\n"
        ));
    }
    let watched = Watched { snapshots: stage.snapshots.clone(), losses: Arc::clone(&stage.losses) };
    let router = Router::new().route("/metrics", get(scrape)).with_state(watched);
    // Not one of the stage's tasks: those end with the run.
    tokio::spawn(serve_bounded(listener, router));
}

fn listen(address: ListenAddress) -> std::io::Result<TcpListener> {
    let listener = StdListener::bind(address.0)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

#[derive(Clone)]
struct Watched {
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    losses: Arc<Losses>,
}

async fn scrape(State(watched): State<Watched>, headers: HeaderMap) -> impl IntoResponse {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let exposition = Exposition::negotiate(accept);
    let snapshot = watched.snapshots.borrow().clone();
    let lost = watched.losses.lost_so_far();
    let families = snapshot.as_deref().map(|snapshot| families(snapshot, &lost));
    let body = exposition.write(&families.unwrap_or_default());
    ([(CONTENT_TYPE, exposition.content_type())], body)
}
