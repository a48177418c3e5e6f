//! Programs under test: started in a home of their own, listened to, and never left running.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// No test waits longer than this for a program.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of a test's own, removed when the test has passed.
pub(crate) struct Home(PathBuf);

impl Home {
    /// The empty folder `name`.
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}", std::process::id()));
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The path of `name` in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes the file `name`, and returns its path as an argument.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// `swell` with this home, and without any `SWELL_*` variable of the test's environment.
    pub(crate) fn swell(&self, arguments: &[&str]) -> Invocation {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swell"));
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| name.to_string_lossy().starts_with("SWELL_")) {
            command.env_remove(name);
        }
        // The page of a build that runs these tests is not theirs to write on.
        command.env_remove("GITHUB_STEP_SUMMARY");
        command.current_dir(&self.0).env("SWELL_HOME", self.path("home")).args(arguments);
        Invocation(command, Stdio::null())
    }

    /// The file `name` in the folder of the only run.
    pub(crate) fn run_file(&self, name: &str) -> String {
        let runs = fs::read_dir(self.path("home/runs")).unwrap();
        let mut folders: Vec<PathBuf> = runs.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(folders.len(), 1, "one run is expected: {folders:?}");
        fs::read_to_string(folders.remove(0).join(name)).unwrap()
    }

    /// The report of the only run.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.run_file("report.json")).unwrap()
    }

    /// Every file in it with its text, as far as it is text.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        read_all(&self.0, &mut files);
        files
    }
}

fn read_all(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            files.push((path, text));
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _left_for_the_next_clean = fs::remove_dir_all(&self.0);
        }
    }
}

/// A program about to be started.
pub(crate) struct Invocation(Command, Stdio);

impl Invocation {
    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Reads its standard input from the file at `path`.
    pub(crate) fn stdin(mut self, path: &str) -> Self {
        self.1 = fs::File::open(path).unwrap().into();
        self
    }

    /// Itself, to be started in another way.
    pub(crate) fn into_command(self) -> Command {
        self.0
    }

    /// Starts it.
    pub(crate) fn start(self) -> Running {
        Running::start_with(self.0, self.1)
    }

    /// Runs it to its end.
    pub(crate) fn finish(self) -> Finished {
        self.start().finish()
    }
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// A program that runs. It is killed when dropped, or when the test's patience ends.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<(Stream, String)>,
    stdout: String,
    stderr: String,
    /// Dropping it calls the watchdog off.
    _watchdog: Sender<()>,
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Wants this exit code.
    #[track_caller]
    pub(crate) fn expect_exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }
}

impl Running {
    /// Starts `command`.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_with(command, Stdio::null())
    }

    fn start_with(mut command: Command, stdin: Stdio) -> Self {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        listen(child.stdout.take().unwrap(), Stream::Out, sender.clone());
        listen(child.stderr.take().unwrap(), Stream::Err, sender);
        let watchdog = watch(pid(&child));
        let (stdout, stderr) = (String::new(), String::new());
        Self { child, lines, stdout, stderr, _watchdog: watchdog }
    }

    /// Reads what it prints on `stream` until `wanted` says so of a line, which is returned.
    #[track_caller]
    pub(crate) fn wait_for(
        &mut self,
        stream: Stream,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> String {
        while let Ok((from, line)) = self.lines.recv() {
            self.keep(from, &line);
            if from == stream && wanted(&line) {
                return line;
            }
        }
        panic!("it ended without the line that was waited for:\n{}\n{}", self.stdout, self.stderr);
    }

    /// Sends Ctrl-C.
    pub(crate) fn interrupt(&self) {
        kill_process(pid(&self.child), Signal::INT).unwrap();
    }

    /// Sends what a service manager does.
    pub(crate) fn terminate(&self) {
        kill_process(pid(&self.child), Signal::TERM).unwrap();
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        pid(&self.child)
    }

    /// Waits for its end, whatever that is. Returns what it printed on stdout, too.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        while let Ok((from, line)) = self.lines.recv() {
            self.keep(from, &line);
        }
        (self.child.wait().unwrap(), std::mem::take(&mut self.stdout))
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        while let Ok((from, line)) = self.lines.recv() {
            self.keep(from, &line);
        }
        let status = self.child.wait().unwrap();
        let (stdout, stderr) = (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr));
        let code = status.code();
        let code = code.unwrap_or_else(|| panic!("it was killed: {status}\n{stdout}\n{stderr}"));
        Finished { code, stdout, stderr }
    }

    fn keep(&mut self, from: Stream, line: &str) {
        let text = match from {
            Stream::Out => &mut self.stdout,
            Stream::Err => &mut self.stderr,
        };
        text.push_str(line);
        text.push('\n');
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

fn listen(pipe: impl Read + Send + 'static, stream: Stream, lines: Sender<(Stream, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if lines.send((stream, line)).is_err() {
                return;
            }
        }
    });
}

/// Kills the process when nobody calls it off in time.
pub(crate) fn watch(pid: Pid) -> Sender<()> {
    let (call_off, called_off) = mpsc::channel();
    thread::spawn(move || {
        if called_off.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _gone = kill_process(pid, Signal::KILL);
        }
    });
    call_off
}
