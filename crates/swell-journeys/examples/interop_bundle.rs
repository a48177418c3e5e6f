//! Writes what Swell produces for a few users, for the published SDK to check: see `interop/` at
//! the root of the repository.
//!
//! `cargo run -p swell-journeys --features testing --example interop_bundle -- FILE`
//!
//! Every item comes from the function that the journey calls, or, for the batch of payments, the
//! funding worker. The keys are drawn from a seed, or published, and worth nothing.

use std::error::Error;
use std::time::Duration;

use alloy_primitives::{Address, U256, hex};
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use rand::Rng;
use serde_json::{Map, Value, json};
use swell_chain::{AccountKey, RelayerKey, pay_many};
use swell_core::seed::{Seed, SeededRng};
use swell_core::target::{GcsTarget, GcsUrls, SafeUrl, SecretRef};
use swell_core::units::{Gas, Wei};
use swell_journeys::storage::testing::gcs::{BUCKET, FakeGcs};
use swell_journeys::storage::testing::in_process;
use swell_journeys::storage::{GcsStore, ObjectKind, Provider, ServiceAccount, Storage, Upload};
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService};
use swell_vana::addresses::{MAINNET_CHAIN_ID, MOKSHA_CHAIN_ID, MULTICALL, PERMISSIONS};
use swell_vana::ecies;
use swell_vana::encryption::{S2kCount, derive_password, encrypt_file};
use swell_vana::grant::GrantFile;
use swell_vana::permissions::{
    Permission, PermissionDomain, RelayRequest, ServerFilesAndPermission,
    add_server_files_and_permissions,
};
use swell_vana::prompt::prompt;
use swell_vana::server::{ServerKeys, sign_operation};
use swell_vana::synthetic::{UserDataKind, user_data};

/// Users of whom a bundle is made.
const USERS: u64 = 4;
/// The development mnemonic that every personal server key here derives from.
const MNEMONIC: &str = "test test test test test test test test test test test junk";
/// Vectors of the published storage client, whose account signs.
const GCS_VECTORS: &str = include_str!("../../swell-vana/vectors/12-gcs.json");
/// The run whose objects are uploaded.
const RUN: &str = "04hmasw9nf6yy044";
/// More than a bucket in the same process takes.
const UPLOADED_WITHIN: Duration = Duration::from_secs(30);
/// What each of the batch's wallets is paid.
const PAYMENT_WEI: u64 = 750_000_000_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("expected the path of the file to write")?;
    let mut bundle = Bundle::default();
    let application = key("application", 0)?;
    let servers = ServerKeys::from_mnemonic(MNEMONIC)?;
    let mut wallets = Vec::new();
    for seq in 0..USERS {
        let user = key("user", seq)?;
        wallets.push(user.address());
        bundle.add_user(seq, &user, &application, &servers)?;
    }
    bundle.add_funding(&wallets);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bundle.add_signed_urls())?;
    std::fs::write(path, bundle.text()?)?;
    Ok(())
}

fn rng(purpose: &str, seq: u64) -> SeededRng {
    Seed(7).indexed_rng(purpose, seq)
}

fn key(purpose: &str, seq: u64) -> Result<AccountKey, Box<dyn Error>> {
    let mut octets = [0; 32];
    rng(purpose, seq).fill_bytes(&mut octets);
    Ok(RelayerKey::from_bytes(octets)?.account().clone())
}

/// The verifier's sections, each a list.
#[derive(Default)]
struct Bundle {
    sections: Map<String, Value>,
    /// As text: a JSON value here would lose the order of its keys, which the verifier looks at.
    relay_requests: Vec<String>,
}

impl Bundle {
    fn add(&mut self, section: &str, item: Value) {
        let list = self.sections.entry(section).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = list {
            items.push(item);
        }
    }

    fn text(&self) -> serde_json::Result<String> {
        let sections = serde_json::to_string_pretty(&self.sections)?;
        let requests = self.relay_requests.join(",\n");
        Ok(sections.replacen('{', &format!("{{\"relay_request\": [{requests}],"), 1))
    }

