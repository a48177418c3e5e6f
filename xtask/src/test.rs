//! `cargo xtask test`.

use crate::{Outcome, shell, tools};

/// Installs what the tests need and runs them all. What is missing fails; nothing is skipped.
pub(crate) fn run() -> Outcome {
    tools::require_node()?;
    tools::install_solc()?;
    let anvil = tools::install_anvil()?;
    let mut tests = shell::cargo();
    tests.args(["test", "--workspace"]).env(tools::ANVIL_VARIABLE, anvil);
    shell::run(&mut tests)?;
    let build = format!("{}/build.mjs", tools::CONTRACTS);
    shell::run(shell::program("node").args([&build, "--check"]))
}
