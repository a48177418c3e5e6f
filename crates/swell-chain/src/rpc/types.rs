//! What we read from a node: few fields, extra ones ignored.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Deserializer};
use swell_core::report::EndpointState;
use swell_core::target::SafeUrl;
use swell_core::units::{Gas, Wei, WeiPerGas};

/// What is known of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointView {
    /// Its name: `rpc`, or `rpc-1` and on.
    pub name: String,
    /// Where it is; shown without credentials.
    pub url: SafeUrl,
    /// The newest block it reported.
    pub head: Option<u64>,
    /// Blocks it was behind the newest one known when it last reported one.
    pub lag_blocks: u64,
    /// How it is.
    pub state: EndpointState,
}

/// Which state a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockTag {
    /// The newest block.
    Latest,
    /// The newest block and what the node's pool holds on top.
    Pending,
    /// The state after this block.
    Number(u64),
}

impl BlockTag {
    pub(super) fn to_param(self) -> String {
        match self {
            Self::Latest => "latest".into(),
            Self::Pending => "pending".into(),
            Self::Number(number) => format!("{number:#x}"),
        }
    }
}

/// A block's header, as far as we need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockHeader {
    /// Height.
    #[serde(deserialize_with = "quantity")]
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Unix time, seconds.
    #[serde(deserialize_with = "quantity")]
    pub timestamp: u64,
    /// Base fee; `None` on chains without EIP-1559.
    #[serde(default, rename = "baseFeePerGas", deserialize_with = "price_opt")]
    pub base_fee: Option<WeiPerGas>,
    /// Gas its transactions used.
    #[serde(deserialize_with = "gas")]
    pub gas_used: Gas,
    /// Gas its transactions may use.
    #[serde(deserialize_with = "gas")]
    pub gas_limit: Gas,
}

/// A block: its header and the hashes of its transactions, in order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Block {
    /// Header.
    #[serde(flatten)]
    pub header: BlockHeader,
    /// Hashes of its transactions.
    #[serde(default)]
    pub transactions: Vec<B256>,
}

/// A block with receipts of its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockWithReceipts {
    /// The block.
    pub block: Block,
    /// Receipts: of all transactions, or at least of those asked for.
    pub receipts: Vec<Receipt>,
}

/// A transaction's receipt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The transaction.
    #[serde(rename = "transactionHash")]
    pub tx: B256,
    /// Hash of its block.
    pub block_hash: B256,
    /// Height of its block.
    #[serde(deserialize_with = "quantity")]
    pub block_number: u64,
    /// Sender.
    pub from: Address,
    /// Whether it succeeded; `None` from nodes that do not say (before Byzantium).
    #[serde(default, deserialize_with = "status_opt")]
    pub status: Option<bool>,
    /// Gas it used.
    #[serde(deserialize_with = "gas")]
    pub gas_used: Gas,
    /// What a unit of gas cost; zero when the node does not say.
    #[serde(default, deserialize_with = "price_or_zero")]
    pub effective_gas_price: WeiPerGas,
    /// What a rollup charged on top for its parent chain.
    #[serde(default)]
    pub l1_fee: Option<U256>,
    /// What its contracts emitted.
    #[serde(default)]
    pub logs: Vec<Log>,
}

impl Receipt {
    /// Everything the sender paid for it.
    #[must_use]
    pub fn fee(&self) -> Wei {
        self.effective_gas_price * self.gas_used + Wei(self.l1_fee.unwrap_or_default())
    }
}

/// What a contract emitted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// Its indexed part; the first is the event's signature.
    pub topics: Vec<B256>,
    /// Its other part.
    pub data: Bytes,
}

/// A transaction as a node knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionView {
    /// Hash.
    pub hash: B256,
    /// Sender.
    pub from: Address,
    /// Its nonce.
    #[serde(deserialize_with = "quantity")]
    pub nonce: u64,
    /// Height of its block; `None` while it waits in the pool.
    #[serde(default, deserialize_with = "quantity_opt")]
    pub block_number: Option<u64>,
}

