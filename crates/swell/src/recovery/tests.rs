use std::fs;

use swell_core::seed::Seed;
use swell_engine::ledger::{LEDGER_FORMAT, Ledger};
use swell_net::clock::RunClock;
use swell_sandbox::keys::RELAYER_ADDRESS;
use swell_sandbox::{Profile, Sandbox, SandboxConfig};

use super::*;

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
        SweepJob::find(&self.store, &self.id.to_string(), target)
    }

    async fn side(&self) -> ChainSide {
        let (target, service) = (self.sandbox.target(), self.sandbox.service());
        ChainSide::over(target, service, RunClock::virtual_time()).await.unwrap()
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
    assert!(SweepJob::find(&bed.store, &typed, None).unwrap().record.is_some());
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
    let bad = SweepJob::find(&bed.store, "no-run", None).unwrap_err();
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
    assert!(matches!(newer, Err(SweepRefusal::Ledger(LedgerError::TooNew { .. }))));
    let ledger = bed.leave(&bed.header());
    fs::write(&ledger, "nonsense\n").unwrap();
    let broken = bed.find(Some(&bed.target_file()));
    assert!(matches!(broken, Err(SweepRefusal::Ledger(LedgerError::Malformed { .. }))));
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
