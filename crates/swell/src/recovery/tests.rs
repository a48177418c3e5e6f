//! What a run left says how it is swept, whatever state it is in.

use std::fs;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, U256};
use swell_chain::RunId;
use swell_core::seed::Seed;
use swell_core::units::Wei;
use swell_engine::ledger::{
    HighWater, LEDGER_FILE, LEDGER_FORMAT, Ledger, LedgerError, LedgerHeader, TargetPlace,
};
use swell_engine::sweep::{Held, SweepRange, SweepStatement};
use swell_net::clock::RunClock;
use swell_sandbox::keys::RELAYER_ADDRESS;
use swell_sandbox::{Profile, Sandbox, SandboxConfig};

use super::*;
use crate::connection::ChainSide;
use crate::exit::Exit;
use crate::key::KeyRing;
use crate::store::RunStore;

/// A run store with one run in it, and a target file.
struct Bed {
    home: PathBuf,
    store: RunStore,
    id: RunId,
    sandbox: Sandbox,
}

impl Bed {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("swell-sweep-{}-{name}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        let place = home.to_str().unwrap().to_owned();
        let store = RunStore::open(|name| (name == "SWELL_HOME").then(|| place.clone())).unwrap();
        let config = SandboxConfig::of(Profile::Fast, Seed(1));
        let sandbox = Sandbox::new(config, RunClock::virtual_time());
        let bed = Self { home, store, id: RunId::from_seed(Seed(7)), sandbox };
        let text = toml::to_string_pretty(&bed.sandbox.target()).unwrap();
        fs::write(bed.target_file(), text).unwrap();
        bed
    }

    fn target_file(&self) -> PathBuf {
        self.home.join("target.toml")
    }

    fn header(&self) -> LedgerHeader {
        LedgerHeader {
            format: LEDGER_FORMAT,
            run: self.id.to_string(),
            relayer: RELAYER_ADDRESS.to_string(),
            chain_id: self.sandbox.target().chain.id,
            target: "sandbox".into(),
            place: Some(TargetPlace::File(self.target_file().to_str().unwrap().into())),
            began: None,
        }
    }

    /// Leaves a ledger, as a run does.
    fn leave(&self, header: &LedgerHeader) -> PathBuf {
        let folder = self.store.create_run(&self.id.to_string(), None).unwrap();
        let ledger = Ledger::create(&folder, header).unwrap();
        ledger.reserve_lanes(4).unwrap();
        ledger.reserve_wallet(0).unwrap();
        folder.join(LEDGER_FILE)
    }

    fn find(&self, target: Option<&Path>) -> Result<SweepJob, SweepRefusal> {
        SweepJob::find(&self.store, &self.id.to_string(), target, None)
    }

    /// Leaves a ledger that holds this text, below its header.
    fn leave_text(&self, lines: &str) {
        let ledger = self.leave(&self.header());
        let text = serde_json::to_string(&self.header()).unwrap();
        fs::write(ledger, format!("{text}\n{lines}")).unwrap();
    }

