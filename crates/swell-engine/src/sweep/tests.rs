//! Runs that died with money in wallets and lanes, on the sandbox, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::{Address, I256};
use swell_chain::{
    BlockTag, ChainHandle, ChainOptions, FeePolicy, FeeTag, KeyTree, RelayerKey, Rpc, RunId,
    SendRequest, TxSpec,
};
use swell_core::seed::Seed;
use swell_core::units::{Gas, Wei, WeiPerGas};
use swell_core::wallet::WalletSizing;
use swell_net::clock::RunClock;
use swell_net::{Endpoint, EndpointId, EndpointSettings};
use swell_sandbox::keys::PUBLISHED_RELAYER_KEY;
use swell_sandbox::{BaseFee, Profile, Sandbox, SandboxConfig};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    Held, SweepRange, SweepSetup, SweepStatement, SweepSurvey, salvage_run, survey_run, sweep_run,
};
use crate::ledger::HighWater;
use crate::sizing::Sizing;

/// A sandbox, and a run on it that died.
struct Wreck {
    clock: RunClock,
    sandbox: Sandbox,
    relayer: RelayerKey,
    run_id: RunId,
    keys: KeyTree,
}

impl Wreck {
    fn new() -> Self {
        let clock = RunClock::virtual_time();
        let config = SandboxConfig {
            // What is dust must not change while the test goes on.
            base_fee: BaseFee::Pinned(1_000_000_000),
            ..SandboxConfig::of(Profile::Fast, Seed(1))
        };
        let sandbox = Sandbox::new(config, clock.clone());
        let running = sandbox.clone();
        tokio::spawn(async move { running.run(CancellationToken::new()).await });
        let relayer = RelayerKey::from_bytes(PUBLISHED_RELAYER_KEY.0).unwrap();
        let run_id = RunId::from_seed(Seed(7));
        let keys = KeyTree::new(&relayer, &run_id);
        Self { clock, sandbox, relayer, run_id, keys }
    }

    async fn connect(&self) -> ChainHandle {
        let target = self.sandbox.target();
        let endpoint = Endpoint::new(
            EndpointId::new("rpc"),
            &target.chain.rpc[0],
            self.sandbox.service(),
            EndpointSettings::default(),
            self.clock.clone(),
            Seed(3),
        );
        let options = ChainOptions {
            chain_id: target.chain.id,
            finality_blocks: 2,
            fees: FeePolicy::default(),
        };
        ChainHandle::connect(Rpc::new(endpoint.unwrap()), self.clock.clone(), options)
            .await
            .unwrap()
    }

    async fn balance(&self, account: Address) -> Wei {
        self.connect().await.rpc().balance(account, BlockTag::Latest).await.unwrap()
    }

    /// Pays each account by hand from the relayer.
    async fn pay(&self, payments: &[(Address, Wei)]) {
        let chain = self.connect().await;
        let (following, stop) = (chain.clone(), CancellationToken::new());
        let stopping = stop.clone();
        tokio::spawn(async move { following.run(stopping).await });
        let relayer = self.relayer.account();
        let first = chain.rpc().nonce(relayer.address(), BlockTag::Latest).await.unwrap();
        for (nonce, (to, amount)) in (first..).zip(payments) {
            let request = SendRequest {
                key: relayer,
                nonce,
                spec: &TxSpec::transfer(*to, *amount),
                quote: chain.fees().quote().await.unwrap(),
                fee_max: WeiPerGas(u128::MAX),
                tag: FeeTag::Funding,
                deadline: self.clock.now() + std::time::Duration::from_secs(60),
            };
            assert!(chain.send(request).await.unwrap().success);
        }
        stop.cancel();
    }

    async fn setup(&self, range: SweepRange) -> SweepSetup {
        let (progress, _watching) = watch::channel(None);
        SweepSetup {
            chain: self.connect().await,
            relayer: self.relayer.clone(),
            run_id: self.run_id,
            range,
            progress,
        }
    }

    async fn sweep(&self, range: SweepRange) -> SweepStatement {
        sweep_run(self.setup(range).await).await.unwrap()
    }

    async fn survey(&self, range: SweepRange) -> SweepSurvey {
        survey_run(self.setup(range).await).await.unwrap()
    }

    fn wallet(&self, index: u32) -> Address {
        self.keys.wallet(0, index).address()
    }

    fn lane(&self, index: u32) -> Address {
        self.keys.lane(0, index).address()
    }
}

fn marks(wallets: u64, lanes: u64) -> SweepRange {
    SweepRange::Below(HighWater { wallets, lanes })
}

