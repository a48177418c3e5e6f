//! A sandbox in the same process, on threads of its own.

use swell_core::target::Target;
use swell_net::background::lower_priority;
use swell_net::clock::RunClock;
use swell_net::{HttpService, NetError, Request, Response};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneSyncService;

use crate::config::SandboxConfig;
use crate::remote_chain::RemoteChain;
use crate::sandbox::Sandbox;
use crate::service;

/// Requests that may wait to be taken over by the sandbox's threads.
const REQUESTS_WAITING_MAX: usize = 1_024;

/// A request on its way to the sandbox's threads.
struct Call {
    request: Request,
    answer: oneshot::Sender<Result<Response, NetError>>,
}

/// A sandbox in real time that burns its CPU on its own threads. It ends when dropped.
///
/// Nothing listens: requests go over a bounded channel to its runtime, answers come back by
/// oneshot.
pub struct SandboxHost {
    sandbox: Sandbox,
    calls: mpsc::Sender<Call>,
    shutdown: CancellationToken,
    /// `None` once shut down.
    runtime: Option<Runtime>,
}

/// Why a sandbox could not be started.
#[derive(Debug, thiserror::Error)]
#[error("starting the sandbox's {threads} threads")]
pub struct HostError {
    /// How many were asked for.
    pub threads: usize,
    #[source]
    source: std::io::Error,
}

impl SandboxHost {
    /// The name of each of the sandbox's threads. Resource figures tell them apart by it.
    pub const THREAD_NAME: &str = "sandbox";

    /// Threads that suffice for the load that one machine makes.
    pub const THREADS_DEFAULT: usize = 2;

    /// Starts a sandbox on `threads` threads of the name [`SandboxHost::THREAD_NAME`].
    ///
    /// # Errors
    /// [`HostError`] when the system gives no threads.
    pub fn start(config: SandboxConfig, threads: usize) -> Result<Self, HostError> {
        let runtime = runtime(&config, threads)?;
        Ok(Self::run(Sandbox::new(config, RunClock::real()), runtime))
    }

    /// The same beside a remote chain, which is read on these threads.
    ///
    /// # Errors
    /// [`HostError`] when the system gives no threads.
    pub fn start_beside_chain(
        config: SandboxConfig,
        threads: usize,
        chain: RemoteChain,
    ) -> Result<Self, HostError> {
        let runtime = runtime(&config, threads)?;
        Ok(Self::run(Sandbox::beside_chain(config, RunClock::real(), chain), runtime))
    }

    fn run(sandbox: Sandbox, runtime: Runtime) -> Self {
        let shutdown = CancellationToken::new();
        let (calls, receiver) = mpsc::channel(REQUESTS_WAITING_MAX);
        let running = sandbox.clone();
        let token = shutdown.clone();
        runtime.spawn(async move { running.run(token).await });
        runtime.spawn(answer_calls(sandbox.clone(), receiver, shutdown.clone()));
        Self { sandbox, calls, shutdown, runtime: Some(runtime) }
    }

    /// The sandbox as a service, callable from any runtime.
    #[must_use]
    pub fn service(&self) -> HttpService {
        let calls = self.calls.clone();
        BoxCloneSyncService::new(tower::service_fn(move |request| call(calls.clone(), request)))
    }

    /// What a run needs to know of this target.
    #[must_use]
    pub fn target(&self) -> Target {
        self.sandbox.target()
    }

    /// The sandbox itself, to look at its stats.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Drop for SandboxHost {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not possible within another runtime.
            runtime.shutdown_background();
        }
    }
}

/// The sandbox's own runtime; blocking work runs on threads of the same name.
fn runtime(config: &SandboxConfig, threads: usize) -> Result<Runtime, HostError> {
    let threads = threads.max(1);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(config.decryptions_max.max(1))
        .thread_name(SandboxHost::THREAD_NAME)
        // The load is timed: an embedded target gives way to it.
        .on_thread_start(lower_priority)
        .enable_all()
        .build()
        .map_err(|source| HostError { threads, source })
}

async fn call(calls: mpsc::Sender<Call>, request: Request) -> Result<Response, NetError> {
    let (answer, answered) = oneshot::channel();
    let ended = || NetError::Lost("the sandbox has ended".to_owned());
    calls
        .send(Call { request, answer })
        .await
        .map_err(|_| NetError::Connect("the sandbox has ended".to_owned()))?;
    answered.await.unwrap_or_else(|_| Err(ended()))
}

async fn answer_calls(
    sandbox: Sandbox,
    mut calls: mpsc::Receiver<Call>,
    shutdown: CancellationToken,
) {
    let router = sandbox.router();
    loop {
        let call = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            call = calls.recv() => call,
        };
        let Some(Call { request, answer }) = call else { return };
        let router = router.clone();
        // As many as callers wait for; a caller that went away leaves its request to be answered,
        // as on a real server.
        tokio::spawn(async move {
            let answered = service::answer(router, request).await;
            let _nobody_waits = answer.send(answered);
        });
    }
}
