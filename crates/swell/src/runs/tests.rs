//! Every run is a row, whatever its folder holds.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swell_core::units::Wei;
use swell_engine::ledger::{
    Beginning, LEDGER_FILE, LEDGER_FORMAT, Ledger, LedgerHeader, TargetPlace,
};

use super::*;
use crate::store::RunStore;

const IDS: [&str; 4] =
    ["04hmasw9nf6yy044", "14hmasw9nf6yy044", "24hmasw9nf6yy044", "34hmasw9nf6yy044"];

struct Bed {
    home: PathBuf,
    store: RunStore,
}

impl Bed {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("swell-runs-{}-{name}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        let place = home.to_str().unwrap().to_owned();
        let store = RunStore::open(|name| (name == "SWELL_HOME").then(|| place.clone())).unwrap();
        Self { home, store }
    }

    /// Leaves a run that began at `unix_s`, with its ledger still open.
    fn leave(&self, id: &str, unix_s: u64) -> (PathBuf, Ledger) {
        self.leave_at(id, unix_s, Some(TargetPlace::File("/x/target.toml".into())))
    }

    fn leave_at(&self, id: &str, unix_s: u64, place: Option<TargetPlace>) -> (PathBuf, Ledger) {
        let folder = self.store.create_run(id, None).unwrap();
        let began = Some(Beginning { unix_s, relayer_wei: Wei::new(1_000) });
        let header = LedgerHeader {
            format: LEDGER_FORMAT,
            run: id.to_owned(),
            relayer: "0x0".into(),
            chain_id: 14_800,
            target: "moksha".into(),
            place,
            began,
        };
        let ledger = Ledger::create(&folder, &header).unwrap();
        ledger.reserve_wallet(0).unwrap();
        (folder, ledger)
    }

    fn rows(&self) -> Vec<RunRow> {
        rows(&self.store).unwrap()
    }

    fn text(&self) -> String {
        let home = self.home.display().to_string();
        runs_text(&self.rows(), &home).replace(&home, "HOME")
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.home);
    }
}

fn report(folder: &Path, id: &str, left: &str, unexplained: &str) {
    let report = json!({
        "format": 1,
        "run": {"id": id, "ended": "drained", "duration_s": 61.5},
        "money": {
            "sent_wei": "100", "spent_wei": "10", "value_wei": "0", "swept_wei": "80",
            "left_wei": left, "in_doubt_wei": "0", "unexplained_wei": unexplained,
        },
    });
    fs::write(folder.join("report.json"), report.to_string()).unwrap();
}

#[test]
fn an_empty_store_says_so() {
    let bed = Bed::new("empty");
    assert_eq!(bed.text(), "No run has left a folder in HOME.\n");
}

#[test]
fn runs_are_listed_newest_first_with_what_they_hold() {
    let bed = Bed::new("list");
    let (folder, _closed) = bed.leave(IDS[0], 1_767_225_600);
    report(&folder, IDS[0], "12345678900000000", "0");
    let (folder, _closed) = bed.leave(IDS[1], 1_767_312_000);
    report(&folder, IDS[1], "0", "0");
    drop(bed.leave(IDS[2], 1_767_398_400));
    drop(bed.leave_at(IDS[3], 1_767_484_800, Some(TargetPlace::InProcess)));
    drop((_closed, folder));
    insta::assert_snapshot!(bed.text());
}

#[test]
fn what_is_wrong_with_a_run_is_told_in_its_row() {
    let bed = Bed::new("wrong");
    let (folder, ledger) = bed.leave(IDS[0], 4_000_000_000);
    drop(ledger);
    fs::write(folder.join(LEDGER_FILE), "{\"format\":9}\n").unwrap();
    let (folder, ledger) = bed.leave(IDS[1], 3_000_000_000);
    drop(ledger);
    fs::write(folder.join("report.json"), "{\"format\":9}").unwrap();
    let elsewhere = bed.home.join("elsewhere");
    bed.store.create_run(IDS[2], Some(&elsewhere)).unwrap();
    fs::remove_dir_all(elsewhere).unwrap();
    let folder = bed.store.create_run(IDS[3], None).unwrap();
    fs::write(folder.join(LEDGER_FILE), "").unwrap();
    let rows = bed.rows();
    let problem = |id: &str| {
        let row = rows.iter().find(|row| row.id == id).unwrap();
        assert!(row.may_hold(), "{row:?}");
        row.problem.clone().unwrap()
    };
    assert!(problem(IDS[0]).contains("has format 9"));
    assert!(problem(IDS[1]).contains("has format 9"));
    assert_eq!(problem(IDS[2]), "its folder is gone");
    assert!(problem(IDS[3]).contains("is empty"));
    assert!(bed.text().contains("24hmasw9nf6yy044: its folder is gone\n"), "{}", bed.text());
}

#[test]
fn a_run_that_is_going_on_is_told_from_one_that_died() {
    let bed = Bed::new("alive");
    let (_folder, ledger) = bed.leave(IDS[0], 1);
    assert!(bed.rows()[0].is_going_on());
    drop(ledger);
    assert_eq!(bed.rows()[0].ended, RunEnd::Other(row::OtherEnd::DidNotEnd));
}

#[test]
fn a_complete_sweep_settles_a_run_and_an_incomplete_one_does_not() {
    let bed = Bed::new("swept");
    let (folder, ledger) = bed.leave(IDS[0], 1);
    drop(ledger);
    report(&folder, IDS[0], "50", "0");
    for (complete, may_hold, wei) in [(true, false, Some(Wei::new(7))), (false, true, None)] {
        let note = json!({
            "format": 1, "run": IDS[0], "sweeps": 1, "unix_s": 2, "complete": complete,
            "swept_wei": "40", "fees_wei": "3", "left_wei": "7",
        });
        fs::write(folder.join("swept.json"), note.to_string()).unwrap();
        let row = &bed.rows()[0];
        assert_eq!((row.may_hold(), row.holds.wei), (may_hold, wei));
    }
}

#[test]
fn books_that_do_not_close_leave_it_to_the_chain() {
    let bed = Bed::new("books");
    let (folder, ledger) = bed.leave(IDS[0], 1);
    drop(ledger);
    for (unexplained, may_hold) in [("0", false), ("5", true), ("-5", true)] {
        report(&folder, IDS[0], "0", unexplained);
        assert_eq!(bed.rows()[0].may_hold(), may_hold, "{unexplained}");
    }
}

#[test]
fn machines_read_a_versioned_list() {
    let bed = Bed::new("json");
    let (folder, ledger) = bed.leave(IDS[0], 1_767_225_600);
    drop(ledger);
    report(&folder, IDS[0], "50", "0");
    let list: Value = serde_json::from_str(&runs_json(&bed.rows()).unwrap()).unwrap();
    assert_eq!(list["format"], 1);
    let row = &list["runs"][0];
    assert_eq!((&row["id"], &row["ended"]), (&json!(IDS[0]), &json!("drained")));
    assert_eq!(row["holds"], json!({"wei": "50", "says": "report"}));
    assert_eq!((&row["began_unix_s"], &row["chain_id"]), (&json!(1_767_225_600), &json!(14_800)));
}
