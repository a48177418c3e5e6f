//! Accounts and storage.

use alloy_primitives::Address;
use serde_json::Value;

use super::error::RpcError;
use super::format;
use super::params::{BlockId, Params};
use crate::chain::machine::Chain;

/// Balances and nonces are true at every block that is kept.
pub(crate) fn balance(chain: &Chain, params: Params<'_>) -> Result<Value, RpcError> {
    let who: Address = params.parsed(0)?;
    let balance = match check_kept(chain, params.block(1)?)? {
        None => chain.balance(who),
        Some(number) => chain.state.account_after(who, number).balance,
    };
    Ok(format::quantity(balance))
}

pub(crate) fn transaction_count(chain: &Chain, params: Params<'_>) -> Result<Value, RpcError> {
    let who: Address = params.parsed(0)?;
    let block = params.block(1)?;
    if block == BlockId::Pending {
        return Ok(format::quantity(chain.pending_nonce(who)));
    }
    let nonce = match check_kept(chain, block)? {
        None => chain.nonce(who),
        Some(number) => chain.state.account_after(who, number).nonce,
    };
    Ok(format::quantity(nonce))
}

/// Code is the newest, whichever block is asked for.
pub(crate) fn code(chain: &Chain, params: Params<'_>) -> Result<Value, RpcError> {
    check_kept(chain, params.block(1)?)?;
    Ok(format::data(chain.code(params.parsed(0)?)))
}

/// Storage is the newest, whichever block is asked for.
pub(crate) fn storage(chain: &Chain, params: Params<'_>) -> Result<Value, RpcError> {
    check_kept(chain, params.block(2)?)?;
    Ok(format::word(chain.storage(params.parsed(0)?, params.quantity(1)?)))
}

/// The number of the block meant if it is an older one, or `None` for the newest.
///
/// Contract state is kept for the newest block only; older blocks that are kept are answered from
/// it, so that a client that names the block it just saw is not turned away when another comes.
///
/// # Errors
/// If the block does not exist yet, or not any more.
pub(crate) fn check_kept(chain: &Chain, block: BlockId) -> Result<Option<u64>, RpcError> {
    let head = chain.newest().header.number;
    let number = match block {
        BlockId::Latest | BlockId::Pending => return Ok(None),
        BlockId::Earliest => 0,
        BlockId::Number(number) => number,
        BlockId::Hash(hash) => {
            let found = chain.archive.by_hash(hash);
            found.ok_or_else(|| RpcError::server("header for hash not found"))?.header.number
        }
    };
    let oldest = chain.archive.oldest_number();
    if number > head {
        return Err(RpcError::server("header not found"));
    }
    if number < oldest {
        return Err(RpcError::pruned(number, oldest));
    }
    Ok((number < head).then_some(number))
}
