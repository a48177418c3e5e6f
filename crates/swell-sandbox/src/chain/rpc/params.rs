//! Reading the parameters of a request.

use std::str::FromStr;

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::Value;

use super::error::RpcError;
use crate::chain::call::CallRequest;

/// The parameters of one request, by position.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a>(pub(crate) &'a Value);

/// Which block a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockId {
    Earliest,
    /// Also `safe` and `finalized`: this chain never takes a block back.
    Latest,
    Pending,
    Number(u64),
    Hash(B256),
}

impl<'a> Params<'a> {
    /// The value at `index`; missing and null are the same.
    pub(crate) fn get(self, index: usize) -> Option<&'a Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    /// # Errors
    /// If it is missing.
    pub(crate) fn required(self, index: usize) -> Result<&'a Value, RpcError> {
        self.get(index)
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    pub(crate) fn parsed<T: FromStr>(self, index: usize) -> Result<T, RpcError> {
        parse(self.required(index)?, index)
    }

    pub(crate) fn quantity(self, index: usize) -> Result<U256, RpcError> {
        quantity(self.required(index)?)
    }

    pub(crate) fn flag(self, index: usize) -> bool {
        self.get(index).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The block meant by the value at `index`; the latest if there is none.
    pub(crate) fn block(self, index: usize) -> Result<BlockId, RpcError> {
        self.get(index).map_or(Ok(BlockId::Latest), block_id)
    }
}

/// Reads a block tag, number, or `{blockNumber}` / `{blockHash}`.
pub(crate) fn block_id(value: &Value) -> Result<BlockId, RpcError> {
    if let Some(hash) = value.get("blockHash") {
        return parse(hash, 0).map(BlockId::Hash);
    }
    let value = value.get("blockNumber").unwrap_or(value);
    match value.as_str() {
        Some("earliest") => Ok(BlockId::Earliest),
        Some("latest" | "safe" | "finalized") => Ok(BlockId::Latest),
        Some("pending") => Ok(BlockId::Pending),
        Some(text) if text.len() == 66 => parse(value, 0).map(BlockId::Hash),
        _ => quantity_u64(value).map(BlockId::Number),
    }
}

/// Reads a `0x` quantity. Plain JSON numbers are taken too, as some clients send them.
pub(crate) fn quantity(value: &Value) -> Result<U256, RpcError> {
    if let Some(number) = value.as_u64() {
        return Ok(U256::from(number));
    }
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let parsed = digits.filter(|digits| !digits.is_empty());
    parsed
        .and_then(|digits| U256::from_str_radix(digits, 16).ok())
        .ok_or_else(|| RpcError::params(format!("invalid argument: not a hex quantity: {value}")))
}

pub(crate) fn quantity_u64(value: &Value) -> Result<u64, RpcError> {
    narrow(value)
}

/// Reads the call object of `eth_call` and `eth_estimateGas`.
pub(crate) fn call_request(value: &Value) -> Result<CallRequest, RpcError> {
    let field = |name: &str| value.get(name).filter(|field| !field.is_null());
    let address = |name: &str| field(name).map(|given| parse::<Address>(given, 0)).transpose();
    let fee = |name: &str| field(name).map(narrow::<u128>).transpose();
    if field("blobVersionedHashes").is_some() || field("authorizationList").is_some() {
        return Err(RpcError::server("transaction type not supported"));
    }
    let data = field("input").or_else(|| field("data"));
    let (gas_price, max_fee) = (fee("gasPrice")?, fee("maxFeePerGas")?);
    if gas_price.is_some() && max_fee.is_some() {
        let message = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
        return Err(RpcError::server(message));
    }
    Ok(CallRequest {
        from: address("from")?,
        to: address("to")?,
        gas: field("gas").map(narrow::<u64>).transpose()?,
        fee_cap: gas_price.or(max_fee),
        tip_cap: fee("maxPriorityFeePerGas")?,
        value: field("value").map_or(Ok(U256::ZERO), quantity)?,
        data: data.map_or(Ok(Bytes::new()), |data| parse(data, 0))?,
        access_list: field("accessList").map_or(Ok(AccessList::default()), access_list)?,
    })
}

pub(crate) fn parse<T: FromStr>(value: &Value, index: usize) -> Result<T, RpcError> {
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| RpcError::params(format!("invalid argument {index}: {value}")))
}

fn narrow<T: TryFrom<U256>>(value: &Value) -> Result<T, RpcError> {
    T::try_from(quantity(value)?)
        .map_err(|_too_large| RpcError::params(format!("invalid argument: too large: {value}")))
}

fn access_list(value: &Value) -> Result<AccessList, RpcError> {
    let invalid = || RpcError::params("invalid argument: accessList");
    let items = value.as_array().ok_or_else(invalid)?.iter().map(|item| {
        let address = item.get("address").ok_or_else(invalid)?;
        let keys = item.get("storageKeys").and_then(Value::as_array);
        let keys = keys.into_iter().flatten().map(|key| parse(key, 0));
        let storage_keys = keys.collect::<Result<Vec<B256>, RpcError>>()?;
        Ok(AccessListItem { address: parse(address, 0)?, storage_keys })
    });
    items.collect::<Result<Vec<_>, RpcError>>().map(AccessList)
}