    fn add_user(
        &mut self,
        seq: u64,
        user: &AccountKey,
        application: &AccountKey,
        servers: &ServerKeys,
    ) -> Result<(), Box<dyn Error>> {
        // The published S2K cost of one half, the cheap one of the other; and both chains.
        let count = if seq.is_multiple_of(2) { S2kCount::FAITHFUL } else { S2kCount::FAST };
        let chain_id = if seq < 2 { MOKSHA_CHAIN_ID } else { MAINNET_CHAIN_ID };
        let data = user_data(UserDataKind::default(), 1_758_650_000_000, &mut rng("data", seq));
        let password = derive_password(user)?;
        let file = encrypt_file(&password, data.as_bytes(), count, 0, &mut rng("encrypt", seq))?;
        self.add("password", json!({ "password": password.as_str(), "address": user.address() }));
        self.add(
            "file",
            json!({
                "message_base64": BASE64_STANDARD.encode(&file), "password": password.as_str(),
                "plaintext_utf8": data,
            }),
        );
        let server = servers.for_user(user.address())?;
        let identity = server.identity(&user.address().to_string()).personal_server;
        let (server_address, recipient) = identity.keys()?;
        let sealed = ecies::encrypt(password.as_bytes(), &recipient, &mut rng("seal", seq));
        self.add(
            "ecies",
            json!({
                "ciphertext_hex": sealed, "plaintext": password.as_str(),
                "server_private_key": hex::encode_prefixed(server.secret().secret_bytes()),
            }),
        );
        let grant = GrantFile::inference(application.address(), &prompt(user.address()));
        self.add(
            "grant",
            json!({ "text": grant.to_text(), "expected_grantee": application.address() }),
        );
        let message = ServerFilesAndPermission {
            nonce: U256::from(seq),
            granteeId: U256::from(1),
            grant: format!("https://storage.example/grant_{seq}.json?signature=b%2Fc"),
            fileUrls: vec![format!("https://storage.example/data_{seq}.json?signature=a%2Bb")],
            schemaIds: vec![U256::ZERO],
            serverAddress: server_address,
            serverUrl: "https://test.server.vana.com/api/v1".to_owned(),
            serverPublicKey: identity.public_key,
            filePermissions: vec![vec![Permission { account: server_address, key: sealed }]],
        };
        self.add_permission(chain_id, user, message)?;
        let permission_id = 42 + seq;
        let request = sign_operation(permission_id, application)?;
        self.add(
            "operation_request",
            json!({
                "body": serde_json::to_string(&request)?, "grantee": application.address(),
                "permission_id": permission_id,
            }),
        );
        Ok(())
    }

    fn add_permission(
        &mut self,
        chain_id: u64,
        user: &AccountKey,
        message: ServerFilesAndPermission,
    ) -> Result<(), Box<dyn Error>> {
        let signature = PermissionDomain::new(chain_id, PERMISSIONS).sign(&message, user)?;
        let shown = as_json(&message);
        let signed = hex::encode_prefixed(signature);
        self.add(
            "typed_data",
            json!({
                "chain_id": chain_id, "message": shown, "signature": signed,
                "signer": user.address(),
            }),
        );
        let request =
            RelayRequest::new(chain_id, PERMISSIONS, message.clone(), &signature, user.address());
        self.relay_requests.push(serde_json::to_string(&request)?);
        let calldata = add_server_files_and_permissions(message, &signature);
        self.add("calldata", json!({ "hex": calldata, "message": shown, "signature": signed }));
        Ok(())
    }

    fn add_funding(&mut self, wallets: &[Address]) {
        let payments = wallets.iter().map(|wallet| (*wallet, Wei::new(PAYMENT_WEI.into())));
        let batch = pay_many(MULTICALL, payments, Gas(500_000));
        self.add(
            "funding",
            json!({
                "calldata": batch.data, "value": batch.value.to_string(), "recipients": wallets,
                "amount_wei": PAYMENT_WEI.to_string(), "allow_failure": false,
            }),
        );
    }
}

