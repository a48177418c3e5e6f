//! `kill -9` at any instant of a run, then `swell sweep`: nothing is lost.

use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use swell_sandbox::keys::RELAYER_ADDRESS;
use tokio::runtime::Runtime;

use crate::chain_books::{ChainBooks, balance, height};
use crate::program::Home;
use crate::proxy::{Act, Plan, Proxy};
use crate::served::serve;

/// Sandboxes side by side, and runs killed on each: a sandbox knows one relayer.
const SANDBOXES: u64 = 5;
const KILLS: u64 = 10;

/// Kills a program at one of its requests.
#[derive(Default)]
struct Executioner {
    /// Whom, and at which request. Held while the program is being started.
    target: Mutex<Option<(Pid, u64)>>,
    /// The first request that ever submitted a transaction.
    first_submission: OnceLock<u64>,
}

impl Executioner {
    fn strike(&self, request: u64) -> bool {
        let mut target = self.target.lock().unwrap();
        match *target {
            Some((pid, at)) if request >= at => {
                *target = None;
                kill_process(pid, Signal::KILL).is_ok()
            }
            _ => false,
        }
    }
}

impl Plan for Executioner {
    /// At every second number the node never hears of the request, ...
    fn before(&self, number: u64, body: &Value) -> Act {
        if body["method"] == "eth_sendRawTransaction" {
            let _known_already = self.first_submission.set(number);
        }
        if number.is_multiple_of(2) && self.strike(number) { Act::DropRequest } else { Act::Pass }
    }

    /// ... at the others it has acted on it.
    fn after(&self, number: u64) {
        self.strike(number);
    }
}

/// A sandbox with the executioner before it.
struct Scaffold {
    home: Home,
    chain: String,
    proxy: Proxy,
    executioner: Arc<Executioner>,
}

impl Scaffold {
    /// Runs until the end, or until it is killed at its `kill_at`-th request. Returns the run's id,
    /// if it came to say it, and whether it was killed.
    fn run(&self, seed: u64, kill_at: Option<u64>) -> (Option<String>, bool) {
        let seed = seed.to_string();
        let load = ["--users", "8", "--rate", "8", "--s2k", "fast", "--seed", &seed];
        let flags = ["run", "--target", "proxied.toml", "--no-default-thresholds"];
        let mut target = self.executioner.target.lock().unwrap();
        let run = self.home.swell(&[&flags[..], &load].concat()).start();
        *target = kill_at.map(|after| (run.pid(), self.proxy.requests() + after));
        drop(target);
        let (status, stdout) = run.end();
        *self.executioner.target.lock().unwrap() = None;
        let line = stdout.lines().find(|line| line.contains("swell sweep "));
        let id = line.and_then(|line| line.rsplit(' ').next()).map(str::to_owned);
        (id, status.code().is_none())
    }

    /// Sweeps the run. `false` when it had not begun its ledger, and so had sent nothing.
    fn sweep(&self, id: &str) -> bool {
        let swept = self.home.swell(&["sweep", id]).finish();
        if swept.stderr.contains("the run sent nothing") {
            return false;
        }
        swept.expect_exit(0);
        true
    }

    /// Runs, kills, sweeps, and counts. Returns whether the run was killed before its end, with
    /// money on its way.
    fn execute(&self, seed: u64, kill_at: u64) -> bool {
        let relayer = RELAYER_ADDRESS.to_string().to_lowercase();
        let (first, start) = (height(&self.chain), balance(&self.chain, &relayer));
        let (id, killed) = self.run(seed, Some(kill_at));
        let had_begun = id.as_ref().is_some_and(|id| self.sweep(id));
        let books = ChainBooks::read(&self.chain, first);
        assert!(had_begun || books.sent.is_empty(), "{id:?} sent something it did not note");
        let left = books.left(&self.chain, &relayer);
        let end = balance(&self.chain, &relayer);
        let kept: u128 = left.values().sum();
        assert_eq!(start, end + books.fees + kept, "run {id:?}, killed at request {kill_at}");
        for (account, wei) in left {
            // What a transfer cost when it was swept: the base fee is pinned.
            assert!(wei < 21_000 * 2 * BASE_FEE, "{account} still holds {wei} wei after {id:?}");
        }
        killed && !books.paid.is_empty()
    }
}

const BASE_FEE: u128 = 1_000_000_000;

/// Kills runs on one sandbox, each in its share of a run's requests.
fn execute_all(number: u64) -> u64 {
    let home = Home::new(&format!("killed-{number}"));
    let fee = BASE_FEE.to_string();
    let pace = ["--block-time", "500ms", "--operation-time", "300ms..900ms"];
    let knobs = [&["--retain-all", "--pin-base-fee", "--base-fee", &fee], &pace[..]].concat();
    let (_sandbox, chain) = serve(&home, &knobs);
    let runtime = Runtime::new().unwrap();
    let executioner = Arc::new(Executioner::default());
    let proxy = Proxy::start(&runtime, &chain, Arc::clone(&executioner) as _);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let mut target: toml::Table = target.parse().unwrap();
    target["chain"]["rpc"] = vec![proxy.url.clone()].into();
    home.write("proxied.toml", &target.to_string());
    let scaffold = Scaffold { home, chain, proxy, executioner };
    let (_, killed) = scaffold.run(number, None);
    assert!(!killed);
    let whole = scaffold.proxy.requests();
    // Until then a run has only looked around, and there is nothing to lose.
    let first = *scaffold.executioner.first_submission.get().unwrap();
    let mut kills = 0;
    for kill in 0..KILLS {
        // Each share of a run, from its first submission to its last request, has its turn on some
        // sandbox.
        let (share, shares) = (kill * SANDBOXES + number, KILLS * SANDBOXES);
        kills += u64::from(scaffold.execute(kill, first + (whole - first) * share / shares));
    }
    kills
}

#[test]
fn a_run_killed_at_any_of_fifty_instants_is_swept_to_the_last_wei() {
    let kills: u64 = thread::scope(|scope| {
        let sandboxes: Vec<_> =
            (0..SANDBOXES).map(|number| scope.spawn(move || execute_all(number))).collect();
        sandboxes.into_iter().map(|sandbox| sandbox.join().unwrap()).sum()
    });
    // Some are killed before a lane can pay anybody; some need fewer requests than the one measured.
    assert!(kills >= 35, "only {kills} runs were killed with money on its way");
}
