//! `swell run` against a real anvil that misbehaves, or is reached by a way that does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::RngExt;
use serde_json::{Value, json};
use swell_core::seed::Seed;
use swell_sandbox::keys::RELAYER_ADDRESS;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::anvil::{anvil, beside};
use crate::chain_books::{ChainBooks, balance, height};
use crate::count::users_on_chain;
use crate::http::{get, rpc};
use crate::program::{Home, Running, Stream};
use crate::proxy::{Act, Plan, Proxy};
use crate::report::{assert_sound, count, wei};

const USERS: u64 = 12;

/// Does one of `acts` to a share of all requests, once the first transaction has been sent.
struct Mischief {
    seed: Seed,
    share: f64,
    acts: Vec<Act>,
    has_begun: AtomicBool,
    done: AtomicU64,
}

impl Mischief {
    fn new(seed: u64, share: f64, acts: &[Act]) -> Arc<Self> {
        let acts = acts.to_vec();
        let (has_begun, done) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self { seed: Seed(seed), share, acts, has_begun, done })
    }
}

impl Plan for Mischief {
    fn before(&self, number: u64, body: &Value) -> Act {
        let submits = body.to_string().contains("eth_sendRawTransaction");
        if !self.has_begun.fetch_or(submits, Ordering::Relaxed) && !submits {
            return Act::Pass;
        }
        let mut rng = self.seed.indexed_rng("mischief", number);
        let (drawn, which): (f64, usize) = (rng.random(), rng.random_range(0..self.acts.len()));
        if drawn >= self.share {
            return Act::Pass;
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        self.acts[which]
    }
}

/// An anvil, a proxy before it, store and server beside it, and the run's home.
struct Stage {
    home: Home,
    chain: String,
    sandbox: String,
    start: u128,
    first: u64,
    /// Wallets may be topped up: fees rise.
    payments_max: u64,
    _anvil: Running,
    _proxy: Proxy,
    _runtime: Runtime,
    stop: CancellationToken,
}

impl Stage {
    fn set(name: &str, plan: Arc<dyn Plan>, finality_blocks: i64) -> Self {
        let home = Home::new(name);
        let (running, chain) = anvil(14800);
        let (runtime, stop) = (Runtime::new().unwrap(), CancellationToken::new());
        let (sandbox, target) = beside(&runtime, &chain, stop.clone());
        let proxy = Proxy::start(&runtime, &chain, plan);
        let mut target: toml::Table = target.parse().unwrap();
        target["chain"]["rpc"] = vec![proxy.url.clone()].into();
        target["chain"]["finality_blocks"] = finality_blocks.into();
        home.write("target.toml", &target.to_string());
        let (start, first) = (balance(&chain, &relayer()), height(&chain));
        Self {
            home,
            chain,
            sandbox,
            start,
            first,
            payments_max: 1,
            _anvil: running,
            _proxy: proxy,
            _runtime: runtime,
            stop,
        }
    }

    fn start_run(&self) -> Running {
        let users = USERS.to_string();
        let load = ["--users", &users, "--rate", "6", "--s2k", "fast", "--ui", "json"];
        let flags = ["run", "--target", "target.toml", "--no-default-thresholds"];
        self.home.swell(&[&flags[..], &load].concat()).start()
    }

    fn call(&self, method: &str, params: &Value) -> Value {
        rpc(&self.chain, method, params)
    }

    /// Waits for the end of the run, sweeps what is in doubt, and counts everything.
    #[track_caller]
    fn judge(&self, run: Running) {
        let (status, _) = run.end();
        assert!(matches!(status.code(), Some(0 | 1)), "{status}");
        let report = self.home.report();
        assert_sound(&report);
        assert_eq!(count(&report, "/arrivals/due"), USERS);
        if wei(&report, "in_doubt_wei") > 0 {
            let id = report["run"]["id"].as_str().unwrap();
            self.home.swell(&["sweep", id]).finish().expect_exit(0);
        }
        let books = ChainBooks::read(&self.chain, self.first);
        books.assert_no_gaps(&self.chain);
        for (wallet, payments) in books.wallets(&relayer()) {
            assert!(payments <= self.payments_max, "{wallet} was paid {payments} times");
        }
        let left: u128 = books.left(&self.chain, &relayer()).values().sum();
        let end = balance(&self.chain, &relayer());
        assert_eq!(self.start, end + books.fees + left, "{}", report["money"]);
        assert!(left < 1_000_000_000_000_000, "{left} wei are left");
        let succeeded = count(&report, "/outcomes/succeeded");
        assert!(succeeded >= USERS / 2, "{}", report["failures"]);
        let delivered =
            count(&get(&format!("{}/sandbox/stats", self.sandbox)), "/results_delivered");
        assert!(delivered >= succeeded, "{delivered} results were sent, {succeeded} succeeded");
        self.stop.cancel();
    }

