//! A relay of the tests' own: checks what it is asked, and answers like every generation there was.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};
use swell_chain::{FeeQuote, RelayerKey, TxSpec};
use swell_core::units::{Gas, WeiPerGas};
use swell_net::exchange::Transport;
use swell_net::transport::{SocketConfig, sockets};
use swell_sandbox::contracts::PERMISSIONS;
use swell_vana::permissions::{
    Permission, PermissionDomain, ServerFilesAndPermission, add_server_files_and_permissions,
};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Mutex as AsyncMutex;

use crate::proxy::{ask, read_request};

const CHAIN_ID: u64 = 14_800;

/// How a request with a signed permission is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// `signed` with a hash.
    Signed,
    /// `submitted` with a hash.
    Submitted,
    /// `pending`, once more `pending`, then `confirmed`.
    Pending,
    /// As the load test's own API server answers.
    Mock,
    /// A refusal under 200.
    Refused,
    /// A refusal under 500.
    Broken,
    /// Success without a hash.
    NoHash,
    /// A hash of nothing.
    Invented,
    /// The message is altered before it is sent: the contract takes it for somebody else's.
    Tampered,
}

/// A relay that runs as long as its runtime.
pub(crate) struct FakeRelay {
    pub(crate) url: String,
    desk: Arc<Desk>,
}

struct Desk {
    node: Transport,
    chain: String,
    key: RelayerKey,
    script: Vec<Answer>,
    /// Requests with a signed permission so far.
    seen: Mutex<usize>,
    /// The next nonce of the relay's account. Held while it sends.
    nonce: AsyncMutex<u64>,
    /// Hashes of what is pending, and whether it was asked for.
    pending: Mutex<Vec<(B256, bool)>>,
    /// What was wrong with requests.
    complaints: Mutex<Vec<String>>,
}

impl FakeRelay {
    /// A relay that sends to the node at `chain` from the account of `key`, which has money there.
    pub(crate) fn start(runtime: &Runtime, chain: &str, key: &str, script: &[Answer]) -> Self {
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))));
        let listener = listener.unwrap();
        let url = format!("http://{}/relay", listener.local_addr().unwrap());
        let key: B256 = key.parse().unwrap();
        let desk = Arc::new(Desk {
            node: Transport::new(sockets(SocketConfig::default()).unwrap()),
            chain: chain.to_owned(),
            key: RelayerKey::from_bytes(key.0).unwrap(),
            script: script.to_vec(),
            seen: Mutex::default(),
            nonce: AsyncMutex::new(0),
            pending: Mutex::default(),
            complaints: Mutex::default(),
        });
        let serving = Arc::clone(&desk);
        runtime.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(connection));
            }
        });
        Self { url, desk }
    }

    /// Wants that it was asked `count` times, each time as it should be.
    #[track_caller]
    pub(crate) fn assert_asked(&self, count: usize) {
        assert_eq!(*self.desk.complaints.lock().unwrap(), Vec::<String>::new());
        assert_eq!(*self.desk.seen.lock().unwrap(), count);
    }
}

