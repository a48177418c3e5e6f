//! Blocks and what is in them.

use alloy_consensus::proofs::ordered_trie_root_with_encoder;
use alloy_consensus::{Header, ReceiptEnvelope, TxEnvelope, TxReceipt};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bloom, Log, keccak256};
use alloy_rlp::Encodable;

/// A mined block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its header; the hash is the header's true hash.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// Its transactions, with their receipts, in order.
    pub transactions: Vec<MinedTx>,
    /// Its size in bytes.
    pub size: u64,
}

/// A mined transaction and its receipt.
#[derive(Clone, Debug)]
pub struct MinedTx {
    /// The signed transaction.
    pub tx: TxEnvelope,
    /// Who signed it.
    pub sender: Address,
    /// Its receipt: status, logs, bloom and the block's gas so far.
    pub receipt: ReceiptEnvelope,
    /// What it used.
    pub gas_used: u64,
    /// What it paid, in wei per gas.
    pub gas_price: u128,
    /// The contract it deployed, if any.
    pub deployed: Option<Address>,
    /// How many logs come before its own in the block.
    pub log_index_first: u64,
}

impl MinedTx {
    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        *self.tx.tx_hash()
    }

    /// Whether it did what it was meant to do, rather than revert.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.receipt.status()
    }

    /// The logs it emitted.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        self.receipt.logs()
    }
}

/// The newest block, in brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its timestamp, in seconds since the Unix epoch.
    pub timestamp: u64,
    /// Its base fee, in wei per gas.
    pub base_fee: u64,
    /// The gas it used.
    pub gas_used: u64,
}

impl Block {
    /// Completes `header` with what follows from the transactions.
    pub(crate) fn seal(mut header: Header, transactions: Vec<MinedTx>) -> Self {
        let envelopes: Vec<&TxEnvelope> = transactions.iter().map(|mined| &mined.tx).collect();
        header.transactions_root =
            ordered_trie_root_with_encoder(&envelopes, |tx, out| tx.encode_2718(out));
        header.receipts_root = ordered_trie_root_with_encoder(&transactions, |mined, out| {
            mined.receipt.encode_2718(out);
        });
        let mut bloom = Bloom::ZERO;
        for mined in &transactions {
            bloom.accrue_bloom(&mined.receipt.bloom());
        }
        header.logs_bloom = bloom;
        let digest = [header.state_root, header.transactions_root, header.receipts_root].concat();
        header.state_root = keccak256(digest);
        let tx_bytes: usize = envelopes.iter().map(|tx| tx.encode_2718_len()).sum();
        let size = (header.length() + tx_bytes) as u64;
        let hash = header.hash_slow();
        Self { header, hash, transactions, size }
    }

    /// This block in brief.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            number: self.header.number,
            hash: self.hash,
            timestamp: self.header.timestamp,
            base_fee: self.base_fee(),
            gas_used: self.header.gas_used,
        }
    }

    /// Its base fee, in wei per gas.
    #[must_use]
    pub fn base_fee(&self) -> u64 {
        self.header.base_fee_per_gas.unwrap_or_default()
    }
}
