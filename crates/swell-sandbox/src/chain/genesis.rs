//! The first header, and what all headers share.

use alloy_consensus::Header;
use alloy_primitives::{B256, keccak256};

use super::block::Block;
use super::config::ChainConfig;

/// What all headers of this chain share.
pub(crate) fn blank_header(config: &ChainConfig) -> Header {
    Header {
        beneficiary: config.coinbase,
        gas_limit: config.gas_limit,
        withdrawals_root: Some(alloy_consensus::constants::EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(alloy_eips::eip7685::EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

/// The block before all others; its hash depends on all that the chain begins with.
pub(crate) fn genesis_block(config: &ChainConfig) -> Block {
    let mut digest = config.chain_id.to_be_bytes().to_vec();
    for account in &config.accounts {
        digest.extend_from_slice(account.address.as_slice());
        digest.extend_from_slice(&account.balance.to_be_bytes::<32>());
        digest.extend_from_slice(&account.nonce.to_be_bytes());
        digest.extend_from_slice(keccak256(&account.code).as_slice());
        for (slot, value) in &account.storage {
            digest.extend_from_slice(&slot.to_be_bytes::<32>());
            digest.extend_from_slice(&value.to_be_bytes::<32>());
        }
    }
    let header = Header {
        timestamp: config.genesis_unix,
        base_fee_per_gas: Some(config.base_fee_initial.max(config.base_fee_floor)),
        state_root: keccak256(digest),
        ..blank_header(config)
    };
    Block::seal(header, Vec::new())
}