    /// Wants a permission on the chain for everybody who succeeded.
    #[track_caller]
    fn assert_users_on_chain(&self) {
        let succeeded = count(&self.home.report(), "/outcomes/succeeded");
        assert!(users_on_chain(&self.chain).len() as u64 >= succeeded);
    }
}

fn relayer() -> String {
    RELAYER_ADDRESS.to_string().to_lowercase()
}

/// Nothing goes wrong on the way.
fn fair() -> Arc<Mischief> {
    Mischief::new(0, 0.0, &[Act::Pass])
}

/// Waits for the next picture of the run in which more than `least` users have started.
fn wait_until_started(run: &mut Running, least: u64) {
    run.wait_for(Stream::Out, |line| {
        let snapshot: Value = serde_json::from_str(line).unwrap();
        snapshot["started"].as_u64() > Some(least)
    });
}

fn survives(name: &str, share: f64, acts: &[Act]) {
    let mischief = Mischief::new(7, share, acts);
    let stage = Stage::set(name, Arc::clone(&mischief) as _, 1);
    stage.judge(stage.start_run());
    stage.assert_users_on_chain();
    let done = mischief.done.load(Ordering::Relaxed);
    assert!(done >= 20, "only {done} requests went wrong");
}

#[test]
fn lost_requests_lose_no_money() {
    survives("lost-requests", 0.15, &[Act::DropRequest]);
}

#[test]
fn lost_replies_spend_nothing_twice() {
    survives("lost-replies", 0.15, &[Act::DropReply]);
}

#[test]
fn requests_that_come_twice_or_late_count_once() {
    let late = Act::Delay(Duration::from_millis(1_500));
    survives("twice-and-late", 0.3, &[Act::Duplicate, late]);
}

#[test]
fn refusals_are_waited_out() {
    let acts = [Act::Answer(429, None), Act::Answer(429, Some(1)), Act::Answer(503, None)];
    survives("refusals", 0.2, &acts);
}

#[test]
fn a_node_that_lags_behind_misleads_nobody() {
    survives("stale", 0.2, &[Act::Stale(1), Act::Stale(3)]);
}

#[test]
fn everything_at_once_loses_no_money() {
    let late = Act::Delay(Duration::from_millis(700));
    let acts = [
        Act::DropRequest,
        Act::DropReply,
        Act::Duplicate,
        late,
        Act::Answer(429, Some(1)),
        Act::Answer(500, None),
        Act::Stale(2),
    ];
    survives("everything", 0.25, &acts);
}

#[test]
fn a_reorganisation_is_made_good() {
    let stage = Stage::set("reorg", fair(), 4);
    let mut run = stage.start_run();
    wait_until_started(&mut run, 2);
    // Until what leaves the chain is more than empty blocks.
    run.wait_for(Stream::Out, |_| {
        let block = stage.call("eth_getBlockByNumber", &json!(["latest", false]));
        !block["transactions"].as_array().unwrap().is_empty()
    });
    stage.call("anvil_reorg", &json!([2, []]));
    stage.judge(run);
}

#[test]
fn a_base_fee_that_leaps_holds_nobody_back_for_good() {
    let stage = Stage { payments_max: 2, ..Stage::set("fee-leap", fair(), 1) };
    let mut run = stage.start_run();
    wait_until_started(&mut run, 5);
    let block = stage.call("eth_getBlockByNumber", &json!(["latest", false]));
    let fee =
        u64::from_str_radix(block["baseFeePerGas"].as_str().unwrap().trim_start_matches("0x"), 16);
    stage.call("anvil_setNextBlockBaseFeePerGas", &json!([format!("{:#x}", fee.unwrap() * 10)]));
    stage.judge(run);
    stage.assert_users_on_chain();
}

#[test]
fn a_chain_that_stops_for_a_while_costs_time_and_no_money() {
    let stage = Stage::set("stall", fair(), 1);
    let mut run = stage.start_run();
    wait_until_started(&mut run, 5);
    stage.call("evm_setIntervalMining", &json!([0]));
    // Pictures come every two seconds.
    let mut pictures = 0;
    run.wait_for(Stream::Out, |_| {
        pictures += 1;
        pictures > 4
    });
    stage.call("evm_setIntervalMining", &json!([1]));
    stage.judge(run);
    stage.assert_users_on_chain();
}

#[test]
fn a_mempool_that_forgets_is_reminded() {
    let stage = Stage::set("forgotten", fair(), 1);
    let mut run = stage.start_run();
    wait_until_started(&mut run, 2);
    stage.call("evm_setIntervalMining", &json!([0]));
    run.wait_for(Stream::Out, |_| {
        stage.call("txpool_status", &json!([]))["pending"].as_str() > Some("0x0")
    });
    stage.call("anvil_dropAllTransactions", &json!([]));
    stage.call("evm_setIntervalMining", &json!([1]));
    stage.judge(run);
    stage.assert_users_on_chain();
}
