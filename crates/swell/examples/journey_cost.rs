//! What one journey costs in CPU, step by step, as JSON: `cargo xtask bench journey` runs it.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program, run by a chore"
)]

use std::time::Duration;

use alloy_primitives::{Address, Bytes, U256};
use rand::{Rng, SeedableRng};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use swell_chain::{AccountKey, FeeQuote, KeyTree, RelayerKey, RunId, TxSpec};
use swell_core::seed::{Seed, SeededRng};
use swell_core::target::SafeUrl;
use swell_core::units::{Gas, WeiPerGas};
use swell_net::clock::RunClock;
use swell_net::transport::{SocketConfig, sockets};
use swell_net::{CallOptions, Endpoint, EndpointId, EndpointSettings, Request, request};
use swell_sandbox::{Profile, Sandbox, SandboxConfig};
use swell_vana::ecies::{self, RecipientKey};
use swell_vana::encryption::{
    Password, S2kCount, S2kSalt, derive_password, derive_s2k_key, encrypt_file_with_key,
};
use swell_vana::grant::GrantFile;
use swell_vana::permissions::{
    Permission, PermissionDomain, ServerFilesAndPermission, add_server_files_and_permissions,
    contracts::DataPortabilityPermissions::userNonceCall, encode,
};
use swell_vana::prompt::prompt;
use swell_vana::server::{OperationStatus, ServerKeys, sign_operation};
use swell_vana::synthetic::{UserDataKind, user_data};
use swell_vana::{addresses, server::Identity};
use tokio_util::sync::CancellationToken;

/// Batches whose means are told.
const BATCHES: usize = 9;

fn main() {
    let mut steps = Vec::new();
    own(&mut steps);
    stretching(&mut steps);
    steps.push(step("HTTP and JSON", false, true, &network()));
    println!("{}", serde_json::to_string_pretty(&steps).unwrap());
}

fn step(
    name: &str,
    is_stretching: bool,
    is_network: bool,
    samples_us: &[f64],
) -> serde_json::Value {
    json!({
        "name": name,
        "is_stretching": is_stretching,
        "is_network": is_network,
        "samples_us": samples_us,
    })
}

/// CPU time of this thread, microseconds.
fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// The mean of each batch of `repetitions`.
fn measure<T>(repetitions: u32, mut work: impl FnMut(u32) -> T) -> Vec<f64> {
    std::hint::black_box(work(0));
    let mut samples = Vec::new();
    for _ in 0..BATCHES {
        let before = cpu_us();
        for at in 0..repetitions {
            std::hint::black_box(work(at));
        }
        samples.push((cpu_us() - before) / f64::from(repetitions));
    }
    samples
}

/// What all steps of the user share.
struct User {
    key: AccountKey,
    password: Password,
    recipient: RecipientKey,
    server: Address,
    public_key: String,
    domain: PermissionDomain,
    rng: SeededRng,
}

impl User {
    fn new(tree: &KeyTree) -> Self {
        let mnemonic = "test test test test test test test test test test test junk";
        let key = tree.wallet(0, 7);
        let server = ServerKeys::from_mnemonic(mnemonic).unwrap().for_user(key.address()).unwrap();
        let public_key = server.public_key_text();
        Self {
            password: derive_password(&key).unwrap(),
            recipient: public_key[2..].parse().unwrap(),
            server: server.address(),
            public_key,
            domain: PermissionDomain::new(addresses::MOKSHA_CHAIN_ID, addresses::PERMISSIONS),
            rng: SeededRng::from_seed([7; 32]),
            key,
        }
    }

    fn message(&self, sealed: &str) -> ServerFilesAndPermission {
        let url = |name: &str| format!("{name:-<578}");
        ServerFilesAndPermission {
            nonce: U256::ZERO,
            granteeId: U256::ONE,
            grant: url("grant"),
            fileUrls: vec![url("file")],
            schemaIds: vec![U256::ZERO],
            serverAddress: self.server,
            serverUrl: "https://test.server.vana.com/api/v1".into(),
            serverPublicKey: self.public_key.clone(),
            filePermissions: vec![vec![Permission {
                account: self.server,
                key: sealed.to_owned(),
            }]],
        }
    }
}