fn milli_tokens(count: u64) -> Wei {
    Wei::new(u128::from(Wei::PER_TOKEN) / 1_000).times(count)
}

/// Less than a transfer costs.
fn dust() -> Wei {
    WeiPerGas::GWEI * Gas(10_000)
}

#[tokio::test(start_paused = true)]
async fn a_dead_run_is_swept_by_its_marks_and_dust_is_left_alone() {
    let wreck = Wreck::new();
    let mut payments = vec![
        (wreck.lane(0), milli_tokens(40)),
        (wreck.lane(3), milli_tokens(2)),
        (wreck.wallet(1_999), milli_tokens(1)),
        (wreck.wallet(5), dust()),
    ];
    // More than are swept at a time.
    payments.extend((500..540).map(|index| (wreck.wallet(index), milli_tokens(3))));
    wreck.pay(&payments).await;
    let home = wreck.relayer.address();
    let start = wreck.balance(home).await;
    let statement = wreck.sweep(marks(2_000, 4)).await;
    let paid: Wei = payments.iter().map(|(_, amount)| *amount).sum();
    assert_eq!(statement.found, Held { accounts: 44, amount: paid });
    assert_eq!(statement.swept.accounts, 43);
    assert_eq!(statement.dust, Held { accounts: 1, amount: dust() });
    assert!(statement.is_complete() && !statement.fees.is_zero());
    assert_eq!((statement.unexplained(), statement.moved()), (I256::ZERO, I256::ZERO));
    let end = wreck.balance(home).await;
    assert_eq!(end + statement.fees + dust(), start + paid, "nothing is lost");
    assert_eq!((statement.start, statement.end), (start, end));
    assert_eq!(wreck.balance(wreck.wallet(5)).await, dust());
    for swept in [wreck.lane(0), wreck.lane(3), wreck.wallet(500), wreck.wallet(1_999)] {
        assert_eq!(wreck.balance(swept).await, Wei::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_beyond_the_marks_was_never_used() {
    let wreck = Wreck::new();
    wreck
        .pay(&[(wreck.wallet(999), milli_tokens(1)), (wreck.wallet(1_000), milli_tokens(1))])
        .await;
    let statement = wreck.sweep(marks(1_000, 1)).await;
    assert_eq!((statement.wallets, statement.lanes), (1_000, 1));
    assert_eq!(statement.swept.accounts, 1);
    assert_eq!(wreck.balance(wreck.wallet(1_000)).await, milli_tokens(1));
}

#[tokio::test(start_paused = true)]
async fn without_marks_the_search_goes_on_until_nothing_was_touched_for_long() {
    const GAP: u64 = 700;
    let wreck = Wreck::new();
    let reached = [(wreck.wallet(0), milli_tokens(1)), (wreck.wallet(690), milli_tokens(1))];
    wreck.pay(&reached).await;
    wreck.pay(&[(wreck.lane(7), milli_tokens(1)), (wreck.wallet(3_000), milli_tokens(1))]).await;
    let statement = wreck.sweep(SweepRange::UntilUntouched(GAP)).await;
    assert_eq!(statement.swept.accounts, 3);
    assert!(statement.wallets > 690 + GAP && statement.wallets < 3_000, "{}", statement.wallets);
    assert!(statement.lanes > 7 + GAP);
    // An account that was emptied is touched: from 690 the search reaches further now.
    wreck.pay(&[(wreck.wallet(1_300), milli_tokens(1))]).await;
    let again = wreck.sweep(SweepRange::UntilUntouched(GAP)).await;
    assert_eq!((again.swept.accounts, again.found.accounts), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn marks_that_may_be_too_low_are_searched_beyond() {
    const GAP: u64 = 600;
    let wreck = Wreck::new();
    let below = [(wreck.wallet(3), milli_tokens(1)), (wreck.lane(1), milli_tokens(1))];
    wreck.pay(&below).await;
    let beyond = [(wreck.wallet(1_500), milli_tokens(1)), (wreck.wallet(2_800), milli_tokens(1))];
    wreck.pay(&beyond).await;
    let marks = HighWater { wallets: 1_000, lanes: 2 };
    let statement = wreck.sweep(SweepRange::Beyond(marks, GAP)).await;
    assert_eq!(statement.swept.accounts, 3, "2,800 lies beyond a gap of {GAP}");
    assert!(statement.wallets > 1_500 + GAP && statement.wallets < 2_800, "{}", statement.wallets);
    assert!(statement.lanes >= 2 + GAP);
}

#[tokio::test(start_paused = true)]
async fn a_survey_sends_nothing_and_foretells_the_sweep() {
    let wreck = Wreck::new();
    let payments = [
        (wreck.wallet(1), milli_tokens(5)),
        (wreck.wallet(7), dust()),
        (wreck.lane(0), milli_tokens(2)),
    ];
    wreck.pay(&payments).await;
    let home = wreck.relayer.address();
    let before = wreck.balance(home).await;
    let survey = wreck.survey(marks(10, 2)).await;
    assert_eq!((survey.wallets, survey.lanes), (10, 2));
    assert_eq!(survey.worth, Held { accounts: 2, amount: milli_tokens(7) });
    assert_eq!(survey.dust, Held { accounts: 1, amount: dust() });
    assert_eq!(wreck.balance(home).await, before);
    let swept = wreck.sweep(marks(10, 2)).await;
    assert_eq!((survey.returns(), survey.fees), (swept.swept.amount, swept.fees));
}

#[tokio::test(start_paused = true)]
async fn unused_wallets_that_hold_enough_are_spared_and_all_else_is_swept() {
    let wreck = Wreck::new();
    let payments = [
        (wreck.wallet(1), milli_tokens(9)),
        (wreck.wallet(2), milli_tokens(9)),
        (wreck.wallet(3), milli_tokens(1)),
        (wreck.wallet(4), milli_tokens(9)),
        (wreck.wallet(5), milli_tokens(9)),
        (wreck.lane(0), milli_tokens(9)),
    ];
    wreck.pay(&payments).await;
    // Wallet 2 has been used: its transaction is in no block yet.
    let chain = wreck.connect().await;
    let quote = chain.fees().quote().await.unwrap();
    let spec = TxSpec::transfer(wreck.wallet(9), Wei::new(1));
    let used = wreck.keys.wallet(0, 2);
    let sent = chain.rpc().send_raw(&spec.sign(&used, chain.chain_id(), 0, &quote)).await;
    assert!(matches!(sent, swell_chain::SubmitOutcome::Accepted { .. }));
    let need = WalletSizing { value: milli_tokens(5), gas_limit: Gas(1) };
    let sizing = Arc::new(Sizing::new(need, quote));
    let setup = wreck.setup(marks(10, 1)).await;
    let salvage = salvage_run(setup, sizing, 2).await.unwrap();
    assert_eq!(salvage.wallets, BTreeMap::from([(1, milli_tokens(9)), (4, milli_tokens(9))]));
    assert_eq!(salvage.statement.swept.accounts, 4, "one used, one poor, one too many, one lane");
    assert!(salvage.statement.is_complete());
    assert_eq!(wreck.balance(wreck.wallet(4)).await, milli_tokens(9));
    assert_eq!(wreck.balance(wreck.wallet(2)).await, Wei::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_second_sweep_finds_nothing() {
    let wreck = Wreck::new();
    wreck.pay(&[(wreck.wallet(1), milli_tokens(5)), (wreck.lane(0), milli_tokens(5))]).await;
    assert_eq!(wreck.sweep(marks(10, 2)).await.swept.accounts, 2);
    let again = wreck.sweep(marks(10, 2)).await;
    assert_eq!((again.found, again.swept), (Held::default(), Held::default()));
    assert_eq!((again.start, again.fees), (again.end, Wei::ZERO));
    assert!(again.is_complete());
}

#[tokio::test(start_paused = true)]
async fn payments_that_are_still_on_their_way_are_swept_where_they_arrive() {
    let wreck = Wreck::new();
    wreck.pay(&[(wreck.lane(0), milli_tokens(20))]).await;
    let chain = wreck.connect().await;
    let lane = wreck.keys.lane(0, 0);
    let quote = chain.fees().quote().await.unwrap();
    for nonce in 0..3 {
        let spec = TxSpec::transfer(wreck.wallet(nonce), milli_tokens(2));
        let tx = spec.sign(&lane, chain.chain_id(), nonce.into(), &quote);
        let sent = chain.rpc().send_raw(&tx).await;
        assert!(matches!(sent, swell_chain::SubmitOutcome::Accepted { .. }));
    }
    let statement = wreck.sweep(marks(1_000, 1)).await;
    assert_eq!((statement.swept.accounts, statement.stuck), (4, Held::default()));
    assert_eq!(statement.unexplained(), I256::ZERO);
    for account in [wreck.lane(0), wreck.wallet(0), wreck.wallet(1), wreck.wallet(2)] {
        assert_eq!(wreck.balance(account).await, Wei::ZERO);
    }
}
