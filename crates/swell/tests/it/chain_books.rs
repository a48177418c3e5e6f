//! The test keeps books of its own: what moved, by the chain's blocks and receipts alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::http::rpc;
use crate::stale::quantity;

/// The chain's own account of some blocks. All transactions in them are one run's.
#[derive(Debug, Default)]
pub(crate) struct ChainBooks {
    /// What senders paid for gas.
    pub(crate) fees: u128,
    /// Transactions by sender.
    pub(crate) sent: BTreeMap<String, u64>,
    /// How many transfers there were, by who paid whom.
    pub(crate) paid: BTreeMap<(String, String), u64>,
}

impl ChainBooks {
    /// Reads the blocks after `after`.
    pub(crate) fn read(url: &str, after: u64) -> Self {
        let mut books = Self::default();
        for number in after + 1..=height(url) {
            books.add_block(url, &format!("{number:#x}"));
        }
        books
    }

    fn add_block(&mut self, url: &str, number: &str) {
        let block = rpc(url, "eth_getBlockByNumber", &json!([number, true]));
        let transactions = block["transactions"].as_array().unwrap();
        if transactions.is_empty() {
            return;
        }
        let receipts = rpc(url, "eth_getBlockReceipts", &json!([number]));
        let receipts = receipts.as_array().unwrap();
        assert_eq!(transactions.len(), receipts.len(), "block {number}");
        for (tx, receipt) in transactions.iter().zip(receipts) {
            assert_eq!(tx["hash"], receipt["transactionHash"]);
            self.fees += wide(&receipt["gasUsed"]) * wide(&receipt["effectiveGasPrice"]);
            *self.sent.entry(text(&tx["from"])).or_default() += 1;
            if wide(&tx["value"]) > 0 && receipt["status"] == "0x1" {
                let pair = (text(&tx["from"]), text(&tx["to"]));
                *self.paid.entry(pair).or_default() += 1;
            }
        }
    }

    /// Every account of the run, the relayer among them.
    pub(crate) fn accounts(&self) -> BTreeSet<String> {
        self.sent.keys().chain(self.paid.keys().map(|(_, to)| to)).cloned().collect()
    }

    /// How often each wallet was paid: whoever the lanes paid, and the relayer did not.
    pub(crate) fn wallets(&self, relayer: &str) -> BTreeMap<&str, u64> {
        let from = |payer: &str, payee: &str| self.paid.contains_key(&(payer.into(), payee.into()));
        let is_lane = |account: &str| from(relayer, account);
        let mut wallets = BTreeMap::new();
        for ((payer, payee), count) in &self.paid {
            if is_lane(payer) && payee != relayer && !is_lane(payee) {
                *wallets.entry(payee.as_str()).or_default() += count;
            }
        }
        wallets
    }

    /// What the run's accounts hold beside `relayer`.
    pub(crate) fn left(&self, url: &str, relayer: &str) -> BTreeMap<String, u128> {
        let others = self.accounts().into_iter().filter(|account| account != relayer);
        others.map(|account| (account.clone(), balance(url, &account))).collect()
    }

    /// Wants every nonce of every sender in a block: none left out, none waiting.
    #[track_caller]
    pub(crate) fn assert_no_gaps(&self, url: &str) {
        for (account, count) in &self.sent {
            let nonce =
                |tag| quantity(&rpc(url, "eth_getTransactionCount", &json!([account, tag])));
            assert_eq!(nonce("latest"), nonce("pending"), "{account} has transactions waiting");
            assert_eq!(nonce("latest"), Some(*count), "nonces of {account} and its transactions");
        }
    }
}

/// Height of the newest block.
pub(crate) fn height(url: &str) -> u64 {
    quantity(&rpc(url, "eth_blockNumber", &json!([]))).unwrap()
}

/// What an account holds, in wei.
pub(crate) fn balance(url: &str, account: &str) -> u128 {
    wide(&rpc(url, "eth_getBalance", &json!([account, "latest"])))
}

fn wide(value: &Value) -> u128 {
    u128::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap_or(0)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_lowercase()
}
