//! Whatever happens to a ledger, what can be known from it is known.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use swell_core::units::Wei;

use super::file::Durable;
use super::*;

fn header() -> LedgerHeader {
    LedgerHeader {
        format: LEDGER_FORMAT,
        run: "r1".into(),
        relayer: "0x0".into(),
        chain_id: 14800,
        target: "sandbox".into(),
        place: Some(TargetPlace::File("target.toml".into())),
        began: Some(Beginning { unix_s: 1_767_225_600, relayer_wei: Wei::new(10) }),
    }
}

/// A folder that is removed when the test has passed.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("swell-ledger-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn ledger(&self) -> PathBuf {
        self.0.join(LEDGER_FILE)
    }

    fn read(&self) -> Result<LedgerRecord, LedgerError> {
        read_ledger(&self.ledger())
    }

    /// Reads a ledger with this text.
    fn read_text(&self, text: &str) -> Result<LedgerRecord, LedgerError> {
        std::fs::write(self.ledger(), text).unwrap();
        self.read()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn text(lines: &[&str]) -> String {
    let mut text = serde_json::to_string(&header()).unwrap() + "\n";
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

const FIRST: &str = r#"{"wallets":1000,"lanes":5}"#;
const SECOND: &str = r#"{"wallets":2000,"lanes":5}"#;

#[test]
fn a_mark_is_on_disk_before_its_index_is_used() {
    let folder = Folder::new("mark");
    let ledger = Ledger::create(&folder.0, &header()).unwrap();
    for index in [0, 1, 999, 1_000, 2_500] {
        ledger.reserve_wallet(index).unwrap();
        assert!(folder.read().unwrap().marks.wallets > index);
    }
    ledger.reserve_lanes(5).unwrap();
    let record = folder.read().unwrap();
    assert_eq!((record.header, record.marks.lanes, record.damage), (header(), 5, None));
}

#[test]
fn a_ledger_is_kept_as_long_as_its_run_goes_on() {
    let folder = Folder::new("kept");
    assert!(!is_kept(&folder.ledger()));
    let ledger = Ledger::create(&folder.0, &header()).unwrap();
    ledger.reserve_lanes(5).unwrap();
    assert!(is_kept(&folder.ledger()));
    let second = Ledger::create(&folder.0, &header());
    assert!(matches!(second, Err(LedgerError::Kept { .. })));
    assert_eq!(folder.read().unwrap().marks.lanes, 5, "the first run's ledger is as it was");
    drop(ledger);
    assert!(!is_kept(&folder.ledger()));
    Ledger::create(&folder.0, &header()).unwrap();
    assert_eq!(folder.read().unwrap().marks, HighWater::default());
}

#[test]
fn a_last_line_cut_by_a_crash_does_not_count() {
    let folder = Folder::new("cut");
    let record = folder.read_text(&(text(&[FIRST]) + "{\"wallets\":2000,\"la")).unwrap();
    assert_eq!((record.marks.wallets, record.damage), (1_000, None));
}

#[test]
fn a_damaged_line_takes_nothing_away_when_a_good_one_follows() {
    let folder = Folder::new("middle");
    let record = folder.read_text(&text(&[FIRST, "{\"wall\u{0}", SECOND])).unwrap();
    assert_eq!(record.marks, HighWater { wallets: 2_000, lanes: 5 });
    assert_eq!(record.damage, Some(Damage { line: 3, lines: 1, hides_marks: false }));
}

#[test]
fn damaged_last_lines_may_hide_marks_and_say_so() {
    let folder = Folder::new("end");
    let record = folder.read_text(&text(&[FIRST, "nonsense", "more of it"])).unwrap();
    assert_eq!(record.marks, HighWater { wallets: 1_000, lanes: 5 });
    assert_eq!(record.damage, Some(Damage { line: 3, lines: 2, hides_marks: true }));
}

#[test]
fn a_ledger_that_was_hardly_begun_says_what_is_wrong_with_it() {
    let folder = Folder::new("begun");
    let whole = text(&[]);
    let cut = folder.read_text(&whole[..30]).unwrap_err();
    assert!(matches!(cut, LedgerError::CutOff { .. }) && cut.is_headless(), "{cut}");
    let empty = folder.read_text("").unwrap_err();
    assert!(matches!(empty, LedgerError::Empty { .. }) && empty.is_headless(), "{empty}");
    let nonsense = folder.read_text("nonsense\n").unwrap_err();
    assert!(matches!(nonsense, LedgerError::NoHeader { .. }) && nonsense.is_headless());
    assert_eq!(folder.read_text(whole.trim_end()).unwrap().header, header());
}

#[test]
fn a_newer_ledger_is_refused_however_else_it_looks() {
    let folder = Folder::new("new");
    let newer = LedgerHeader { format: LEDGER_FORMAT + 1, ..header() };
    for text in [serde_json::to_string(&newer).unwrap(), r#"{"format":9,"id":"r1"}"#.to_owned()] {
        let refused = folder.read_text(&(text + "\n")).unwrap_err();
        assert!(matches!(refused, LedgerError::TooNew { .. }) && !refused.is_headless());
    }
}

#[test]
fn ledgers_of_format_1_stay_readable() {
    let folder = Folder::new("golden");
    for (text, place) in [
        (include_str!("fixtures/1-without-place.jsonl"), None),
        (
            include_str!("fixtures/1.jsonl"),
            Some(TargetPlace::File("/home/me/target.toml".to_owned())),
        ),
    ] {
        let record = folder.read_text(text).unwrap();
        assert_eq!(record.marks, HighWater { wallets: 2_000, lanes: 5 });
        assert_eq!((record.header.chain_id, record.damage), (14_800, None));
        assert_eq!((record.header.run.as_str(), record.header.place), ("04hmasw9nf6yy044", place));
    }
}

#[test]
fn a_mark_of_arrivals_outlives_the_run_and_ends_exact() {
    let folder = Folder::new("arrivals");
    let ledger = Ledger::create(&folder.0, &header()).unwrap();
    assert_eq!((ledger.arrivals(), folder.read().unwrap().arrived), (0, None));
    ledger.reserve_arrivals(40, 5).unwrap();
    ledger.reserve_arrivals(30, 6).unwrap();
    ledger.reserve_wallet(0).unwrap();
    let arrived = Arrived { part: 1, arrivals: 40, unix_s: 5 };
    assert_eq!(folder.read().unwrap().arrived, Some(arrived));
    ledger.settle_arrivals(33, 7).unwrap();
    ledger.reserve_arrivals(44, 8).unwrap();
    let arrived = Arrived { part: 1, arrivals: 33, unix_s: 7 };
    assert_eq!(folder.read().unwrap().arrived, Some(arrived));
}

#[test]
fn a_run_goes_on_with_its_ledger_where_it_was_cut() {
    let folder = Folder::new("resume");
    let arrived = r#"{"wallets":1000,"lanes":5,"arrived":{"part":1,"arrivals":40,"unix_s":5}}"#;
    let record = folder.read_text(&(text(&[FIRST, arrived]) + "{\"wallets\":2000,\"la")).unwrap();
    let ledger = Ledger::resume(&folder.0, &record, 60).unwrap();
    assert!(matches!(Ledger::resume(&folder.0, &record, 61), Err(LedgerError::Kept { .. })));
    assert_eq!((ledger.part(), ledger.arrivals()), (2, 40));
    ledger.reserve_wallet(1_000).unwrap();
    let record = folder.read().unwrap();
    assert_eq!(record.marks, HighWater { wallets: 2_000, lanes: 5 });
    assert_eq!(record.arrived, Some(Arrived { part: 2, arrivals: 40, unix_s: 60 }));
    assert_eq!(record.damage.map(|damage| damage.hides_marks), Some(false));
}

/// A disk that takes so many bytes, until it is told to take more.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    fn allow(&self, bytes: usize) {
        self.0.lock().unwrap().1 = bytes;
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.0.lock().unwrap();
        let taken = bytes.len().min(disk.1);
        if taken == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.0.extend_from_slice(&bytes[..taken]);
        disk.1 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Durable for Disk {
    fn persist(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_refuses_the_mark_and_harms_no_later_one() {
    let folder = Folder::new("full");
    let disk = Disk::default();
    disk.allow(1_000);
    let ledger = Ledger::begin(folder.ledger(), disk.clone(), &header()).unwrap();
    ledger.reserve_wallet(0).unwrap();
    for room in [0, 7] {
        disk.allow(room);
        let full = ledger.reserve_wallet(1_000).unwrap_err();
        assert!(matches!(full, LedgerError::Unwritable { .. }), "{full}");
        assert_eq!(folder.read_text(&disk.text()).unwrap().marks.wallets, 1_000);
    }
    ledger.reserve_wallet(999).expect("what is marked already needs no room");
    disk.allow(1_000);
    ledger.reserve_wallet(1_000).unwrap();
    let record = folder.read_text(&disk.text()).unwrap();
    assert_eq!(record.marks.wallets, 2_000);
    assert_eq!(record.damage.map(|damage| damage.hides_marks), Some(false));
}

#[test]
fn a_run_without_room_for_its_ledger_does_not_begin() {
    let folder = Folder::new("no-room");
    let disk = Disk::default();
    disk.allow(20);
    let refused = Ledger::begin(folder.ledger(), disk.clone(), &header());
    assert!(matches!(refused, Err(LedgerError::Unwritable { .. })));
    assert!(matches!(folder.read_text(&disk.text()), Err(LedgerError::CutOff { .. })));
}

proptest! {
    #[test]
    fn wherever_a_ledger_is_cut_no_mark_is_invented(cut in 0_usize..400) {
        let folder = Folder::new(&format!("anywhere-{cut}"));
        let whole = text(&[FIRST, SECOND]);
        let kept = &whole[..cut.min(whole.len())];
        match folder.read_text(kept) {
            Ok(record) => {
                let ends = kept.matches('\n').count() as u64;
                prop_assert_eq!(record.marks.wallets, ends.saturating_sub(1) * 1_000);
                prop_assert_eq!(record.damage, None);
            }
            Err(error) => prop_assert!(error.is_headless()),
        }
    }
}