impl Bundle {
    /// Uploads to a played bucket, and adds the URLs that users would put on the chain.
    async fn add_signed_urls(&mut self) -> Result<(), Box<dyn Error>> {
        let vectors: Value = serde_json::from_str(GCS_VECTORS)?;
        let jwk = &vectors["throwaway_rsa_key_jwk"];
        let clock = RunClock::real();
        let fake = FakeGcs::with_key(GcsTarget::URL, clock.clone(), published_key(jwk)?);
        let service = in_process(fake.router());
        let compute = Compute::inline(clock.clone());
        // The published client's prefix, and one of which little may stand in a URL as it is.
        for prefix in ["vana-load-test", "a b/ü!'()*&=~"] {
            for signed_urls in [GcsUrls::V2, GcsUrls::V4] {
                let account = ServiceAccount::parse(&fake.account_json())?;
                let email = account.email().to_owned();
                let storage = bucket(prefix, signed_urls, account, &service, &clock)?;
                let upload = Upload {
                    kind: ObjectKind::Data,
                    seq: 7,
                    content: Bytes::from_static(b"sealed"),
                    deadline: clock.now() + UPLOADED_WITHIN,
                    compute: &compute,
                };
                let url = storage.upload(upload).await.map_err(|error| error.class.to_string())?;
                let object = format!("{prefix}/vana_loadtest_{RUN}_7.json");
                self.add(
                    "signed_url",
                    json!({
                        "url": url, "bucket": BUCKET, "object": object, "client_email": email,
                        "public_key_jwk": { "kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"] },
                    }),
                );
            }
        }
        Ok(())
    }
}

/// The bucket as the users of a run see it.
fn bucket(
    prefix: &str,
    signed_urls: GcsUrls,
    account: ServiceAccount,
    service: &HttpService,
    clock: &RunClock,
) -> Result<Storage, Box<dyn Error>> {
    let target = GcsTarget {
        bucket: BUCKET.to_owned(),
        prefix: prefix.to_owned(),
        credentials: SecretRef::Env("UNUSED".to_owned()),
        signed_urls,
        url: None,
    };
    let endpoint = |name: &'static str, url: &SafeUrl| {
        let (id, settings) = (EndpointId::new(name), EndpointSettings::default());
        Endpoint::new(id, url, service.clone(), settings, clock.clone(), Seed(7))
    };
    let tokens = endpoint("storage-token", account.token_url())?;
    let storage = endpoint("storage", &SafeUrl::new(GcsTarget::URL))?;
    let store = GcsStore::new(&target, storage, tokens, account);
    Ok(Storage::new(Provider::Gcs(store), clock.clone()).for_run(RUN, None))
}

/// The throw-away key of the published client's vectors.
fn published_key(jwk: &Value) -> Result<KeyPair, Box<dyn Error>> {
    let part = |name: &str| {
        let text = jwk[name].as_str().ok_or_else(|| format!("the key has no {name}"))?;
        BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("the key's {name} is no base64"))
    };
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: part("n")?, e: part("e")? },
        d: part("d")?,
        p: part("p")?,
        q: part("q")?,
        dP: part("dp")?,
        dQ: part("dq")?,
        qInv: part("qi")?,
    };
    KeyPair::from_components(&components).map_err(|_| "the key of the vectors is none".into())
}

/// The message as the relay takes it: whole numbers as decimal text.
fn as_json(message: &ServerFilesAndPermission) -> Value {
    let decimal = |number: &U256| Value::String(number.to_string());
    let permission =
        |permission: &Permission| json!({ "account": permission.account, "key": permission.key });
    let permissions = |list: &Vec<Permission>| list.iter().map(permission).collect::<Value>();
    json!({
        "nonce": decimal(&message.nonce),
        "granteeId": decimal(&message.granteeId),
        "grant": message.grant,
        "fileUrls": message.fileUrls,
        "schemaIds": message.schemaIds.iter().map(decimal).collect::<Value>(),
        "serverAddress": message.serverAddress,
        "serverUrl": message.serverUrl,
        "serverPublicKey": message.serverPublicKey,
        "filePermissions": message.filePermissions.iter().map(permissions).collect::<Value>(),
    })
}
