use serde_json::Value;
use swell_core::time::RunOffset;

use super::*;

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("swell-events-{}-{name}", std::process::id()));
    let _absent = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn events(counts: std::ops::Range<u64>) -> Vec<RunEvent> {
    counts.map(|count| RunEvent::Abandoned { at: RunOffset::ZERO, count }).collect()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The head's number, and the counts of what follows.
fn content(path: &Path) -> (u64, Vec<u64>) {
    let lines = lines(path);
    assert_eq!((&lines[0]["event"], &lines[0]["run"]), (&"file".into(), &"r1".into()));
    let counts = lines[1..].iter().map(|line| line["count"].as_u64().unwrap());
    (lines[0]["file"].as_u64().unwrap(), counts.collect())
}

/// Files for the head and two events each.
fn small(path: &Path) -> EventFile {
    let limits = FileLimits { bytes_max: 160, files_max: 3 };
    EventFile::new(path.to_owned(), limits, "r1", None)
}

#[test]
fn the_first_line_says_what_the_file_is() {
    let folder = folder("head");
    let path = folder.join("events.jsonl");
    let mut file = EventFile::new(path.clone(), FileLimits::default(), "r1", Some(1.5));
    assert!(file.write(&events(0..1)).is_empty());
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        r#"{"event":"file","format":1,"run":"r1","file":1,"began_unix_s":1.5}"#
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_full_file_is_moved_along_and_the_oldest_goes_and_is_counted() {
    let folder = folder("rotation");
    let path = folder.join("events.jsonl");
    let mut file = small(&path);
    assert!(file.write(&events(0..6)).is_empty());
    assert_eq!(content(&path), (3, vec![4, 5]));
    assert_eq!(content(&folder.join("events.1.jsonl")), (2, vec![2, 3]));
    assert_eq!(content(&folder.join("events.2.jsonl")), (1, vec![0, 1]));
    let lost = file.write(&events(6..7));
    assert_eq!(lost.iter().map(|lost| lost.count).collect::<Vec<_>>(), [2]);
    assert!(lost[0].reason.contains("newest 3 files"), "{}", lost[0].reason);
    assert_eq!(content(&path), (4, vec![6]));
    assert_eq!(content(&folder.join("events.2.jsonl")), (2, vec![2, 3]));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_earlier_runs_file_is_moved_along_and_its_events_are_not_missed() {
    let folder = folder("earlier");
    let path = folder.join("events");
    std::fs::write(&path, "of before\n").unwrap();
    let mut file = small(&path);
    assert!(file.write(&events(0..6)).is_empty());
    assert_eq!(content(&folder.join("events.2")), (1, vec![0, 1]));
    let before = || std::fs::read_to_string(folder.join("events.3")).unwrap();
    assert_eq!(before(), "of before\n");
    let lost = file.write(&events(6..10));
    assert_eq!(lost.iter().map(|lost| lost.count).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(content(&folder.join("events.2")), (3, vec![4, 5]));
    assert_eq!(before(), "of before\n", "more files than are kept delete none of others");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_event_larger_than_a_file_gets_one_of_its_own() {
    let folder = folder("large");
    let path = folder.join("events.jsonl");
    let limits = FileLimits { bytes_max: 10, files_max: 3 };
    let mut file = EventFile::new(path.clone(), limits, "r1", None);
    assert!(file.write(&events(0..2)).is_empty());
    assert_eq!(content(&path), (2, vec![1]));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_no_file_is_refused_and_the_events_are_lost() {
    let folder = folder("folder");
    let mut file = small(&folder);
    let lost = file.write(&events(0..3));
    assert_eq!((lost.len(), lost[0].count), (1, 3));
    assert!(lost[0].reason.contains("it is a folder; expected a file"), "{}", lost[0].reason);
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_events_and_nothing_else() {
    let mut file = small(Path::new("/dev/full"));
    for _ in 0..2 {
        let lost = file.write(&events(0..3));
        assert_eq!((lost.len(), lost[0].count), (1, 3));
        assert!(lost[0].reason.contains("No space left"), "{}", lost[0].reason);
    }
}