    async fn side(&self) -> ChainSide {
        let (target, service) = (self.sandbox.target(), self.sandbox.service());
        let (clock, keys) = (RunClock::virtual_time(), KeyRing::default());
        ChainSide::over(target, service, clock, &keys).await.unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.home);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_with_its_folder_needs_nothing_but_its_id() {
    let bed = Bed::new("folder");
    bed.leave(&bed.header());
    let job = bed.find(None).unwrap();
    assert_eq!(job.range(), SweepRange::Below(HighWater { wallets: 1_000, lanes: 4 }));
    assert_eq!(job.target, bed.sandbox.target());
    job.compare(&bed.side().await).unwrap();
    let typed = bed.id.to_string().to_uppercase();
    assert!(SweepJob::find(&bed.store, &typed, None, None).unwrap().record.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_run_without_its_folder_is_searched_for_with_a_target_file() {
    let bed = Bed::new("gone");
    assert!(matches!(bed.find(None), Err(SweepRefusal::NoFolder { .. })));
    let job = bed.find(Some(&bed.target_file())).unwrap();
    assert_eq!(job.range(), SweepRange::UntilUntouched(10_000));
    job.compare(&bed.side().await).unwrap();
    let folder = bed.store.create_run(&bed.id.to_string(), None).unwrap();
    assert!(matches!(bed.find(None), Err(SweepRefusal::NoLedger { folder: found, .. })
        if found.file_name() == folder.file_name()));
}

#[tokio::test(start_paused = true)]
async fn the_key_and_the_chain_must_be_those_of_the_run() {
    let bed = Bed::new("other");
    let side = bed.side().await;
    bed.leave(&LedgerHeader { relayer: Address::ZERO.to_string(), ..bed.header() });
    let refusal = bed.find(None).unwrap().compare(&side).unwrap_err();
    assert!(matches!(refusal, SweepRefusal::OtherRelayer { .. }));
    bed.leave(&LedgerHeader { chain_id: 1, ..bed.header() });
    let refusal = bed.find(None).unwrap().compare(&side).unwrap_err();
    assert!(matches!(refusal, SweepRefusal::OtherChain { expected: 1, .. }));
    assert_eq!(refusal.exit(), Exit::Check);
}

#[test]
fn what_cannot_be_swept_is_refused_with_a_reason() {
    let bed = Bed::new("refused");
    let bad = SweepJob::find(&bed.store, "no-run", None, None).unwrap_err();
    assert!(matches!(bad, SweepRefusal::BadId { .. }));
    assert_eq!(bad.exit(), Exit::Usage);
    bed.leave(&LedgerHeader { place: Some(TargetPlace::InProcess), ..bed.header() });
    assert!(matches!(bed.find(None), Err(SweepRefusal::InProcess { .. })));
    bed.leave(&LedgerHeader { place: None, ..bed.header() });
    assert!(matches!(bed.find(None), Err(SweepRefusal::NoPlace { .. })));
    bed.leave(&LedgerHeader { run: "another".into(), ..bed.header() });
    assert!(matches!(bed.find(None), Err(SweepRefusal::OtherRun { .. })));
    bed.leave(&LedgerHeader { format: LEDGER_FORMAT + 1, ..bed.header() });
    let newer = bed.find(None);
    assert!(matches!(newer, Err(SweepRefusal::Ledger { source: LedgerError::TooNew { .. }, .. })));
}

#[test]
fn a_ledger_that_says_nothing_is_no_obstacle_to_a_search() {
    let bed = Bed::new("headless");
    let ledger = bed.leave(&bed.header());
    for (text, words) in [
        ("", "is empty"),
        ("{\"format\":1,\"run\":\"", "is cut off in its first line"),
        ("nonsense\n", "is not that of a ledger"),
    ] {
        fs::write(&ledger, text).unwrap();
        let refusal = bed.find(None).unwrap_err();
        assert!(matches!(refusal, SweepRefusal::Headless { .. }));
        assert!(refusal.to_string().contains("give --target FILE"), "{refusal}");
        let job = bed.find(Some(&bed.target_file())).unwrap();
        assert_eq!(job.range(), SweepRange::UntilUntouched(10_000));
        assert!(job.warnings[0].contains(words), "{:?}", job.warnings);
        assert!(job.folder.is_some(), "the sweep is noted down all the same");
    }
}

#[test]
fn a_damaged_ledger_is_searched_beyond_what_it_still_says() {
    let bed = Bed::new("damaged");
    let first = "{\"wallets\":1000,\"lanes\":4}\n";
    bed.leave_text(&format!("{first}nonsense\n"));
    let job = bed.find(None).unwrap();
    let marks = HighWater { wallets: 1_000, lanes: 4 };
    assert_eq!(job.range(), SweepRange::Beyond(marks, 10_000));
    assert!(job.warnings[0].starts_with("line 3 of the ledger"), "{:?}", job.warnings);
    bed.leave_text(&format!("nonsense\n{first}"));
    assert_eq!(bed.find(None).unwrap().range(), SweepRange::Below(marks));
}

#[test]
fn up_to_raises_the_marks_and_replaces_the_search() {
    let bed = Bed::new("up-to");
    let range = |up_to, target: Option<&Path>| {
        let job = SweepJob::find(&bed.store, &bed.id.to_string(), target, Some(up_to));
        job.unwrap().range()
    };
    let below = |wallets, lanes| SweepRange::Below(HighWater { wallets, lanes });
    let target = bed.target_file();
    assert_eq!(range(50, Some(&target)), below(50, 50));
    bed.leave(&bed.header());
    assert_eq!(range(50, None), below(1_000, 50));
    assert_eq!(range(5_000, None), below(5_000, 5_000));
}

#[test]
fn sweeps_are_added_up_and_remembered() {
    let bed = Bed::new("note");
    let folder = bed.store.create_run(&bed.id.to_string(), None).unwrap();
    assert_eq!(SweptNote::read(&folder), None);
    let held = |amount| Held { accounts: 1, amount: Wei::new(amount) };
    let sweep = SweepStatement {
        wallets: 1,
        lanes: 1,
        found: held(100),
        swept: held(70),
        fees: Wei::new(10),
        dust: held(5),
        stuck: held(15),
        start: Wei::ZERO,
        end: Wei::new(70),
    };
    let first = SweptNote::after(None, bed.id.to_string(), 1, &sweep);
    assert!(!first.complete);
    let done = SweepStatement { stuck: Held::default(), ..sweep };
    let second = SweptNote::after(Some(first), bed.id.to_string(), 2, &done);
    second.write(&folder).unwrap();
    let read = SweptNote::read(&folder).unwrap();
    assert_eq!(read, second);
    assert_eq!((read.sweeps, read.swept_wei, read.fees_wei), (2, Wei::new(140), Wei::new(20)));
    assert_eq!((read.left_wei, read.complete), (Wei::new(5), true));
    let many = SweptNote { sweeps: u32::MAX, swept_wei: Wei(U256::MAX), ..read.clone() };
    let more = SweptNote::after(Some(many), bed.id.to_string(), 3, &done);
    assert_eq!((more.sweeps, more.swept_wei), (u32::MAX, Wei(U256::MAX)));
    let newer = SweptNote { format: 9, ..read };
    newer.write(&folder).unwrap();
    assert_eq!(SweptNote::read(&folder), None, "what cannot be read is asked of the chain again");
}

#[test]
fn a_target_file_that_moved_is_asked_for() {
    let bed = Bed::new("moved");
    bed.leave(&bed.header());
    let elsewhere = bed.home.join("elsewhere.toml");
    fs::rename(bed.target_file(), &elsewhere).unwrap();
    let refusal = bed.find(None).unwrap_err();
    assert!(refusal.to_string().contains("if it has moved, give --target FILE"), "{refusal}");
    assert!(bed.find(Some(&elsewhere)).unwrap().record.is_some());
    fs::write(&elsewhere, "format = 1\n").unwrap();
    assert!(matches!(bed.find(Some(&elsewhere)), Err(SweepRefusal::BadTarget(_))));
}