impl Desk {
    async fn serve(self: Arc<Self>, connection: TcpStream) {
        let mut connection = BufReader::new(connection);
        while let Some(body) = read_request(&mut connection).await {
            let body: Value = serde_json::from_slice(&body).unwrap();
            let (status, answer) = self.answer(&body).await;
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            if connection.write_all((head + &answer).as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn answer(&self, body: &Value) -> (u16, Value) {
        if body["type"] == "status_check" {
            return (200, self.status(body));
        }
        let number = {
            let mut seen = self.seen.lock().unwrap();
            *seen += 1;
            *seen - 1
        };
        let (mut message, signature) = match check(body) {
            Ok(signed) => signed,
            Err(complaint) => {
                self.complaints.lock().unwrap().push(complaint);
                return (400, json!({ "type": "error", "error": "no" }));
            }
        };
        match self.script[number % self.script.len()] {
            Answer::Signed => {
                (200, json!({ "type": "signed", "hash": self.send(message, &signature).await }))
            }
            Answer::Submitted => {
                (200, json!({ "type": "submitted", "hash": self.send(message, &signature).await }))
            }
            Answer::Mock => {
                let hash = self.send(message, &signature).await;
                (200, json!({ "success": true, "transactionHash": hash }))
            }
            Answer::Pending => {
                let hash = self.send(message, &signature).await;
                let mut pending = self.pending.lock().unwrap();
                pending.push((hash, false));
                let id = format!("op-{}", pending.len() - 1);
                (200, json!({ "type": "pending", "operationId": id }))
            }
            Answer::Refused => {
                let error = "Add server files and permissions submission failed: \
                             Error: InvalidNonce(uint256 expected, uint256 provided) (0, 3)";
                (200, json!({ "type": "error", "error": error }))
            }
            Answer::Broken => (500, json!({ "success": false, "error": "out of order" })),
            Answer::NoHash => (200, json!({ "type": "signed" })),
            Answer::Invented => {
                (200, json!({ "success": true, "transactionHash": B256::repeat_byte(0xab) }))
            }
            Answer::Tampered => {
                message.grant.push('x');
                (200, json!({ "type": "signed", "hash": self.send(message, &signature).await }))
            }
        }
    }

    fn status(&self, body: &Value) -> Value {
        let Some(id) = body["operationId"].as_str().unwrap().strip_prefix("op-") else {
            return json!({ "type": "error", "error": "no such operation" });
        };
        let mut pending = self.pending.lock().unwrap();
        let (hash, asked) = &mut pending[id.parse::<usize>().unwrap()];
        if std::mem::replace(asked, true) {
            return json!({ "type": "confirmed", "hash": hash, "receipt": {} });
        }
        json!({ "type": "pending", "operationId": body["operationId"] })
    }

    async fn send(&self, message: ServerFilesAndPermission, signature: &[u8; 65]) -> B256 {
        let data = add_server_files_and_permissions(message, signature);
        let spec = TxSpec::call(PERMISSIONS, Gas(3_000_000), data);
        let gwei = |count: u128| WeiPerGas(count * 1_000_000_000);
        let quote = FeeQuote { max_fee: gwei(20), tip: gwei(1), legacy: false };
        let mut nonce = self.nonce.lock().await;
        let tx = spec.sign(self.key.account(), CHAIN_ID, *nonce, &quote);
        let call = json!({
            "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [tx.raw],
        });
        let answer = ask(&self.node, &self.chain, &call).await.unwrap();
        assert!(answer["result"].is_string(), "{answer}");
        *nonce += 1;
        tx.hash
    }
}

/// The signed message, or what is wrong with the request.
fn check(body: &Value) -> Result<(ServerFilesAndPermission, [u8; 65]), String> {
    let wrong = |what: &str| format!("{what} in {body}");
    if body["type"] != "signed" || body["operation"] != "submitAddServerFilesAndPermissions" {
        return Err(wrong("another request"));
    }
    let typed = &body["typedData"];
    if typed["domain"]["chainId"] != CHAIN_ID || typed["primaryType"] != "ServerFilesAndPermission"
    {
        return Err(wrong("another domain or type"));
    }
    let message = message(&typed["message"]).ok_or_else(|| wrong("a message of another shape"))?;
    let signature = body["signature"].as_str().and_then(|text| hex::decode(text).ok());
    let signature: Option<[u8; 65]> = signature.and_then(|octets| octets.try_into().ok());
    let signature = signature.ok_or_else(|| wrong("no signature"))?;
    let contract: Address =
        typed["domain"]["verifyingContract"].as_str().and_then(|text| text.parse().ok()).unwrap();
    let domain = PermissionDomain::new(CHAIN_ID, contract);
    let signer = domain.recover(&message, &signature).map_err(|error| wrong(&error.to_string()))?;
    if body["expectedUserAddress"] != signer.to_checksum(None) {
        return Err(wrong("another signer"));
    }
    Ok((message, signature))
}

fn message(json: &Value) -> Option<ServerFilesAndPermission> {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    // Numbers of 256 bits are text: a number of JSON would not do.
    let number = |value: &Value| value.as_str()?.parse::<U256>().ok();
    let permission = |it: &Value| {
        Some(Permission {
            account: it["account"].as_str()?.parse().ok()?,
            key: it["key"].as_str()?.to_owned(),
        })
    };
    let inner = |list: &Value| list.as_array()?.iter().map(permission).collect::<Option<Vec<_>>>();
    Some(ServerFilesAndPermission {
        nonce: number(&json["nonce"])?,
        granteeId: number(&json["granteeId"])?,
        grant: text("grant")?,
        fileUrls: json["fileUrls"]
            .as_array()?
            .iter()
            .map(|it| it.as_str().map(str::to_owned))
            .collect::<Option<_>>()?,
        schemaIds: json["schemaIds"].as_array()?.iter().map(number).collect::<Option<_>>()?,
        serverAddress: text("serverAddress")?.parse().ok()?,
        serverUrl: text("serverUrl")?,
        serverPublicKey: text("serverPublicKey")?,
        filePermissions: json["filePermissions"]
            .as_array()?
            .iter()
            .map(inner)
            .collect::<Option<_>>()?,
    })
}
