//! What keys and passwords are read from, besides files.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;

use zeroize::Zeroizing;

/// What keys and passwords are read from, besides files.
pub struct KeyInputs<'a> {
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The first line of the standard input; `None` when that is a terminal.
    pub first_line: &'a dyn Fn() -> io::Result<Option<Zeroizing<String>>>,
    /// Asks at the terminal, showing nothing of the answer.
    pub ask: &'a dyn Fn(&str) -> io::Result<Zeroizing<String>>,
}

impl KeyInputs<'static> {
    /// Those of the process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            variable: &|name| std::env::var(name).ok(),
            first_line: &first_line,
            ask: &|question| rpassword::prompt_password(question).map(Zeroizing::new),
        }
    }
}

/// Reads byte by byte and past the library's buffer, which would keep what nobody wipes.
fn first_line() -> io::Result<Option<Zeroizing<String>>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut input = File::from(stdin.as_fd().try_clone_to_owned()?);
    read_line(&mut input).map(Some)
}

/// No key and no password is longer.
const LINE_BYTES_MAX: usize = 4_096;

pub(super) fn read_line(input: &mut impl Read) -> io::Result<Zeroizing<String>> {
    // Never grows, so that no copy of it is left behind.
    let mut line = Zeroizing::new(String::with_capacity(LINE_BYTES_MAX));
    let mut byte = Zeroizing::new([0; 1]);
    while line.len() < LINE_BYTES_MAX {
        match input.read(byte.as_mut_slice()) {
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            // What is not ASCII is no key; it is kept as something that is none either.
            Ok(_) => line.push(if byte[0].is_ascii() { char::from(byte[0]) } else { '?' }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(line)
}
