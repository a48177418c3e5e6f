//! How wallets will be paid: what the chain offers, and what binds.

use alloy_primitives::Address;
use swell_chain::{BlockTag, Head, estimate_batch};
use swell_core::funding::{
    BatchGas, FundingStrategy, StrategyChoice, StrategyFacts, StrategyWish, choose_strategy,
};
use swell_core::plan::ArrivalKind;
use swell_core::submit::SubmitMode;
use swell_engine::FundingSetup;

use crate::config::Settings;
use crate::connection::{Connection, sentence};

/// What funding may take of the requests that the RPC endpoints allow: journeys need the rest.
const RPC_SHARE: f64 = 0.5;

/// Chooses how wallets are paid. What was asked for and cannot be had is a warning.
pub(super) async fn choose(
    connection: &Connection,
    settings: &Settings,
    head: &Head,
    warnings: &mut Vec<String>,
) -> FundingSetup {
    let limits = &settings.plan.limits;
    if limits.submit == SubmitMode::Endpoint {
        return nobody(limits.submit, None);
    }
    let multicall = multicall(connection, warnings).await;
    if limits.submit == SubmitMode::Relayed {
        return nobody(limits.submit, multicall);
    }
    let block_s = connection.block_time().as_secs_f64();
    let choice = choose_strategy(
        limits.funding,
        &StrategyFacts {
            wanted_per_block: wanted_per_block(settings, block_s),
            gas_per_block: limits.funding_gas.of(head.gas_limit),
            lanes: limits.funding_workers.get(),
            lane_window: limits.lane_window(),
            submissions_per_block: connection
                .target
                .expected
                .rpc_per_s
                .map(|requests| requests * RPC_SHARE * block_s),
            batch: multicall.map(|(_, gas)| gas),
        },
    );
    let batch_wanted = limits.funding == StrategyWish::Only(FundingStrategy::Batch);
    if batch_wanted && choice.strategy == FundingStrategy::Direct {
        warnings.push(format!("wallets are paid one by one: {}", choice.because));
    }
    FundingSetup { choice, multicall }
}

/// Where others send users' calls, no wallet is paid.
fn nobody(submit: SubmitMode, multicall: Option<(Address, BatchGas)>) -> FundingSetup {
    let because = match submit {
        SubmitMode::Relayed => {
            "the relayer's lanes send what users sign and pay for it: nobody is funded"
        }
        _ => "the target's relay sends what users sign and pays for it: nobody is funded",
    };
    let (strategy, because) = (FundingStrategy::Direct, because.to_owned());
    FundingSetup { choice: StrategyChoice { strategy, because, wallets_per_block: 0 }, multicall }
}

/// Wallets asked for, a block, at the highest rate of arrivals.
fn wanted_per_block(settings: &Settings, block_s: f64) -> f64 {
    let (load, limits) = (&settings.plan.load, &settings.plan.limits);
    if load.arrivals == ArrivalKind::Burst {
        return f64::from(limits.pool_max.get());
    }
    load.profile().peak().per_second() * block_s
}

async fn multicall(
    connection: &Connection,
    warnings: &mut Vec<String>,
) -> Option<(Address, BatchGas)> {
    let address = connection.target.contracts.multicall?;
    let (rpc, relayer) = (connection.chain.rpc(), connection.relayer.address());
    match estimate_batch(rpc, address, relayer).await {
        Ok(gas) => Some((address, gas)),
        // That the relayer is poor is said elsewhere; of the contract it says nothing.
        Err(_) if is_poor(connection).await => None,
        Err(error) => {
            warnings.push(format!(
                "the contract at {address}, where the target says that `multicall` is, pays nobody: {}",
                sentence(&error)
            ));
            None
        }
    }
}

/// Whether the relayer could not even pay for the estimate of a batch.
async fn is_poor(connection: &Connection) -> bool {
    let relayer = connection.relayer.address();
    let balance = connection.chain.rpc().balance(relayer, BlockTag::Latest).await;
    balance.is_ok_and(|balance| balance.is_zero())
}
