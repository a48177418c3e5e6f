//! An anvil of the bench's own, with a Multicall3 and a target file.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::clock;
use super::funding::BLOCK_GAS;
use super::process::Process;
use super::sandbox::TARGET;
use crate::{shell, tools};

/// Where the target file says that Multicall3 is.
const MULTICALL: &str = "0xD8d2dFca27E8797fd779F8547166A2d3B29d360E";
const BYTECODE: &str = "crates/swell-sandbox/contracts/bytecode/Multicall3.hex";
/// A key of anvil's own accounts, and one that signs nothing: worth nothing anywhere.
const RELAYER_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const APPLICATION_KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const READY_WITHIN: Duration = Duration::from_secs(20);

/// A running anvil; ends when it goes out of scope.
pub(crate) struct Anvil(#[expect(dead_code, reason = "held until it is dropped")] Process);

impl Anvil {
    /// Serves a chain with a block a second on a free port of 127.0.0.1, and writes its target file.
    pub(crate) fn serve(scratch: &Path) -> Result<Self, String> {
        let program = tools::install_anvil()?;
        let address = free_address()?;
        let mut command = Command::new(program);
        command.args(["--chain-id", "14800", "--block-time", "1", "--silent"]);
        command.args(["--port", &address.port().to_string()]);
        command.args(["--gas-limit", &BLOCK_GAS.to_string()]);
        let mut process = Process::start(command.stdout(Stdio::null()))?;
        let ready = clock::wait_for(READY_WITHIN, || match process.ended()? {
            Some(status) => Err(format!("Anvil ended before it served: {status}.")),
            None => Ok(rpc(address, "eth_chainId", &json!([])).ok()),
        })?;
        ready.ok_or_else(|| format!("Anvil did not answer in {READY_WITHIN:?}."))?;
        let code = fs::read_to_string(shell::root().join(BYTECODE))
            .map_err(|error| format!("Could not read {BYTECODE}: {error}."))?;
        rpc(address, "anvil_setCode", &json!([MULTICALL, format!("0x{}", code.trim())]))?;
        write_target(scratch, address)?;
        Ok(Self(process))
    }
}

fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    listener
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("No free port of 127.0.0.1 could be found: {error}."))
}

fn write_target(scratch: &Path, address: SocketAddr) -> Result<(), String> {
    let target = format!(
        "format = 1\nname = \"anvil\"\n\n\
         [chain]\nid = 14800\nrpc = [\"http://{address}\"]\nfinality_blocks = 1\nfunds = \"worthless\"\n\n\
         [contracts]\npermissions = \"{MULTICALL}\"\ngrantees = \"{MULTICALL}\"\n\
         servers = \"{MULTICALL}\"\nregistry = \"{MULTICALL}\"\nmulticall = \"{MULTICALL}\"\n\n\
         [storage]\nkind = \"sandbox\"\nurl = \"http://{address}\"\n\n\
         [server]\nurl = \"http://{address}\"\n\n\
         [keys]\nrelayer = {{ file = \"relayer.key\" }}\napplication = {{ file = \"application.key\" }}\n\n\
         [expected]\nblock_s = 1.0\n"
    );
    for (name, text) in [
        (TARGET, target.as_str()),
        ("relayer.key", RELAYER_KEY),
        ("application.key", APPLICATION_KEY),
    ] {
        fs::write(scratch.join(name), text)
            .map_err(|error| format!("Could not write {name}: {error}."))?;
    }
    Ok(())
}

/// One JSON-RPC call over a connection of its own.
fn rpc(address: SocketAddr, method: &str, params: &Value) -> Result<Value, String> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let exchange = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = exchange().map_err(|error| format!("Anvil did not answer {method}: {error}."))?;
    let json = answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
    json.ok_or_else(|| format!("Anvil's answer to {method} is no JSON."))
}
