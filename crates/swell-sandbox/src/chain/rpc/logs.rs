//! Finding logs.

use alloy_primitives::{Address, B256, Log};
use serde_json::Value;

use super::blocks::find;
use super::error::RpcError;
use super::format;
use super::params::{BlockId, Params, block_id, parse};
use crate::chain::block::Block;
use crate::chain::machine::Chain;

/// Which logs are wanted: from any of the addresses, with any of the topics at each position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogFilter {
    addresses: Vec<Address>,
    topics: Vec<Vec<B256>>,
}

impl LogFilter {
    /// Reads `address` and `topics`; each may be one, several, or null for any.
    pub(crate) fn parse(value: &Value) -> Result<Self, RpcError> {
        let addresses = several(value.get("address"))?;
        let topics = value.get("topics").and_then(Value::as_array);
        let topics: Result<Vec<_>, _> =
            topics.into_iter().flatten().map(|topic| several(Some(topic))).collect();
        Ok(Self { addresses, topics: topics? })
    }

    /// All logs of `block` that match, as clients read them.
    pub(crate) fn matching(&self, block: &Block) -> Vec<Value> {
        if !self.may_match(block) {
            return Vec::new();
        }
        let mined = block.transactions.iter().enumerate();
        let logs = mined.flat_map(|(position, mined)| {
            let logs = mined.logs().iter().enumerate().filter(|(_, log)| self.matches(log));
            logs.map(move |(index, log)| format::log(block, position, mined, index, log))
        });
        logs.collect()
    }

    fn may_match(&self, block: &Block) -> bool {
        let bloom = &block.header.logs_bloom;
        let has = |bytes: &[u8]| bloom.contains_input(alloy_primitives::BloomInput::Raw(bytes));
        let any_address =
            self.addresses.is_empty() || self.addresses.iter().any(|a| has(a.as_slice()));
        let all_topics = self
            .topics
            .iter()
            .all(|wanted| wanted.is_empty() || wanted.iter().any(|t| has(t.as_slice())));
        any_address && all_topics
    }

    fn matches(&self, log: &Log) -> bool {
        let is_from = self.addresses.is_empty() || self.addresses.contains(&log.address);
        let topics = log.topics();
        let has_topics = self.topics.len() <= topics.len()
            && self
                .topics
                .iter()
                .zip(topics)
                .all(|(wanted, topic)| wanted.is_empty() || wanted.contains(topic));
        is_from && has_topics
    }
}

pub(crate) fn get_logs(chain: &Chain, params: Params<'_>) -> Result<Value, RpcError> {
    let filter = params.required(0)?;
    let wanted = LogFilter::parse(filter)?;
    if let Some(hash) = filter.get("blockHash").filter(|hash| !hash.is_null()) {
        let block = find(chain, BlockId::Hash(parse(hash, 0)?));
        let block = block.ok_or_else(|| RpcError::server("unknown block"))?;
        return Ok(Value::Array(wanted.matching(block)));
    }
    let bound = |name: &str| {
        let given = filter.get(name).filter(|bound| !bound.is_null());
        number(chain, given.map_or(Ok(BlockId::Latest), block_id)?)
    };
    let (first, last) = (bound("fromBlock")?, bound("toBlock")?);
    if first > last {
        return Err(RpcError::params("invalid block range params"));
    }
    let last = last.min(chain.newest().header.number);
    let blocks = (first..=last).filter_map(|number| chain.archive.by_number(number));
    Ok(blocks.flat_map(|block| wanted.matching(block)).collect())
}

/// `earliest` is the oldest block kept; a number that is not kept any more is an error, since
/// leaving its logs out would look as if there had been none.
fn number(chain: &Chain, block: BlockId) -> Result<u64, RpcError> {
    let oldest = chain.archive.oldest_number();
    match block {
        BlockId::Earliest => Ok(oldest),
        BlockId::Number(number) if number < oldest => Err(RpcError::pruned(number, oldest)),
        BlockId::Number(number) => Ok(number),
        other => find(chain, other)
            .map(|block| block.header.number)
            .ok_or_else(|| RpcError::server("unknown block")),
    }
}

fn several<T: std::str::FromStr>(value: Option<&Value>) -> Result<Vec<T>, RpcError> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(|value| parse(value, 0)).collect(),
        Some(value) => Ok(vec![parse(value, 0)?]),
    }
}