/// What a transaction moves, as a block tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Hash.
    pub hash: B256,
    /// Who pays.
    pub from: Address,
    /// Whom; `None` when it makes a contract.
    #[serde(default)]
    pub to: Option<Address>,
    /// How much, in wei.
    pub value: U256,
}

/// A block's transactions, whole.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Transfers {
    #[serde(default)]
    pub(super) transactions: Vec<Transfer>,
}

/// A call to be executed or estimated, not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// In whose name; the zero address when absent.
    pub from: Option<Address>,
    /// Whom.
    pub to: Address,
    /// With what value.
    pub value: Wei,
    /// Call data.
    pub data: Bytes,
}

impl CallRequest {
    pub(super) fn to_param(&self) -> serde_json::Value {
        let mut param = serde_json::json!({ "to": self.to, "data": self.data });
        if let Some(from) = self.from {
            param["from"] = serde_json::json!(from);
        }
        if !self.value.is_zero() {
            param["value"] = serde_json::json!(self.value.0);
        }
        param
    }
}

/// Fees of the last blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeeHistory {
    /// The first block told of.
    #[serde(deserialize_with = "quantity")]
    pub oldest_block: u64,
    /// Base fee of each block, and of the next one.
    #[serde(default)]
    pub base_fee_per_gas: Vec<U256>,
    /// Share of its gas limit that each block used.
    #[serde(default)]
    gas_used_ratio: Vec<Option<GasShare>>,
    /// Of each block, the median tip.
    #[serde(default)]
    reward: Option<Vec<Vec<U256>>>,
}

/// A share between 0 and 1, compared by its bits.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
struct GasShare(f64);

impl PartialEq for GasShare {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for GasShare {}

impl FeeHistory {
    /// Share of its gas limit that each block used, oldest first.
    #[must_use]
    pub fn gas_used_ratios(&self) -> Vec<f64> {
        self.gas_used_ratio.iter().flatten().map(|share| share.0).collect()
    }

    /// The median of the blocks' median tips; blocks without transactions do not count.
    #[must_use]
    pub fn median_tip(&self) -> Option<WeiPerGas> {
        let mut tips: Vec<U256> = self
            .reward
            .iter()
            .flatten()
            .filter_map(|block| block.first().copied())
            .filter(|tip| !tip.is_zero())
            .collect();
        tips.sort_unstable();
        let middle = tips.get(tips.len() / 2)?;
        Some(WeiPerGas(u128::try_from(*middle).unwrap_or(u128::MAX)))
    }
}

/// A number as nodes write it: hexadecimal text, or from careless ones a plain number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantity(pub(super) u128);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Quantity;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a hexadecimal quantity")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
                let digits = text.strip_prefix("0x").unwrap_or(text);
                if digits.is_empty() {
                    return Ok(Quantity(0));
                }
                u128::from_str_radix(digits, 16).map(Quantity).map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Quantity, E> {
                Ok(Quantity(number.into()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Quantity {
    pub(super) fn to_u64<E: serde::de::Error>(self) -> Result<u64, E> {
        u64::try_from(self.0).map_err(E::custom)
    }
}

fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Quantity::deserialize(deserializer)?.to_u64()
}

fn quantity_opt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Option::<Quantity>::deserialize(deserializer)?.map(Quantity::to_u64).transpose()
}

fn gas<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Gas, D::Error> {
    quantity(deserializer).map(Gas)
}

fn price_opt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WeiPerGas>, D::Error> {
    Ok(Option::<Quantity>::deserialize(deserializer)?.map(|price| WeiPerGas(price.0)))
}

fn price_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<WeiPerGas, D::Error> {
    price_opt(deserializer).map(Option::unwrap_or_default)
}

fn status_opt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Option::<Quantity>::deserialize(deserializer)?.map(|status| status.0 == 1))
}
