//! A streaming load tester for systems whose users hold wallets.

use std::process::ExitCode;

fn main() -> ExitCode {
    swell::main()
}
