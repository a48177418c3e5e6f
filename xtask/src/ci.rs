//! `cargo xtask ci`.

use crate::{Outcome, interop, observe, shell, test};

/// The README's first command, as a newcomer types it.
const MAIN_COMMAND: &str = "run --release -- run --users 200 --rate 10";

/// Formatting, lints, tests, the published SDK, a real Prometheus, the README's first command, and
/// dependencies.
pub(crate) fn run() -> Outcome {
    cargo("fmt --all --check")?;
    cargo("clippy --workspace --all-targets -- -D warnings")?;
    test::run()?;
    interop::run()?;
    observe::run()?;
    cargo(MAIN_COMMAND)?;
    dependencies()
}

fn cargo(arguments: &str) -> Outcome {
    shell::run(shell::cargo().args(arguments.split(' ')))
}

/// Licences, bans and sources, where cargo-deny is installed. Advisories need the network, and a
/// new one must not fail an old commit: look at those with `cargo deny check advisories`.
fn dependencies() -> Outcome {
    if shell::output(shell::cargo().args(["deny", "--version"])).is_none() {
        println!("cargo-deny is not installed: licences and sources of dependencies not checked.");
        return Ok(());
    }
    cargo("deny --offline check licenses bans sources")
}

#[cfg(test)]
mod tests {
    use super::MAIN_COMMAND;

    #[test]
    fn the_readme_shows_the_command_that_is_run() {
        let readme = std::fs::read_to_string(crate::shell::root().join("README.md")).unwrap();
        assert!(readme.contains(&format!("cargo {MAIN_COMMAND}")));
    }
}
