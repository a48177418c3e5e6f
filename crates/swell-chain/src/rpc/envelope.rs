//! The JSON-RPC envelope: single requests and batches.

use alloy_primitives::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{ChainErrorKind, RpcFailure, RpcMethod};
use super::types::Quantity;

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
    id: Option<Value>,
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
    data: Option<Value>,
}

/// The answer to one request; `None` is JSON's `null`.
pub(crate) type Outcome<T> = Result<Option<T>, RpcFailure>;

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

/// A batch that asks for the node's height first: nodes answer in order, so what follows is at least
/// as new.
pub(super) fn batch_with_height(calls: &[(RpcMethod, Value)]) -> Vec<u8> {
    let height = (calls.len() as u64, RpcMethod::BLOCK_NUMBER, Value::Array(Vec::new()));
    let others = (0..).zip(calls).map(|(id, (method, params))| (id, *method, params.clone()));
    let requests: Vec<_> = std::iter::once(height).chain(others).collect();
    let requests: Vec<_> = requests
        .iter()
        .map(|(id, method, params)| Request { jsonrpc: "2.0", id: *id, method: method.0, params })
        .collect();
    write(&requests)
}

fn write(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("our own requests have text keys and cannot fail to write")
}

pub(crate) fn read_single<T: DeserializeOwned>(body: &[u8]) -> Result<Outcome<T>, ChainErrorKind> {
    let answer: Answer<T> = serde_json::from_slice(body).map_err(malformed)?;
    Ok(answer.into_outcome())
}

/// Reads the answers to a batch of `len` requests, in the requests' order.
pub(crate) fn read_batch<T: DeserializeOwned>(
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
        let place = answer.id.as_ref().and_then(Value::as_u64);
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

/// Reads the answers to [`batch_with_height`] of `len` requests.
pub(crate) fn read_batch_with_height<T: DeserializeOwned>(
    body: &[u8],
    len: usize,
) -> Result<(Vec<Outcome<T>>, u64), ChainErrorKind> {
    let mut answers = read_batch::<Value>(body, len + 1)?;
    let height = answers.pop().unwrap_or(Ok(None)).map_err(ChainErrorKind::Refused)?;
    let height: Option<Quantity> =
        height.map(serde_json::from_value).transpose().map_err(malformed)?;
    let height = height.and_then(|height| u64::try_from(height.0).ok());
    let height = height.ok_or_else(|| ChainErrorKind::Malformed("no height".into()))?;
    let typed = |outcome: Outcome<Value>| match outcome {
        Ok(Some(value)) => serde_json::from_value(value).map(|value| Ok(Some(value))),
        Ok(None) => Ok(Ok(None)),
        Err(failure) => Ok(Err(failure)),
    };
    let outcomes: Result<Vec<_>, _> = answers.into_iter().map(typed).collect();
    Ok((outcomes.map_err(malformed)?, height))
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
fn hex_data(value: &Value) -> Option<Bytes> {
    let text = value.as_str().or_else(|| value.get("data")?.as_str())?;
    let digits = text.strip_prefix("Reverted ").unwrap_or(text);
    digits.starts_with("0x").then(|| digits.parse().ok()).flatten()
}
