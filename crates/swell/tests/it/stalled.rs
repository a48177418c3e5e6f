//! A run whose output nobody reads.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use crate::program::{Home, pid, watch};
use crate::report::{assert_all_came_home, assert_sound, count};

/// A stream with room for hardly more than a line, and its reader.
fn nearly_full() -> (UnixStream, UnixStream) {
    const PIECE: usize = 4_096;
    let (mut reader, mut writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    let full = loop {
        if let Err(error) = writer.write_all(&[b' '; PIECE]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    reader.read_exact(&mut [0; PIECE]).unwrap();
    writer.set_nonblocking(false).unwrap();
    (reader, writer)
}

#[test]
fn a_reader_who_does_not_read_holds_no_arrival_up() {
    let load = ["run", "--users", "100", "--rate", "10", "--s2k", "fast", "--concurrency", "50"];
    let home = Home::new("stalled");
    let (reader, writer) = nearly_full();
    let mut command = home.swell(&[&load[..], &["--ui", "json"]].concat()).into_command();
    let errors = writer.try_clone().unwrap();
    command.stdin(Stdio::null()).stdout(OwnedFd::from(writer)).stderr(OwnedFd::from(errors));
    let mut child = command.spawn().unwrap();
    drop(command);
    let _watchdog = watch(pid(&child));
    let code = child.wait().unwrap().code();
    let report = home.report();
    assert!(code.is_some(), "it did not end of its own");
    assert_sound(&report);
    assert_all_came_home(&report);
    assert_eq!(count(&report, "/arrivals/due"), 100);
    assert!(count(&report, "/schedule_lag_us/p99") < 1_000_000, "{}", report["schedule_lag_us"]);
    drop(reader);
}
