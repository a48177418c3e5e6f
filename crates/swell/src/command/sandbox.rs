//! `swell sandbox`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_core::units::Gas;
use swell_net::NetError;
use swell_net::clock::RunClock;
use swell_net::transport::{SocketConfig, sockets};
use swell_sandbox::chain::Retain;
use swell_sandbox::server::RateLimits;
use swell_sandbox::{BaseFee, Delay, Grantees, Sandbox, SandboxConfig};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::args::{SandboxArgs, SandboxKnobs};
use crate::config::choice::Choice;
use crate::connection::{sandbox_config, sentence};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::terminal;

/// Serves the sandbox until it is stopped.
#[must_use]
pub fn sandbox(args: SandboxArgs) -> Exit {
    let served = Builder::new_multi_thread()
        .thread_name("sandbox")
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)
        .and_then(|runtime| runtime.block_on(serve(&args)));
    match served {
        Ok(()) => Exit::Passed,
        Err(error) => {
            terminal::complain(&format!("error: {}\n", sentence(&error)));
            Exit::Usage
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("the sandbox's threads could not be started")]
    Runtime(#[source] io::Error),
    #[error("port {port} on 127.0.0.1 cannot be served on; choose another, or 0 for a free one")]
    Port {
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("the target file {} could not be written", path.display())]
    TargetFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("files that lie elsewhere could not be fetched")]
    Network(#[source] NetError),
    #[error("serving ended")]
    Serve(#[source] io::Error),
}

async fn serve(args: &SandboxArgs) -> Result<(), ServeError> {
    let port = args.port;
    let busy = |source| ServeError::Port { port, source };
    let listener =
        TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(busy)?;
    let address = listener.local_addr().map_err(busy)?;
    let mut config = sandbox_config(args.profile, Seed(args.seed));
    config.base_url = format!("http://{address}");
    turn(&args.knobs, &mut config);
    let network = sockets(SocketConfig::default()).map_err(ServeError::Network)?;
    let sandbox = Sandbox::with_network(config, RunClock::real(), network);
    write_target(args, &sandbox, address)?;
    terminal::print(&format!(
        "sandbox ({profile}) on http://{address}\n\
         JSON-RPC and WebSocket at /rpc, object store at /objects, personal server at /api/v1\n\
         relay at /api/relay, application server at /api/trusted-server\n\
         put it under load: swell run --target {target}\n",
        profile = args.profile.as_str(),
        target = args.target_file.display(),
    ));
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let mut interrupts = Interrupts::listen(false).map_err(ServeError::Serve)?;
    let interrupted = async move {
        interrupts.next().await;
        stopping.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        served = sandbox.serve(listener, stop) => served.map_err(ServeError::Serve),
        () = interrupted => Ok(()),
    }
}

/// Applies what was asked to differ from the profile.
fn turn(knobs: &SandboxKnobs, config: &mut SandboxConfig) {
    if let Some(block_time) = knobs.block_time {
        config.block_time = block_time;
    }
    if let Some(gas_limit) = knobs.gas_limit {
        config.gas_limit = Gas(gas_limit);
    }
    if let Some(wei) = knobs.base_fee {
        let pinned = knobs.pin_base_fee;
        config.base_fee = if pinned { BaseFee::Pinned(wei) } else { BaseFee::Initial(wei) };
    }
    for part in [&mut config.rpc, &mut config.store, &mut config.server, &mut config.relay] {
        if let Some(latency) = knobs.latency {
            part.latency = Delay::Fixed(latency);
        }
        if let Some(percent) = knobs.error_rate {
            part.error_rate = percent / 100.0;
        }
    }
    if let Some((min, max)) = knobs.operation_time {
        config.operation_time = Delay::Uniform { min, max };
    }
    if let Some(percent) = knobs.operation_failures {
        config.operation_failure_rate = percent / 100.0;
    }
    if knobs.no_rate_limits {
        config.rate_limits = RateLimits::NONE;
    }
    if let Some(chars) = knobs.url_chars {
        config.url_chars = chars;
    }
    if knobs.retain_all {
        config.retain = Retain::All;
    }
    if knobs.legacy_grantees {
        config.grantees = Grantees::Legacy;
    }
    if let Some(generation) = knobs.server_version {
        config.generation = generation;
    }
    if let Some(answers) = knobs.relay_answers {
        config.relay_answers = answers;
    }
}

fn write_target(
    args: &SandboxArgs,
    sandbox: &Sandbox,
    address: SocketAddr,
) -> Result<(), ServeError> {
    let path = args.target_file.clone();
    let mut target = sandbox.target();
    target.chain.ws = vec![SafeUrl::new(format!("ws://{address}/"))];
    let text = toml::to_string_pretty(&target).map_err(io::Error::other);
    text.and_then(|text| std::fs::write(&path, text))
        .map_err(|source| ServeError::TargetFile { path, source })
}