/// Every step but stretching and network, each with what a user really does in it.
fn own(steps: &mut Vec<serde_json::Value>) {
    let relayer = RelayerKey::from_bytes([7; 32]).unwrap();
    let tree = KeyTree::new(&relayer, &RunId::from_seed(Seed(1)));
    let mut user = User::new(&tree);
    let mut push = |name: &str, samples: Vec<f64>| steps.push(step(name, false, false, &samples));
    push("wallet key", measure(400, |at| tree.wallet(0, at)));
    push("password (EIP-191)", measure(400, |_| derive_password(&user.key).unwrap()));
    let data = user_data(UserDataKind::default(), 1_760_000_000_000, &mut user.rng);
    let mut rng = user.rng.clone();
    push(
        "synthetic data",
        measure(1_000, |_| user_data(UserDataKind::default(), 1_760_000_000_000, &mut rng)),
    );
    let salt = S2kSalt::default();
    let s2k = derive_s2k_key(user.password.as_bytes(), &salt, S2kCount::FAST);
    let file = |rng: &mut SeededRng| {
        encrypt_file_with_key(&s2k, &salt, data.as_bytes(), S2kCount::FAST, 0, rng).unwrap()
    };
    push("encrypt", measure(1_000, |_| file(&mut rng)));
    push(
        "grant",
        measure(1_000, |_| {
            GrantFile::inference(user.server, &prompt(user.key.address())).to_text()
        }),
    );
    let seal = |rng: &mut SeededRng| ecies::encrypt(user.password.as_bytes(), &user.recipient, rng);
    push("seal (ECIES)", measure(400, |_| seal(&mut rng)));
    let message = user.message(&seal(&mut rng));
    push("sign (EIP-712)", measure(400, |_| user.domain.sign(&message, &user.key).unwrap()));
    let signature = user.domain.sign(&message, &user.key).unwrap();
    push(
        "calldata",
        measure(400, |_| add_server_files_and_permissions(message.clone(), &signature)),
    );
    let data: Bytes = add_server_files_and_permissions(message, &signature);
    let quote = FeeQuote { max_fee: WeiPerGas::GWEI, tip: WeiPerGas(1), legacy: false };
    let spec = TxSpec::call(addresses::PERMISSIONS, Gas(2_300_000), data);
    push(
        "sign transaction",
        measure(400, |at| spec.sign(&user.key, addresses::MOKSHA_CHAIN_ID, at.into(), &quote)),
    );
    push(
        "sign operation (EIP-191)",
        measure(400, |at| sign_operation(u64::from(at) + 1, &user.key).unwrap()),
    );
}

fn stretching(steps: &mut Vec<serde_json::Value>) {
    let password = [b'0'; 132];
    let mut rng = SeededRng::from_seed([8; 32]);
    for (name, count, repetitions) in
        [("fast", S2kCount::FAST, 200), ("faithful", S2kCount::FAITHFUL, 4)]
    {
        let samples = measure(repetitions, |_| {
            let mut salt = S2kSalt::default();
            rng.fill_bytes(&mut salt);
            derive_s2k_key(&password, &salt, count)
        });
        steps.push(step(&format!("stretch, {name}"), true, false, &samples));
    }
}

/// The client's side of a journey's eight requests over loopback: two uploads, the identity, the
/// nonce, the transaction, the operation and two looks at it.
fn network() -> Vec<f64> {
    let (base, _serving) = serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clock = RunClock::real();
        let endpoint = Endpoint::new(
            EndpointId::new("bench"),
            &SafeUrl::new(base),
            sockets(SocketConfig::default()).unwrap(),
            EndpointSettings::default(),
            clock,
            Seed(0),
        )
        .unwrap();
        let mut samples = Vec::new();
        for _ in 0..BATCHES {
            const REPETITIONS: u32 = 200;
            let before = cpu_us();
            for at in 0..REPETITIONS {
                journey_requests(&endpoint, at).await;
            }
            samples.push((cpu_us() - before) / f64::from(REPETITIONS));
        }
        samples
    })
}

/// A sandbox on a port, on threads of its own.
fn serve() -> (String, CancellationToken) {
    let stop = CancellationToken::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut config = SandboxConfig::of(Profile::Fast, Seed(1));
    config.base_url.clone_from(&base);
    let token = stop.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            Sandbox::new(config, RunClock::real()).serve(listener, token).await.unwrap();
        });
    });
    (base, stop)
}

async fn journey_requests(endpoint: &Endpoint, at: u32) {
    let ask = async |request: Request| {
        let options = CallOptions::idempotent().timeout(Duration::from_secs(10));
        endpoint.send(request, options).await.unwrap()
    };
    for name in ["file", "grant"] {
        let content = vec![7_u8; 430];
        let request = request::put_bytes(&format!("/objects/{name}_{at}"), "text/plain", content);
        let answer = ask(request.unwrap()).await;
        let _url: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    }
    let user = Address::repeat_byte(9);
    let path = format!("/api/v1/identity?address={}", user.to_checksum(None));
    let answer = ask(request::get(&path).unwrap()).await;
    let _identity: Identity = serde_json::from_slice(answer.body()).unwrap();
    let nonce = encode(&userNonceCall { userAddress: user });
    // The sandbox refuses what is no transaction, after it has read all of it.
    let raw = Bytes::from(vec![2_u8; 3_000]);
    let call = json!({ "to": addresses::PERMISSIONS, "data": nonce });
    for (method, params) in
        [("eth_call", json!([call, "latest"])), ("eth_sendRawTransaction", json!([raw]))]
    {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let answer = ask(request::post_json("/rpc", &body).unwrap()).await;
        let _answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    }
    let body = json!({ "app_signature": "0x", "operation_request_json": "{\"permission_id\":1}" });
    let answer = ask(request::post_json("/api/v1/operations", &body).unwrap()).await;
    let _answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    for _ in 0..2 {
        // An operation that is not known has no status; reading the answer costs as much.
        let answer = ask(request::get("/health").unwrap()).await;
        let _status = serde_json::from_slice::<OperationStatus>(answer.body()).is_ok();
    }
}
