//! What the tests of several modules share.

use alloy_primitives::B256;
use alloy_signer_local::Secp256k1Signer;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

/// Reads one of the vector files.
pub(crate) fn vectors(name: &str) -> Value {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The text at `key`.
pub(crate) fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item[key].as_str().unwrap_or_else(|| panic!("{key} in {item}"))
}

/// The octets that the hexadecimal text at `key` stands for.
pub(crate) fn octets(item: &Value, key: &str) -> Vec<u8> {
    let digits = text(item, key);
    hex::decode(digits.strip_prefix("0x").unwrap_or(digits)).unwrap()
}

/// The signer whose private key is at `key`.
pub(crate) fn signer(item: &Value, key: &str) -> Secp256k1Signer {
    Secp256k1Signer::from_bytes(&B256::from_slice(&octets(item, key))).unwrap()
}

/// A generator for tests.
pub(crate) fn rng(seed: u64) -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(seed)
}
