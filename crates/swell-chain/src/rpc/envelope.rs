//! The JSON-RPC envelope: single requests and batches.

use alloy_primitives::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{ChainErrorKind, RpcFailure, RpcMethod};

#[derive(Serialize)]
struct Request<'a, P> {
    jsonrpc: &'static str,
    id: u64,
    method: &'static str,
    params: &'a P,
}

#[derive(Deserialize)]
struct Answer<T> {
    #[serde(default = "Option::default")]
    id: Option<serde_json::Value>,
    #[serde(default = "Option::default")]
    result: Option<T>,
    #[serde(default)]
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<serde_json::Value>,
}

/// The answer to one request; `None` is JSON's `null`.
pub(super) type Outcome<T> = Result<Option<T>, RpcFailure>;

pub(super) fn single<P: Serialize>(method: RpcMethod, params: &P) -> Vec<u8> {
    write(&Request { jsonrpc: "2.0", id: 0, method: method.0, params })
}

pub(super) fn batch<P: Serialize>(method: RpcMethod, params: &[P]) -> Vec<u8> {
    let requests: Vec<_> = (0..)
        .zip(params)
        .map(|(id, params)| Request { jsonrpc: "2.0", id, method: method.0, params })
        .collect();
    write(&requests)
}

fn write(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("our own requests have text keys and cannot fail to write")
}

pub(super) fn read_single<T: DeserializeOwned>(body: &[u8]) -> Result<Outcome<T>, ChainErrorKind> {
    let answer: Answer<T> = serde_json::from_slice(body).map_err(malformed)?;
    Ok(answer.into_outcome())
}

/// Reads the answers to a batch of `len` requests, in the requests' order.
pub(super) fn read_batch<T: DeserializeOwned>(
    body: &[u8],
    len: usize,
) -> Result<Vec<Outcome<T>>, ChainErrorKind> {
    if body.trim_ascii_start().first() != Some(&b'[') {
        // One answer for the whole batch is always a refusal.
        return match read_single::<serde::de::IgnoredAny>(body)? {
            Err(failure) => Err(ChainErrorKind::Refused(failure)),
            Ok(_) => Err(ChainErrorKind::Malformed("one answer for a batch".into())),
        };
    }
    let answers: Vec<Answer<T>> = serde_json::from_slice(body).map_err(malformed)?;
    let mut ordered: Vec<Option<Outcome<T>>> = (0..len).map(|_| None).collect();
    for answer in answers {
        let place = answer.id.as_ref().and_then(serde_json::Value::as_u64);
        let slot = place.and_then(|id| ordered.get_mut(usize::try_from(id).ok()?));
        let Some(slot) = slot else {
            return Err(ChainErrorKind::Malformed("an answer to no request".into()));
        };
        *slot = Some(answer.into_outcome());
    }
    ordered
        .into_iter()
        .collect::<Option<_>>()
        .ok_or_else(|| ChainErrorKind::Malformed("fewer answers than requests".into()))
}

fn malformed(error: serde_json::Error) -> ChainErrorKind {
    ChainErrorKind::Malformed(error.to_string())
}

impl<T> Answer<T> {
    fn into_outcome(self) -> Outcome<T> {
        match self.error {
            Some(failure) => Err(failure.into()),
            None => Ok(self.result),
        }
    }
}

impl From<Failure> for RpcFailure {
    fn from(failure: Failure) -> Self {
        let message = failure.message.chars().take(Self::MESSAGE_CHARS_MAX).collect();
        Self { code: failure.code, message, data: failure.data.as_ref().and_then(hex_data) }
    }
}

/// Revert data: as text, or where a node nests it, in an object's `data`.
fn hex_data(value: &serde_json::Value) -> Option<Bytes> {
    let text = value.as_str().or_else(|| value.get("data")?.as_str())?;
    let digits = text.strip_prefix("Reverted ").unwrap_or(text);
    digits.starts_with("0x").then(|| digits.parse().ok()).flatten()
}
