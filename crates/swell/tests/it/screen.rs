//! The screen, on a terminal of its own.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use serde_json::Value;
use vt100::Parser;

use crate::program::{Home, Invocation, Stream, pid, watch};
use crate::report::{assert_all_came_home, assert_sound};

/// For longer than a test lasts.
const LOAD: &[&str] = &["run", "--users", "5000", "--rate", "4", "--duration", "30m"];

/// Orders that cover a terminal and uncover it.
const COVER: &[u8] = b"\x1b[?1049h";
const UNCOVER: &[u8] = b"\x1b[?1049l";

/// A program on a terminal, which shows what a person would see.
struct OnTerminal {
    child: Child,
    pty: Option<Arc<Pty>>,
    bytes: Receiver<Vec<u8>>,
    screen: Parser,
    all: Vec<u8>,
    /// Dropping it calls the watchdog off.
    _watchdog: Sender<()>,
}

impl OnTerminal {
    fn start(program: Invocation, columns: u16, lines: u16) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(lines, columns)).unwrap();
        let program = program.env("TERM", "xterm-256color").env("NO_COLOR", "");
        let child = Command::from(program.into_command()).spawn(pts).unwrap();
        let (pty, watchdog) = (Arc::new(pty), watch(pid(&child)));
        let (sender, bytes) = mpsc::channel();
        let size = |length| NonZeroU16::new(length).unwrap();
        let screen = Parser::new(size(lines), size(columns), 0);
        listen(Arc::clone(&pty), sender);
        Self { child, pty: Some(pty), bytes, screen, all: Vec::new(), _watchdog: watchdog }
    }

    fn type_keys(&self, keys: &str) {
        let mut pty: &Pty = self.pty.as_ref().unwrap();
        pty.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen shows `wanted`.
    #[track_caller]
    fn wait_for(&mut self, wanted: &str) {
        while !self.screen.screen().contents().contains(wanted) {
            let Ok(bytes) = self.bytes.recv() else {
                panic!("it ended without {wanted:?}:\n{}", self.screen.screen().contents());
            };
            self.take(&bytes);
        }
    }

    /// Waits for the end; returns the exit code.
    fn finish(&mut self) -> Option<i32> {
        while let Ok(bytes) = self.bytes.recv() {
            self.take(&bytes);
        }
        self.child.wait().unwrap().code()
    }

    /// The terminal goes with the last of those who hold it: the reader stops when nobody listens.
    fn close(&mut self) -> Option<i32> {
        let (_nobody, nothing) = mpsc::channel();
        self.bytes = nothing;
        self.pty = None;
        self.child.wait().unwrap().code()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.all.extend_from_slice(bytes);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.all).into_owned()
    }

    fn last(&self, order: &[u8]) -> Option<usize> {
        self.all.windows(order.len()).rposition(|bytes| bytes == order)
    }

    /// Wants the terminal as it was, with the summary on it.
    #[track_caller]
    fn assert_given_back(&self) {
        assert!(self.last(UNCOVER) > self.last(COVER), "{}", self.text());
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        let after = String::from_utf8_lossy(&self.all[self.last(UNCOVER).unwrap()..]).into_owned();
        assert!(after.contains("report.json"), "{after}");
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Reads until the terminal has no program any more. Holds the terminal no longer than a read.
fn listen(pty: Arc<Pty>, sender: Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut buffer = [0; 65_536];
        let mut terminal: &Pty = &pty;
        while let Ok(length) = terminal.read(&mut buffer) {
            if length == 0 || sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
}

fn steered(report: &Value) -> Vec<&str> {
    let annotations = report["annotations"].as_array().unwrap().iter();
    let steered = annotations.filter(|note| note["kind"] == "command");
    steered.map(|note| note["text"].as_str().unwrap()).collect()
}

#[test]
fn keys_steer_a_run_and_the_terminal_is_given_back() {
    let home = Home::new("screen");
    let mut run = OnTerminal::start(home.swell(LOAD), 80, 24);
    run.wait_for("LOAD");
    run.type_keys("p");
    run.wait_for("PAUSED");
    run.type_keys("+");
    run.wait_for("rate  110 %");
    run.type_keys("p2");
    run.wait_for("response time by step");
    run.type_keys("ax1?");
    run.wait_for("pause arrivals, or let them go on");
    run.type_keys("?d");
    assert_eq!(run.finish(), Some(4), "{}", run.text());
    run.assert_given_back();
    let report = home.report();
    assert_sound(&report);
    assert_all_came_home(&report);
    assert_eq!(report["run"]["ended"], "drained");
    let expected = [
        "arrivals paused from the terminal",
        "rate 110 % from the terminal",
        "arrivals resumed from the terminal",
        "drain from the terminal",
    ];
    assert_eq!(steered(&report), expected);
}

#[test]
fn ctrl_c_is_a_key_on_the_screen_and_means_what_it_always_does() {
    let home = Home::new("screen-ctrl-c");
    let mut run = OnTerminal::start(home.swell(LOAD), 120, 40);
    run.wait_for("LOAD");
    run.type_keys("\u{3}\u{3}");
    assert_eq!(run.finish(), Some(4), "{}", run.text());
    run.assert_given_back();
    let report = home.report();
    assert_sound(&report);
    assert_eq!(report["run"]["ended"], "aborted");
    assert_eq!(steered(&report), ["drain by a signal", "abort by a signal"]);
}

#[test]
fn a_closed_terminal_drains_the_run_and_loses_no_money() {
    let home = Home::new("screen-closed");
    let mut run = OnTerminal::start(home.swell(LOAD), 80, 24);
    run.wait_for("LOAD");
    assert_eq!(run.close(), Some(4));
    let report = home.report();
    assert_sound(&report);
    assert_all_came_home(&report);
    assert_eq!(report["run"]["ended"], "drained");
    assert_eq!(steered(&report), ["drain from the terminal"]);
    let notes = report["notes"].to_string();
    assert_eq!(notes.matches("the terminal was closed").count(), 1, "{notes}");
}

#[test]
fn a_terminal_that_closes_while_a_run_drains_cuts_nobody_off() {
    let home = Home::new("screen-draining");
    // Users stay for so long that the run drains until the terminal is gone.
    let held = [LOAD, &["--journey", "wallet", "--hold", "15s", "--rate", "20"]].concat();
    let mut run = OnTerminal::start(home.swell(&held), 80, 24);
    run.wait_for("LOAD");
    run.type_keys("p");
    run.wait_for("PAUSED");
    run.type_keys("d");
    run.wait_for("DRAIN");
    assert_eq!(run.close(), Some(4));
    let report = home.report();
    assert_all_came_home(&report);
    assert_eq!(report["run"]["ended"], "drained");
    let expected = ["arrivals paused from the terminal", "drain from the terminal"];
    assert_eq!(steered(&report), expected);
    assert!(report["outcomes"]["succeeded"].as_u64().unwrap() > 0, "{}", report["outcomes"]);
    assert_eq!(report["outcomes"]["failed"], 0, "{}", report["outcomes"]);
}

#[test]
fn a_terminal_too_small_for_a_screen_gets_lines_and_a_reason() {
    let home = Home::new("screen-small");
    let short = ["run", "--users", "4", "--rate", "4", "--no-default-thresholds"];
    let mut run = OnTerminal::start(home.swell(&short), 79, 24);
    assert_eq!(run.finish(), Some(0), "{}", run.text());
    assert_eq!(run.last(COVER), None);
    let text = run.text();
    assert!(text.contains("the terminal has 79 x 24 characters"), "{text}");
    assert!(text.contains("PASSED"), "{text}");
}

#[test]
fn a_screen_that_is_asked_for_without_a_terminal_says_why_there_is_none() {
    let home = Home::new("screen-none");
    let short = ["run", "--users", "2", "--rate", "4", "--no-default-thresholds", "--ui", "tui"];
    let ended = home.swell(&short).finish().expect_exit(0);
    assert!(ended.stderr.contains("the standard output is not a terminal"), "{}", ended.stderr);
    let mut run = home.swell(&[&short[..], &["--virtual"]].concat()).start();
    run.wait_for(Stream::Err, |line| line.starts_with("in virtual time a run is over too soon"));
}
