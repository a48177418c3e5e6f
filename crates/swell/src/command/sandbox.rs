//! `swell sandbox`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use swell_core::seed::Seed;
use swell_net::clock::RunClock;
use swell_sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::args::SandboxArgs;
use crate::config::choice::Choice;
use crate::connection::{sandbox_config, sentence};
use crate::exit::Exit;
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
    let sandbox = Sandbox::new(config, RunClock::real());
    write_target(args, &sandbox)?;
    terminal::print(&format!(
        "sandbox ({profile}) on http://{address}\n\
         JSON-RPC at /rpc, object store at /objects, personal server at /api/v1\n\
         put it under load: swell run --target {target}\n",
        profile = args.profile.as_str(),
        target = args.target_file.display(),
    ));
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let interrupted = async move {
        // Without a signal handler only the end of the process ends it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        stopping.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        served = sandbox.serve(listener, stop) => served.map_err(ServeError::Serve),
        () = interrupted => Ok(()),
    }
}

fn write_target(args: &SandboxArgs, sandbox: &Sandbox) -> Result<(), ServeError> {
    let path = args.target_file.clone();
    let text = toml::to_string_pretty(&sandbox.target()).map_err(io::Error::other);
    text.and_then(|text| std::fs::write(&path, text))
        .map_err(|source| ServeError::TargetFile { path, source })
}
